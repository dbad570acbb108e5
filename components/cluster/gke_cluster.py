"""A cluster of Google Kubernetes Engine that the stack owns, with its network and node pools."""

import hashlib
from dataclasses import dataclass

import pulumi
from pulumi_gcp import compute, container, projects, serviceaccount

from components.base import Component
from components.cluster.gke_node_pool import node_pool
from components.cluster.kubeconfig import gke_kubeconfig
from components.schema.cluster_checks import region_of
from components.schema.gke import GkeSettings

LONGEST_IN_ACCOUNT = 20
"""An account's id has at most 30 characters."""
NODE_ROLES = {
    "logs-and-metrics": "roles/container.defaultNodeServiceAccount",
    "images": "roles/artifactregistry.reader",
}
"""What nodes may do in the project: send logs and metrics, and pull images of the project's own."""


@dataclass(frozen=True, kw_only=True)
class GkeClusterArgs:
    """What the cluster is made of."""

    project: str
    location: str
    settings: GkeSettings
    context: str
    """What gcloud calls the cluster in a kubeconfig."""
    uses_filestore: bool
    """Whether Filestore's driver is needed."""


class GkeCluster(Component, token="kubeflow:cluster:GkeCluster"):
    """Owns the cluster, the network it is in, the identity of its nodes and its node pools.

    Nodes have private addresses and reach the internet by NAT. NetworkPolicies hold (Dataplane V2), pods may log in to
    Google Cloud by Workload Identity, and the Gateway API is there. Unless its settings say otherwise it is protected.
    """

    kubeconfig: pulumi.Output[str]
    """Logs in by ``gke-gcloud-auth-plugin``; secret."""
    network: pulumi.Output[str]
    """The network's name."""
    ready: list[pulumi.Resource]
    """What has to be there before a pod can run."""

    def __init__(self, name: str, args: GkeClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._name, self._args = name, args
        gke = args.settings
        network, subnetwork, nat = self._network()
        account, roles = self._node_account()
        cluster = container.Cluster(
            f"{name}-cluster",
            cluster_args(args, network.id, subnetwork.id),
            opts=self.child(protect=gke.deletion_protection),
        )
        pools = [
            container.NodePool(
                f"{name}-{pool}-pool",
                node_pool(
                    pool,
                    settings,
                    project=args.project,
                    location=args.location,
                    cluster=cluster.name,
                    account=account.email,
                ),
                # GKE changes the number by itself.
                opts=self.child(ignore_changes=["initialNodeCount"], depends_on=[*roles, nat]),
            )
            for pool, settings in sorted(gke.node_pools.items())
        ]
        endpoint = cluster.private_cluster_config.private_endpoint if gke.endpoint == "private" else cluster.endpoint
        self.kubeconfig = pulumi.Output.secret(
            pulumi.Output.all(endpoint, cluster.master_auth.cluster_ca_certificate).apply(
                lambda known: gke_kubeconfig(args.context, str(known[0]), str(known[1]))
            )
        )
        self.network = network.name
        self.ready = list(pools)
        self.register_outputs({})

    def _network(self) -> tuple[compute.Network, compute.Subnetwork, compute.RouterNat]:
        # Networks belong to the project, where another location may have a cluster of the same name.
        name, project = f"{self._args.settings.name}-{self._args.location}", self._args.project
        region, addresses = region_of(self._args.location), self._args.settings.network
        network = compute.Network(
            f"{self._name}-network", name=name, project=project, auto_create_subnetworks=False, opts=self.child()
        )
        subnetwork = compute.Subnetwork(
            f"{self._name}-subnetwork",
            name=name,
            project=project,
            region=region,
            network=network.id,
            ip_cidr_range=addresses.nodes,
            private_ip_google_access=True,
            secondary_ip_ranges=[
                compute.SubnetworkSecondaryIpRangeArgs(range_name="pods", ip_cidr_range=addresses.pods),
                compute.SubnetworkSecondaryIpRangeArgs(range_name="services", ip_cidr_range=addresses.services),
            ],
            opts=self.child(),
        )
        router = compute.Router(
            f"{self._name}-router", name=name, project=project, region=region, network=network.id, opts=self.child()
        )
        nat = compute.RouterNat(
            f"{self._name}-nat",
            name=name,
            project=project,
            region=region,
            router=router.name,
            nat_ip_allocate_option="AUTO_ONLY",
            source_subnetwork_ip_ranges_to_nat="ALL_SUBNETWORKS_ALL_IP_RANGES",
            opts=self.child(),
        )
        return network, subnetwork, nat

    def _node_account(self) -> tuple[serviceaccount.Account, list[pulumi.Resource]]:
        name, project = self._args.settings.name, self._args.project
        account = serviceaccount.Account(
            f"{self._name}-node-account",
            account_id=account_id(name, self._args.location),
            project=project,
            display_name=f"Nodes of the cluster {name}",
            opts=self.child(),
        )
        roles: list[pulumi.Resource] = [
            projects.IAMMember(
                f"{self._name}-node-{purpose}", project=project, role=role, member=account.member, opts=self.child()
            )
            for purpose, role in NODE_ROLES.items()
        ]
        return account, roles


def account_id(cluster: str, location: str) -> str:
    """The id of the account of a cluster's nodes, of which no two clusters of a project have the same."""
    digest = hashlib.sha256(f"{location}/{cluster}".encode()).hexdigest()[:8]
    return f"{cluster[:LONGEST_IN_ACCOUNT].rstrip('-')}-{digest}"


def cluster_args(
    args: GkeClusterArgs, network: pulumi.Input[str], subnetwork: pulumi.Input[str]
) -> container.ClusterArgs:
    """The cluster as Google's API takes it."""
    gke = args.settings
    blocks = [
        container.ClusterMasterAuthorizedNetworksConfigCidrBlockArgs(display_name=name, cidr_block=block)
        for name, block in sorted(gke.authorized_networks.items())
    ]
    return container.ClusterArgs(
        name=gke.name,
        project=args.project,
        location=args.location,
        node_locations=sorted(gke.zones) or None,
        network=network,
        subnetwork=subnetwork,
        networking_mode="VPC_NATIVE",
        ip_allocation_policy=container.ClusterIpAllocationPolicyArgs(
            cluster_secondary_range_name="pods", services_secondary_range_name="services"
        ),
        # Pools of their own can change without the cluster.
        remove_default_node_pool=True,
        initial_node_count=1,
        release_channel=container.ClusterReleaseChannelArgs(channel=gke.release_channel),
        # Without it nobody enforces NetworkPolicies.
        datapath_provider="ADVANCED_DATAPATH",
        workload_identity_config=container.ClusterWorkloadIdentityConfigArgs(
            workload_pool=f"{args.project}.svc.id.goog"
        ),
        gateway_api_config=container.ClusterGatewayApiConfigArgs(channel="CHANNEL_STANDARD"),
        private_cluster_config=container.ClusterPrivateClusterConfigArgs(
            enable_private_nodes=True,
            enable_private_endpoint=gke.endpoint == "private",
            master_ipv4_cidr_block=gke.network.control_plane,
        ),
        # A private endpoint wants the block, be it empty.
        master_authorized_networks_config=container.ClusterMasterAuthorizedNetworksConfigArgs(cidr_blocks=blocks)
        if blocks or gke.endpoint == "private"
        else None,
        addons_config=container.ClusterAddonsConfigArgs(
            gce_persistent_disk_csi_driver_config=container.ClusterAddonsConfigGcePersistentDiskCsiDriverConfigArgs(
                enabled=True
            ),
            gcp_filestore_csi_driver_config=container.ClusterAddonsConfigGcpFilestoreCsiDriverConfigArgs(
                enabled=args.uses_filestore
            ),
            http_load_balancing=container.ClusterAddonsConfigHttpLoadBalancingArgs(disabled=False),
        ),
        authenticator_groups_config=container.ClusterAuthenticatorGroupsConfigArgs(
            security_group=gke.authenticator_group
        )
        if gke.authenticator_group
        else None,
        enable_shielded_nodes=True,
        deletion_protection=gke.deletion_protection,
    )
