"""A stack on Azure Kubernetes Service, or on a cluster of the user's own in Azure."""

from collections.abc import Iterator, Mapping, Sequence

import pulumi

from components import preflight
from components.cluster.aks_cluster import AksCluster, AksClusterArgs
from components.cluster.aks_lookup import find_aks_cluster
from components.cluster.azure import Azure, AzureArgs
from components.cluster.disks.azure_lookup import find_azure_disks
from components.cluster.disks.volume import FoundDisk
from components.cluster.place import API_PORTS, OnAzure, Place
from components.errors import Problem, settings_error
from components.preflight import ClusterFacts, Need
from components.schema.cluster import ClusterSettings
from components.schema.cluster_checks import aks_pool_zones
from components.schema.disk_checks import attachment_problems, unzoned_problems
from components.schema.storage import DiskSettings, StorageSettings


def azure_place(cluster: ClusterSettings, storage: StorageSettings, installation: str, needs: Sequence[Need]) -> Place:
    """Finds the cluster by its context or its name, or creates it. Takes what ``find_place`` does.

    Raises:
        StackError: if there is no such cluster or disk, or it cannot be used.
    """
    aks, account = cluster.aks, cluster.azure
    if not (account.subscription_id and account.resource_group and account.location):
        # Nothing of the stack is Azure's but the cluster, which the context names.
        assert cluster.context is not None
        return Place(context=cluster.context, facts=preflight.inspect(cluster.context, needs))
    subscription, group, location = account.subscription_id, account.resource_group, account.location
    provider = Azure("azure", AzureArgs(subscription_id=subscription, location=location)).provider
    disks = find_azure_disks(
        storage, subscription_id=subscription, resource_group=group, installation=installation, provider=provider
    )

    def on(
        subnet_id: pulumi.Input[str] | None = None,
        principal_id: pulumi.Input[str] | None = None,
        resource_group: pulumi.Input[str] = group,
    ) -> OnAzure:
        return OnAzure(
            provider=provider,
            subscription_id=subscription,
            resource_group=resource_group,
            group_name=group,
            location=location,
            subnet_id=subnet_id,
            principal_id=principal_id,
            disks=disks,
        )

    if cluster.context is not None:
        return Place(context=cluster.context, facts=preflight.inspect(cluster.context, needs), azure=on())
    # az calls the context as the cluster, and so would every other cluster of the name.
    context = f"aks_{group}_{aks.name}"
    command = (
        f"az aks get-credentials --name {aks.name} --resource-group {group} --subscription {subscription} "
        f"--context {context} && kubelogin convert-kubeconfig --login {aks.login}"
    )
    if not aks.create:
        found = find_aks_cluster(aks, resource_group=group, context=context, provider=provider)
        if found.subnet_id is None:
            refuse_shares_without_subnet(storage, aks.name)
        refuse_disks_without_nodes(storage, disks, found.pool_zones)
        return Place(
            context=context,
            facts=preflight.inspect_kubeconfig(found.kubeconfig, context, needs),
            kubeconfig=found.kubeconfig,
            credentials_command=command,
            azure=on(found.subnet_id, found.principal_id),
        )
    refuse_disks_without_nodes(storage, disks, aks_pool_zones(aks))
    created = AksCluster(
        "aks",
        AksClusterArgs(
            subscription_id=subscription, resource_group=group, location=location, settings=aks, context=context
        ),
        pulumi.ResourceOptions(providers=[provider]),
    )
    return Place(
        context=context,
        facts=ClusterFacts(identity=cluster.identity or "", api_ports=API_PORTS),
        kubeconfig=created.kubeconfig,
        ready=created.ready,
        credentials_command=command,
        azure=on(created.subnet_id, created.principal_id, created.resource_group.name),
    )


def refuse_shares_without_subnet(storage: StorageSettings, cluster: str) -> None:
    """Refuses to create a share for a cluster in a network of its own, which no share can be opened to.

    Raises:
        StackError: if a disk is such a share.
    """
    problems = [
        Problem(
            f"kubeflow:storage.disks.{name}.backend",
            f'"azureFiles" is opened to the subnet of a cluster, and {cluster} has one that AKS manages; use nfs, or '
            f"adopt a share",
        )
        for name, disk in storage.disks.items()
        if disk.backend == "azureFiles" and disk.create
    ]
    if problems:
        raise settings_error(problems)


def refuse_disks_without_nodes(
    storage: StorageSettings, disks: Mapping[str, FoundDisk], pool_zones: Sequence[set[str]]
) -> None:
    """Refuses disks that no node could attach, or not every one where their exporters may run.

    Args:
        storage: the disks of the settings.
        disks: those that are there.
        pool_zones: the zones of each pool that any pod may run on; nothing if they are not known.

    Raises:
        StackError: if there is such a disk.
    """
    problems = [
        problem
        for name, disk in storage.disks.items()
        if disk.backend == "nfs" and pool_zones
        for problem in _place_problems(f"kubeflow:storage.disks.{name}", disk, disks.get(name), pool_zones)
    ]
    if problems:
        raise settings_error(problems)


def _place_problems(
    path: str, disk: DiskSettings, found: FoundDisk | None, pool_zones: Sequence[set[str]]
) -> Iterator[Problem]:
    zones = set[str]().union(*pool_zones)
    kind = disk.type or (found.type if found else None) or ""
    if disk.zone is not None:
        yield from attachment_problems(f"{path}.zone", disk.zone, zones)
    elif disk.create and not kind.endswith("_ZRS"):
        yield from unzoned_problems(f"{path}.zone", zones)
    elif found and found.zone and found.zone not in zones:
        where = f"in {', '.join(sorted(zones))}" if zones else "in no zone"
        yield Problem(
            f"{path}.adopt",
            f"{disk.adopt!r} is in zone {found.zone}, but nodes that any pod may run on are {where}; give a node pool "
            f"the disk's zone",
        )
    elif disk.adopt and found and not found.zone and not kind.endswith("_ZRS") and all(pool_zones):
        yield Problem(
            f"{path}.adopt",
            f"{disk.adopt!r} is in no zone, and nodes that any pod may run on are in zones, where it cannot be "
            f"attached; make a snapshot of it, and adopt a disk that is made from that in one of "
            f"{', '.join(sorted(zones))}",
        )
