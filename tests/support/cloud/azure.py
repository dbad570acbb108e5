"""Azure as its native provider shows it: everything but Kubernetes Service."""

from collections.abc import Mapping

from tests.support.cloud import aks
from tests.support.cloud.azure_names import CLIENT, GROUP, IN_GROUP, TENANT, find, missing, resolve, steady
from tests.support.cloud.kind import Context, Kind, Naming, Provider
from tests.support.cloud.state import Record
from tests.support.cloud.values import Properties

ACCOUNT = f"{IN_GROUP}/Microsoft.Storage/storageAccounts/{{accountName}}"
NETWORK = f"{IN_GROUP}/Microsoft.Network/virtualNetworks/{{virtualNetworkName}}"
_COMPUTED = ("name", "type", "azureApiVersion", "provisioningState")


def _plain(context: Context, record: Record) -> Properties:
    return steady(context, record)


def _identity(context: Context, record: Record) -> Properties:
    client = f"{record.uid[:-1]}c"
    return {**steady(context, record), "principalId": record.uid, "clientId": client, "tenantId": TENANT}


def _disk(context: Context, record: Record) -> Properties:
    size = int(record.inputs.get("diskSizeGB", 0)) * 2**30
    return {
        **steady(context, record),
        "diskSizeBytes": size,
        "diskState": "Unattached",
        "uniqueId": record.uid,
        "timeCreated": "2025-01-01T00:00:00+00:00",
    }


def _storage_account(context: Context, record: Record) -> Properties:
    name = record.id.rpartition("/")[2]
    ends = {kind: f"https://{name}.{kind}.core.windows.net/" for kind in ("blob", "file", "queue", "table")}
    return {**steady(context, record), "primaryEndpoints": ends, "primaryLocation": record.inputs["location"]}


def _smaller_disk(old: Properties, new: Properties) -> str:
    if new.get("diskSizeGB", 0) >= old.get("diskSizeGB", 0):
        return ""
    return (
        'Code="OperationNotAllowed" Message="Disks can be only increased in size. Requested disk size: '
        f'{new.get("diskSizeGB")} GB is less than the current size: {old.get("diskSizeGB")} GB."'
    )


def _client_config(context: Context, _arguments: Properties) -> Properties:
    return {
        "clientId": CLIENT,
        "objectId": "33333333-0000-4000-8000-000000000000",
        "subscriptionId": context.config["subscriptionId"],
        "tenantId": TENANT,
    }


