"""Google Cloud: the one explicit provider for its resources."""

from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from components.base import Component


@dataclass(frozen=True, kw_only=True)
class GoogleCloudArgs:
    """Whose resources they are."""

    project: str


class GoogleCloud(Component, token="kubeflow:cluster:GoogleCloud"):
    """Owns the provider through which every resource of Google Cloud is made. It logs in as gcloud's default does."""

    provider: gcp.Provider

    def __init__(self, name: str, args: GoogleCloudArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self.provider = gcp.Provider(f"{name}-provider", project=args.project, opts=self.child())
        self.register_outputs({})
