"""What keeps objects that are being deleted: it is named, and the command that is printed lets them go."""

import json
import shlex
from collections.abc import Generator

import pytest

from tests.conftest import Cluster
from tests.support.waiting import wait_for
from tools import objects
from tools.stack import Stack
from tools.stack_file import StackFile

NAMESPACE = "held"
HELD = {"finalizers": ["example.com/hold"]}
CRD = "holds.example.com"
OBJECTS = [
    {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}},
    {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data", "namespace": NAMESPACE},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    },
    {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "user", "namespace": NAMESPACE},
        "spec": {
            "containers": [{"name": "user", "image": "example.com/user:1"}],
            "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}],
        },
    },
    {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings", "namespace": NAMESPACE, **HELD}},
    {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": CRD},
        "spec": {
            "group": "example.com",
            "scope": "Cluster",
            "names": {"kind": "Hold", "plural": "holds", "singular": "hold"},
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": {"type": "object"}},
                }
            ],
        },
    },
]
OF_THE_KIND = {"apiVersion": "example.com/v1", "kind": "Hold", "metadata": {"name": "one", **HELD}}
IN_STATE = [
    {"type": "kubernetes:core/v1:Namespace", "id": NAMESPACE},
    {"type": "kubernetes:core/v1:PersistentVolumeClaim", "id": f"{NAMESPACE}/data"},
    {"type": "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition", "id": CRD},
    {"type": "kubernetes:core/v1:ConfigMap", "id": f"{NAMESPACE}/never-there"},
    {"type": "kubeflow:core:Namespace"},
]


@pytest.fixture
def seen(cluster: Cluster) -> Generator[objects.Cluster]:
    """A cluster with objects that something holds once they are deleted."""
    cluster.kubectl("apply", "--filename=-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": OBJECTS}))
    cluster.kubectl("wait", f"crd/{CRD}", "--for=condition=Established")
    cluster.kubectl("apply", "--filename=-", stdin=json.dumps(OF_THE_KIND))
    cluster.kubectl("wait", "pod/user", f"--namespace={NAMESPACE}", "--for=condition=Ready")
    stack = Stack(file=StackFile("any"), context=cluster.context, changes={}, control_plane=None)
    yield objects.Cluster(stack=stack, kubeconfig=cluster.kubeconfig)
    for kind, name in (("configmap", "settings"), ("hold", "one")):
        patch = '--patch={"metadata":{"finalizers":null}}'
        cluster.kubectl("patch", kind, name, f"--namespace={NAMESPACE}", "--type=merge", patch, check=False)


@pytest.mark.parametrize(
    ("deleted", "held", "why"),
    [
        (
            f"persistentvolumeclaim/data --namespace={NAMESPACE}",
            "PersistentVolumeClaim data of",
            "the pod user uses it",
        ),
        (f"crd/{CRD}", "Hold one", "the finalizer example.com/hold holds it"),
        (f"namespace/{NAMESPACE}", "ConfigMap settings of", "the finalizer example.com/hold holds it"),
    ],
    ids=["a claim that a pod uses", "a kind of which there are objects", "a namespace that is not empty"],
)
def test_what_holds_an_object_is_named_and_the_command_lets_it_go(
    deleted: str, held: str, why: str, seen: objects.Cluster, cluster: Cluster
) -> None:
    cluster.kubectl("delete", "--wait=false", *deleted.split())

    def find() -> str | None:
        said = objects.holders(seen, objects.going(seen, IN_STATE))
        return next((sentence for sentence in said if sentence.startswith(f"Waiting for the {held}")), None)

    said = wait_for("what holds it", find)
    assert why in said
    program, *arguments = shlex.split(said.splitlines()[-1])
    assert program == "kubectl"
    cluster.kubectl(*arguments)
    wait_for("its end", lambda: not objects.going(seen, IN_STATE))
    assert not cluster.kubectl("get", *deleted.split(), "--ignore-not-found")
