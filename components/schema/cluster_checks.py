"""What the settings of the cluster must not say together."""

from collections.abc import Iterator
from ipaddress import IPv4Network

from components.errors import Problem
from components.schema.cluster import ClusterSettings

CLUSTER = "kubeflow:cluster"
_ACCOUNT = {
    "subscriptionId": "the id of the subscription, which az account show tells",
    "resourceGroup": "the resource group of the cluster and its disks",
    "location": "the region, such as westeurope",
}
CONTROL_PLANE_PREFIX = 28
"""The size of the network that GKE wants for its control plane."""


def is_zone(location: str) -> bool:
    """Whether a location of Google Cloud is a zone, and not a region."""
    return location[-2] == "-"


def region_of(location: str) -> str:
    """The region of a location of Google Cloud."""
    return location[:-2] if is_zone(location) else location


def cluster_problems(cluster: ClusterSettings) -> Iterator[Problem]:
    """What keeps the program from knowing where to deploy, or the cloud from doing it."""
    yield from _context_problems(cluster)
    yield from _of_other_platforms(cluster)
    if cluster.platform == "gke":
        yield from _gke_problems(cluster)
    if cluster.platform == "aks":
        yield from _aks_problems(cluster)


def node_zones(cluster: ClusterSettings) -> set[str] | None:
    """The zones in which ordinary pods find nodes, as disks name them; None if the settings do not say.

    Nodes with GPUs are for pods that ask for one, and spot nodes come and go: neither is counted.
    """
    gke, location = cluster.gke, cluster.gke.location
    if cluster.platform == "gke" and location:
        default = [location] if is_zone(location) else gke.zones
        if not gke.create or cluster.has_context:
            return set(default) or None
        pools = [pool.zones or default for pool in gke.node_pools.values() if not (pool.gpu or pool.spot)]
        return {zone for zones in pools for zone in zones} if all(pools) else None
    if cluster.platform == "aks" and cluster.aks.create and not cluster.has_context:
        pools = [pool for pool in cluster.aks.node_pools.values() if not (pool.gpu or pool.spot)]
        return {zone for pool in pools for zone in pool.zones}
    return None


def _context_problems(cluster: ClusterSettings) -> Iterator[Problem]:
    if cluster.context is None and cluster.platform in ("nocloud", "acsengine"):
        yield Problem(
            f"{CLUSTER}.context",
            "is not set; name the kubeconfig context to deploy to, one of those that kubectl config get-contexts "
            "lists, or let make up start a cluster on this machine",
        )
    if cluster.has_context and cluster.is_created:
        yield Problem(
            f"{CLUSTER}.context",
            f"names a cluster that there is, while {CLUSTER}.{cluster.platform}.create asks for a new one; remove one "
            f"of the two",
        )


def _of_other_platforms(cluster: ClusterSettings) -> Iterator[Problem]:
    """Settings that the chosen platform does not read."""
    given = {
        "gke": (cluster.gke.project or cluster.gke.location or cluster.gke.create, ("gke",)),
        "azure": (
            cluster.azure.subscription_id or cluster.azure.resource_group or cluster.azure.location,
            ("aks", "acsengine"),
        ),
        "aks": (cluster.aks.create, ("aks",)),
    }
    for section, (is_set, platforms) in given.items():
        if is_set and cluster.platform not in platforms:
            yield Problem(
                f"{CLUSTER}.{section}",
                f"is set, but {CLUSTER}.platform is {cluster.platform}; remove it, or set the platform to "
                f"{' or '.join(platforms)}",
            )


