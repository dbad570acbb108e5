"""The cloud's own state: a folder that outlives the plugins, which the engine starts anew for each run."""

import fcntl
import hashlib
import json
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.support.cloud.values import Properties


@dataclass(frozen=True, kw_only=True)
class Record:
    """A resource that exists in the cloud."""

    type: str
    id: str
    uid: str
    """Tells it from a later one of the same id."""
    inputs: Properties
    outputs: Properties
    parents: tuple[str, ...] = ()
    """The ids of what it lies in or uses."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """Something that the engine, or a program that wants credentials, asked for."""

    op: str
    type: str
    name: str
    preview: bool = False
    inputs: Properties = field(default_factory=dict[str, Any])


@dataclass(frozen=True, kw_only=True)
class Failure:
    """What goes wrong, and how often."""

    type: str
    op: str
    message: str
    name: str = ""
    """The logical name; empty for any."""
    partial: bool = False
    """The cloud does what it was asked for, and then says that it failed."""
    times: int = 1

    def hits(self, op: str, kind: str, name: str) -> bool:
        """Whether the call is one that fails."""
        return self.times > 0 and (self.op, self.type) == (op, kind) and self.name in ("", name)


class State:
    """What lies in the folder. Ids are compared without regard to case, as Azure does."""

    def __init__(self, folder: Path) -> None:
        self._resources = folder / "resources"
        self._calls = folder / "calls.jsonl"
        self._failures = folder / "failures.json"
        self._lock = folder / "lock"
        self._resources.mkdir(parents=True, exist_ok=True)

    def resources(self, kind: str = "") -> list[Record]:
        """What exists, of one type or of all."""
        records = (_record(path) for path in sorted(self._resources.glob("*.json")))
        return [record for record in records if record and kind in ("", record.type)]

    def find(self, identity: str) -> Record | None:
        """The resource of this id."""
        return _record(self._path(identity))

    def save(self, record: Record) -> None:
        """Makes the resource, or changes it."""
        path = self._path(record.id)
        new = path.with_suffix(".new")
        new.write_text(json.dumps(asdict(record), indent=2))
        new.replace(path)

    def remove(self, identity: str) -> None:
        """Forgets the resource."""
        self._path(identity).unlink(missing_ok=True)

    def log(self, call: Call) -> None:
        """Adds the call to the log."""
        with self.locked(), self._calls.open("a") as file:
            file.write(json.dumps(asdict(call)) + "\n")

    def calls(self) -> list[Call]:
        """Every call, in order."""
        lines = self._calls.read_text().splitlines() if self._calls.exists() else []
        return [Call(**json.loads(line)) for line in lines]

    def fail(self, failure: Failure) -> None:
        """Lets calls fail."""
        with self.locked():
            self._write_failures([*self._read_failures(), failure])

    def take_failure(self, op: str, kind: str, name: str) -> Failure | None:
        """The failure that the call meets, which is used up by it."""
        with self.locked():
            failures = self._read_failures()
            for index, failure in enumerate(failures):
                if failure.hits(op, kind, name):
                    failures[index] = replace(failure, times=failure.times - 1)
                    self._write_failures(failures)
                    return failure
        return None

    @contextmanager
    def locked(self) -> Generator[None]:
        """Keeps other plugins, and other threads, out."""
        with self._lock.open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _path(self, identity: str) -> Path:
        digest = hashlib.sha256(identity.lower().encode()).hexdigest()[:12]
        return self._resources / f"{identity.rpartition('/')[2][:60].lower()}-{digest}.json"

    def _read_failures(self) -> list[Failure]:
        return [Failure(**each) for each in json.loads(self._failures.read_text())] if self._failures.exists() else []

    def _write_failures(self, failures: list[Failure]) -> None:
        self._failures.write_text(json.dumps([asdict(failure) for failure in failures]))


def _record(path: Path) -> Record | None:
    """None if it is gone, perhaps since the folder was read: another call may have deleted it."""
    try:
        content: dict[str, Any] = json.loads(path.read_text())
    except FileNotFoundError:
        return None
    content["parents"] = tuple(content["parents"])
    return Record(**content)
