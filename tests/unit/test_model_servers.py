"""Model servers: what the settings of each become in the cluster."""

import ast
import shlex
from typing import Any
from urllib.parse import urlsplit

import pytest

from components.model_path import CONFIG_VOLUME
from tests.support.recorder import WITHOUT_OPERATOR, Recording, record
from tests.support.serving.models import ALL, S3_PATH, container_of, deployment_of, made, of_server, pod_of, policy_of
from tests.support.stacks import recorded


@pytest.fixture(scope="module")
def recording() -> Recording:
    return recorded("models")


@pytest.mark.parametrize("name", ALL)
def test_a_server_is_found_by_its_name_and_by_labels_that_never_change(name: str, recording: Recording) -> None:
    deployment, (service,) = deployment_of(recording, name), of_server(recording, "Service", name)
    constant = {"app.kubernetes.io/name": "tf-serving", "app.kubernetes.io/instance": f"serving-{name}"}
    assert service.physical_name == name
    selectors = [service.inputs["spec"]["selector"], deployment.inputs["spec"]["selector"]["matchLabels"]]
    selectors.append(policy_of(recording, name)["podSelector"]["matchLabels"])
    selectors += [each["labelSelector"]["matchLabels"] for each in pod_of(recording, name)["topologySpreadConstraints"]]
    selectors += [
        budget.inputs["spec"]["selector"]["matchLabels"] for budget in of_server(recording, "PodDisruptionBudget", name)
    ]
    assert all(selector == constant for selector in selectors)
    template = deployment.inputs["spec"]["template"]["metadata"]["labels"]
    assert constant.items() <= template.items()
    ports = {port["name"]: port["containerPort"] for port in container_of(recording, name)["ports"]}
    reached = {int(port["port"]): ports[port["targetPort"]] for port in service.inputs["spec"]["ports"]}
    assert reached == ({9000: 8500} if ALL[name].get("grpc") else {}) | {8000: 8501}


def test_a_changed_configuration_is_another_object_and_so_a_rollout(recording: Recording) -> None:
    for name in ALL:
        (config,) = of_server(recording, "ConfigMap", name)
        assert config.physical_name == ""
        (volume,) = [each for each in pod_of(recording, name)["volumes"] if each["name"] == CONFIG_VOLUME]
        assert volume["configMap"]["name"] == f"{config.name}-1a2b3c4d"


def test_labels_of_the_settings_are_on_objects_and_pods(recording: Recording) -> None:
    deployment = deployment_of(recording, "resnet")
    for labels in (
        deployment.inputs["metadata"]["labels"],
        deployment.inputs["spec"]["template"]["metadata"]["labels"],
    ):
        assert labels["team"] == "vision"


def test_the_number_of_pods_is_the_autoscalers_if_there_is_one(recording: Recording) -> None:
    (scaler,) = of_server(recording, "HorizontalPodAutoscaler", "resnet")
    assert scaler.inputs["spec"]["scaleTargetRef"]["name"] == deployment_of(recording, "resnet").physical_name
    assert "spec.replicas" in deployment_of(recording, "resnet").ignore_changes
    assert not of_server(recording, "HorizontalPodAutoscaler", "bert")
    assert not deployment_of(recording, "bert").ignore_changes
    assert deployment_of(recording, "bert").inputs["spec"]["replicas"] == 3
    assert deployment_of(made(replicas=0)).inputs["spec"]["replicas"] == 0


@pytest.mark.parametrize(
    ("settings", "several"),
    [
        ({}, False),
        ({"replicas": 0}, False),
        ({"replicas": 2}, True),
        ({"autoscaling": {"maxReplicas": 1}}, False),
        ({"autoscaling": {"maxReplicas": 2}}, True),
    ],
)
def test_only_of_several_pods_one_is_kept_when_nodes_are_drained(settings: dict[str, Any], several: bool) -> None:
    assert bool(of_server(made(**settings), "PodDisruptionBudget")) == several


