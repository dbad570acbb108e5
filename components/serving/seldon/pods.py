"""The pods of a predictor: every unit of its graph, the executor before them, and the downloads of models."""

from collections.abc import Sequence
from typing import Any

import pulumi

from components.pods import resources
from components.schema.seldon_unit_checks import HUGGING_FACE
from components.serving.seldon.download import Download, download
from components.serving.seldon.executor import GRACE_SECONDS, RESTRICTED, UNITS_LAST_SECONDS, Surroundings, executor
from components.serving.seldon.graph import Ports, Predictor, Protocol, Unit, ports_of, root
from components.serving.seldon.images import TENSORFLOW, GraphImages
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

START_SECONDS = 1800
"""How long a model may take to load."""


def component_spec(predictor: Predictor, around: Surroundings) -> dict[str, Any]:
    """The predictor's one entry of ``componentSpecs``."""
    containers: list[dict[str, Any]] = []
    downloads: list[Download] = []
    for name, ports in ports_of(predictor.units).items():
        unit = predictor.units[name]
        proxied = unit.implementation == TENSORFLOW and around.protocol == "seldon"
        found = download(unit, loader=TF_SERVING if proxied else name, image=around.images.storage_initializer)
        mounts = [found.mount] if found else []
        if found:
            downloads.append(found)
        if proxied:
            proxy = around.images.server(TENSORFLOW, "seldon", gpus=0)
            containers.append(_unit(name, unit, proxy, ports, around) | {"resources": _SMALL})
            containers.append(_tf_serving(name, unit, around.images, mounts))
        else:
            mounted = {"volumeMounts": mounts} if mounts else {}
            containers.append(_unit(name, unit, _image(unit, around), ports, around) | mounted)
    containers.append(executor(predictor, around))
    spec: dict[str, Any] = {
        "automountServiceAccountToken": predictor.service_account is not None,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": GRACE_SECONDS,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER_ID,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": containers,
    }
    if predictor.service_account is not None:
        spec["serviceAccountName"] = predictor.service_account
    if predictor.nodes.selector:
        spec["nodeSelector"] = dict(predictor.nodes.selector)
    if predictor.nodes.tolerations:
        spec["tolerations"] = [dict(each) for each in predictor.nodes.tolerations]
    if downloads:
        spec["initContainers"] = [each.container for each in downloads]
        spec["volumes"] = [volume for each in downloads for volume in each.volumes]
    # The operator sets the label only beside an executor of its own.
    labels = {APP_LABEL: predictor_service(around.deployment, around.predictor)}
    return {"metadata": {"name": root(predictor.units), "labels": labels}, "spec": spec}


def _unit(
    name: str,
    unit: Unit,
    image: pulumi.Input[str],
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
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "ports": [{"name": each, "containerPort": port, "protocol": "TCP"} for each, port in named],
        **_probes(unit, around.protocol, ports.grpc if around.transport == "grpc" else ports.http),
        "resources": _resources(unit),
        "securityContext": RESTRICTED,
        "lifecycle": _LASTS,
        **_environment(unit),
    }
    if unit.implementation == TENSORFLOW and around.protocol == "tensorflow":
        container["args"] = _tf_arguments(name, ports.grpc, ports.http)
    return container


def _image(unit: Unit, around: Surroundings) -> pulumi.Input[str]:
    """The unit's own image, or the stack's of its server."""
    if unit.image is not None:
        return unit.image
    return around.images.server(unit.implementation or "", around.protocol, gpus=unit.num_gpus)


def _environment(unit: Unit) -> dict[str, Any]:
    # The operator has it keep models in the image, where its user may not write.
    cache = {"XDG_CACHE_HOME": "/tmp"} if unit.implementation == HUGGING_FACE else {}
    plain = [{"name": key, "value": value} for key, value in sorted({**cache, **unit.env}.items())]
    secret = [
        {"name": key, "valueFrom": {"secretKeyRef": {"name": each.secret, "key": each.key}}}
        for key, each in sorted(unit.secret_env.items())
    ]
    return {"env": [*plain, *secret]} if plain or secret else {}


def _tf_serving(name: str, unit: Unit, images: GraphImages, mounts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """TensorFlow Serving itself, behind the unit that speaks Seldon's protocol for it."""
    ports = [TF_SERVING_GRPC_PORT, TF_SERVING_HTTP_PORT]
    return {
        "name": TF_SERVING,
        "image": unit.image if unit.image is not None else images.server(TENSORFLOW, "tensorflow", gpus=unit.num_gpus),
        "imagePullPolicy": "IfNotPresent",
        "args": _tf_arguments(name, *ports),
        "ports": [{"containerPort": port, "protocol": "TCP"} for port in ports],
        **_tcp_probes(TF_SERVING_HTTP_PORT),
        "resources": _resources(unit),
        "securityContext": RESTRICTED,
        "lifecycle": _LASTS,
        **_environment(unit),
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
    return {
        "startupProbe": {**live, "periodSeconds": 5, "failureThreshold": START_SECONDS // 5},
        "livenessProbe": {**live, "periodSeconds": 10, "failureThreshold": 6, "timeoutSeconds": 5},
        "readinessProbe": {**ready, "periodSeconds": 5, "failureThreshold": 3, "timeoutSeconds": 5},
    }


_LASTS = {"preStop": {"exec": {"command": ["/bin/sh", "-c", f"/bin/sleep {UNITS_LAST_SECONDS}"]}}}
"""A unit goes after the executor, which may still ask it."""
_SMALL: dict[str, Any] = {
    "requests": {"cpu": "100m", "memory": "128Mi"},
    "limits": {"cpu": "1", "memory": "512Mi"},
}


def _resources(unit: Unit) -> dict[str, Any]:
    return resources(
        unit.cpu, unit.memory, cpu_limit=unit.cpu_limit, memory_limit=unit.memory_limit, gpus=unit.num_gpus
    )
