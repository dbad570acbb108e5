"""Objects that somebody else has made anew under the name of one of the stack's: neither changed nor deleted."""

import json
from typing import Any

from components.installation import ID_LABEL
from tools.api import Object, at_once, open_objects
from tools.recorded import Recorded, State, read_state
from tools.say import say
from tools.stack import Stack


def forget(stack: Stack) -> None:
    """Drops from the state what is somebody else's by now, and says so.

    The provider deletes by name. A refresh would take the object for the stack's own.
    """
    state = read_state(stack)
    with open_objects(stack) as objects:
        live = at_once(lambda each: objects.get(each.ref), state.objects)
        others = [each for each, found in zip(state.objects, live, strict=True) if is_anothers(found, each, state)]
    if others:
        drop(stack, {each.urn for each in others})
        for each in others:
            say(f"Left alone: {each.ref}, which was made anew by somebody else and does not bear the stack's id.")


def is_anothers(live: Object | None, recorded: Recorded, state: State) -> bool:
    """Whether it is neither the object that the stack made, nor one that bears its id."""
    if live is None or recorded.is_patch or not recorded.uid:
        return False
    labels: dict[str, str] = live["metadata"].get("labels") or {}
    if ID_LABEL in labels:
        # The same object may have been given to another installation.
        return labels[ID_LABEL] != state.installation
    return live["metadata"]["uid"] != recorded.uid


def drop(stack: Stack, urns: set[str]) -> None:
    """Takes resources out of the state, and out of what others say of them."""
    exported = json.loads(stack.pulumi("stack", "export", quiet=True))
    deployment: dict[str, Any] = exported["deployment"]
    left = [each for each in deployment["resources"] if each["urn"] not in urns]
    for each in left:
        if "dependencies" in each:
            each["dependencies"] = [urn for urn in each["dependencies"] if urn not in urns]
        of_property: dict[str, list[str]] = each.get("propertyDependencies") or {}
        for name, known in of_property.items():
            of_property[name] = [urn for urn in known or [] if urn not in urns]
    deployment["resources"] = left
    stack.pulumi("stack", "import", quiet=True, given=json.dumps(exported))
