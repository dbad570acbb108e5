"""The stack's commands: what ``make up``, ``preview``, ``down`` and ``env`` run."""

import json
import os
import secrets
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml

from components import preflight
from components.errors import StackError
from tools import embedded, places, toolchain
from tools.programs import CLI, KUBECTL
from tools.say import ToolError, say

SIMULATED = """\
This cluster's nodes are simulated: every object is real and checked, but pods only claim to run, and no notebook opens.
For real notebooks, name a cluster that runs containers, such as minikube, kind or your own:
  minikube start --cpus 4 --memory 8192 --disk-size 40g     then: make up CONTEXT=minikube
  kind create cluster                                       then: make up CONTEXT=kind-kind"""
PASSPHRASES = ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE")


@dataclass(frozen=True, kw_only=True)
class Stack:
    """A stack, and the environment in which ``pulumi`` and ``kubectl`` work on it."""

    name: str
    environment: dict[str, str]
    changes: dict[str, str]
    """What ``environment`` has that the user's own has not."""
    control_plane: embedded.ControlPlane | None
    """The embedded control plane, if the stack runs there."""

    def pulumi(self, *arguments: str, quiet: bool = False) -> str:
        """Runs ``pulumi`` on the stack and returns what it printed, if ``quiet``.

        Raises:
            ToolError: if it fails; it has said why.
        """
        command = ["pulumi", *arguments, "--stack", self.name]
        done = subprocess.run(
            command, cwd=places.CHECKOUT, env=self.environment, capture_output=quiet, text=True, check=False
        )
        if done.returncode:
            detail = f":\n{done.stderr.strip() or done.stdout.strip()}" if quiet else ", as it says above"
            raise ToolError(f"pulumi {arguments[0]} failed{detail}")
        return done.stdout if quiet else ""


def open_stack(name: str, context: str | None) -> Stack:
    """Installs what is missing and makes the stack ready for ``pulumi``.

    Args:
        name: the stack, as in ``Pulumi.NAME.yaml``.
        context: the kubeconfig context to deploy to from now on; None for the one that the stack names, or else the
            embedded control plane's.

    Raises:
        ToolError: if the stack has no file, or anything that it needs cannot be had.
    """
    settings = _cluster_settings(name)
    if context and context != embedded.default().context:
        _check_context(context)
    named = context or settings.get("context") or None
    control_plane = embedded.default()
    runs_embedded = named == control_plane.context or (named is None and settings.get("cloud", "none") == "none")
    changes = toolchain.with_path(toolchain.ensure(CLI, KUBECTL), {"PATH": os.environ["PATH"]})
    toolchain.install_provider({**os.environ, **changes})
    changes |= _backend()
    if runs_embedded:
        control_plane.start()
        changes |= control_plane.environment()
        named = control_plane.context
    stack = Stack(
        name=name,
        environment={**os.environ, **changes},
        changes=changes,
        control_plane=control_plane if runs_embedded else None,
    )
    stack.pulumi("stack", "select", "--create", quiet=True)
    if named != (settings.get("context") or None):
        stack.pulumi("config", "set", "--path", "kubeflow:cluster.context", str(named), quiet=True)
        say(f"Pulumi.{name}.yaml: kubeflow:cluster.context is {named} from now on.")
    return stack


def up(name: str, context: str | None) -> None:
    """Deploys the stack and says where things are."""
    stack = open_stack(name, context)
    stack.pulumi("up", "--yes", "--suppress-outputs", "--suppress-progress")
    outputs = cast("dict[str, Any]", json.loads(stack.pulumi("stack", "output", "--json", quiet=True)))
    say(f"\nKubeflow is up in the namespace {outputs['namespace']}.")
    say(f"  Hub:    {outputs['hubUrl']}")
    say(f"  State:  {stack.environment.get('PULUMI_BACKEND_URL', 'your Pulumi backend')}")
    if stack.control_plane:
        say(f"\n{SIMULATED}")
    shell = 'eval "$(make env)"'
    say("\nNext:")
    say(f"  {shell:<72} # pulumi and kubectl in this shell work on what is up")
    say(f"  {outputs['portForward']:<72} # then open http://127.0.0.1:8000")
    say(f"  {'make preview':<72} # what a changed Pulumi.{name}.yaml would do")


