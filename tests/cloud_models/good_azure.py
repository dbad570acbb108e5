"""Resources of Azure that it would understand, as the engine receives them."""

from typing import Any

from pulumi.runtime import rpc

GROUP = "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/resourceGroups/kubeflow"
IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/kubeflow"
ROLES = "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/providers/Microsoft.Authorization/roleDefinitions"
TAGS = {"managed-by": "pulumi"}

GPU_POOL: dict[str, Any] = {
    "mode": "User",
    "type": "VirtualMachineScaleSets",
    "vmSize": "Standard_NC4as_T4_v3",
    "osType": "Linux",
    "osSKU": "Ubuntu",
    "osDiskSizeGB": 100.0,
    "osDiskType": "Managed",
    "enableAutoScaling": True,
    "minCount": 0,
    "maxCount": 3,
    "count": 0,
    "availabilityZones": ["1", "2"],
    "vnetSubnetID": rpc.UNKNOWN,
    "nodeLabels": {"kubeflow.org/pool": "gpu"},
    "nodeTaints": ["nvidia.com/gpu=present:NoSchedule"],
    "gpuProfile": {"driver": "Install"},
    "scaleSetPriority": "Spot",
    "scaleSetEvictionPolicy": "Delete",
    "spotMaxPrice": -1,
    "upgradeSettings": {"maxSurge": "33%", "drainTimeoutInMinutes": 30},
    "enableEncryptionAtHost": True,
    "kubeletConfig": {"podMaxPids": 4096},
    "tags": TAGS,
}

