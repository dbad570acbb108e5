"""A cloud for each test, that is a folder, and whose clusters are the session's control plane."""

import re
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Cluster
from tests.support.cloud.stand_in import Cloud
from tests.support.cloud.volumes import provisioning
from tests.support.leftovers import remove
from tests.support.recorder import WITHOUT_OPERATOR
from tests.support.workspace import Workspace
from tools.places import CHECKOUT

SUBSCRIPTION = "01234567-89ab-cdef-0123-456789abcdef"
ADMINS = "0a000000-0000-4000-8000-00000000000a"
GKE: dict[str, Any] = {
    "platform": "gke",
    "gke": {"project": "acme-ml", "location": "europe-west4-a", "create": True},
}
WITH_OPERATOR: dict[str, Any] = {"trainingOperator": {}}
"""The core's settings of the tests that are about the whole stack."""
VENV = ".venv-cloud"
PARTS = ("", "-nfs", "-gpu", "-training")
"""How the names of a stack's namespaces end."""
OWN = re.compile("kubeflow:|pulumi:pulumi:")
"""The types of components and of the stack."""
AKS: dict[str, Any] = {
    "platform": "aks",
    "azure": {"subscriptionId": SUBSCRIPTION, "resourceGroup": "ml", "location": "westeurope"},
    "aks": {"create": True, "adminGroups": [ADMINS]},
}


@pytest.fixture
def cloud(tmp_path: Path, cluster: Cluster) -> Generator[Cloud]:
    """An empty cloud, and nothing of it left in the control plane."""
    folder = tmp_path / "cloud"
    folder.mkdir()
    cloud = Cloud(folder, cluster.kubeconfig, cluster.environment)
    with provisioning(cloud.cluster):
        yield cloud
    cloud.empty()


@pytest.fixture(scope="session")
def cloud_venv(program_environment: dict[str, str]) -> str:
    """A Python environment with the SDKs of both clouds, apart from that of stacks which are on none."""
    command = ["uv", "sync", "--locked", "--compile-bytecode", "--quiet"]
    environment = {name: value for name, value in program_environment.items() if name != "UV_NO_GROUP"}
    environment["UV_PROJECT_ENVIRONMENT"] = VENV
    subprocess.run(command, cwd=CHECKOUT, env=environment, check=True)
    return VENV


@pytest.fixture
def make_cloud_workspace(tmp_path: Path, cloud: Cloud, cloud_venv: str) -> Callable[[], Workspace]:
    """Makes a workspace whose engine finds the stand-ins."""

    def make() -> Workspace:
        workspace = Workspace.create(Path(tempfile.mkdtemp(dir=tmp_path)), cloud.environment, cloud_venv)
        workspace.init()
        return workspace

    return make


@dataclass
class CloudStack:
    """The stack ``cloud``, in a namespace of its own."""

    workspace: Workspace
    cloud: Cloud
    cluster: Cluster
    namespace: str
    place: dict[str, Any]
    """What the settings say of the cluster."""

    def configure(self, **areas: Mapping[str, Any]) -> None:
        """Replaces its settings; ``cluster`` replaces the sections that it names."""
        cluster = {**self.place, **areas.pop("cluster", {})}
        core = {"namespace": self.namespace, **WITHOUT_OPERATOR, **areas.pop("core", {})}
        self.workspace.configure(
            {f"kubeflow:{area}": values for area, values in {**areas, "cluster": cluster, "core": core}.items()}
        )

    def up(self, **areas: Mapping[str, Any]) -> dict[str, int]:
        """Updates it to new settings; the number of resources by what was done to them."""
        self.configure(**areas)
        return self.workspace.up()

    def changes(self, **areas: Mapping[str, Any]) -> dict[str, str]:
        """What a preview of new settings does to which resource; components and the stack are left out."""
        self.configure(**areas)
        return {
            step["urn"].rpartition("::")[2]: step["op"]
            for step in self.workspace.preview()
            if step["op"] != "read" and not OWN.match(step["urn"].split("::")[2].rpartition("$")[2])
        }

    def refusal(self, *command: str, **areas: Mapping[str, Any]) -> str:
        """What the engine says of settings that it refuses."""
        self.configure(**areas)
        done = self.workspace.pulumi(*command, check=False)
        assert done.returncode != 0, done.stdout
        assert "Traceback" not in done.stdout + done.stderr
        return done.stdout + done.stderr

    def get(self, *arguments: str) -> dict[str, Any]:
        """An object of its namespace, or a list of them."""
        return self.cluster.get(*arguments, f"--namespace={self.namespace}")


@pytest.fixture
def make_stack(
    cloud: Cloud, cluster: Cluster, make_cloud_workspace: Callable[[], Workspace]
) -> Generator[Callable[[dict[str, Any]], CloudStack]]:
    """Makes stacks that are not up yet, and are deleted after the test."""
    made: list[CloudStack] = []
    remove(cluster)

    def make(place: dict[str, Any]) -> CloudStack:
        workspace = replace(make_cloud_workspace(), stack="cloud")
        workspace.init()
        stack = CloudStack(workspace, cloud, cluster, f"kf-{uuid.uuid4().hex[:8]}", place)
        stack.configure()
        made.append(stack)
        return stack

    yield make
    # The cloud goes with the test: what is in the cluster has to go first.
    remove(cluster, *(f"{stack.namespace}{part}" for stack in made for part in PARTS))


@pytest.fixture
def gke(make_stack: Callable[[dict[str, Any]], CloudStack]) -> CloudStack:
    """A stack that creates a cluster on GKE."""
    return make_stack(GKE)


@pytest.fixture
def aks(make_stack: Callable[[dict[str, Any]], CloudStack]) -> CloudStack:
    """A stack that creates a cluster on AKS."""
    return make_stack(AKS)
