"""Graphs of models: what the operator, the executor and the nodes get of them, and what users are told."""

import base64
import json
from typing import Any

import pytest

from components.errors import ArgumentsError
from components.schema.graphs import root_of, shape_faults
from components.serving.seldon.deployment import SeldonDeploymentArgs, endpoints_of
from components.serving.seldon.executor import Surroundings
from components.serving.seldon.graph import Predictor, Protocol, Transport, Unit, executors_tree, ports_of, tree
from components.serving.seldon.images import GraphImages
from components.serving.seldon.pods import component_spec
from tests.support.stacks import recorded

Node = dict[str, Any]


def pods(predictor: Predictor, *, protocol: Protocol = "seldon", transport: Transport = "rest") -> Node:
    """The predictor's entry of ``componentSpecs``."""
    around = Surroundings(
        deployment="iris",
        namespace="kubeflow",
        predictor="main",
        images=GraphImages(),
        protocol=protocol,
        transport=transport,
    )
    return component_spec(predictor, around)


def named(containers: list[Node]) -> dict[str, Node]:
    return {each["name"]: each for each in containers}


def made(deployment: str) -> Node:
    """What the program makes of one of the stack's graphs."""
    (found,) = [r for r in recorded("graphs").of_type("SeldonDeployment") if r.physical_name == deployment]
    return found.inputs


CHAIN = {
    "split": Unit(implementation="RANDOM_ABTEST", parameters={"ratioA": 0.7}, children=["b", "a"]),
    "a": Unit(image="a:1"),
    "b": Unit(type="TRANSFORMER", image="b:1", children=["c"]),
    "c": Unit(implementation="SKLEARN_SERVER", model_uri="gs://models/c"),
}


def test_graph_is_units_within_units_in_the_order_of_the_children() -> None:
    assert tree(CHAIN) == {
        "name": "split",
        "implementation": "RANDOM_ABTEST",
        "parameters": [{"name": "ratioA", "value": "0.7", "type": "FLOAT"}],
        "children": [
            {
                "name": "b",
                "type": "TRANSFORMER",
                "children": [
                    {
                        "name": "c",
                        "type": "MODEL",
                        "implementation": "SKLEARN_SERVER",
                        "modelUri": "gs://models/c",
                    }
                ],
            },
            {"name": "a", "type": "MODEL"},
        ],
    }


def test_executor_finds_each_container_of_its_pod_and_asks_its_own_router_nowhere() -> None:
    graph = executors_tree(CHAIN, "rest")
    assert "endpoint" not in graph
    b, a = graph["children"]
    assert b["endpoint"] == {"service_host": "localhost", "service_port": 9000, "httpPort": 9000, "grpcPort": 9500}
    assert [b["children"][0]["endpoint"]["httpPort"], a["endpoint"]["httpPort"]] == [9001, 9002]
    assert executors_tree(CHAIN, "grpc")["children"][1]["endpoint"]["service_port"] == 9502
    assert set(ports_of(CHAIN)) == {"a", "b", "c"}


def test_executors_container_knows_the_graph_that_the_units_listen_for() -> None:
    spec = pods(Predictor(units=CHAIN))["spec"]
    containers = named(spec["containers"])
    assert list(containers) == ["b", "c", "a", "seldon-container-engine"]
    (variable,) = containers["seldon-container-engine"]["env"]
    assert variable["name"] == "ENGINE_PREDICTOR"
    told = json.loads(base64.b64decode(variable["value"]))
    assert told == {"name": "main", "graph": executors_tree(CHAIN, "rest")}
    for name, ports in ports_of(CHAIN).items():
        listens = {each["name"]: each["containerPort"] for each in containers[name]["ports"]}
        assert (listens["http"], listens["grpc"]) == (ports.http, ports.grpc)


def test_pods_are_found_by_the_predictors_service() -> None:
    found = pods(Predictor(units=CHAIN))
    # The operator adds the label only together with an executor of its own.
    assert found["metadata"] == {"name": "split", "labels": {"seldon-app": "iris-main"}}


