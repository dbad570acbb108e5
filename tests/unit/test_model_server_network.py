"""Whom a model server talks to, and who to it, judged as a network plugin judges it."""

from typing import Any

import pytest

from tests.support.recorder import Recording
from tests.support.serving.models import ALL, NFS, PATH, S3_PATH, deployment_of, made, of_server, policy_of
from tests.support.stacks import recorded
from tests.unit.test_network import METADATA, NOTEBOOK, PRIVATE, PUBLIC, STRANGER, pod_ports, reaches_address


@pytest.fixture(scope="module")
def recording() -> Recording:
    return recorded("models")


def goes_out(spec: dict[str, Any]) -> bool:
    return bool(spec.get("egress"))


def namespaces(rules: list[dict[str, Any]], side: str) -> set[str]:
    """The namespaces all of whose pods are let in, or reached; DNS left out."""
    selectors = [
        peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"]
        for rule in rules
        for peer in rule.get(side, [])
        if "namespaceSelector" in peer
    ]
    return set(selectors) - {"kube-system"}


@pytest.mark.parametrize(
    ("settings", "public", "metadata"),
    [
        (PATH, True, False),
        # What answers there is GKE's to give; elsewhere it may be the node's own identity.
        ({**PATH, "workloadIdentity": {"googleServiceAccount": "a@b.iam.gserviceaccount.com"}}, True, True),
        (S3_PATH, True, False),
        ({**S3_PATH, "serviceAccount": "reader"}, True, False),
        (NFS, False, False),
        ({**NFS, "serviceAccount": "reader"}, False, False),
    ],
)
def test_a_server_reaches_no_more_than_its_model_needs(settings: dict[str, Any], public: bool, metadata: bool) -> None:
    spec = policy_of(made(**settings))
    assert set(spec["policyTypes"]) == {"Ingress", "Egress"}
    assert goes_out(spec) == public
    assert reaches_address(spec, PUBLIC, 443) == public
    assert not reaches_address(spec, PRIVATE, 443)
    assert reaches_address(spec, METADATA[0], 80) == metadata
    assert not reaches_address(spec, METADATA[0], 443)
    assert not pod_ports(spec, "egress", STRANGER)


@pytest.mark.parametrize(
    ("endpoint", "namespace", "neighbours", "private"),
    [
        ("minio.minio.svc:9000", {"minio"}, False, set[int]()),
        ("minio.store.svc.cluster.local", {"store"}, False, set[int]()),
        ("minio:9000", set[str](), True, set[int]()),
        ("minio.store:9000", {"store"}, False, {9000}),
        ("10.96.0.1:9000", set[str](), False, {9000}),
        ("s3.corp.example.com", set[str](), False, {443}),
        ("http://s3.corp.example.com", set[str](), False, {80}),
    ],
)
def test_a_store_is_reached_where_it_is(
    endpoint: str, namespace: set[str], neighbours: bool, private: set[int]
) -> None:
    spec = policy_of(made(**S3_PATH, s3Endpoint=endpoint))
    assert namespaces(spec["egress"], "to") == namespace
    # A rule for pods without ports is for all of them.
    assert bool(pod_ports(spec, "egress", STRANGER)) == neighbours
    assert {port for port in (80, 443, 9000) if reaches_address(spec, PRIVATE, port)} == private
    assert not any(reaches_address(spec, METADATA[0], port) for port in (80, 443, 9000))


def test_notebooks_and_whom_the_settings_name_reach_a_server_and_nobody_else(recording: Recording) -> None:
    assert namespaces(policy_of(recording, "bert")["ingress"], "from") == {"shop", "monitoring"}
    notebooks = recording.one("NetworkPolicy", "notebooks-to-model-servers").inputs["spec"]
    for name, settings in ALL.items():
        spec = policy_of(recording, name)
        # Predictions alone, unless the settings say more.
        open_ports = {8500, 8501} if settings.get("grpc") else {8501}
        public = settings.get("serviceType") == "LoadBalancer"
        assert pod_ports(spec, "ingress", NOTEBOOK) == open_ports
        assert pod_ports(spec, "ingress", STRANGER) == (open_ports if public else set())
        labels = deployment_of(recording, name).inputs["spec"]["template"]["metadata"]["labels"]
        assert pod_ports(notebooks, "egress", labels) == {8500, 8501}
    assert notebooks["podSelector"]["matchLabels"].items() <= NOTEBOOK.items()


def test_notebooks_are_let_out_to_grpc_only_if_a_server_answers_it() -> None:
    notebooks = made().one("NetworkPolicy", "notebooks-to-model-servers").inputs["spec"]
    labels = deployment_of(made()).inputs["spec"]["template"]["metadata"]["labels"]
    assert pod_ports(notebooks, "egress", labels) == {8501}


@pytest.mark.parametrize("kind", ["NodePort", "LoadBalancer"])
@pytest.mark.parametrize(("grpc", "ports"), [(False, {8501}), (True, {8500, 8501})])
def test_anybody_reaches_a_server_whose_service_is_public(kind: str, grpc: bool, ports: set[int]) -> None:
    (rule,) = policy_of(made(serviceType=kind, grpc=grpc))["ingress"]
    assert not rule.get("from")
    assert {int(port["port"]) for port in rule["ports"]} == ports


def test_a_policy_is_there_before_the_pods_that_it_is_for(recording: Recording) -> None:
    for name in ALL:
        (policy,) = of_server(recording, "NetworkPolicy", name)
        assert policy.urn in deployment_of(recording, name).dependencies