_KINDS = (
    Kind(
        type="azure-native:resources:ResourceGroup",
        id="/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}",
        name="resourceGroupName",
        pattern=r"[-\w.()]{0,89}[-\w()]",
        required=("location",),
        immutable=("resourceGroupName", "location"),
        hidden=("resourceGroupName",),
        computed=_COMPUTED,
        outputs=_plain,
        resolve=resolve,
    ),
    Kind(
        type="azure-native:network:VirtualNetwork",
        id=f"{IN_GROUP}/Microsoft.Network/virtualNetworks/{{virtualNetworkName}}",
        name="virtualNetworkName",
        pattern=r"\w[-\w.]{0,62}\w",
        required=("resourceGroupName", "location"),
        immutable=("resourceGroupName", "virtualNetworkName", "location"),
        hidden=("resourceGroupName", "virtualNetworkName"),
        computed=(*_COMPUTED, "etag", "resourceGuid"),
        outputs=_plain,
        resolve=resolve,
        parents=(GROUP,),
    ),
    Kind(
        type="azure-native:network:Subnet",
        id=f"{NETWORK}/subnets/{{subnetName}}",
        name="subnetName",
        naming=Naming.COPY,
        pattern=r"\w[-\w.]{0,78}\w",
        required=("resourceGroupName", "virtualNetworkName"),
        immutable=("resourceGroupName", "virtualNetworkName", "subnetName"),
        hidden=("resourceGroupName", "virtualNetworkName", "subnetName"),
        computed=("name", "azureApiVersion", "provisioningState", "etag", "purpose"),
        outputs=_plain,
        resolve=resolve,
        parents=(GROUP, NETWORK),
        holds=True,
    ),
    Kind(
        type="azure-native:managedidentity:UserAssignedIdentity",
        id=f"{IN_GROUP}/Microsoft.ManagedIdentity/userAssignedIdentities/{{resourceName}}",
        name="resourceName",
        pattern=r"\w[-\w]{2,127}",
        required=("resourceGroupName", "location"),
        immutable=("resourceGroupName", "resourceName", "location"),
        hidden=("resourceGroupName", "resourceName"),
        computed=("name", "type", "azureApiVersion", "clientId", "principalId", "tenantId"),
        outputs=_identity,
        resolve=resolve,
        parents=(GROUP,),
    ),
    Kind(
        type="azure-native:authorization:RoleAssignment",
        id="{scope}/providers/Microsoft.Authorization/roleAssignments/{roleAssignmentName}",
        name="roleAssignmentName",
        naming=Naming.UUID,
        pattern=r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
        required=("principalId", "roleDefinitionId", "scope"),
        immutable=("principalId", "principalType", "roleDefinitionId", "scope", "roleAssignmentName", "condition"),
        hidden=("roleAssignmentName",),
        computed=("name", "type", "azureApiVersion", "createdBy", "createdOn"),
        outputs=_plain,
        resolve=resolve,
        uses=lambda inputs: [scope] if "/resourceGroups/" in (scope := str(inputs["scope"])) else [],
    ),
    Kind(
        type="azure-native:compute:Disk",
        id=f"{IN_GROUP}/Microsoft.Compute/disks/{{diskName}}",
        name="diskName",
        pattern=r"\w([-\w.]{0,78}\w)?",
        required=("resourceGroupName", "location", "creationData"),
        immutable=("resourceGroupName", "diskName", "location", "creationData", "zones", "osType", "hyperVGeneration"),
        hidden=("resourceGroupName", "diskName"),
        computed=(*_COMPUTED, "diskState", "uniqueId", "timeCreated", "diskSizeBytes"),
        outputs=_disk,
        resolve=resolve,
        parents=(GROUP,),
        refuse_update=_smaller_disk,
    ),
    Kind(
        type="azure-native:storage:StorageAccount",
        id=ACCOUNT,
        name="accountName",
        pattern=r"[a-z0-9]{3,24}",
        required=("resourceGroupName", "location", "kind", "sku"),
        immutable=("resourceGroupName", "accountName", "location", "isHnsEnabled", "enableNfsV3"),
        hidden=("resourceGroupName", "accountName"),
        computed=(*_COMPUTED, "primaryEndpoints", "primaryLocation", "creationTime"),
        outputs=_storage_account,
        resolve=resolve,
        parents=(GROUP,),
    ),
    Kind(
        type="azure-native:storage:FileShare",
        id=f"{ACCOUNT}/fileServices/default/shares/{{shareName}}",
        name="shareName",
        naming=Naming.COPY,
        pattern=r"[a-z0-9]([-a-z0-9]{1,61}[a-z0-9])",
        required=("resourceGroupName", "accountName"),
        immutable=("resourceGroupName", "accountName", "shareName", "enabledProtocols"),
        hidden=("resourceGroupName", "accountName", "shareName"),
        computed=("name", "type", "azureApiVersion", "etag", "lastModifiedTime"),
        outputs=_plain,
        resolve=resolve,
        parents=(GROUP, ACCOUNT),
    ),
    *aks.KINDS,
)
KINDS: Mapping[str, Kind] = {kind.type: kind for kind in _KINDS}

PROVIDER = Provider(
    name="azure-native",
    version="3.29.0",
    kinds=KINDS,
    functions={
        "azure-native:authorization:getClientConfig": _client_config,
        "azure-native:compute:getDisk": lambda context, it: find(KINDS["azure-native:compute:Disk"], context, it),
        "azure-native:storage:getFileShare": lambda context, it: find(
            KINDS["azure-native:storage:FileShare"], context, it
        ),
        "azure-native:containerservice:getManagedCluster": lambda context, it: find(aks.CLUSTER, context, it),
        "azure-native:containerservice:listManagedClusterUserCredentials": aks.user_credentials,
    },
    # In the real one's published source nothing happens at all when the subscription changes.
    replaced_by=("subscriptionId",),
    stable=("name", "location"),
    renames_in_place=False,
    suffix="",
    random_characters=8,
    exists=lambda identity: f'cannot create already existing resource "{identity}"',
    missing=missing,
    busy=lambda identity, other: (
        f'Code="InUseSubnetCannotBeDeleted" Message="{identity} is in use by {other} and cannot be deleted."'
    ),
)