@pytest.mark.parametrize("deployment", ["mnist", "words", "iris", "pipeline", "images", "texts", "fast"])
def test_every_container_is_restricted_those_that_the_operator_would_add_among_them(deployment: str) -> None:
    for predictor in made(deployment)["spec"]["predictors"]:
        (each,) = predictor["componentSpecs"]
        spec = each["spec"]
        pod = spec["securityContext"]
        assert (pod["runAsNonRoot"], pod["runAsUser"]) == (True, 8888)
        assert pod["seccompProfile"] == {"type": "RuntimeDefault"}
        containers = [*spec["containers"], *spec.get("initContainers", [])]
        assert "seldon-container-engine" in named(containers)
        for container in containers:
            assert container["securityContext"]["allowPrivilegeEscalation"] is False
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_download_has_the_names_by_which_the_operator_leaves_it_as_it_is() -> None:
    unit = Unit(implementation="SKLEARN_SERVER", model_uri="s3://models/iris", env_secret_ref_name="models")
    spec = pods(Predictor(units={"iris": unit}))["spec"]
    (download,) = spec["initContainers"]
    assert download["name"] == "iris-model-initializer"
    assert download["args"] == ["s3://models/iris", "/mnt/models"]
    assert download["envFrom"] == [{"secretRef": {"name": "models"}}]
    filled = "iris-provision-location"
    assert {"name": filled, "mountPath": "/mnt/models"} in download["volumeMounts"]
    server = named(spec["containers"])["iris"]
    assert server["volumeMounts"] == [{"name": filled, "mountPath": "/mnt/models", "readOnly": True}]
    assert {"name": filled, "emptyDir": {}} in spec["volumes"]
    assert server["image"] == "docker.io/seldonio/sklearnserver:1.17.1"


@pytest.mark.parametrize(
    ("uri", "source"),
    [("pvc://team/iris/2", "/mnt/pvc/iris/2"), ("pvc://team", "/mnt/pvc/"), ("pvc://team/", "/mnt/pvc/")],
)
def test_model_of_a_claim_is_copied_from_it(uri: str, source: str) -> None:
    spec = pods(Predictor(units={"iris": Unit(implementation="SKLEARN_SERVER", model_uri=uri)}))["spec"]
    (download,) = spec["initContainers"]
    assert download["args"][0] == source
    (claim,) = [each for each in spec["volumes"] if "persistentVolumeClaim" in each]
    assert claim["persistentVolumeClaim"] == {"claimName": "team", "readOnly": True}
    assert {"name": claim["name"], "mountPath": "/mnt/pvc", "readOnly": True} in download["volumeMounts"]


def test_tensorflow_serving_stands_behind_what_speaks_seldons_protocol() -> None:
    unit = Unit(implementation="TENSORFLOW_SERVER", model_uri="gs://models/digits", num_gpus=1)
    spec = pods(Predictor(units={"digits": unit}))["spec"]
    containers = named(spec["containers"])
    assert list(containers) == ["digits", "tfserving", "seldon-container-engine"]
    server = containers["tfserving"]
    assert server["args"] == [
        "--port=2000",
        "--rest_api_port=2001",
        "--model_name=digits",
        "--model_base_path=/mnt/models",
    ]
    assert server["resources"]["limits"]["nvidia.com/gpu"] == "1"
    assert "nvidia.com/gpu" not in containers["digits"]["resources"]["limits"]
    assert [each["name"] for each in spec["initContainers"]] == ["tfserving-model-initializer"]


def test_tensorflow_serving_answers_itself_in_its_own_protocol() -> None:
    unit = Unit(implementation="TENSORFLOW_SERVER", model_uri="gs://models/digits")
    spec = pods(Predictor(units={"digits": unit}), protocol="tensorflow")["spec"]
    server = named(spec["containers"])["digits"]
    assert server["args"][:2] == ["--port=9500", "--rest_api_port=9000"]
    assert server["image"].startswith("docker.io/tensorflow/serving:")
    assert [each["name"] for each in spec["initContainers"]] == ["digits-model-initializer"]


@pytest.mark.parametrize(("transport", "port"), [("rest", 9000), ("grpc", 9500)])
def test_users_container_is_asked_at_the_port_that_it_is_called_at(transport: Any, port: int) -> None:
    (unit, _) = pods(Predictor(units={"m": Unit(image="m:1")}), transport=transport)["spec"]["containers"]
    assert unit["readinessProbe"]["tcpSocket"] == {"port": port}


def test_v2_servers_are_asked_how_they_are() -> None:
    predictor = Predictor(units={"net": Unit(implementation="TRITON_SERVER", model_uri="gs://models/net")})
    server = named(pods(predictor, protocol="v2")["spec"]["containers"])["net"]
    assert server["readinessProbe"]["httpGet"] == {"path": "/v2/health/ready", "port": "http"}


def test_pods_have_a_token_only_if_an_account_is_named() -> None:
    unit = {"m": Unit(image="m:1")}
    spec = pods(Predictor(units=unit))["spec"]
    assert (spec["automountServiceAccountToken"], "serviceAccountName" in spec) == (False, False)
    spec = pods(Predictor(units=unit, service_account="reader"))["spec"]
    assert (spec["automountServiceAccountToken"], spec["serviceAccountName"]) == (True, "reader")


