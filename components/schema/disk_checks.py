"""What a shared disk must not say, beside what the cluster is."""

import json
import re
from collections.abc import Iterator, Mapping

from components.errors import Problem
from components.schema.cluster import ClusterSettings
from components.schema.cluster_checks import CLUSTER, is_zone, is_zone_of, node_zones, region_of
from components.schema.gke import GCE_DISK_TYPE
from components.schema.shown import shown
from components.schema.storage import DiskSettings

_BACKENDS = {"nfs": ("nocloud", "gke", "aks", "acsengine"), "filestore": ("gke",), "azureFiles": ("aks", "acsengine")}
_OF_CLOUDS = {"adopt": "adopt", "create": "create", "type": "type", "zone": "zone"}
_OF_NO_CLOUD = {"storageClass": "storage_class", "path": "path", "node": "node"}
REGIONAL_TIERS = ("REGIONAL", "ENTERPRISE")
"""The tiers of Filestore that are in a whole region."""
TYPES = {
    ("gke", "nfs"): (GCE_DISK_TYPE, "disk that Google has", "pd-balanced"),
    ("gke", "filestore"): (
        r"STANDARD|PREMIUM|(BASIC|HIGH_SCALE)_(HDD|SSD)|ZONAL|REGIONAL|ENTERPRISE",
        "share that Filestore has",
        "BASIC_HDD",
    ),
    ("azure", "nfs"): (r"[A-Z][A-Za-z0-9]*_(LRS|ZRS)", "disk that Azure has", "Premium_LRS"),
    ("azure", "azureFiles"): (r"Premium(V2)?_(LRS|ZRS)", "NFS share that Azure has", "Premium_LRS"),
}
"""What the kinds of disks look like by cloud and backend, what they are, and which is the default."""
_LEAST_GIB = {
    "filestore": {"BASIC_HDD": 1024, "STANDARD": 1024, "BASIC_SSD": 2560, "PREMIUM": 2560, "other": 100},
    "azureFiles": {"Premium_LRS": 100, "Premium_ZRS": 100, "other": 32},
}
"""What Google and Azure sell at least."""
_ADOPTED = {
    "nfs": (r"[\w.-]{1,80}", "is not the name of a disk; write the name alone, without a path or an address"),
    "filestore": (r"[a-z][a-z0-9-]*/[A-Za-z]\w*", "names no share; write it as INSTANCE/SHARE"),
    "azureFiles": (r"[a-z0-9]{3,24}/[a-z0-9-]{3,63}", "names no share; write it as ACCOUNT/SHARE"),
}


def cloud_of(cluster: ClusterSettings) -> str:
    """Whose disks the cluster has."""
    return "azure" if cluster.on_azure else cluster.platform


def disk_problems(path: str, disk: DiskSettings, cluster: ClusterSettings) -> Iterator[Problem]:
    """What is wrong with the disk at ``path``, by itself."""
    if cluster.platform not in _BACKENDS[disk.backend]:
        yield Problem(
            f"{path}.backend",
            f'"{disk.backend}" is for {" and ".join(_BACKENDS[disk.backend])}, but {CLUSTER}.platform is '
            f"{cluster.platform}; use nfs",
        )
    elif cluster.platform == "nocloud":
        yield from _local_disk_problems(path, disk)
    else:
        yield from _cloud_disk_problems(path, disk, cluster)


def _set_keys(disk: DiskSettings, keys: Mapping[str, str]) -> list[str]:
    return [key for key, field in keys.items() if getattr(disk, field)]


