"""What the tests of every tier share: the programs, a control plane, and workspaces."""

import gc
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest

from tests.support.workspace import Workspace
from tools import toolchain
from tools.embedded import ControlPlane
from tools.programs import CLI, CONTROL_PLANE, KUBECTL, PROVIDER

# Recordings of the program are large and live long; looking through them as often as Python does costs a fifth more.
gc.set_threshold(20_000)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--context", default="", help="the kubeconfig context of a cluster whose nodes run containers")


class Cluster:
    """The test session's control plane, as its administrator sees it."""

    def __init__(self, control_plane: ControlPlane, environment: dict[str, str]) -> None:
        self.context = control_plane.context
        self.kubeconfig = control_plane.kubeconfig
        self.environment = environment

    def kubectl(self, *arguments: str, stdin: str | None = None, check: bool = True) -> str:
        """Runs ``kubectl`` and returns what it printed."""
        done = subprocess.run(
            ["kubectl", *arguments], env=self.environment, input=stdin, capture_output=True, text=True, check=False
        )
        assert not check or done.returncode == 0, f"kubectl {' '.join(arguments)}:\n{done.stderr}"
        return done.stdout

    def get(self, *arguments: str) -> dict[str, Any]:
        """An object or a list of them."""
        return json.loads(self.kubectl("get", *arguments, "--output=json"))

    def everything(self) -> set[str]:
        """The kind and name of each object, without what the cluster itself makes and forgets."""
        kinds = self.kubectl("api-resources", "--verbs=list", "--output=name").split()
        passing = ("events", "leases", "endpoints", "componentstatuses")
        wanted = ",".join(kind for kind in kinds if not kind.startswith(passing))
        template = "{range .items[*]}{.kind}/{.metadata.namespace}/{.metadata.name}{'\\n'}{end}"
        return set(self.kubectl("get", wanted, "--all-namespaces", f"--output=jsonpath={template}").split())


@pytest.fixture(scope="session")
def program_environment() -> dict[str, str]:
    """The environment in which the project's programs are found."""
    ours = ("PULUMI_", "KUBECONFIG", "UV_PROJECT_ENVIRONMENT", "VIRTUAL_ENV")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    # As make does for a stack that is on no cloud: without the clouds' SDKs.
    clean["UV_NO_GROUP"] = "gcp azure"
    return toolchain.with_path(toolchain.ensure(CLI, PROVIDER, KUBECTL), clean)


@pytest.fixture(scope="session")
def cluster(program_environment: dict[str, str]) -> Generator[Cluster]:
    """A control plane of the test session's own."""
    toolchain.ensure(CONTROL_PLANE)
    folder = Path(tempfile.mkdtemp(prefix="kubeflow-test-"))
    # Pods have addresses of this machine, where tests can let something answer for them.
    control_plane = ControlPlane(folder=folder, name=f"test-{os.getpid()}", pod_addresses="127.0.1.0/24")
    try:
        control_plane.start()
        yield Cluster(control_plane, {**program_environment, **control_plane.environment()})
    finally:
        control_plane.delete()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def make_workspace(tmp_path: Path, cluster: Cluster) -> Callable[[], Workspace]:
    """Makes a workspace for the session's cluster."""

    def make() -> Workspace:
        workspace = Workspace.create(Path(tempfile.mkdtemp(dir=tmp_path)), cluster.environment)
        workspace.init()
        return workspace

    return make
