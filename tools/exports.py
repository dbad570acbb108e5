"""Copies of a stack's state, as ``pulumi stack export`` writes it, kept from before the last commands.

A disk that fills up during an update can cut off the state file and the engine's own backup of it. These copies are
written whole or not at all, before an update begins. Secrets are encrypted in them as in the state.
"""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tools import places, private
from tools.say import ToolError
from tools.stack import Stack

KEPT = 5
"""How many copies of a stack there are at most."""


def keep(stack: Stack) -> None:
    """Copies the state, unless it is empty or the newest copy is the same.

    Raises:
        ToolError: if the state cannot be read or the copy not be written: then nothing should be changed.
    """
    try:
        text = stack.pulumi("stack", "export", quiet=True)
        resources: list[Any] = json.loads(text)["deployment"].get("resources") or []
    except (ToolError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ToolError(_unreadable(stack, error)) from None
    copies = kept(stack)
    # An empty state is worth nothing, and would push out one that is.
    if not resources or (copies and _read(copies[0]) == text):
        return
    name = f"{datetime.now(UTC):%Y-%m-%dT%H-%M-%S.%fZ}.json"
    private.write(_folder(stack) / name, text)
    for old in kept(stack)[KEPT:]:
        old.unlink(missing_ok=True)


def kept(stack: Stack) -> list[Path]:
    """The copies of the stack's state, newest first. The state itself is not looked at."""
    return sorted(_folder(stack).glob("2*.json"), reverse=True)


def forget(stack: Stack) -> None:
    """Removes the copies, when all that they tell of is deleted."""
    shutil.rmtree(_folder(stack), ignore_errors=True)


def _folder(stack: Stack) -> Path:
    return places.state() / "exports" / stack.key


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


def _unreadable(stack: Stack, error: Exception) -> str:
    copies = kept(stack)
    last = f"The last good copy of it is {copies[0]}" if copies else "There is no copy of it"
    recover = f"make recover{'' if stack.name == 'nocloud' else f' STACK={stack.name}'}"
    return (
        f"The state of the stack {stack.name} cannot be read, so nothing is changed. {last}. To go on with it, or with "
        f"what is in the cluster: {recover}\n{error}"
    )
