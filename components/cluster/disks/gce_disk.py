"""A persistent disk of Google Compute Engine."""

from dataclasses import dataclass

import pulumi
from pulumi_gcp import compute
from pulumi_kubernetes import core

from components.base import Component
from components.cluster.disks.volume import ZONE_LABEL, DiskVolume, FoundDisk, capacity_of
from components.labels import GOOGLE_LABELS
from components.schema.storage import DEFAULT_FILE_SYSTEM, DiskSettings

DRIVER = "pd.csi.storage.gke.io"
DEFAULT_TYPE = "pd-balanced"


@dataclass(frozen=True, kw_only=True)
class GceDiskArgs:
    """The disk, and where it is."""

    name: str
    """What Google calls it."""
    settings: DiskSettings
    project: str
    zone: str
    found: FoundDisk | None
    """What Google says of it, if it is there."""


class GceDisk(Component, token="kubeflow:cluster:GceDisk"):
    """Owns a disk if its settings say ``create``, and protects it; otherwise it only names one that there is."""

    volume: DiskVolume

    def __init__(self, name: str, args: GceDiskArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        settings = args.settings
        created: list[pulumi.Resource] = []
        if settings.create:
            created.append(
                compute.Disk(
                    f"{name}-disk",
                    name=args.name,
                    project=args.project,
                    zone=args.zone,
                    size=settings.size_gib,
                    type=settings.type or DEFAULT_TYPE,
                    labels=GOOGLE_LABELS,
                    opts=self.child(protect=True),
                )
            )
        self.volume = DiskVolume(
            capacity=capacity_of(settings, args.found),
            driver=DRIVER,
            csi=core.v1.CSIPersistentVolumeSourceArgs(
                driver=DRIVER,
                volume_handle=f"projects/{args.project}/zones/{args.zone}/disks/{args.name}",
                fs_type=settings.fs_type or DEFAULT_FILE_SYSTEM,
            ),
            node_labels={ZONE_LABEL: args.zone},
            after=created,
        )
        self.register_outputs({})
