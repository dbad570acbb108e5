"""Resources of Google Cloud that it would understand, as the engine receives them."""

from typing import Any

from pulumi.runtime import rpc

from tests.support.recorder import SECRET

ENVELOPE = {SECRET: "1b47061264138c4ac30d75fd1eb44270"}

NODE_CONFIG: dict[str, Any] = {
    "machineType": "g2-standard-8",
    "diskSizeGb": 100.0,
    "diskType": "pd-balanced",
    "imageType": "COS_CONTAINERD",
    "spot": True,
    "labels": {"kubeflow.org/pool": "gpu"},
    "resourceLabels": {"managed-by": "pulumi"},
    "metadata": {"disable-legacy-endpoints": "true"},
    "tags": ["kubeflow"],
    "oauthScopes": ["https://www.googleapis.com/auth/cloud-platform"],
    "serviceAccount": rpc.UNKNOWN,
    "guestAccelerators": [
        {
            "type": "nvidia-l4",
            "count": 1,
            "gpuDriverInstallationConfig": {"gpuDriverVersion": "DEFAULT"},
            "gpuSharingConfig": {"gpuSharingStrategy": "TIME_SHARING", "maxSharedClientsPerGpu": 2},
        }
    ],
    "taints": [{"key": "nvidia.com/gpu", "value": "present", "effect": "NO_SCHEDULE"}],
    "workloadMetadataConfig": {"mode": "GKE_METADATA"},
    "shieldedInstanceConfig": {"enableSecureBoot": True, "enableIntegrityMonitoring": True},
    "gcfsConfig": {"enabled": True},
    "gvnic": {"enabled": True},
    "kubeletConfig": {"cpuCfsQuota": True, "podPidsLimit": 4096, "insecureKubeletReadonlyPortEnabled": "FALSE"},
    "linuxNodeConfig": {"cgroupMode": "CGROUP_MODE_V2", "sysctls": {"net.core.somaxconn": "4096"}},
    "reservationAffinity": {"consumeReservationType": "NO_RESERVATION"},
    "ephemeralStorageLocalSsdConfig": {"localSsdCount": 1},
    "loggingVariant": "MAX_THROUGHPUT",
    "sandboxConfig": {"sandboxType": "gvisor"},
    "resourceManagerTags": {"tagKeys/1": "tagValues/2"},
}
NODE_POOL: dict[str, Any] = {
    "name": "gpu",
    "cluster": rpc.UNKNOWN,
    "project": "a-project",
    "location": "europe-west4",
    "nodeLocations": ["europe-west4-a", "europe-west4-b"],
    "initialNodeCount": 1,
    "autoscaling": {"totalMinNodeCount": 0, "totalMaxNodeCount": 3, "locationPolicy": "ANY"},
    "management": {"autoRepair": True, "autoUpgrade": True},
    "upgradeSettings": {
        "maxSurge": 1,
        "maxUnavailable": 0,
        "strategy": "BLUE_GREEN",
        "blueGreenSettings": {
            "standardRolloutPolicy": {"batchPercentage": 0.5, "batchSoakDuration": "60s"},
            "nodePoolSoakDuration": "3600s",
        },
    },
    "networkConfig": {"enablePrivateNodes": True, "podRange": "pods"},
    "maxPodsPerNode": 110,
    "queuedProvisioning": {"enabled": False},
    "nodeDrainConfigs": [{"respectPdbDuringNodePoolDeletion": True}],
    "nodeConfig": NODE_CONFIG,
}
CLUSTER: dict[str, Any] = {
    "name": "kubeflow",
    "project": "a-project",
    "location": "europe-west4",
    "description": "Kubeflow",
    "deletionProtection": True,
    "removeDefaultNodePool": True,
    "initialNodeCount": 1,
    "nodeLocations": ["europe-west4-a"],
    "network": rpc.UNKNOWN,
    "subnetwork": rpc.UNKNOWN,
    "networkingMode": "VPC_NATIVE",
    "datapathProvider": "ADVANCED_DATAPATH",
    "enableIntranodeVisibility": True,
    "enableShieldedNodes": True,
    "enableL4IlbSubsetting": True,
    "minMasterVersion": "1.33",
    "defaultMaxPodsPerNode": 110,
    "resourceLabels": {"managed-by": "pulumi"},
    "ipAllocationPolicy": {
        "clusterSecondaryRangeName": "pods",
        "servicesSecondaryRangeName": "services",
        "stackType": "IPV4",
        "podCidrOverprovisionConfig": {"disabled": False},
    },
    "privateClusterConfig": {
        "enablePrivateNodes": True,
        "enablePrivateEndpoint": False,
        "masterIpv4CidrBlock": "172.16.0.0/28",
        "masterGlobalAccessConfig": {"enabled": True},
    },
    "masterAuthorizedNetworksConfig": {
        "cidrBlocks": [{"cidrBlock": "192.0.2.0/24", "displayName": "office"}],
        "gcpPublicCidrsAccessEnabled": False,
    },
    "controlPlaneEndpointsConfig": {
        "dnsEndpointConfig": {"allowExternalTraffic": True},
        "ipEndpointsConfig": {"enabled": True},
    },
    "masterAuth": {"clientCertificateConfig": {"issueClientCertificate": False}},
    "workloadIdentityConfig": {"workloadPool": "a-project.svc.id.goog"},
    "authenticatorGroupsConfig": {"securityGroup": "gke-security-groups@example.com"},
    "releaseChannel": {"channel": "REGULAR"},
    "gatewayApiConfig": {"channel": "CHANNEL_STANDARD"},
    "dnsConfig": {"clusterDns": "CLOUD_DNS", "clusterDnsScope": "CLUSTER_SCOPE"},
    "defaultSnatStatus": {"disabled": False},
    "securityPostureConfig": {"mode": "BASIC", "vulnerabilityMode": "VULNERABILITY_BASIC"},
    "binaryAuthorization": {"evaluationMode": "DISABLED"},
    "databaseEncryption": {"state": "ENCRYPTED", "keyName": {**ENVELOPE, "value": "projects/a-project/key"}},
    "costManagementConfig": {"enabled": True},
    "verticalPodAutoscaling": {"enabled": True},
    "addonsConfig": {
        "gcePersistentDiskCsiDriverConfig": {"enabled": True},
        "gcpFilestoreCsiDriverConfig": {"enabled": True},
        "gcsFuseCsiDriverConfig": {"enabled": True},
        "httpLoadBalancing": {"disabled": False},
        "dnsCacheConfig": {"enabled": True},
        "rayOperatorConfigs": [{"enabled": False}],
    },
    "loggingConfig": {"enableComponents": ["SYSTEM_COMPONENTS", "WORKLOADS"]},
    "monitoringConfig": {
        "enableComponents": ["SYSTEM_COMPONENTS"],
        "managedPrometheus": {"enabled": True},
        "advancedDatapathObservabilityConfig": {"enableMetrics": True, "enableRelay": False},
    },
    "clusterAutoscaling": {
        "enabled": True,
        "autoscalingProfile": "OPTIMIZE_UTILIZATION",
        "resourceLimits": [{"resourceType": "cpu", "minimum": 0, "maximum": 64}],
        "autoProvisioningDefaults": {"diskSize": 100, "management": {"autoRepair": True}},
    },
    "maintenancePolicy": {
        "recurringWindow": {
            "startTime": "2026-01-03T00:00:00Z",
            "endTime": "2026-01-03T08:00:00Z",
            "recurrence": "FREQ=WEEKLY;BYDAY=SA",
        },
        "maintenanceExclusions": [
            {
                "exclusionName": "course",
                "startTime": "2026-02-01T00:00:00Z",
                "endTime": "2026-02-08T00:00:00Z",
                "exclusionOptions": {"scope": "NO_MINOR_UPGRADES"},
            }
        ],
    },
    "notificationConfig": {"pubsub": {"enabled": True, "filter": {"eventTypes": ["UPGRADE_EVENT"]}}},
    "nodePoolAutoConfig": {"networkTags": {"tags": ["kubeflow"]}},
    "nodeConfig": NODE_CONFIG,
    "nodePools": [{"name": "default", "initialNodeCount": 1, "nodeConfig": {"machineType": "e2-medium"}}],
}

