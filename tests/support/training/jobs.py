"""Jobs to send to the API server: the operator's own examples, one with every field there is, and a plain one."""

import copy
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any, cast

import yaml

from components.training.crds import JobKind
from tests.support.training.crds import Node, module, schema, upstream

API_VERSION = "kubeflow.org/v1"
MEANINGFUL: dict[str, Any] = {
    "activeDeadlineSeconds": 60,
    "cleanPodPolicy": "Running",
    "managedBy": "kubeflow.org/training-operator",
    "successPolicy": "AllWorkers",
}
"""Values of fields that do not take any value; the restart policy of pods and replicas has one of its own."""

BY_TYPE: dict[str, Any] = {
    "boolean": True,
    "date-time": "2026-01-01T00:00:00Z",
    "int32": 7,
    "int64": 7,
    "object": {},
    "string": "text",
}


def documents() -> Iterator[tuple[str, Node]]:
    """Every manifest among the operator's examples, with where it is from."""
    folder = module() / "examples"
    for file in sorted(folder.rglob("*.y*ml")):
        for document in yaml.safe_load_all(file.read_text()):
            if document:
                yield str(file.relative_to(folder)), document


def plain(kind: JobKind, name: str) -> Node:
    """A job with as little as there can be."""
    container = {"name": "main", "image": "busybox"}
    replica = {"replicas": 1, "template": {"spec": {"containers": [container]}}}
    return job(kind, name, {kind.replicas: {"Worker": replica}})


def full(kind: JobKind, name: str) -> Node:
    """A job that says something in every field that upstream's schema has, with its status."""
    sample = _sample(schema(upstream(kind)), "")
    sample["spec"][kind.replicas] = {"Worker": sample["spec"][kind.replicas]["key"]}
    sample["spec"][kind.replicas]["Worker"]["restartPolicy"] = "ExitCode"
    return {**job(kind, name, sample["spec"]), "status": sample["status"]}


def job(kind: JobKind, name: str, spec: Node) -> Node:
    """A job with this spec."""
    return {"apiVersion": API_VERSION, "kind": kind.kind, "metadata": {"name": name}, "spec": spec}


def changed(manifest: Node, path: tuple[str | int, ...], value: Any) -> Node:
    """The manifest with another value at a path; what is on the way is made if need be."""
    copied = copy.deepcopy(manifest)
    place: Any = copied
    for part in path[:-1]:
        if isinstance(part, str):
            place.setdefault(part, {})
        place = place[part]
    place[path[-1]] = value
    return copied


def lost(sent: Any, got: Any, path: str = "") -> Iterator[str]:
    """The paths of what was sent and did not come back as it was."""
    if isinstance(sent, dict) and isinstance(got, dict):
        for key, value in cast("Node", sent).items():
            if key in got:
                yield from lost(value, got[key], f"{path}.{key}")
            else:
                yield f"{path}.{key}"
    elif isinstance(sent, list) and isinstance(got, list):
        # An entry more or fewer is a difference too.
        pairs = zip_longest(cast("list[Any]", sent), cast("list[Any]", got))
        for index, (value, answer) in enumerate(pairs):
            yield from lost(value, answer, f"{path}[{index}]")
    elif sent != got:
        yield path


def _sample(node: Node, name: str) -> Any:
    if name in MEANINGFUL:
        return MEANINGFUL[name]
    if node.get("x-kubernetes-int-or-string"):
        return "1"
    if "items" in node:
        return [_sample(node["items"], "")]
    if "properties" in node:
        return {key: _sample(inner, key) for key, inner in node["properties"].items()}
    if "additionalProperties" in node:
        return {"key": _sample(node["additionalProperties"], "key")}
    return BY_TYPE[node.get("format", node["type"])]
