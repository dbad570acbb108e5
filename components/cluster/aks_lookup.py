"""What Azure says of an AKS cluster that there is."""

from typing import NamedTuple

import pulumi
from pulumi_azure_native import Provider, containerservice

from components.cluster.aks_cluster import own_kubeconfig
from components.errors import cluster_refusal, reason_of
from components.schema.aks import AksSettings

SETTING = "kubeflow:cluster.aks.name"


class FoundAksCluster(NamedTuple):
    """A cluster that the stack does not own."""

    kubeconfig: str
    subnet_id: str | None
    """The subnet that its nodes are in; None for one that AKS made for itself."""
    principal_id: str | None
    """Whom it acts as in Azure."""
    pool_zones: list[set[str]]
    """The zones of each pool that any pod of Linux may run on; none for a pool that is in no zone.

    It is empty if AKS makes pools as pods need them.
    """


def find_aks_cluster(
    settings: AksSettings, *, resource_group: str, context: str, provider: Provider
) -> FoundAksCluster:
    """Asks for the cluster that ``settings`` name.

    Raises:
        StackError: if there is none, it may not be read, or people do not log in to it by Entra ID.
    """
    options = pulumi.InvokeOptions(provider=provider)
    try:
        found = containerservice.get_managed_cluster(
            resource_group_name=resource_group, resource_name=settings.name, opts=options
        )
        credentials = containerservice.list_managed_cluster_user_credentials(
            resource_group_name=resource_group, resource_name=settings.name, opts=options
        )
    except Exception as error:  # noqa: BLE001  # the SDK raises no narrower one
        raise cluster_refusal(
            SETTING,
            f"the cluster {settings.name!r} cannot be looked up in the resource group {resource_group} "
            f"({reason_of(error)}); correct the name, log in with az login, or set create to true for a new cluster",
        ) from None
    if not found.aad_profile:
        raise cluster_refusal(
            SETTING,
            f"the cluster {settings.name!r} has logins of its own instead of Entra ID's, whose credentials would be "
            f"kept in the stack; enable Entra ID for it, or name its context in kubeflow:cluster.context",
        )
    pools = found.agent_pool_profiles or []
    grows = found.node_provisioning_profile is not None and found.node_provisioning_profile.mode == "Auto"
    identity = found.identity
    assigned = list((identity.user_assigned_identities or {}).values()) if identity else []
    return FoundAksCluster(
        kubeconfig=own_kubeconfig(credentials, context, settings.login),
        subnet_id=pools[0].vnet_subnet_id if pools else None,
        principal_id=assigned[0].principal_id if assigned else identity.principal_id if identity else None,
        pool_zones=[set(pool.availability_zones or []) for pool in pools if _is_ordinary(pool)] if not grows else [],
    )


def _is_ordinary(pool: containerservice.outputs.ManagedClusterAgentPoolProfileResponse) -> bool:
    """Whether any pod of Linux may run on the pool's nodes, and they stay: taints keep pods from those with GPUs."""
    closed = any(taint.endswith((":NoSchedule", ":NoExecute")) for taint in pool.node_taints or [])
    return not closed and pool.scale_set_priority != "Spot" and pool.os_type != "Windows"
