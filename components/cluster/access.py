"""Who may do what in the cluster: bindings of Kubernetes' own roles to people."""

from dataclasses import dataclass

import pulumi
from pulumi_kubernetes import meta, rbac

from components.base import Component
from components.labels import labels
from components.rights import GROUP, role_ref
from components.schema.access import AccessSettings, SubjectSettings

APP = "access"
ANYUID = "system:openshift:scc:anyuid"
ANYUID_ACCOUNTS = ("default", "hub", "usage-reporter")
"""The ServiceAccounts of pods whose images have users of their own: the proxy's and notebooks', the hub's,
and the usage reporter's."""


@dataclass(frozen=True, kw_only=True)
class AccessArgs:
    """Who, and where."""

    settings: AccessSettings
    installation: str
    """The stack's own namespace, which tells its cluster-wide binding from other installations'."""
    namespace: pulumi.Input[str]
    """The same, once it is there."""


class Access(Component, token="kubeflow:cluster:Access"):
    """Owns bindings to people and groups that the settings name, and OpenShift's to ServiceAccounts of the stack."""

    def __init__(self, name: str, args: AccessArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._name, self._args = name, args
        settings = args.settings
        if settings.cluster_admins.anybody:
            rbac.v1.ClusterRoleBinding(
                f"{name}-default-admin",
                metadata=meta.v1.ObjectMetaArgs(name=f"{args.installation}-default-admin", labels=labels(APP, name)),
                role_ref=role_ref("ClusterRole", "cluster-admin"),
                subjects=subjects(settings.cluster_admins),
                opts=self.child(),
            )
        for namespace, roles in sorted(settings.namespaces.items()):
            for role, people in roles.by_role().items():
                self._binding(
                    f"{namespace}-{role}",
                    role,
                    subjects(people),
                    namespace=namespace,
                    named=f"{args.installation}-{role}",
                )
        if settings.openshift_anyuid:
            accounts = [
                rbac.v1.SubjectArgs(kind="ServiceAccount", name=account, namespace=args.namespace)
                for account in ANYUID_ACCOUNTS
            ]
            self._binding("anyuid", ANYUID, accounts, namespace=args.installation, named=f"{args.installation}-anyuid")
        self.register_outputs({})

    def _binding(
        self, logical: str, role: str, subjects: list[rbac.v1.SubjectArgs], *, namespace: str, named: str
    ) -> None:
        own = namespace == self._args.installation
        rbac.v1.RoleBinding(
            f"{self._name}-{logical}",
            metadata=meta.v1.ObjectMetaArgs(
                name=named,
                namespace=self._args.namespace if own else namespace,
                labels=labels(APP, self._name),
            ),
            role_ref=role_ref("ClusterRole", role),
            subjects=subjects,
            opts=self.child(),
        )


def subjects(people: SubjectSettings) -> list[rbac.v1.SubjectArgs]:
    """Users and groups as subjects of a binding, in alphabetical order: another order is no change."""
    named = [("User", sorted(people.users)), ("Group", sorted(people.groups))]
    return [rbac.v1.SubjectArgs(api_group=GROUP, kind=kind, name=name) for kind, names in named for name in names]
