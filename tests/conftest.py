"""What the tests of every tier share: the programs, a control plane, and workspaces."""

import asyncio
import fcntl
import gc
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from tests.support.report import Report
from tests.support.waiting import wait_for
from tests.support.workspace import Workspace
from tools import places, toolchain
from tools.embedded import ControlPlane
from tools.programs import CLI, CONTROL_PLANE, KUBECTL, PROVIDER

# Recordings of the program are large and live long; looking through them as often as Python does costs a fifth more.
gc.set_threshold(20_000)

WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
"""Which of the processes that share the tests this is."""
EACH = ""
"""In place of a group's name: each test may be run by any process."""
GROUPS = (
    # What takes longest comes first, so that no process is left with it at the end.
    ("tests/behaviour/test_usage_report.py", EACH),
    ("tests/behaviour/", "the hub's ports"),
    ("tests/engine/test_make.py", "make"),
    ("tests/engine/test_make_killed.py", "make that is killed"),
    ("tests/engine/test_embedded.py", "an embedded control plane"),
    ("tests/training/running/", "the training operator's ports and folders"),
    ("tests/serving/test_configuration_files.py", "tensorflow"),
    ("tests/training/test_benchmark.py", "tensorflow"),
    ("tests/cloud/", EACH),
    ("tests/engine/", EACH),
    ("tests/bad_input/", EACH),
)
"""The group of tests by the beginning of their path: one process runs all tests of a group, one after another. The
tests of a file whose path is not listed are a group."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--context", default="", help="the kubeconfig context of a cluster whose nodes run containers")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Report(), "report")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sorts the tests by their groups."""
    items.sort(key=lambda item: _group(item.nodeid)[0])


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """Hands out the tests of a group to one process."""
    return _ByGroup(config, log)


class _ByGroup(LoadScopeScheduling):
    def _split_scope(self, nodeid: str) -> str:
        return _group(nodeid)[1]


def _group(test: str) -> tuple[int, str]:
    """The rank and the name of the group that a test belongs to."""
    path = test.partition("::")[0]
    for rank, (start, group) in enumerate(GROUPS):
        if path.startswith(start):
            return rank, group or test
    return len(GROUPS), path


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

    def settled(self) -> set[str]:
        """Everything in the cluster, once nothing comes or goes for a while, such as what earlier tests have left."""

        def find() -> set[str] | None:
            # What is in a deleted namespace stays there for some seconds before it goes.
            ending = self.kubectl("get", "namespaces", "--output=jsonpath={.items[*].metadata.deletionTimestamp}")
            found = self.everything()
            time.sleep(3)
            return found if not ending and found == self.everything() else None

        return wait_for("a settled cluster", find)


@pytest.fixture(autouse=True)
def event_loop_afterwards() -> Generator[None]:
    """Leaves the thread an event loop, which ``asyncio.run`` takes away and recordings of the program need."""
    yield
    try:
        asyncio.get_event_loop()
    except RuntimeError:
        asyncio.set_event_loop(asyncio.new_event_loop())


@pytest.fixture(scope="session")
def program_environment() -> dict[str, str]:
    """The environment in which the project's programs are found."""
    ours = ("PULUMI_", "KUBECONFIG", "UV_PROJECT_ENVIRONMENT", "VIRTUAL_ENV")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    # As make does for a stack that is on no cloud: without the clouds' SDKs.
    clean["UV_NO_GROUP"] = "gcp azure"
    # Pulumi calls uv by its name; where there is none make has installed it.
    if not shutil.which("uv") and (installed := list(places.cache().glob("uv-*/bin/uv"))):
        newest = max(installed, key=lambda file: file.stat().st_mtime)
        clean["PATH"] += f"{os.pathsep}{newest.parent}"
    return toolchain.with_path(toolchain.ensure(CLI, PROVIDER, KUBECTL), clean)


@contextmanager
def one_at_a_time() -> Generator[None]:
    """Keeps other processes of this run from starting a control plane: two at once could choose the same ports."""
    with (Path(tempfile.gettempdir()) / f"kubeflow-tests-{os.getuid()}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def cluster(program_environment: dict[str, str]) -> Generator[Cluster]:
    """A control plane of the test session's own."""
    toolchain.ensure(CONTROL_PLANE)
    folder = Path(tempfile.mkdtemp(prefix="kubeflow-test-"))
    # Pods have addresses of this machine, where tests can let something answer for them.
    addresses = f"127.0.{WORKER + 1}.0/24"
    control_plane = ControlPlane(folder=folder / "control-plane", name=f"test-{os.getpid()}", pod_addresses=addresses)
    try:
        with one_at_a_time():
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
