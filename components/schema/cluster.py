"""``kubeflow:cluster``: where the stack runs."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from components.schema.aks import AksSettings, AzureSettings
from components.schema.gke import GkeSettings
from components.schema.types import IpRange, RegistryPrefix, Section, Unset

Platform = Literal["nocloud", "gke", "aks", "acsengine"]


def _without_cloud(value: object) -> object:
    # Kubeflow 0.1 took any text but aks and acsengine for "no cloud", and its guide wrote these.
    return "nocloud" if value in ("", "null", "none", "minikube", None) else value


class ClusterSettings(Section):
    """The cluster, named by a context of the kubeconfig or known to its cloud, and what it runs on."""

    context: Annotated[str | None, Unset] = Field(
        default=None,
        description="The context of your kubeconfig that the stack deploys to. It has no default: a stack never falls "
        "on whatever cluster happens to be current. On `gke` and `aks` it may be left out: the cloud is asked for the "
        "cluster, or creates it.",
    )
    platform: Annotated[Platform, BeforeValidator(_without_cloud)] = Field(
        default="nocloud",
        description="What the cluster runs on, which decides what disks and storage classes there are. `nocloud` takes "
        "any cluster as it is, `acsengine` one of your own on Azure: the product of that name, for which Kubeflow 0.1 "
        "had the value, is gone.",
    )
    gke: GkeSettings = Field(default_factory=GkeSettings, description="The cluster on Google Kubernetes Engine.")
    azure: AzureSettings = Field(default_factory=AzureSettings, description="Where in Azure the stack is.")
    aks: AksSettings = Field(default_factory=AksSettings, description="The cluster on Azure Kubernetes Service.")
    gpu_device_plugin: Literal["auto", "install", "none"] = Field(
        default="auto",
        description="Whether the stack installs NVIDIA's device plugin, by which nodes offer their GPUs: `auto` does "
        "on AKS if a pool of `aks.nodePools` has GPUs and a driver. GKE brings its own.",
    )
    registry_mirror: Annotated[RegistryPrefix | None, Unset] = Field(
        default=None,
        description="Where every image is pulled through, as `host[:port][/path]`. The whole reference follows it: "
        "`quay.io/a/b:1` becomes `MIRROR/quay.io/a/b:1`.",
    )
    private_ranges: list[IpRange] = Field(
        default_factory=list[str],
        description="Networks of yours with public addresses, such as nodes', that notebooks, jobs, model servers and "
        "graphs are to be kept from. Private addresses they do not reach in any case.",
    )

    @property
    def is_created(self) -> bool:
        """Whether the stack creates the cluster."""
        return {"gke": self.gke.create, "aks": self.aks.create}.get(self.platform, False)

    @property
    def has_context(self) -> bool:
        """Whether the cluster is one of the kubeconfig, and not asked of its cloud."""
        return self.context is not None

    @property
    def on_azure(self) -> bool:
        """Whether its disks are Azure's."""
        return self.platform in ("aks", "acsengine")

    @property
    def identity(self) -> str | None:
        """What tells a cluster that the stack creates from others; None for one that there is, which can be asked."""
        if not self.is_created or self.has_context:
            return None
        if self.platform == "gke":
            return f"gke:{self.gke.project}/{self.gke.location}/{self.gke.name}"
        return f"aks:{self.azure.subscription_id}/{self.azure.resource_group}/{self.aks.name}"
