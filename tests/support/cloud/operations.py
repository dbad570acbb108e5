"""What happens in the cloud: the same for every type, as its row of the table says."""

import hashlib
import re
import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast

from tests.support.cloud.kind import FILLED_IN, CloudError, Context, Kind, Naming, Provider
from tests.support.cloud.state import Failure, Record
from tests.support.cloud.values import UNKNOWN, Properties, is_unknown


class PartialError(CloudError):
    """Something was done, and then something failed."""

    def __init__(self, message: str, record: Record) -> None:
        super().__init__(message)
        self.record = record


def fill_in(
    provider: Provider, kind: Kind, context: Context, *, urn: str, new: Properties, old: Properties, seed: bytes
) -> Properties:
    """The inputs with a name and defaults; what was filled in before stays as it is."""
    filled = {key: value for key, value in kind.defaults.items() if key not in new}
    if "location" in kind.required and "location" not in new:
        filled |= _location(context, new, old)
    if kind.naming is not Naming.NEVER and kind.name not in new:
        before = old.get(kind.name) if kind.name in old.get(FILLED_IN, []) else None
        filled[kind.name] = before or _new_name(provider, kind, urn.split("::", 3)[3], seed)
    return {**new, **filled, FILLED_IN: sorted(filled)} if filled else new


def complaints(kind: Kind, inputs: Properties) -> Iterator[tuple[str, str]]:
    """What is missing, or named as the cloud names nothing."""
    for key in kind.required:
        if key not in inputs:
            yield key, f"missing required property '{key}'"
    name = inputs.get(kind.name, UNKNOWN)
    if not is_unknown(name) and not re.fullmatch(kind.pattern, str(name)):
        yield kind.name, f"{name!r} is not a valid name: it has to match {kind.pattern}"


def deletes_first(provider: Provider, kind: Kind, old: Properties, new: Properties, replaces: list[str]) -> bool:
    """Whether a replacement needs the old one gone: it does if it has the same name by the program's will."""
    if not replaces or not kind.name:
        return False
    if kind.naming is Naming.RANDOM and kind.name in old.get(FILLED_IN, []):
        return False
    return not provider.renames_in_place or old.get(kind.name) == new.get(kind.name)


def preview(kind: Kind, inputs: Properties, known: Properties) -> Properties:
    """The outputs that are known before anything is made."""
    outputs = _visible(kind, inputs)
    for path in kind.computed:
        first, *rest = path.split(".")
        if first not in outputs:
            outputs[first] = known.get(first, UNKNOWN)
        elif rest:
            outputs[first] = _with_unknown(outputs[first], _at(known.get(first)), rest)
    return {**{key: value for key, value in known.items() if key not in inputs}, **outputs}


def create(provider: Provider, kind: Kind, context: Context, inputs: Properties, name: str) -> Record:
    """Makes it."""
    failure = fail_if_asked(context, "create", kind.type, name)
    identity = kind.identify(context, inputs)
    if context.state.find(identity) and not kind.shared:
        raise CloudError(provider.exists(identity))
    parents = kind.needs(context, inputs)
    for parent in parents:
        if not _exists(context, parent):
            raise CloudError(provider.missing(parent))
    record = Record(type=kind.type, id=identity, uid=str(uuid.uuid4()), inputs=inputs, outputs={}, parents=parents)
    return _finish(kind, context, record, failure)


def read(kind: Kind, context: Context, identity: str, name: str) -> Record | None:
    """What the cloud knows of it, if it exists."""
    fail_if_asked(context, "read", kind.type, name)
    record = context.state.find(identity)
    return record if record and record.type == kind.type else None


def update(provider: Provider, kind: Kind, context: Context, *, identity: str, inputs: Properties, name: str) -> Record:
    """Changes it."""
    failure = fail_if_asked(context, "update", kind.type, name)
    record = context.state.find(identity)
    if record is None:
        raise CloudError(provider.missing(identity))
    if refusal := kind.refuse_update(record.inputs, inputs):
        raise CloudError(refusal)
    changed = replace(record, inputs=inputs, parents=kind.needs(context, inputs))
    return _finish(kind, context, changed, failure)


