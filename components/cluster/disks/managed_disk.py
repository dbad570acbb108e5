"""A managed disk of Azure."""

from dataclasses import dataclass

import pulumi
from pulumi_azure_native import authorization, compute
from pulumi_kubernetes import core

from components.base import Component
from components.cluster.aks_cluster import role_assignment_name, role_definition
from components.cluster.disks.volume import ZONE_LABEL, DiskVolume, FoundDisk, capacity_of
from components.cluster.place import OnAzure
from components.labels import AZURE_TAGS
from components.schema.storage import DEFAULT_FILE_SYSTEM, DiskSettings

DRIVER = "disk.csi.azure.com"
DEFAULT_TYPE = "Premium_LRS"
CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"


@dataclass(frozen=True, kw_only=True)
class ManagedDiskArgs:
    """The disk, and where it is."""

    name: str
    """What Azure calls it."""
    settings: DiskSettings
    azure: OnAzure
    found: FoundDisk | None
    """What Azure says of it, if it is there."""


class ManagedDisk(Component, token="kubeflow:cluster:ManagedDisk"):
    """Owns a disk if its settings say ``create``, and protects it; otherwise it only names one that there is.

    It lets the cluster attach the disk, and no other.
    """

    volume: DiskVolume

    def __init__(self, name: str, args: ManagedDiskArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        settings, azure = args.settings, args.azure
        after: list[pulumi.Resource] = []
        if settings.create:
            after.append(
                compute.Disk(
                    f"{name}-disk",
                    disk_name=args.name,
                    resource_group_name=azure.resource_group,
                    location=azure.location,
                    zones=[settings.zone] if settings.zone else None,
                    sku=compute.DiskSkuArgs(name=settings.type or DEFAULT_TYPE),
                    creation_data=compute.CreationDataArgs(create_option="Empty"),
                    disk_size_gb=settings.size_gib,
                    # Nobody downloads it: nodes attach it, which needs no network.
                    network_access_policy="DenyAll",
                    public_network_access="Disabled",
                    tags=AZURE_TAGS,
                    opts=self.child(protect=True),
                )
            )
        disk_id = (
            f"/subscriptions/{azure.subscription_id}/resourceGroups/{azure.group_name}/providers/Microsoft.Compute/disks/"
            f"{args.name}"
        )
        if azure.principal_id is not None:
            after.append(
                authorization.RoleAssignment(
                    f"{name}-role",
                    role_assignment_name=role_assignment_name(azure.group_name, args.name, "disk"),
                    scope=disk_id,
                    role_definition_id=role_definition(azure.subscription_id, CONTRIBUTOR),
                    principal_id=azure.principal_id,
                    principal_type="ServicePrincipal",
                    opts=self.child(depends_on=list(after)),
                )
            )
        zone = settings.zone or (args.found.zone if args.found else None)
        self.volume = DiskVolume(
            capacity=capacity_of(settings, args.found),
            driver=DRIVER,
            csi=core.v1.CSIPersistentVolumeSourceArgs(
                driver=DRIVER, volume_handle=disk_id, fs_type=settings.fs_type or DEFAULT_FILE_SYSTEM
            ),
            node_labels={ZONE_LABEL: f"{azure.location}-{zone}"} if zone else {},
            after=after,
        )
        self.register_outputs({})
