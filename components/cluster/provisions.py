"""What the settings want of the cluster beside Kubeflow: disks, storage classes, access, a GPU device plugin.

Most stacks want little of it: what they do not want is not imported.
"""

from typing import NamedTuple

import pulumi

from components.cluster.place import Place
from components.namespaces import gpu_namespace, nfs_namespace
from components.schema.access import AccessSettings
from components.schema.cluster import ClusterSettings
from components.schema.cluster_checks import wants_device_plugin
from components.schema.storage import StorageSettings
from components.site import Site


class Provisions(NamedTuple):
    """What the rest of the stack takes from them."""

    images: list[str]
    """Every image that they run."""
    before_claims: list[pulumi.Resource]
    """What has to be there before the first claim that names no class."""


def provide(
    cluster: ClusterSettings,
    storage: StorageSettings,
    access: AccessSettings,
    *,
    place: Place,
    site: Site,
    opts: pulumi.ResourceOptions,
) -> Provisions:
    """Makes what is wanted.

    Args:
        cluster: the platform, and whether to install the GPU device plugin.
        storage: the disks and classes.
        access: who may do what.
        place: where the stack is.
        site: where in the cluster it is.
        opts: how to reach the cluster.
    """
    used: list[str] = []
    classes: list[pulumi.Resource] = []
    if storage.disks:
        from components.cluster.disks.disks import Disks, DisksArgs

        used += Disks(
            "disks",
            DisksArgs(
                disks=storage.disks,
                place=place,
                installation=site.installation,
                namespace=site.namespace,
                nfs_namespace=storage.nfs_namespace or nfs_namespace(site.installation),
                registry_mirror=site.registry_mirror,
            ),
            opts,
        ).images
    if storage.classes:
        from components.cluster.storage_classes import StorageClasses, StorageClassesArgs

        network = place.google_cloud.network if place.google_cloud else None
        args = StorageClassesArgs(classes=storage.classes, platform=cluster.platform, network=network)
        classes.append(StorageClasses("storage-classes", args, opts))
    if access.everybody().anybody or access.openshift_anyuid:
        from components.cluster.access import Access, AccessArgs

        Access("access", AccessArgs(settings=access, installation=site.installation, namespace=site.namespace), opts)
    if access.everybody().anybody and access.cloud_iam:
        _cloud_access(access, cluster, place)
    if wants_device_plugin(cluster):
        from components.cluster.gpu_device_plugin import GpuDevicePlugin, GpuDevicePluginArgs

        used += GpuDevicePlugin(
            "gpu-device-plugin",
            GpuDevicePluginArgs(namespace=gpu_namespace(site.installation), registry_mirror=site.registry_mirror),
            opts,
        ).images
    return Provisions(images=used, before_claims=classes)


def _cloud_access(access: AccessSettings, cluster: ClusterSettings, place: Place) -> None:
    if place.google_cloud is not None:
        from components.cluster.gke_access import GkeAccess, GkeAccessArgs

        GkeAccess(
            "cloud-access",
            GkeAccessArgs(people=access.everybody(), project=place.google_cloud.project),
            pulumi.ResourceOptions(providers=[place.google_cloud.provider]),
        )
    if place.azure is not None and cluster.platform == "aks":
        from components.cluster.aks_access import AksAccess, AksAccessArgs

        AksAccess(
            "cloud-access",
            AksAccessArgs(
                people=access.everybody(),
                object_ids=access.object_ids,
                subscription_id=place.azure.subscription_id,
                resource_group=place.azure.group_name,
                cluster=cluster.aks.name,
            ),
            # A role on a cluster wants the cluster.
            pulumi.ResourceOptions(providers=[place.azure.provider], depends_on=list(place.ready)),
        )
