"""Our definitions of the jobs' kinds, on a real API server."""

import json
from collections.abc import Generator
from typing import Any

import pytest

from components.training.crds import JOB_KINDS, JobKind
from tests.conftest import Cluster
from tests.support.definitions import Send, defined
from tests.support.training.crds import Node, rendered
from tests.support.training.jobs import API_VERSION, changed, documents, full, lost, plain

NAMESPACE = "job-definitions"
KINDS = {kind.kind: kind for kind in JOB_KINDS}
NO_JOBS = {"PersistentVolume", "PersistentVolumeClaim", "Pod", "Service"}
"""What else lies among the operator's examples."""

TEMPLATE = ("template", "spec")
REPLICA = {"template": {"spec": {"containers": [{"name": "main", "image": "busybox"}]}}}
CONTAINER = (*TEMPLATE, "containers", 0)
MISTAKES: dict[str, tuple[tuple[str | int, ...], Any, str]] = {
    "negative-backoff-limit": (("spec", "runPolicy", "backoffLimit"), -1, "spec.runPolicy.backoffLimit"),
    "no-such-clean-pod-policy": (("spec", "runPolicy", "cleanPodPolicy"), "Some", 'supported values: "All"'),
    "no-such-manager": (("spec", "runPolicy", "managedBy"), "me", "spec.runPolicy.managedBy"),
    "misspelt-field": (("spec", "runPolicy", "cleanPods"), "All", 'unknown field "spec.runPolicy.cleanPods"'),
    "no-replicas": (("spec",), {}, "spec.REPLICAS: Required value"),
    "no-such-replicas": (("spec", "REPLICAS"), {"Driver": REPLICA}, "the types of replicas are"),
    "too-many-types-of-replicas": (("spec", "REPLICAS"), dict.fromkeys("ABCDEF", REPLICA), "spec.REPLICAS: Too many"),
    "replicas-as-text": (("replicas",), "two", "REPLICAS.Worker.replicas"),
    "negative-replicas": (("replicas",), -1, "REPLICAS.Worker.replicas"),
    "replicas-beyond-32-bits": (("replicas",), 3_000_000_000, "REPLICAS.Worker.replicas"),
    "no-such-restart-policy": (("restartPolicy",), "Sometimes", "REPLICAS.Worker.restartPolicy"),
    "no-containers": ((*TEMPLATE, "containers"), [], "REPLICAS.Worker.template.spec.containers"),
    "no-image": (CONTAINER, {"name": "main"}, "containers[0].image: Required value"),
    "command-as-text": ((*CONTAINER, "command"), "sleep 1", "containers[0].command"),
    "number-in-the-environment": ((*CONTAINER, "env"), [{"name": "A", "value": 8}], "containers[0].env[0].value"),
    "two-containers-of-one-name": (
        (*TEMPLATE, "containers"),
        [{"name": "main", "image": "busybox"}] * 2,
        "containers[1]: Duplicate value",
    ),
    "amount-that-is-none": ((*CONTAINER, "resources"), {"limits": {"cpu": "1 core"}}, "resources.limits.cpu"),
}
"""Where, what, and what the answer has to name. Paths that do not begin at the spec begin at the workers' replica."""

every_kind = pytest.mark.parametrize("kind", JOB_KINDS, ids=lambda kind: kind.kind)


@pytest.fixture(scope="module")
def send(cluster: Cluster) -> Generator[Send]:
    """Runs ``kubectl`` in a namespace of its own, with an object if one is given."""
    with defined(cluster, [rendered(kind) for kind in JOB_KINDS], NAMESPACE) as run:
        yield run


