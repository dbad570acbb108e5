"""The namespace that everything lives in."""

from dataclasses import dataclass

import pulumi
from pulumi_kubernetes import core, meta, networking

from components.base import Component
from components.installation import ID_LABEL
from components.labels import labels
from components.network import deny_all
from components.security import RESTRICTED_NAMESPACE_LABELS


@dataclass(frozen=True)
class NamespaceArgs:
    """The namespace's name, and whose it is."""

    namespace: str
    """Fixed once it exists: whatever lives there would have to be made anew elsewhere."""
    installation_id: str
    """The id that users' pods bear."""
    create: bool = True
    """Whether the stack makes the namespace. One of others is left as it is, and so is the traffic of their pods."""


class Namespace(Component, token="kubeflow:core:Namespace"):
    """Owns the namespace, its Pod Security level and the policy that denies all traffic.

    The namespace is protected, since it holds the homes that the hub makes and the engine does not know, and so is the
    policy that holds for whatever runs there.
    """

    namespace: pulumi.Output[str]

    def __init__(self, name: str, args: NamespaceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        if args.create:
            namespace = core.v1.Namespace(
                f"{name}-namespace",
                metadata=meta.v1.ObjectMetaArgs(
                    name=args.namespace, labels=labels("namespace", name, RESTRICTED_NAMESPACE_LABELS)
                ),
                opts=self.child(protect=True),
            )
            self.namespace = namespace.metadata.name
        else:
            self.namespace = pulumi.Output.from_input(args.namespace)
        networking.v1.NetworkPolicy(
            f"{name}-default-deny",
            metadata=meta.v1.ObjectMetaArgs(
                name="default-deny", namespace=self.namespace, labels=labels("namespace", name)
            ),
            spec=deny_all() if args.create else deny_all({ID_LABEL: args.installation_id}),
            # Notebooks may outlive the stack, and never without a policy.
            opts=self.child(protect=True),
        )
        self.register_outputs({"namespace": self.namespace})
