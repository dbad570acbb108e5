"""Where the names of Terraform, which pulumi-gcp has in camelCase, are not those of Google's APIs.

Whatever is not here has the same name in both.
"""

from dataclasses import dataclass

COMPUTE = "google.cloud.compute_v1"
CONTAINER = "google.cloud.container_v1"

MODELS = {
    "gcp:compute/network:Network": (COMPUTE, "Network"),
    "gcp:compute/subnetwork:Subnetwork": (COMPUTE, "Subnetwork"),
    "gcp:compute/router:Router": (COMPUTE, "Router"),
    "gcp:compute/routerNat:RouterNat": (COMPUTE, "RouterNat"),
    "gcp:compute/disk:Disk": (COMPUTE, "Disk"),
    "gcp:serviceaccount/account:Account": ("google.cloud.iam_admin_v1", "CreateServiceAccountRequest"),
    "gcp:projects/iAMMember:IAMMember": ("google.iam.v1.policy_pb2", "Binding"),
    "gcp:container/cluster:Cluster": (CONTAINER, "Cluster"),
    "gcp:container/nodePool:NodePool": (CONTAINER, "NodePool"),
    "gcp:filestore/instance:Instance": ("google.cloud.filestore_v1", "Instance"),
}
"""The message of each resource, and the module that has it."""

