"""Drift: what differs in the cluster from what the stack applied, and how it is taken back.

`pulumi refresh` looks at the fields that the program sets. It sees neither what was appended to a list of them nor what
was added beside them, such as a container. Here the API server is asked, for each object, what it would be if it were
applied again: whatever that changes was changed by somebody. What others added and applying would leave is in the
object's own record of who manages which of its fields.
"""

import json
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, cast

from tools import deletion, leftovers
from tools.api import Object, Objects, Ref, RefusedError, at_once, open_objects
from tools.recorded import Recorded, State, read_state
from tools.say import ToolError, say
from tools.stack import open_stack
from tools.strangers import is_anothers

Path = tuple[str | int, ...]
"""Where a field is: keys of objects, and places in lists."""

_OTHERS_METADATA = {
    "managedFields",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "uid",
    "selfLink",
    "generateName",
}
"""What the API server itself writes."""
_CONTROLLERS = (
    r"status(\..*)?",
    # Marks by which controllers and tools remember what they did.
    r"metadata\.annotations\.(deployment|pv|volume|volume\.beta|autoscaling\.alpha)\.kubernetes\.io/.*",
    r"metadata\.annotations\.(cloud\.google\.com|openshift\.io|security\.openshift\.io)/.*",
    r"metadata\.annotations\.kubectl\.kubernetes\.io/last-applied-configuration",
    r"(spec\.template\.)?metadata\.annotations\.kubectl\.kubernetes\.io/restartedAt",
    # What keeps an object until a controller has cleaned up behind it.
    r"metadata\.finalizers.*",
    # Addresses, ports and volumes that the cluster hands out.
    r"spec\.(clusterIPs?(\[.*)?|healthCheckNodePort|ipFamilies(\[.*)?|ipFamilyPolicy|ports\[\d+\]\.nodePort)",
    r"spec\.(volumeName|claimRef(\..*)?)",
)
"""Paths that are the cluster's own, in any kind of object."""
_MADE_ANEW = {"RoleBinding", "ClusterRoleBinding", "Deployment", "ConfigMap", "Secret"}
"""Kinds with fields that never change, of which an object can be deleted and made again: they hold no data."""
_ONCE = {"PersistentVolumeClaim", "PersistentVolume", "Namespace", "CustomResourceDefinition"}
"""Kinds that are not made again here if they are gone, since what they held is gone with them."""
TRIES, PAUSE_SECONDS = 6, 0.3
"""How often a change is tried that others' writes may come between."""
LONGEST_VALUE = 120
"""How much of a value is shown."""
_JOBS = re.compile(r"kubeflow\.org/v\d.*")
"""The API of jobs, which run again if they are made again."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """A field that is not as the stack applied it."""

    path: Path
    what: str
    """What is there, and what should be, as far as it may be shown."""
    who: str
    """By which program, and when; empty if the cluster does not know."""
    is_added: bool
    """Whether somebody added it. If not, applying the object takes it back."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """An object that is not as the stack applied it."""

    recorded: Recorded
    missing: bool = False
    changes: tuple[Change, ...] = ()
    refused: str = ""
    """Why it could not be compared."""

    def lines(self) -> Iterator[str]:
        """The finding in words."""
        if self.missing:
            yield f"{self.recorded.ref}: is missing"
        if self.refused:
            yield f"{self.recorded.ref}: cannot be compared: {self.refused}"
        for change in self.changes:
            by = f", by {change.who}" if change.who else ""
            yield f"{self.recorded.ref}: {shown(change.path)} {change.what}{by}"


def drift(name: str, context: str | None, *, mend: bool) -> None:
    """Shows how the cluster differs from what was applied, and takes it back if ``mend``.

    Raises:
        ToolError: if it differs, and still does after ``mend``.
    """
    stack = open_stack(name, context, changes_it=mend)
    if deletion.is_interrupted(stack):
        raise ToolError(f"A deletion of what the stack {name} has was interrupted; first run make up, or make down.")
    state = read_state(stack)
    recorded = state.objects
    with open_objects(stack) as objects:
        findings = compare(objects, recorded)
        show(findings)
        for each in leftovers.beside(objects, state):
            say(f"  Beside the stack's own, and not looked into: {leftovers.ref_of(each)}")
        if mend and findings:
            mend_all(objects, findings, state)
            findings = compare(objects, recorded)
            say("")
            show(findings)
    if findings:
        more = "Some of it cannot be taken back here." if mend else "To take it back: make drift MEND=yes"
        raise ToolError(f"The cluster is not as the stack {name} made it. {more}")


def show(findings: Sequence[Finding]) -> None:
    """Prints what was found."""
    for finding in findings:
        for line in finding.lines():
            say(f"  {line}")
    if not findings:
        say("Cluster and state agree.")


def compare(objects: Objects, recorded: Iterable[Recorded]) -> list[Finding]:
    """How the cluster differs from what was applied."""
    found = at_once(lambda each: _compare(objects, each), recorded)
    return [finding for finding in found if finding is not None]


def _compare(objects: Objects, recorded: Recorded) -> Finding | None:
    live = objects.get(recorded.ref)
    if live is None:
        return Finding(recorded=recorded, missing=True)
    try:
        applied = objects.apply(recorded.ref, left_to_others(recorded, live), recorded.manager, dry_run=True)
    except RefusedError as refused:
        if refused.status != HTTPStatus.UNPROCESSABLE_ENTITY:
            return Finding(recorded=recorded, refused=str(refused))
        # A field that never changes is another: somebody has made the object anew.
        changes = list(_missing_values(recorded, live)) or [_unmendable(str(refused))]
    else:
        changes = list(_changed(recorded, live, applied))
    if not recorded.is_patch:
        changes += added(recorded, live)
    return Finding(recorded=recorded, changes=tuple(changes)) if changes else None


def left_to_others(recorded: Recorded, live: Object) -> Object:
    """What is applied: fields that the stack leaves to others stay as they are, and theirs if they are theirs."""
    manifest = cast("Object", json.loads(json.dumps(recorded.manifest)))
    ours = [each["fieldsV1"] for each in _entries(live) if each.get("manager") == recorded.manager]
    for path in map(_parsed, recorded.ignored):
        there, value = _at(live, path)
        if _at(manifest, path)[0] or there:
            keep = there and any(_owns(fields, live, path) for fields in ours)
            _put(manifest, path, value if keep else None, keep=keep)
    return manifest


def added(recorded: Recorded, live: Object) -> Iterator[Change]:
    """What others added to an object of the stack, and applying it would leave."""
    seen: set[Path] = set()
    for entry in _entries(live):
        # The provider replaces definitions as a whole, which counts as an update.
        ours = entry.get("operation") == "Apply" or recorded.ref.kind == "CustomResourceDefinition"
        if entry.get("subresource") or (entry.get("manager") == recorded.manager and ours):
            continue
        for path in _added(entry["fieldsV1"], live, recorded.manifest, ()):
            if path not in seen and not _is_left(recorded, path):
                seen.add(path)
                what = f"was added{_value(recorded.ref, path, _at(live, path)[1], ': ')}"
                yield Change(path=path, what=what, who=_who(entry), is_added=True)


def _changed(recorded: Recorded, live: Object, applied: Object) -> Iterator[Change]:
    for path, now, wanted in _differences(_comparable(live), _comparable(applied), ()):
        if not _is_left(recorded, path):
            yield _change(recorded, live, path, now, wanted)


def _missing_values(recorded: Recorded, live: Object) -> Iterator[Change]:
    """What differs among the fields that the stack sets, for an object that cannot be applied."""
    for path, now, wanted in _differences(live, recorded.manifest, (), only_wanted=True):
        if not _is_left(recorded, path):
            yield _change(recorded, live, path, now, wanted)


def _change(recorded: Recorded, live: Object, path: Path, now: object, wanted: object) -> Change:
    owners = [
        entry
        for entry in _entries(live)
        if entry.get("manager") != recorded.manager and _owns(entry["fieldsV1"], live, path)
    ]
    last = max(owners, key=lambda entry: str(entry.get("time")), default=None)
    return Change(
        path=path, what=_what(recorded.ref, path, now, wanted), who=_who(last) if last else "", is_added=False
    )


def _unmendable(why: str) -> Change:
    return Change(path=(), what=f"cannot be applied: {why}", who="", is_added=False)


def mend_all(objects: Objects, findings: Sequence[Finding], state: State) -> None:
    """Applies what differs, and removes what others added, in the order in which the stack made it.

    What somebody made anew under the name of one of the stack's objects is taken back in the stack's own namespaces
    alone: elsewhere it may be somebody else's by right.
    """
    own = {each.ref.name for each in state.objects if each.ref.kind == "Namespace"}
    for finding in findings:
        ref = finding.recorded.ref
        live = None if ref.namespace in own else objects.get(ref)
        if is_anothers(live, finding.recorded, state):
            say(f"  {ref}: left alone, since somebody else made it anew, and it does not bear the stack's id")
            continue
        kept = finding.missing and (ref.kind in _ONCE or finding.recorded.is_patch or _JOBS.fullmatch(ref.api_version))
        if not kept and not finding.refused:
            try:
                _mend(objects, finding.recorded)
            except RefusedError as refused:
                say(f"  {ref}: cannot be taken back: {refused}")


def _mend(objects: Objects, recorded: Recorded) -> None:
    ref, live = recorded.ref, objects.get(recorded.ref)
    manifest = left_to_others(recorded, live or {})
    try:
        objects.apply(ref, manifest, recorded.manager, dry_run=False)
    except RefusedError as refused:
        if refused.status != HTTPStatus.UNPROCESSABLE_ENTITY or ref.kind not in _MADE_ANEW or live is None:
            raise
        objects.delete(ref, live["metadata"]["uid"])
        objects.apply(ref, manifest, recorded.manager, dry_run=False)
    if not recorded.is_patch:
        _remove_added(objects, recorded)


def _remove_added(objects: Objects, recorded: Recorded) -> None:
    for attempt in range(TRIES):
        live = objects.get(recorded.ref)
        paths = [change.path for change in added(recorded, live)] if live else []
        if not live or not paths:
            return
        # From the end of a list to its beginning, since places change with each that is removed.
        last_first = sorted(paths, key=lambda path: [(isinstance(step, int), step) for step in path], reverse=True)
        version = {"op": "test", "path": "/metadata/resourceVersion", "value": live["metadata"]["resourceVersion"]}
        try:
            objects.change(recorded.ref, [version, *({"op": "remove", "path": _pointer(path)} for path in last_first)])
        except RefusedError:
            # A controller may have written to it meanwhile, such as its status.
            if attempt == TRIES - 1:
                raise
            time.sleep(PAUSE_SECONDS)


def _entries(live: Mapping[str, Any]) -> list[Object]:
    entries: list[Object] = live.get("metadata", {}).get("managedFields") or []
    return [entry for entry in entries if entry.get("fieldsV1")]


def _who(entry: Object) -> str:
    return f"{entry.get('manager')} at {entry.get('time', 'a time that is not recorded')}"


def _is_left(recorded: Recorded, path: Path) -> bool:
    """Whether a field is the cluster's own, or one that the stack leaves to others."""
    if any(re.fullmatch(pattern, shown(path)) for pattern in _CONTROLLERS):
        return True
    return any(path[: len(ignored)] == ignored for ignored in map(_parsed, recorded.ignored))


