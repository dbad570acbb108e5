"""What Azure says of an AKS cluster that there is."""

from typing import NamedTuple

import pulumi
from pulumi_azure_native import Provider, containerservice

from components.cluster.aks_cluster import own_kubeconfig
from components.errors import StackError, reason_of
from components.schema.aks import AksSettings

SETTING = "kubeflow:cluster.aks.name"


class FoundAksCluster(NamedTuple):
    """A cluster that the stack does not own."""

    kubeconfig: str
    subnet_id: str | None
    """The subnet that its nodes are in; None for one that AKS made for itself."""
    principal_id: str | None
    """Whom it acts as in Azure."""


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
        raise _refusal(
            f"the cluster {settings.name!r} cannot be looked up in the resource group {resource_group} "
            f"({reason_of(error)}); correct the name, log in with az login, or set create to true for a new cluster"
        ) from None
    if not found.aad_profile:
        raise _refusal(
            f"the cluster {settings.name!r} has logins of its own instead of Entra ID's, whose credentials would be "
            f"kept in the stack; enable Entra ID for it, or name its context in kubeflow:cluster.context"
        )
    pools = found.agent_pool_profiles or []
    identity = found.identity
    assigned = list((identity.user_assigned_identities or {}).values()) if identity else []
    return FoundAksCluster(
        kubeconfig=own_kubeconfig(credentials, context, settings.login),
        subnet_id=pools[0].vnet_subnet_id if pools else None,
        principal_id=assigned[0].principal_id if assigned else identity.principal_id if identity else None,
    )


def _refusal(sentence: str) -> StackError:
    return StackError(f"The cluster cannot be used, so nothing is deployed.\n  {SETTING}: {sentence}")