def _local_disk_problems(path: str, disk: DiskSettings) -> Iterator[Problem]:
    for key in _set_keys(disk, _OF_CLOUDS):
        yield Problem(
            f"{path}.{key}",
            f"is for disks of a cloud, but {CLUSTER}.platform is nocloud; set storageClass, or path and node, instead "
            f"of it, or the platform to that of the cluster",
        )
    if disk.fs_type:
        yield Problem(
            f"{path}.fsType", "is for disks of a cloud, while a claim or folder has the file system it has; remove it"
        )
    if _set_keys(disk, _OF_CLOUDS):
        return
    if bool(disk.path) != bool(disk.node):
        missing = "node" if disk.path else "path"
        yield Problem(f"{path}.{missing}", "is not set; a folder needs both, its path and the node that has it")
    if disk.storage_class and (disk.path or disk.node):
        yield Problem(
            f"{path}.storageClass", "is set beside path and node; keep the class for a claim, or the folder of a node"
        )
    if not (disk.storage_class or disk.path or disk.node):
        yield Problem(
            path, "says not where its files are; set storageClass for a claim, or path and node for a folder of a node"
        )
    if disk.storage_class and not disk.size_gib:
        yield Problem(f"{path}.sizeGib", "is not set; say how large a claim to make, in GiB")
    if disk.path and disk.size_gib and not disk.storage_class:
        yield Problem(f"{path}.sizeGib", "is for a claim, while a folder is as large as its node's disk; remove it")


def _cloud_disk_problems(path: str, disk: DiskSettings, cluster: ClusterSettings) -> Iterator[Problem]:
    for key in _set_keys(disk, _OF_NO_CLOUD):
        yield Problem(
            f"{path}.{key}", f"is for clusters without a cloud, but {CLUSTER}.platform is {cluster.platform}; remove it"
        )
    # Half an account is said of the account, and so is none that the cluster needs as well.
    if cluster.on_azure and cluster.has_context and not any(cluster.azure.model_dump().values()):
        yield Problem(
            path,
            f"is Azure's, but {CLUSTER}.azure does not say whose; set subscriptionId, resourceGroup and location there",
        )
    if disk.adopt and disk.create:
        yield Problem(path, "says both adopt and create; keep adopt for a disk that there is, or create for a new one")
    elif disk.adopt:
        yield from _adoption_problems(path, disk, disk.adopt)
    elif disk.create:
        yield from _creation_problems(path, disk, cluster)
    else:
        yield Problem(
            path, "says neither adopt nor create; set adopt to the name of a disk that there is, or create to true"
        )
    if disk.fs_type and disk.backend != "nfs":
        yield Problem(f"{path}.fsType", f"is set, but a share of {disk.backend} has the file system it has; remove it")
    if disk.backend == "azureFiles":
        if disk.zone:
            yield Problem(f"{path}.zone", "is set, but a share of Azure Files is in no zone; remove it")
    elif cluster.platform == "gke":
        yield from _google_zone_problems(path, disk, cluster)
    else:
        yield from _azure_zone_problems(path, disk, cluster)


def _adoption_problems(path: str, disk: DiskSettings, adopt: str) -> Iterator[Problem]:
    for key, value in {"sizeGib": disk.size_gib, "type": disk.type}.items():
        if value:
            yield Problem(f"{path}.{key}", "is for a disk to create, while adopt takes one as it is; remove it")
    pattern, sentence = _ADOPTED[disk.backend]
    if not re.fullmatch(pattern, adopt, re.ASCII):
        yield Problem(f"{path}.adopt", f"{shown(adopt)} {sentence}")


def _creation_problems(path: str, disk: DiskSettings, cluster: ClusterSettings) -> Iterator[Problem]:
    pattern, what, default = TYPES[cloud_of(cluster), disk.backend]
    kind = disk.type or default
    if not re.fullmatch(pattern, kind):
        yield Problem(f"{path}.type", f"{shown(kind)} is not a kind of {what}; write one such as {default}")
    least = _LEAST_GIB.get(disk.backend, {"other": 1})
    if not disk.size_gib:
        yield Problem(f"{path}.sizeGib", "is not set; say how large a disk to create, in GiB")
    elif disk.size_gib < least.get(kind, least["other"]):
        yield Problem(
            f"{path}.sizeGib",
            f"{disk.size_gib} is less than {disk.backend} has as {kind}; the least is "
            f"{least.get(kind, least['other'])}",
        )
    if disk.backend != "nfs" and cluster.has_context:
        remedy = f"remove {CLUSTER}.context and name the cluster in {CLUSTER}.{cluster.platform}, or "
        yield Problem(
            f"{path}.create",
            f"is on, but {disk.backend} is created in the cluster's network, which a context does not tell; "
            f"{remedy if cluster.platform != 'acsengine' else ''}adopt a share",
        )