def _comparable(live: Object) -> Object:
    metadata = {key: value for key, value in live["metadata"].items() if key not in _OTHERS_METADATA}
    return {**{key: value for key, value in live.items() if key != "status"}, "metadata": metadata}


_ABSENT = object()


def _differences(
    now: object, wanted: object, path: Path, *, only_wanted: bool = False
) -> Iterator[tuple[Path, object, object]]:
    """Where two values differ, and what is there; with ``only_wanted``, only where ``wanted`` says something."""
    if isinstance(now, dict) and isinstance(wanted, dict):
        left, right = cast("Object", now), cast("Object", wanted)
        for key in right if only_wanted else {**left, **right}:
            if left.get(key) != right.get(key):
                more = (left.get(key, _ABSENT), right.get(key, _ABSENT), (*path, key))
                yield from _differences(*more, only_wanted=only_wanted)
    elif (
        isinstance(now, list)
        and isinstance(wanted, list)
        and len(cast("list[object]", now)) == len(cast("list[object]", wanted))
    ):
        for place, (left, right) in enumerate(
            zip(cast("list[object]", now), cast("list[object]", wanted), strict=True)
        ):
            if left != right:
                yield from _differences(left, right, (*path, place), only_wanted=only_wanted)
    elif now != wanted:
        yield path, now, wanted


