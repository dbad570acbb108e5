"""What disks are called in their cloud."""

import hashlib
from typing import NamedTuple

from components.schema.storage import DiskSettings

SHARE = "share"
"""The one share of an instance or account that the stack creates."""


class ShareName(NamedTuple):
    """A share of a managed file service."""

    server: str
    """An instance of Filestore, or a storage account of Azure."""
    share: str


def disk_name(disk: str, settings: DiskSettings, installation: str) -> str:
    """The name of a disk: that of one that there is, or one by which another stack's disk is not meant."""
    return settings.adopt or f"{installation}-{disk}"


def filestore_name(disk: str, settings: DiskSettings, installation: str) -> ShareName:
    """The names of an instance of Filestore and its share."""
    return _adopted(settings.adopt) if settings.adopt else ShareName(f"{installation}-{disk}", SHARE)


def azure_files_name(
    disk: str, settings: DiskSettings, installation: str, *, subscription_id: str, resource_group: str
) -> ShareName:
    """The names of a storage account and its share.

    An account's name is unique in all of Azure, and has 24 letters and digits at most.
    """
    if settings.adopt:
        return _adopted(settings.adopt)
    whole = "/".join([subscription_id, resource_group, installation, disk])
    return ShareName(f"kf{hashlib.sha256(whole.encode()).hexdigest()[:20]}", SHARE)


def _adopted(adopt: str) -> ShareName:
    server, _, share = adopt.partition("/")
    return ShareName(server, share)
