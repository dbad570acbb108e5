"""The rows of the tables that describe a cloud."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, cast

from tests.support.cloud.cluster import Cluster
from tests.support.cloud.state import Record, State
from tests.support.cloud.values import Properties

FILLED_IN = "__defaults"
"""Names the inputs that the provider filled in."""


class CloudError(Exception):
    """The cloud, or its provider, refuses."""


@dataclass(frozen=True, kw_only=True)
class Context:
    """What a call works with."""

    state: State
    cluster: Cluster
    config: Properties
    """The provider's configuration."""


class Naming(Enum):
    """How a provider names what has no name."""

    NEVER = "the name is required, or there is none"
    RANDOM = "the logical name and random characters"
    COPY = "the logical name"
    UUID = "a random UUID"


def _as_they_are(_context: Context, inputs: Properties) -> Properties:
    return inputs


def _nothing(_context: Context, _record: Record) -> None:
    pass


def _no_outputs(_context: Context, _record: Record) -> Properties:
    return {}


def _allowed(_old: Properties, _new: Properties) -> str:
    return ""


def _none(_old: Properties, _new: Properties) -> Iterable[str]:
    return ()


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A type of resource."""

    type: str
    """Its token."""
    id: str
    """A template of the id, filled with inputs and the provider's configuration."""
    name: str = "name"
    """The property with the name; empty if it has none."""
    naming: Naming = Naming.RANDOM
    pattern: str = r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?"
    """What names look like."""
    required: tuple[str, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict[str, Any])
    immutable: tuple[str, ...] = ()
    """Paths whose change replaces it."""
    also_replaces: Callable[[Properties, Properties], Iterable[str]] = _none
    """Properties whose change replaces it, as a function of the old and the new inputs."""
    hidden: tuple[str, ...] = ()
    """Inputs that are not among the outputs."""
    computed: tuple[str, ...] = ()
    """Paths of outputs that nobody knows before it is made."""
    shown: Callable[[Properties], Properties] = lambda inputs: inputs
    """Its inputs as they are shown among its outputs."""
    outputs: Callable[[Context, Record], Properties] = _no_outputs
    """Its outputs beside its inputs, once it is made."""
    resolve: Callable[[Context, Properties], Properties] = _as_they_are
    """What the templates are filled with."""
    parents: tuple[str, ...] = ()
    """Templates of the ids of what must exist before it."""
    uses: Callable[[Properties], Iterable[str]] = lambda _: ()
    """More such ids."""
    holds: bool = False
    """It cannot be deleted before what uses it; otherwise that goes with it."""
    shared: bool = False
    """Making it twice is no error."""
    refuse_update: Callable[[Properties, Properties], str] = _allowed
    """What the cloud says to a change, if it does not make it."""
    refuse_delete: Callable[[Properties], str] = lambda _: ""
    """What the provider says to a deletion, if it refuses."""
    made: Callable[[Context, Record], None] = _nothing
    """What else happens when it was made or changed."""
    gone: Callable[[Context, Record], None] = _nothing
    """What else happens when it was deleted."""

    def identify(self, context: Context, inputs: Properties) -> str:
        """Its id."""
        return self._fill(self.id, self.resolve(context, inputs))

    def needs(self, context: Context, inputs: Properties) -> tuple[str, ...]:
        """The ids of what must exist before it."""
        known = self.resolve(context, inputs)
        return (*(self._fill(parent, known) for parent in self.parents), *self.uses(inputs))

    def parse(self, identity: str) -> Properties:
        """What an id says of the inputs."""
        seen: set[str] = set()

        def group(match: re.Match[str]) -> str:
            key = match[1]
            again = key in seen
            seen.add(key)
            return f"(?P={key})" if again else f"(?P<{key}>{'.+' if key in ('scope', 'role', 'member') else '[^/@]+'})"

        found = re.fullmatch(re.sub(r"\\{(\w+)\\}", group, re.escape(self.id)), identity, re.IGNORECASE)
        if found is None:
            raise CloudError(f"{identity} is no id of a {self.type}: these are {self.id}")
        return found.groupdict()

    def replaced_by(self, path: str) -> bool:
        """Whether a change of what is at ``path`` replaces it."""
        plain = re.sub(r"\[[^]]*\]", "", path)
        return any(plain == each or plain.startswith(f"{each}.") for each in self.immutable)

    def _fill(self, template: str, known: Properties) -> str:
        missing = [key for key in re.findall(r"{(\w+)}", template) if not known.get(key)]
        if missing:
            raise CloudError(f"{self.type}: {missing[0]} is set neither in the resource nor in the provider")
        return template.format_map(known)


@dataclass(frozen=True, kw_only=True)
class Provider:
    """A cloud, as its provider shows it."""

    name: str
    version: str
    kinds: Mapping[str, Kind]
    functions: Mapping[str, Callable[[Context, Properties], Properties]]
    replaced_by: tuple[str, ...]
    """Configuration whose change replaces the provider, and all that it made."""
    stable: tuple[str, ...] | None
    """The outputs that the preview of an update shows as they were, as far as they are no inputs; None for all."""
    renames_in_place: bool
    """Whether something new is made before something old is deleted if the name changes, though it was given."""
    suffix: str
    """What is between the logical name and random characters."""
    random_characters: int
    exists: Callable[[str], str]
    """What the cloud says if there is already a resource of this id."""
    missing: Callable[[str], str]
    """What it says if there is none."""
    busy: Callable[[str, str], str]
    """What it says if one cannot be deleted, since another uses it."""


def differences(old: Any, new: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """The paths of what differs, with both values; a missing one is None."""
    if isinstance(old, dict) or isinstance(new, dict):
        olds, news = _mapping(old), _mapping(new)
        if olds is not None and news is not None:
            for key in sorted({*olds, *news} - {FILLED_IN}):
                simple = re.fullmatch(r"[A-Za-z_]\w*", key)
                step = (f".{key}" if path else key) if simple else f'["{key}"]'
                yield from differences(olds.get(key), news.get(key), path + step)
            return
    if isinstance(old, list) and isinstance(new, list):
        before, after = cast("list[Any]", old), cast("list[Any]", new)
        for index in range(max(len(before), len(after))):
            first, second = (each[index] if index < len(each) else None for each in (before, after))
            yield from differences(first, second, f"{path}[{index}]")
        return
    if old != new:
        yield path, old, new


def _mapping(value: Any) -> Properties | None:
    if value is None:
        return {}
    return cast("Properties", value) if isinstance(value, dict) else None
