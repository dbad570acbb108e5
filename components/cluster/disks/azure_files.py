"""A share of Azure Files, by NFS."""

from dataclasses import dataclass

import pulumi
from pulumi_azure_native import storage
from pulumi_kubernetes import core

from components.base import Component
from components.cluster.disks.volume import DiskVolume, FoundDisk, gib
from components.cluster.place import OnAzure
from components.labels import MANAGED_BY, PART_OF
from components.schema.storage import DiskSettings

DRIVER = "file.csi.azure.com"
DEFAULT_TYPE = "Premium_LRS"
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

    The account answers in the cluster's subnet alone, and has no keys: NFS knows hosts, not users.
    """

    volume: DiskVolume

    def __init__(self, name: str, args: AzureFilesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._name, self._args = name, args
        self.volume = DiskVolume(
            capacity=gib(args.settings.size_gib or (args.found.size_gib if args.found else 1)),
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
            after=[self._share()] if args.settings.create else [],
        )
        self.register_outputs({})

    def _share(self) -> storage.FileShare:
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
            tags={"app.kubernetes.io-part-of": PART_OF, "app.kubernetes.io-managed-by": MANAGED_BY},
            opts=self.child(protect=True),
        )
        return storage.FileShare(
            f"{self._name}-share",
            account_name=account.name,
            resource_group_name=azure.resource_group,
            share_name=self._args.share,
            enabled_protocols="NFS",
            root_squash="NoRootSquash",
            share_quota=settings.size_gib,
            opts=self.child(protect=True),
        )
