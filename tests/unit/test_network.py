"""What the policies let through, judged as a network plugin judges them."""

import ipaddress
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.support.addresses import GLOBAL_UNICAST, SPECIAL
from tests.support.recorder import WITHOUT_OPERATOR, Recording, record
from tests.support.stacks import MODELS

HUB = {
    "app.kubernetes.io/name": "hub",
    "hub.jupyter.org/network-access-proxy-api": "true",
    "hub.jupyter.org/network-access-singleuser": "true",
}
PROXY = {
    "app.kubernetes.io/name": "proxy",
    "hub.jupyter.org/network-access-hub": "true",
    "hub.jupyter.org/network-access-singleuser": "true",
}
NOTEBOOK = {"app": "jupyterhub", "component": "singleuser-server", "hub.jupyter.org/network-access-hub": "true"}
STRANGER = {"app": "stranger"}
METADATA = (
    "169.254.169.254",
    "168.63.129.16",
    "169.254.170.2",
    "169.254.170.23",
    "100.100.100.200",
    "192.0.0.192",
    "fd00:ec2::23",
    "fd00:ec2::254",
    "fd20:ce::254",
    "fd00:c1::a9fe:a9fe",
    "fe80::a9fe:a9fe",
)
ANY_ADDRESS = st.ip_addresses(v=4) | st.ip_addresses(v=6)
SPECIAL_ADDRESS = st.sampled_from(SPECIAL).flatmap(
    lambda network: st.integers(0, network.num_addresses - 1).map(lambda index: network[index])
)
PRIVATE, PUBLIC = "10.96.0.1", "93.184.216.34"
PEERS = {"hub": HUB, "proxy": PROXY, "notebook": NOTEBOOK, "stranger": STRANGER}


@pytest.fixture(scope="module")
def recording() -> Recording:
    return record(WITHOUT_OPERATOR)


def policy(recording: Recording, name: str) -> dict[str, Any]:
    return recording.one("NetworkPolicy", name).inputs["spec"]


def ports_of(rule: dict[str, Any]) -> set[int]:
    return {int(port["port"]) for port in rule["ports"]} if "ports" in rule else set(range(1, 65536))


def matches(peer: dict[str, Any], labels: dict[str, str]) -> bool:
    if "podSelector" in peer and "namespaceSelector" not in peer:
        wanted = peer["podSelector"].get("matchLabels", {})
        return wanted.items() <= labels.items()
    return False


def pod_ports(spec: dict[str, Any], direction: str, labels: dict[str, str]) -> set[int]:
    """The ports on which pods with ``labels`` are reached, or may come."""
    side = "to" if direction == "egress" else "from"
    found: set[int] = set()
    for rule in spec.get(direction, []):
        if side not in rule or any(matches(peer, labels) for peer in rule[side]):
            found |= ports_of(rule)
    return found


def reaches_address(spec: dict[str, Any], address: str, port: int) -> bool:
    blocks = [
        peer["ipBlock"]
        for rule in spec.get("egress", [])
        for peer in rule.get("to", [])
        if "ipBlock" in peer and port in ports_of(rule)
    ]
    return any(
        _holds(block["cidr"], address) and not any(_holds(inner, address) for inner in block.get("except", []))
        for block in blocks
    )


def _holds(cidr: str, address: str) -> bool:
    network, ip = ipaddress.ip_network(cidr), ipaddress.ip_address(address)
    return network.version == ip.version and ip in network


def test_everything_is_denied_first(recording: Recording) -> None:
    spec = policy(recording, "kubeflow-default-deny")
    assert spec["podSelector"] == {}
    assert set(spec["policyTypes"]) == {"Ingress", "Egress"}
    assert "ingress" not in spec
    assert "egress" not in spec


@pytest.mark.parametrize(
    ("name", "incoming"),
    [
        ("hub", {"proxy": {8081}, "notebook": {8081}}),
        ("proxy", {"hub": {8001}}),
        ("singleuser", {"hub": {8888}, "proxy": {8888}}),
    ],
)
def test_only_those_who_must_may_come(recording: Recording, name: str, incoming: dict[str, set[int]]) -> None:
    spec = policy(recording, name)
    for peer, labels in PEERS.items():
        assert pod_ports(spec, "ingress", labels) == incoming.get(peer, set()), peer


@pytest.mark.parametrize(
    ("name", "outgoing"),
    [
        ("hub", {"proxy": {8001}, "notebook": {8888}}),
        ("proxy", {"hub": {8081}, "notebook": {8888}}),
        ("singleuser", {"hub": {8081}}),
    ],
)
def test_only_those_who_must_are_reached(recording: Recording, name: str, outgoing: dict[str, set[int]]) -> None:
    spec = policy(recording, name)
    for peer, labels in PEERS.items():
        assert pod_ports(spec, "egress", labels) == outgoing.get(peer, set()), peer


