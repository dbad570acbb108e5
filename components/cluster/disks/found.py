"""What the lookups of both clouds make of their answers."""

from collections.abc import Callable, Mapping

from components.cluster.disks.volume import FoundDisk
from components.errors import Problem, reason_of, settings_error
from components.schema.storage import DiskSettings

DISKS = "kubeflow:storage.disks"


def find_disks(
    disks: Mapping[str, DiskSettings], look_up: Callable[[str, DiskSettings], FoundDisk]
) -> dict[str, FoundDisk]:
    """The disks that are there, by their names in the settings.

    Args:
        disks: the disks of the settings.
        look_up: asks the cloud for one, and raises if it is not there.

    Raises:
        StackError: if a disk to adopt is not there, or one that the stack created is larger than it should be.
    """
    found: dict[str, FoundDisk] = {}
    problems: list[Problem] = []
    for name, disk in disks.items():
        try:
            found[name] = look_up(name, disk)
        except Exception as error:  # noqa: BLE001  # the SDKs raise no narrower one
            if disk.adopt:
                problems.append(
                    Problem(
                        f"{DISKS}.{name}.adopt",
                        f"{disk.adopt!r} cannot be looked up ({reason_of(error)}); correct the name or the zone, or "
                        f"say create instead for a new disk",
                    )
                )
            continue
        if disk.size_gib is not None and found[name].size_gib > disk.size_gib:
            problems.append(
                Problem(
                    f"{DISKS}.{name}.sizeGib",
                    f"{disk.size_gib} is less than the {found[name].size_gib} GiB that the disk has, and a disk cannot "
                    f"shrink; write {found[name].size_gib} or more",
                )
            )
    if problems:
        raise settings_error(problems)
    return found
