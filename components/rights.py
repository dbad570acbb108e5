"""The pieces that roles and their bindings are made of."""

import pulumi
from pulumi_kubernetes import rbac

GROUP = "rbac.authorization.k8s.io"


def rule(group: str, resources: list[str], *verbs: str, names: list[str] | None = None) -> rbac.v1.PolicyRuleArgs:
    """A rule of a role.

    Args:
        group: the resources' API group; empty for the core's.
        resources: what it is about.
        verbs: what its holder may do.
        names: which objects it is about; None for all.
    """
    return rbac.v1.PolicyRuleArgs(api_groups=[group], resources=resources, verbs=list(verbs), resource_names=names)


def role_ref(kind: str, name: pulumi.Input[str]) -> rbac.v1.RoleRefArgs:
    """The role that a binding is to; ``kind`` is Role or ClusterRole."""
    return rbac.v1.RoleRefArgs(api_group=GROUP, kind=kind, name=name)
