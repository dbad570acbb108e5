"""What units of graphs run, where, and what their pods reach: by the settings, and by the component alone."""

from dataclasses import replace
from typing import Any

import pytest

from components.errors import ArgumentsError
from components.pods import SecretValue
from components.serving.seldon.deployment import SeldonDeploymentArgs, deployment_spec
from components.serving.seldon.graph import Predictor, Protocol, Unit
from tests.support.recorder import WITHOUT_OPERATOR, Recording, record

Node = dict[str, Any]
TENSORFLOW = {"implementation": "TENSORFLOW_SERVER", "modelUri": "gs://models/words"}
GKE = {"platform": "gke", "gke": {"project": "team-ml", "location": "europe-west4-a"}}


def graphs(cluster: Node | None = None, **deployments: Node) -> Recording:
    """What the program makes of these deployments."""
    serving = {"seldon": {"enabled": True, "deployments": deployments}}
    return record(WITHOUT_OPERATOR, serving=serving, **({"cluster": cluster} if cluster else {}))


def of_one_unit(unit: Node, **predictor: Any) -> Node:
    return {"main": {"units": {"a": unit}, **predictor}}


def spec_of(recording: Recording, deployment: str) -> Node:
    """The pods of the deployment's predictor ``main``."""
    (predictor,) = recording.one("SeldonDeployment", deployment).inputs["spec"]["predictors"]
    return predictor["componentSpecs"][0]["spec"]


def images(spec: Node) -> dict[str, str]:
    return {each["name"]: each["image"] for each in spec["containers"]}


def store_policies(recording: Recording) -> list[Node]:
    """What the policies of single deployments let their pods reach."""
    found = [r for r in recording.of_type("NetworkPolicy") if r.name.endswith("-store-policy")]
    return [r.inputs["spec"] for r in found]


@pytest.mark.parametrize(
    ("protocol", "image", "container", "gpus", "served"),
    [
        ("tensorflow", None, "a", 0, "docker.io/tensorflow/serving:2.19.1"),
        ("tensorflow", None, "a", 1, "docker.io/tensorflow/serving:2.19.1-gpu"),
        ("seldon", None, "tfserving", 2, "docker.io/tensorflow/serving:2.19.1-gpu"),
        ("tensorflow", "registry.example.com/tf:9", "a", 1, "registry.example.com/tf:9"),
        ("seldon", "registry.example.com/tf:9", "tfserving", 0, "registry.example.com/tf:9"),
    ],
)
def test_a_model_on_gpus_is_served_by_an_image_that_uses_them_or_by_the_users(
    protocol: str, image: str | None, container: str, gpus: int, served: str
) -> None:
    unit = {**TENSORFLOW, "numGpus": gpus, "image": image}
    recording = graphs(words={"protocol": protocol, "predictors": of_one_unit(unit)})
    spec = spec_of(recording, "words")
    assert images(spec)[container] == served
    assert set(images(spec).values()) <= set(recording.outputs["images"])
    with_gpus = {each["name"] for each in spec["containers"] if "nvidia.com/gpu" in each["resources"].get("limits", {})}
    assert with_gpus == ({container} if gpus else set())


def test_variables_reach_what_loads_the_model_and_secret_ones_are_named_alone() -> None:
    unit = {**TENSORFLOW, "env": {"TF_CPP_MIN_LOG_LEVEL": "2"}, "secretEnv": {"T": {"secret": "team", "key": "token"}}}
    spec = spec_of(graphs(words={"predictors": of_one_unit(unit)}), "words")
    for name in ("a", "tfserving"):
        (container,) = [each for each in spec["containers"] if each["name"] == name]
        assert container["env"] == [
            {"name": "TF_CPP_MIN_LOG_LEVEL", "value": "2"},
            {"name": "T", "valueFrom": {"secretKeyRef": {"name": "team", "key": "token"}}},
        ]


def test_pods_run_on_the_nodes_that_their_predictor_says() -> None:
    unit = {"image": "m:1"}
    gpu = {"key": "gpu", "operator": "Exists", "effect": "NoSchedule"}
    recording = graphs(
        GKE,
        spot={"predictors": of_one_unit(unit, spot=True)},
        own={"predictors": of_one_unit(unit, nodeSelector={"team": "vision"}, tolerations=[gpu])},
        any={"predictors": of_one_unit(unit)},
    )
    spot, own, anywhere = (spec_of(recording, name) for name in ("spot", "own", "any"))
    assert spot["nodeSelector"] == {"cloud.google.com/gke-spot": "true"}
    assert [each["key"] for each in spot["tolerations"]] == ["cloud.google.com/gke-spot"]
    assert (own["nodeSelector"], own["tolerations"]) == ({"team": "vision"}, [gpu])
    assert not {"nodeSelector", "tolerations"} & set(anywhere)


def test_a_pod_that_goes_answers_first_and_its_units_outlast_its_executor() -> None:
    spec = spec_of(graphs(words={"predictors": of_one_unit(TENSORFLOW)}), "words")
    containers = {each["name"]: each for each in spec["containers"]}
    arguments = containers.pop("seldon-container-engine")["args"]
    told = {arguments[i]: arguments[i + 1] for i in range(0, len(arguments), 2)}
    executor = sum(int(told[flag].removesuffix("s")) for flag in ("--shutdown_delay", "--graceful_timeout"))
    for container in containers.values():
        sleep = container["lifecycle"]["preStop"]["exec"]["command"][-1]
        assert executor <= int(sleep.removeprefix("/bin/sleep ")) < spec["terminationGracePeriodSeconds"]


