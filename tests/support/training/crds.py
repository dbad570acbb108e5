"""Our definitions as the API server gets them, and upstream's, with their fields as paths."""

import asyncio
import functools
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import yaml
from google.protobuf import json_format
from pulumi.runtime import rpc
from pulumi_kubernetes import apiextensions

from components.training.crds import JobKind, custom_resource_definition
from tools.programs import MODULES

OPERATOR = "github.com/kubeflow/training-operator"
Node = dict[str, Any]


def rendered(kind: JobKind) -> Node:
    """The whole definition of a kind, as the provider sends it."""
    return as_sent(kind.definition, custom_resource_definition(kind))


def as_sent(name: str, definition: apiextensions.v1.CustomResourceDefinitionSpecArgs) -> Node:
    """A whole definition, as the provider sends it."""
    sent = asyncio.run(rpc.serialize_properties({"spec": definition}, {}))
    spec = _with_dashes(json_format.MessageToDict(sent)["spec"])
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": name},
        "spec": spec,
    }


def _with_dashes(value: Any) -> Any:
    """As the provider does: Python has no dashes in names, and numbers come as floats."""
    if isinstance(value, dict):
        names = {key: key.replace("_", "-") if key.startswith("x_kubernetes_") else key for key in cast("Node", value)}
        return {name: _with_dashes(value[key]) for key, name in names.items()}
    if isinstance(value, list):
        return [_with_dashes(item) for item in cast("list[Any]", value)]
    return int(value) if isinstance(value, float) and value.is_integer() else value


@functools.cache
def module() -> Path:
    """The operator's source, of the version that the tools build."""
    folder = MODULES / "training-operator"
    subprocess.run(["go", "mod", "download", OPERATOR], cwd=folder, check=True, capture_output=True)
    listed = ["go", "list", "-m", "-f", "{{.Dir}}", OPERATOR]
    return Path(subprocess.run(listed, cwd=folder, check=True, capture_output=True, text=True).stdout.strip())


@functools.cache
def upstream(kind: JobKind) -> Node:
    """The definition of a kind in the operator's module."""
    file = module() / "manifests" / "base" / "crds" / f"kubeflow.org_{kind.plural}.yaml"
    return yaml.load(file.read_text(), Loader=yaml.CSafeLoader)


def compact(definition: Node) -> str:
    """As JSON without blanks."""
    return json.dumps(definition, separators=(",", ":"))


def version(definition: Node) -> Node:
    """The one version that a definition has."""
    (only,) = definition["spec"]["versions"]
    return only


def schema(definition: Node) -> Node:
    """The root of its schema."""
    return version(definition)["schema"]["openAPIV3Schema"]


def fields(node: Node, path: str = "") -> Iterator[tuple[str, Node]]:
    """Every field of a schema by its path: ``.a`` for a field, ``[]`` for an entry, ``{}`` for a value of a map."""
    yield path, node
    for name, inner in node.get("properties", {}).items():
        yield from fields(inner, f"{path}.{name}")
    if "items" in node:
        yield from fields(node["items"], f"{path}[]")
    if isinstance(node.get("additionalProperties"), dict):
        yield from fields(node["additionalProperties"], f"{path}{{}}")