GOOD: dict[str, dict[str, Any]] = {
    "azure-native:resources:ResourceGroup": {
        "resourceGroupName": "kubeflow",
        "location": "westeurope",
        "tags": TAGS,
    },
    "azure-native:network:VirtualNetwork": {
        "resourceGroupName": rpc.UNKNOWN,
        "virtualNetworkName": "kubeflow",
        "location": "westeurope",
        "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
        "subnets": [{"name": "nodes", "addressPrefix": "10.0.0.0/20"}],
        "tags": TAGS,
    },
    "azure-native:network:Subnet": {
        "resourceGroupName": "kubeflow",
        "virtualNetworkName": "kubeflow",
        "subnetName": "nodes",
        "addressPrefix": "10.0.0.0/20",
        "defaultOutboundAccess": False,
        "serviceEndpoints": [{"service": "Microsoft.Storage", "locations": ["westeurope"]}],
        "delegations": [{"name": "aks", "serviceName": "Microsoft.ContainerService/managedClusters"}],
        "natGateway": {"id": f"{GROUP}/providers/Microsoft.Network/natGateways/kubeflow"},
    },
    "azure-native:managedidentity:UserAssignedIdentity": {
        "resourceGroupName": "kubeflow",
        "resourceName": "kubeflow",
        "location": "westeurope",
        "tags": TAGS,
    },
    "azure-native:authorization:RoleAssignment": {
        "roleAssignmentName": "6c1fd4b4-9a6c-4f9c-8f9e-0f2a2c5f4b11",
        "scope": GROUP,
        "principalId": rpc.UNKNOWN,
        "principalType": "ServicePrincipal",
        "roleDefinitionId": f"{ROLES}/4d97b98b-1d4f-4787-a291-c67834d212e7",
    },
    "azure-native:containerservice:ManagedCluster": {
        "resourceGroupName": "kubeflow",
        "resourceName": "kubeflow",
        "location": "westeurope",
        "tags": TAGS,
        "dnsPrefix": "kubeflow",
        "kubernetesVersion": "1.33",
        "nodeResourceGroup": "kubeflow-nodes",
        "enableRBAC": True,
        "disableLocalAccounts": True,
        "sku": {"name": "Base", "tier": "Standard"},
        "identity": {"type": "UserAssigned", "userAssignedIdentities": [IDENTITY]},
        "identityProfile": {"kubeletidentity": {"resourceId": IDENTITY}},
        "networkProfile": {
            "networkPlugin": "azure",
            "networkPluginMode": "overlay",
            "networkDataplane": "cilium",
            "networkPolicy": "cilium",
            "podCidr": "10.244.0.0/16",
            "serviceCidr": "10.8.0.0/20",
            "dnsServiceIP": "10.8.0.10",
            "loadBalancerSku": "standard",
            "outboundType": "loadBalancer",
            "loadBalancerProfile": {"managedOutboundIPs": {"count": 1}},
        },
        "aadProfile": {
            "managed": True,
            "enableAzureRBAC": True,
            "adminGroupObjectIDs": ["11111111-2222-3333-4444-555555555555"],
            "tenantID": "11111111-2222-3333-4444-555555555555",
        },
        "oidcIssuerProfile": {"enabled": True},
        "securityProfile": {
            "workloadIdentity": {"enabled": True},
            "imageCleaner": {"enabled": True, "intervalHours": 168},
        },
        "apiServerAccessProfile": {
            "enablePrivateCluster": False,
            "authorizedIPRanges": ["192.0.2.0/24"],
            "disableRunCommand": True,
        },
        "autoUpgradeProfile": {"upgradeChannel": "stable", "nodeOSUpgradeChannel": "NodeImage"},
        "autoScalerProfile": {"expander": "least-waste", "scaleDownUnneededTime": "10m"},
        "storageProfile": {
            "diskCSIDriver": {"enabled": True},
            "fileCSIDriver": {"enabled": True},
            "snapshotController": {"enabled": True},
        },
        "addonProfiles": {
            "azureKeyvaultSecretsProvider": {"enabled": True, "config": {"enableSecretRotation": "true"}}
        },
        "agentPoolProfiles": [
            {
                "name": "system",
                "mode": "System",
                "vmSize": "Standard_D4s_v5",
                "count": 1,
                "minCount": 1,
                "maxCount": 3,
                "enableAutoScaling": True,
                "nodeTaints": ["CriticalAddonsOnly=true:NoSchedule"],
            },
            {"name": "gpu", **GPU_POOL},
        ],
    },
    "azure-native:containerservice:AgentPool": {
        "resourceGroupName": "kubeflow",
        "resourceName": "kubeflow",
        "agentPoolName": "gpu",
        **GPU_POOL,
    },
    "azure-native:compute:Disk": {
        "resourceGroupName": "kubeflow",
        "diskName": "homes",
        "location": "westeurope",
        "sku": {"name": "Premium_LRS"},
        "creationData": {"createOption": "Empty"},
        "diskSizeGB": 100,
        "zones": ["1"],
        "networkAccessPolicy": "DenyAll",
        "publicNetworkAccess": "Disabled",
        "encryption": {"type": "EncryptionAtRestWithPlatformKey"},
        "tags": TAGS,
    },
    "azure-native:storage:StorageAccount": {
        "resourceGroupName": "kubeflow",
        "accountName": "kubeflowhomes",
        "location": "westeurope",
        "kind": "FileStorage",
        "sku": {"name": "Premium_LRS"},
        "enableHttpsTrafficOnly": False,
        "allowSharedKeyAccess": True,
        "allowBlobPublicAccess": False,
        "minimumTlsVersion": "TLS1_2",
        "publicNetworkAccess": "Enabled",
        "networkRuleSet": {
            "defaultAction": "Deny",
            "bypass": "AzureServices",
            "virtualNetworkRules": [{"virtualNetworkResourceId": rpc.UNKNOWN, "action": "Allow"}],
            "ipRules": [{"iPAddressOrRange": "192.0.2.0/24"}],
        },
        "encryption": {
            "keySource": "Microsoft.Keyvault",
            "keyVaultProperties": {"keyName": "homes", "keyVaultUri": "https://kubeflow.vault.azure.net"},
            "encryptionIdentity": {"encryptionUserAssignedIdentity": IDENTITY},
        },
        "identity": {"type": "UserAssigned", "userAssignedIdentities": [IDENTITY]},
        "tags": TAGS,
    },
    "azure-native:storage:FileShare": {
        "resourceGroupName": "kubeflow",
        "accountName": "kubeflowhomes",
        "shareName": "homes",
        "shareQuota": 1024,
        "enabledProtocols": "NFS",
        "rootSquash": "NoRootSquash",
        "accessTier": "Premium",
    },
}
"""One of each type."""
