"""Roles of Azure for the people of ``kubeflow:access``: without one nobody gets an AKS cluster's kubeconfig."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_azure_native import authorization

from components.base import Component
from components.cluster.aks_cluster import role_assignment_name, role_definition
from components.schema.access import SubjectSettings

CLUSTER_USER = "4abbcc35-e782-43d8-92c5-2d3f1bd2253f"
"""Azure Kubernetes Service Cluster User Role: lets its holder list the user's kubeconfig, and no more."""


@dataclass(frozen=True, kw_only=True)
class AksAccessArgs:
    """Who, and where."""

    people: SubjectSettings
    object_ids: Mapping[str, str]
    """The object ids of users, by their names; a name that is missing is an id."""
    subscription_id: str
    resource_group: str
    cluster: str


class AksAccess(Component, token="kubeflow:cluster:AksAccess"):
    """Owns one role assignment on the cluster for each person and group."""

    def __init__(self, name: str, args: AksAccessArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        scope = (
            f"/subscriptions/{args.subscription_id}/resourceGroups/{args.resource_group}/providers/"
            f"Microsoft.ContainerService/managedClusters/{args.cluster}"
        )
        for kind, names in (("User", args.people.users), ("Group", args.people.groups)):
            for person in names:
                principal = args.object_ids.get(person, person)
                authorization.RoleAssignment(
                    f"{name}-{kind.lower()}-{person}",
                    role_assignment_name=role_assignment_name(args.resource_group, args.cluster, principal),
                    scope=scope,
                    role_definition_id=role_definition(args.subscription_id, CLUSTER_USER),
                    principal_id=principal,
                    principal_type=kind,
                    opts=self.child(),
                )
        self.register_outputs({})
