"""A stack that is ready for ``pulumi`` and ``kubectl``: programs, cluster, backend and context."""

import hashlib
import json
import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components import preflight
from components.errors import StackError
from components.kube.kubeconfig import find_context
from tools import backend, embedded, engine, places, private, toolchain
from tools.programs import CLI, CONTROL_PLANE, KUBECTL, PROVIDER
from tools.say import ToolError, say
from tools.stack_file import StackFile

SDK_GROUPS = {"gcp": ("gke",), "azure": ("aks", "acsengine")}
"""The dependency groups of the clouds' SDKs, and the platforms that need them."""


@dataclass(frozen=True, kw_only=True)
class Stack:
    """A stack, and the environment in which ``pulumi`` and ``kubectl`` work on it."""

    file: StackFile
    context: str | None
    """Where it is deployed to; None if nobody has said so, which the program refuses."""
    changes: dict[str, str]
    """What the environment has that the user's own has not."""
    control_plane: embedded.ControlPlane | None
    """The embedded control plane, if the stack runs there."""
    folder: Path = places.CHECKOUT
    """The project that ``pulumi`` runs in."""

    @property
    def name(self) -> str:
        """The stack's name."""
        return self.file.name

    @property
    def backend(self) -> str:
        """Where its state is."""
        return self.changes.get("PULUMI_BACKEND_URL") or os.environ.get("PULUMI_BACKEND_URL") or backend.login() or ""

    @property
    def key(self) -> str:
        """The name of what the tools keep of it: stacks of one name in several backends are several."""
        # What stands before an @ is a password at times.
        where = re.sub(r"//[^/@]*@", "//", self.backend)
        return f"{self.name}-{hashlib.sha256(where.encode()).hexdigest()[:8]}"

    def pulumi(self, *arguments: str, quiet: bool = False, given: str | None = None) -> str:
        """Runs ``pulumi`` on the stack, and returns what it printed if ``quiet``.

        Raises:
            ToolError: if it fails; unless ``quiet``, it has said why.
        """
        return self._engine(*arguments, "--stack", self.name, quiet=quiet, given=given)

    def kubectl(self, *arguments: str) -> str:
        """What ``kubectl`` prints, which is installed if need be.

        Raises:
            ToolError: if it fails.
        """
        program = toolchain.ensure(KUBECTL)["kubectl"] / "kubectl"
        environment = {**os.environ, **self.changes}
        done = subprocess.run([program, *arguments], env=environment, capture_output=True, text=True, check=False)
        return _output(done, quiet=True)

    def _engine(self, *arguments: str, quiet: bool, given: str | None = None) -> str:
        environment = {**os.environ, **self.changes}
        return _output(
            engine.run(("pulumi", *arguments), self.folder, environment, quiet=quiet, given=given), quiet=quiet
        )

    def outputs(self) -> dict[str, Any]:
        """What the stack says of itself; nothing if it is not deployed."""
        return json.loads(self.pulumi("stack", "output", "--json", quiet=True))

    def resources(self) -> list[dict[str, Any]]:
        """What the engine knows of the stack, as its state has it."""
        deployment = json.loads(self.pulumi("stack", "export", quiet=True))["deployment"]
        return deployment.get("resources") or []

    def is_deployed(self) -> bool:
        """Whether the engine knows of any object of the stack in a cluster."""
        return any("kubernetes:" in each["urn"].split("::")[2] for each in self.resources())

    def others(self) -> dict[str, str]:
        """What ``pulumi stack export`` prints of the other stacks of this project, by their names.

        Raises:
            ToolError: if one of them cannot be read.
        """
        stacks: list[dict[str, Any]] = json.loads(self._engine("stack", "ls", "--json", quiet=True))
        names = [each["name"] for each in stacks if each["name"] != self.name]
        return {name: self._engine("stack", "export", "--stack", name, quiet=True) for name in names}

    def others_here(self) -> list[str]:
        """The other stacks of this project that have something, be it data alone, in the same cluster."""
        stacks: list[dict[str, Any]] = json.loads(self._engine("stack", "ls", "--json", quiet=True))
        others = [each["name"] for each in stacks if each["name"] != self.name and each.get("resourceCount")]
        show = ("stack", "output", "--json", "--stack")
        return [
            other
            for other in others
            if json.loads(self._engine(*show, other, quiet=True)).get("context") == self.context
        ]

    def _identity(self) -> str | None:
        """What tells the cluster that the settings mean from others; None if they do not say, or its cloud has to."""
        if self.context is None:
            return self.file.cluster_identity
        try:
            return preflight.inspect(self.context, []).identity
        except StackError as error:
            raise ToolError(str(error)) from None

    def kubeconfig(self, outputs: Mapping[str, Any]) -> Path | None:
        """A kubeconfig with this stack's cluster alone, so that commands meet no other; None if it has no cluster.

        Raises:
            ToolError: if its cloud does not hand one out.
        """
        login = outputs.get("getCredentials")
        if self.control_plane or not (login or self.context):
            return self.control_plane.kubeconfig if self.control_plane else None
        file = places.state() / f"kubeconfig-{self.name}"
        if self.context:
            shown = self.kubectl("config", "view", "--minify", "--flatten", f"--context={self.context}")
            private.write(file, shown)
            return file
        private.write(file, "")
        done = subprocess.run(
            ["sh", "-c", str(login)],
            env={**os.environ, **self.changes, "KUBECONFIG": str(file)},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise ToolError(f"kubectl cannot be given the stack's cluster. {login} failed:\n{done.stderr.strip()}")
        return file

    def refuse_to_move(self) -> None:
        """Refuses what the engine would refuse less plainly: a stack whose data would be left behind.

        Raises:
            ToolError: if the stack is deployed to another cluster or namespace, or with a database that its settings
                no longer have, or if the cluster does not answer.
        """
        outputs = self.outputs()
        identity = self._identity()
        if identity is None or "clusterIdentity" not in outputs:
            return
        namespace = self.file.namespace
        elsewhere = [
            *(
                [f"in the cluster of the context {outputs['context']}"]
                if identity != outputs["clusterIdentity"]
                else []
            ),
            *([f"in the namespace {outputs['namespace']}"] if namespace != outputs["namespace"] else []),
        ]
        if elsewhere:
            raise ToolError(
                f"The stack {self.name} is deployed {' and '.join(elsewhere)}, with its users' data, and stays there. "
                f"For another place, make another stack:\n"
                f"  cp {self.file.path.name} Pulumi.OTHER.yaml, then: make up STACK=OTHER"
                f"{f' CONTEXT={self.context}' if self.context else ''}\n"
                f"To move it, see docs/operations.md."
            )
        in_memory = self.file.settings("core").get("hub", {}).get("database") == "memory"
        claims = [
            each["urn"]
            for each in self.resources()
            if each.get("protect") and each["urn"].endswith("PersistentVolumeClaim::jupyterhub-hub-database")
        ]
        if in_memory and claims:
            raise ToolError(
                f"kubeflow:core.hub.database is memory, but the hub's users and running notebooks are on the claim "
                f"hub-db-dir. To drop them for ever, first run:\n  pulumi state unprotect '{claims[0]}'"
            )


def open_stack(name: str, context: str | None, *, changes_it: bool = False) -> Stack:
    """Installs what is missing, starts the embedded control plane if the stack runs there, and selects the stack.

    Args:
        name: the stack, as in ``Pulumi.NAME.yaml``.
        context: the kubeconfig context to deploy to; None for the one that the stack's file names, or else the
            embedded control plane's. The file says so after ``remember``.
        changes_it: whether the command changes the stack: then no other may at the same time, and locks that engines
            which were killed have left are removed.

    Raises:
        ToolError: if the stack has no file, or anything that it needs cannot be had.
    """
    file, control_plane = StackFile(name), embedded.default()
    file.check()
    backend.forget_ours()
    if context and context != control_plane.context:
        _check_context(context)
    named = context or file.context
    is_embedded = named == control_plane.context or (named is None and file.platform == "nocloud")
    # All that the stack needs is installed at once; kubectl when something asks for it.
    installed = toolchain.ensure(
        *([CONTROL_PLANE] if is_embedded else []), CLI, *([] if toolchain.has_provider(os.environ) else [PROVIDER])
    )
    cli = {name: folder for name, folder in installed.items() if name in CLI.programs}
    changes = toolchain.with_path(cli, {"PATH": os.environ["PATH"]})
    # Pulumi keeps .venv in step before each run: without the SDKs of clouds that the stack is not on, and so without
    # fetching their plugins.
    changes["UV_NO_GROUP"] = " ".join(group for group in SDK_GROUPS if file.platform not in SDK_GROUPS[group])
    toolchain.install_provider({**os.environ, **changes})
    # What is in the embedded control plane goes with it, and so does the engine's record of it.
    changes |= backend.environment((control_plane.folder.parent if is_embedded else places.state()) / "pulumi")
    if is_embedded:
        changes |= control_plane.environment()
    stack = Stack(
        file=file,
        context=control_plane.context if is_embedded else named,
        changes=changes,
        control_plane=control_plane if is_embedded else None,
    )
    if changes_it:
        # Such as one that ends what a signal has interrupted.
        engine.wait_until_free("Another make", name, lambda: private.hold(places.state() / "locks" / stack.key))
    engine.end_leftovers(stack.folder)
    if is_embedded:
        control_plane.start()
        # The preflight looks for contexts where kubectl does.
        os.environ.update(control_plane.environment())
    if changes_it:
        engine.mend_empty_state(stack.backend, engine.project_of(stack.folder), name)
    stack.pulumi("stack", "select", "--create", quiet=True)
    if changes_it and engine.wait_for_others(stack.backend, engine.project_of(stack.folder), name):
        say(f"The engine that worked on the stack {name} was killed; removing the lock that it has left.")
        stack.pulumi("cancel", "--yes", quiet=True)
    return stack


def remember_context(stack: Stack, *where: str) -> None:
    """Writes the stack's context to its file, or to the one that ``where`` says."""
    if stack.context and stack.context != stack.file.context:
        stack.pulumi("config", "set", "--path", "kubeflow:cluster.context", stack.context, *where, quiet=True)


def _output(done: subprocess.CompletedProcess[str], *, quiet: bool) -> str:
    if done.returncode:
        detail = f":\n{done.stderr.strip() or done.stdout.strip()}" if quiet else ", as it says above."
        raise ToolError(f"{Path(done.args[0]).name} {done.args[1]} failed{detail}")
    return done.stdout if quiet else ""


def _check_context(context: str) -> None:
    try:
        find_context(context)
    except StackError as error:
        raise ToolError(str(error)) from None
