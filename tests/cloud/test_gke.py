"""The whole stack on GKE, by the real engine: the cloud is a stand-in, its cluster a real API server."""

from dataclasses import replace

from tests.support.cloud.stand_in import Cloud
from tests.cloud.conftest import CloudStack


def test_up(gke: CloudStack) -> None:
    print(gke.workspace.pulumi("preview").stdout)
    print(gke.workspace.up())
    print(gke.workspace.preview())
