"""Where pulumi-azure-native's names are not those of Azure's APIs, and what it sends beside their bodies."""

_CONTAINER = "azure.mgmt.containerservice.models"
_NETWORK = "azure.mgmt.network.models"
_STORAGE = "azure.mgmt.storage.models"

MODELS = {
    "azure-native:resources:ResourceGroup": ("azure.mgmt.resource.resources.models", "ResourceGroup"),
    "azure-native:network:VirtualNetwork": (_NETWORK, "VirtualNetwork"),
    "azure-native:network:Subnet": (_NETWORK, "Subnet"),
    "azure-native:managedidentity:UserAssignedIdentity": ("azure.mgmt.msi.v2023_01_31.models", "Identity"),
    "azure-native:authorization:RoleAssignment": (
        "azure.mgmt.authorization.v2022_04_01.models",
        "RoleAssignmentCreateParameters",
    ),
    "azure-native:containerservice:ManagedCluster": (_CONTAINER, "ManagedCluster"),
    "azure-native:containerservice:AgentPool": (_CONTAINER, "AgentPool"),
    "azure-native:compute:Disk": ("azure.mgmt.compute.v2024_03_02.models", "Disk"),
    "azure-native:storage:StorageAccount": (_STORAGE, "StorageAccountCreateParameters"),
    "azure-native:storage:FileShare": (_STORAGE, "FileShare"),
}
"""The model of each resource's body, and the module that has it."""

_GROUP = {"resourceGroupName": "the resource group"}

IN_THE_PATH: dict[str, dict[str, str]] = {
    "azure-native:resources:ResourceGroup": {"resourceGroupName": "its name"},
    "azure-native:network:VirtualNetwork": {**_GROUP, "virtualNetworkName": "its name"},
    "azure-native:network:Subnet": {**_GROUP, "virtualNetworkName": "its network", "subnetName": "its name"},
    "azure-native:managedidentity:UserAssignedIdentity": {**_GROUP, "resourceName": "its name"},
    "azure-native:authorization:RoleAssignment": {"roleAssignmentName": "its name", "scope": "what the role is for"},
    "azure-native:containerservice:ManagedCluster": {**_GROUP, "resourceName": "its name"},
    "azure-native:containerservice:AgentPool": {**_GROUP, "resourceName": "its cluster", "agentPoolName": "its name"},
    "azure-native:compute:Disk": {**_GROUP, "diskName": "its name"},
    "azure-native:storage:StorageAccount": {**_GROUP, "accountName": "its name"},
    "azure-native:storage:FileShare": {
        **_GROUP,
        "accountName": "its account",
        "shareName": "its name",
        "expand": "a part of the query, for snapshots",
    },
}
"""What is in the request's path, not in its body, with its meaning."""

RENAMED: dict[str, dict[str, str]] = {
    "storage.StorageAccountCreateParameters": {
        "enableHttpsTrafficOnly": "supportsHttpsTrafficOnly",
        "enableNfsV3": "isNfsV3Enabled",
        "networkRuleSet": "networkAcls",
    },
    "storage.Encryption": {"encryptionIdentity": "identity", "keyVaultProperties": "keyvaultproperties"},
    "storage.EncryptionIdentity": {
        "encryptionFederatedIdentityClientId": "federatedIdentityClientId",
        "encryptionUserAssignedIdentity": "userAssignedIdentity",
    },
    "storage.IPRule": {"iPAddressOrRange": "value"},
    "storage.KeyVaultProperties": {"keyName": "keyname", "keyVaultUri": "keyvaulturi", "keyVersion": "keyversion"},
    "storage.VirtualNetworkRule": {"virtualNetworkResourceId": "id"},
}
"""pulumi-azure-native's name, by model, and the API's."""

KEYS_AS_LIST = {"userAssignedIdentities": "a map in the API, of ids to nothing"}
"""What pulumi-azure-native takes as a list of the keys of the API's map."""

FILLED_IN = {"location": "the resource group's, if it is not given"}
"""What the API requires of a resource and the provider fills in."""
