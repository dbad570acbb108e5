"""What the settings of disks and storage classes must not say, alone or beside those of cluster and core."""

from collections.abc import Iterator

from components.errors import Problem
from components.schema.cluster import ClusterSettings
from components.schema.cluster_checks import CLUSTER, is_zone, node_zones, region_of
from components.schema.core import CoreSettings
from components.schema.storage import DiskSettings, StorageClassSettings, StorageSettings

STORAGE = "kubeflow:storage"
_BACKENDS = {"nfs": ("nocloud", "gke", "aks", "acsengine"), "filestore": ("gke",), "azureFiles": ("aks", "acsengine")}
_OF_CLOUDS = {"adopt": "adopt", "create": "create", "type": "type", "zone": "zone"}
_OF_NO_CLOUD = {"storageClass": "storage_class", "path": "path", "node": "node"}
SMALLEST_GIB = {"filestore": 1024, "azureFiles": 100}
"""What Google and Azure sell at least, for Filestore's basic tiers and for premium shares."""
LONGEST_CLOUD_NAME = 63
CLOUD_DEFAULT_CLASS = {"gke": "standard-rwo", "aks": "default"}
"""The default StorageClass of a new cluster."""


def storage_problems(cluster: ClusterSettings, core: CoreSettings, storage: StorageSettings) -> Iterator[Problem]:
    """What clashes about storage."""
    for name, disk in storage.disks.items():
        path = f"{STORAGE}.disks.{name}"
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
    yield from _name_problems(core, storage)
    yield from _mount_problems(core, storage)
    yield from _class_problems(cluster, storage)
    if storage.nfs_namespace == core.namespace:
        yield Problem(
            f"{STORAGE}.nfsNamespace",
            f'"{storage.nfs_namespace}" is the namespace of notebooks, where nothing may have the rights that '
            f"exporting a disk needs; name another",
        )


def _set_keys(disk: DiskSettings, keys: dict[str, str]) -> list[str]:
    return [key for key, field in keys.items() if getattr(disk, field)]