def test_single_model_of_kubeflow_0_1_is_a_graph_of_one_unit() -> None:
    spec = made("mnist")["spec"]
    (predictor,) = spec["predictors"]
    assert (spec["protocol"], spec["transport"]) == ("seldon", "rest")
    assert (predictor["name"], predictor["replicas"]) == ("default", 2)
    assert predictor["graph"] == {"name": "model", "type": "MODEL"}
    assert made("words")["spec"]["transport"] == "grpc"


def test_canary_and_shadow_say_what_a_gateway_has_to_know() -> None:
    predictors = {each["name"]: each for each in made("iris")["spec"]["predictors"]}
    assert {name: each.get("traffic") for name, each in predictors.items()} == {"main": 90, "canary": 10, "dark": None}
    assert {name for name, each in predictors.items() if each.get("shadow")} == {"dark"}


def test_parameters_have_the_types_of_their_values() -> None:
    (predictor,) = made("pipeline")["spec"]["predictors"]
    vote = predictor["graph"]["children"][0]["children"][0]
    assert {each["name"]: (each["value"], each["type"]) for each in vote["parameters"]} == {
        "weight": ("0.5", "FLOAT"),
        "rounds": ("3", "INT"),
        "strict": ("true", "BOOL"),
        "mode": ("mean", "STRING"),
    }


def test_up_waits_for_those_that_say_how_long() -> None:
    annotations = made("words")["metadata"]["annotations"]
    assert annotations["pulumi.com/waitFor"] == "jsonpath={.status.state}=Available"
    assert annotations["pulumi.com/timeoutSeconds"] == "600"
    assert "pulumi.com/waitFor" not in made("mnist")["metadata"]["annotations"]


def test_outputs_tell_how_to_ask_each_predictor() -> None:
    seldon = recorded("graphs").outputs["graphs"]
    assert set(seldon) == {"mnist", "words", "iris", "pipeline", "images", "texts", "fast"}
    args = SeldonDeploymentArgs(
        namespace="kubeflow", deployment_name="iris", predictors={"main": Predictor(units=CHAIN)}, context="kind"
    )
    assert endpoints_of(args, "kubeflow") == {
        "main": {
            "service": "iris-main.kubeflow.svc:8000",
            "portForward": "kubectl --context kind port-forward --namespace kubeflow service/iris-main 8003:8000",
            "call": "curl -H 'Content-Type: application/json' -d '{\"data\": {\"ndarray\": [[1.0, 2.0]]}}' "
            "http://127.0.0.1:8003/api/v1.0/predictions",
        }
    }


@pytest.mark.parametrize(
    ("protocol", "transport", "call"),
    [
        ("tensorflow", "rest", "http://127.0.0.1:8003/v1/models/m:predict"),
        ("v2", "rest", "http://127.0.0.1:8003/v2/models/m/infer"),
        ("seldon", "grpc", "127.0.0.1:5003 seldon.protos.Seldon/Predict"),
        ("tensorflow", "grpc", "127.0.0.1:5003 tensorflow.serving.PredictionService/GetModelMetadata"),
        ("v2", "grpc", "127.0.0.1:5003 inference.GRPCInferenceService/ModelReady"),
    ],
)
def test_each_protocol_has_a_call_of_its_own(protocol: Any, transport: Any, call: str) -> None:
    predictor = Predictor(units={"m": Unit(image="m:1")})
    args = SeldonDeploymentArgs(
        namespace="ml", deployment_name="d", predictors={"p": predictor}, protocol=protocol, transport=transport
    )
    told = endpoints_of(args, "ml")["p"]
    assert told["call"].endswith(call)
    port = "5003:5001" if transport == "grpc" else "8003:8000"
    assert told["portForward"] == f"kubectl port-forward --namespace ml service/d-p {port}"


@pytest.mark.parametrize(
    ("children", "root"),
    [({"a": []}, "a"), ({"a": [], "b": ["a"]}, "b"), ({"a": ["c"], "b": ["a", "d"], "c": [], "d": []}, "b")],
)
def test_root_is_the_unit_that_is_nobodys_child(children: dict[str, list[str]], root: str) -> None:
    assert not list(shape_faults(children))
    assert root_of(children) == root


@pytest.mark.parametrize("children", [{"a": ["a"]}, {"a": ["b"], "b": ["a"]}, {"a": [], "b": []}, {"a": ["c"]}])
def test_component_refuses_units_that_are_no_tree(children: dict[str, list[str]]) -> None:
    units = {name: Unit(image="m:1", children=each) for name, each in children.items()}
    with pytest.raises(
        ArgumentsError, match=r"  predictors\.p\.units.*(is below itself|nobody's children|is not a unit)"
    ):
        SeldonDeploymentArgs(namespace="ml", deployment_name="d", predictors={"p": Predictor(units=units)})
