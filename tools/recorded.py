"""What the state of a stack records of its objects."""

import base64
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from tools.api import Object, Ref
from tools.stack import Stack

SEALED = "4dabf18193072939515e22adb298388d"
"""The key that marks a secret in the state."""
_KUBERNETES = "kubernetes:"
ID = "installation-id"
"""The name under which the state keeps the installation's id."""


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """An object, as it was applied."""

    urn: str
    ref: Ref
    manifest: Object
    """What was applied; in a Secret ``data`` has what ``stringData`` says."""
    manager: str
    """The field manager that applied it."""
    uid: str
    """What tells the object from another of its name, when the state was last told."""
    ignored: tuple[str, ...]
    """Paths of what others write, and the stack leaves to them."""
    is_patch: bool
    """Whether the object is somebody else's, and the stack only sets some of its fields."""
    is_protected: bool = False
    """Whether the engine keeps it unless its protection is lifted."""


@dataclass(frozen=True, kw_only=True)
class State:
    """The state, as far as it is about objects of the cluster."""

    objects: tuple[Recorded, ...]
    known: frozenset[Ref]
    """All objects that the state mentions, those among them that are yet to be deleted."""
    pending: tuple[str, ...]
    """The resources on which an update was at work when it was cut off."""
    drawn: Mapping[str, Any]
    """The values that were drawn once, by their names."""

    @property
    def installation(self) -> str | None:
        """The installation's id, which each of its objects bears; None of a stack that knows none."""
        return self.drawn.get(ID)

    @property
    def knows_stack(self) -> bool:
        """Whether there is anything in it to go by."""
        return bool(self.objects or self.drawn)


def read_state(stack: Stack) -> State:
    """The stack's state. Secrets are in plain text: it is for comparing, never for printing.

    Raises:
        ToolError: if the state cannot be read.
    """
    return parse(json.loads(stack.pulumi("stack", "export", "--show-secrets", quiet=True)))


def parse(export: Mapping[str, Any]) -> State:
    """The state in what ``pulumi stack export --show-secrets`` prints."""
    deployment: dict[str, Any] = export["deployment"]
    resources: list[dict[str, Any]] = deployment.get("resources") or []
    pending: list[dict[str, Any]] = deployment.get("pending_operations") or []
    described = [each for each in resources if each["type"].startswith(_KUBERNETES) and _has_id(each)]
    return State(
        objects=tuple(_recorded(each) for each in described if not each.get("delete")),
        known=frozenset(_ref(each) for each in described),
        pending=tuple(each["resource"]["urn"] for each in pending),
        drawn=drawn_in(export),
    )


def drawn_in(export: Mapping[str, Any]) -> dict[str, Any]:
    """The values that were drawn once; None for those that are encrypted in the export."""
    resources: list[dict[str, Any]] = export["deployment"].get("resources") or []
    stashes = [each for each in resources if each["type"] == "pulumi:index:Stash"]
    return {each["urn"].rpartition("::")[2]: plain(each["outputs"].get("output")) for each in stashes}


def _has_id(resource: Mapping[str, Any]) -> bool:
    """Whether a resource is an object: components have no id."""
    return bool(resource.get("custom") and resource.get("id"))


def _ref(resource: Mapping[str, Any]) -> Ref:
    inputs: dict[str, Any] = resource["inputs"]
    namespace, _, name = resource["id"].rpartition("/")
    return Ref(str(inputs["kind"]), namespace, name, str(inputs["apiVersion"]))


def _recorded(resource: Mapping[str, Any]) -> Recorded:
    manifest = cast("Object", plain(resource["inputs"]))
    ref = _ref(resource)
    manifest["metadata"] = {**manifest.get("metadata", {}), "name": ref.name}
    if "stringData" in manifest:
        text: dict[str, str] = manifest.pop("stringData")
        encoded = {key: base64.b64encode(value.encode()).decode() for key, value in text.items()}
        manifest["data"] = {**(manifest.get("data") or {}), **encoded}
    return Recorded(
        urn=resource["urn"],
        ref=ref,
        manifest=manifest,
        manager=str(resource["outputs"].get("__fieldManager", "")),
        uid=_uid(resource["outputs"]),
        ignored=tuple(resource.get("ignoreChanges") or ()),
        is_patch=resource["type"].endswith("Patch"),
        is_protected=bool(resource.get("protect")),
    )


def _uid(outputs: Mapping[str, Any]) -> str:
    metadata = plain(outputs.get("metadata"))
    return str(cast("Object", metadata).get("uid", "")) if isinstance(metadata, dict) else ""


def forget(stack: Stack, is_gone: Callable[[Mapping[str, Any]], bool]) -> None:
    """Takes resources out of the state, and out of what others say of them, in one step.

    Args:
        stack: the stack.
        is_gone: tells the resources, as the state has them.
    """
    exported = json.loads(stack.pulumi("stack", "export", quiet=True))
    deployment: dict[str, Any] = exported["deployment"]
    resources: list[dict[str, Any]] = deployment.get("resources") or []
    left = [each for each in resources if not is_gone(each)]
    if len(left) == len(resources):
        return
    urns = {each["urn"] for each in left}
    for each in left:
        if "dependencies" in each:
            each["dependencies"] = [urn for urn in each["dependencies"] if urn in urns]
        of_property: dict[str, list[str]] = each.get("propertyDependencies") or {}
        for name, known in of_property.items():
            of_property[name] = [urn for urn in known or [] if urn in urns]
    deployment["resources"] = left
    stack.pulumi("stack", "import", quiet=True, given=json.dumps(exported))


def plain(value: object) -> object:
    """A value of the state as the API server gets it: without the engine's envelopes."""
    if isinstance(value, dict):
        found = cast("dict[str, Any]", value)
        if SEALED in found:
            return plain(json.loads(found["plaintext"])) if "plaintext" in found else None
        return {_dashed(key): plain(each) for key, each in found.items() if not key.startswith("__")}
    if isinstance(value, list):
        return [plain(each) for each in cast("list[object]", value)]
    return value


def _dashed(key: str) -> str:
    """The name of a field of a schema, in which the engine has underscores."""
    return key.replace("_", "-") if re.match(r"x_kubernetes_", key) else key
