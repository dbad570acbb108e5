"""A volume that many nodes mount as it is: a managed file service's."""

from dataclasses import dataclass

import pulumi
from pulumi_kubernetes import core, meta

from components.base import Component
from components.cluster.disks.persistent_volume import claim_spec, volume_spec
from components.cluster.disks.volume import DiskVolume
from components.labels import labels


@dataclass(frozen=True, kw_only=True)
class SharedVolumeArgs:
    """What is mounted, and where its claim is."""

    disk: str
    volume: DiskVolume
    volume_class: str
    installation: str
    """The stack's own namespace, which tells the cluster-wide volume from other installations'."""
    namespace: pulumi.Input[str]


class SharedVolume(Component, token="kubeflow:cluster:SharedVolume"):
    """Owns the volume and the claim ``DISK``. Both are protected, and whatever deletes them, the files are kept."""

    def __init__(self, name: str, args: SharedVolumeArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        volume = core.v1.PersistentVolume(
            f"{name}-volume",
            metadata=meta.v1.ObjectMetaArgs(
                name=f"{args.installation}-{args.disk}", labels=labels("shared-volume", name)
            ),
            spec=volume_spec(args.volume, storage_class=args.volume_class, claim=args.disk, namespace=args.namespace),
            # Its driver writes the new size here, once a larger share has grown.
            opts=self.child(protect=True, ignore_changes=["spec.capacity"], depends_on=list(args.volume.after)),
        )
        core.v1.PersistentVolumeClaim(
            f"{name}-claim",
            metadata=meta.v1.ObjectMetaArgs(
                name=args.disk, namespace=args.namespace, labels=labels("shared-volume", name)
            ),
            spec=claim_spec(args.volume, storage_class=args.volume_class, volume_name=volume.metadata.name),
            opts=self.child(protect=True),
        )
        self.register_outputs({})