@pytest.mark.parametrize("port", [80, 443, 53, 8080])
def test_nobody_reaches_a_clouds_metadata_server(recording: Recording, port: int) -> None:
    for registered in recording.of_type("NetworkPolicy"):
        for address in METADATA:
            assert not reaches_address(registered.inputs["spec"], address, port), (registered.name, address)


def test_notebooks_reach_public_addresses_and_no_private_ones(recording: Recording) -> None:
    spec = policy(recording, "singleuser")
    assert reaches_address(spec, PUBLIC, 443)
    for address in (PRIVATE, "172.16.0.1", "192.168.1.1", "100.64.0.1", "fd00::1", "fe80::1"):
        assert not reaches_address(spec, address, 443), address


@pytest.fixture(scope="module")
def everything() -> Recording:
    """Each kind of pods that reach the Internet, beside a network of the stack's own that they do not."""
    return record(
        cluster={"privateRanges": ["93.184.216.0/24", "2606:2800:220::/48", "10.0.0.0/8", "fd00::/8", "203.0.0.0/16"]},
        storage={"disks": {"data": {"storageClass": "standard", "sizeGib": 10}}},
        serving={
            "tfServing": {name: MODELS["tfServing"][name] for name in ("inception", "bert", "public")},
            "seldon": {"enabled": True},
        },
    )


@pytest.fixture(scope="module")
def opened(everything: Recording) -> dict[str, dict[str, Any]]:
    """The policies that open the Internet, by their names."""
    policies = {each.physical_name: each.inputs["spec"] for each in everything.of_type("NetworkPolicy")}
    return {name: spec for name, spec in policies.items() if reaches_address(spec, "1.1.1.1", 22)}


@settings(max_examples=200, deadline=None)
@given(address=SPECIAL_ADDRESS | ANY_ADDRESS)
@example(ip_address("9.255.255.255"))
@example(ip_address("11.0.0.0"))
@example(ip_address("223.255.255.255"))
@example(ip_address("2001:200::"))
@example(ip_address("2001:4860:4860::8888"))
@example(ip_address("2003::"))
@example(ip_address("3ffe::1"))
def test_the_internet_is_what_is_public_and_nothing_else(
    opened: dict[str, dict[str, Any]], address: IPv4Address | IPv6Address
) -> None:
    special = any(address in network for network in SPECIAL if network.version == address.version)
    own = any(
        address in ip_network(each)
        for each in ("93.184.216.0/24", "2606:2800:220::/48", "203.0.0.0/16", "168.63.129.16")
    )
    given_out = isinstance(address, IPv4Address) or address in GLOBAL_UNICAST
    # What Python's own list of these registries has, which may be older than ours.
    listed = not address.is_global or address.is_multicast or address.is_reserved
    assert set(opened) == {"singleuser", "training-jobs", "seldon-graphs", "inception", "bert", "public"}
    for name, spec in opened.items():
        reached = reaches_address(spec, str(address), 443)
        assert reached == (given_out and not special and not own), (name, address)
        assert not (reached and listed), (name, address)


def test_exceptions_are_what_the_api_server_takes(everything: Recording) -> None:
    blocks = [
        peer["ipBlock"]
        for each in everything.of_type("NetworkPolicy")
        for rule in each.inputs["spec"].get("egress", [])
        for peer in rule.get("to", [])
        if "ipBlock" in peer
    ]
    assert len(blocks) > 10
    for block in blocks:
        whole, inner = ip_network(block["cidr"]), [ip_network(each) for each in block.get("except", [])]
        assert len(set(inner)) == len(inner)
        # Within the whole, and never all of it.
        assert all(each != whole and subnet(each, whole) for each in inner), block


def subnet(network: IPv4Network | IPv6Network, whole: IPv4Network | IPv6Network) -> bool:
    if isinstance(network, IPv4Network):
        return isinstance(whole, IPv4Network) and network.subnet_of(whole)
    return isinstance(whole, IPv6Network) and network.subnet_of(whole)


def test_notebooks_may_be_kept_from_the_internet() -> None:
    spec = policy(record({**WITHOUT_OPERATOR, "notebook": {"internetAccess": False}}), "singleuser")
    assert not reaches_address(spec, PUBLIC, 443)


def test_hub_reaches_the_api_server_wherever_it_is(recording: Recording) -> None:
    spec = policy(recording, "hub")
    assert reaches_address(spec, PRIVATE, 443)
    assert reaches_address(spec, PRIVATE, 6443)
    assert not reaches_address(spec, PUBLIC, 22)


def test_anybody_may_come_to_a_public_service_and_nobody_to_a_private_one(recording: Recording) -> None:
    assert 8000 not in pod_ports(policy(recording, "proxy"), "ingress", STRANGER)
    public = record({**WITHOUT_OPERATOR, "jupyterHubServiceType": "NodePort"}, sharedPassword="correct horse battery")
    assert pod_ports(policy(public, "proxy"), "ingress", STRANGER) == {8000}
