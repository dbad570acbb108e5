"""A cluster of Azure Kubernetes Service that the stack owns, with its resource group, network and node pools."""

import base64
import ipaddress
import uuid
from dataclasses import dataclass
from typing import Any

import pulumi
import yaml
from pulumi_azure_native import authorization, containerservice, managedidentity, network, resources

from components.base import Component
from components.cluster.aks_node_pool import node_pool
from components.cluster.kubeconfig import aks_kubeconfig
from components.schema.aks import AksSettings

NETWORK_CONTRIBUTOR = "4d97b98b-1d4f-4787-a291-c67834d212e7"
SUBNET = "nodes"
DNS_ADDRESS = 10
"""Which address of the Services' network is the DNS's: AKS wants it told, and the first is the API server's."""


@dataclass(frozen=True, kw_only=True)
class AksClusterArgs:
    """What the cluster is made of."""

    subscription_id: str
    resource_group: str
    location: str
    settings: AksSettings
    context: str
    """What az calls the cluster in a kubeconfig."""


class AksCluster(Component, token="kubeflow:cluster:AksCluster"):
    """Owns the cluster, its resource group, the network it is in, its identity and its node pools.

    People log in by Entra ID, and no local account exists. NetworkPolicies hold (Cilium), and pods may log in to Azure
    by Workload Identity. Unless its settings say otherwise the cluster and its resource group are protected.
    """

    kubeconfig: pulumi.Output[str]
    """Logs in by ``kubelogin``; secret."""
    subnet_id: pulumi.Output[str]
    """The subnet that nodes are in."""
    principal_id: pulumi.Output[str]
    """Whom the cluster acts as in Azure."""
    resource_group: resources.ResourceGroup
    ready: list[pulumi.Resource]
    """What has to be there before a pod can run."""

    def __init__(self, name: str, args: AksClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._name, self._args = name, args
        aks = args.settings
        self.resource_group = resources.ResourceGroup(
            f"{name}-resource-group",
            resource_group_name=args.resource_group,
            location=args.location,
            opts=self.child(protect=aks.deletion_protection),
        )
        self.subnet_id = self._subnet()
        identity = managedidentity.UserAssignedIdentity(
            f"{name}-identity",
            resource_name_=aks.name,
            resource_group_name=self.resource_group.name,
            location=args.location,
            opts=self.child(),
        )
        self.principal_id = identity.principal_id
        role = self._network_role(identity)
        first, *others = pools_in_order(aks)
        cluster = self._cluster(first, identity, role)
        pools = [
            containerservice.AgentPool(
                f"{name}-{pool}-pool",
                agent_pool_name=pool,
                resource_group_name=self.resource_group.name,
                # Its name as the settings have it: what Azure says of it is not known in the preview of a change.
                resource_name_=aks.name,
                **node_pool(aks.node_pools[pool], self.subnet_id),
                opts=self.child(ignore_changes=["count"], depends_on=[cluster]),
            )
            for pool in others
        ]
        self.kubeconfig = pulumi.Output.secret(
            containerservice.list_managed_cluster_user_credentials_output(
                resource_group_name=args.resource_group,
                resource_name=aks.name,
                opts=pulumi.InvokeOutputOptions(parent=self, depends_on=[cluster]),
            ).apply(lambda answer: own_kubeconfig(answer, args.context, aks.login))
        )
        self.ready = [cluster, *pools]
        self.register_outputs({})

    def _subnet(self) -> pulumi.Output[str]:
        addresses = self._args.settings.network.nodes
        virtual_network = network.VirtualNetwork(
            f"{self._name}-network",
            virtual_network_name=self._args.settings.name,
            resource_group_name=self.resource_group.name,
            location=self._args.location,
            address_space=network.AddressSpaceArgs(address_prefixes=[addresses]),
            subnets=[
                network.SubnetArgs(
                    name=SUBNET,
                    address_prefix=addresses,
                    # By it Azure Files knows the cluster.
                    service_endpoints=[network.ServiceEndpointPropertiesFormatArgs(service="Microsoft.Storage")],
                )
            ],
            opts=self.child(),
        )
        return pulumi.Output.concat(virtual_network.id, "/subnets/", SUBNET)

    def _network_role(self, identity: managedidentity.UserAssignedIdentity) -> authorization.RoleAssignment:
        return authorization.RoleAssignment(
            f"{self._name}-network-role",
            role_assignment_name=role_assignment_name(self._args.resource_group, self._args.settings.name, "network"),
            scope=self.subnet_id,
            role_definition_id=role_definition(self._args.subscription_id, NETWORK_CONTRIBUTOR),
            principal_id=identity.principal_id,
            principal_type="ServicePrincipal",
            opts=self.child(),
        )

    def _cluster(
        self, first_pool: str, identity: managedidentity.UserAssignedIdentity, role: pulumi.Resource
    ) -> containerservice.ManagedCluster:
        aks = self._args.settings
        return containerservice.ManagedCluster(
            f"{self._name}-cluster",
            resource_name_=aks.name,
            resource_group_name=self.resource_group.name,
            location=self._args.location,
            dns_prefix=aks.name,
            sku=containerservice.ManagedClusterSKUArgs(name="Base", tier=aks.tier),
            identity=containerservice.ManagedClusterIdentityArgs(
                type=containerservice.ResourceIdentityType.USER_ASSIGNED, user_assigned_identities=[identity.id]
            ),
            enable_rbac=True,
            disable_local_accounts=True,
            aad_profile=containerservice.ManagedClusterAADProfileArgs(
                managed=True, enable_azure_rbac=False, admin_group_object_ids=sorted(aks.admin_groups)
            ),
            agent_pool_profiles=[
                containerservice.ManagedClusterAgentPoolProfileArgs(
                    name=first_pool, **node_pool(aks.node_pools[first_pool], self.subnet_id)
                )
            ],
            network_profile=containerservice.ContainerServiceNetworkProfileArgs(
                network_plugin="azure",
                network_plugin_mode="overlay",
                # Without it nobody enforces NetworkPolicies.
                network_dataplane="cilium",
                network_policy="cilium",
                pod_cidr=aks.network.pods,
                service_cidr=aks.network.services,
                dns_service_ip=str(ipaddress.IPv4Network(aks.network.services)[DNS_ADDRESS]),
                load_balancer_sku="standard",
                outbound_type="loadBalancer",
            ),
            api_server_access_profile=containerservice.ManagedClusterAPIServerAccessProfileArgs(
                enable_private_cluster=aks.endpoint == "private",
                authorized_ip_ranges=sorted(aks.authorized_networks.values()) or None,
                # Commands by way of Azure would pass by Kubernetes' RBAC.
                disable_run_command=True,
            ),
            auto_upgrade_profile=containerservice.ManagedClusterAutoUpgradeProfileArgs(
                upgrade_channel=aks.upgrade_channel, node_os_upgrade_channel="NodeImage"
            ),
            oidc_issuer_profile=containerservice.ManagedClusterOIDCIssuerProfileArgs(enabled=True),
            security_profile=containerservice.ManagedClusterSecurityProfileArgs(
                workload_identity=containerservice.ManagedClusterSecurityProfileWorkloadIdentityArgs(enabled=True)
            ),
            storage_profile=containerservice.ManagedClusterStorageProfileArgs(
                disk_csi_driver=containerservice.ManagedClusterStorageProfileDiskCSIDriverArgs(enabled=True),
                file_csi_driver=containerservice.ManagedClusterStorageProfileFileCSIDriverArgs(enabled=True),
            ),
            opts=self.child(
                protect=aks.deletion_protection,
                depends_on=[role],
                # AKS changes the number of nodes by itself.
                ignore_changes=["agentPoolProfiles[0].count"],
            ),
        )


def pools_in_order(aks: AksSettings) -> list[str]:
    """The names of the pools; the first, a System one, is made with the cluster."""
    return sorted(aks.node_pools, key=lambda name: (aks.node_pools[name].mode != "System", name))


def role_definition(subscription_id: str, role: str) -> str:
    """The full id of a role that Azure has built in."""
    return f"/subscriptions/{subscription_id}/providers/Microsoft.Authorization/roleDefinitions/{role}"


def role_assignment_name(*parts: str) -> str:
    """The name of a role assignment, which Azure wants to be a UUID: the same for the same ``parts``."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(["kubeflow", *parts])))


def own_kubeconfig(answer: Any, context: str, login: str) -> str:
    """Our kubeconfig, with the server and certificate authority of the one that Azure gives."""
    given = yaml.safe_load(base64.b64decode(answer.kubeconfigs[0].value))
    cluster = given["clusters"][0]["cluster"]
    return aks_kubeconfig(context, cluster["server"], cluster["certificate-authority-data"], login)