def _steps(fields: Mapping[str, Any], live: object) -> Iterator[tuple[str | int, Object, object, Object | None]]:
    """The steps from a value to what is recorded of its parts: step, record, the part, and its keys in a list."""
    for mark, record in fields.items():
        kind, _, text = mark.partition(":")
        if kind == "f" and isinstance(live, dict) and text in live:
            yield text, record, cast("Object", live)[text], None
        elif kind in ("k", "v") and isinstance(live, list):
            items, sought = cast("list[Any]", live), json.loads(text)
            for place, item in enumerate(items):
                if _has_keys(item, sought) if kind == "k" else item == sought:
                    yield place, record, item, sought if kind == "k" else None
                    break


def _has_keys(item: object, keys: Object) -> bool:
    """Whether an element of a list is the one with these keys; one that is left out is the API server's to fill in."""
    return isinstance(item, dict) and all(cast("Object", item).get(key, value) == value for key, value in keys.items())


def _added(fields: Mapping[str, Any], live: object, wanted: object, path: Path) -> Iterator[Path]:
    for step, record, part, keys in _steps(fields, live):
        counterpart: object = _ABSENT
        if isinstance(step, str) and isinstance(wanted, dict):
            counterpart = cast("Object", wanted).get(step, _ABSENT)
        elif isinstance(wanted, list):
            items = cast("list[object]", wanted)
            same = (item for item in items if (_has_keys(item, keys) if keys else item == part))
            counterpart = next(same, _ABSENT)
        has_parts = any(mark != "." for mark in record)
        if counterpart is _ABSENT and (isinstance(step, int) or not has_parts):
            yield (*path, step)
        elif has_parts:
            yield from _added(record, part, counterpart, (*path, step))


