"""Whatever the program sends to a cloud, the cloud's own models know."""

from copy import deepcopy
from typing import Any

import pytest

from tests.cloud_models.checker import assert_known_to_the_clouds
from tests.support.recorder import record
from tests.support.stacks import AKS, GKE


def changed(settings: dict[str, Any], section: str, **values: Any) -> dict[str, Any]:
    """The settings with other values in a section of ``kubeflow:cluster``."""
    copy = deepcopy(settings)
    copy["cluster"][section].update(values)
    return copy


GKE_POOLS = {
    "system": {"minNodes": 1},
    "latest": {"machineType": "a2-highgpu-2g", "gpu": {"type": "nvidia-tesla-a100", "count": 2, "driver": "LATEST"}},
    "own": {"gpu": {"type": "nvidia-l4", "driver": "INSTALLATION_DISABLED"}, "spot": True, "diskGib": 500},
}
AKS_POOLS = {
    "system": {"mode": "System", "minNodes": 1, "zones": ["1", "2", "3"]},
    "own": {"vmSize": "Standard_NC24ads_A100_v4", "gpu": {"driver": "None"}, "spot": True, "diskGib": 500},
}
STACKS: dict[str, dict[str, Any]] = {
    "gke": GKE,
    "gke, public": changed(GKE, "gke", endpoint="public", releaseChannel="EXTENDED", authorizedNetworks={}),
    "gke, other pools": changed(GKE, "gke", nodePools=GKE_POOLS, zones=[], deletionProtection=False),
    "aks": AKS,
    "aks, private": changed(AKS, "aks", endpoint="private", authorizedNetworks={}, tier="Free", upgradeChannel="none"),
    "aks, other pools": changed(AKS, "aks", nodePools=AKS_POOLS, tier="Premium", upgradeChannel="node-image"),
}


@pytest.mark.parametrize("settings", STACKS.values(), ids=STACKS)
def test_every_property_is_one_of_the_clouds(settings: dict[str, Any]) -> None:
    assert_known_to_the_clouds(record(**settings))
