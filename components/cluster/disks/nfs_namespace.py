"""The namespace of what exports disks over NFS, and the rights that every exporter has."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes import core, meta, networking, rbac

from components.base import Component
from components.labels import labels
from components.network import Port, anywhere_egress, deny_all, dns_egress
from components.rights import role_ref, rule
from components.security import PRIVILEGED_NAMESPACE_LABELS

APP = "nfs-provisioner"
PORTS = {"nfs": 2049, "nlockmgr": 32803, "mountd": 20048, "rquotad": 875, "rpcbind": 111, "statd": 662}
"""Where the NFS server listens, by TCP and UDP."""


@dataclass(frozen=True, kw_only=True)
class NfsNamespaceArgs:
    """What it is called, and who exports from it."""

    namespace: str
    installation: str
    """The stack's own namespace, which tells the cluster-wide role from other installations'."""
    services: Sequence[str]
    """The exporters' Services."""
    api_ports: tuple[int, ...]


class NfsNamespace(Component, token="kubeflow:cluster:NfsNamespace"):
    """Owns the namespace, which is protected, its policies, and the exporters' ServiceAccount and rights.

    The rights are those that making NFS volumes for claims takes, and no more: no Secret can be read by them.
    """

    namespace: pulumi.Output[str]
    service_account: pulumi.Output[str]
    before_exporters: list[pulumi.Resource]
    """What has to be there before the first exporter: its rights, and the policy that holds for it."""

    def __init__(self, name: str, args: NfsNamespaceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._name, self._args = name, args
        # An NFS server opens files by handle, for which it needs a capability that only ``privileged`` allows.
        namespace = core.v1.Namespace(
            f"{name}-namespace",
            metadata=meta.v1.ObjectMetaArgs(name=args.namespace, labels=labels(APP, name, PRIVILEGED_NAMESPACE_LABELS)),
            opts=self.child(protect=True),
        )
        self.namespace = namespace.metadata.name
        account = core.v1.ServiceAccount(f"{name}-account", metadata=self._metadata(APP), opts=self.child())
        self.service_account = account.metadata.name
        rights = [self._cluster_role(), self._role()]
        deny = networking.v1.NetworkPolicy(
            f"{name}-default-deny",
            metadata=self._metadata("default-deny"),
            spec=deny_all(),
            opts=self.child(),
        )
        policy = networking.v1.NetworkPolicy(
            f"{name}-network-policy",
            metadata=self._metadata(APP),
            spec=networking.v1.NetworkPolicySpecArgs(
                pod_selector=meta.v1.LabelSelectorArgs(match_labels={"app.kubernetes.io/name": APP}),
                policy_types=["Ingress", "Egress"],
                # Nodes mount the exports, and a policy cannot name nodes.
                ingress=[
                    networking.v1.NetworkPolicyIngressRuleArgs(
                        ports=[
                            Port(protocol=protocol, port=port) for port in PORTS.values() for protocol in ("TCP", "UDP")
                        ]
                    )
                ],
                egress=[dns_egress(), anywhere_egress(*args.api_ports)],
            ),
            opts=self.child(depends_on=[deny]),
        )
        self.before_exporters = [*rights, policy]
        self.register_outputs({"namespace": self.namespace})

    def _metadata(self, name: str) -> meta.v1.ObjectMetaArgs:
        return meta.v1.ObjectMetaArgs(name=name, namespace=self.namespace, labels=labels(APP, self._name))

    def _subject(self) -> rbac.v1.SubjectArgs:
        return rbac.v1.SubjectArgs(kind="ServiceAccount", name=self.service_account, namespace=self.namespace)

    def _cluster_role(self) -> pulumi.Resource:
        metadata = meta.v1.ObjectMetaArgs(name=f"{self._args.installation}-{APP}", labels=labels(APP, self._name))
        role = rbac.v1.ClusterRole(
            f"{self._name}-cluster-role",
            metadata=metadata,
            rules=[
                rule("", ["persistentvolumes"], "get", "list", "watch", "create", "delete"),
                rule("", ["persistentvolumeclaims"], "get", "list", "watch", "update"),
                rule("storage.k8s.io", ["storageclasses"], "get", "list", "watch"),
                rule("", ["events"], "create", "update", "patch"),
            ],
            opts=self.child(),
        )
        return rbac.v1.ClusterRoleBinding(
            f"{self._name}-cluster-role-binding",
            metadata=metadata,
            role_ref=role_ref("ClusterRole", role.metadata.name),
            subjects=[self._subject()],
            opts=self.child(),
        )

    def _role(self) -> pulumi.Resource:
        role = rbac.v1.Role(
            f"{self._name}-role",
            metadata=self._metadata(APP),
            rules=[rule("", ["services", "endpoints"], "get", names=sorted(self._args.services))],
            opts=self.child(),
        )
        return rbac.v1.RoleBinding(
            f"{self._name}-role-binding",
            metadata=self._metadata(APP),
            role_ref=role_ref("Role", role.metadata.name),
            subjects=[self._subject()],
            opts=self.child(),
        )
