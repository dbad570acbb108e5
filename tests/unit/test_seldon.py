"""Seldon's operator: its rights, its webhook and certificate, what it is told, and what its graphs' pods reach."""

import base64
import datetime
import json
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from components.errors import StackError
from components.schema.seldon import SeldonSettings
from components.serving.one_seldon import refuse_other_seldon
from components.serving.seldon.certificate import AUTHORITY, CERTIFICATE, KEY, new_certificate
from components.serving.seldon.crd import DEFINITION
from tests.support.recorder import SECRET, WITHOUT_OPERATOR, Recording, record
from tests.support.stacks import recorded
from tests.unit.test_training import resources, rights

SERVICE = "seldon-webhook-service.kubeflow-seldon.svc"


def seldon(**settings: Any) -> Recording:
    """What the program makes of Seldon with these settings."""
    return record(WITHOUT_OPERATOR, serving={"seldon": {"enabled": True, **settings}})


def environment(recording: Recording) -> dict[str, str]:
    """The variables of the operator."""
    (container,) = recording.one("Deployment", "seldon-controller-manager").inputs["spec"]["template"]["spec"][
        "containers"
    ]
    return {each["name"]: each["value"] for each in container["env"]}


def test_there_is_no_seldon_unless_the_settings_have_it() -> None:
    recording = recorded("defaults")
    assert not [r for r in recording.resources if "seldon" in r.name]
    assert "graphs" not in recording.outputs
    assert not [image for image in recording.outputs["images"] if "seldon" in image]


def test_seldon_of_others_is_refused_and_that_of_other_stacks_is_not() -> None:
    refuse_other_seldon(SeldonSettings(enabled=True), None)
    refuse_other_seldon(SeldonSettings(), "seldon-system")
    with pytest.raises(StackError, match="somebody else has Seldon Core in the cluster, with its operator in the name"):
        refuse_other_seldon(SeldonSettings(enabled=True), "seldon-system")


def test_operator_has_rights_in_the_stacks_namespace_alone_and_none_to_secrets() -> None:
    recording = recorded("graphs")
    role = recording.one("Role", "seldon-role")
    assert role.namespace == "kubeflow"
    found = rights(recording, "Role", "seldon-role")
    assert resources(found) == {
        "seldondeployments",
        "seldondeployments/status",
        "seldondeployments/finalizers",
        "deployments",
        "services",
        "horizontalpodautoscalers",
        "poddisruptionbudgets",
        "events",
        "configmaps",
    }
    assert {verb for _, resource, verb in found if resource == "configmaps"} == {"list", "watch"}
    assert {verb for _, resource, verb in found if resource == "seldondeployments"} == {"get", "list", "watch"}
    assert not [r for r in recording.of_type("ClusterRole") if r.name.startswith("seldon-")]
    (binding,) = [r for r in recording.of_type("RoleBinding") if r.name == "seldon-role-binding"]
    subject = {"kind": "ServiceAccount", "name": "seldon-controller-manager", "namespace": "kubeflow-seldon"}
    assert binding.inputs["subjects"] == [subject]


