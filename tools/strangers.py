"""Objects that somebody else has made anew under the name of one of the stack's: neither changed nor deleted."""

from components.installation import ID_LABEL
from tools import recorded
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
    gone = {each.urn for each in others}
    recorded.forget(stack, lambda resource: resource["urn"] in gone)
    for each in others:
        say(f"Left alone: {each.ref}, which was made anew by somebody else and does not bear the stack's id.")


def is_anothers(live: Object | None, known: Recorded, state: State) -> bool:
    """Whether it is neither the object that the stack made, nor one that bears its id."""
    if live is None or known.is_patch or not known.uid:
        return False
    labels: dict[str, str] = live["metadata"].get("labels") or {}
    if ID_LABEL in labels:
        # The same object may have been given to another installation.
        return labels[ID_LABEL] != state.installation
    return live["metadata"]["uid"] != known.uid
