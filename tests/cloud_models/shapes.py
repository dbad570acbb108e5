"""What a value may look like, whichever cloud says so, and the walk that compares a value with it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

from pulumi.runtime import rpc

from tests.support.recorder import SECRET

KINDS = {"bool": "true or false", "int": "a whole number", "float": "a number", "str": "text"}


@dataclass(frozen=True)
class Scalar:
    """A value without parts."""

    kind: str
    values: frozenset[str] = frozenset()
    """All there are, if the model knows them."""
    bounds: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """``minimum``, ``maximum``, ``min_length``, ``max_length`` and ``pattern``."""


@dataclass(frozen=True)
class Anything:
    """A value of which the model says nothing."""


@dataclass(frozen=True)
class ListOf:
    """A list."""

    of: "Shape"


@dataclass(frozen=True)
class MapOf:
    """A map whose keys are free."""

    of: "Shape"


@dataclass(frozen=True)
class Refused:
    """Says what is wrong with a field's name."""

    why: str


class Message(Protocol):
    """A value with named fields."""

    @property
    def label(self) -> str:
        """The name of the model's type."""
        ...

    def field(self, name: str) -> "Shape | Refused":
        """The shape of a field, by the name the engine has for it."""
        ...

    def required(self) -> Iterable[str]:
        """The names of what must be there."""
        ...


Shape = Scalar | Anything | ListOf | MapOf | Message


def plain(value: Any) -> Any:
    """The value without the engine's envelope; None if it is not known yet."""
    if value == rpc.UNKNOWN:
        return None
    if isinstance(value, dict) and SECRET in value:
        return plain(cast(dict[str, Any], value).get("value"))
    return cast(Any, value)


def walk(path: str, value: Any, shape: Shape) -> Iterator[str]:
    """What is wrong with a value, each as a sentence that begins with its path."""
    value = plain(value)
    if value is None or isinstance(shape, Anything):
        return
    if isinstance(shape, Scalar):
        yield from _scalar(path, value, shape)
    elif isinstance(shape, ListOf):
        if not isinstance(value, list):
            yield f"{path} is {_shown(value)}, not a list"
            return
        for index, item in enumerate(cast(list[Any], value)):
            yield from walk(f"{path}[{index}]", item, shape.of)
    elif not isinstance(value, dict):
        yield f"{path} is {_shown(value)}, not {'a map' if isinstance(shape, MapOf) else f'a {shape.label}'}"
    elif isinstance(shape, MapOf):
        for key, item in cast(dict[str, Any], value).items():
            yield from walk(f"{path}[{key}]", item, shape.of)
    else:
        yield from _message(path, cast(dict[str, Any], value), shape)


def _message(path: str, value: Mapping[str, Any], shape: Message) -> Iterator[str]:
    for name in shape.required():
        if name not in value:
            yield f"{below(path, name)} is missing, which {shape.label} requires"
    for name, item in value.items():
        found = shape.field(name)
        if isinstance(found, Refused):
            yield f"{below(path, name)} {found.why}"
        else:
            yield from walk(below(path, name), item, found)


def _scalar(path: str, value: Any, shape: Scalar) -> Iterator[str]:
    if not _is(shape.kind, value):
        yield f"{path} is {_shown(value)}, not {KINDS[shape.kind]}"
    elif shape.values and value not in shape.values:
        yield f"{path} is {_shown(value)}, not one of {', '.join(sorted(shape.values))}"
    elif not _within(value, shape.bounds):
        rules = ", ".join(f"{rule} {bound}" for rule, bound in shape.bounds.items())
        yield f"{path} is {_shown(value)}, which is not within {rules}"


def _is(kind: str, value: Any) -> bool:
    if kind in ("bool", "str"):
        return isinstance(value, bool if kind == "bool" else str)
    # The engine's numbers are all floats.
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and (kind == "float" or float(value).is_integer())


def _within(value: Any, bounds: Mapping[str, Any]) -> bool:
    infinity = float("inf")
    if isinstance(value, str):
        long_enough = bounds.get("min_length", 0) <= len(value) <= bounds.get("max_length", infinity)
        return long_enough and re.search(bounds.get("pattern", ""), value) is not None
    return bounds.get("minimum", -infinity) <= value <= bounds.get("maximum", infinity)


def below(path: str, name: str) -> str:
    """The path of a field."""
    return f"{path}.{name}" if path else name


def _shown(value: Any) -> str:
    return f"the text {value!r}" if isinstance(value, str) else repr(value)
