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

from tests.bad_input.cases import STAND_IN, Case, case, sentences, through_the_engine
from tests.bad_input.stand_in import StandIn, stand_in
from tests.conftest import Cluster
from tests.support.workspace import Workspace

HEADER = re.compile(
    r"error: (1 setting needs|\d+ settings need) a change before anything is deployed\.\n"
    r"|error: The cluster cannot be used, so nothing is deployed\.\n"
)
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
        return case(
            name,
            {
                "context": self.cluster.context,
                "kubeconfig": str(self.cluster.kubeconfig),
                "own-kubeconfig": str(kubeconfig),
                "server": self.server.url,
            },
        )

    def run(self, bad: Case, kubeconfig: Path, *command: str) -> subprocess.CompletedProcess[str]:
        """What the engine says of the case."""
        self.server.answers = bad.answers
        content = STAND_IN.format(server=self.server.url) if bad.answers else bad.kubeconfig
        if content is None:
            kubeconfig = self.cluster.kubeconfig
        elif content != "absent":
            kubeconfig.write_text(content)
        workspace = replace(self.workspace, environment={**self.workspace.environment, "KUBECONFIG": str(kubeconfig)})
        stack_file(workspace).write_text(bad.text or yaml.safe_dump({"encryptionsalt": self.salt, "config": bad.stack}))
        for path, value in bad.secrets.items():
            workspace.pulumi("config", "set", "--path", "--secret", path, value)
        return workspace.pulumi(*command, check=False)


@pytest.fixture(scope="module")
def trial(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Generator[Trial]:
    workspace = Workspace.create(tmp_path_factory.mktemp("bad-input"), cluster.environment)
    workspace.init()
    content: dict[str, str] = yaml.safe_load(stack_file(workspace).read_text())
    with stand_in() as server:
        yield Trial(workspace=workspace, salt=content["encryptionsalt"], cluster=cluster, server=server)


def stack_file(workspace: Workspace) -> Path:
    return workspace.folder / f"Pulumi.{workspace.stack}.yaml"


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
    before = trial.cluster.everything()

    done = trial.run(
        trial.case(name, tmp_path / "kubeconfig"), tmp_path / "kubeconfig", "up", "--yes", "--skip-preview"
    )

    assert done.returncode != 0
    assert trial.cluster.everything() == before
