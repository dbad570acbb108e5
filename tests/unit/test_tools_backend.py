"""The passphrase and the folders of the state: private, whole or not there."""

import os
import resource
import stat
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tools import backend, places, private
from tools.say import ToolError


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state that is new, of a user who has no backend and no passphrase of their own."""
    for variable in ("PULUMI_BACKEND_URL", "PULUMI_ACCESS_TOKEN", *backend.PASSPHRASES):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "pulumi"))
    monkeypatch.setenv("KUBEFLOW_STATE", str(tmp_path / "state"))
    return tmp_path / "state"


@contextmanager
def without_room() -> Generator[None]:
    """Lets nothing be written to files, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_passphrase_is_drawn_once_and_nobody_else_can_read_it(state: Path) -> None:
    file = state / "passphrase"
    assert backend.environment(state / "pulumi")["PULUMI_CONFIG_PASSPHRASE_FILE"] == str(file)
    drawn = file.read_text()
    assert len(drawn) >= 32
    backend.environment(state / "pulumi")
    assert file.read_text() == drawn
    for path, mode in ((file, 0o600), (state, 0o700), (state / "pulumi", 0o700)):
        assert stat.S_IMODE(path.stat().st_mode) == mode


def test_folders_that_are_open_to_others_are_closed(state: Path) -> None:
    (state / "embedded" / "pulumi").mkdir(parents=True)
    state.chmod(0o755)
    backend.environment(state / "embedded" / "pulumi")
    for path in (state, state / "embedded", state / "embedded" / "pulumi"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700


def test_a_full_disk_leaves_no_passphrase(state: Path) -> None:
    with without_room(), pytest.raises(ToolError, match="passphrase cannot be written"):
        backend.environment(state / "pulumi")
    assert [entry.name for entry in state.iterdir()] == ["pulumi"]
    backend.environment(state / "pulumi")
    assert (state / "passphrase").read_text()


def test_a_full_disk_leaves_what_was_written_before(state: Path) -> None:
    file = private.folder(state) / "kubeconfig"
    private.write(file, "before")
    with without_room(), pytest.raises(ToolError, match="cannot be written"):
        private.write(file, "after")
    assert file.read_text() == "before"


@pytest.mark.parametrize("content", ["", "\n"])
def test_an_empty_passphrase_is_refused(content: str, state: Path) -> None:
    private.write(state / "passphrase", content)
    with pytest.raises(ToolError, match="is empty"):
        backend.environment(state / "pulumi")


def test_a_lock_is_held_until_its_process_ends(state: Path) -> None:
    lock = state / "locks" / "one"
    hold = f"from pathlib import Path; from tools import private; print(private.hold(Path({str(lock)!r})), flush=True)"
    environment = {**os.environ, "KUBEFLOW_STATE": str(state)}
    with subprocess.Popen(
        [sys.executable, "-c", f"{hold}; input()"],
        cwd=places.CHECKOUT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "None\n"
        assert private.hold(lock) == holder.pid
        holder.kill()
    assert private.hold(lock) is None
