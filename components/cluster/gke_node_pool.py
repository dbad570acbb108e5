"""A node pool of GKE, as Google's API takes it."""

import pulumi
from pulumi_gcp import container

from components.schema.gke import GkeGpuSettings, GkeNodePoolSettings


def node_pool(
    name: str,
    settings: GkeNodePoolSettings,
    *,
    project: str,
    location: str,
    cluster: pulumi.Input[str],
    account: pulumi.Input[str],
) -> container.NodePoolArgs:
    """The node pool ``name``.

    Args:
        name: the pool's name.
        settings: what it is made of.
        project: the project's id.
        location: the zone or region of its cluster.
        cluster: the cluster's name.
        account: the address of its nodes' service account.
    """
    return container.NodePoolArgs(
        name=name,
        cluster=cluster,
        project=project,
        location=location,
        node_locations=sorted(settings.zones) or None,
        autoscaling=container.NodePoolAutoscalingArgs(
            total_min_node_count=settings.min_nodes,
            total_max_node_count=settings.max_nodes,
            # What is scarce is taken where there is any.
            location_policy="ANY" if settings.spot or settings.gpu else "BALANCED",
        ),
        management=container.NodePoolManagementArgs(auto_repair=True, auto_upgrade=True),
        upgrade_settings=container.NodePoolUpgradeSettingsArgs(max_surge=1, max_unavailable=0),
        node_config=container.NodePoolNodeConfigArgs(
            machine_type=settings.machine_type,
            disk_size_gb=settings.disk_gib,
            disk_type=settings.disk_type,
            image_type="COS_CONTAINERD",
            spot=settings.spot,
            labels=settings.labels or None,
            service_account=account,
            oauth_scopes=["https://www.googleapis.com/auth/cloud-platform"],
            metadata={"disable-legacy-endpoints": "true"},
            # Pods get tokens of their own identity, never the node's.
            workload_metadata_config=container.NodePoolNodeConfigWorkloadMetadataConfigArgs(mode="GKE_METADATA"),
            shielded_instance_config=container.NodePoolNodeConfigShieldedInstanceConfigArgs(
                enable_integrity_monitoring=True, enable_secure_boot=True
            ),
            guest_accelerators=[_accelerator(settings.gpu)] if settings.gpu else None,
        ),
    )


def _accelerator(gpu: GkeGpuSettings) -> container.NodePoolNodeConfigGuestAcceleratorArgs:
    return container.NodePoolNodeConfigGuestAcceleratorArgs(
        type=gpu.type,
        count=gpu.count,
        gpu_driver_installation_config=container.NodePoolNodeConfigGuestAcceleratorGpuDriverInstallationConfigArgs(
            gpu_driver_version=gpu.driver
        ),
    )
