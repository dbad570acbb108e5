"""A node pool of AKS, as Azure's API takes it."""

from typing import Any

import pulumi
from pulumi_azure_native import containerservice

from components.schema.aks import AksNodePoolSettings

GPU_TAINT = "nvidia.com/gpu=present:NoSchedule"
"""Keeps other pods from nodes with GPUs. AKS lets pods on that ask for the resource of this name."""


def node_pool(settings: AksNodePoolSettings, subnet_id: pulumi.Input[str]) -> dict[str, Any]:
    """What a pool that is a part of its cluster and one by itself have in common: the arguments of either."""
    pool: dict[str, Any] = {
        "type": "VirtualMachineScaleSets",
        "mode": settings.mode,
        "os_type": "Linux",
        "vm_size": settings.vm_size,
        "os_disk_size_gb": settings.disk_gib,
        "vnet_subnet_id": subnet_id,
        "availability_zones": sorted(settings.zones) or None,
        "enable_auto_scaling": True,
        "min_count": settings.min_nodes,
        "max_count": settings.max_nodes,
        "count": settings.min_nodes,
        "node_labels": settings.labels or None,
    }
    if settings.gpu:
        pool |= {
            "gpu_profile": containerservice.GPUProfileArgs(driver=settings.gpu.driver),
            "node_taints": [GPU_TAINT],
        }
    if settings.spot:
        pool |= {
            "scale_set_priority": "Spot",
            "scale_set_eviction_policy": "Delete",
            # As much as an ordinary machine costs, and no more.
            "spot_max_price": -1,
        }
    return pool
