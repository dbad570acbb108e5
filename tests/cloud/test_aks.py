"""The whole stack on AKS, by the real engine: the cloud is a stand-in, its cluster a real API server."""

import json
from typing import Any

from tests.cloud.conftest import ADMINS, AKS, SUBSCRIPTION, WITH_OPERATOR, CloudStack

DISK, POOL, CLUSTER = "compute:Disk", "containerservice:AgentPool", "containerservice:ManagedCluster"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/ml"
ADA = "0a000000-0000-4000-8000-00000000000b"
SYSTEM = {"mode": "System", "minNodes": 1, "zones": ["1"]}
GPU: dict[str, Any] = {"vmSize": "Standard_NC4as_T4_v3", "minNodes": 1, "gpu": {}}
ACCESS = {"clusterAdmins": {"users": ["ada@example.com"]}, "objectIds": {"ada@example.com": ADA}}


def with_pools(pools: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The section ``cluster`` for these node pools."""
    return {"aks": {"create": True, "adminGroups": [ADMINS], "nodePools": pools, **more}}


def disks(size: int) -> dict[str, Any]:
    """The section ``storage``: a managed disk of this size, a share, and a class for homes."""
    return {
        "disks": {
            "data": {"create": True, "sizeGib": size, "zone": "1"},
            "models": {"create": True, "sizeGib": 100, "backend": "azureFiles"},
        },
        "classes": {"homes": {"default": True, "insteadOf": ["default"]}},
    }


def test_cluster_disks_classes_and_access_come_up_at_once(aks: CloudStack) -> None:
    wanted = {
        "cluster": with_pools({"system": SYSTEM, "gpu": GPU}),
        "storage": disks(64),
        "access": ACCESS,
        "core": WITH_OPERATOR,
    }
    assert set(aks.changes(**wanted).values()) == {"create"}
    assert aks.cloud.resources() == []

    assert set(aks.workspace.up()) == {"create"}

    assert aks.cloud.ids(DISK) == {f"{GROUP}/providers/Microsoft.Compute/disks/{aks.namespace}-data"}
    volume = aks.cluster.get("pv", f"{aks.namespace}-data")
    assert volume["spec"]["csi"]["volumeHandle"] in aks.cloud.ids(DISK)
    assert volume["status"]["phase"] == "Bound"
    (pod,) = aks.cluster.get("pods", f"--namespace={aks.namespace}-nfs")["items"]
    node = aks.cluster.get("node", pod["spec"]["nodeName"])
    assert node["metadata"]["labels"]["topology.kubernetes.io/zone"] == "westeurope-1"
    share = aks.cluster.get("pv", f"{aks.namespace}-models")["spec"]["csi"]["volumeAttributes"]
    (account,) = aks.cloud.resources("storage:StorageAccount")
    assert share["storageAccount"] == account.inputs["accountName"]
    assert aks.get("pvc", "models")["status"]["phase"] == "Bound"
    # The device plugin reaches the nodes with GPUs, whose taint keeps all else away.
    plugin = aks.cluster.get("daemonset", "gpu-device-plugin", f"--namespace={aks.namespace}-gpu")
    assert plugin["status"]["numberReady"] == len(aks.cluster.get("nodes")["items"])
    users = [each.inputs for each in aks.cloud.resources("RoleAssignment") if each.inputs["principalType"] == "User"]
    assert [each["principalId"] for each in users] == [ADA]
    assert aks.changes(**wanted) == {}

    larger = {**wanted, "storage": disks(128)}
    before = aks.cloud.one(DISK).uid
    assert aks.changes(**larger) == {"disks-data-managed-disk": "update", "disks-data-source": "update"}
    aks.workspace.up()
    assert (aks.cloud.one(DISK).uid, aks.cloud.one(DISK).inputs["diskSizeGB"]) == (before, 128)
    assert "cannot shrink; write 128 or more" in aks.refusal("preview", **wanted)
    other = {"disks": {"data": {"create": True, "sizeGib": 128, "zone": "1", "type": "StandardSSD_LRS"}}}
    refused = aks.refusal("preview", **{**wanted, "storage": other})
    assert 'data.type: is "StandardSSD_LRS", but the disk is Premium_LRS, which cannot change' in refused


def test_another_login_replaces_nothing(aks: CloudStack) -> None:
    aks.up()
    rotated = {"aks": {**AKS["aks"], "login": "workloadidentity"}}
    assert aks.changes(cluster=rotated) == {"cluster-kubernetes": "update"}
    (provider,) = [
        resource
        for resource in json.loads(aks.workspace.pulumi("stack", "export").stdout)["deployment"]["resources"]
        if resource["type"] == "pulumi:providers:kubernetes"
    ]
    assert "kubelogin" not in str(provider)  # the kubeconfig is a secret of the state


def test_node_pool_is_switched_by_a_new_one_before_the_old_goes(aks: CloudStack) -> None:
    aks.up(cluster=with_pools({"system": SYSTEM, "cpu": {"minNodes": 1}}))
    switched = with_pools({"system": SYSTEM, "cpu2": {"minNodes": 1, "spot": True}})
    assert aks.changes(cluster=switched) == {"aks-cpu-pool": "delete", "aks-cpu2-pool": "create"}
    aks.workspace.up()
    assert {pool.inputs["agentPoolName"] for pool in aks.cloud.resources(POOL)} == {"cpu2"}


def test_second_up_finishes_what_the_cloud_failed_to_do(aks: CloudStack) -> None:
    storage = disks(64)
    cluster = with_pools({"system": SYSTEM})
    aks.cloud.fail("azure-native:storage:FileShare", message="the account is not ready")
    assert "the account is not ready" in aks.refusal("up", "--yes", "--skip-preview", storage=storage, cluster=cluster)
    made = {record.id: record.uid for record in aks.cloud.resources()}
    aks.workspace.up()
    assert made.items() <= {record.id: record.uid for record in aks.cloud.resources()}.items()
    assert aks.changes(storage=storage, cluster=cluster) == {}


def test_destroy_keeps_disks_cluster_and_group(aks: CloudStack) -> None:
    aks.up(storage=disks(64), cluster=with_pools({"system": SYSTEM}))
    kinds = (DISK, CLUSTER, "storage:FileShare", "resources:ResourceGroup")
    kept = {identity for kind in kinds for identity in aks.cloud.ids(kind)}
    aks.workspace.destroy("--exclude-protected")
    assert kept <= aks.cloud.ids()
    assert {claim["metadata"]["name"] for claim in aks.get("pvc")["items"]} == {"data", "models", "hub-db-dir"}


def test_cluster_and_disks_that_there_are_stay_as_they_are(aks: CloudStack) -> None:
    aks.cloud.seed("azure-native:resources:ResourceGroup", GROUP, location="westeurope")
    disk = aks.cloud.seed_disk(f"{GROUP}/providers/Microsoft.Compute/disks/old", size=512)
    adopted = {"aks": {"name": "theirs"}}
    refused = aks.refusal("preview", cluster=adopted)
    assert "kubeflow:cluster.aks.name: the cluster 'theirs' cannot be looked up in the resource group ml" in refused

    pools = [{"name": "system", "count": 1, "mode": "System", "vmSize": "Standard_D4s_v5"}]
    aks.cloud.seed_cluster(
        f"{GROUP}/providers/Microsoft.ContainerService/managedClusters/theirs", agentPoolProfiles=pools
    )
    aks.up(cluster=adopted, storage={"disks": {"old": {"adopt": "old"}}})

    assert aks.cluster.get("pv", f"{aks.namespace}-old")["spec"]["capacity"]["storage"] == "512Gi"
    assert aks.changes(cluster=adopted, storage={"disks": {"old": {"adopt": "old"}}}) == {}
    assert aks.cloud.one(DISK).uid == disk.uid
    aks.workspace.destroy_with_data()
    assert disk.id in aks.cloud.ids()


def test_cluster_with_logins_of_its_own_is_refused(aks: CloudStack) -> None:
    aks.cloud.seed("azure-native:resources:ResourceGroup", GROUP, location="westeurope")
    aks.cloud.seed_cluster(f"{GROUP}/providers/Microsoft.ContainerService/managedClusters/theirs", entra=False)
    assert "has logins of its own instead of Entra ID's" in aks.refusal("preview", cluster={"aks": {"name": "theirs"}})


def test_disks_that_no_node_of_a_cluster_that_there_is_could_attach_are_refused(aks: CloudStack) -> None:
    aks.cloud.seed("azure-native:resources:ResourceGroup", GROUP, location="westeurope")
    aks.cloud.seed_disk(f"{GROUP}/providers/Microsoft.Compute/disks/old", size=512, zones=["2"])
    two = {"count": 1, "mode": "User", "vmSize": "Standard_D4s_v5", "availabilityZones": ["2"]}
    pools = [
        {**two, "name": "system", "mode": "System", "availabilityZones": ["1", "3"]},
        {**two, "name": "spot", "scaleSetPriority": "Spot"},
        {**two, "name": "gpu", "vmSize": "Standard_NC4as_T4_v3", "nodeTaints": ["sku=gpu:NoSchedule"]},
        {**two, "name": "win", "osType": "Windows"},
    ]
    aks.cloud.seed_cluster(
        f"{GROUP}/providers/Microsoft.ContainerService/managedClusters/theirs", agentPoolProfiles=pools
    )
    adopted = {"aks": {"name": "theirs"}}

    disks = {"old": {"adopt": "old"}, "new": {"create": True, "sizeGib": 10}}
    refused = aks.refusal("preview", cluster=adopted, storage={"disks": disks})
    assert "kubeflow:storage.disks.new.zone: is not set, but nodes that any pod may run on are in zones" in refused
    assert (
        "kubeflow:storage.disks.old.adopt: 'old' is in zone 2, but nodes that any pod may run on are in 1, 3" in refused
    )

    refused = aks.refusal("preview", cluster=adopted, storage={"disks": {"old": {"adopt": "old", "zone": "1"}}})
    assert 'kubeflow:storage.disks.old.zone: is "1", but the disk is in zone 2; write "2", or remove the key' in refused
    assert aks.cloud.calls("create") == []
