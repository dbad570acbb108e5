"""Shared disks: from a setting to a folder in every notebook."""

import json
from typing import Any

import pytest

from tests.support.recorder import WITHOUT_OPERATOR, Recording, Registered, record
from tests.support.stacks import SUBSCRIPTION, recorded

DISKS = {"data": {"create": True, "sizeGib": 100}, "models": {"create": True, "sizeGib": 50}}
ZONAL: dict[str, Any] = {
    "context": "",
    "platform": "gke",
    "gke": {"project": "acme-ml", "location": "europe-west4-a", "create": True},
}


@pytest.fixture(scope="module")
def recording() -> Recording:
    return record(
        {**WITHOUT_OPERATOR, "jupyterNotebookPVCMount": "/home/jovyan"}, cluster=ZONAL, storage={"disks": DISKS}
    )


def notebook(recording: Recording) -> dict[str, Any]:
    """What the hub is told of notebooks' pods."""
    config = recording.one("ConfigMap", "jupyterhub-hub-config").inputs["data"]["settings.json"]
    return json.loads(config)["traits"]["KubeSpawner"]


def test_home_and_two_disks_are_mounted_beside_each_other(recording: Recording) -> None:
    traits = notebook(recording)
    claims = {each["name"]: each["persistentVolumeClaim"]["claimName"] for each in traits["volumes"]}
    assert claims == {"volume-home": "{pvc_name}", "data": "data", "models": "models"}
    paths = {each["name"]: each["mountPath"] for each in traits["volume_mounts"]}
    assert paths == {"volume-home": "/home/jovyan", "data": "/mnt/data", "models": "/mnt/models"}


def test_disks_of_kubeflow_0_1_are_adopted_and_mounted() -> None:
    sizes = {"pd-1": 1000, "pd-2": 500}

    def size(asked: dict[str, Any]) -> dict[str, Any]:
        return {"size": sizes[asked["name"]]}

    answers = {"gcp:compute/getDisk:getDisk": size}
    recording = record(WITHOUT_OPERATOR, cluster=ZONAL, storage={"disks": "pd-1,pd-2"}, answers=answers)
    assert recording.of_type("Disk") == []
    volumes = {r.physical_name: r.inputs["spec"] for r in recording.of_type("PersistentVolume")}
    assert {name: spec["capacity"]["storage"] for name, spec in volumes.items()} == {
        "kubeflow-pd-1": "1000Gi",
        "kubeflow-pd-2": "500Gi",
    }
    handle = volumes["kubeflow-pd-1"]["csi"]["volumeHandle"]
    assert handle == "projects/acme-ml/zones/europe-west4-a/disks/pd-1"
    assert {each["mountPath"] for each in notebook(recording)["volume_mounts"]} == {"/mnt/pd-1", "/mnt/pd-2"}


def test_a_volume_is_for_its_own_claim_alone_and_is_kept(recording: Recording) -> None:
    for volume in recording.of_type("PersistentVolume"):
        spec = volume.inputs["spec"]
        assert spec["persistentVolumeReclaimPolicy"] == "Retain"
        claim = recording.one("PersistentVolumeClaim", f"{volume.name.removesuffix('-volume')}-source")
        assert (claim.physical_name, claim.namespace) == (spec["claimRef"]["name"], spec["claimRef"]["namespace"])
        assert claim.inputs["spec"]["volumeName"] == volume.physical_name
        assert claim.inputs["spec"]["storageClassName"] == spec["storageClassName"]
        assert claim.inputs["spec"]["resources"]["requests"] == spec["capacity"]


