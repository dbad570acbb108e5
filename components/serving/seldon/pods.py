"""The pods of a predictor: every unit of its graph, the executor before them, and the downloads of models."""

from collections.abc import Sequence
from typing import Any

import pulumi

from components.pods import resources
from components.serving.seldon.download import Download, download
from components.serving.seldon.executor import RESTRICTED, Surroundings, executor
from components.serving.seldon.graph import Ports, Predictor, Protocol, Unit, ports_of, root
from components.serving.seldon.images import GraphImages
from components.serving.seldon.names import (
    APP_LABEL,
    FIRST_UNIT_METRICS_PORT,
    MODEL_FOLDER,
    TF_SERVING,
    TF_SERVING_GRPC_PORT,
    TF_SERVING_HTTP_PORT,
    USER_ID,
    predictor_service,
)

_TENSORFLOW = "TENSORFLOW_SERVER"
_HUGGING_FACE = "HUGGINGFACE_SERVER"


def component_spec(predictor: Predictor, around: Surroundings) -> dict[str, Any]:
    """The predictor's one entry of ``componentSpecs``."""
    containers: list[dict[str, Any]] = []
    downloads: list[Download] = []
    for name, ports in ports_of(predictor.units).items():
        unit = predictor.units[name]
        proxied = unit.implementation == _TENSORFLOW and around.protocol == "seldon"
        found = download(unit, loader=TF_SERVING if proxied else name, image=around.images.storage_initializer)
        mounts = [found.mount] if found else []
        if found:
            downloads.append(found)
        if proxied:
            containers.append(_unit(name, unit, ports, around) | {"resources": _SMALL})
            containers.append(_tf_serving(name, unit, around.images, mounts))
        else:
            mounted = {"volumeMounts": mounts} if mounts else {}
            containers.append(_unit(name, unit, ports, around) | mounted)
    containers.append(executor(predictor, around))
    spec: dict[str, Any] = {
        "automountServiceAccountToken": predictor.service_account is not None,
        "enableServiceLinks": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER_ID,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": containers,
    }
    if predictor.service_account is not None:
        spec["serviceAccountName"] = predictor.service_account
    if downloads:
        spec["initContainers"] = [each.container for each in downloads]
        spec["volumes"] = [volume for each in downloads for volume in each.volumes]
    # The operator sets the label only beside an executor of its own.
    labels = {APP_LABEL: predictor_service(around.deployment, around.predictor)}
    return {"metadata": {"name": root(predictor.units), "labels": labels}, "spec": spec}


def _unit(
    name: str,
    unit: Unit,
    ports: Ports,
    around: Surroundings,
) -> dict[str, Any]:
    named = [
        ("http", ports.http),
        ("grpc", ports.grpc),
        ("metrics", FIRST_UNIT_METRICS_PORT + ports.position),
    ]
    container: dict[str, Any] = {
        "name": name,
        "image": unit.image if unit.image is not None else _server(unit, around),
        "imagePullPolicy": "IfNotPresent",
        "ports": [{"name": each, "containerPort": port, "protocol": "TCP"} for each, port in named],
        **_probes(unit, around.protocol, ports.grpc if around.transport == "grpc" else ports.http),
        "resources": _resources(unit),
        "securityContext": RESTRICTED,
    }
    if unit.implementation == _TENSORFLOW and around.protocol == "tensorflow":
        container["args"] = _tf_arguments(name, ports.grpc, ports.http)
    if env := _environment(unit):
        container["env"] = [{"name": key, "value": value} for key, value in sorted(env.items())]
    return container


def _server(unit: Unit, around: Surroundings) -> str:
    return around.images.servers[unit.implementation or ""][around.protocol]


def _environment(unit: Unit) -> dict[str, pulumi.Input[str]]:
    # The operator has it keep models in the image, where its user may not write.
    cache = {"XDG_CACHE_HOME": "/tmp"} if unit.implementation == _HUGGING_FACE else {}
    return {**cache, **unit.env}


def _tf_serving(name: str, unit: Unit, images: GraphImages, mounts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """TensorFlow Serving itself, behind the unit that speaks Seldon's protocol for it."""
    ports = [TF_SERVING_GRPC_PORT, TF_SERVING_HTTP_PORT]
    return {
        "name": TF_SERVING,
        "image": images.servers[_TENSORFLOW]["tensorflow"],
        "imagePullPolicy": "IfNotPresent",
        "args": _tf_arguments(name, *ports),
        "ports": [{"containerPort": port, "protocol": "TCP"} for port in ports],
        **_tcp_probes(TF_SERVING_HTTP_PORT),
        "resources": _resources(unit),
        "securityContext": RESTRICTED,
        "volumeMounts": list(mounts),
    }


def _tf_arguments(model: str, grpc: int, http: int) -> list[str]:
    return [
        f"--port={grpc}",
        f"--rest_api_port={http}",
        f"--model_name={model}",
        f"--model_base_path={MODEL_FOLDER}",
    ]


def _probes(unit: Unit, protocol: Protocol, port: int) -> dict[str, Any]:
    if unit.is_server and protocol == "v2":
        live, ready = ({"httpGet": {"path": f"/v2/health/{word}", "port": "http"}} for word in ("live", "ready"))
        return _three(live, ready)
    return _tcp_probes(port)


def _tcp_probes(port: int) -> dict[str, Any]:
    listens = {"tcpSocket": {"port": port}}
    return _three(listens, listens)


def _three(live: dict[str, Any], ready: dict[str, Any]) -> dict[str, Any]:
    """A model may take half an hour to load."""
    return {
        "startupProbe": {**live, "periodSeconds": 5, "failureThreshold": 360},
        "livenessProbe": {**live, "periodSeconds": 10, "failureThreshold": 6, "timeoutSeconds": 5},
        "readinessProbe": {**ready, "periodSeconds": 5, "failureThreshold": 3, "timeoutSeconds": 5},
    }


_SMALL: dict[str, Any] = {
    "requests": {"cpu": "100m", "memory": "128Mi"},
    "limits": {"cpu": "1", "memory": "512Mi"},
}


def _resources(unit: Unit) -> dict[str, Any]:
    return resources(
        unit.cpu, unit.memory, cpu_limit=unit.cpu_limit, memory_limit=unit.memory_limit, gpus=unit.num_gpus
    )
