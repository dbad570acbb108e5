"""A persistent disk of Google Compute Engine."""

from dataclasses import dataclass

import pulumi
from pulumi_gcp import compute
from pulumi_kubernetes import core

from components.base import Component
from components.cluster.disks.volume import DiskVolume, FoundDisk, gib
from components.labels import MANAGED_BY, PART_OF
from components.schema.storage import DEFAULT_FILE_SYSTEM, DiskSettings

DRIVER = "pd.csi.storage.gke.io"
DEFAULT_TYPE = "pd-balanced"
ZONE_LABEL = "topology.kubernetes.io/zone"


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
                    labels={"app-kubernetes-io-part-of": PART_OF, "app-kubernetes-io-managed-by": MANAGED_BY},
                    opts=self.child(protect=True),
                )
            )
        size = settings.size_gib or (args.found.size_gib if args.found else 1)
        self.volume = DiskVolume(
            capacity=gib(size),
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
