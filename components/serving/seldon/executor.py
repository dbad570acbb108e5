"""The executor: the container that takes a caller's request through the units of a graph.

The operator adds one to the pods of a graph that has none, and what it adds keeps capabilities, which the Pod Security
Standard restricted refuses. Ours is the same, but for that, and the operator leaves it as it is.
"""

import base64
import json
from dataclasses import dataclass
from typing import Any

import pulumi

from components.serving.seldon.graph import Predictor, Protocol, Transport, executors_tree
from components.serving.seldon.images import GraphImages
from components.serving.seldon.names import (
    EXECUTOR,
    GRPC_PORT,
    HTTP_PORT,
    METRICS_PATH,
    POD_INFO_FOLDER,
    POD_INFO_VOLUME,
)

LEAVING_SECONDS = 10
"""How long a pod that goes still takes requests: those who send them learn of it a little later."""
FINISHING_SECONDS = 20
"""How long requests that it has taken may then last."""
UNITS_LAST_SECONDS = LEAVING_SECONDS + FINISHING_SECONDS
GRACE_SECONDS = UNITS_LAST_SECONDS + 10
"""After which Kubernetes kills what still runs."""
RESTRICTED: dict[str, Any] = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What a graph's pods have to know beside the graph."""

    deployment: str
    """What the SeldonDeployment is called."""
    namespace: pulumi.Input[str]
    predictor: str
    """What the predictor is called."""
    images: GraphImages
    protocol: Protocol
    """What callers and units speak."""
    transport: Transport
    """Whether units are called by REST or gRPC; the executor answers both."""


def executor(predictor: Predictor, around: Surroundings) -> dict[str, Any]:
    """The container, as Kubernetes writes it."""
    ports = [("http", HTTP_PORT), ("metrics", HTTP_PORT), ("grpc", GRPC_PORT)]
    return {
        "name": EXECUTOR,
        "image": around.images.executor,
        "imagePullPolicy": "IfNotPresent",
        "args": [
            *("--sdep", around.deployment, "--namespace", around.namespace, "--predictor", around.predictor),
            *("--http_port", str(HTTP_PORT), "--grpc_port", str(GRPC_PORT)),
            *("--protocol", around.protocol, "--transport", around.transport, "--prometheus_path", METRICS_PATH),
            *("--shutdown_delay", f"{LEAVING_SECONDS}s", "--graceful_timeout", f"{FINISHING_SECONDS}s"),
        ],
        "env": [{"name": "ENGINE_PREDICTOR", "value": _encoded(predictor, around)}],
        "ports": [{"name": name, "containerPort": port, "protocol": "TCP"} for name, port in ports],
        "readinessProbe": _probe("/ready", failures=3),
        # It answers only once every unit does.
        "startupProbe": _probe("/ready", failures=360),
        "livenessProbe": _probe("/live", failures=6),
        "resources": {
            "requests": {"cpu": "100m", "memory": "128Mi"},
            "limits": {"cpu": "500m", "memory": "512Mi"},
        },
        # It would write a description of its API beside its program, and goes on without.
        "securityContext": {**RESTRICTED, "readOnlyRootFilesystem": True},
        "volumeMounts": [{"name": POD_INFO_VOLUME, "mountPath": POD_INFO_FOLDER}],
    }


def _encoded(predictor: Predictor, around: Surroundings) -> str:
    graph = {"name": around.predictor, "graph": executors_tree(predictor.units, around.transport)}
    return base64.b64encode(json.dumps(graph, sort_keys=True).encode()).decode()


def _probe(path: str, *, failures: int) -> dict[str, Any]:
    return {
        "httpGet": {"path": path, "port": HTTP_PORT, "scheme": "HTTP"},
        "periodSeconds": 5,
        "failureThreshold": failures,
        "timeoutSeconds": 5,
    }
