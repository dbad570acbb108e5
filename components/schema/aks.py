"""``kubeflow:cluster.azure`` and ``kubeflow:cluster.aks``: a place in Azure, and a cluster of its Kubernetes."""

from typing import Annotated, Literal

from pydantic import Field

from components.schema.cloud_types import AksNodePoolName, AzureRegion, AzureZone, Guid, ResourceGroupName
from components.schema.node_pool import NodePoolSettings
from components.schema.types import Boolean, Cidr, DnsLabel, Section, Unset, Word


class AzureSettings(Section):
    """Where in Azure the stack's disks and cluster are."""

    subscription_id: Annotated[Guid | None, Unset] = Field(default=None, description="The id of the subscription.")
    resource_group: Annotated[ResourceGroupName | None, Unset] = Field(
        default=None,
        description="The resource group of the cluster and of disks. With `kubeflow:cluster.aks.create` the stack "
        "creates and owns it.",
    )
    location: Annotated[AzureRegion | None, Unset] = Field(
        default=None,
        description="The region, such as `westeurope`. It cannot change after the first deployment.",
    )


class AksGpuSettings(Section):
    """The GPUs of a pool, whose number is the machine's."""

    driver: Literal["Install", "None"] = Field(
        default="Install",
        description="Whether AKS installs NVIDIA's driver. With `None` the nodes offer no GPU until somebody, such as "
        "NVIDIA's GPU Operator, does.",
    )


class AksNodePoolSettings(NodePoolSettings):
    """A node pool of AKS, which scales by itself."""

    vm_size: Word = Field(default="Standard_D4s_v5", description="The size of its machines.")
    mode: Literal["System", "User"] = Field(
        default="User", description="Whether AKS may run its own parts there. One pool at least is a `System` one."
    )
    gpu: AksGpuSettings | None = Field(
        default=None,
        description="Says that its machines have GPUs. The stack taints such nodes for pods that ask for a GPU.",
    )
    zones: list[AzureZone] = Field(
        default_factory=list[str], description='Its zones, such as `["1", "2"]`; none unless set.'
    )


def _default_pools() -> dict[str, AksNodePoolSettings]:
    return {
        "system": AksNodePoolSettings.model_construct(
            vm_size="Standard_D4s_v5", mode="System", min_nodes=1, max_nodes=3
        ),
        "cpu": AksNodePoolSettings.model_construct(vm_size="Standard_D8s_v5", min_nodes=0, max_nodes=5),
    }


class AksNetworkSettings(Section):
    """The addresses of a network that the stack creates. They cannot change after."""

    nodes: Cidr = Field(default="10.0.0.0/20", description="The addresses of nodes.")
    pods: Cidr = Field(default="10.244.0.0/16", description="The addresses of pods.")
    services: Cidr = Field(default="10.8.0.0/20", description="The addresses of Services; the tenth is the DNS's.")


class AksSettings(Section):
    """A cluster of Azure Kubernetes Service, the stack's own or one that there is."""

    name: DnsLabel = Field(default="kubeflow", description="The cluster's name.")
    create: Boolean = Field(
        default=False, description="Whether the stack creates the cluster. Otherwise it is one that there is."
    )
    endpoint: Literal["public", "private"] = Field(
        default="public",
        description="Whether the API server is reached by a public address, or by a private one alone.",
    )
    authorized_networks: dict[DnsLabel, Cidr] = Field(
        default_factory=dict[str, str],
        description="Who may reach a public API server, as networks by names of your choice; everybody who can log in "
        "unless set.",
    )
    admin_groups: list[Guid] = Field(
        default_factory=list[str],
        description="The object ids of the groups that administer a cluster which the stack creates. Whoever deploys "
        "has to be a member: there are no local accounts.",
    )
    network: AksNetworkSettings = Field(
        default_factory=AksNetworkSettings, description="The addresses of a network that the stack creates."
    )
    upgrade_channel: Literal["rapid", "stable", "patch", "node-image", "none"] = Field(
        default="stable", description="The channel by which AKS upgrades the cluster."
    )
    tier: Literal["Free", "Standard", "Premium"] = Field(
        default="Standard", description="The tier of the control plane. `Free` has no promise of availability."
    )
    node_pools: dict[AksNodePoolName, AksNodePoolSettings] = Field(
        default_factory=_default_pools,
        min_length=1,
        description="The node pools, by names of your choice. A pool under another name is another pool: to move work "
        "from one to the other, add the new one and remove the old.",
    )
    deletion_protection: Boolean = Field(
        default=True, description="Whether Pulumi refuses to delete or replace the cluster and its resource group."
    )
    login: Literal["azurecli", "workloadidentity", "msi", "spn"] = Field(
        default="azurecli",
        description="How `kubelogin` logs in: as whom `az login` says, or as a pipeline's identity.",
    )
