"""What the policies let through, judged as a network plugin judges them."""

import ipaddress
from typing import Any

import pytest

from tests.support.recorder import WITHOUT_OPERATOR, Recording, record

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
METADATA = ("169.254.169.254", "168.63.129.16", "fd00:ec2::254", "fd20:ce::254")
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
