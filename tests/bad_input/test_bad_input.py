"""Each mistake gives one error, in words that name the setting, before anything is planned."""

import json
import re
import subprocess
from collections.abc import Generator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.bad_input.cases import (
    Case,
    as_engine_passes,
    case,
    kubeconfig_for,
    names_of,
    sentences,
    through_the_engine,
    values,
)
from tests.bad_input.stand_in import StandIn, stand_in
from tests.conftest import Cluster
from tests.support.recorder import refused
from tests.support.workspace import Workspace

HEADER = re.compile(
    r"error: (1 setting needs|\d+ settings need) a change before anything is deployed\.\n"
    r"|error: The cluster cannot be used, so nothing is deployed\.\n"
)
PROBE = """
import json, os, pulumi
pulumi.info(os.environ["PULUMI_CONFIG"])
"""
"""A program that prints the configuration as the engine passes it."""
OF_THE_ENGINE = "error: an unhandled error occurred: program exited with non-zero exit code: 1"
"""What the engine adds to every error of a program."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One workspace for all cases: none of them changes anything in it but the stack file."""

    workspace: Workspace
    salt: str
    cluster: Cluster
    server: StandIn

    def case(self, name: str, kubeconfig: Path) -> Case:
        """The case called ``name``, whose kubeconfig, if it has one of its own, is at ``kubeconfig``."""
        return filled(name, self.cluster, kubeconfig, self.server)

    def run(self, bad: Case, kubeconfig: Path, *command: str) -> subprocess.CompletedProcess[str]:
        """What the engine says of the case."""
        self.server.answers = bad.answers
        kubeconfig = kubeconfig_for(bad, kubeconfig, self.cluster.kubeconfig, self.server.url)
        workspace = replace(self.workspace, environment={**self.workspace.environment, "KUBECONFIG": str(kubeconfig)})
        stack_file(workspace).write_text(bad.text or yaml.safe_dump({"encryptionsalt": self.salt, "config": bad.stack}))
        for path, value in bad.secrets.items():
            workspace.pulumi("config", "set", "--path", "--secret", path, value)
        return workspace.pulumi(*command, check=False)


def filled(name: str, cluster: Cluster, kubeconfig: Path, server: StandIn) -> Case:
    """The case called ``name``, with the cluster and the server of the tests."""
    return case(
        name,
        {
            "context": cluster.context,
            "kubeconfig": str(cluster.kubeconfig),
            "own-kubeconfig": str(kubeconfig),
            "server": server.url,
        },
    )


@pytest.fixture(scope="module")
def server() -> Generator[StandIn]:
    with stand_in() as made:
        yield made


@pytest.fixture(scope="module")
def trial(cluster: Cluster, server: StandIn, tmp_path_factory: pytest.TempPathFactory) -> Trial:
    workspace = Workspace.create(tmp_path_factory.mktemp("bad-input"), cluster.environment)
    workspace.init()
    content: dict[str, str] = yaml.safe_load(stack_file(workspace).read_text())
    return Trial(workspace=workspace, salt=content["encryptionsalt"], cluster=cluster, server=server)


def stack_file(workspace: Workspace) -> Path:
    return workspace.folder / f"Pulumi.{workspace.stack}.yaml"


@pytest.mark.parametrize("name", names_of("on asking"))
def test_what_the_cluster_lacks_is_told_before_anything_is_registered(
    name: str, cluster: Cluster, server: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "kubeconfig"
    bad = filled(name, cluster, own, server)
    server.answers = bad.answers
    monkeypatch.setenv("KUBECONFIG", str(kubeconfig_for(bad, own, cluster.kubeconfig, server.url)))

    error, registered = refused({key: as_engine_passes(value) for key, value in bad.stack.items()}, bad.secrets)

    assert HEADER.match(f"error: {error}")
    assert sentences(error) == bad.message
    assert registered == []


def test_engine_hands_values_over_as_the_other_tests_have_them(trial: Trial) -> None:
    everything = {f"probe:k{number}": value for number, value in enumerate(values())}
    probe = Workspace.create(trial.workspace.folder.parent / "probe", trial.cluster.environment)
    (probe.folder / "__main__.py").write_text(PROBE)
    probe.init()
    probe.configure(everything)
    printed = probe.pulumi("preview", "--json").stdout
    (said,) = [each["message"] for each in json.loads(printed)["diagnostics"] if each["severity"] == "info"]
    given = {key: value for key, value in json.loads(said).items() if key.startswith("probe:")}
    expected = {key: as_engine_passes(value) for key, value in everything.items()}
    assert {key: _parsed(value) for key, value in given.items()} == {
        key: _parsed(value) for key, value in expected.items()
    }


def _parsed(value: str) -> object:
    """The object that a text of the configuration is, since the engine sorts keys; the text itself if it is none."""
    try:
        return json.loads(value)
    except ValueError:
        return value


@pytest.mark.parametrize("name", through_the_engine())
def test_bad_input_gives_one_clear_error_and_plans_nothing(name: str, trial: Trial, tmp_path: Path) -> None:
    bad = trial.case(name, tmp_path / "kubeconfig")

    done = trial.run(bad, tmp_path / "kubeconfig", "preview", "--json")

    assert done.returncode != 0
    assert "Traceback" not in done.stdout + done.stderr
    assert 'File "' not in done.stdout + done.stderr
    if bad.found == "by pulumi":
        assert [line.strip() for line in done.stderr.splitlines() if line] == bad.message
        assert not done.stdout.strip()
        return
    preview: dict[str, Any] = json.loads(done.stdout)
    error, of_the_engine = (
        message["message"].rstrip() for message in preview["diagnostics"] if message["severity"] == "error"
    )
    assert HEADER.match(error)
    assert sentences(error) == bad.message
    assert of_the_engine == OF_THE_ENGINE
    assert [step["newState"]["type"] for step in preview["steps"]] == ["pulumi:pulumi:Stack"]


@pytest.mark.parametrize("name", ["several-mistakes-at-once", "storage-classes-unknown"])
def test_an_update_with_bad_input_leaves_the_cluster_as_it_was(name: str, trial: Trial, tmp_path: Path) -> None:
    before = trial.cluster.settled()

    done = trial.run(
        trial.case(name, tmp_path / "kubeconfig"), tmp_path / "kubeconfig", "up", "--yes", "--skip-preview"
    )

    assert done.returncode != 0
    assert trial.cluster.everything() == before
