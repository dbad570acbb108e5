"""Objects of a stack in its cluster: which are there, which are being deleted, and what holds those."""

import json
import shlex
import threading
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tools.say import ToolError, say
from tools.stack import Stack

PATIENCE = 10
"""For how many seconds an object may be about to go before something is said of it."""
PROTECTED_CLAIM = "kubernetes.io/pvc-protection"
ITS_OBJECTS = "customresourcecleanup.apiextensions.k8s.io"
OF_KUBERNETES = ("foregroundDeletion", "orphan", ITS_OBJECTS)
"""Finalizers that Kubernetes itself removes, once what they wait for is gone, beside those of its domain."""


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """The cluster of a stack, as kubectl reaches it."""

    stack: Stack
    kubeconfig: Path | None

    @classmethod
    def of(cls, stack: Stack, outputs: Mapping[str, Any]) -> "Cluster":
        """The cluster of a stack that has ``outputs``.

        Raises:
            ToolError: if its cloud does not hand out a kubeconfig.
        """
        return cls(stack=stack, kubeconfig=stack.kubeconfig(outputs))

    def kubectl(self, *arguments: str) -> str:
        """What kubectl prints.

        Raises:
            ToolError: if it fails.
        """
        return self.stack.kubectl(f"--kubeconfig={self.kubeconfig}", f"--request-timeout={PATIENCE * 3}s", *arguments)

    def get(self, *arguments: str) -> list[dict[str, Any]]:
        """The objects that kubectl finds; none is no error."""
        found = self.kubectl("get", *arguments, "--ignore-not-found", "--output=json")
        if not found.strip():
            return []
        content: dict[str, Any] = json.loads(found)
        return content["items"] if content["kind"] == "List" else [content]


def names_by_namespace(resources: Iterable[Mapping[str, Any]]) -> dict[str, list[str]]:
    """What kubectl calls the objects of a state, by their namespaces; those of none are under the empty name."""
    found: dict[str, list[str]] = {}
    for resource in resources:
        token: list[str] = str(resource["type"]).split(":")
        if token[0] != "kubernetes" or not resource.get("id"):
            continue
        group, _, version = token[1].rpartition("/")
        namespace, _, name = str(resource["id"]).rpartition("/")
        found.setdefault(namespace, []).append(f"{token[2]}.{version}.{'' if group == 'core' else group}/{name}")
    return found


def going(cluster: Cluster, resources: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The objects of a state that are being deleted."""
    found: list[dict[str, Any]] = []
    for namespace, names in names_by_namespace(resources).items():
        place = [f"--namespace={namespace}"] if namespace else []
        try:
            found += cluster.get(*names, *place)
        except ToolError:  # of a kind that is gone, such as a job whose CRD was deleted
            continue
    return [each for each in found if "deletionTimestamp" in each["metadata"]]


def holders(cluster: Cluster, objects: Iterable[Mapping[str, Any]]) -> list[str]:
    """What keeps objects that are being deleted, in sentences, with the commands that let them go."""
    said: list[str] = []
    for each in objects:
        metadata, kind = each["metadata"], each["kind"]
        if kind == "Namespace":
            said += _in_namespace(cluster, each)
        elif ITS_OBJECTS in (metadata.get("finalizers") or []):
            of_it = f"{each['spec']['names']['plural']}.{each['spec']['group']}"
            for one in cluster.get(of_it, "--all-namespaces"):
                said += _of(cluster, one)
        else:
            said += _of(cluster, each)
    return list(dict.fromkeys(said))


@contextmanager
def watched(stack: Stack, outputs: Mapping[str, Any], resources: list[dict[str, Any]]) -> Generator[None]:
    """Says what a deletion waits for, while it goes on.

    Args:
        stack: the stack.
        outputs: what it says of itself.
        resources: what its state has.
    """
    done = threading.Event()
    thread = threading.Thread(target=_watch, args=(stack, outputs, resources, done), daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()


def _watch(stack: Stack, outputs: Mapping[str, Any], resources: list[dict[str, Any]], done: threading.Event) -> None:
    said: set[str] = set()
    cluster: Cluster | None = None
    while not done.wait(PATIENCE):
        try:
            cluster = cluster or Cluster.of(stack, outputs)
            old = [each for each in going(cluster, resources) if _age(each) >= PATIENCE]
            now = holders(cluster, old)
        except ToolError:  # the deletion itself will say that the cluster cannot be asked
            continue
        for sentence in now:
            if sentence not in said and not done.is_set():
                said.add(sentence)
                say(sentence)


def _claims(pod: Mapping[str, Any]) -> list[str]:
    """The claims that a pod uses."""
    volumes: list[dict[str, Any]] = pod["spec"].get("volumes") or []
    return [each["persistentVolumeClaim"]["claimName"] for each in volumes if "persistentVolumeClaim" in each]


def _age(thing: Mapping[str, Any]) -> float:
    """For how many seconds it has been about to go, beside the time that its processes have."""
    metadata = thing["metadata"]
    since = datetime.fromisoformat(metadata["deletionTimestamp"])
    return (datetime.now(UTC) - since).total_seconds()


def _in_namespace(cluster: Cluster, namespace: Mapping[str, Any]) -> list[str]:
    name = namespace["metadata"]["name"]
    conditions: list[dict[str, str]] = namespace.get("status", {}).get("conditions") or []
    kinds = cluster.kubectl("api-resources", "--namespaced", "--verbs=list,delete", "--output=name").split()
    said: list[str] = []
    for each in cluster.get(",".join(kind for kind in kinds if not kind.startswith("events")), f"--namespace={name}"):
        if "deletionTimestamp" in each["metadata"]:
            said += _of(cluster, each)
    if not said:
        said = [
            f"Waiting for the namespace {name}: {condition['message']}"
            for condition in conditions
            if condition["status"] == "True"
        ]
    return said


def _of(cluster: Cluster, thing: Mapping[str, Any]) -> list[str]:
    """What keeps one object."""
    metadata, kind = thing["metadata"], str(thing["kind"])
    name, namespace = metadata["name"], metadata.get("namespace")
    finalizers: list[str] = metadata.get("finalizers") or []
    place = f" --namespace {namespace}" if namespace else ""
    what = f"{kind} {name}{f' of the namespace {namespace}' if namespace else ''}"
    foreign = [each for each in finalizers if each not in OF_KUBERNETES and not each.startswith("kubernetes.io/")]
    if foreign:
        group = str(thing["apiVersion"]).rpartition("/")[0]
        patch = shlex.quote('{"metadata":{"finalizers":null}}')
        return [
            f"Waiting for the {what}: the finalizer {' and '.join(foreign)} holds it, until whatever set that removes "
            f"it. If that is gone:\n"
            f"  kubectl patch {kind.lower()}{f'.{group}' if group else ''} {name}{place} --type merge --patch {patch}"
        ]
    if PROTECTED_CLAIM in finalizers:
        users = [
            pod["metadata"]["name"] for pod in cluster.get("pods", f"--namespace={namespace}") if name in _claims(pod)
        ]
        if users:
            pods = f"the pod {users[0]} uses" if len(users) == 1 else f"the pods {', '.join(users)} use"
            return [f"Waiting for the {what}: {pods} it. To end that:\n  kubectl delete pod{place} {' '.join(users)}"]
    if kind == "Pod":
        return [f"Waiting for the {what} to end. If its node is gone:\n  kubectl delete pod{place} {name} --force"]
    return []