def test_operator_looks_after_the_stacks_namespace_from_one_of_its_own() -> None:
    recording = recorded("graphs through a mirror")
    namespace = recording.one("Namespace", "ml-seldon")
    assert namespace.inputs["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    deployment = recording.one("Deployment", "seldon-controller-manager")
    assert deployment.namespace == "ml-seldon"
    said = environment(recording)
    # It reads its ConfigMap where it looks after graphs: it sees nothing elsewhere.
    assert (said["WATCH_NAMESPACE"], said["POD_NAMESPACE"]) == ("ml", "ml")
    assert recording.one("ConfigMap", "seldon-config").namespace == "ml"
    policies = {r.physical_name: r for r in recording.of_type("NetworkPolicy") if r.namespace == "ml-seldon"}
    assert set(policies) == {"default-deny", "seldon-controller-manager"}
    assert policies["seldon-controller-manager"].urn in deployment.dependencies


def test_gateways_and_autoscalers_that_the_stack_does_not_have_are_off() -> None:
    said = environment(recorded("graphs"))
    assert {said[name] for name in ("ISTIO_ENABLED", "AMBASSADOR_ENABLED", "KEDA_ENABLED")} == {"false"}


def test_webhook_is_the_stacks_own_and_asked_about_its_namespace() -> None:
    configuration = recorded("graphs through a mirror").one(
        "ValidatingWebhookConfiguration", "ml-seldon-controller-manager"
    )
    (webhook,) = configuration.inputs["webhooks"]
    assert webhook["namespaceSelector"] == {"matchLabels": {"kubernetes.io/metadata.name": "ml"}}
    service = webhook["clientConfig"]["service"]
    assert (service["name"], service["namespace"]) == ("seldon-webhook-service", "ml-seldon")
    assert not configuration.ignore_changes


def test_certificate_is_kept_and_its_key_is_a_secret_everywhere() -> None:
    recording = recorded("graphs")
    stash = recording.one("Stash", "seldon-certificate-stash")
    assert stash.ignore_changes == ("input",)
    assert SECRET in stash.inputs["input"]
    secret = recording.one("Secret", "seldon-certificate")
    assert secret.namespace == "kubeflow-seldon"
    assert set(
        secret.inputs["stringData"]["value"] if SECRET in secret.inputs["stringData"] else secret.inputs["stringData"]
    ) == {
        "tls.crt",
        "tls.key",
    }
    for resource in recording.resources:
        plain = json.dumps(without_secrets(resource.inputs))
        assert "PRIVATE KEY" not in plain, resource.name


def without_secrets(value: Any) -> Any:
    if isinstance(value, dict):
        if SECRET in value:
            return "a secret"
        return {key: without_secrets(each) for key, each in value.items()}  # pyright: ignore[reportUnknownVariableType]
    return [without_secrets(each) for each in value] if isinstance(value, list) else value  # pyright: ignore[reportUnknownVariableType]


def test_api_server_takes_the_certificate_for_the_webhooks_service_for_ten_years() -> None:
    made = json.loads(new_certificate("seldon-webhook-service", "kubeflow-seldon"))
    authority, certificate = (x509.load_pem_x509_certificate(made[part].encode()) for part in (AUTHORITY, CERTIFICATE))
    verifier = PolicyBuilder().store(Store([authority])).build_server_verifier(x509.DNSName(SERVICE))
    other = PolicyBuilder().store(Store([authority])).build_server_verifier(x509.DNSName(f"other.{SERVICE}"))
    with pytest.raises(VerificationError):
        other.verify(certificate, [])
    assert [each.subject for each in verifier.verify(certificate, [])] == [certificate.subject, authority.subject]
    key = serialization.load_pem_private_key(made[KEY].encode(), None)
    assert key.public_key() == certificate.public_key()
    left = certificate.not_valid_after_utc - datetime.datetime.now(datetime.UTC)
    assert datetime.timedelta(days=3649) < left < datetime.timedelta(days=3651)


def test_each_certificate_is_of_its_own_authority() -> None:
    first, second = (json.loads(new_certificate("a", "b")) for _ in range(2))
    assert not set(first.values()) & set(second.values())


def test_definition_is_protected_and_keeps_nothing_else_when_the_stack_goes() -> None:
    recording = recorded("graphs")
    definition = recording.one("CustomResourceDefinition", DEFINITION)
    assert definition.protect
    others = {r.urn for r in recording.kubernetes() if r.name.startswith(("seldon-", "graphs-"))}
    assert not set(definition.dependencies) & others


def test_every_image_is_pulled_through_the_mirror() -> None:
    recording = recorded("graphs through a mirror")
    config = recording.one("ConfigMap", "seldon-config").inputs["data"]
    servers = json.loads(config["predictor_servers"])
    assert servers["SKLEARN_SERVER"]["protocols"]["seldon"] == {
        "image": "mirror.example.com/docker.io/seldonio/sklearnserver",
        "defaultImageVersion": "1.17.1",
    }
    said = [
        *(each["image"] for server in servers.values() for each in server["protocols"].values()),
        json.loads(config["storageInitializer"])["image"],
        *json.loads(config["explainer"]).values(),
        environment(recording)["EXECUTOR_CONTAINER_IMAGE_AND_VERSION"],
        *(image for image in recording.outputs["images"] if "seldon" in image),
    ]
    assert all(image.startswith("mirror.example.com/") for image in said)


def test_newer_images_are_an_option() -> None:
    recording = seldon(image="docker.io/seldonio/seldon-core-operator:1.18.2", executorImage="executor:1.18.2")
    (container,) = recording.one("Deployment", "seldon-controller-manager").inputs["spec"]["template"]["spec"][
        "containers"
    ]
    assert container["image"] == "docker.io/seldonio/seldon-core-operator:1.18.2"
    assert environment(recording)["EXECUTOR_CONTAINER_IMAGE_AND_VERSION"] == "executor:1.18.2"


def test_an_image_with_a_digest_has_no_tag_beside_it() -> None:
    from components.serving.seldon.config import operator_config
    from components.serving.seldon.images import GraphImages

    image = f"registry.example.com:5000/server@sha256:{'0a' * 32}"
    config = operator_config(GraphImages(servers={"SKLEARN_SERVER": {"seldon": image}}))
    (protocols,) = json.loads(config["predictor_servers"]).values()
    assert protocols == {"protocols": {"seldon": {"image": image, "defaultImageVersion": ""}}}


def test_notebooks_and_other_pods_ask_graphs_which_reach_names_and_public_addresses() -> None:
    recording = recorded("graphs")
    graphs = {"podSelector": {"matchExpressions": [{"key": "seldon-deployment-id", "operator": "Exists"}]}}
    policy = recording.one("NetworkPolicy", "seldon-graphs").inputs["spec"]
    assert policy["podSelector"] == graphs["podSelector"]
    own, asked = policy["ingress"]
    assert own == {"from": [graphs]}
    assert asked["from"] == [{"podSelector": {}}]
    assert [port["port"] for port in asked["ports"]] == [8000, 5001]
    notebooks = recording.one("NetworkPolicy", "seldon-notebooks").inputs["spec"]
    assert notebooks["podSelector"] == {"matchLabels": {"app": "jupyterhub", "component": "singleuser-server"}}
    (out,) = notebooks["egress"]
    assert (out["to"], [port["port"] for port in out["ports"]]) == ([graphs], [8000, 5001])


def test_graphs_come_after_what_runs_them() -> None:
    recording = recorded("graphs")
    needed = {
        recording.one(kind, name).urn
        for kind, name in (
            ("CustomResourceDefinition", DEFINITION),
            ("ValidatingWebhookConfiguration", "kubeflow-seldon-controller-manager"),
            ("Deployment", "seldon-controller-manager"),
            ("NetworkPolicy", "seldon-graphs"),
        )
    }
    graphs = recording.of_type("SeldonDeployment")
    assert graphs
    assert all(needed <= set(graph.dependencies) for graph in graphs if graph.custom)


def test_authority_is_what_the_webhook_is_told() -> None:
    (webhook,) = (
        recorded("graphs")
        .one("ValidatingWebhookConfiguration", "kubeflow-seldon-controller-manager")
        .inputs["webhooks"]
    )
    told = base64.b64decode(webhook["clientConfig"]["caBundle"]["value"])
    assert x509.load_pem_x509_certificate(told).subject.rfc4514_string() == "CN=seldon-webhook-service-ca"
