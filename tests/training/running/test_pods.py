"""What the operator makes of jobs, in a namespace that enforces the Pod Security Standard ``restricted``."""

import json
from typing import Any

import pytest

from components import images
from tests.support.training.stack import JOB_LABEL, Node, TrainingStack
from tests.support.waiting import wait_for

PODS = {
    "words": {"words-worker-0", "words-worker-1"},
    "cnn": {"cnn-ps-0", "cnn-worker-0", "cnn-worker-1"},
    "faces": {"faces-master-0", "faces-worker-0", "faces-worker-1"},
}
CONTAINERS = {"words": ("tensorflow", 2222), "cnn": ("tensorflow", 2222), "faces": ("pytorch", 23456)}
TENSORFLOW = {
    "words": {"worker": ["words-worker-0", "words-worker-1"]},
    "cnn": {"ps": ["cnn-ps-0"], "worker": ["cnn-worker-0", "cnn-worker-1"]},
}

every_job = pytest.mark.parametrize("job", PODS)


def pods(training: TrainingStack, job: str) -> dict[str, Node]:
    """A job's pods, once all are there."""

    def found() -> dict[str, Node] | None:
        there = training.parts("pods", job)
        return there if set(there) == PODS[job] else None

    return wait_for(f"pods of {job}", found, 20)


def environment(pod: Node) -> dict[str, str]:
    """The variables of a pod's container."""
    return {each["name"]: each["value"] for each in pod["spec"]["containers"][0]["env"]}


@every_job
def test_every_pod_is_admitted_and_runs(training: TrainingStack, job: str) -> None:
    assert {pod["status"]["phase"] for pod in pods(training, job).values()} == {"Running"}
    enforced = training.cluster.get("namespace", training.namespace)["metadata"]["labels"]
    assert enforced["pod-security.kubernetes.io/enforce"] == "restricted"
    # An operator whose cache lags asks for what is there already, and says so in an event: that is no refusal.
    messages = [each["message"] for each in training.get("events")["items"]]
    assert not [each for each in messages if "is forbidden" in each]


@every_job
def test_every_pod_has_a_service_of_its_name(training: TrainingStack, job: str) -> None:
    container, port = CONTAINERS[job]
    there = pods(training, job)
    services = training.parts("services", job)
    assert set(services) == set(there)
    for name, service in services.items():
        assert service["spec"]["clusterIP"] == "None"
        assert [each["port"] for each in service["spec"]["ports"]] == [port]
        labels = there[name]["metadata"]["labels"]
        assert service["spec"]["selector"].items() <= labels.items()
        assert labels[JOB_LABEL] == job
        assert [each["name"] for each in there[name]["spec"]["containers"]] == [container]


@pytest.mark.parametrize("job", TENSORFLOW)
def test_tensorflow_is_told_its_cluster_and_task(training: TrainingStack, job: str) -> None:
    cluster = {
        role: [f"{name}.{training.namespace}.svc:2222" for name in names] for role, names in TENSORFLOW[job].items()
    }
    for name, pod in pods(training, job).items():
        _, role, index = name.split("-")
        expected: Any = {"cluster": cluster, "task": {"type": role, "index": int(index)}, "environment": "cloud"}
        assert json.loads(environment(pod)["TF_CONFIG"]) == expected


def test_pytorch_is_told_its_master_and_rank(training: TrainingStack) -> None:
    ranks = {"faces-master-0": "0", "faces-worker-0": "1", "faces-worker-1": "2"}
    for name, pod in pods(training, "faces").items():
        given = environment(pod)
        rendezvous = {name: given[name] for name in ("MASTER_ADDR", "MASTER_PORT", "WORLD_SIZE", "RANK")}
        assert rendezvous == {
            "MASTER_ADDR": "faces-master-0",
            "MASTER_PORT": "23456",
            "WORLD_SIZE": "3",
            "RANK": ranks[name],
        }


def test_workers_of_pytorch_wait_in_a_container_of_our_template(training: TrainingStack) -> None:
    there = pods(training, "faces")
    assert "initContainers" not in there["faces-master-0"]["spec"]
    (waiting,) = there["faces-worker-0"]["spec"]["initContainers"]
    assert waiting["image"] == images.WAIT_FOR_MASTER
    assert waiting["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert "nslookup faces-master-0;" in waiting["command"][-1]


def test_pods_run_what_the_settings_say(training: TrainingStack) -> None:
    container = pods(training, "words")["words-worker-1"]["spec"]["containers"][0]
    assert container["image"] == "registry.example/trainer:1"
    assert container["command"] == ["python3", "words.py"]
    assert environment(pods(training, "words")["words-worker-1"])["EPOCHS"] == "2"
    script = next(
        volume["configMap"]["name"]
        for volume in pods(training, "cnn")["cnn-ps-0"]["spec"]["volumes"]
        if volume["name"] == "tf-cnn"
    )
    assert "train_cnn.py" in training.get("configmap", script)["data"]