def _local_disk_problems(path: str, disk: DiskSettings) -> Iterator[Problem]:
    for key in _set_keys(disk, _OF_CLOUDS):
        yield Problem(
            f"{path}.{key}",
            f"is for disks of a cloud, but {CLUSTER}.platform is nocloud; remove it and set storageClass, or path and "
            f"node",
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
    if disk.path and disk.size_gib:
        yield Problem(f"{path}.sizeGib", "is for a claim, while a folder is as large as its node's disk; remove it")


def _cloud_disk_problems(path: str, disk: DiskSettings, cluster: ClusterSettings) -> Iterator[Problem]:
    for key in _set_keys(disk, _OF_NO_CLOUD):
        yield Problem(
            f"{path}.{key}", f"is for clusters without a cloud, but {CLUSTER}.platform is {cluster.platform}; remove it"
        )
    if cluster.on_azure and not all((cluster.azure.subscription_id, cluster.azure.resource_group)):
        yield Problem(
            path,
            f"is Azure's, but {CLUSTER}.azure does not say whose; set subscriptionId, resourceGroup and location there",
        )
    if disk.adopt and disk.create:
        yield Problem(path, "says both adopt and create; keep adopt for a disk that there is, or create for a new one")
    elif not (disk.adopt or disk.create):
        yield Problem(
            path, "says neither adopt nor create; set adopt to the name of a disk that there is, or create to true"
        )
    if disk.create:
        yield from _size_problems(path, disk)
        if disk.backend != "nfs" and cluster.has_context:
            yield Problem(
                f"{path}.create",
                f"is on, but {disk.backend} is created in the cluster's network, which a context does not tell; remove "
                f"{CLUSTER}.context and name the cluster in {CLUSTER}.{cluster.platform}, or adopt a share",
            )
    if disk.adopt:
        for key, value in {"sizeGib": disk.size_gib, "type": disk.type}.items():
            if value:
                yield Problem(f"{path}.{key}", "is for a disk to create, while adopt takes one as it is; remove it")
        if disk.backend != "nfs" and disk.adopt.count("/") != 1:
            what = "INSTANCE/SHARE" if disk.backend == "filestore" else "ACCOUNT/SHARE"
            yield Problem(f"{path}.adopt", f'"{disk.adopt}" names no share; write it as {what}')
        if disk.backend == "nfs" and "/" in disk.adopt:
            yield Problem(f"{path}.adopt", f'"{disk.adopt}" is a path; write the name of the disk alone')
    yield from _zone_problems(path, disk, cluster)


def _size_problems(path: str, disk: DiskSettings) -> Iterator[Problem]:
    if not disk.size_gib:
        yield Problem(f"{path}.sizeGib", "is not set; say how large a disk to create, in GiB")
    elif disk.size_gib < SMALLEST_GIB.get(disk.backend, 1):
        yield Problem(
            f"{path}.sizeGib",
            f"{disk.size_gib} is less than {disk.backend} has; the least is {SMALLEST_GIB[disk.backend]}",
        )


def _zone_problems(path: str, disk: DiskSettings, cluster: ClusterSettings) -> Iterator[Problem]:
    if disk.backend == "azureFiles":
        if disk.zone:
            yield Problem(f"{path}.zone", "is set, but a share of Azure Files is in no zone; remove it")
        return
    zone, location = disk.zone, cluster.gke.location
    if cluster.platform == "gke" and location:
        if zone is None and not is_zone(location):
            yield Problem(
                f"{path}.zone", f"is not set, and {location} is a region; name the disk's zone, such as {location}-a"
            )
        if zone is not None and (
            len(zone) < len("a-b1-c") or not is_zone(zone) or region_of(zone) != region_of(location)
        ):
            yield Problem(f"{path}.zone", f'"{zone}" is not a zone of {region_of(location)}, where the cluster is')
            return
    if cluster.on_azure and zone is not None and zone not in tuple("123456789"):
        yield Problem(f"{path}.zone", f'"{zone}" is not a zone of Azure; write "1", "2" or "3", in quotes')
        return
    zones = node_zones(cluster) if disk.backend == "nfs" else None
    if zone is not None and zones is not None and zone not in zones:
        has = f"nodes that any pod may run on are in {', '.join(sorted(zones))}" if zones else "no node pool has zones"
        yield Problem(
            f"{path}.zone",
            f'"{zone}" has no node that could attach the disk: {has}; choose one of these, or give a node pool the '
            f"disk's zone",
        )


def _name_problems(core: CoreSettings, storage: StorageSettings) -> Iterator[Problem]:
    for name, disk in storage.disks.items():
        path = f"{STORAGE}.disks.{name}"
        if name in core.notebook.volumes:
            yield Problem(path, "has the name of one of kubeflow:core.notebook.volumes; rename one of the two")
        if disk.create and len(f"{core.namespace}-{name}") > LONGEST_CLOUD_NAME:
            yield Problem(
                path,
                f"is called {core.namespace}-{name} in the cloud, which allows {LONGEST_CLOUD_NAME} characters; "
                f"shorten its name",
            )
        if name == "hub-db-dir" or name.startswith(("claim-", "volume-")):
            yield Problem(path, "has a name that claims of the hub or of users have; name it otherwise")


def _mount_problems(core: CoreSettings, storage: StorageSettings) -> Iterator[Problem]:
    first_at: dict[str, str] = {}
    if core.jupyter_notebook_pvc_mount:
        first_at[core.jupyter_notebook_pvc_mount] = "kubeflow:core.jupyterNotebookPVCMount"
    for name, mount in core.notebook.mount_paths().items():
        first_at.setdefault(mount, f"kubeflow:core.notebook.volumes.{name}")
    for name, mount in storage.mounts().items():
        setting = f"{STORAGE}.disks.{name}.mountPath"
        if mount in first_at:
            yield Problem(setting, f"{mount} is where {first_at[mount]} is mounted; give each a path of its own")
        first_at.setdefault(mount, f"{STORAGE}.disks.{name}")


def _class_problems(cluster: ClusterSettings, storage: StorageSettings) -> Iterator[Problem]:
    defaults = [name for name, each in storage.classes.items() if each.default]
    for name in defaults[1:]:
        yield Problem(
            f"{STORAGE}.classes.{name}.default", f"is on, and so is that of {defaults[0]}; a cluster has one default"
        )
    exported = {f"{name}-nfs" for name in storage.disks}
    for name, each in storage.classes.items():
        path = f"{STORAGE}.classes.{name}"
        if name in exported:
            yield Problem(path, "has the name of the class of a disk; name it otherwise")
        yield from _kind_problems(path, each, cluster)
        if each.instead_of and not each.default:
            yield Problem(f"{path}.insteadOf", "is set, but default is not; set default to true, or remove insteadOf")
        platform_default = CLOUD_DEFAULT_CLASS.get(cluster.platform)
        if each.default and cluster.is_created and platform_default and platform_default not in each.instead_of:
            yield Problem(
                f"{path}.default",
                f"is on, but a new cluster has the default class {platform_default}; set insteadOf to "
                f"[{platform_default}] to take over from it",
            )


def _kind_problems(path: str, each: StorageClassSettings, cluster: ClusterSettings) -> Iterator[Problem]:
    if each.kind != "local" and cluster.platform == "nocloud":
        yield Problem(
            f"{path}.kind",
            f'"{each.kind}" is of a cloud, but {CLUSTER}.platform is nocloud; use local, or a class that the cluster '
            f"has",
        )
    if each.kind == "local" and each.type:
        yield Problem(f"{path}.type", "is of a cloud's disks, while kind is local; remove it")
    if each.kind == "local" and each.reclaim_policy == "Delete":
        yield Problem(
            f"{path}.reclaimPolicy", "is Delete, but nobody deletes local volumes; remove the key to get Retain"
        )
