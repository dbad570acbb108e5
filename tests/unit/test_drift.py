"""What an object's own record of its fields tells of others, and what is said of it."""

from typing import Any

import pytest

from tools.api import Ref
from tools.drift import added, left_to_others, shown
from tools.recorded import Recorded, parse

OURS = "kubeflow-on-pulumi"
REF = Ref("Deployment", "kubeflow", "hub", "apps/v1")


def recorded(manifest: dict[str, Any], *ignored: str, ref: Ref = REF) -> Recorded:
    return Recorded(urn="", ref=ref, manifest=manifest, manager=OURS, uid="", ignored=ignored, is_patch=False)


def live(content: dict[str, Any], *entries: tuple[str, str, dict[str, Any]]) -> dict[str, Any]:
    fields = [
        {"manager": by, "operation": how, "time": "2026-11-30T12:00:00Z", "fieldsV1": of} for by, how, of in entries
    ]
    return {**content, "metadata": {**content.get("metadata", {}), "managedFields": fields}}


def test_a_container_that_others_add_is_named_once_and_not_by_its_fields() -> None:
    ours, theirs = {"name": "hub", "image": "a"}, {"name": "sidecar", "image": "b"}
    fields: dict[str, Any] = {
        "f:spec": {
            "f:containers": {
                'k:{"name":"sidecar"}': {".": {}, "f:image": {}, "f:name": {}},
                'k:{"name":"hub"}': {"f:image": {}, "f:tty": {}},
            }
        }
    }
    there = live({"spec": {"containers": [theirs, {**ours, "tty": True}]}}, ("kubectl-edit", "Update", fields))
    found = list(added(recorded({"spec": {"containers": [ours]}}), there))
    assert [shown(change.path) for change in found] == ["spec.containers[0]", "spec.containers[1].tty"]
    assert all(change.who == "kubectl-edit at 2026-11-30T12:00:00Z" for change in found)


@pytest.mark.parametrize(
    ("content", "fields"),
    [
        ({"status": {"replicas": 1}}, {"f:status": {"f:replicas": {}}}),
        ({"spec": {"clusterIP": "10.0.0.1"}}, {"f:spec": {"f:clusterIP": {}}}),
        ({"spec": {"volumeName": "pv"}}, {"f:spec": {"f:volumeName": {}}}),
        (
            {"metadata": {"annotations": {"deployment.kubernetes.io/revision": "2"}}},
            {"f:metadata": {"f:annotations": {"f:deployment.kubernetes.io/revision": {}}}},
        ),
        (
            {"spec": {"template": {"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": "now"}}}}},
            {"f:spec": {"f:template": {"f:metadata": {"f:annotations": {"f:kubectl.kubernetes.io/restartedAt": {}}}}}},
        ),
    ],
)
def test_what_controllers_write_is_no_drift(content: dict[str, Any], fields: dict[str, Any]) -> None:
    there = live(content, ("kube-controller-manager", "Update", fields))
    assert list(added(recorded({}), there)) == []


def test_nothing_of_a_secret_or_of_the_environment_is_shown() -> None:
    fields: dict[str, Any] = {"f:data": {"f:more": {}}}
    secret = recorded({"data": {}}, ref=Ref("Secret", "kubeflow", "s", "v1"))
    (change,) = added(secret, live({"data": {"more": "c2VjcmV0"}}, ("kubectl", "Update", fields)))
    assert change.what == "was added"
    variable: dict[str, Any] = {"f:env": {'k:{"name":"A"}': {".": {}, "f:name": {}, "f:value": {}}}}
    there = live({"env": [{"name": "A", "value": "secret"}]}, ("kubectl", "Update", variable))
    (change,) = added(recorded({}), there)
    assert change.what == "was added"


def test_fields_that_are_left_to_others_are_applied_as_they_are_or_not_at_all() -> None:
    manifest = {"spec": {"replicas": 2, "paused": False}}
    ignored = recorded(manifest, "spec.replicas")
    theirs = live({"spec": {"replicas": 5}}, ("autoscaler", "Update", {"f:spec": {"f:replicas": {}}}))
    assert left_to_others(ignored, theirs) == {"spec": {"paused": False}}
    shared = live({"spec": {"replicas": 5}}, (OURS, "Apply", {"f:spec": {"f:replicas": {}}}))
    assert left_to_others(ignored, shared) == {"spec": {"replicas": 5, "paused": False}}
    assert manifest["spec"]["replicas"] == 2
    assert list(added(ignored, theirs)) == []


def test_a_state_is_read_without_the_engines_envelopes() -> None:
    secret = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "plaintext": '"token"'}
    start = "urn:pulumi:s::kubeflow::"
    state = parse(
        {
            "deployment": {
                "pending_operations": [{"type": "creating", "resource": {"urn": "x"}}],
                "resources": [
                    {"urn": f"{start}pulumi:pulumi:Stack::s", "type": "pulumi:pulumi:Stack"},
                    {
                        "urn": f"{start}pulumi:index:Stash::installation-id",
                        "type": "pulumi:index:Stash",
                        "outputs": {"output": "s-1"},
                    },
                    {
                        "urn": f"{start}kubernetes:core/v1:Secret::a",
                        "type": "kubernetes:core/v1:Secret",
                        "custom": True,
                        "id": "kubeflow/a-1",
                        "inputs": {"apiVersion": "v1", "kind": "Secret", "metadata": {}, "stringData": {"k": secret}},
                        "outputs": {"__fieldManager": OURS},
                    },
                    {
                        "urn": f"{start}kubernetes:core/v1:Secret::a",
                        "type": "kubernetes:core/v1:Secret",
                        "custom": True,
                        "delete": True,
                        "id": "kubeflow/a-0",
                        "inputs": {"apiVersion": "v1", "kind": "Secret"},
                        "outputs": {},
                    },
                ],
            }
        }
    )
    (only,) = state.objects
    assert only.manifest == {
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a-1"}, "data": {"k": "dG9rZW4="},
    }  # fmt: skip
    assert only.manager == OURS
    assert {ref.name for ref in state.known} == {"a-0", "a-1"}
    assert (state.installation, state.pending) == ("s-1", ("x",))
