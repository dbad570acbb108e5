"""The hub that most behaviour tests talk to."""

from collections.abc import Callable, Generator

import pytest

from tests.behaviour.running_hub import RunningHub, running_hub
from tests.conftest import Cluster
from tests.support.hub_client import HubClient

NAMESPACE = "behaviour"
IDLE_SECONDS = 45
MAX_USERS = 50
PASSWORD = "correct horse battery"
ADMIN, ADMIN_PASSWORD = "boss", "thirty-two characters or more, as JupyterHub has it"
CORE = {
    "namespace": NAMESPACE,
    "jupyterNotebookPVCMount": "/home/jovyan/work",
    "login": {"adminUsers": [ADMIN], "maxUsers": MAX_USERS},
    "culler": {"timeoutSeconds": IDLE_SECONDS, "everySeconds": 3},
    "notebook": {
        "volumes": {"datasets": {"claim": "datasets", "readOnly": True}},
        "sharedMemory": "1Gi",
        "quota": {"memory": "40Gi"},
    },
}
DATASETS = {
    "apiVersion": "v1",
    "kind": "PersistentVolumeClaim",
    "metadata": {"name": "datasets"},
    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
}


DEMANDING = {
    "apiVersion": "v1",
    "kind": "ResourceQuota",
    "metadata": {"name": "demanding"},
    "spec": {
        "hard": {
            f"{what}.{resource}": most
            for what in ("requests", "limits")
            for resource, most in {"cpu": "1k", "memory": "9Ti", "ephemeral-storage": "9Ti"}.items()
        }
    },
}
"""An administrator's quota, under which a pod has to say what it gets of everything."""


@pytest.fixture(scope="module")
def hub(cluster: Cluster) -> Generator[RunningHub]:
    """A hub with homes, a further volume, a shared password and an administrator, under a quota."""
    secrets = {"kubeflow:sharedPassword": PASSWORD, "kubeflow:adminPassword": ADMIN_PASSWORD}
    with running_hub(cluster, CORE, secrets, [DATASETS, DEMANDING]) as running:
        yield running


@pytest.fixture
def spawned(hub: RunningHub) -> Callable[[str, dict[str, str]], HubClient]:
    """Logs a user in, submits the form and waits for the server."""

    def spawn(user: str, fields: dict[str, str]) -> HubClient:
        client = hub.client(user)
        assert client.login(PASSWORD).url.endswith("/hub/home")
        page = client.submit(fields)
        assert "/spawn-pending/" in page.url or "/user/" in page.url, page.text[-3000:]
        client.wait_until_ready()
        return client

    return spawn