def _owns(fields: Mapping[str, Any], live: object, path: Path) -> bool:
    """Whether a record of fields has the one at ``path``, one around it as a whole, or one within it."""
    if not path or not any(mark != "." for mark in fields):
        return True
    return any(_owns(record, part, path[1:]) for step, record, part, _ in _steps(fields, live) if step == path[0])


def _at(value: object, path: Path) -> tuple[bool, Any]:
    """Whether there is something at ``path``, and what."""
    for step in path:
        if isinstance(value, dict) and step in value:
            value = cast("Object", value)[cast("str", step)]
        elif isinstance(value, list) and isinstance(step, int) and step < len(cast("list[object]", value)):
            value = cast("list[object]", value)[step]
        else:
            return False, None
    return True, value


def _put(value: Object, path: Path, part: object, *, keep: bool) -> None:
    """Sets what is at ``path``, or removes it unless ``keep``; nothing if there is no place for it."""
    found, around = _at(value, path[:-1])
    last = path[-1]
    if not found or not isinstance(around, dict) or not isinstance(last, str):
        return
    holder = cast("Object", around)
    if keep:
        holder[last] = part
    else:
        holder.pop(last, None)


def _parsed(path: str) -> Path:
    """A path as the engine writes it, such as ``webhooks[0].clientConfig``."""
    steps = re.findall(r"\[(\d+)\]|([^.\[\]]+)", path)
    return tuple(int(place) if place else key for place, key in steps)


def shown(path: Path) -> str:
    """A path as people write it."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")


def _pointer(path: Path) -> str:
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in path)


def _what(ref: Ref, path: Path, now: Any, wanted: Any) -> str:
    if isinstance(now, list) and isinstance(wanted, list):
        return _what_of_list(ref, path, cast("list[Any]", now), cast("list[Any]", wanted))
    if now is _ABSENT:
        return f"is gone{_value(ref, path, wanted, ', and was ')}"
    if wanted is _ABSENT:
        return f"was added{_value(ref, path, cast('Any', now), ': ')}"
    return f"is{_value(ref, path, cast('Any', now), ' ') or ' another value'}{_value(ref, path, wanted, ', not ')}"


def _what_of_list(ref: Ref, path: Path, now: list[Any], wanted: list[Any]) -> str:
    more = [item for item in now if item not in wanted]
    less = [item for item in wanted if item not in now]
    parts = [
        *([f"has also{_value(ref, path, more, ' ')}"] if more else []),
        *([f"lacks{_value(ref, path, less, ' ')}"] if less else []),
    ]
    return " and ".join(parts) or "has another order"


def _value(ref: Ref, path: Path, value: object, before: str) -> str:
    """A value as it is shown; nothing of what may be secret."""
    if ref.kind == "Secret" or "env" in path:
        return ""
    text = json.dumps(_without_environment(value), sort_keys=True)
    return f"{before}{text if len(text) <= LONGEST_VALUE else text[:LONGEST_VALUE] + ' …'}"


def _without_environment(value: object) -> object:
    """A value without the environment of containers in it, such as that of a container which was added."""
    if isinstance(value, dict):
        known = cast("Object", value)
        return {key: "…" if key == "env" else _without_environment(each) for key, each in known.items()}
    if isinstance(value, list):
        return [_without_environment(each) for each in cast("list[object]", value)]
    return value
