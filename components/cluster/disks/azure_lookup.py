"""What Azure says of disks that are there."""

import pulumi
from pulumi_azure_native import Provider, compute, storage

from components.cluster.disks.found import find_disks
from components.cluster.disks.names import azure_files_name, disk_name
from components.cluster.disks.volume import FoundDisk
from components.schema.storage import DiskSettings, StorageSettings


def find_azure_disks(
    settings: StorageSettings, *, subscription_id: str, resource_group: str, installation: str, provider: Provider
) -> dict[str, FoundDisk]:
    """The managed disks and shares of ``settings`` that are there.

    Raises:
        StackError: if one to adopt is not there, or one would have to shrink, to move or to become of another kind.
    """
    options = pulumi.InvokeOptions(provider=provider)

    def look_up(name: str, disk: DiskSettings) -> FoundDisk:
        if disk.backend == "azureFiles":
            account, share = azure_files_name(
                name, disk, installation, subscription_id=subscription_id, resource_group=resource_group
            )
            answer = storage.get_file_share(
                account_name=account, share_name=share, resource_group_name=resource_group, opts=options
            )
            return FoundDisk(size_gib=answer.share_quota or 1)
        found = compute.get_disk(
            disk_name=disk_name(name, disk, installation), resource_group_name=resource_group, opts=options
        )
        return FoundDisk(
            size_gib=found.disk_size_gb or 1,
            zone=found.zones[0] if found.zones else None,
            type=found.sku.name if found.sku else None,
        )

    return find_disks(settings.disks, look_up, cloud="azure")
