"""Where the stack runs: the one explicit Kubernetes provider."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as kubernetes

from components.base import Component
from components.field_manager import with_one_field_manager


@dataclass(frozen=True, kw_only=True)
class ConnectionArgs:
    """How to reach the cluster."""

    context: str
    """The context of the user's kubeconfig, or of ``kubeconfig`` if that is given."""

    kubeconfig: pulumi.Input[str] | None = None
    """A kubeconfig of the stack's own making; None for the user's."""

    identity: pulumi.Input[str]
    """What tells the cluster from others. A new context for the same cluster changes nothing; another cluster
    replaces everything, which protection of the data refuses."""

    after: Sequence[pulumi.Resource] = ()
    """What has to be there before the first object, such as nodes."""


class Connection(Component, token="kubeflow:cluster:Connection"):
    """Owns the provider through which every object of the stack is made, and the name under which it applies them.

    Default providers are off.
    """

    provider: kubernetes.Provider
    on_cluster: pulumi.ResourceOptions
    """The options of components whose objects are in the cluster."""

    def __init__(self, name: str, args: ConnectionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self.provider = kubernetes.Provider(
            f"{name}-kubernetes",
            context=args.context,
            cluster_identifier=args.identity,
            # An empty value keeps this machine's paths and credentials out of the state: the provider finds the
            # kubeconfig as kubectl does.
            kubeconfig="" if args.kubeconfig is None else pulumi.Output.secret(args.kubeconfig),
            opts=self.child(depends_on=list(args.after)),
        )
        self.on_cluster = pulumi.ResourceOptions(providers=[self.provider], transformations=[with_one_field_manager])
        self.register_outputs({})
