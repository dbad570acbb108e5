"""A state that was lost, made anew of what is in the cluster.

The engine needs no more than the values that were drawn once: the installation's id and the generated secrets. With
them in the state, `up` applies every object under the name that it has in the cluster, and changes nothing.
"""

import base64
import json
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from components.installation import ID_LABEL
from tools import engine
from tools.api import Object, Objects, Ref
from tools.leftovers import labelled, own_namespaces
from tools.recorded import SEALED
from tools.say import say
from tools.stack import Stack

STASH = "pulumi:index:Stash"
_SEALED = {SEALED: "1b47061264138c4ac30d75fd1eb44270"}
"""The entries that mark a secret in the state; the engine encrypts it as it takes the state in."""
Find = Callable[[Iterable[Object]], str | None]


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A value that is drawn once and kept in the state."""

    name: str
    parent_type: str
    parent_name: str
    is_secret: bool
    find: Find
    """Finds it among the installation's objects."""


def _of_secret(key: str) -> Find:
    """Finds the value of a key in the Secret that the hub runs with, or else in the youngest."""

    def find(objects: Iterable[Object]) -> str | None:
        known = list(objects)
        having = [each for each in known if each["kind"] == "Secret" and key in (each.get("data") or {})]
        having.sort(key=lambda each: (_is_used(each, known), each["metadata"]["creationTimestamp"]))
        return _decoded(having[-1]["data"][key]) if having else None

    return find


def _is_used(secret: Object, objects: Iterable[Object]) -> bool:
    name = f'"{secret["metadata"]["name"]}"'
    return any(each["kind"] == "Deployment" and name in json.dumps(each["spec"]) for each in objects)


def _usage_id(objects: Iterable[Object]) -> str | None:
    for each in objects:
        if each["kind"] == "CronJob" and each["metadata"]["name"] == "usage-reporter":
            (container,) = each["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
            return next((entry["value"] for entry in container["env"] if entry["name"] == "USAGE_ID"), None)
    return None


def _seldon_certificate(objects: Iterable[Object]) -> str | None:
    known = list(objects)
    certificate = next((each for each in known if each.get("type") == "kubernetes.io/tls"), None)
    authorities = (
        webhook["clientConfig"]["caBundle"]
        for each in known
        if each["kind"] == "ValidatingWebhookConfiguration"
        for webhook in each["webhooks"]
        if webhook["name"] == "v1.vseldondeployment.kb.io"
    )
    authority = next(authorities, None)
    if certificate is None or authority is None:
        return None
    keys = {key: _decoded(certificate["data"][key]) for key in ("tls.crt", "tls.key")}
    return json.dumps({"ca.crt": _decoded(authority), **keys})


def _id(objects: Iterable[Object]) -> str | None:
    return next((each["metadata"]["labels"][ID_LABEL] for each in objects), None)


DRAWN = (
    Drawn(
        name="installation-id",
        parent_type="kubeflow:index:Installation",
        parent_name="installation",
        is_secret=False,
        find=_id,
    ),
    *(
        Drawn(
            name=f"jupyterhub-{key}",
            parent_type="kubeflow:core:JupyterHub",
            parent_name="jupyterhub",
            is_secret=True,
            find=_of_secret(key),
        )
        for key in ("proxy-token", "cookie-secret")
    ),
    Drawn(
        name="usage-reporting-id",
        parent_type="kubeflow:core:UsageReporting",
        parent_name="usage-reporting",
        is_secret=False,
        find=_usage_id,
    ),
    Drawn(
        name="seldon-certificate-stash",
        parent_type="kubeflow:serving:Seldon",
        parent_name="seldon",
        is_secret=True,
        find=_seldon_certificate,
    ),
)
"""All that the program draws. A test compares it with what the program registers."""


def installation_in(objects: Objects, namespace: str) -> str | None:
    """The id of the installation whose namespace this is; None if there is none."""
    for ref in (
        Ref("Namespace", "", namespace, "v1"),
        # In a namespace of others.
        Ref("NetworkPolicy", namespace, "default-deny", "networking.k8s.io/v1"),
    ):
        found = objects.get(ref)
        labels: dict[str, str] = (found or {}).get("metadata", {}).get("labels") or {}
        if ID_LABEL in labels:
            return labels[ID_LABEL]
    return None


def complete(stack: Stack, objects: Objects, installation: str) -> None:
    """Adds to the state what it lacks of the values that were drawn once, as far as the installation's objects have it.

    Raises:
        ToolError: if the engine does not take it.
    """
    export: dict[str, Any] = json.loads(stack.pulumi("stack", "export", quiet=True))
    resources: list[dict[str, Any]] = export["deployment"].get("resources") or []
    known = {each["urn"] for each in resources}
    project = engine.project_of(stack.folder)
    lacking = [drawn for drawn in DRAWN if urn(drawn, stack.name, project) not in known]
    if not lacking:
        return
    found = labelled(objects, installation, own_namespaces(stack))
    values = {drawn: value for drawn in lacking if (value := _found(drawn, found)) is not None}
    if values:
        # Without a word of it, the engine would make a second provider beside the one that the others have.
        provider = next((each["provider"] for each in resources if each["type"] == STASH and "provider" in each), None)
        made = [each for each in _resources(stack.name, project, values) if each["urn"] not in known]
        added = [{**each, "provider": provider} if provider and each["custom"] else each for each in made]
        export["deployment"]["resources"] = [*resources, *added]
        stack.pulumi("stack", "import", quiet=True, given=json.dumps(export))
        say(f"Read from the cluster, and not drawn anew: {', '.join(drawn.name for drawn in values)}.")


def _found(drawn: Drawn, objects: list[Object]) -> str | None:
    """The value in the cluster; None if there is none that can be read."""
    try:
        return drawn.find(objects)
    except (ValueError, KeyError, TypeError):
        say(f"{drawn.name} cannot be read from the cluster, and is drawn anew.")
        return None


def _resources(stack: str, project: str, values: Mapping[Drawn, str]) -> Iterator[dict[str, Any]]:
    start = f"urn:pulumi:{stack}::{project}::"
    root = f"{start}pulumi:pulumi:Stack::{project}-{stack}"
    yield {"urn": root, "custom": False, "type": "pulumi:pulumi:Stack"}
    parents: set[str] = set()
    for drawn, value in values.items():
        parent = f"{start}{drawn.parent_type}::{drawn.parent_name}"
        if parent not in parents:
            parents.add(parent)
            yield {"urn": parent, "custom": False, "type": drawn.parent_type, "parent": root}
        kept: object = {**_SEALED, "plaintext": json.dumps(value)} if drawn.is_secret else value
        yield {
            "urn": urn(drawn, stack, project),
            "custom": True,
            "id": str(uuid.uuid4()),
            "type": STASH,
            "parent": parent,
            "inputs": {"input": kept},
            "outputs": {"input": kept, "output": kept},
        }


def urn(drawn: Drawn, stack: str, project: str) -> str:
    """The name under which the state keeps a value."""
    return f"urn:pulumi:{stack}::{project}::{drawn.parent_type}${STASH}::{drawn.name}"


def _decoded(text: str) -> str:
    return base64.b64decode(text).decode()