def preview(name: str, context: str | None) -> None:
    """Shows what ``up`` would change."""
    open_stack(name, context).pulumi("preview", "--diff")


def down(name: str, *, delete_data: bool) -> None:
    """Removes the stack's objects, and its data only if ``delete_data``."""
    control_plane = embedded.default()
    if _context(name) in (None, control_plane.context) and not control_plane.exists():
        say("Nothing is up: there is no embedded control plane, and the stack names no other cluster.")
        return
    stack = open_stack(name, None)
    namespace = json.loads(stack.pulumi("stack", "output", "--json", quiet=True)).get("namespace")
    if namespace:
        _stop_notebooks(stack, namespace)
    if delete_data:
        stack.pulumi("state", "unprotect", "--all", "--yes", quiet=True)
        stack.pulumi("destroy", "--yes", "--suppress-progress", "--suppress-outputs")
    else:
        stack.pulumi("destroy", "--yes", "--exclude-protected", "--suppress-progress", "--suppress-outputs")
    if stack.control_plane and delete_data:
        stack.control_plane.delete()
        say("The embedded control plane and all it held are gone.")
    elif stack.control_plane:
        stack.control_plane.stop()
        say("The embedded control plane is stopped; make up starts it again.")
    if namespace and not delete_data:
        say(f"Kept: the namespace {namespace}, the hub's database and users' files. To delete them for ever:")
        say("  make down DELETE_DATA=yes")


def environment(name: str) -> None:
    """Prints the shell commands that ``eval "$(make env)"`` runs."""
    stack = open_stack(name, None)
    for variable, value in {**stack.changes, "PULUMI_STACK": name}.items():
        print(f"export {variable}={shlex.quote(value)}")
    say(f"pulumi and kubectl work on the stack {name}, in {places.CHECKOUT}.")


def _check_context(context: str) -> None:
    try:
        preflight.find_context(context)
    except StackError as error:
        raise ToolError(str(error)) from None


def _context(name: str) -> str | None:
    return _cluster_settings(name).get("context") or None


def _cluster_settings(name: str) -> dict[str, str]:
    file = places.CHECKOUT / f"Pulumi.{name}.yaml"
    known = sorted(file.name.split(".")[1] for file in places.CHECKOUT.glob("Pulumi.*.yaml"))
    if not file.is_file():
        raise ToolError(f"There is no stack {name!r}: STACK is one of {', '.join(known)}, or make Pulumi.{name}.yaml.")
    try:
        content = cast("dict[str, dict[str, Any]] | None", yaml.safe_load(file.read_text()))
        settings: object = ((content or {}).get("config") or {}).get("kubeflow:cluster") or {}
    except (yaml.YAMLError, AttributeError) as error:
        raise ToolError(f"{file.name} is not a stack file: {error}") from None
    # What else is wrong with it, the program says.
    return cast("dict[str, str]", settings) if isinstance(settings, dict) else {}


def _backend() -> dict[str, str]:
    """A state backend and a passphrase on this machine, unless the user has their own."""
    if os.environ.get("PULUMI_BACKEND_URL") or os.environ.get("PULUMI_ACCESS_TOKEN") or _is_logged_in():
        return {}
    folder = places.state() / "pulumi"
    folder.mkdir(parents=True, exist_ok=True)
    backend = {"PULUMI_BACKEND_URL": folder.as_uri()}
    if not any(os.environ.get(variable) for variable in PASSPHRASES):
        file = places.state() / "passphrase"
        if not file.exists():
            file.touch(mode=0o600)
            file.write_text(secrets.token_urlsafe(32))
        backend["PULUMI_CONFIG_PASSPHRASE_FILE"] = str(file)
    return backend


def _is_logged_in() -> bool:
    home = Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi")
    try:
        return bool(json.loads((home / "credentials.json").read_text()).get("current"))
    except (OSError, ValueError):
        return False


def _stop_notebooks(stack: Stack, namespace: str) -> None:
    """Stops what the hub started: the engine does not know notebooks, and without a hub nobody would stop them."""
    subprocess.run(
        [
            "kubectl",
            f"--context={_context(stack.name)}",
            f"--namespace={namespace}",
            "delete",
            "pods",
            "--selector=app=jupyterhub,component=singleuser-server",
        ],
        env=stack.environment,
        stdout=sys.stderr,
        check=False,
    )
