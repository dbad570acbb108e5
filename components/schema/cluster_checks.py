"""What the settings of the cluster must not say together."""

import re
from collections.abc import Iterator

from components.errors import Problem
from components.schema.aks import AksSettings
from components.schema.cluster import ClusterSettings
from components.schema.gke import GkeSettings
from components.schema.network_checks import network_problems
from components.schema.shown import shown

CLUSTER = "kubeflow:cluster"
_ACCOUNT = {
    "subscriptionId": "the id of the subscription, which az account show tells",
    "resourceGroup": "the resource group of the cluster and its disks",
    "location": "the region, such as westeurope",
}
_GKE_MEANINGS = {
    "project": "set it to the id of the project, which gcloud config get project tells",
    "location": "set it to the zone or region of the cluster, such as europe-west4-a",
}
_AKS_NAME = r"[a-z0-9][a-z0-9-]{1,52}[a-z0-9]"
"""The name of a new cluster, of its identity, which has three characters at least, and in its DNS name."""


def is_zone(location: str) -> bool:
    """Whether a location of Google Cloud is a zone, and not a region."""
    return location != region_of(location)


def region_of(location: str) -> str:
    """The region of a location of Google Cloud."""
    return "-".join(location.split("-")[:2])


def is_zone_of(region: str, text: str) -> bool:
    """Whether a text is the name of a zone of a region of Google Cloud."""
    return re.fullmatch(rf"{re.escape(region)}-(ai[0-9])?[a-z]", text) is not None


def cluster_problems(cluster: ClusterSettings) -> Iterator[Problem]:
    """What keeps the program from knowing where to deploy, or the cloud from doing it."""
    yield from _context_problems(cluster)
    yield from _of_other_platforms(cluster)
    yield from _azure_problems(cluster)
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
        if not gke.create or cluster.has_context:
            # A cluster that there is may have nodes in other zones than its control plane.
            return set(gke.zones) or None
        default = [location] if is_zone(location) else gke.zones
        pools = [pool.zones or default for pool in gke.node_pools.values() if not (pool.gpu or pool.spot)]
        return {zone for zones in pools for zone in zones} if all(pools) else None
    if cluster.platform == "aks" and cluster.aks.create and not cluster.has_context:
        return {zone for zones in aks_pool_zones(cluster.aks) for zone in zones}
    return None


def aks_pool_zones(aks: AksSettings) -> list[set[str]]:
    """The zones of each pool of a new cluster that ordinary pods find nodes in; none for a pool that is in no zone."""
    return [set(pool.zones) for pool in aks.node_pools.values() if not (pool.gpu or pool.spot)]


def wants_device_plugin(cluster: ClusterSettings) -> bool:
    """Whether the stack installs the GPU device plugin."""
    if cluster.gpu_device_plugin != "auto":
        return cluster.gpu_device_plugin == "install"
    pools = cluster.aks.node_pools.values() if cluster.platform == "aks" and cluster.aks.create else ()
    return any(pool.gpu is not None and pool.gpu.driver == "Install" for pool in pools)


def _context_problems(cluster: ClusterSettings) -> Iterator[Problem]:
    if cluster.context is None and cluster.platform in ("nocloud", "acsengine"):
        own = ", or let make up start a cluster on this machine" if cluster.platform == "nocloud" else ""
        yield Problem(
            f"{CLUSTER}.context",
            f"is not set; name the kubeconfig context to deploy to, one of those that kubectl config get-contexts lists"
            f"{own}",
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
        "gke": (cluster.gke != GkeSettings(), ("gke",)),
        "azure": (_has_account(cluster), ("aks", "acsengine")),
        "aks": (cluster.aks != AksSettings(), ("aks",)),
    }
    for section, (is_set, platforms) in given.items():
        if is_set and cluster.platform not in platforms:
            yield Problem(
                f"{CLUSTER}.{section}",
                f"is set, but {CLUSTER}.platform is {cluster.platform}; remove it, or set the platform to "
                f"{' or '.join(platforms)}",
            )


def _has_account(cluster: ClusterSettings) -> bool:
    return any(cluster.azure.model_dump().values())


