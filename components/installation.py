"""The installation's id: it tells the objects of a stack from those of other stacks and of other people."""

import re
import secrets
from dataclasses import dataclass

import pulumi

from components.base import Component
from components.errors import Problem, settings_error

SETTING = "kubeflow:core.installationId"
ID_LABEL = "kubeflow.org/installation-id"
"""The label that holds the id on every object that the stack makes."""
LONGEST_STACK_NAME = 40
"""How much of the stack's name an id begins with: a label's value has 63 characters at most."""


@dataclass(frozen=True, kw_only=True)
class InstallationArgs:
    """The stack's name, and an id that was given to it."""

    stack: str
    given: str | None = None
    """The id of an installation whose state was lost, or that objects of others bear; None to make a new one."""


class Installation(Component, token="kubeflow:index:Installation"):
    """Owns the installation's id, which is made once and kept in the state: see ADR 0021."""

    id: str
    """The stack's name at the time and 64 random bits. It is known before anything else is registered."""
    stash: pulumi.Resource
    """What keeps the id. All objects depend on it, so that it is deleted after the last of them."""
    is_new: bool
    """Whether it was made by this run."""

    def __init__(self, name: str, args: InstallationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        if args.given and stack_of(args.given) != _readable(args.stack):
            sentence = f"is of the stack {stack_of(args.given)}, not of {args.stack}; remove it"
            raise settings_error([Problem(SETTING, sentence)])
        super().__init__(name, opts)
        candidate = args.given or new_id(args.stack)
        # It is protected, so that it outlives the rest when data is kept.
        kept = pulumi.Stash(f"{name}-id", input=candidate, opts=self.child(ignore_changes=["input"], protect=True))
        # An invoke, other than an output, is waited for: what follows compares the id with the cluster's.
        found = pulumi.runtime.invoke("pulumi:pulumi:getResource", {"urn": kept.urn})
        self.id = str(found.value["state"]["output"])
        self.stash = kept
        if args.given and args.given != self.id:
            raise settings_error([Problem(SETTING, f"comes too late, since the stack has the id {self.id}; remove it")])
        self.is_new = self.id == candidate
        self._stack = args.stack
        self.register_outputs({"id": self.id})

    async def is_older(self) -> bool:
        """Whether the last update that succeeded was by a program that wrote no ids on its objects."""
        name = f"{pulumi.get_organization()}/{pulumi.get_project()}/{self._stack}"
        found = await pulumi.runtime.invoke_async("pulumi:pulumi:readStackOutputs", {"name": name})
        return "clusterIdentity" in found["outputs"] and "installationId" not in found["outputs"]


def new_id(stack: str) -> str:
    """An id for the stack called ``stack``, which fits in a label."""
    return f"{_readable(stack)}-{secrets.token_hex(8)}"


def stack_of(installation_id: str) -> str:
    """The name, perhaps cut off, of the stack that made an id."""
    return installation_id.rpartition("-")[0]


def _readable(stack: str) -> str:
    return re.sub(r"^[^A-Za-z0-9]+", "", stack)[:LONGEST_STACK_NAME] or "stack"