RENAMED: dict[str, dict[str, str]] = {
    "compute_v1.Network": {
        "bgpAlwaysCompareMed": "routing_config.bgp_always_compare_med",
        "bgpBestPathSelectionMode": "routing_config.bgp_best_path_selection_mode",
        "bgpInterRegionCost": "routing_config.bgp_inter_region_cost",
        "routingMode": "routing_config.routing_mode",
    },
    "compute_v1.Router": {"md5AuthenticationKeys": "md5_authentication_keys[]"},
    "compute_v1.RouterNatSubnetworkToNat": {"sourceIpRangesToNats": "source_ip_ranges_to_nat"},
    "compute_v1.Disk": {"image": "source_image", "size": "size_gb", "snapshot": "source_snapshot"},
    "compute_v1.CustomerEncryptionKey": {"kmsKeySelfLink": "kms_key_name"},
    "iam_admin_v1.CreateServiceAccountRequest": {
        "description": "service_account.description",
        "disabled": "service_account.disabled",
        "displayName": "service_account.display_name",
    },
    "iam_v1.Binding": {"member": "members[]"},
    "filestore_v1.Instance": {"fileShares": "file_shares[]", "initialReplication": "replication"},
    "container_v1.Cluster": {
        "allowNetAdmin": "autopilot.workload_policy_config.allow_net_admin",
        "autopilotClusterPolicyConfig": "autopilot.cluster_policy_config",
        "autopilotPrivilegedAdmissions": "autopilot.privileged_admission_config.allowlist_paths",
        "clusterAutoscaling": "autoscaling",
        "datapathProvider": "network_config.datapath_provider",
        "defaultMaxPodsPerNode": "default_max_pods_constraint.max_pods_per_node",
        "defaultSnatStatus": "network_config.default_snat_status",
        "disableL4LbFirewallReconciliation": "network_config.disable_l4_lb_firewall_reconciliation",
        "dnsConfig": "network_config.dns_config",
        "enableAutopilot": "autopilot.enabled",
        "enableCiliumClusterwideNetworkPolicy": "network_config.enable_cilium_clusterwide_network_policy",
        "enableFqdnNetworkPolicy": "network_config.enable_fqdn_network_policy",
        "enableIntranodeVisibility": "network_config.enable_intra_node_visibility",
        "enableL4IlbSubsetting": "network_config.enable_l4ilb_subsetting",
        "enableLegacyAbac": "legacy_abac.enabled",
        "enableMultiNetworking": "network_config.enable_multi_networking",
        "enableShieldedNodes": "shielded_nodes.enabled",
        "gatewayApiConfig": "network_config.gateway_api_config",
        "inTransitEncryptionConfig": "network_config.in_transit_encryption_config",
        "minMasterVersion": "initial_cluster_version",
        "networkPerformanceConfig": "network_config.network_performance_config",
        "nodeLocations": "locations",
        "privateIpv6GoogleAccess": "network_config.private_ipv6_google_access",
        "serviceExternalIpsConfig": "network_config.service_external_ips_config",
    },
    "container_v1.AddonsConfig": {
        "cloudrunConfig": "cloud_run_config",
        "rayOperatorConfigs": "ray_operator_config*",
    },
    "container_v1.ClusterAutoscaling": {
        "autoProvisioningDefaults": "autoprovisioning_node_pool_defaults",
        "autoProvisioningLocations": "autoprovisioning_locations",
        "defaultComputeClassEnabled": "default_compute_class_config.enabled",
        "enabled": "enable_node_autoprovisioning",
    },
    "container_v1.AutoprovisioningNodePoolDefaults": {"diskSize": "disk_size_gb"},
    "container_v1.IPAllocationPolicy": {
        # The API calls them outputs, since it takes them by an update alone, which Terraform sends.
        "additionalIpRangesConfigs": "additional_ip_ranges_configs",
        "additionalPodRangesConfig": "additional_pod_ranges_config",
    },
    "container_v1.PodCIDROverprovisionConfig": {"disabled": "disable"},
    "container_v1.LoggingConfig": {"enableComponents": "component_config.enable_components"},
    "container_v1.MonitoringConfig": {
        "enableComponents": "component_config.enable_components",
        "managedPrometheus": "managed_prometheus_config",
    },
    "container_v1.MaintenancePolicy": {
        "dailyMaintenanceWindow": "window.daily_maintenance_window",
        "maintenanceExclusions": "window.maintenance_exclusions{}",
        "recurringMaintenanceWindow": "window.recurring_maintenance_window",
        "recurringWindow": "window.recurring_window",
    },
    "container_v1.RecurringTimeWindow": {"endTime": "window.end_time", "startTime": "window.start_time"},
    "container_v1.TimeWindow": {"exclusionOptions": "maintenance_exclusion_options"},
    "container_v1.NotificationConfig.Filter": {"eventTypes": "event_type"},
    "container_v1.ResourceUsageExportConfig": {
        "enableResourceConsumptionMetering": "consumption_metering_config.enabled",
    },
    "container_v1.NodePool": {
        "maintenancePolicies": "maintenance_policy*",
        "maxPodsPerNode": "max_pods_constraint.max_pods_per_node",
        "nodeConfig": "config",
        "nodeDrainConfigs": "node_drain_config*",
        "nodeLocations": "locations",
    },
    "container_v1.NodePool.NodePoolMaintenancePolicy": {
        "exclusionUntilEndOfSupports": "exclusion_until_end_of_support*",
    },
    "container_v1.NodeManagement": {"upgradeOptions": "upgrade_options*"},
    "container_v1.AdditionalPodNetworkConfig": {"maxPodsPerNode": "max_pods_per_node.max_pods_per_node"},
    "container_v1.NodeConfig": {
        "gpudirectStrategy": "gpu_direct_config.gpu_direct_strategy",
        "guestAccelerators": "accelerators",
        "loggingVariant": "logging_config.variant_config.variant",
        "resourceManagerTags": "resource_manager_tags.tags",
    },
    "container_v1.NodePoolAutoConfig": {
        "linuxNodeConfig": "linux_node_config",  # by an update alone, as above
        "resourceManagerTags": "resource_manager_tags.tags",
    },
    "container_v1.NodeConfigDefaults": {"loggingVariant": "logging_config.variant_config.variant"},
    "container_v1.AcceleratorConfig": {"count": "accelerator_count", "type": "accelerator_type"},
    "container_v1.ContainerdConfig.PrivateRegistryAccessConfig": {
        "certificateAuthorityDomainConfigs": "certificate_authority_domain_config",
    },
    "container_v1.ContainerdConfig.RegistryHostConfig.HostConfig": {
        "cas": "ca",
        "clients": "client",
        "headers": "header",
    },
    "container_v1.ContainerdConfig.RegistryHostConfig.RegistryHeader": {"values": "value"},
    "container_v1.LinuxNodeConfig": {"hugepagesConfig": "hugepages"},
    "container_v1.WindowsNodeConfig": {"osversion": "os_version"},
}
"""Terraform's name, by message, and the path from that message to the API's field.

Behind the path, ``[]`` says that Terraform's one value is an element of the API's list, ``*`` that Terraform's list
holds the API's one value, and ``{}`` that Terraform's list holds the values of the API's map.
"""


