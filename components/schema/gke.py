"""``kubeflow:cluster.gke``: a cluster of Google Kubernetes Engine."""

from typing import Annotated, Literal

from pydantic import Field

from components.schema.cloud_types import GcpLocation, GcpProject, GkeNodePoolName
from components.schema.node_pool import NodePoolSettings
from components.schema.types import Boolean, Cidr, DnsLabel, Section, Unset, Word, matching

GCE_DISK_TYPE = r"(pd|hyperdisk)-[a-z-]+"
"""What the kinds of Google's disks look like."""
GceDiskType = Annotated[
    str, matching(GCE_DISK_TYPE, "is not a kind of disk that Google has; write one such as pd-balanced")
]
"""A kind of disk that Google has."""


class GkeGpuSettings(Section):
    """The GPUs of each node of a pool."""

    type: Word = Field(description="The accelerator, such as `nvidia-l4`.")
    count: int = Field(default=1, ge=1, le=16, description="How many a node has.")
    driver: Literal["DEFAULT", "LATEST", "INSTALLATION_DISABLED"] = Field(
        default="DEFAULT",
        description="Which driver GKE installs. With `INSTALLATION_DISABLED` none, and the node offers no GPU until "
        "somebody installs one.",
    )


class GkeNodePoolSettings(NodePoolSettings):
    """A node pool of GKE, which scales by itself."""

    machine_type: Word = Field(default="e2-standard-4", description="The machine type of its nodes.")
    disk_type: GceDiskType = Field(
        default="pd-balanced",
        description="The kind of a node's own disk. Newer machine types, such as `c4-standard-8`, have "
        "`hyperdisk-balanced` alone.",
    )
    gpu: GkeGpuSettings | None = Field(
        default=None, description="The GPUs of its nodes. GKE taints such nodes, and lets pods on that ask for a GPU."
    )
    zones: list[GcpLocation] = Field(
        default_factory=list[str], description="Its zones; those of the cluster unless set. GPUs are not in every zone."
    )


def _default_pools() -> dict[str, GkeNodePoolSettings]:
    return {
        "system": GkeNodePoolSettings.model_construct(machine_type="e2-standard-4", min_nodes=1, max_nodes=3),
        "cpu": GkeNodePoolSettings.model_construct(machine_type="e2-standard-8", min_nodes=0, max_nodes=5),
    }


class GkeNetworkSettings(Section):
    """The addresses of a network that the stack creates. They cannot change after."""

    nodes: Cidr = Field(default="10.0.0.0/20", description="The addresses of nodes.")
    pods: Cidr = Field(default="10.4.0.0/14", description="The addresses of pods.")
    services: Cidr = Field(default="10.8.0.0/20", description="The addresses of Services.")
    control_plane: Cidr = Field(default="172.16.0.0/28", description="The addresses of the control plane, a /28.")


class GkeSettings(Section):
    """A cluster of Google Kubernetes Engine, the stack's own or one that there is."""

    project: Annotated[GcpProject | None, Unset] = Field(default=None, description="The id of the project.")
    location: Annotated[GcpLocation | None, Unset] = Field(
        default=None,
        description="Where the cluster is: a zone, such as `europe-west4-a`, or a region, such as `europe-west4`. It "
        "cannot change after the first deployment.",
    )
    name: DnsLabel = Field(default="kubeflow", description="The cluster's name.")
    create: Boolean = Field(
        default=False, description="Whether the stack creates the cluster. Otherwise it is one that there is."
    )
    zones: list[GcpLocation] = Field(
        default_factory=list[str],
        description="The zones of the nodes of a regional cluster, GKE's choice unless set. Of a cluster that there "
        "is: where its nodes are, by which the zones of disks are checked.",
    )
    endpoint: Literal["public", "private"] = Field(
        default="public",
        description="Whether the API server is reached by its public address, or by its private one alone. Nodes have "
        "private addresses in either case.",
    )
    authorized_networks: dict[DnsLabel, Cidr] = Field(
        default_factory=dict[str, str],
        description="Who may reach the API server, as networks by names of your choice; everybody who can log in "
        "unless set.",
    )
    network: GkeNetworkSettings = Field(
        default_factory=GkeNetworkSettings, description="The addresses of a network that the stack creates."
    )
    release_channel: Literal["RAPID", "REGULAR", "STABLE", "EXTENDED"] = Field(
        default="REGULAR", description="The channel by which GKE upgrades the cluster."
    )
    authenticator_group: Annotated[Word | None, Unset] = Field(
        default=None,
        description="The group `gke-security-groups@YOUR-DOMAIN`, whose members may be groups of `kubeflow:access`.",
    )
    node_pools: dict[GkeNodePoolName, GkeNodePoolSettings] = Field(
        default_factory=_default_pools,
        min_length=1,
        description="The node pools, by names of your choice. A pool under another name is another pool: to move work "
        "from one to the other, add the new one and remove the old.",
    )
    deletion_protection: Boolean = Field(
        default=True,
        description="Whether Pulumi and its provider refuse to delete or replace the cluster.",
    )