def _google_zone_problems(path: str, disk: DiskSettings, cluster: ClusterSettings) -> Iterator[Problem]:
    setting, location = f"{path}.zone", cluster.gke.location
    if location is None:
        return  # said of the cluster
    region, zone = region_of(location), disk.zone or location
    if disk.backend == "filestore" and zone == region and (disk.adopt or disk.type in REGIONAL_TIERS):
        return
    if disk.create and disk.backend == "filestore" and disk.type in REGIONAL_TIERS:
        yield Problem(
            setting,
            f"{shown(zone)} is not a region, and a share of type {disk.type} is in one; write {region}",
        )
    elif disk.zone is None and not is_zone(location):
        yield _no_zone_in_a_region(setting, disk, location)
    elif not is_zone_of(region, zone):
        yield Problem(
            setting,
            f"{shown(zone)} is not a zone of {region}, where the cluster is; write one such as {region}-a",
        )
    elif disk.backend == "nfs":
        yield from attachment_problems(setting, zone, node_zones(cluster))


def _no_zone_in_a_region(setting: str, disk: DiskSettings, region: str) -> Problem:
    where, example = "", f"{region}-a"
    if disk.from_text:
        where = " in an object instead of the text"
        example = json.dumps({disk.adopt: {"adopt": disk.adopt, "zone": example}})
    return Problem(setting, f"is not set, and {region} is a region; name the disk's zone{where}, such as {example}")


def _azure_zone_problems(path: str, disk: DiskSettings, cluster: ClusterSettings) -> Iterator[Problem]:
    setting, zone = f"{path}.zone", disk.zone
    if disk.create and (disk.type or "").endswith("_ZRS"):
        if zone:
            yield Problem(setting, f"is set, but a disk of type {disk.type} is in all zones; remove it")
    elif zone is not None and not re.fullmatch(r"[1-9]", zone):
        yield Problem(setting, f'{shown(zone)} is not a zone of Azure; write "1", "2" or "3", in quotes')
    elif zone is not None:
        yield from attachment_problems(setting, zone, node_zones(cluster))
    elif disk.create:
        yield from unzoned_problems(setting, node_zones(cluster))


def unzoned_problems(setting: str, zones: set[str] | None) -> Iterator[Problem]:
    """A disk of Azure in no zone, whose exporter may come to run on a node that cannot attach it.

    Args:
        setting: the disk's zone, which is not set.
        zones: those of the nodes that any pod may run on; None if they are not known.
    """
    if zones:
        yield Problem(
            setting,
            f"is not set, but nodes that any pod may run on are in zones, where a disk in none cannot be attached; "
            f"choose one of {', '.join(sorted(zones))}, or the type Premium_ZRS for a new disk",
        )


def attachment_problems(setting: str, zone: str, zones: set[str] | None) -> Iterator[Problem]:
    """A disk that no ordinary node could attach.

    Args:
        setting: the disk's zone.
        zone: what it is.
        zones: those of the nodes that any pod may run on; None if they are not known.
    """
    if zones is None or zone in zones:
        return
    has = f"are in {', '.join(sorted(zones))}; choose one of these, or" if zones else "are in no zone;"
    yield Problem(
        setting,
        f'"{zone}" has no node that could attach the disk: nodes that any pod may run on {has} give a node pool the '
        f"disk's zone",
    )
