"""What the settings of disks and storage classes must not say, alone or beside those of cluster and core."""

import re
from collections.abc import Iterator

from components.errors import Problem
from components.schema.cluster import ClusterSettings
from components.schema.cluster_checks import CLUSTER
from components.schema.core import DATABASE_CLAIM, CoreSettings
from components.schema.disk_checks import TYPES, cloud_of, disk_problems
from components.schema.mount_checks import disk_mount_problems
from components.schema.shown import shown
from components.schema.storage import DiskSettings, StorageClassSettings, StorageSettings

STORAGE = "kubeflow:storage"
LONGEST_CLOUD_NAMES = {("gke", "nfs"): 63, ("gke", "filestore"): 63, ("azure", "nfs"): 80}
"""How long the names of disks may be. Accounts of Azure Files have names of their own."""
CLOUD_DEFAULT_CLASS = {"gke": "standard-rwo", "aks": "default"}
"""The default StorageClass of a new cluster."""
CLOUD_CLASSES = {
    "gke": ("standard", "standard-rwo", "premium-rwo"),
    "aks": ("default", "managed-csi", "managed-csi-premium", "azurefile-csi", "azurefile-csi-premium"),
}
"""What every new cluster has."""
_BACKEND_OF_KIND = {"gke": {"block": "nfs", "file": "filestore"}, "azure": {"block": "nfs", "file": "azureFiles"}}


def storage_problems(cluster: ClusterSettings, core: CoreSettings, storage: StorageSettings) -> Iterator[Problem]:
    """What clashes about storage."""
    for name, disk in storage.disks.items():
        yield from disk_problems(f"{STORAGE}.disks.{name}", disk, cluster)
    yield from _name_problems(cluster, core, storage)
    if cluster.platform != "nocloud":
        yield from _adopted_twice(cluster, core, storage)
    yield from disk_mount_problems(core, storage)
    yield from _class_problems(cluster, core, storage)


def _cloud_name(core: CoreSettings, name: str, disk: DiskSettings) -> str:
    return disk.adopt or f"{core.namespace}-{name}"


def _adopted_twice(cluster: ClusterSettings, core: CoreSettings, storage: StorageSettings) -> Iterator[Problem]:
    first: dict[tuple[str, str, str], str] = {}
    for name, disk in storage.disks.items():
        # Google's names are unique in a zone, Azure's in the resource group.
        zone = (disk.zone or cluster.gke.location or "") if cluster.platform == "gke" else ""
        meant = (disk.backend, zone, _cloud_name(core, name, disk))
        if meant in first:
            yield Problem(
                f"{STORAGE}.disks.{name}{'.adopt' if disk.adopt else ''}",
                f"is the disk {shown(meant[-1])}, and so is {STORAGE}.disks.{first[meant]}; remove one of the two",
            )
        first.setdefault(meant, name)


def _name_problems(cluster: ClusterSettings, core: CoreSettings, storage: StorageSettings) -> Iterator[Problem]:
    for name, disk in storage.disks.items():
        path = f"{STORAGE}.disks.{name}"
        if name in core.notebook.volumes:
            yield Problem(path, "has the name of one of kubeflow:core.notebook.volumes; rename one of the two")
        if name == DATABASE_CLAIM or name.startswith(("claim-", "volume-")):
            yield Problem(path, "has a name that claims of the hub or of users have; name it otherwise")
        longest = LONGEST_CLOUD_NAMES.get((cloud_of(cluster), disk.backend))
        if not disk.create or longest is None:
            continue
        called = f"{core.namespace}-{name}"
        if len(called) > longest:
            yield Problem(path, f"is called {called} in the cloud, which allows {longest} characters; shorten its name")
        if cluster.platform == "gke" and called[0].isdigit():
            yield Problem(
                path,
                f"is called {called} in Google Cloud, where names begin with a letter; adopt a disk instead, or choose "
                f"another kubeflow:core.namespace",
            )


def _class_problems(cluster: ClusterSettings, core: CoreSettings, storage: StorageSettings) -> Iterator[Problem]:
    defaults = [name for name, each in storage.classes.items() if each.default]
    for name in defaults[1:]:
        yield Problem(
            f"{STORAGE}.classes.{name}.default", f"is on, and so is that of {defaults[0]}; a cluster has one default"
        )
    of_disks = {f"{name}-nfs" for name in storage.exported}
    if storage.disks:
        of_disks |= {f"{core.namespace}-disks", f"{core.namespace}-shares"}
    for name, each in storage.classes.items():
        path = f"{STORAGE}.classes.{name}"
        if name in of_disks:
            yield Problem(path, "has the name of the class of a disk; name it otherwise")
        if cluster.is_created and name in CLOUD_CLASSES[cluster.platform]:
            yield Problem(path, f"has the name of a class that {cluster.platform} makes; name it otherwise")
        yield from _kind_problems(path, each, cluster)
        yield from _default_problems(path, each, cluster, storage)


def _default_problems(
    path: str, each: StorageClassSettings, cluster: ClusterSettings, storage: StorageSettings
) -> Iterator[Problem]:
    setting = f"{path}.insteadOf"
    if each.instead_of and not each.default:
        yield Problem(setting, "is set, but default is not; set default to true, or remove insteadOf")
    for index, other in enumerate(each.instead_of):
        if other in each.instead_of[:index]:
            yield Problem(f"{setting}[{index}]", f'"{other}" is named twice; name each class once')
        if other in storage.classes:
            yield Problem(
                f"{setting}[{index}]",
                f'"{other}" is one of {STORAGE}.classes, and no default of the cluster; remove it',
            )
    if not (cluster.is_created and each.default):
        return
    usual = CLOUD_DEFAULT_CLASS[cluster.platform]
    if usual not in each.instead_of:
        yield Problem(
            f"{path}.default",
            f"is on, but a new cluster has the default class {usual}; set insteadOf to [{usual}] to take over from it",
        )
    for index, other in enumerate(each.instead_of):
        if other != usual and other not in storage.classes:
            yield Problem(
                f"{setting}[{index}]", f'"{other}" is no default of a new cluster, whose only one is {usual}; remove it'
            )


def _kind_problems(path: str, each: StorageClassSettings, cluster: ClusterSettings) -> Iterator[Problem]:
    if each.kind != "local" and cluster.platform == "nocloud":
        yield Problem(
            f"{path}.kind",
            f'"{each.kind}" is of a cloud, but {CLUSTER}.platform is nocloud; use local, or a class that the cluster '
            f"has",
        )
    backend = _BACKEND_OF_KIND.get(cloud_of(cluster), {}).get(each.kind)
    if backend is not None and each.type:
        pattern, what, default = TYPES[cloud_of(cluster), backend]
        # Drivers take Google's names in small letters as well.
        if not re.fullmatch(pattern, each.type, re.IGNORECASE if backend == "filestore" else re.NOFLAG):
            yield Problem(f"{path}.type", f"{shown(each.type)} is not a kind of {what}; write one such as {default}")
    if each.kind == "local" and each.type:
        yield Problem(f"{path}.type", "is of a cloud's disks, while kind is local; remove it")
    if each.kind == "local" and each.reclaim_policy == "Delete":
        yield Problem(
            f"{path}.reclaimPolicy", "is Delete, but nobody deletes local volumes; remove the key to get Retain"
        )
