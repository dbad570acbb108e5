"""What Google Cloud says of a GKE cluster that there is."""

from typing import NamedTuple

import pulumi
import pulumi_gcp as gcp

from components.cluster.kubeconfig import gke_kubeconfig
from components.errors import cluster_refusal, reason_of
from components.schema.gke import GkeSettings

SETTING = "kubeflow:cluster.gke.name"


class FoundGkeCluster(NamedTuple):
    """A cluster that the stack does not own."""

    kubeconfig: str
    network: str
    """The network's name."""


def find_gke_cluster(
    settings: GkeSettings, *, project: str, location: str, context: str, provider: gcp.Provider
) -> FoundGkeCluster:
    """Asks for the cluster that ``settings`` name.

    Raises:
        StackError: if there is none, or it may not be read.
    """
    try:
        found = gcp.container.get_cluster(
            name=settings.name, location=location, project=project, opts=pulumi.InvokeOptions(provider=provider)
        )
    except Exception as error:  # noqa: BLE001  # the SDK raises no narrower one
        raise cluster_refusal(
            SETTING,
            f"the cluster {settings.name!r} cannot be looked up in {project}, {location} ({reason_of(error)}); correct "
            f"the name, log in with gcloud auth application-default login, or set create to true for a new cluster",
        ) from None
    private = found.private_cluster_configs[0] if found.private_cluster_configs else None
    endpoint = private.private_endpoint if private and settings.endpoint == "private" else found.endpoint
    if not endpoint or not found.master_auths:
        raise cluster_refusal(SETTING, f"the cluster {settings.name!r} has no endpoint yet; wait until it runs")
    authority = found.master_auths[0].cluster_ca_certificate
    # A cluster that was made without naming a network is in the project's first.
    network = (found.network or "default").rpartition("/")[2]
    return FoundGkeCluster(kubeconfig=gke_kubeconfig(context, endpoint, authority), network=network)
