"""What the lookups of both clouds make of their answers."""

import re
from collections.abc import Callable, Iterator, Mapping

import pulumi

from components.cluster.disks.volume import FoundDisk
from components.errors import Problem, reason_of, settings_error
from components.schema.disk_checks import TYPES
from components.schema.storage import DiskSettings

DISKS = "kubeflow:storage.disks"
_NOT_THERE = re.compile(r"\b404\b|not ?found|does not exist", re.IGNORECASE)
"""What clouds say of a disk that is not there."""
_OTHERWISE = "or make another disk and copy the files"
_SAME_KINDS = {"STANDARD": "BASIC_HDD", "PREMIUM": "BASIC_SSD"}
"""Former names of Filestore's tiers."""


def find_disks(
    disks: Mapping[str, DiskSettings], look_up: Callable[[str, DiskSettings], FoundDisk], *, cloud: str
) -> dict[str, FoundDisk]:
    """The disks that are there, by their names in the settings.

    Args:
        disks: the disks of the settings.
        look_up: asks the cloud for one, and raises if it is not there.
        cloud: whose disks they are, ``gke`` or ``azure``.

    Raises:
        StackError: if a disk to adopt is not there, or one is otherwise than it should be and cannot change.
    """
    found: dict[str, FoundDisk] = {}
    problems: list[Problem] = []
    for name, disk in disks.items():
        path = f"{DISKS}.{name}"
        try:
            found[name] = look_up(name, disk)
        except Exception as error:  # noqa: BLE001  # the SDKs raise no narrower one
            if disk.adopt:
                problems.append(_not_adopted(path, disk.adopt, error))
            elif not _NOT_THERE.search(str(error)):
                pulumi.log.warn(f"{path}: could not be compared with the disk that may be there ({reason_of(error)}).")
            continue
        problems += _size_problems(path, disk, found[name])
        problems += _kind_problems(path, disk, found[name], cloud)
        if cloud == "azure" and disk.backend == "nfs":
            problems += _zone_problems(path, disk, found[name])
    if problems:
        raise settings_error(problems)
    return found


def _not_adopted(path: str, adopt: str, error: Exception) -> Problem:
    return Problem(
        f"{path}.adopt",
        f"{adopt!r} cannot be looked up ({reason_of(error)}); correct the name or the zone, or say create instead for "
        f"a new disk",
    )


def _size_problems(path: str, disk: DiskSettings, found: FoundDisk) -> Iterator[Problem]:
    if disk.size_gib is not None and found.size_gib > disk.size_gib:
        yield Problem(
            f"{path}.sizeGib",
            f"{disk.size_gib} is less than the {found.size_gib} GiB that the disk has, and a disk cannot shrink; write "
            f"{found.size_gib} or more",
        )


def _kind_problems(path: str, disk: DiskSettings, found: FoundDisk, cloud: str) -> Iterator[Problem]:
    wanted = disk.type or TYPES[cloud, disk.backend][2]
    if disk.create and found.type is not None and _same(found.type) != _same(wanted):
        given = f'is "{wanted}"' if disk.type else f"is not set, which means {wanted}"
        yield Problem(
            f"{path}.type",
            f"{given}, but the disk is {found.type}, which cannot change after the disk was made; write {found.type}, "
            f"{_OTHERWISE}",
        )


def _same(kind: str) -> str:
    return _SAME_KINDS.get(kind, kind)


def _zone_problems(path: str, disk: DiskSettings, found: FoundDisk) -> Iterator[Problem]:
    """A zone that is not that of the disk, which Azure finds by its name alone."""
    if disk.zone == found.zone or (disk.adopt and disk.zone is None):
        return
    given = f'is "{disk.zone}"' if disk.zone else "is not set"
    there = f"zone {found.zone}" if found.zone else "no zone"
    remedy = f'write "{found.zone}"' if found.zone and disk.create else "remove the key"
    if disk.adopt and found.zone:
        remedy = f'write "{found.zone}", or remove the key'
    never = ", which cannot change after the disk was made" if disk.create else ""
    otherwise = f", {_OTHERWISE}" if disk.create else ""
    yield Problem(f"{path}.zone", f"{given}, but the disk is in {there}{never}; {remedy}{otherwise}")