def test_exporter_is_what_the_shared_claim_is_answered_by(recording: Recording) -> None:
    exporter = recording.one("Deployment", "data-provisioner")
    pod = exporter.inputs["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    storage_class = recording.one("StorageClass", "data-nfs")
    assert container["args"] == [f"-provisioner={storage_class.inputs['provisioner']}"]
    environment = {each["name"]: each.get("value") for each in container["env"]}
    service = recording.one("Service", environment["SERVICE_NAME"] or "")
    assert service.namespace == exporter.namespace == "kubeflow-nfs"
    served = {(each["port"], each["protocol"]) for each in service.inputs["spec"]["ports"]}
    assert served == {(each["containerPort"], each["protocol"]) for each in container["ports"]}
    assert pod["nodeSelector"] == {"topology.kubernetes.io/zone": "europe-west4-a"}
    assert exporter.inputs["spec"]["strategy"] == {"type": "Recreate"}
    (shared,) = [r for r in recording.of_type("PersistentVolumeClaim") if r.name == "disks-data-claim"]
    assert shared.namespace == "kubeflow"
    assert shared.inputs["spec"]["storageClassName"] == storage_class.physical_name
    assert shared.inputs["spec"]["accessModes"] == ["ReadWriteMany"]
    assert storage_class.inputs["reclaimPolicy"] == "Retain"


def rules(recording: Recording, kind: str, name: str) -> set[tuple[str, str]]:
    """What a role allows: pairs of a resource and a verb."""
    return {
        (resource, verb)
        for rule in recording.one(kind, name).inputs["rules"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def test_exporters_may_make_volumes_and_read_their_own_services_and_no_secret(recording: Recording) -> None:
    allowed = rules(recording, "ClusterRole", "kubeflow-nfs-provisioner")
    assert {resource for resource, _ in allowed} == {
        "persistentvolumes",
        "persistentvolumeclaims",
        "storageclasses",
        "events",
    }
    assert ("persistentvolumeclaims", "delete") not in allowed
    (rule,) = recording.one("Role", "nfs-provisioner").inputs["rules"]
    assert rule["resourceNames"] == ["data-service", "models-service"]
    assert rule["verbs"] == ["get"]


def test_no_exporter_starts_before_its_rights_and_its_policy(recording: Recording) -> None:
    exporter = recording.one("Deployment", "data-provisioner")
    needed = {r.urn for r in recording.resources if r.namespace == "kubeflow-nfs" and "NetworkPolicy" in r.type}
    needed = {urn for urn in needed if "default-deny" not in urn}
    needed |= {
        r.urn for r in (*recording.of_type("ClusterRoleBinding"), *recording.of_type("RoleBinding")) if "nfs" in r.name
    }
    assert needed <= set(exporter.dependencies)


def test_nothing_that_is_protected_depends_on_an_exporter(recording: Recording) -> None:
    exporters = {r.urn for r in recording.of_type("Deployment") if r.name.startswith("disks-")}
    assert exporters
    assert not [r.name for r in recording.resources if r.protect and set(r.dependencies) & exporters]


def managed(recording: Recording) -> Registered:
    (volume,) = [r for r in recording.of_type("PersistentVolume") if r.name == "disks-models-volume"]
    return volume


def test_filestore_and_azure_files_are_mounted_without_an_exporter() -> None:
    google, azure = recorded("gke"), recorded("aks")
    for recording in (google, azure):
        assert managed(recording).inputs["spec"]["accessModes"] == ["ReadWriteMany"]
        assert not [r for r in recording.of_type("Deployment") if r.name.startswith("disks-models")]
    source = managed(google).inputs["spec"]["csi"]
    assert source["volumeHandle"] == "modeInstance/europe-west4-a/kubeflow-models/share"
    assert source["volumeAttributes"] == {"ip": "192.0.2.2", "volume": "share"}
    source = managed(azure).inputs["spec"]["csi"]
    account = azure.one("StorageAccount", "disks-models-files-account").inputs["accountName"]
    assert source["volumeHandle"] == f"ml#{account}#share"
    assert 3 <= len(account) <= 24
    assert account.isalnum()


def test_a_cluster_of_its_own_has_folders_and_claims_as_disks() -> None:
    disks = {"old": {"path": "/srv/old", "node": "node-1"}, "new": {"storageClass": "standard", "sizeGib": 20}}
    recording = record(WITHOUT_OPERATOR, storage={"disks": disks})
    (volume,) = recording.of_type("PersistentVolume")
    assert volume.inputs["spec"]["local"] == {"path": "/srv/old"}
    exporter = recording.one("Deployment", "old-provisioner").inputs["spec"]["template"]["spec"]
    assert exporter["nodeSelector"] == {"kubernetes.io/hostname": "node-1"}
    (claim,) = [r for r in recording.of_type("PersistentVolumeClaim") if r.name == "disks-new-source"]
    assert claim.inputs["spec"]["storageClassName"] == "standard"
    assert "volumeName" not in claim.inputs["spec"]
    assert claim.protect


AZURE: dict[str, Any] = {
    "context": "recorded",
    "platform": "aks",
    "azure": {"subscriptionId": SUBSCRIPTION, "resourceGroup": "ml", "location": "westeurope"},
}


def test_an_adopted_disk_of_azure_is_attached_in_the_zone_where_it_is() -> None:
    found = {"diskSizeGB": 64, "zones": ["2"], "sku": {"name": "Premium_LRS", "tier": "Premium"}}
    answers = {"azure-native:compute:getDisk": found}
    recording = record(WITHOUT_OPERATOR, cluster=AZURE, storage={"disks": {"old": {"adopt": "old"}}}, answers=answers)
    (volume,) = recording.of_type("PersistentVolume")
    ((term,),) = [
        each["matchExpressions"] for each in volume.inputs["spec"]["nodeAffinity"]["required"]["nodeSelectorTerms"]
    ]
    zone = {"key": "topology.kubernetes.io/zone", "operator": "In", "values": ["westeurope-2"]}
    assert term == zone
    exporter = recording.one("Deployment", "old-provisioner").inputs["spec"]["template"]["spec"]
    assert exporter["nodeSelector"] == {"topology.kubernetes.io/zone": "westeurope-2"}


@pytest.mark.parametrize("file_system", [None, "xfs"])
def test_a_disk_has_the_file_system_that_is_chosen(file_system: str | None) -> None:
    disk = {"adopt": "old", **({"fsType": file_system} if file_system else {})}
    answers = {
        "azure-native:compute:getDisk": {"diskSizeGB": 64},
        "gcp:compute/getDisk:getDisk": {"size": 64},
    }
    for cluster in (AZURE, ZONAL):
        recording = record(WITHOUT_OPERATOR, cluster=cluster, storage={"disks": {"old": disk}}, answers=answers)
        (volume,) = recording.of_type("PersistentVolume")
        assert volume.inputs["spec"]["csi"]["fsType"] == (file_system or "ext4")


def test_a_cluster_of_azure_may_let_the_share_grow_that_was_made_for_it() -> None:
    recording = recorded("aks")
    role = recording.one("RoleAssignment", "disks-models-files-role").inputs
    account = recording.one("StorageAccount", "disks-models-files-account").inputs["accountName"]
    assert role["scope"].endswith(f"/resourceGroups/ml/providers/Microsoft.Storage/storageAccounts/{account}")
    assert role["roleDefinitionId"].endswith("/17d1049b-9a84-46fb-8f53-869881c3d3ab")
    other = recording.one("RoleAssignment", "disks-data-managed-role").inputs
    assert role["principalId"] == other["principalId"]
    assert role["roleAssignmentName"] != other["roleAssignmentName"]


def test_node_pools_have_the_kind_of_disk_that_their_machines_take() -> None:
    pools = {"system": {"minNodes": 1}, "new": {"machineType": "c4-standard-8", "diskType": "hyperdisk-balanced"}}
    recording = record(WITHOUT_OPERATOR, cluster={**ZONAL, "gke": {**ZONAL["gke"], "nodePools": pools}})
    kinds = {pool.name: pool.inputs["nodeConfig"]["diskType"] for pool in recording.of_type("NodePool")}
    assert kinds == {"gke-system-pool": "pd-balanced", "gke-new-pool": "hyperdisk-balanced"}


def test_google_may_tell_the_address_of_a_kind() -> None:
    answers = {"gcp:compute/getDisk:getDisk": {"size": 10, "type": "https://example.com/zones/a/diskTypes/pd-balanced"}}
    disks = {"data": {"create": True, "sizeGib": 10}}
    assert record(WITHOUT_OPERATOR, cluster=ZONAL, storage={"disks": disks}, answers=answers).of_type("Disk")
