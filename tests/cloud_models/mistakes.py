"""Mistakes, each as one change of a resource that the clouds would understand, and a part of the sentence about it."""

from typing import Any, NamedTuple

from tests.cloud_models.good_google import ENVELOPE


class Mistake(NamedTuple):
    """The type of resource, the path of the change, the value there, and what the sentence says."""

    type: str
    path: str
    value: Any
    why: str


CLUSTER, POOL = "gcp:container/cluster:Cluster", "gcp:container/nodePool:NodePool"
NETWORK, SUBNETWORK = "gcp:compute/network:Network", "gcp:compute/subnetwork:Subnetwork"
ROUTER, NAT = "gcp:compute/router:Router", "gcp:compute/routerNat:RouterNat"
ACCOUNT, MEMBER = "gcp:serviceaccount/account:Account", "gcp:projects/iAMMember:IAMMember"
DISK, FILESTORE = "gcp:compute/disk:Disk", "gcp:filestore/instance:Instance"
GROUP, IDENTITY = "azure-native:resources:ResourceGroup", "azure-native:managedidentity:UserAssignedIdentity"
VNET, SUBNET = "azure-native:network:VirtualNetwork", "azure-native:network:Subnet"
ASSIGNMENT, AZURE_DISK = "azure-native:authorization:RoleAssignment", "azure-native:compute:Disk"
AKS, AKS_POOL = "azure-native:containerservice:ManagedCluster", "azure-native:containerservice:AgentPool"
STORAGE, SHARE = "azure-native:storage:StorageAccount", "azure-native:storage:FileShare"

