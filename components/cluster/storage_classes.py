"""Storage classes: what claims of volumes are made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import pulumi
from pulumi_kubernetes import meta, storage

from components.base import Component
from components.labels import labels
from components.preflight import DEFAULT_CLASS
from components.schema.cluster import Platform
from components.schema.storage import StorageClassSettings

FILESTORE = "filestore.csi.storage.gke.io"


class Source(NamedTuple):
    """What makes volumes of a kind."""

    provisioner: str
    type_parameter: str | None
    """The parameter that names the kind of disk."""
    type: str | None
    """The kind of disk unless a setting names one."""
    parameters: Mapping[str, str] = {}


_AZURE = {
    "block": Source("disk.csi.azure.com", "skuName", "Premium_LRS"),
    "file": Source("file.csi.azure.com", "skuName", "Premium_LRS", {"protocol": "nfs"}),
}
SOURCES: dict[str, dict[str, Source]] = {
    "gke": {
        "block": Source("pd.csi.storage.gke.io", "type", "pd-balanced"),
        "file": Source(FILESTORE, "tier", "BASIC_HDD"),
    },
    "aks": _AZURE,
    "acsengine": _AZURE,
    "nocloud": {},
}
LOCAL = Source("kubernetes.io/no-provisioner", None, None)


@dataclass(frozen=True, kw_only=True)
class StorageClassesArgs:
    """The classes, and where they are."""

    classes: Mapping[str, StorageClassSettings]
    platform: Platform
    network: pulumi.Input[str] | None
    """The network that the cluster is in, on Google Cloud and if it is known; Filestore makes instances there."""


class StorageClasses(Component, token="kubeflow:cluster:StorageClasses"):
    """Owns the stack's storage classes, and takes the place of the cluster's default class if it is told to.

    A class that goes leaves the volumes that it made as they are.
    """

    def __init__(self, name: str, args: StorageClassesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        for each, settings in sorted(args.classes.items()):
            former = [
                storage.v1.StorageClassPatch(
                    f"{name}-{each}-instead-of-{other}",
                    metadata=meta.v1.ObjectMetaPatchArgs(
                        # Its cloud owns the field, and lets others have it.
                        name=other,
                        annotations={DEFAULT_CLASS: "false", "pulumi.com/patchForce": "true"},
                    ),
                    opts=self.child(),
                )
                for other in sorted(settings.instead_of)
            ]
            source = LOCAL if settings.kind == "local" else SOURCES[args.platform][settings.kind]
            storage.v1.StorageClass(
                f"{name}-{each}",
                metadata=meta.v1.ObjectMetaArgs(
                    name=each,
                    labels=labels("storage-classes", name),
                    annotations={DEFAULT_CLASS: "true"} if settings.default else None,
                ),
                provisioner=source.provisioner,
                parameters=parameters(source, settings, args.network),
                reclaim_policy=settings.reclaim_policy,
                volume_binding_mode="WaitForFirstConsumer",
                allow_volume_expansion=settings.kind != "local",
                # Two defaults at once would be a race between claims.
                opts=self.child(depends_on=former),
            )
        self.register_outputs({})


def parameters(
    source: Source, settings: StorageClassSettings, network: pulumi.Input[str] | None
) -> dict[str, pulumi.Input[str]] | None:
    """What the provisioner is told."""
    told: dict[str, pulumi.Input[str]] = {**source.parameters}
    if source.type_parameter:
        told[source.type_parameter] = settings.type or source.type or ""
    if source.provisioner == FILESTORE and network is not None:
        told["network"] = network
    return told or None
