"""What ``make up``, ``preview``, ``down`` and ``env`` do."""

import shlex
import shutil
from typing import Any

from components.installation import ID_LABEL
from components.labels import NOTEBOOK_LABELS
from components.schema.core import DATABASE_CLAIM
from tools import deletion, embedded, exports, objects, places, private, recover, strangers, toolchain
from tools.programs import KUBECTL
from tools.say import ToolError, say
from tools.stack import Stack, open_stack, remember_context
from tools.stack_file import StackFile

STOP_SECONDS = 90
"""How long notebooks have to stop: three times what a pod has before it is killed."""
MEANING = {"DELETE_DATA": "To delete users' data", "MEND": "To take back what others changed"}
"""What a yes to variables of make means."""
DEFAULT_STACK = "nocloud"
"""The one that make works on unless it is told another."""
SIMULATED = """\
This cluster's nodes are simulated: every object is real and checked, but pods only claim to run, and no notebook opens.
For real notebooks, name a cluster that runs containers, such as minikube, kind or your own:
  minikube start --cpus 4 --memory 8192 --disk-size 40g     then: make up CONTEXT=minikube
  kind create cluster                                       then: make up CONTEXT=kind-kind"""


def up(name: str, context: str | None) -> None:
    """Deploys the stack and says where things are."""
    before = _content(name)
    stack = open_stack(name, context, changes_it=True)
    exports.keep(stack)
    try:
        deletion.settle(stack, stack.outputs())
        stack.refuse_to_move()
        was_cut_off = recover.finish(stack)
        remember_context(stack)
        stack.pulumi("up", "--yes", "--suppress-outputs", "--suppress-progress")
    except (ToolError, KeyboardInterrupt):
        if not stack.is_deployed():
            stack.file.restore(before)
        raise
    if was_cut_off:
        recover.look_over(stack)
    outputs = stack.outputs()
    say(f"\nKubeflow is up in the namespace {outputs['namespace']}.")
    say(f"  Hub:    {outputs['hubUrl']}")
    say(f"  State:  {stack.changes.get('PULUMI_BACKEND_URL', 'your own Pulumi backend')}")
    if stack.file.path.read_bytes() != before:
        say(f"  Noted:  the context {stack.context}, in {stack.file.path.name}")
    if stack.control_plane:
        say(f"\n{SIMULATED}")
    shell, forward = f'eval "$({_make("env", stack)})"', outputs["portForward"]
    width = max(len(forward), len(shell))
    say("\nNext:")
    if login := outputs.get("getCredentials"):
        say(f"  {login}  # kubectl finds the cluster")
    say(f"  {shell:<{width}}  # pulumi and kubectl in this shell work on what is up")
    say(f"  {forward:<{width}}  # then open http://127.0.0.1:8000")
    say(f"  {_make('preview', stack):<{width}}  # what a changed {stack.file.path.name} would do")


def preview(name: str, context: str | None) -> None:
    """Shows what ``up`` would change, and leaves the stack's file as it is."""
    before = _content(name)
    stack = open_stack(name, context)
    if deletion.is_interrupted(stack):
        say(
            f"A deletion of what the stack {name} has was interrupted. Until {_make('up', stack)} or "
            f"{_make('down', stack)} has found out what is left, a preview shows changes to what there was before."
        )
    settings = places.state() / f"preview-{stack.key}.yaml"
    try:
        stack.refuse_to_move()
        # It is about a copy of the stack's file: if the command is killed, the next one goes where the file says.
        private.write(settings, stack.file.path.read_text())
        remember_context(stack, "--config-file", str(settings))
        stack.pulumi("preview", "--diff", "--config-file", str(settings))
    finally:
        settings.unlink(missing_ok=True)
        stack.file.restore(before)


def down(name: str, *, delete_data: bool) -> None:
    """Removes the stack's objects, and its data only if ``delete_data``."""
    file, control_plane = StackFile(name), embedded.default()
    file.check()
    on_ours = file.context == control_plane.context or (file.context is None and file.platform == "nocloud")
    if on_ours and not control_plane.exists():
        say("Nothing is up: there is no embedded control plane, and the stack names no other cluster.")
        return
    stack = open_stack(name, None, changes_it=True)
    if delete_data and file.protects_cluster:
        raise ToolError(
            f"The stack {name} created its cluster and protects it, so that not all can be deleted. To delete cluster "
            f"and data for ever, set kubeflow:cluster.{file.platform}.deletionProtection to false, run "
            f"{_make('up', stack)}, and try again."
        )
    exports.keep(stack)
    outputs = stack.outputs()
    deletion.settle(stack, outputs, goes_on=delete_data)
    stack.refuse_to_move()
    was_cut_off = recover.finish(stack)
    is_shared = False
    if stack.resources():
        strangers.forget(stack)
        # Before, since what mounts a disk hangs without what exports it; and after, for what began meanwhile.
        _stop_notebooks(stack, outputs)
        is_shared = deletion.destroy(stack, outputs, with_data=delete_data)
        if delete_data:
            exports.forget(stack)
        else:
            _stop_notebooks(stack, outputs)
    if was_cut_off:
        recover.clean_up(stack)
    kept = None if delete_data else _kept(stack, outputs)
    if stack.control_plane:
        _end(stack, stack.control_plane, delete_data=delete_data and not is_shared)
    if kept:
        say(f"Kept: {kept} To delete that for ever:\n  {_make('down', stack)} DELETE_DATA=yes")


