"""A share of Azure Files, by NFS."""

from dataclasses import dataclass

import pulumi
from pulumi_azure_native import authorization, storage
from pulumi_kubernetes import core

from components.base import Component
from components.cluster.aks_cluster import role_assignment_name, role_definition
from components.cluster.disks.volume import DiskVolume, FoundDisk, capacity_of
from components.cluster.place import OnAzure
from components.labels import AZURE_TAGS
from components.schema.storage import DiskSettings

DRIVER = "file.csi.azure.com"
DEFAULT_TYPE = "Premium_LRS"
STORAGE_ACCOUNT_CONTRIBUTOR = "17d1049b-9a84-46fb-8f53-869881c3d3ab"
MOUNT_OPTIONS = ["nconnect=4", "noresvport", "actimeo=30"]
"""What Azure's driver recommends for NFS."""


@dataclass(frozen=True, kw_only=True)
class AzureFilesArgs:
    """The share, and where it is."""

    account: str
    """The storage account, whose name is unique in all of Azure."""
    share: str
    settings: DiskSettings
    azure: OnAzure
    found: FoundDisk | None
    """What Azure says of it, if it is there."""


class AzureFiles(Component, token="kubeflow:cluster:AzureFiles"):
    """Owns an account with one share if its settings say ``create``, and protects both; otherwise it only names them.

    The account answers in the cluster's subnet alone, and has no keys: NFS knows hosts, not users. The cluster may let
    its share grow.
    """

    volume: DiskVolume

    def __init__(self, name: str, args: AzureFilesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._name, self._args = name, args
        self.volume = DiskVolume(
            capacity=capacity_of(args.settings, args.found),
            driver=DRIVER,
            csi=core.v1.CSIPersistentVolumeSourceArgs(
                driver=DRIVER,
                volume_handle=f"{args.azure.group_name}#{args.account}#{args.share}",
                volume_attributes={
                    "resourceGroup": args.azure.group_name,
                    "storageAccount": args.account,
                    "shareName": args.share,
                    "protocol": "nfs",
                },
            ),
            shared=True,
            mount_options=MOUNT_OPTIONS,
            after=self._created() if args.settings.create else [],
        )
        self.register_outputs({})

    def _created(self) -> list[pulumi.Resource]:
        azure, settings = self._args.azure, self._args.settings
        assert azure.subnet_id is not None  # looked at before
        account = storage.StorageAccount(
            f"{self._name}-account",
            account_name=self._args.account,
            resource_group_name=azure.resource_group,
            location=azure.location,
            kind=storage.Kind.FILE_STORAGE,
            sku=storage.SkuArgs(name=settings.type or DEFAULT_TYPE),
            # NFS has no TLS; the network rules are what keeps others out.
            enable_https_traffic_only=False,
            minimum_tls_version="TLS1_2",
            allow_blob_public_access=False,
            allow_shared_key_access=False,
            network_rule_set=storage.NetworkRuleSetArgs(
                default_action=storage.DefaultAction.DENY,
                bypass="None",
                virtual_network_rules=[storage.VirtualNetworkRuleArgs(virtual_network_resource_id=azure.subnet_id)],
            ),
            tags=AZURE_TAGS,
            opts=self.child(protect=True),
        )
        share = storage.FileShare(
            f"{self._name}-share",
            account_name=account.name,
            resource_group_name=azure.resource_group,
            share_name=self._args.share,
            enabled_protocols="NFS",
            root_squash="NoRootSquash",
            share_quota=settings.size_gib,
            opts=self.child(protect=True),
        )
        return [share] if azure.principal_id is None else [share, self._role(azure.principal_id, account)]

    def _role(self, principal_id: pulumi.Input[str], account: storage.StorageAccount) -> authorization.RoleAssignment:
        """Lets the driver, as the cluster, change the share's size."""
        azure, name = self._args.azure, self._args.account
        return authorization.RoleAssignment(
            f"{self._name}-role",
            role_assignment_name=role_assignment_name(azure.group_name, name, "account"),
            scope=f"/subscriptions/{azure.subscription_id}/resourceGroups/{azure.group_name}/providers/"
            f"Microsoft.Storage/storageAccounts/{name}",
            role_definition_id=role_definition(azure.subscription_id, STORAGE_ACCOUNT_CONTRIBUTOR),
            principal_id=principal_id,
            principal_type="ServicePrincipal",
            opts=self.child(depends_on=[account]),
        )