def delete(provider: Provider, kind: Kind, context: Context, *, identity: str, state: Properties, name: str) -> None:
    """Deletes it, with all that lies in it. What is gone already is no error."""
    failure = fail_if_asked(context, "delete", kind.type, name)
    if refusal := kind.refuse_delete(state):
        raise CloudError(refusal)
    record = context.state.find(identity)
    if record:
        remove(provider, context, record)
    if failure:
        raise CloudError(failure.message)


def remove(provider: Provider, context: Context, record: Record) -> None:
    """Takes it out of the cloud, and what lies in it first."""
    kind = provider.kinds[record.type]
    for other in context.state.resources():
        if record.id.lower() not in (parent.lower() for parent in other.parents):
            continue
        if kind.holds:
            raise CloudError(provider.busy(record.id, other.id))
        if context.state.find(other.id):
            remove(provider, context, other)
    kind.gone(context, record)
    context.state.remove(record.id)


def fail_if_asked(context: Context, op: str, kind: str, name: str) -> Failure | None:
    """Fails if a test wants it; returns a failure that is to come after the deed."""
    failure = context.state.take_failure(op, kind, name)
    if failure and not failure.partial:
        raise CloudError(failure.message)
    return failure


def put(kind: Kind, context: Context, record: Record) -> Record:
    """Puts it into the cloud, with its outputs and what else it brings."""
    computed = kind.outputs(context, record)
    outputs = {**_visible(kind, record.inputs), **computed}
    full = replace(record, outputs=outputs)
    context.state.save(full)
    kind.made(context, full)
    return full


def _finish(kind: Kind, context: Context, record: Record, failure: Failure | None) -> Record:
    full = put(kind, context, record)
    if failure:
        raise PartialError(failure.message, full)
    return full


def _visible(kind: Kind, inputs: Properties) -> Properties:
    return kind.shown({key: value for key, value in inputs.items() if key not in (*kind.hidden, FILLED_IN)})


def _exists(context: Context, identity: str) -> bool:
    """Whether something exists, by itself or as a part of another's inputs, as subnets of a network may."""
    if context.state.find(identity):
        return True
    outer, _, name = identity.rpartition("/")
    outer, _, collection = outer.rpartition("/")
    record = context.state.find(outer)
    return record is not None and any(part.get("name") == name for part in record.inputs.get(collection, []))


def _location(context: Context, new: Properties, old: Properties) -> Properties:
    """Azure's provider takes it from where it was, from its configuration, or from the resource group."""
    group = str(new.get("resourceGroupName", ""))
    if "location" in old.get(FILLED_IN, []):
        return {"location": old["location"]}
    if "location" in context.config:
        return {"location": context.config["location"]}
    if is_unknown(group):
        return {"location": UNKNOWN}
    found = context.state.find(f"/subscriptions/{context.config.get('subscriptionId')}/resourceGroups/{group}")
    return {"location": found.outputs["location"]} if found else {}


def _new_name(provider: Provider, kind: Kind, logical: str, seed: bytes) -> str:
    random = hashlib.sha256((seed or uuid.uuid4().bytes) + logical.encode()).hexdigest()
    match kind.naming:
        case Naming.UUID:
            return str(uuid.UUID(random[:32]))
        case Naming.COPY:
            return logical
        case _:
            return f"{logical}{provider.suffix}{random[: provider.random_characters]}"


def _with_unknown(value: Any, known: Properties, path: list[str]) -> Any:
    """The value, with what is at ``path`` as it was known before, or unknown."""
    if isinstance(value, list):
        return [_with_unknown(each, known, path) for each in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    properties = cast("Properties", value)
    first, *rest = path
    if first not in properties:
        return {**properties, first: known.get(first, UNKNOWN)}
    return {**properties, first: _with_unknown(properties[first], _at(known.get(first)), rest)} if rest else properties


def _at(value: Any) -> Properties:
    """What is known of an object, or of the first of a list."""
    if isinstance(value, list) and value:
        return _at(cast("list[Any]", value)[0])
    return cast("Properties", value) if isinstance(value, dict) else {}
