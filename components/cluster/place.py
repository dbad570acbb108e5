"""The place that the stack is deployed to: a context of the kubeconfig, or a cluster that its cloud knows or makes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi

from components import preflight
from components.cluster.default_class import refuse_second_default
from components.cluster.disks.volume import FoundDisk
from components.preflight import ClusterFacts, Need
from components.schema.cluster import ClusterSettings
from components.schema.storage import StorageSettings

if TYPE_CHECKING:
    # At run time a cloud's SDK is imported when a stack is on that cloud: either takes longer than all else.
    import pulumi_azure_native as azure
    import pulumi_gcp as gcp

API_PORTS = (443, 6443)
"""Where pods reach the API server of a cluster that is yet to be made."""


@dataclass(frozen=True, kw_only=True)
class OnGoogleCloud:
    """What parts need that have resources in Google Cloud."""

    provider: "gcp.Provider"
    project: str
    location: str
    """The zone or region of the cluster."""
    network: pulumi.Input[str] | None
    """The network that the cluster is in; None if a context alone names the cluster."""
    disks: Mapping[str, FoundDisk]
    """The stack's disks that are there, by their names in the settings."""


@dataclass(frozen=True, kw_only=True)
class OnAzure:
    """What parts need that have resources in Azure."""

    provider: "azure.Provider"
    subscription_id: str
    resource_group: pulumi.Input[str]
    group_name: str
    """The same, as the settings have it."""
    location: str
    subnet_id: pulumi.Input[str] | None
    """The subnet that nodes are in; None if it is not known."""
    principal_id: pulumi.Input[str] | None
    """Whom the cluster acts as; None if a context alone names the cluster."""
    disks: Mapping[str, FoundDisk]
    """The stack's disks that are there, by their names in the settings."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where the stack is deployed."""

    context: str
    """What kubectl calls the cluster."""
    facts: ClusterFacts
    kubeconfig: pulumi.Input[str] | None = None
    """A kubeconfig of the stack's own; None for the user's."""
    ready: Sequence[pulumi.Resource] = ()
    """What has to be there before a pod can run."""
    credentials_command: str | None = None
    """Brings the context to the user's kubeconfig, if it is not there."""
    google_cloud: OnGoogleCloud | None = None
    azure: OnAzure | None = None


def find_place(
    cluster: ClusterSettings, storage: StorageSettings, *, installation: str, needs: Sequence[Need]
) -> Place:
    """Looks the cluster up, or has its cloud make it, and looks for the disks that are there.

    Args:
        cluster: what is asked for; it has been checked.
        storage: the disks.
        installation: the stack's namespace, by which what it creates is named.
        needs: the claims that it makes, and what others have made that it uses.

    Raises:
        StackError: if there is no such cluster or disk, or it cannot be used.
    """
    place = _place(cluster, storage, installation, needs)
    refuse_second_default(storage.classes, place.facts.storage_classes)
    return place


def _place(cluster: ClusterSettings, storage: StorageSettings, installation: str, needs: Sequence[Need]) -> Place:
    if cluster.platform == "gke":
        from components.cluster.gke_place import gke_place

        return gke_place(cluster, storage, installation, needs)
    if cluster.platform == "aks" or (cluster.on_azure and storage.disks):
        from components.cluster.azure_place import azure_place

        return azure_place(cluster, storage, installation, needs)
    assert cluster.context is not None  # load() has seen to it
    return Place(context=cluster.context, facts=preflight.inspect(cluster.context, needs))
