"""What Google Cloud says of disks that are there."""

import pulumi
import pulumi_gcp as gcp

from components.cluster.disks.found import find_disks
from components.cluster.disks.names import disk_name, filestore_name
from components.cluster.disks.volume import FoundDisk
from components.schema.storage import DiskSettings, StorageSettings


def find_google_disks(
    storage: StorageSettings, *, project: str, location: str, installation: str, provider: gcp.Provider
) -> dict[str, FoundDisk]:
    """The disks and Filestore instances of ``storage`` that are there.

    Raises:
        StackError: if one to adopt is not there, or one would have to shrink or to become of another kind.
    """
    options = pulumi.InvokeOptions(provider=provider)

    def look_up(name: str, disk: DiskSettings) -> FoundDisk:
        zone = disk.zone or location
        if disk.backend == "filestore":
            instance, share = filestore_name(name, disk, installation)
            answer = gcp.filestore.get_instance(name=instance, location=zone, project=project, opts=options)
            sizes = {each.name: each.capacity_gb for each in answer.file_shares}
            if share not in sizes:
                raise LookupError(f"it has no share {share}")
            address = answer.networks[0].ip_addresses[0]
            return FoundDisk(size_gib=sizes[share], address=address, type=answer.tier or None)
        answer = gcp.compute.get_disk(
            name=disk_name(name, disk, installation), zone=zone, project=project, opts=options
        )
        # Google may answer with the address of the kind.
        return FoundDisk(size_gib=answer.size, type=(answer.type or "").rpartition("/")[2] or None)

    return find_disks(storage.disks, look_up, cloud="gke")
