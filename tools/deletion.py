"""Deletes what a stack protects, and never lifts the protection in its state.

The engine does so in a copy of the state, where nothing is protected, in a backend of the copy's own. When it is done,
the stack forgets what is gone. Whatever ends a command in the middle, the stack's state has everything protected as
before, and the copy tells the next command what has been deleted by then.
"""

import json
import secrets
import shutil
import tempfile
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from tools import engine, objects, places, private, processes, shared
from tools.recorded import forget
from tools.say import ToolError, say
from tools.stack import Stack

OPTIONS = ("--yes", "--suppress-progress", "--suppress-outputs")
GOING_SECONDS = 300
"""How long ``settle`` waits for objects that are being deleted."""
COPIED = "resources.json"
"""The file that says what the copy had in the beginning."""
Id = tuple[str, str]
"""What tells a resource of a state from others: its URN, and its id in the cluster or cloud."""


def destroy(stack: Stack, outputs: Mapping[str, Any], *, with_data: bool) -> bool:
    """Deletes what the stack does not protect, and then the rest for ever if it is to go ``with_data``.

    Returns whether anything was left for the sake of others.

    Raises:
        ToolError: if something cannot be deleted. The stack has what is left, protected as before.
        Ended: after a signal, likewise.
    """
    # What is gone by the time of an interruption may be in the state nevertheless.
    private.write(_mark(stack), "")
    is_shared = shared.leave(stack, protected=False)
    with objects.watched(stack, outputs, stack.resources()):
        stack.pulumi("destroy", "--exclude-protected", *OPTIONS)
    if with_data:
        is_shared = shared.leave(stack, protected=True) or is_shared
        shared.delete_users_data(stack, str(outputs.get("namespace") or ""))
    if with_data and (resources := stack.resources()):
        copy = _copy(stack, resources)
        with objects.watched(stack, outputs, resources):
            copy.pulumi("destroy", "--skip-preview", *OPTIONS)
        gone = {_id(each) for each in resources}
        forget(stack, lambda resource: _id(resource) in gone)
        shutil.rmtree(copy.folder)
    _mark(stack).unlink()
    return is_shared


def is_interrupted(stack: Stack) -> bool:
    """Whether ``destroy`` was ended in the middle, and nobody has found out yet what is left."""
    return _mark(stack).exists()


def settle(stack: Stack, outputs: Mapping[str, Any], *, goes_on: bool = False) -> None:
    """Finds out what is left after a deletion that was interrupted, if there was one, so that the stack is right again.

    Args:
        stack: the stack.
        outputs: what it says of itself.
        goes_on: whether the rest is deleted next, so that nobody has to look whether it is there.

    Raises:
        ToolError: if that cannot be found out yet.
    """
    if not is_interrupted(stack):
        return
    folder = _folder(stack)
    if folder.exists():
        _end_engine(stack, folder)
        gone = _copied(folder) - _left(stack, folder)
        forget(stack, lambda resource: _id(resource) in gone)
    left = stack.resources()
    if left and not goes_on:
        say(f"A deletion of what the stack {stack.name} has was interrupted. Finding out what is left.")
        _wait_until_gone(stack, outputs, left)
        # What an update before may have made and not recorded, the next one takes up again.
        stack.pulumi("refresh", "--skip-preview", "--clear-pending-creates", *OPTIONS)
    if folder.exists():
        shutil.rmtree(folder)
    if not goes_on:
        _mark(stack).unlink()


def _mark(stack: Stack) -> Path:
    """The file that is there while a deletion goes on."""
    return places.state() / "deleting" / f"{stack.key}.begun"


def _folder(stack: Stack) -> Path:
    return places.state() / "deleting" / stack.key


def _copy(stack: Stack, resources: list[dict[str, Any]]) -> Stack:
    """A stack of the same name and resources in a backend of its own, where nothing is protected."""
    folder = _folder(stack)
    for unfinished in folder.parent.glob(f".{folder.name}-*"):
        shutil.rmtree(unfinished, ignore_errors=True)
    new = Path(tempfile.mkdtemp(dir=private.folder(folder.parent), prefix=f".{folder.name}-"))
    project = engine.project_of(stack.folder)
    private.write(new / "Pulumi.yaml", json.dumps({"name": project, "runtime": "python"}))
    private.write(new / COPIED, json.dumps([_id(each) for each in resources]))
    # Secrets go from one command to the other, and nowhere else in plain text.
    exported = json.loads(stack.pulumi("stack", "export", "--show-secrets", quiet=True))
    deployment = exported["deployment"]
    deployment.pop("secrets_providers", None)
    deployment.pop("pending_operations", None)
    for resource in deployment["resources"]:
        resource["protect"] = False
    copy = _in(stack, new)
    copy.pulumi("stack", "init", "--no-select", quiet=True)
    copy.pulumi("stack", "import", quiet=True, given=json.dumps(exported))
    # Only a whole copy has the name by which the next command finds it.
    new.rename(folder)
    return _in(stack, folder, copy.changes["PULUMI_CONFIG_PASSPHRASE"])


def _in(stack: Stack, folder: Path, passphrase: str | None = None) -> Stack:
    backend = {
        "PULUMI_BACKEND_URL": private.folder(folder / "backend").as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": passphrase or secrets.token_urlsafe(32),
    }
    return replace(stack, folder=folder, changes={**stack.changes, **backend})


def _copied(folder: Path) -> set[Id]:
    """What the copy had in the beginning."""
    return {(urn, name) for urn, name in json.loads((folder / COPIED).read_text())}


def _left(stack: Stack, folder: Path) -> set[Id]:
    """What the copy has by now; all that it had, if its state cannot be read."""
    file = folder / "backend" / ".pulumi" / "stacks" / engine.project_of(folder) / f"{stack.name}.json"
    try:
        latest: dict[str, list[dict[str, Any]]] = json.loads(file.read_text())["checkpoint"]["latest"] or {}
        return {_id(each) for each in latest.get("resources") or []}
    except (OSError, ValueError, KeyError, TypeError):
        return _copied(folder)


def _id(resource: Mapping[str, Any]) -> Id:
    return resource["urn"], resource.get("id") or ""


def _end_engine(stack: Stack, folder: Path) -> None:
    """Ends an engine that goes on in the copy, such as when what started it was killed."""
    found = engine.locks((folder / "backend").as_uri(), engine.project_of(folder), stack.name)
    running = [process for lock in found if not engine.is_gone(lock) and (process := processes.find(lock.pid))]
    for process in running:
        say(f"Ending the engine that deletes (process {process.pid}).")
    processes.end(running, first=engine.CANCEL, patience=engine.WAIT_SECONDS)
    engine.end_leftovers(folder)


def _wait_until_gone(stack: Stack, outputs: Mapping[str, Any], resources: list[dict[str, Any]]) -> None:
    """Waits for what is being deleted: nothing can stop that any more, and an update in between would fail."""
    cluster = objects.Cluster.of(stack, outputs)
    until = time.monotonic() + GOING_SECONDS
    with objects.watched(stack, outputs, resources):
        while going := objects.going(cluster, resources):
            if time.monotonic() > until:
                names = ", ".join(f"{each['kind']} {each['metadata']['name']}" for each in going)
                raise ToolError(f"Still being deleted: {names}. Try again when that is done.")
            time.sleep(1)
