"""Roles of Google Cloud for the people of ``kubeflow:access``: without one nobody reaches a cluster's API server."""

import re
from dataclasses import dataclass

import pulumi
from pulumi_gcp import projects

from components.base import Component
from components.schema.access import SubjectSettings

ROLE = "roles/container.clusterViewer"
"""Lets its holder log in to clusters of the project, and see what they are called. All else is Kubernetes' RBAC."""


@dataclass(frozen=True, kw_only=True)
class GkeAccessArgs:
    """Who, and where."""

    people: SubjectSettings
    project: str


class GkeAccess(Component, token="kubeflow:cluster:GkeAccess"):
    """Owns one member of one role of the project for each person and group. Members that others added stay."""

    def __init__(self, name: str, args: GkeAccessArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        for kind, names in (("user", args.people.users), ("group", args.people.groups)):
            for person in names:
                projects.IAMMember(
                    f"{name}-{kind}-{person}",
                    project=args.project,
                    role=ROLE,
                    member=member(kind, person),
                    opts=self.child(),
                )
        self.register_outputs({})


def member(kind: str, name: str) -> str:
    """A member as Google writes it; the users of pipelines are service accounts."""
    is_account = kind == "user" and re.search(r"\.gserviceaccount\.com$", name)
    return f"{'serviceAccount' if is_account else kind}:{name}"
