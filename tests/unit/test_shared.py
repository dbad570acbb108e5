"""Whose an object in the stack's namespace is."""

from typing import Any

import pytest

from tools.shared import is_of_others

ID = "nocloud-0123456789abcdef"


def thing(kind: str = "ConfigMap", name: str = "x", **metadata: Any) -> dict[str, Any]:
    return {"kind": kind, "metadata": {"name": name, **metadata}}


@pytest.mark.parametrize(
    "found",
    [
        thing(),
        thing("Deployment", "default"),
        thing("PersistentVolumeClaim", labels={"app": "jupyterhub"}),
        thing(labels={"kubeflow.org/installation-id": "two-0123456789abcdef"}),
    ],
)
def test_what_others_made_is_theirs(found: dict[str, Any]) -> None:
    assert is_of_others(found, ID)


@pytest.mark.parametrize(
    "found",
    [
        thing(labels={"kubeflow.org/installation-id": ID}),
        thing("PersistentVolumeClaim", "claim-ada", annotations={"hub.jupyter.org/username": "ada"}),
        thing("Pod", ownerReferences=[{"kind": "ReplicaSet"}]),
        thing("Lease"),
        thing(name="kube-root-ca.crt"),
        thing("ServiceAccount", "default"),
    ],
)
def test_what_the_stack_its_hub_and_the_cluster_made_is_not(found: dict[str, Any]) -> None:
    assert not is_of_others(found, ID)
