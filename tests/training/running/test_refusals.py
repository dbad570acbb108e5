"""Jobs that the operator's webhook refuses, through the registration that we made."""

import json
import subprocess
from typing import Any

import pytest

from tests.support.training.stack import Node, TrainingStack


def _replica(container: str, replicas: int = 1) -> Node:
    pod = {"containers": [{"name": container, "image": "busybox"}]}
    return {"replicas": replicas, "template": {"spec": pod}}


MISTAKES: dict[str, tuple[str, dict[str, Any], str]] = {
    "tensorflow-container-of-another-name": (
        "TFJob",
        {"tfReplicaSpecs": {"Worker": _replica("main")}},
        "must have at least one container with name tensorflow",
    ),
    "two-leaders": (
        "TFJob",
        {"tfReplicaSpecs": {"Chief": _replica("tensorflow"), "Master": _replica("tensorflow")}},
        "must not have more than 1 Chief or Master role",
    ),
    "two-masters": (
        "PyTorchJob",
        {"pytorchReplicaSpecs": {"Master": _replica("pytorch", 2)}},
        "must be 1",
    ),
    "name.with-dots": ("PyTorchJob", {"pytorchReplicaSpecs": {"Master": _replica("pytorch")}}, "metadata.name"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_webhook_refuses(training: TrainingStack, mistake: str) -> None:
    kind, spec, message = MISTAKES[mistake]
    job = {"apiVersion": "kubeflow.org/v1", "kind": kind, "metadata": {"name": mistake}, "spec": spec}
    done = subprocess.run(
        ["kubectl", "create", f"--namespace={training.namespace}", "--filename=-"],
        env=training.cluster.environment,
        input=json.dumps(job),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert f'admission webhook "validator.{kind.lower()}.training-operator.kubeflow.org" denied' in done.stderr
    assert message in done.stderr


def test_what_the_operator_writes_is_no_drift(training: TrainingStack) -> None:
    name = "validator.training-operator.kubeflow.org"
    webhooks = training.cluster.get("validatingwebhookconfiguration", name)["webhooks"]
    secret = training.cluster.get(
        "secret", "training-operator-webhook-cert", f"--namespace={training.namespace}-training"
    )
    assert {each["clientConfig"]["caBundle"] for each in webhooks} == {secret["data"]["ca.crt"]}
    training.up()
    preview = training.workspace.pulumi("preview", "--refresh", "--json").stdout
    changes = [step for step in json.loads(preview)["steps"] if step["op"] not in ("same", "refresh")]
    assert not changes
