"""What the networks of a new cluster must not be."""

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network

from components.errors import Problem

CONTROL_PLANE_PREFIX = 28
"""The size of the network that GKE wants for its control plane."""
LONGEST_PREFIXES = {
    # Google's and Azure's smallest subnets, a node's share of the pods' network, and the smallest one for Services: of
    # Google's, and of one that has the address of the DNS.
    "gke": {"nodes": 29, "pods": 24, "services": 27},
    "aks": {"nodes": 29, "pods": 24, "services": 28},
}
SHORTEST_PREFIXES = {"services": 12}
"""Kubernetes allows no larger network for Services."""


def network_problems(path: str, platform: str, given: Mapping[str, str]) -> Iterator[Problem]:
    """Networks that share addresses, or have too few or too many of them.

    Args:
        path: the setting that has the networks.
        platform: the cloud of the cluster.
        given: the networks, by their keys.
    """
    networks = {key: IPv4Network(text) for key, text in given.items()}
    for index, (key, network) in enumerate(networks.items()):
        longest, shortest = LONGEST_PREFIXES[platform].get(key), SHORTEST_PREFIXES.get(key)
        if longest and network.prefixlen > longest:
            yield Problem(f"{path}.{key}", f'"{network}" has too few addresses; write a /{longest} or a larger network')
        if shortest and network.prefixlen < shortest:
            yield Problem(
                f"{path}.{key}", f'"{network}" has too many addresses; write a /{shortest} or a smaller network'
            )
        if key == "controlPlane" and network.prefixlen != CONTROL_PLANE_PREFIX:
            yield Problem(
                f"{path}.{key}",
                f'"{network}" is not a /{CONTROL_PLANE_PREFIX}, which GKE wants; write one such as 172.16.0.0/28',
            )
        for other in list(networks)[:index]:
            if network.overlaps(networks[other]):
                yield Problem(
                    f"{path}.{key}",
                    f'"{network}" shares addresses with {other}, {networks[other]}; choose another network',
                )
