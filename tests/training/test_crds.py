"""Our definitions of the jobs' kinds beside upstream's."""

import re
from typing import Any

import pytest

from components.training.crds import JOB_KINDS, JobKind
from tests.support.training.crds import Node, compact, fields, rendered, schema, upstream, version

LARGEST = 8 * 1024
OPEN = "x-kubernetes-preserve-unknown-fields"
TEMPLATE = ".spec.REPLICAS{}.template"

LEFT_TO_OTHERS = {
    ".spec.elasticPolicy.metrics[]": "the autoscaler's API checks them when the operator makes one of them",
    ".status.replicaStatuses{}.labelSelector": "deprecated, and only the operator writes it",
}
"""Where upstream spells out what ours keeps as it is, besides the pod template."""

STRICTER: dict[str, Node] = {
    "": {"required": ["spec"]},
    ".spec.cleanPodPolicy": {"enum": ["All", "Running", "None"]},
    ".spec.elasticPolicy.maxReplicas": {"minimum": 0},
    ".spec.elasticPolicy.maxRestarts": {"minimum": 0},
    ".spec.elasticPolicy.minReplicas": {"minimum": 0},
    ".spec.runPolicy.activeDeadlineSeconds": {"minimum": 1},
    ".spec.runPolicy.backoffLimit": {"minimum": 0},
    ".spec.runPolicy.cleanPodPolicy": {"enum": ["All", "Running", "None"]},
    ".spec.runPolicy.managedBy": {"enum": ["kubeflow.org/training-operator", "kueue.x-k8s.io/multikueue"]},
    ".spec.runPolicy.ttlSecondsAfterFinished": {"minimum": 0},
    ".spec.slotsPerWorker": {"minimum": 0},
    ".spec.successPolicy": {"enum": ["", "AllWorkers"]},
    ".spec.REPLICAS": {"maxProperties": ..., "x-kubernetes-validations": ...},
    ".spec.REPLICAS{}": {"required": ["template"]},
    ".spec.REPLICAS{}.replicas": {"minimum": 0},
    ".spec.REPLICAS{}.restartPolicy": {"enum": ["Always", "OnFailure", "Never", "ExitCode"]},
    TEMPLATE: {"required": ["spec"]},
    f"{TEMPLATE}.spec.containers": {"minItems": 1},
    f"{TEMPLATE}.spec.containers[]": {"required": ["name", "image"]},
}
"""What ours demands, and upstream's operator or documentation besides its schema; dots if each kind has its own."""

LAXER = {f"{TEMPLATE}.spec.containers[].ports": {"x-kubernetes-list-type", "x-kubernetes-list-map-keys"}}
"""What upstream demands and ours does not: a port's key has a protocol, which we would have to fill in."""

every_kind = pytest.mark.parametrize("kind", JOB_KINDS, ids=lambda kind: kind.kind)


def paths(kind: JobKind, definition: Node) -> dict[str, Node]:
    """The fields of a kind, with one name for that of its replicas."""
    return {path.replace(kind.replicas, "REPLICAS", 1): node for path, node in fields(schema(definition))}


def facets(node: Node) -> Node:
    """What a schema demands of a value itself, in one wording."""
    inner = ("properties", "items", "additionalProperties", "description", OPEN)
    demands = {name: value for name, value in node.items() if name not in inner}
    if demands.get("x-kubernetes-int-or-string"):
        # It says the same.
        demands.pop("anyOf", None)
    if demands.get("x-kubernetes-list-type") == "atomic":
        # As lists are.
        del demands["x-kubernetes-list-type"]
    return demands


@every_kind
def test_definition_is_small(kind: JobKind) -> None:
    ours, theirs = (len(compact(definition)) for definition in (rendered(kind), upstream(kind)))
    assert ours < LARGEST
    assert ours < theirs / 30


@every_kind
def test_names_columns_and_subresources_are_upstreams(kind: JobKind) -> None:
    ours, theirs = rendered(kind), upstream(kind)
    assert ours["metadata"]["name"] == theirs["metadata"]["name"]
    without = ({**definition["spec"], "versions": None} for definition in (ours, theirs))
    assert next(without) == next(without)


