"""The openings that components' NetworkPolicies are made of."""

from collections.abc import Iterable, Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network
from urllib.parse import urlsplit

from pulumi_kubernetes import meta, networking

from components.image_rules import NOT_PUBLIC_IPV4

METADATA_IPV4 = ["100.100.100.200/32", "168.63.129.16/32", "169.254.0.0/16", "192.0.0.192/32"]
METADATA_IPV6 = ["fd00:c1::a9fe:a9fe/128", "fd00:ec2::/64", "fd20:ce::254/128", "fe80::/10"]
"""Addresses at which clouds hand out credentials, to nodes and to pods: most of them on the link, Alibaba, Azure and
Oracle at others too, and AWS, Google Cloud and Oracle at some of their own of IPv6."""

PUBLIC_IPV4, PUBLIC_IPV6 = "0.0.0.0/0", "2000::/3"
"""The blocks that public addresses are in; of IPv6, IANA has given out no others:
https://www.iana.org/assignments/ipv6-address-space"""
NOT_PUBLIC_IPV6 = ["2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"]
"""Blocks of those without hosts of the Internet, as ``NOT_PUBLIC_IPV4`` has them of IPv4: each of IANA's registries of
special-purpose addresses, routed or not, multicast, and Azure's 168.63.129.16. Some of them, 192.88.99.0/24, 2002::/16
and 2001::/32, carry packets to wherever an address within the address says.

https://www.iana.org/assignments/iana-ipv4-special-registry, https://www.iana.org/assignments/iana-ipv6-special-registry
and https://www.iana.org/assignments/multicast-addresses, of 2025-10."""
_GOOGLE_METADATA = {80: "169.254.169.254/32", 988: "169.254.169.252/32"}
"""Where a GKE node answers pods with their own identity, by the port: with Dataplane V2, and without."""
_NODE_LOCAL_DNS = "169.254.20.10/32"
_PORTS = {"http": 80, "https": 443}

Port = networking.v1.NetworkPolicyPortArgs
Peer = networking.v1.NetworkPolicyPeerArgs


def tcp(*ports: int) -> list[Port]:
    """TCP on ``ports``."""
    return [Port(protocol="TCP", port=port) for port in ports]


def pods(labels: Mapping[str, str]) -> Peer:
    """The pods of the same namespace that carry ``labels``."""
    return Peer(pod_selector=meta.v1.LabelSelectorArgs(match_labels=dict(labels)))


def deny_all(selector: Mapping[str, str] | None = None) -> networking.v1.NetworkPolicySpecArgs:
    """No traffic for pods beside what other policies open.

    Args:
        selector: the labels of the pods; None for every pod of the namespace.
    """
    return networking.v1.NetworkPolicySpecArgs(
        pod_selector=meta.v1.LabelSelectorArgs(match_labels=selector), policy_types=["Ingress", "Egress"]
    )


def operator_policy(
    selector: Mapping[str, str], *ports: int, api_ports: Iterable[int]
) -> networking.v1.NetworkPolicySpecArgs:
    """An operator talks to the API server alone, which asks its webhook.

    Args:
        selector: the labels of its pods.
        ports: its webhook and metrics. The API server is no pod, and Prometheus is in a namespace of its own.
        api_ports: where the API server is reached.
    """
    return networking.v1.NetworkPolicySpecArgs(
        pod_selector=meta.v1.LabelSelectorArgs(match_labels=dict(selector)),
        policy_types=["Ingress", "Egress"],
        ingress=[ingress_from([], *ports)],
        egress=[dns_egress(), anywhere_egress(*api_ports)],
    )


def labelled(label: str) -> meta.v1.LabelSelectorArgs:
    """The pods that have ``label``, whatever its value."""
    return meta.v1.LabelSelectorArgs(
        match_expressions=[meta.v1.LabelSelectorRequirementArgs(key=label, operator="Exists")]
    )


def group_policy(
    label: str, *openings: networking.v1.NetworkPolicyIngressRuleArgs, private_ranges: Sequence[str]
) -> networking.v1.NetworkPolicySpecArgs:
    """Pods that have ``label`` reach each other, names and public addresses; ``openings`` let others in.

    Args:
        label: which pods.
        openings: who else is let in.
        private_ranges: public addresses that are out of reach all the same.
    """
    selector = labelled(label)
    group = Peer(pod_selector=selector)
    return networking.v1.NetworkPolicySpecArgs(
        pod_selector=selector,
        policy_types=["Ingress", "Egress"],
        ingress=[networking.v1.NetworkPolicyIngressRuleArgs(from_=[group]), *openings],
        egress=[dns_egress(), networking.v1.NetworkPolicyEgressRuleArgs(to=[group]), internet_egress(private_ranges)],
    )


def egress_to(peer: Peer, *ports: int) -> networking.v1.NetworkPolicyEgressRuleArgs:
    """Leave to ``peer`` on ``ports``."""
    return networking.v1.NetworkPolicyEgressRuleArgs(to=[peer], ports=tcp(*ports))


