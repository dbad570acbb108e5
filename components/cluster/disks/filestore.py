"""A share of Google's Filestore."""

from dataclasses import dataclass

import pulumi
from pulumi_gcp import filestore
from pulumi_kubernetes import core

from components.base import Component
from components.cluster.disks.volume import DiskVolume, FoundDisk, capacity_of
from components.labels import GOOGLE_LABELS
from components.schema.storage import DiskSettings

DRIVER = "filestore.csi.storage.gke.io"
DEFAULT_TIER = "BASIC_HDD"


@dataclass(frozen=True, kw_only=True)
class FilestoreArgs:
    """The share, and where it is."""

    instance: str
    """What Google calls the instance."""
    share: str
    settings: DiskSettings
    project: str
    zone: str
    network: pulumi.Input[str] | None
    """The network that the cluster is in, for an instance to create."""
    found: FoundDisk | None
    """What Google says of it, if it is there."""


class Filestore(Component, token="kubeflow:cluster:Filestore"):
    """Owns an instance if its settings say ``create``, and protects it; otherwise it only names one that there is."""

    volume: DiskVolume

    def __init__(self, name: str, args: FilestoreArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        settings = args.settings
        created: list[pulumi.Resource] = []
        address: pulumi.Input[str] = args.found.address or "" if args.found else ""
        if settings.create:
            assert args.network is not None  # looked at before
            instance = filestore.Instance(
                f"{name}-instance",
                name=args.instance,
                project=args.project,
                location=args.zone,
                tier=settings.type or DEFAULT_TIER,
                file_shares=filestore.InstanceFileSharesArgs(name=args.share, capacity_gb=settings.size_gib or 0),
                networks=[filestore.InstanceNetworkArgs(network=args.network, modes=["MODE_IPV4"])],
                labels=GOOGLE_LABELS,
                opts=self.child(protect=True),
            )
            address = instance.networks[0].ip_addresses[0]
            created.append(instance)
        self.volume = DiskVolume(
            capacity=capacity_of(settings, args.found),
            driver=DRIVER,
            csi=core.v1.CSIPersistentVolumeSourceArgs(
                driver=DRIVER,
                volume_handle=f"modeInstance/{args.zone}/{args.instance}/{args.share}",
                volume_attributes={"ip": address, "volume": args.share},
            ),
            shared=True,
            after=created,
        )
        self.register_outputs({})