@every_kind
def test_version_is_upstreams_but_for_the_schema(kind: JobKind) -> None:
    ours, theirs = ({**version(definition), "schema": None} for definition in (rendered(kind), upstream(kind)))
    assert ours == theirs


@every_kind
def test_no_field_of_upstreams_is_lost(kind: JobKind) -> None:
    ours, theirs = paths(kind, rendered(kind)), paths(kind, upstream(kind))
    missing = set(theirs) - set(ours)
    kept = (*LEFT_TO_OTHERS, TEMPLATE)
    lost = {path for path in missing if not path.startswith(tuple(f"{place}." for place in kept))}
    assert not lost
    assert not set(ours) - set(theirs), "fields that upstream does not have"


@every_kind
def test_what_is_not_spelt_out_is_kept(kind: JobKind) -> None:
    ours, theirs = paths(kind, rendered(kind)), paths(kind, upstream(kind))
    for path in theirs:
        parent = re.sub(r"\.[^.]+$", "", path)
        if path not in ours and parent in ours:
            assert ours[parent].get(OPEN), f"{path} would be dropped"
    for place in LEFT_TO_OTHERS:
        assert place not in ours or ours[place][OPEN]


@every_kind
def test_only_what_is_stated_is_open(kind: JobKind) -> None:
    opened = {path for path, node in paths(kind, rendered(kind)).items() if OPEN in node}
    assert {path for path in opened if not path.startswith(TEMPLATE)} <= set(LEFT_TO_OTHERS)
    assert TEMPLATE in opened


@every_kind
def test_types_and_demands_agree_but_for_what_is_stated(kind: JobKind) -> None:
    ours, theirs = paths(kind, rendered(kind)), paths(kind, upstream(kind))
    for path, node in ours.items():
        got, expected = facets(node), facets(theirs[path])
        plain = path.replace(".initContainers[]", ".containers[]")
        for name, value in STRICTER.get(path, {}).items():
            assert value in (..., got[name]), f"{path}: {name}"
            assert got.pop(name) != expected.pop(name, None), f"{path}: {name} is upstream's"
        for name in LAXER.get(plain, ()):
            assert name not in got
            del expected[name]
        assert got == expected, path


def test_nothing_is_stated_that_is_not_so() -> None:
    ours = {path for kind in JOB_KINDS for path in paths(kind, rendered(kind))}
    assert set(STRICTER) | set(LAXER) | set(LEFT_TO_OTHERS) <= ours


@every_kind
def test_types_of_replicas_are_those_of_the_rule(kind: JobKind) -> None:
    node = paths(kind, rendered(kind))[".spec.REPLICAS"]
    (rule,) = node["x-kubernetes-validations"]
    assert node["maxProperties"] == len(kind.types)
    names = re.findall(r"'(\w+)'", rule["rule"])
    assert names == [name.lower() if kind.any_case else name for name in kind.types]


@every_kind
def test_schema_is_structural(kind: JobKind) -> None:
    root = schema(rendered(kind))
    assert root["properties"]["metadata"] == {"type": "object"}
    for path, node in fields(root):
        assert_structural(path, node)


def assert_structural(path: str, node: dict[str, Any]) -> None:
    """The API server's rules, as far as one node tells."""
    assert ("type" in node) != bool(node.get("x-kubernetes-int-or-string")), f"{path} has no type"
    assert not {"$ref", "allOf", "oneOf", "not", "definitions", "patternProperties", "nullable"} & set(node), path
    assert not {"properties", "additionalProperties"} <= set(node), path
    assert ("items" in node) == (node.get("type") == "array"), path
    if node.get("type") != "object":
        assert not {OPEN, "properties", "additionalProperties", "required", "maxProperties"} & set(node), path
    if "properties" in node:
        assert set(node.get("required", ())) <= set(node["properties"]), path
    if node.get("x-kubernetes-list-type") == "map":
        keys = set(node["x-kubernetes-list-map-keys"])
        assert keys <= set(node["items"]["required"]), f"{path}: an entry may lack its key"
        assert all(node["items"]["properties"][key]["type"] == "string" for key in keys), path
    for name, value in node.items():
        assert value is not None, f"{path}: {name}"
        assert "_" not in name, f"{path}: {name}"