def _gke_problems(cluster: ClusterSettings) -> Iterator[Problem]:
    gke, path = cluster.gke, f"{CLUSTER}.gke"
    for key, value in {"project": gke.project, "location": gke.location}.items():
        if not value:
            yield Problem(f"{path}.{key}", f"is not set, but platform gke needs it; {_GKE_MEANINGS[key]}")
    if not gke.location:
        return
    if gke.zones and is_zone(gke.location):
        yield Problem(f"{path}.zones", f"is set, but the cluster is in the one zone {gke.location}; remove the key")
    zones = {f"{path}.zones[{index}]": zone for index, zone in enumerate(gke.zones)}
    if gke.create:
        zones |= {
            f"{path}.nodePools.{name}.zones[{index}]": zone
            for name, pool in gke.node_pools.items()
            for index, zone in enumerate(pool.zones)
        }
    region = region_of(gke.location)
    for setting, zone in zones.items():
        if not is_zone(zone) or region_of(zone) != region:
            yield Problem(setting, f'"{zone}" is not a zone of {region}; write one such as {region}-a')
    if gke.create:
        yield from _size_problems(cluster)
        yield from _network_problems(f"{path}.network", gke.network.model_dump(by_alias=True))
        if IPv4Network(gke.network.control_plane).prefixlen != CONTROL_PLANE_PREFIX:
            yield Problem(
                f"{path}.network.controlPlane",
                f'"{gke.network.control_plane}" is not a /{CONTROL_PLANE_PREFIX}, which GKE wants; write one such as '
                f"172.16.0.0/28",
            )


def _aks_problems(cluster: ClusterSettings) -> Iterator[Problem]:
    aks, path = cluster.aks, f"{CLUSTER}.aks"
    account = cluster.azure.model_dump(by_alias=True)
    for key, meaning in _ACCOUNT.items():
        if not account[key] and not cluster.has_context:
            yield Problem(f"{CLUSTER}.azure.{key}", f"is not set, but platform aks needs it; set it to {meaning}")
    if not aks.create:
        return
    if not aks.admin_groups:
        yield Problem(
            f"{path}.adminGroups",
            "is not set, and a new cluster would have no administrator; set it to the object ids of groups, one of "
            "which whoever deploys is a member of",
        )
    if not any(pool.mode == "System" for pool in aks.node_pools.values()):
        yield Problem(f"{path}.nodePools", "has no pool of mode System, which AKS runs on; give one that mode")
    for name, pool in aks.node_pools.items():
        if pool.mode == "System" and (pool.spot or pool.gpu or not pool.min_nodes):
            yield Problem(
                f"{path}.nodePools.{name}.mode",
                "is System, which AKS allows neither on spot nodes nor without nodes, and which GPUs are too dear for; "
                "set it to User, or minNodes to 1 or more and neither spot nor gpu",
            )
    if aks.endpoint == "private" and aks.authorized_networks:
        yield Problem(
            f"{path}.authorizedNetworks", "is for a public endpoint, but endpoint is private; remove one of the two"
        )
    yield from _size_problems(cluster)
    yield from _network_problems(f"{path}.network", aks.network.model_dump(by_alias=True))


_GKE_MEANINGS = {
    "project": "set it to the id of the project, which gcloud config get project tells",
    "location": "set it to the zone or region of the cluster, such as europe-west4-a",
}


def _size_problems(cluster: ClusterSettings) -> Iterator[Problem]:
    pools = cluster.gke.node_pools if cluster.platform == "gke" else cluster.aks.node_pools
    for name, pool in pools.items():
        if pool.min_nodes > pool.max_nodes:
            yield Problem(
                f"{CLUSTER}.{cluster.platform}.nodePools.{name}.minNodes",
                f"{pool.min_nodes} is more than maxNodes, {pool.max_nodes}; lower it, or raise maxNodes",
            )


def _network_problems(path: str, networks: dict[str, str]) -> Iterator[Problem]:
    """Networks that share addresses."""
    names = list(networks)
    for index, name in enumerate(names):
        for other in names[:index]:
            if IPv4Network(networks[name]).overlaps(IPv4Network(networks[other])):
                yield Problem(
                    f"{path}.{name}",
                    f'"{networks[name]}" shares addresses with {other}, {networks[other]}; choose another network',
                )