def create(send: Send, manifest: Node) -> Node:
    """What the API server made of it. The client's check is off: unknown fields would be dropped, not refused."""
    done = send("create", "--validate=ignore", "--filename=-", "--output=json", stdin=manifest)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_examples_of_the_operator_come_back_whole(send: Send) -> None:
    seen: set[str] = set()
    dropped: dict[str, list[str]] = {}
    for number, (file, document) in enumerate(documents()):
        if document["apiVersion"] != API_VERSION:
            assert document["kind"] in NO_JOBS, file
            continue
        # Several have the same name, some a namespace.
        manifest = {**document, "metadata": {"name": f"example-{number}"}}
        dropped[file] = list(lost(manifest, create(send, manifest)))
        seen.add(document["kind"])
    assert seen == set(KINDS)
    assert not {file: paths for file, paths in dropped.items() if paths}


@every_kind
def test_every_field_of_upstreams_comes_back(kind: JobKind, send: Send) -> None:
    sent = full(kind, "full")
    assert not list(lost({**sent, "status": {}}, {"status": {}, **create(send, sent)}))
    status = json.dumps({"status": sent["status"]})
    patched = send(
        "patch", kind.singular, "full", "--subresource=status", "--type=merge", f"--patch={status}", "--output=json"
    )
    assert patched.returncode == 0, patched.stderr
    assert not list(lost(sent["status"], json.loads(patched.stdout)["status"]))


@every_kind
def test_plain_job_gets_upstreams_defaults_alone(kind: JobKind, send: Send) -> None:
    sent = changed(plain(kind, "plain"), ("spec", "runPolicy"), {})
    assert create(send, sent)["spec"] == {**sent["spec"], "runPolicy": {"suspend": False}}


@pytest.mark.parametrize("mistake", MISTAKES)
@every_kind
def test_mistake_is_refused_and_named(kind: JobKind, mistake: str, send: Send) -> None:
    path, value, message = MISTAKES[mistake]
    if path[0] != "spec":
        path = ("spec", "REPLICAS", "Worker", *path)
    path = tuple(kind.replicas if part == "REPLICAS" else part for part in path)
    done = send("create", "--filename=-", stdin=changed(plain(kind, "mistaken"), path, value))
    assert done.returncode != 0
    assert message.replace("REPLICAS", kind.replicas) in done.stderr


def test_tensorflow_takes_types_in_small_letters(send: Send) -> None:
    manifest = plain(KINDS["TFJob"], "small")
    replicas = manifest["spec"]["tfReplicaSpecs"]
    assert not list(lost(manifest, create(send, manifest)))
    manifest = changed(plain(KINDS["TFJob"], "smaller"), ("spec", "tfReplicaSpecs"), {"worker": replicas["Worker"]})
    assert not list(lost(manifest, create(send, manifest)))


@every_kind
def test_workers_scale_where_upstreams_do(kind: JobKind, send: Send) -> None:
    create(send, plain(kind, "scaled"))
    done = send("scale", f"{kind.plural}/scaled", "--replicas=3")
    assert (done.returncode == 0) == kind.scales, done.stderr
    got = json.loads(send("get", kind.plural, "scaled", "--output=json").stdout)
    assert got["spec"][kind.replicas]["Worker"]["replicas"] == (3 if kind.scales else 1)


@every_kind
def test_queue_never_changes(kind: JobKind, send: Send) -> None:
    queue = ("spec", "runPolicy", "schedulingPolicy", "queue")
    create(send, changed(plain(kind, "queued"), queue, "one"))
    patch = json.dumps({"spec": {"runPolicy": {"schedulingPolicy": {"queue": "two"}}}})
    done = send("patch", kind.plural, "queued", "--type=merge", f"--patch={patch}")
    assert done.returncode != 0
    assert "queue is immutable" in done.stderr


@every_kind
def test_list_shows_the_state(kind: JobKind, send: Send) -> None:
    create(send, plain(kind, "shown"))
    condition = {"type": "Running", "status": "True"}
    patch = json.dumps({"status": {"conditions": [condition]}})
    send("patch", kind.plural, "shown", "--subresource=status", "--type=merge", f"--patch={patch}")
    header, row = send("get", kind.plural, "shown").stdout.splitlines()
    assert header.split() == ["NAME", *(column.upper() for column in kind.columns)]
    assert "Running" in row.split()
