"""What the paths that pods mount something at must not say, alone or beside each other."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from components.errors import Problem
from components.schema.core import CoreSettings
from components.schema.pods import PodVolumeSettings
from components.schema.storage import StorageSettings

SYSTEM_FOLDERS = ("bin", "boot", "dev", "etc", "lib", "lib64", "opt", "proc", "run", "sbin", "sys", "usr", "var")
"""What an image has of its own; a mount would hide it."""
USERS_HOME = "/home/jovyan"
"""The home of whoever a notebook runs as, in Jupyter's images."""
_HOME_SETTING = "kubeflow:core.jupyterNotebookPVCMount"
_OWN_FOLDERS = ("/tmp", "/root")  # noqa: S108  # no file of ours
"""Folders in which programs rely on being alone."""


class Mount(NamedTuple):
    """Where pods find something."""

    owner: str
    """The setting of what is mounted."""
    setting: str
    """The setting that says where."""
    path: str
    read_only: bool
    is_disk: bool = False

    def is_at_or_over(self, path: str) -> bool:
        """Whether ``path`` is within it."""
        return f"{path}/".startswith(f"{self.path}/")


def core_mounts(core: CoreSettings) -> list[Mount]:
    """The home and the volumes of the core."""
    home = core.jupyter_notebook_pvc_mount
    mounts = [Mount(_HOME_SETTING, _HOME_SETTING, home, read_only=False)] if home else []
    paths = core.notebook.mount_paths()
    for name, volume in core.notebook.volumes.items():
        owner = f"kubeflow:core.notebook.volumes.{name}"
        mounts.append(Mount(owner, f"{owner}.mountPath", paths[name], read_only=volume.read_only))
    return mounts


def pod_mounts(
    path: str,
    disks: Sequence[str],
    volumes: Mapping[str, PodVolumeSettings],
    storage: StorageSettings,
    *,
    disks_only_read: bool = False,
) -> list[Mount]:
    """What pods of jobs or of model servers mount, but for disks that there are not.

    Args:
        path: the setting that has them.
        disks: shared disks.
        volumes: other claims, by their names.
        storage: the disks that there are.
        disks_only_read: whether the pods only read disks, whatever the disks allow.
    """
    at = storage.mounts()
    mounts: list[Mount] = []
    for index, disk in enumerate(disks):
        if disk in at:
            setting, read_only = f"{path}.disks[{index}]", disks_only_read or storage.disks[disk].read_only
            mounts.append(Mount(setting, setting, at[disk], read_only=read_only, is_disk=True))
    for name, volume in volumes.items():
        setting = f"{path}.volumes.{name}"
        mounts.append(Mount(setting, f"{setting}.mountPath", volume.path(name), read_only=volume.read_only))
    return mounts


def nested_problems(mounts: Sequence[Mount], others: Sequence[Mount]) -> Iterator[Problem]:
    """What would be mounted inside something that can only be read, where no folder can be made for it."""
    for inner in mounts:
        for outer in others:
            if outer.read_only and outer.path != inner.path and outer.is_at_or_over(inner.path):
                yield Problem(
                    inner.setting,
                    f"{inner.path} is inside {outer.path}, where {outer.owner} is mounted to be read alone, so that "
                    f"no folder can be made for it; mount it elsewhere",
                )


def disk_mount_problems(core: CoreSettings, storage: StorageSettings) -> Iterator[Problem]:
    """What is wrong with the paths of disks, and of others beside them."""
    of_core, of_disks = core_mounts(core), _disk_mounts(storage)
    first_at: dict[str, str] = {}
    for mount in of_core:
        first_at.setdefault(mount.path, mount.owner)
    for mount in of_disks:
        if mount.path.split("/")[1] in SYSTEM_FOLDERS:
            yield Problem(
                mount.setting, f"{mount.path} would hide a folder of the image's system; mount it below /home or /mnt"
            )
        if mount.path in first_at:
            yield Problem(
                mount.setting, f"{mount.path} is where {first_at[mount.path]} is mounted; give each a path of its own"
            )
        first_at.setdefault(mount.path, mount.owner)
        if mount.path in _OWN_FOLDERS:
            yield Problem(
                mount.setting,
                f"{mount.path} is where programs of each notebook keep files of their own, which the disk would share; "
                f"mount it below /home or /mnt",
            )
    yield from nested_problems(of_disks, [*of_core, *of_disks])
    yield from nested_problems(of_core, of_disks)
    yield from _shared_home_problems([*of_core, *of_disks])


def _disk_mounts(storage: StorageSettings) -> list[Mount]:
    mounts: list[Mount] = []
    for name, path in storage.mounts().items():
        owner = f"kubeflow:storage.disks.{name}"
        mounts.append(Mount(owner, f"{owner}.mountPath", path, read_only=storage.disks[name].read_only, is_disk=True))
    return mounts


def _shared_home_problems(mounts: Sequence[Mount]) -> Iterator[Problem]:
    """A disk that users' home is on: what is mounted closest to it is what it is on."""
    over = [mount for mount in mounts if mount.is_at_or_over(USERS_HOME)]
    closest = max(over, key=lambda mount: len(mount.path), default=None)
    if closest and closest.is_disk:
        yield Problem(
            closest.setting,
            f"{closest.path} would give all users one home, at {USERS_HOME}; mount the disk below it or "
            f"/mnt, or set {_HOME_SETTING} to {USERS_HOME} for a home of each user's own",
        )
