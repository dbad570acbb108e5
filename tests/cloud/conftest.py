"""A cloud for each test, that is a folder, and whose clusters are the session's control plane."""

import tempfile
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from tests.conftest import Cluster
from tests.support.cloud.stand_in import Cloud
from tests.support.cloud.volumes import provisioning
from tests.support.workspace import Workspace


@pytest.fixture
def cloud(tmp_path: Path, cluster: Cluster) -> Generator[Cloud]:
    """An empty cloud, and nothing of it left in the control plane."""
    folder = tmp_path / "cloud"
    folder.mkdir()
    cloud = Cloud(folder, cluster.kubeconfig, cluster.environment)
    with provisioning(cloud.cluster):
        yield cloud
    cloud.empty()


@pytest.fixture
def make_cloud_workspace(tmp_path: Path, cloud: Cloud) -> Callable[[], Workspace]:
    """Makes a workspace whose engine finds the stand-ins."""

    def make() -> Workspace:
        workspace = Workspace.create(Path(tempfile.mkdtemp(dir=tmp_path)), cloud.environment)
        workspace.init()
        return workspace

    return make
