"""Where the stack runs: the one explicit Kubernetes provider."""

from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as kubernetes

from components.base import Component


@dataclass(frozen=True, kw_only=True)
class ConnectionArgs:
    """How to reach the cluster."""

    context: str
    """The kubeconfig's context."""

    identity: str
    """What tells the cluster from others. A new context for the same cluster changes nothing; another cluster
    replaces everything, which protection of the data refuses."""


class Connection(Component, token="kubeflow:cluster:Connection"):
    """Owns the provider through which every object of the stack is made. Default providers are off."""

    provider: kubernetes.Provider

    def __init__(self, name: str, args: ConnectionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self.provider = kubernetes.Provider(
            f"{name}-kubernetes",
            context=args.context,
            cluster_identifier=args.identity,
            # An empty value keeps this machine's paths and credentials out of the state: the provider finds the
            # kubeconfig as kubectl does.
            kubeconfig="",
            opts=self.child(),
        )
        self.register_outputs({})
