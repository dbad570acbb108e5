"""What a disk is to Kubernetes, wherever it comes from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
from pulumi_kubernetes import core

from components.schema.storage import DiskSettings

ZONE_LABEL = "topology.kubernetes.io/zone"
"""Tells the zone of a node."""


@dataclass(frozen=True, kw_only=True)
class DiskVolume:
    """A disk as the source of a PersistentVolume, or a class that makes one."""

    capacity: str
    """Its size, as a quantity of Kubernetes."""
    driver: str | None = None
    """The CSI driver of ``csi``."""
    csi: core.v1.CSIPersistentVolumeSourceArgs | None = None
    local_path: str | None = None
    """A folder of the node that ``node_labels`` name."""
    storage_class: str | None = None
    """The class that makes the volume, if it is neither."""
    shared: bool = False
    """Whether many nodes may mount it at once, as it is."""
    node_labels: Mapping[str, str] = field(default_factory=dict[str, str])
    """The labels of the nodes that can attach it."""
    mount_options: Sequence[str] = ()
    after: Sequence[pulumi.Resource] = ()
    """What has to be there before it can be attached."""

    @property
    def access_mode(self) -> str:
        """How nodes may mount it."""
        return "ReadWriteMany" if self.shared else "ReadWriteOnce"


@dataclass(frozen=True, kw_only=True)
class FoundDisk:
    """A disk that was there before the stack ran, as its cloud describes it."""

    size_gib: int
    address: str | None = None
    """Where its server listens, if it has one."""
    zone: str | None = None
    """The zone of Azure that it is in; None for none. Other disks are asked for by their zone."""
    type: str | None = None
    """Its kind, if that is known."""


def capacity_of(settings: DiskSettings, found: FoundDisk | None) -> str:
    """What a disk holds: what its settings say, or else its cloud."""
    return gib(settings.size_gib or (found.size_gib if found else 1))


def gib(size: int) -> str:
    """A size as a quantity of Kubernetes, in the unit in which the API server would write it."""
    return f"{size}Gi" if size % 1024 else f"{size // 1024}Ti"
