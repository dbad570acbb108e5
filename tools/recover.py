"""The way back after an update that was cut off, or with a state that is damaged, old or lost."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

from tools import deletion, drift, engine, leftovers, lost_state, strangers
from tools.api import Object, Objects, RefusedError, open_objects
from tools.exports import keep, kept
from tools.recorded import ID, State, drawn_in, read_state
from tools.say import ToolError, say
from tools.stack import Stack, open_stack, remember_context

ANOTHER_KEY = "incorrect passphrase"
"""What the engine says if it cannot decrypt the state or the settings."""


def recover(name: str, context: str | None, *, adopt: str) -> None:
    """Brings stack, state and cluster together again, and says what was found.

    Args:
        name: the stack.
        context: the kubeconfig context; None for the one that the stack's file names.
        adopt: the id of the installation that a stack without a state takes up; empty for none.

    Raises:
        ToolError: if something is left that only a person can decide.
    """
    stack = open_stack(name, context, changes_it=True)
    if deletion.is_interrupted(stack):
        deletion.settle(stack, stack.outputs())
    recover_stack(stack, adopt=adopt)


def recover_stack(stack: Stack, *, adopt: str = "") -> None:
    """Does what ``recover`` does, for a stack that is open."""
    _have_state(stack, adopt)
    keep(stack)
    _complete(stack)
    stack.refuse_to_move()
    strangers.forget(stack)
    refresh(stack)
    remember_context(stack)
    say("Deploying what is missing.")
    stack.pulumi("up", "--yes", "--suppress-outputs", "--suppress-progress")
    look_over(stack)
    say(f"The stack {stack.name} is recovered.")


def look_over(stack: Stack) -> None:
    """Deletes copies that no state knows, and compares the cluster with the state.

    Raises:
        ToolError: if the cluster is not as the stack made it.
    """
    with open_objects(stack) as objects:
        state = read_state(stack)
        left = _clean_up(stack, objects, state, leftovers.is_copy)
        say("Comparing the cluster with the state.")
        findings = drift.compare(objects, state.objects)
        drift.show(findings)
    if left:
        say(
            "What is left over is for you to look at: the stack does not make it any more, and deletes nothing that "
            "its state does not know."
        )
    if findings:
        raise ToolError("The stack is up, but the cluster is not as it made it. To take that back: make drift MEND=yes")


def clean_up(stack: Stack) -> None:
    """Deletes what an update made and did not record, of a stack that is down."""
    with open_objects(stack) as objects:
        _clean_up(stack, objects, read_state(stack), leftovers.holds_no_data)


def finish(stack: Stack) -> bool:
    """Finds out how far an update came that was cut off, if one was; whether there was one.

    What was being made or deleted when the engine was killed is in the state as pending, and nowhere else.
    """
    deployment = json.loads(stack.pulumi("stack", "export", quiet=True))["deployment"]
    if not deployment.get("pending_operations"):
        return False
    strangers.forget(stack)
    refresh(stack)
    return True


def refresh(stack: Stack) -> None:
    """Has the state say what is in the cluster, and forget what an update was about to make.

    An object that was made and not recorded is taken up by the next update, since it bears the stack's id.
    """
    say("Looking at what there is in the cluster.")
    stack.pulumi("refresh", "--yes", "--skip-preview", "--clear-pending-creates", "--suppress-outputs", quiet=True)


def _have_state(stack: Stack, adopt: str) -> None:
    """Makes sure that there is a state, if need be from a copy, or else from what is in the cluster."""
    try:
        state = read_state(stack)
    except ToolError as error:
        broken = str(error)
    else:
        if state.knows_stack:
            return
        broken = ""
    if ANOTHER_KEY in broken and not adopt:
        raise ToolError(_without_passphrase(stack, broken))
    if broken:
        say(f"The state cannot be read. {broken}")
    if not adopt and _take_copy(stack):
        return
    with open_objects(stack) as objects:
        found = lost_state.installation_in(objects, stack.file.namespace)
        if found is None:
            if broken:
                raise ToolError(_nothing_to_go_by(stack))
            return
        _refuse_anothers(stack, found)
        if adopt != found:
            raise ToolError(_which_to_adopt(stack, found, adopt))
        if broken:
            _set_aside(stack)
        lost_state.complete(stack, objects, found)


def _complete(stack: Stack) -> None:
    """Has an old state know what was drawn since it was the newest."""
    installation = read_state(stack).installation
    if installation is not None:
        with open_objects(stack) as objects:
            lost_state.complete(stack, objects, installation)


def _take_copy(stack: Stack) -> bool:
    """Takes the newest copy of the state that can be read and is of the installation in the cluster; whether one is."""
    copies = kept(stack)
    if not copies:
        return False
    with open_objects(stack) as objects:
        there = lost_state.installation_in(objects, stack.file.namespace)
    for copy in copies:
        try:
            known = drawn_in(json.loads(copy.read_text())).get(ID)
            if there is not None and known != there:
                say(f"{copy} is of the installation {known}, and the one in the cluster is {there}.")
                continue
            stack.pulumi("stack", "import", "--file", str(copy), quiet=True)
            read_state(stack)
        except (ToolError, OSError, ValueError, KeyError) as error:
            say(f"{copy} cannot be used. {error}")
        else:
            say(f"Took the copy of the state that was kept before the last update, {copy}.")
            return True
    return False


def _refuse_anothers(stack: Stack, installation: str) -> None:
    """Refuses to take up what another stack of this backend knows as its own."""
    try:
        others = stack.others()
    except ToolError:
        # The list cannot be read as long as one of the states cannot.
        others = {}
    for name, export in others.items():
        if f'"{installation}"' in export:
            raise ToolError(
                f"The installation {installation} belongs to the stack {name}, which has its state. To rename that "
                f"stack: pulumi stack rename --stack {name} NEW, and rename Pulumi.{name}.yaml with it. To deploy a "
                f"second one, set kubeflow:core.namespace to a free name in {stack.file.path.name}."
            )


def _set_aside(stack: Stack) -> None:
    """Moves a state away that cannot be used, and makes an empty one.

    Raises:
        ToolError: if the backend is not a folder.
    """
    kept_in = engine.kept_in(stack.backend)
    if kept_in is None:
        raise ToolError(
            f"The state of the stack {stack.name} in your backend cannot be used. Import a copy of it "
            f"(pulumi stack import --file COPY), or remove it "
            f"(pulumi stack rm --force --preserve-config {stack.name}), and try again."
        )
    folder = kept_in / "stacks" / engine.project_of(stack.folder)
    for file in sorted(folder.glob(f"{stack.name}.json*")):
        if file.suffix in (".json", ".bak", ".gz", ".attrs"):
            aside = file.with_name(f"{file.name}.damaged-{datetime.now(UTC):%Y-%m-%dT%H-%M-%SZ}")
            file.rename(aside)
            say(f"Moved {file} to {aside.name}.")
    stack.pulumi("stack", "select", "--create", quiet=True)


def _clean_up(stack: Stack, objects: Objects, state: State, may_go: Callable[[Object], bool]) -> bool:
    """Deletes objects of the stack that no state knows, and says which are left; whether any are."""
    if state.installation is None:
        return False
    found = list(
        leftovers.unknown(leftovers.labelled(objects, state.installation, leftovers.own_namespaces(stack)), state)
    )
    for each in filter(may_go, found):
        ref = leftovers.ref_of(each)
        try:
            objects.delete(ref, each["metadata"]["uid"])
            say(f"  Deleted {ref}, which an update that was cut off had made and not recorded.")
        except RefusedError as refused:
            say(f"  {ref}, which an update that was cut off had made, cannot be deleted: {refused}")
    left = [each for each in found if not may_go(each)]
    for each in left:
        say(f"  Left over: {leftovers.ref_of(each)}")
    return bool(left)


def _without_passphrase(stack: Stack, broken: str) -> str:
    file = stack.file.path.name
    return (
        f"The state of the stack {stack.name} is encrypted with another passphrase: {broken}\n"
        f"If that is lost, so are the secrets in the state and in {file}; what runs is not. To go on with a new one:\n"
        f"  1. Remove the line encryptionsalt, and every key with the word secure, from {file}.\n"
        f"  2. Set a new passphrase, or remove an old PULUMI_CONFIG_PASSPHRASE from the environment.\n"
        f"  3. Run make recover ADOPT=ID, with the id that this prints:\n"
        f"       kubectl get namespace {stack.file.namespace} "
        f"--output 'jsonpath={{.metadata.labels.kubeflow\\.org/installation-id}}'\n"
        f"  4. Set the secrets of the settings anew: pulumi config set --secret kubeflow:sharedPassword and the like, "
        f"then make up."
    )


def _nothing_to_go_by(stack: Stack) -> str:
    return (
        f"The state of the stack {stack.name} cannot be read, there is no copy of it, and the cluster has no "
        f"installation in its namespace. If nothing was ever deployed, remove the state: "
        f"pulumi stack rm --force --preserve-config {stack.name}"
    )


def _which_to_adopt(stack: Stack, found: str, adopt: str) -> str:
    is_another = f"The installation in the namespace is not {adopt}, but {found}. " if adopt else ""
    return (
        f"{is_another}The stack {stack.name} has no state, and its namespace is that of the installation {found}. Two "
        f"stacks must not share it. If no other state of it is left, take it up:\n  make recover "
        f"{'' if stack.name == 'nocloud' else f'STACK={stack.name} '}ADOPT={found}"
    )
