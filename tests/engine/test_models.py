"""Model servers that come, change and go, by the real engine on a real API server."""

import shlex
from collections.abc import Mapping
from typing import Any

import pytest

from tests.engine.conftest import Stack, changed
from tests.support.waiting import wait_for

INCEPTION: dict[str, Any] = {"modelPath": "gs://kubeflow-models/inception"}


@pytest.fixture
def models(stack: Stack) -> "Models":
    return Models(stack)


class Models:
    """The stack, with two model servers at first."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.settings: dict[str, Any] = {"inception": INCEPTION, "other": {"modelPath": "gs://kubeflow-models/other"}}

    def up(self, **settings: Mapping[str, Any] | None) -> dict[str, str]:
        """Changes the settings of servers, None for one that goes; what the preview says of which object."""
        self.settings |= settings
        known = {name: each for name, each in self.settings.items() if each is not None}
        self.stack.configure(models=known)
        said = changed(self.stack.workspace.preview())
        self.stack.workspace.up()
        assert set(self.stack.workspace.up()) == {"same"}
        return {name.removeprefix("serving-"): op for name, op in said.items()}

    def pods(self, server: str) -> set[str]:
        """What tells the pods of a server from others."""
        found = self.stack.get("pods", f"--selector=app.kubernetes.io/instance=serving-{server}")["items"]
        return {each["metadata"]["uid"] for each in found if "deletionTimestamp" not in each["metadata"]}

    def settled(self, server: str, count: int) -> set[str]:
        """The pods, once there are ``count``."""
        return wait_for(f"{count} pods of {server}", lambda: p if len(p := self.pods(server)) == count else None)


def test_preview_names_what_a_change_touches_and_nothing_else_moves(models: Models) -> None:
    stack = models.stack
    models.up()
    assert {"inception", "other"} <= stack.names("deployments") & stack.names("services")
    service, others = stack.uid("service", "inception"), models.settled("other", 1)
    deployment, pods = stack.uid("deployment", "inception"), models.settled("inception", 1)

    assert set(models.up(added={**INCEPTION, "replicas": 2}).items()) == {
        (f"added-{part}", "create")
        for part in ("config", "deployment", "disruption-budget", "network-policy", "service")
    }
    assert models.up(inception={**INCEPTION, "replicas": 3}) == {
        "inception-deployment": "update",
        "inception-disruption-budget": "create",
    }
    scaled = models.settled("inception", 3)
    assert pods < scaled
    moved = {**INCEPTION, "replicas": 3, "modelPath": "gs://kubeflow-models/inception-v2"}
    assert models.up(inception=moved) == {"inception-config": "replace", "inception-deployment": "update"}
    assert not models.settled("inception", 3) & scaled
    assert models.up(inception={**moved, "serviceType": "NodePort"}) == {
        "inception-network-policy": "update",
        "inception-service": "update",
    }
    assert models.up(inception={**moved, "serviceType": "NodePort", "grpc": True}) == {
        f"inception-{part}": "update" for part in ("deployment", "network-policy", "service")
    } | {"notebook-policy": "update"}
    served = models.settled("inception", 3)
    assert models.up(added=None) == {
        f"added-{part}": "delete" for part in ("config", "deployment", "disruption-budget", "network-policy", "service")
    }
    assert models.settled("inception", 3) == served
    assert stack.uid("service", "inception") == service
    assert stack.uid("deployment", "inception") == deployment
    assert models.settled("other", 1) == others


def test_a_move_to_gpus_changes_the_deployment_alone(models: Models) -> None:
    stack = models.stack
    models.up()
    assert models.up(inception={**INCEPTION, "numGpus": 1}) == {"inception-deployment": "update"}
    (container,) = stack.get("deployment", "inception")["spec"]["template"]["spec"]["containers"]
    assert container["resources"]["limits"]["nvidia.com/gpu"] == "1"
    assert container["image"].endswith("-gpu")


def test_autoscaling_takes_over_without_fewer_pods_and_keeps_its_number(models: Models) -> None:
    stack = models.stack
    models.up(inception={**INCEPTION, "replicas": 4})
    scaling = {**INCEPTION, "autoscaling": {"minReplicas": 2, "maxReplicas": 8}}
    assert models.up(inception=scaling) == {"inception-autoscaler": "create"}
    assert stack.get("deployment", "inception")["spec"]["replicas"] == 4
    # What the autoscaler does.
    stack.cluster.kubectl("scale", "deployment", "inception", "--replicas=6", f"--namespace={stack.namespace}")
    models.up(inception={**scaling, "labels": {"team": "vision"}})
    assert stack.get("deployment", "inception")["spec"]["replicas"] == 6
    back = models.up(inception={**INCEPTION, "replicas": 3})
    assert back == {
        "inception-autoscaler": "delete",
        **dict.fromkeys(back.keys() - {"inception-autoscaler"}, "update"),
    }
    assert stack.get("deployment", "inception")["spec"]["replicas"] == 3
    models.stack.workspace.destroy("--exclude-protected")
    assert models.stack.names("deployments") == models.stack.names("horizontalpodautoscalers") == set()


def test_outputs_say_where_and_how_a_model_is_asked(models: Models) -> None:
    models.up()
    found = models.stack.workspace.outputs()["models"]
    assert set(found) == {"inception", "other"}
    inception = found["inception"]
    assert inception["rest"] == f"http://inception.{models.stack.namespace}.svc:8000/v1/models/inception"
    forward = shlex.split(inception["portForward"])
    assert forward[:2] == ["kubectl", "--context"]
    assert shlex.split(inception["curl"])[-1] == "http://localhost:8000/v1/models/inception/metadata"