def ingress_from(peers: Iterable[Peer], *ports: int) -> networking.v1.NetworkPolicyIngressRuleArgs:
    """Entry for ``peers`` on ``ports``; no peers means everybody."""
    return networking.v1.NetworkPolicyIngressRuleArgs(from_=list(peers) or None, ports=tcp(*ports))


def dns_egress() -> networking.v1.NetworkPolicyEgressRuleArgs:
    """Leave to the cluster's DNS: kube-system's, and the cache that some clusters keep on each node."""
    return networking.v1.NetworkPolicyEgressRuleArgs(
        to=[
            Peer(
                namespace_selector=meta.v1.LabelSelectorArgs(
                    match_labels={"kubernetes.io/metadata.name": "kube-system"}
                )
            ),
            Peer(ip_block=networking.v1.IPBlockArgs(cidr=_NODE_LOCAL_DNS)),
        ],
        ports=[Port(protocol=protocol, port=53) for protocol in ("UDP", "TCP")],
    )


def anywhere_egress(*ports: int) -> networking.v1.NetworkPolicyEgressRuleArgs:
    """Leave to any address but the metadata servers' on ``ports``.

    The API server is no pod, and a policy sees its Service's address or its own, as the network plugin has it: the
    ports are all that can be said of it.
    """
    return networking.v1.NetworkPolicyEgressRuleArgs(
        to=[
            Peer(ip_block=networking.v1.IPBlockArgs(cidr="0.0.0.0/0", except_=METADATA_IPV4)),
            Peer(ip_block=networking.v1.IPBlockArgs(cidr="::/0", except_=METADATA_IPV6)),
        ],
        ports=tcp(*ports),
    )


def internet_egress(private_ranges: Sequence[str]) -> networking.v1.NetworkPolicyEgressRuleArgs:
    """Leave to public addresses only: no private network, no metadata server, no other pod.

    Args:
        private_ranges: networks of public addresses that are out of reach all the same.
    """
    return networking.v1.NetworkPolicyEgressRuleArgs(
        to=[
            Peer(
                ip_block=networking.v1.IPBlockArgs(cidr=cidr, except_=[*closed, *_within(cidr, closed, private_ranges)])
            )
            for cidr, closed in {PUBLIC_IPV4: NOT_PUBLIC_IPV4, PUBLIC_IPV6: NOT_PUBLIC_IPV6}.items()
        ]
    )


def _within(cidr: str, closed: Sequence[str], private_ranges: Sequence[str]) -> list[str]:
    """The ranges that are in ``cidr``, without those that ``closed`` has anyway: the API server wants no others."""
    whole, known = ip_network(cidr), [ip_network(each) for each in closed]
    found = sorted({each for text in private_ranges if _is_in(each := ip_network(text), whole)})
    return [str(each) for each in found if not any(_is_in(each, other) for other in known)]


def _is_in(network: IPv4Network | IPv6Network, other: IPv4Network | IPv6Network) -> bool:
    """Says whether ``network`` is within ``other``."""
    if isinstance(network, IPv4Network):
        return isinstance(other, IPv4Network) and network.subnet_of(other)
    return isinstance(other, IPv6Network) and network.subnet_of(other)


def google_identity_egress() -> list[networking.v1.NetworkPolicyEgressRuleArgs]:
    """Leave to where GKE's Workload Identity hands a pod the credentials of its ServiceAccount."""
    return [
        egress_to(Peer(ip_block=networking.v1.IPBlockArgs(cidr=cidr)), port) for port, cidr in _GOOGLE_METADATA.items()
    ]


def store_egress(address: str) -> list[networking.v1.NetworkPolicyEgressRuleArgs]:
    """Leave to a store of models, which may be in the cluster or in a private network.

    A policy sees the ports of a Service's pods, which its address does not tell: a store in the cluster is opened with
    all its ports.

    Args:
        address: the store's URL, or host and port, of which https is asked.
    """
    parts = urlsplit(address if "://" in address else f"https://{address}")
    elsewhere = anywhere_egress(parts.port or _PORTS[parts.scheme])
    rule = networking.v1.NetworkPolicyEgressRuleArgs
    match (parts.hostname or "").split("."):
        case [_]:
            return [rule(to=[pods({})])]
        case [_, namespace, "svc", *_]:
            return [rule(to=namespaces(namespace))]
        case [_, namespace]:
            # A Service of that namespace, or a name such as example.com.
            return [rule(to=namespaces(namespace)), elsewhere]
        case _:
            return [elsewhere]


def namespaces(*names: str) -> list[Peer]:
    """Every pod of the namespaces ``names``."""
    return [
        Peer(namespace_selector=meta.v1.LabelSelectorArgs(match_labels={"kubernetes.io/metadata.name": name}))
        for name in names
    ]