@pytest.mark.parametrize(
    ("endpoint", "peer"),
    [
        (
            "http://minio.minio.svc:9000",
            {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "minio"}}},
        ),
        ("minio:9000", {"podSelector": {"matchLabels": {}}}),
    ],
)
def test_pods_reach_a_store_in_the_cluster_that_is_named(endpoint: str, peer: Node) -> None:
    unit = {
        "implementation": "SKLEARN_SERVER",
        "modelUri": "s3://models/iris",
        "envSecretRefName": "models",
        "storageEndpoint": endpoint,
    }
    recording = graphs(iris={"predictors": of_one_unit(unit)}, other={"image": "m:1"})
    (policy,) = store_policies(recording)
    assert policy["podSelector"] == {"matchLabels": {"seldon-deployment-id": "iris"}}
    assert policy["egress"] == [{"to": [peer]}]


@pytest.mark.parametrize(("cluster", "opened"), [(GKE, 1), ({"context": "kind"}, 0)])
def test_pods_with_a_serviceaccount_are_somebody_to_google_on_gke_alone(cluster: Node, opened: int) -> None:
    unit = {"implementation": "SKLEARN_SERVER", "modelUri": "gs://models/iris", "serviceAccountName": "reader"}
    recording = graphs(cluster, iris={"predictors": of_one_unit(unit)}, other={"image": "m:1"})
    policies = store_policies(recording)
    assert len(policies) == opened
    for policy in policies:
        cidrs = {peer["ipBlock"]["cidr"] for rule in policy["egress"] for peer in rule["to"]}
        assert cidrs == {"169.254.169.254/32", "169.254.169.252/32"}


def test_namespaces_that_are_named_may_ask_graphs() -> None:
    recording = record(WITHOUT_OPERATOR, serving={"seldon": {"enabled": True, "clientNamespaces": ["istio-system"]}})
    policy = recording.one("NetworkPolicy", "seldon-graphs").inputs["spec"]
    (opening,) = [rule for rule in policy["ingress"] if "ports" in rule]
    assert {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "istio-system"}}} in opening["from"]
    assert {port["port"] for port in opening["ports"]} == {8000, 5001}


SERVER = Unit(implementation="SKLEARN_SERVER", model_uri="gs://models/iris")
OWN = Unit(image="m:1")


@pytest.mark.parametrize(
    ("units", "protocol", "sentence"),
    [
        ({"a": Unit()}, "seldon", "neither an image nor an implementation"),
        ({"a": Unit(implementation="FOO_SERVER", model_uri="gs://models/a")}, "seldon", "is no server"),
        ({"a": Unit(implementation="SKLEARN_SERVER")}, "seldon", "has no model"),
        ({"a": Unit(implementation="TRITON_SERVER", model_uri="gs://models/a")}, "seldon", "does not speak seldon"),
        ({"a": Unit(implementation="SKLEARN_SERVER", model_uri="/x")}, "seldon", "is not a place"),
        ({"a": Unit(implementation="RANDOM_ABTEST", children=["b"]), "b": OWN}, "seldon", "chooses between two"),
        ({}, "seldon", "has no units"),
        ({"M_": OWN}, "seldon", "is not a name that a unit can have"),
        ({"a" * 44: OWN}, "seldon", "shorten that"),
        ({"a": Unit(image="m:1", env={"PREDICTIVE_UNIT_PARAMETERS": "[]"})}, "seldon", "Seldon's operator sets"),
        ({"a": Unit(image="m:1", num_gpus=-1)}, "seldon", "num_gpus: -1 is too small"),
        ({"a": replace(SERVER, storage_endpoint="ftp://store")}, "seldon", "storage_endpoint: "),
        ({"a": OWN}, "kfserving", '"kfserving" is not one of seldon, tensorflow, v2'),
    ],
)
def test_the_component_refuses_what_settings_may_not_say_either(
    units: dict[str, Unit], protocol: Protocol, sentence: str
) -> None:
    with pytest.raises(ArgumentsError, match=sentence):
        SeldonDeploymentArgs(
            namespace="ml",
            deployment_name="iris-of-the-vision-team",
            protocol=protocol,
            predictors={"main": Predictor(units=units)},
        )


@pytest.mark.parametrize(
    ("name", "predictors", "wait", "sentence"),
    [
        ("A_b", {"main": Predictor(units={"a": OWN})}, 0, "is not a name that Services can have"),
        ("iris", {}, 0, "predictors: is empty"),
        ("iris", {"m_": Predictor(units={"a": OWN})}, 0, "is not a name that Services can have"),
        (
            "iris",
            {"a": Predictor(units={"a": OWN}, traffic=50), "b": Predictor(units={"a": OWN}, traffic=20)},
            0,
            "has a traffic of 70 in all",
        ),
        ("iris", {"main": Predictor(units={"a": OWN}, replicas=0)}, 60, "has no replicas"),
    ],
)
def test_the_component_refuses_predictors_that_could_not_run(
    name: str, predictors: dict[str, Predictor], wait: int, sentence: str
) -> None:
    with pytest.raises(ArgumentsError, match=sentence):
        SeldonDeploymentArgs(namespace="ml", deployment_name=name, predictors=predictors, wait_seconds=wait)


def test_the_component_takes_what_is_whole_with_values_that_only_the_engine_will_know() -> None:
    unit = Unit(image="m:1", children=["iris"], secret_env={"TOKEN": SecretValue(secret="team", key="token")})
    args = SeldonDeploymentArgs(
        namespace="ml", deployment_name="iris", predictors={"main": Predictor(units={"first": unit, "iris": SERVER})}
    )
    (predictor,) = deployment_spec(args)["predictors"]
    assert predictor["graph"]["name"] == "first"
