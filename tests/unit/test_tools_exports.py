"""The copies of a stack's state, by the real CLI and a backend of files."""

import json
import os
import stat
from pathlib import Path

import pytest

from tools import exports, places, private, toolchain
from tools.programs import CLI
from tools.say import ToolError
from tools.stack import Stack
from tools.stack_file import StackFile


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KUBEFLOW_STATE", str(tmp_path / "state"))
    return tmp_path / "state"


@pytest.fixture
def stack(tmp_path: Path, state: Path) -> Stack:
    """A stack without resources in a project that has nothing but a name."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "Pulumi.yaml").write_text("name: kubeflow\nruntime: python\n")
    stack = Stack(
        file=StackFile("one"),
        context=None,
        changes={
            **toolchain.with_path(toolchain.ensure(CLI), {"PATH": os.environ["PATH"]}),
            "PULUMI_BACKEND_URL": private.folder(state / "pulumi").as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "for this test alone",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        },
        control_plane=None,
        folder=project,
    )
    stack.pulumi("stack", "select", "--create", quiet=True)
    return stack


def put(stack: Stack, folder: Path, *names: str) -> None:
    """Gives the stack these resources."""
    urns = [f"urn:pulumi:one::kubeflow::a:b:C::{name}" for name in names]
    resources = [{"urn": urn, "type": "a:b:C", "custom": False} for urn in urns]
    file = folder / "import.json"
    file.write_text(json.dumps({"version": 3, "deployment": {"manifest": {}, "resources": resources}}))
    stack.pulumi("stack", "import", "--file", str(file), quiet=True)


def names(copy: Path) -> list[str]:
    return [each["urn"].rpartition("::")[2] for each in json.loads(copy.read_text())["deployment"]["resources"]]


def test_a_few_copies_are_kept_newest_first_and_each_once(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "KEPT", 2)
    exports.keep(stack)
    assert exports.kept(stack) == []  # nothing is there yet
    for name in ("a", "b", "c"):
        put(stack, tmp_path, name)
        exports.keep(stack)
        exports.keep(stack)
    assert [names(copy) for copy in exports.kept(stack)] == [["c"], ["b"]]
    put(stack, tmp_path)
    exports.keep(stack)
    assert [names(copy) for copy in exports.kept(stack)] == [["c"], ["b"]]
    for path in (exports.kept(stack)[0], *exports.kept(stack)[0].parents):
        if path.is_relative_to(places.state()):
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    exports.forget(stack)
    assert exports.kept(stack) == []


def test_a_state_that_is_cut_off_is_no_copy_and_ends_the_command_with_the_last_good_one(
    stack: Stack, state: Path, tmp_path: Path
) -> None:
    put(stack, tmp_path, "a")
    exports.keep(stack)
    (file,) = (state / "pulumi" / ".pulumi" / "stacks").rglob("one.json")
    file.write_bytes(file.read_bytes()[:-40])
    with pytest.raises(ToolError, match="nothing is changed") as refused:
        exports.keep(stack)
    (copy,) = exports.kept(stack)
    assert str(copy) in str(refused.value)
    assert names(copy) == ["a"]


def test_stacks_of_one_name_in_two_backends_have_copies_of_their_own(stack: Stack, tmp_path: Path) -> None:
    put(stack, tmp_path, "a")
    exports.keep(stack)
    assert exports.kept(stack)
    other = Stack(
        file=stack.file, context=None, changes={"PULUMI_BACKEND_URL": "file:///elsewhere"}, control_plane=None
    )
    assert exports.kept(other) == []