@dataclass(frozen=True)
class Own:
    """An argument that only Terraform has."""

    kind: str
    reason: str
    values: tuple[str, ...] = ()


_PATH = "a part of the path"
_PROJECT = {"project": Own("str", _PATH)}
_DELETION = {
    "deletionPolicy": Own("str", "whether deleting it here deletes it there", ("DELETE", "ABANDON", "PREVENT"))
}
_COMMON = {**_PROJECT, **_DELETION}
_REGION = {"region": Own("str", _PATH)}
_ZONE = {"zone": Own("str", _PATH)}
_LOCATION = {"location": Own("str", _PATH)}

TERRAFORM_ONLY: dict[str, dict[str, Own]] = {
    "gcp:compute/network:Network": {
        **_COMMON,
        "deleteBgpAlwaysCompareMed": Own("bool", "an update without the field"),
        "deleteDefaultRoutesOnCreate": Own("bool", "more requests, after it is created"),
    },
    "gcp:compute/subnetwork:Subnetwork": {
        **_COMMON,
        **_REGION,
        "sendSecondaryIpRangeIfEmpty": Own("bool", "what Terraform makes of an empty list"),
    },
    "gcp:compute/router:Router": {**_COMMON, **_REGION},
    "gcp:compute/routerNat:RouterNat": {
        **_COMMON,
        **_REGION,
        "router": Own("str", "the resource that holds it in its field nats"),
    },
    "gcp:compute/disk:Disk": {
        **_COMMON,
        **_ZONE,
        "createSnapshotBeforeDestroy": Own("bool", "another request, before it is deleted"),
        "createSnapshotBeforeDestroyPrefix": Own("str", "the name of that snapshot"),
    },
    "gcp:serviceaccount/account:Account": {
        **_COMMON,
        "createIgnoreAlreadyExists": Own("bool", "what Terraform makes of an error"),
    },
    "gcp:projects/iAMMember:IAMMember": _PROJECT,
    "gcp:container/cluster:Cluster": {
        **_COMMON,
        **_LOCATION,
        "deletionProtection": Own("bool", "Terraform refuses to delete it"),
        "ignoreNodeCountChanges": Own("bool", "what Terraform compares"),
        "networkingMode": Own("str", "ip_allocation_policy's use_ip_aliases or use_routes", ("VPC_NATIVE", "ROUTES")),
        "nodeVersion": Own("str", "an update of the default node pool"),
        "removeDefaultNodePool": Own("bool", "another request, after it is created"),
        "skipNodePoolRefresh": Own("bool", "what Terraform reads"),
    },
    "gcp:container/nodePool:NodePool": {
        **_COMMON,
        **_LOCATION,
        "cluster": Own("str", _PATH),
        "ignoreNodeCountChanges": Own("bool", "what Terraform compares"),
        "namePrefix": Own("str", "what Terraform makes a name of"),
        "nodeCount": Own("int", "a request of its own, after it is created"),
    },
    "gcp:filestore/instance:Instance": {
        **_COMMON,
        **_LOCATION,
        **_ZONE,
        "name": Own("str", "the last part of the path"),
        "desiredReplicaState": Own("str", "a request of its own", ("PAUSED", "READY")),
    },
    "compute_v1.CustomerEncryptionKey": {
        "rawKeyWo": Own("str", "raw_key, which Terraform's state leaves out"),
        "rawKeyWoVersion": Own("str", "when to send it again"),
        "rsaEncryptedKeyWo": Own("str", "rsa_encrypted_key, which Terraform's state leaves out"),
        "rsaEncryptedKeyWoVersion": Own("str", "when to send it again"),
    },
    "container_v1.NodeKubeletConfig": {
        "insecureKubeletReadonlyPortEnabled": Own("str", "true or false in the API", ("TRUE", "FALSE")),
    },
    "container_v1.NodeConfigDefaults": {
        "insecureKubeletReadonlyPortEnabled": Own("str", "a field of node_kubelet_config", ("TRUE", "FALSE")),
    },
    "container_v1.NodePool": {"nodeCount": Own("int", "a request of its own, after it is created")},
    "container_v1.SandboxConfig": {"sandboxType": Own("str", "the field type, in lower case", ("gvisor",))},
    "container_v1.TimeWindow": {"exclusionName": Own("str", "its key in the API's map")},
}
"""What only Terraform has, by resource or by message, with what it is in the API."""