def test_a_server_has_as_long_to_start_as_the_settings_say() -> None:
    recording = made(startTimeoutSeconds=601)
    deployment, probe = deployment_of(recording), container_of(recording)["startupProbe"]
    assert 601 <= probe["periodSeconds"] * probe["failureThreshold"] < 601 + probe["periodSeconds"]
    assert deployment.inputs["spec"]["progressDeadlineSeconds"] == 601


def test_only_a_load_balancer_is_waited_for(recording: Recording) -> None:
    for name in ALL:
        (service,) = of_server(recording, "Service", name)
        skips = "pulumi.com/skipAwait" in service.inputs["metadata"].get("annotations", {})
        assert skips == (service.inputs["spec"]["type"] != "LoadBalancer")
        assert "pulumi.com/skipAwait" not in deployment_of(recording, name).inputs["metadata"].get("annotations", {})


def test_metrics_are_announced_where_they_are(recording: Recording) -> None:
    for name in ALL:
        found = deployment_of(recording, name).inputs["spec"]["template"]["metadata"].get("annotations", {})
        if name == "public":
            assert not found
        else:
            (rest,) = [port for port in container_of(recording, name)["ports"] if port["name"] == "http"]
            assert int(found["prometheus.io/port"]) == rest["containerPort"]
            (config,) = of_server(recording, "ConfigMap", name)
            assert f'path: "{found["prometheus.io/path"]}"' in config.inputs["data"]["monitoring.config"]


def test_images_come_through_the_mirror_and_are_listed() -> None:
    recording = record(
        WITHOUT_OPERATOR,
        cluster={"registryMirror": "mirror.corp/pull"},
        serving={"tfServing": {"one": {**S3_PATH, "numGpus": 1}}},
    )
    pod = pod_of(recording)
    images = {each["image"] for each in (*pod["containers"], *pod["initContainers"])}
    assert all(image.startswith("mirror.corp/pull/docker.io/") for image in images)
    assert images <= set(recording.outputs["images"])
    assert not [image for image in made().outputs["images"] if "rclone" in image]


@pytest.mark.parametrize("name", ALL)
def test_outputs_say_how_to_ask_each_server(name: str, recording: Recording) -> None:
    endpoint = recording.outputs["models"][name]
    model = ALL[name].get("modelName", name)
    command, flag, address = shlex.split(endpoint["curl"])
    assert (command, flag) == ("curl", "--fail-with-body")
    url = urlsplit(address)
    assert (url.scheme, url.port, url.path) == ("http", 8000, f"/v1/models/{model}/metadata")
    assert endpoint["rest"] == f"http://{name}.kubeflow.svc:8000/v1/models/{model}"
    grpc = ALL[name].get("grpc", False)
    assert endpoint.get("grpc") == (f"{name}.kubeflow.svc:9000" if grpc else None)
    assert ("grpcCall" in endpoint) == grpc
    # There is no address yet of a load balancer, which needs no port-forward.
    public = ALL[name].get("serviceType") == "LoadBalancer"
    assert ("portForward" in endpoint) != public
    assert url.hostname == ("address-of-the-load-balancer" if public else "localhost")
    if not public:
        forward = shlex.split(endpoint["portForward"])
        assert forward[forward.index("--namespace") + 1 :] == [
            "kubeflow",
            f"service/{name}",
            "8000",
            *(["9000"] if grpc else []),
        ]


@pytest.mark.parametrize("name", [name for name, settings in ALL.items() if settings.get("grpc")])
def test_the_call_by_grpc_is_python_that_a_shell_passes_on_whole(name: str, recording: Recording) -> None:
    *_, flag, program = shlex.split(recording.outputs["models"][name]["grpcCall"])
    assert flag == "-c"
    texts = [node.value for node in ast.walk(ast.parse(program)) if isinstance(node, ast.Constant)]
    assert ALL[name].get("modelName", name) in texts
    assert [text for text in texts if isinstance(text, str) and text.endswith(":9000")]
