"""Azure: the one explicit provider for its resources."""

from dataclasses import dataclass

import pulumi
import pulumi_azure_native as azure

from components.base import Component


@dataclass(frozen=True, kw_only=True)
class AzureArgs:
    """Whose resources they are, and where."""

    subscription_id: str
    location: str


class Azure(Component, token="kubeflow:cluster:Azure"):
    """Owns the provider through which every resource of Azure is made. It logs in as az does."""

    provider: azure.Provider

    def __init__(self, name: str, args: AzureArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self.provider = azure.Provider(
            f"{name}-provider", subscription_id=args.subscription_id, location=args.location, opts=self.child()
        )
        self.register_outputs({})