GOOD: dict[str, dict[str, Any]] = {
    "gcp:compute/network:Network": {
        "name": "kubeflow",
        "project": "a-project",
        "autoCreateSubnetworks": False,
        "routingMode": "REGIONAL",
        "mtu": 1460,
        "deleteDefaultRoutesOnCreate": False,
    },
    "gcp:compute/subnetwork:Subnetwork": {
        "name": "kubeflow",
        "project": "a-project",
        "region": "europe-west4",
        "network": rpc.UNKNOWN,
        "ipCidrRange": "10.0.0.0/20",
        "privateIpGoogleAccess": True,
        "stackType": "IPV4_ONLY",
        "secondaryIpRanges": [
            {"rangeName": "pods", "ipCidrRange": "10.4.0.0/14"},
            {"rangeName": "services", "ipCidrRange": "10.8.0.0/20"},
        ],
        "logConfig": {"aggregationInterval": "INTERVAL_5_SEC", "flowSampling": 0.5, "metadata": "EXCLUDE_ALL_METADATA"},
    },
    "gcp:compute/router:Router": {
        "name": "kubeflow",
        "project": "a-project",
        "region": "europe-west4",
        "network": rpc.UNKNOWN,
        "bgp": {"asn": 64514, "advertiseMode": "CUSTOM", "advertisedGroups": ["ALL_SUBNETS"]},
    },
    "gcp:compute/routerNat:RouterNat": {
        "name": "kubeflow",
        "project": "a-project",
        "region": "europe-west4",
        "router": rpc.UNKNOWN,
        "natIpAllocateOption": "AUTO_ONLY",
        "sourceSubnetworkIpRangesToNat": "LIST_OF_SUBNETWORKS",
        "subnetworks": [{"name": rpc.UNKNOWN, "sourceIpRangesToNats": ["ALL_IP_RANGES"]}],
        "enableDynamicPortAllocation": True,
        "minPortsPerVm": 64,
        "maxPortsPerVm": 4096,
        "logConfig": {"enable": True, "filter": "ERRORS_ONLY"},
    },
    "gcp:compute/disk:Disk": {
        "name": "homes",
        "project": "a-project",
        "zone": "europe-west4-a",
        "size": 100,
        "type": "pd-balanced",
        "labels": {"managed-by": "pulumi"},
        "diskEncryptionKey": {"kmsKeySelfLink": {**ENVELOPE, "value": "projects/a-project/key"}},
        "provisionedIops": 3000,
        "createSnapshotBeforeDestroy": True,
    },
    "gcp:serviceaccount/account:Account": {
        "accountId": "kubeflow-nodes",
        "project": "a-project",
        "displayName": "Nodes of Kubeflow",
        "description": "What nodes run as",
    },
    "gcp:projects/iAMMember:IAMMember": {
        "project": "a-project",
        "role": "roles/container.defaultNodeServiceAccount",
        "member": "serviceAccount:kubeflow-nodes@a-project.iam.gserviceaccount.com",
        "condition": {"title": "for-now", "expression": 'request.time < timestamp("2027-01-01T00:00:00Z")'},
    },
    "gcp:container/cluster:Cluster": CLUSTER,
    "gcp:container/nodePool:NodePool": NODE_POOL,
    "gcp:filestore/instance:Instance": {
        "name": "homes",
        "project": "a-project",
        "location": "europe-west4-a",
        "tier": "BASIC_HDD",
        "labels": {"managed-by": "pulumi"},
        "fileShares": {
            "name": "homes",
            "capacityGb": 1024,
            "nfsExportOptions": [
                {"ipRanges": ["10.0.0.0/20"], "accessMode": "READ_WRITE", "squashMode": "NO_ROOT_SQUASH"}
            ],
        },
        "networks": [{"network": "kubeflow", "modes": ["MODE_IPV4"], "connectMode": "DIRECT_PEERING"}],
        "deletionProtectionEnabled": True,
    },
}
"""One of each type."""