def environment(name: str) -> None:
    """Prints the shell commands that ``eval "$(make env)"`` runs."""
    stack = open_stack(name, None)
    changes = {**toolchain.with_path(toolchain.ensure(KUBECTL), stack.changes), "PULUMI_STACK": name}
    # kubectl goes where its kubeconfig's current context says: to this stack's cluster, and to no other.
    try:
        kubeconfig = stack.kubeconfig(stack.outputs())
    except ToolError as error:
        say(f"{error}\nkubectl in this shell knows no cluster.")
        kubeconfig = places.state() / f"kubeconfig-{name}"
    if kubeconfig is not None:
        changes["KUBECONFIG"] = str(kubeconfig)
    for variable, value in changes.items():
        print(f"export {variable}={shlex.quote(value)}")
    say(f"pulumi and kubectl work on the stack {name}, in {places.CHECKOUT}.")


def _make(command: str, stack: Stack) -> str:
    """The command as the user types it."""
    return f"make {command}" if stack.name == DEFAULT_STACK else f"make {command} STACK={stack.name}"


def _content(name: str) -> bytes:
    file = StackFile(name)
    file.check()
    return file.path.read_bytes()


def _kept(stack: Stack, outputs: dict[str, Any]) -> str | None:
    """What of the stack's data is in the cluster, as a sentence; None if there are none, or nobody can tell."""
    name = outputs.get("namespace")
    if not name:
        return None
    try:
        cluster = objects.Cluster.of(stack, outputs)
        found = cluster.get("namespaces", name)
        claims = cluster.get("persistentvolumeclaims", f"--namespace={name}")
    except ToolError as error:
        say(f"{error}\nWhat is kept of the namespace {name} could not be looked up.")
        return None
    if not found or "deletionTimestamp" in found[0]["metadata"]:
        say(f"The namespace {name} is not there, so that there are no data to keep.")
        return None
    is_ours = _bears_id(found[0], outputs)
    names = {each["metadata"]["name"] for each in claims if is_ours or _bears_id(each, outputs)}
    others = len(names - {DATABASE_CLAIM})
    parts = [
        *([f"the namespace {name}"] if is_ours else []),
        *(["the hub's database"] if DATABASE_CLAIM in names else []),
        *([f"{others} other {'claim' if others == 1 else 'claims'}, such as those of users' files"] if others else []),
    ]
    if not parts:
        return None
    return f"{', '.join(parts[:-1])}{' and ' if len(parts) > 1 else ''}{parts[-1]}."


def _bears_id(found: dict[str, Any], outputs: dict[str, Any]) -> bool:
    """Whether an object is of the stack; those of older stacks bear no id."""
    labels: dict[str, str] = found["metadata"].get("labels") or {}
    return labels.get(ID_LABEL) == outputs.get("installationId")


def _stop_notebooks(stack: Stack, outputs: dict[str, Any]) -> None:
    """Stops what the hub started: the engine does not know notebooks, and without a hub nobody would stop them."""
    namespace = outputs.get("namespace")
    if not namespace:
        return
    # In a namespace of others there may be notebooks of another hub.
    is_ours = stack.file.settings("core").get("createNamespace") is not False
    labels = NOTEBOOK_LABELS if is_ours else {**NOTEBOOK_LABELS, ID_LABEL: outputs.get("installationId", "")}
    selector = ",".join(f"{key}={value}" for key, value in labels.items())
    delete = ("delete", "pods", f"--selector={selector}", f"--namespace={namespace}", f"--timeout={STOP_SECONDS}s")
    try:
        kubeconfig = stack.kubeconfig(outputs)
        printed = stack.kubectl(f"--kubeconfig={kubeconfig}", *delete, "--output=name")
    except ToolError as error:
        say(f"{error}\nNotebooks that run go on. To stop them: kubectl {' '.join(delete)}")
        return
    # Where there is none it says so.
    stopped = [line for line in printed.splitlines() if line.startswith("pod/")]
    if stopped:
        say(f"Stopped {len(stopped)} {'notebook' if len(stopped) == 1 else 'notebooks'}.")


def _end(stack: Stack, control_plane: embedded.ControlPlane, *, delete_data: bool) -> None:
    """Stops the embedded control plane, or removes it with its data, unless other stacks are deployed to it."""
    others = stack.others_here()
    if others:
        say(f"The embedded control plane goes on, for {', '.join(others)}.")
    elif delete_data:
        control_plane.delete()
        if "PULUMI_BACKEND_URL" in stack.changes:
            shutil.rmtree(control_plane.folder.parent / "pulumi")
        stack.file.forget_cluster()
        say("The embedded control plane and all it held are gone.")
    else:
        control_plane.stop()
        say("The embedded control plane is stopped; make up starts it again.")


def says_yes(variable: str, value: str) -> bool:
    """Whether a variable of ``make`` says yes.

    Raises:
        ToolError: if it says neither yes nor nothing: nobody's data hangs on a guess.
    """
    if value not in ("", "yes"):
        raise ToolError(f"{variable}={value} is neither yes nor empty. {MEANING[variable]}, write {variable}=yes.")
    return value == "yes"
