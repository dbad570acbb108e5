"""The installation's id on every object, and what is said of objects of others."""

import re
from typing import Any

import pytest

from components.installation import ID_LABEL, new_id, stack_of
from components.ownership import ObjectName, owner
from tests.support.stacks import STACKS, recorded

LABEL_VALUE = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")


@pytest.mark.parametrize("name", STACKS)
def test_every_object_bears_the_id_of_its_installation(name: str) -> None:
    recording = recorded(name)
    ids = {
        each.inputs["metadata"]["labels"].get(ID_LABEL)
        for each in recording.kubernetes()
        if not each.type.endswith("Patch")
    }
    assert ids == {recording.outputs["installationId"]}


@pytest.mark.parametrize("stack", ["nocloud", "-odd_name.", "a" * 100, "___"])
def test_an_id_fits_in_a_label_and_is_never_the_same(stack: str) -> None:
    first, second = new_id(stack), new_id(stack)
    assert LABEL_VALUE.fullmatch(first)
    assert first != second
    assert stack_of(first) == stack_of(second)


@pytest.mark.parametrize(
    ("metadata", "said"),
    [
        (
            {"labels": {ID_LABEL: "one-0123456789abcdef"}},
            "belongs to the stack one (installation one-0123456789abcdef)",
        ),
        ({"annotations": {"meta.helm.sh/release-name": "hub"}}, "belongs to the Helm release hub"),
        (
            {"creationTimestamp": "2026-11-30T10:00:00Z", "managedFields": [{"manager": "kubectl-create"}]},
            "was made by somebody else with kubectl-create on 2026-11-30",
        ),
        ({"creationTimestamp": "2026-11-30T10:00:00Z"}, "was made by somebody else on 2026-11-30"),
    ],
)
def test_an_owner_is_told_as_far_as_metadata_tell(metadata: dict[str, Any], said: str) -> None:
    assert owner(metadata) == said


@pytest.mark.parametrize(
    ("api_version", "kind", "namespace", "path"),
    [
        ("v1", "Service", "ml", "/api/v1/namespaces/ml/services"),
        ("networking.k8s.io/v1", "NetworkPolicy", "ml", "/apis/networking.k8s.io/v1/namespaces/ml/networkpolicies"),
        ("storage.k8s.io/v1", "StorageClass", None, "/apis/storage.k8s.io/v1/storageclasses"),
        ("kubeflow.org/v1", "TFJob", "ml", "/apis/kubeflow.org/v1/namespaces/ml/tfjobs"),
    ],
)
def test_an_object_is_found_where_the_api_has_it(api_version: str, kind: str, namespace: str | None, path: str) -> None:
    assert ObjectName(kind=kind, name="x", namespace=namespace, api_version=api_version).folder == path
