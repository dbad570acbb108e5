"""Shared disks: each of the settings' disks, wherever it comes from, as a claim that any number of pods mount."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes import meta
from pulumi_kubernetes import storage as kubernetes_storage

from components import images
from components.base import Component
from components.cluster.disks.names import azure_files_name, disk_name, filestore_name
from components.cluster.disks.nfs_export import NfsExport, NfsExportArgs
from components.cluster.disks.nfs_namespace import NfsNamespace, NfsNamespaceArgs
from components.cluster.disks.shared_volume import SharedVolume, SharedVolumeArgs
from components.cluster.disks.volume import DiskVolume, gib
from components.cluster.place import Place
from components.labels import labels
from components.registry import mirrored
from components.schema.storage import DiskSettings

UNKNOWN_SIZE = "1Mi"
"""What a folder of a node is said to hold, since nobody measures it."""
HOST_LABEL = "kubernetes.io/hostname"


@dataclass(frozen=True, kw_only=True)
class DisksArgs:
    """The disks, and who mounts them."""

    disks: Mapping[str, DiskSettings]
    place: Place
    installation: str
    """The stack's own namespace."""
    namespace: pulumi.Input[str]
    """The same, once it is there."""
    nfs_namespace: str
    registry_mirror: str | None


class Disks(Component, token="kubeflow:cluster:Disks"):
    """Owns what shares the disks; each claim is called as its disk.

    Disks that it creates are protected, and so is all that leads to their files.
    """

    images: list[str]
    """Every image that the component may run."""

    def __init__(self, name: str, args: DisksArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._name, self._args = name, args
        volumes = {disk: self._volume(disk, settings) for disk, settings in sorted(args.disks.items())}
        for role, driver in sorted({(_role(volume), volume.driver) for volume in volumes.values() if volume.driver}):
            self._volume_class(role, driver)
        exported = [disk for disk, volume in volumes.items() if not volume.shared]
        nfs = self._nfs_namespace(exported) if exported else None
        image = mirrored(images.NFS_PROVISIONER, args.registry_mirror)
        self.images = [image] if exported else []
        for disk, volume in volumes.items():
            if volume.shared or nfs is None:
                SharedVolume(
                    f"{name}-{disk}",
                    SharedVolumeArgs(
                        disk=disk,
                        volume=volume,
                        volume_class=volume_class(volume, args.installation),
                        installation=args.installation,
                        namespace=args.namespace,
                    ),
                    self.child(),
                )
            else:
                NfsExport(
                    f"{name}-{disk}",
                    NfsExportArgs(
                        disk=disk,
                        volume=volume,
                        volume_class=volume_class(volume, args.installation),
                        installation=args.installation,
                        namespace=args.namespace,
                        nfs_namespace=nfs.namespace,
                        service_account=nfs.service_account,
                        image=image,
                        after=nfs.before_exporters,
                    ),
                    self.child(),
                )
        self.register_outputs({})

    def _volume(self, disk: str, settings: DiskSettings) -> DiskVolume:
        """The disk itself, made or named by the component of its kind."""
        if self._args.place.google_cloud is not None:
            return self._google_volume(disk, settings)
        if self._args.place.azure is not None:
            return self._azure_volume(disk, settings)
        if settings.storage_class:
            return DiskVolume(capacity=gib(settings.size_gib or 1), storage_class=settings.storage_class)
        return DiskVolume(
            capacity=UNKNOWN_SIZE, local_path=settings.path, node_labels={HOST_LABEL: settings.node or ""}
        )

    def _google_volume(self, disk: str, settings: DiskSettings) -> DiskVolume:
        from components.cluster.disks.filestore import Filestore, FilestoreArgs
        from components.cluster.disks.gce_disk import GceDisk, GceDiskArgs

        google, installation = self._args.place.google_cloud, self._args.installation
        assert google is not None
        options = pulumi.ResourceOptions(parent=self, providers=[google.provider])
        zone, found = settings.zone or google.location, google.disks.get(disk)
        if settings.backend == "filestore":
            instance, share = filestore_name(disk, settings, installation)
            return Filestore(
                f"{self._name}-{disk}-filestore",
                FilestoreArgs(
                    instance=instance,
                    share=share,
                    settings=settings,
                    project=google.project,
                    zone=zone,
                    network=google.network,
                    found=found,
                ),
                options,
            ).volume
        return GceDisk(
            f"{self._name}-{disk}-gce",
            GceDiskArgs(
                name=disk_name(disk, settings, installation),
                settings=settings,
                project=google.project,
                zone=zone,
                found=found,
            ),
            options,
        ).volume

    def _azure_volume(self, disk: str, settings: DiskSettings) -> DiskVolume:
        from components.cluster.disks.azure_files import AzureFiles, AzureFilesArgs
        from components.cluster.disks.managed_disk import ManagedDisk, ManagedDiskArgs

        azure, installation = self._args.place.azure, self._args.installation
        assert azure is not None
        options = pulumi.ResourceOptions(parent=self, providers=[azure.provider])
        if settings.backend == "azureFiles":
            account, share = azure_files_name(
                disk,
                settings,
                installation,
                subscription_id=azure.subscription_id,
                resource_group=azure.group_name,
            )
            return AzureFiles(
                f"{self._name}-{disk}-files",
                AzureFilesArgs(
                    account=account, share=share, settings=settings, azure=azure, found=azure.disks.get(disk)
                ),
                options,
            ).volume
        return ManagedDisk(
            f"{self._name}-{disk}-managed",
            ManagedDiskArgs(
                name=disk_name(disk, settings, installation),
                settings=settings,
                azure=azure,
                found=azure.disks.get(disk),
            ),
            options,
        ).volume

    def _volume_class(self, role: str, driver: str) -> None:
        """A class that lets its claims grow. It makes no volume: each of its claims names one that there is."""
        kubernetes_storage.v1.StorageClass(
            f"{self._name}-{role}-class",
            metadata=meta.v1.ObjectMetaArgs(
                name=f"{self._args.installation}-{role}", labels=labels("disks", self._name)
            ),
            provisioner=driver,
            reclaim_policy="Retain",
            volume_binding_mode="WaitForFirstConsumer",
            allow_volume_expansion=True,
            opts=self.child(),
        )

    def _nfs_namespace(self, exported: list[str]) -> NfsNamespace:
        args = self._args
        return NfsNamespace(
            f"{self._name}-nfs",
            NfsNamespaceArgs(
                namespace=args.nfs_namespace,
                installation=args.installation,
                services=[f"{disk}-service" for disk in exported],
                api_ports=args.place.facts.api_ports,
            ),
            self.child(),
        )


def volume_class(volume: DiskVolume, installation: str) -> str:
    """The class of the volume and claim of a disk; none for one that nothing can make larger."""
    return f"{installation}-{_role(volume)}" if volume.driver else ""


def _role(volume: DiskVolume) -> str:
    return "shares" if volume.shared else "disks"