def _azure_problems(cluster: ClusterSettings) -> Iterator[Problem]:
    """An account that says too little: all of it is needed, or, for a cluster of the kubeconfig, none."""
    alone = cluster.platform == "aks" and not cluster.has_context
    if not alone and not (cluster.on_azure and _has_account(cluster)):
        return
    account = cluster.azure.model_dump(by_alias=True)
    why = "other keys beside it are, and each needs all"
    if alone:
        why = "a new cluster needs it" if cluster.aks.create else f"AKS needs it if {CLUSTER}.context names no cluster"
    for key, meaning in _ACCOUNT.items():
        if not account[key]:
            yield Problem(f"{CLUSTER}.azure.{key}", f"is not set, but {why}; set it to {meaning}")


def _gke_problems(cluster: ClusterSettings) -> Iterator[Problem]:
    gke, path = cluster.gke, f"{CLUSTER}.gke"
    for key, value in {"project": gke.project, "location": gke.location}.items():
        if not value:
            yield Problem(f"{path}.{key}", f"is not set, but platform gke needs it; {_GKE_MEANINGS[key]}")
    if not re.fullmatch(r"[a-z]([a-z0-9-]{0,38}[a-z0-9])?", gke.name):
        yield Problem(
            f"{path}.name",
            f"{shown(gke.name)} is not a name that GKE allows for a cluster; use at most 40 lower-case letters, digits "
            f"and hyphens, a letter first",
        )
    group = gke.authenticator_group
    if group and not re.fullmatch(r"gke-security-groups@[^@\s]+\.[^@\s]+", group):
        yield Problem(
            f"{path}.authenticatorGroup",
            f"{shown(group)} is not the group that GKE asks for; write gke-security-groups@YOUR-DOMAIN, and make the "
            f"groups of kubeflow:access members of it",
        )
    if gke.location:
        yield from _gke_zone_problems(gke, gke.location)
    if cluster.gpu_device_plugin == "install":
        yield Problem(
            f"{CLUSTER}.gpuDevicePlugin", "is install, but GKE brings a device plugin of its own; remove the key"
        )
    if gke.create:
        if all(pool.gpu for pool in gke.node_pools.values()):
            yield Problem(
                f"{path}.nodePools",
                "has GPUs in every pool, whose nodes GKE keeps for pods that ask for one; add a pool without gpu for "
                "all others, such as the hub",
            )
        yield from _size_problems(cluster)
        yield from network_problems(f"{path}.network", "gke", gke.network.model_dump(by_alias=True))


def _gke_zone_problems(gke: GkeSettings, location: str) -> Iterator[Problem]:
    path, region = f"{CLUSTER}.gke", region_of(location)
    if gke.create and gke.zones and is_zone(location):
        yield Problem(f"{path}.zones", f"is set, but the cluster is in the one zone {location}; remove the key")
    zones = {f"{path}.zones[{index}]": zone for index, zone in enumerate(gke.zones)}
    if gke.create:
        zones |= {
            f"{path}.nodePools.{name}.zones[{index}]": zone
            for name, pool in gke.node_pools.items()
            for index, zone in enumerate(pool.zones)
        }
    for setting, zone in zones.items():
        if not is_zone_of(region, zone):
            yield Problem(setting, f'"{zone}" is not a zone of {region}; write one such as {region}-a')


def _aks_problems(cluster: ClusterSettings) -> Iterator[Problem]:
    aks, path = cluster.aks, f"{CLUSTER}.aks"
    if not aks.create:
        return
    if not re.fullmatch(_AKS_NAME, aks.name):
        yield Problem(
            f"{path}.name",
            f"{shown(aks.name)} is not a name for a new cluster of AKS; use 3 to 54 lower-case letters, digits and "
            f"hyphens, a letter or digit first and last",
        )
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
    yield from network_problems(f"{path}.network", "aks", aks.network.model_dump(by_alias=True))


def _size_problems(cluster: ClusterSettings) -> Iterator[Problem]:
    pools = cluster.gke.node_pools if cluster.platform == "gke" else cluster.aks.node_pools
    for name, pool in pools.items():
        if pool.min_nodes > pool.max_nodes:
            yield Problem(
                f"{CLUSTER}.{cluster.platform}.nodePools.{name}.minNodes",
                f"{pool.min_nodes} is more than maxNodes, {pool.max_nodes}; lower it, or raise maxNodes",
            )