MISSPELT: list[tuple[str, str, Any, str]] = [
    (CLUSTER, "addonsConfig.gcePersistentDiskCsiDriverConfigs", {"enabled": True}, "container_v1.AddonsConfig"),
    (CLUSTER, "addonsConfig.rayOperatorConfigs[0].enable", True, "container_v1.RayOperatorConfig"),
    (
        CLUSTER,
        "masterAuthorizedNetworksConfig.cidrBlocks[0].cidr",
        "::/0",
        "container_v1.MasterAuthorizedNetworksConfig.CidrBlock",
    ),
    (CLUSTER, "maintenancePolicy.maintenanceExclusions[0].exclusionScope", "x", "container_v1.TimeWindow"),
    (CLUSTER, "enableShieldedNode", True, "container_v1.Cluster"),
    (CLUSTER, "RemoveDefaultNodePool", True, "container_v1.Cluster"),
    (CLUSTER, "location_policy", "ANY", "container_v1.Cluster"),
    (POOL, "autoscaling.minNodes", 1, "container_v1.NodePoolAutoscaling"),
    (POOL, "nodeConfig.guestAccelerators[0].counts", 1, "container_v1.AcceleratorConfig"),
    (NETWORK, "autoCreateSubnets", False, "compute_v1.Network"),
    (SUBNETWORK, "secondaryIpRanges[0].name", "pods", "compute_v1.SubnetworkSecondaryRange"),
    (ROUTER, "bgp.advertisedGroup", [], "compute_v1.RouterBgp"),
    (NAT, "natIpAllocationOption", "AUTO_ONLY", "compute_v1.RouterNat"),
    (DISK, "sizeGib", 1, "compute_v1.Disk"),
    (ACCOUNT, "displayname", "x", "iam_admin_v1.CreateServiceAccountRequest"),
    (MEMBER, "condition.expr", "true", "type.Expr"),
    (FILESTORE, "fileShares.capacityGib", 1, "filestore_v1.FileShareConfig"),
    (GROUP, "tag", {}, "resource.resources.ResourceGroup"),
    (VNET, "addressSpace.addressPrefix", [], "network.AddressSpace"),
    (VNET, "subnets[0].prefix", "10.0.0.0/20", "network.Subnet"),
    (SUBNET, "delegations[0].service", "x", "network.Delegation"),
    (IDENTITY, "identityName", "x", "msi.Identity"),
    (ASSIGNMENT, "principalKind", "User", "authorization.RoleAssignmentCreateParameters"),
    (AKS, "networkProfile.dataplane", "cilium", "containerservice.ContainerServiceNetworkProfile"),
    (AKS, "oidcIssuerProfile.enable", True, "containerservice.ManagedClusterOIDCIssuerProfile"),
    (
        AKS,
        "autoScalerProfile.scale-down-unneeded-time",
        "10m",
        "containerservice.ManagedClusterPropertiesAutoScalerProfile",
    ),
    (AKS_POOL, "gpuProfile.drivers", "Install", "containerservice.GPUProfile"),
    (AKS_POOL, "osDiskSizeGb", 100, "containerservice.AgentPool"),
    (AZURE_DISK, "diskSizeGb", 100, "compute.Disk"),
    (STORAGE, "enableNfs", True, "storage.StorageAccountCreateParameters"),
    (SHARE, "quota", 100, "storage.FileShare"),
]
WRONGLY_NESTED: list[tuple[str, str, Any, str]] = [
    (CLUSTER, "enablePrivateNodes", True, "is not a field of container_v1.Cluster"),
    (CLUSTER, "networkConfig", {"datapathProvider": "ADVANCED_DATAPATH"}, "pulumi-gcp does not have"),
    (CLUSTER, "maintenancePolicy.window", {}, "pulumi-gcp does not have"),
    (CLUSTER, "nodePools[0].removeDefaultNodePool", True, "is not a field of container_v1.NodePool"),
    (POOL, "spot", True, "is not a field of container_v1.NodePool"),
    (POOL, "config", {}, "pulumi-gcp does not have"),
    (POOL, "nodeConfig.accelerators", [], "pulumi-gcp does not have"),
    (ACCOUNT, "serviceAccount", {}, "pulumi-gcp does not have"),
    (FILESTORE, "capacityGb", 1024, "is not a field of filestore_v1.Instance"),
    (AKS, "workloadIdentity", {"enabled": True}, "is not a field of containerservice.ManagedCluster"),
    (AKS, "properties", {"dnsPrefix": "kubeflow"}, "is not a field of containerservice.ManagedCluster"),
    (AKS, "agentPoolProfiles[0].agentPoolName", "system", "ManagedClusterAgentPoolProfile"),
    (AZURE_DISK, "createOption", "Empty", "is not a field of compute.Disk"),
    (STORAGE, "networkAcls", {}, "pulumi-azure-native does not have"),
    (CLUSTER, "endpoint", "192.0.2.1", "is what container_v1.Cluster tells, not what it is told"),
    (AKS, "provisioningState", "x", "is what containerservice.ManagedCluster tells, not what it is told"),
]
WRONG_KIND: list[tuple[str, str, Any, str]] = [
    (CLUSTER, "deletionProtection", "true", "is the text 'true', not true or false"),
    (CLUSTER, "releaseChannel", "REGULAR", "is the text 'REGULAR', not a container_v1.ReleaseChannel"),
    (CLUSTER, "addonsConfig.rayOperatorConfigs", {"enabled": True}, "not a list"),
    (CLUSTER, "masterAuthorizedNetworksConfig.cidrBlocks", {"cidrBlock": "::/0"}, "not a list"),
    (CLUSTER, "workloadIdentityConfig.workloadPool", True, "is True, not text"),
    (CLUSTER, "databaseEncryption.keyName", {**ENVELOPE, "value": 1}, "is 1, not text"),
    (POOL, "autoscaling.totalMinNodeCount", "0", "is the text '0', not a whole number"),
    (POOL, "initialNodeCount", True, "is True, not a whole number"),
    (POOL, "initialNodeCount", 1.5, "is 1.5, not a whole number"),
    (POOL, "nodeConfig.labels", ["a=b"], "not a map"),
    (POOL, "nodeConfig.kubeletConfig.insecureKubeletReadonlyPortEnabled", False, "is False, not text"),
    (FILESTORE, "fileShares", [{"name": "homes"}], "not a filestore_v1.FileShareConfig"),
    (FILESTORE, "networks", {"network": "kubeflow"}, "not a list"),
    (DISK, "labels[pods]", 3, "is 3, not text"),
    (AKS, "identity.userAssignedIdentities", {"id": {}}, "not a list"),
    (AKS, "aadProfile.managed", "yes", "not true or false"),
    (AKS_POOL, "maxCount", "3", "not a whole number"),
    (AKS_POOL, "availabilityZones[0]", 1, "is 1, not text"),
    (AZURE_DISK, "sku", "Premium_LRS", "not a compute.DiskSku"),
    (GROUP, "tags[cost]", 3, "is 3, not text"),
    (AKS_POOL, "osDiskSizeGB", 4096, "is 4096, which is not within minimum 0, maximum 2048"),
    (AKS, "networkProfile.podCidr", "10.244.0.0/33", "which is not within pattern"),
]
WRONG_VALUE: list[tuple[str, str, Any, str]] = [
    (CLUSTER, "releaseChannel.channel", "SLOW", "is the text 'SLOW', not one of EXTENDED, RAPID"),
    (CLUSTER, "datapathProvider", "CILIUM", "ADVANCED_DATAPATH"),
    (CLUSTER, "networkingMode", "ALIAS", "not one of ROUTES, VPC_NATIVE"),
    (CLUSTER, "loggingConfig.enableComponents[1]", "PODS", "WORKLOADS"),
    (POOL, "nodeConfig.workloadMetadataConfig.mode", "GKE", "GKE_METADATA"),
    (POOL, "nodeConfig.taints[0].effect", "NoSchedule", "NO_SCHEDULE"),
    (NETWORK, "routingMode", "ZONAL", "not one of GLOBAL, REGIONAL"),
    (SUBNETWORK, "stackType", "IPV4", "IPV4_ONLY"),
    (NAT, "natIpAllocateOption", "AUTO", "AUTO_ONLY"),
    (NAT, "logConfig.filter", "ERRORS", "ERRORS_ONLY"),
    (FILESTORE, "tier", "BASIC", "BASIC_HDD"),
    (FILESTORE, "networks[0].modes[0]", "IPV4", "MODE_IPV4"),
    (AKS, "networkProfile.networkPluginMode", "Overlay", "not one of overlay"),
    (AKS, "autoUpgradeProfile.upgradeChannel", "weekly", "rapid"),
    (AKS_POOL, "gpuProfile.driver", "Skip", "not one of Install, None"),
    (AKS_POOL, "scaleSetPriority", "spot", "not one of Regular, Spot"),
    (ASSIGNMENT, "principalType", "Identity", "ServicePrincipal"),
    (AZURE_DISK, "creationData.createOption", "New", "Empty"),
    (STORAGE, "kind", "Files", "FileStorage"),
    (SHARE, "enabledProtocols", "NFSv4", "not one of NFS, SMB"),
]
BAD_NAME: list[tuple[str, str, Any, str]] = [
    (NETWORK, "name", "Kubeflow", "at most 63"),
    (SUBNETWORK, "secondaryIpRanges[0].rangeName", "pod_range", "at most 63"),
    (DISK, "name", "d" * 64, "at most 63"),
    (DISK, "labels[app.kubernetes.io/name]", "homes", "a key of a label"),
    (POOL, "name", "p" * 41, "at most 40"),
    (CLUSTER, "name", "kubeflow-", "at most 40"),
    (ACCOUNT, "accountId", "gke", "6 to 30"),
    (MEMBER, "role", "container.admin", "not a role"),
    (MEMBER, "member", "kubeflow-nodes@a-project.iam.gserviceaccount.com", "not a member"),
    (FILESTORE, "fileShares.name", "user-homes", "underscores"),
    (AKS_POOL, "agentPoolName", "gpu-pool", "at most 12"),
    (AKS, "agentPoolProfiles[1].name", "averylongname", "at most 12"),
    (ASSIGNMENT, "roleAssignmentName", "nodes", "a GUID"),
    (ASSIGNMENT, "roleDefinitionId", "Network Contributor", "a role's definition"),
    (STORAGE, "accountName", "kubeflow-homes", "3 to 24"),
    (SHARE, "shareName", "a--b", "single hyphens"),
]

MISTAKES = [
    *(Mistake(kind, path, value, f"is not a field of {model}") for kind, path, value, model in MISSPELT),
    *(Mistake(*each) for each in (*WRONGLY_NESTED, *WRONG_KIND, *WRONG_VALUE, *BAD_NAME)),
]
