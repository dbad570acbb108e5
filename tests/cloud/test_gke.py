"""The whole stack on GKE, by the real engine: the cloud is a stand-in, its cluster a real API server."""

import json
from typing import Any

import pytest

from tests.cloud.conftest import WITH_OPERATOR, CloudStack
from tests.support.waiting import wait_for

DISK, POOL, CLUSTER = "compute/disk:Disk", "container/nodePool:NodePool", "container/cluster:Cluster"
ZONE = "europe-west4-a"
GPU_POOL = {"machineType": "g2-standard-8", "minNodes": 0, "gpu": {"type": "nvidia-l4", "count": 2}, "spot": True}
POOLS = {"system": {"minNodes": 1}, "gpu": GPU_POOL}
ACCESS = {
    "clusterAdmins": {"users": ["ada@example.com"]},
    "namespaces": {"default": {"view": {"users": ["bob@example.com"]}}},
}


def with_pools(pools: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The section ``cluster`` for these node pools."""
    gke = {"project": "acme-ml", "location": ZONE, "create": True, "nodePools": pools, **more}
    return {"gke": gke}


def disks(**sizes: int) -> dict[str, Any]:
    """The section ``storage`` for disks of these sizes, with a class for homes."""
    return {
        "disks": {name: {"create": True, "sizeGib": size} for name, size in sizes.items()},
        "classes": {"homes": {"default": True, "insteadOf": ["standard-rwo"]}},
    }


def test_cluster_disks_classes_and_access_come_up_at_once(gke: CloudStack) -> None:
    wanted = {
        "cluster": with_pools(POOLS),
        "storage": disks(data=100, scratch=50),
        "access": ACCESS,
        "core": WITH_OPERATOR,
    }
    planned = gke.changes(**wanted)
    assert set(planned.values()) == {"create"}
    assert gke.cloud.resources() == []

    assert set(gke.workspace.up()) == {"create"}

    assert gke.cloud.ids(DISK) == {
        f"projects/acme-ml/zones/{ZONE}/disks/{gke.namespace}-{name}" for name in ("data", "scratch")
    }
    assert {pool.inputs["name"] for pool in gke.cloud.resources(POOL)} == {"system", "gpu"}
    check_disk(gke, "data", "100Gi")
    check_gpus(gke)
    assert default_classes(gke) == {"homes", "standard"}  # the embedded control plane has the second
    admins = gke.cluster.get("clusterrolebinding", f"{gke.namespace}-default-admin")
    assert [(each["kind"], each["name"]) for each in admins["subjects"]] == [("User", "ada@example.com")]
    members = {record.inputs["member"] for record in gke.cloud.resources("IAMMember")}
    assert {"user:ada@example.com", "user:bob@example.com"} <= members
    assert gke.changes(**wanted) == {}

    larger = {**wanted, "storage": disks(data=200, scratch=50)}
    before = gke.cloud.one_disk("data").uid
    assert gke.changes(**larger) == {"disks-data-gce-disk": "update", "disks-data-source": "update"}
    gke.workspace.up()
    assert gke.cloud.one_disk("data").uid == before
    assert gke.cloud.one_disk("data").inputs["size"] == 200
    claim = gke.cluster.get("pvc", "data", f"--namespace={gke.namespace}-nfs")
    assert claim["spec"]["resources"]["requests"]["storage"] == "200Gi"

    assert "cannot shrink; write 200 or more" in gke.refusal("preview", **wanted)


def check_disk(stack: CloudStack, name: str, size: str) -> None:
    """The disk is a volume of the cluster, and an exporter that runs in its zone has it."""
    volume = stack.cluster.get("pv", f"{stack.namespace}-{name}")
    assert volume["spec"]["csi"]["volumeHandle"].endswith(f"/zones/{ZONE}/disks/{stack.namespace}-{name}")
    assert volume["spec"]["persistentVolumeReclaimPolicy"] == "Retain"
    assert volume["spec"]["capacity"]["storage"] == size
    assert volume["status"]["phase"] == "Bound"
    nfs = f"--namespace={stack.namespace}-nfs"
    deployment = stack.cluster.get("deployment", f"{name}-provisioner", nfs)
    assert deployment["status"]["readyReplicas"] == 1
    selector = f"--selector=app.kubernetes.io/instance=disks-{name}"
    (pod,) = stack.cluster.get("pods", nfs, selector)["items"]
    node = stack.cluster.get("node", pod["spec"]["nodeName"])
    assert node["metadata"]["labels"]["topology.kubernetes.io/zone"] == ZONE
    assert stack.cluster.get("storageclass", f"{name}-nfs")["provisioner"] == f"{stack.namespace}.{name}/nfs"
    shared = stack.get("pvc", name)
    assert shared["spec"]["accessModes"] == ["ReadWriteMany"]
    assert shared["spec"]["storageClassName"] == f"{name}-nfs"


def check_gpus(stack: CloudStack) -> None:
    """The guide's command shows them."""
    columns = "custom-columns=NAME:.metadata.name,GPU:.status.allocatable.nvidia\\.com/gpu"
    shown = stack.cluster.kubectl(
        "get", "nodes", f"--output={columns}", "--selector=cloud.google.com/gke-accelerator=nvidia-l4"
    )
    assert [line.split()[1] for line in shown.splitlines()] == ["GPU", "2"]


def default_classes(stack: CloudStack) -> set[str]:
    """The classes that claims without one may get."""
    key = "storageclass.kubernetes.io/is-default-class"
    annotations: dict[str, dict[str, str]] = {
        each["metadata"]["name"]: each["metadata"].get("annotations") or {}
        for each in stack.cluster.get("storageclass")["items"]
    }
    return {name for name, each in annotations.items() if each.get(key) == "true"}


def hub_is_ready(stack: CloudStack) -> bool:
    """Whether the hub runs."""
    return stack.get("deployment", "hub")["status"].get("readyReplicas") == 1


def test_disks_come_and_go_without_touching_others(gke: CloudStack) -> None:
    gke.up(storage=disks(data=100))
    added = gke.changes(storage=disks(data=100, more=10))
    assert {name: op for name, op in added.items() if op != "create"} == {
        "disks-nfs-role": "update",
        "jupyterhub-hub-config": "replace",
        "jupyterhub-hub-deployment": "update",
    }
    assert not [name for name in added if name.startswith("disks-data")]
    gke.workspace.up()

    refused = gke.refusal("preview", storage=disks(data=100))
    assert "disks-more-claim" in refused
    assert "cannot be deleted" in refused
    assert "because it is protected" in refused

    # Even an update that nobody looked at leaves the disk, and what leads to its files.
    gke.refusal("up", "--yes", "--skip-preview", storage=disks(data=100))
    names = {record.inputs["name"] for record in gke.cloud.resources(DISK)}
    assert names == {f"{gke.namespace}-data", f"{gke.namespace}-more"}
    assert gke.cluster.get("pv", f"{gke.namespace}-more")["status"]["phase"] == "Bound"
    assert {claim["metadata"]["name"] for claim in gke.get("pvc")["items"]} >= {"data", "more"}


def test_node_pool_is_switched_by_a_new_one_before_the_old_goes(gke: CloudStack) -> None:
    gke.up(cluster=with_pools({"system": {"minNodes": 1}, "cpu": {}}))
    switched = with_pools({"system": {"minNodes": 1}, "cpu2": {"machineType": "n2-standard-8"}})
    assert gke.changes(cluster=switched) == {"gke-cpu-pool": "delete", "gke-cpu2-pool": "create"}
    gke.workspace.up()
    made, gone = [
        next(index for index, call in enumerate(gke.cloud.calls()) if call.op == op and call.name == name)
        for op, name in (("create", "gke-cpu2-pool"), ("delete", "gke-cpu-pool"))
    ]
    assert made < gone
    assert {pool.inputs["name"] for pool in gke.cloud.resources(POOL)} == {"system", "cpu2"}
    wait_for("the hub on a node that is left", lambda: hub_is_ready(gke))


@pytest.mark.parametrize("partial", [False, True], ids=["refused", "half done"])
def test_second_up_finishes_what_the_cloud_failed_to_do(partial: bool, gke: CloudStack) -> None:
    gke.configure(storage=disks(data=10))
    gke.cloud.fail(f"gcp:{POOL}", name="gke-system-pool", message="no capacity left", partial=partial)

    assert "no capacity left" in gke.refusal("up", "--yes", "--skip-preview", storage=disks(data=10))

    assert gke.cluster.kubectl("get", "namespace", gke.namespace, "--ignore-not-found") == ""
    made = {record.id: record.uid for record in gke.cloud.resources()}
    gke.workspace.up()
    after = {record.id: record.uid for record in gke.cloud.resources()}
    assert made.items() <= after.items()
    assert gke.cloud.ids(DISK)
    assert gke.changes(storage=disks(data=10)) == {}


def test_destroy_keeps_disks_cluster_and_what_leads_to_files(gke: CloudStack) -> None:
    gke.up(storage=disks(data=10))
    kept = gke.cloud.ids(DISK) | gke.cloud.ids(CLUSTER)
    address = service_address(gke)

    gke.workspace.destroy("--exclude-protected")

    assert kept <= gke.cloud.ids()
    assert service_address(gke) == address
    assert {claim["metadata"]["name"] for claim in gke.get("pvc")["items"]} == {"data", "hub-db-dir"}
    assert gke.get("deployments")["items"] == []
    gke.workspace.up()
    assert service_address(gke) == address
    check_disk(gke, "data", "10Gi")


def service_address(stack: CloudStack) -> str:
    """What the volumes of the disk's claims have for ever."""
    return stack.cluster.get("service", "data-service", f"--namespace={stack.namespace}-nfs")["spec"]["clusterIP"]


def test_cluster_and_disks_that_there_are_stay_as_they_are(gke: CloudStack) -> None:
    cluster = gke.cloud.seed_cluster(f"projects/acme-ml/locations/{ZONE}/clusters/theirs")
    pool = gke.cloud.seed(
        f"gcp:{POOL}", f"projects/acme-ml/locations/{ZONE}/clusters/theirs/nodePools/default", initialNodeCount=1
    )
    for name in ("pd-1", "pd-2"):
        gke.cloud.seed_disk(f"projects/acme-ml/zones/{ZONE}/disks/{name}", size=1000)
    adopted = {"gke": {"project": "acme-ml", "location": ZONE, "name": "theirs"}}

    gke.up(cluster=adopted, storage={"disks": "pd-1,pd-2"})

    volume = gke.cluster.get("pv", f"{gke.namespace}-pd-1")
    assert volume["spec"]["csi"]["volumeHandle"] == f"projects/acme-ml/zones/{ZONE}/disks/pd-1"
    assert volume["spec"]["capacity"]["storage"] == "1000Gi"
    assert gke.changes(cluster=adopted, storage={"disks": "pd-1,pd-2"}) == {}
    # Nothing of theirs was ever written to.
    touched = {call.name for op in ("create", "update", "delete") for call in gke.cloud.calls(op)}
    assert touched == set()
    gke.workspace.destroy_with_data()
    assert {cluster.id, pool.id} | {f"projects/acme-ml/zones/{ZONE}/disks/pd-{n}" for n in (1, 2)} <= gke.cloud.ids()


def test_disk_is_let_go_of_and_adopted_as_the_documents_say(gke: CloudStack) -> None:
    gke.up(storage=disks(data=10))
    disk = gke.cloud.one(DISK)
    adopts = {"disks": {"data": {"adopt": disk.inputs["name"]}}, "classes": disks()["classes"]}
    gke.configure(storage=adopts)
    state = json.loads(gke.workspace.pulumi("stack", "export").stdout)["deployment"]["resources"]
    (urn,) = [each["urn"] for each in state if each["urn"].endswith("::disks-data-gce-disk")]

    gke.workspace.pulumi("up", "--yes", "--skip-preview", "--exclude", urn)
    gke.workspace.pulumi("state", "delete", "--force", "--yes", urn)

    assert gke.changes(storage=adopts) == {}
    assert gke.cloud.one(DISK).uid == disk.uid
    check_disk(gke, "data", "10Gi")


def test_what_is_not_there_is_said_before_anything_is_made(gke: CloudStack) -> None:
    theirs = {"gke": {"project": "acme-ml", "location": ZONE, "name": "theirs"}}
    refused = gke.refusal("preview", cluster=theirs)
    assert "kubeflow:cluster.gke.name: the cluster 'theirs' cannot be looked up in acme-ml" in refused

    gke.cloud.seed_cluster(f"projects/acme-ml/locations/{ZONE}/clusters/theirs")
    refused = gke.refusal("preview", cluster=theirs, storage={"disks": "pd-1"})
    assert "kubeflow:storage.disks.pd-1.adopt: 'pd-1' cannot be looked up" in refused

    refused = gke.refusal("preview", cluster=theirs, storage={"classes": {"homes": {"default": True}}})
    assert "kubeflow:storage.classes.homes.default: is on, but the cluster has the default class" in refused
    assert "add standard-rwo to insteadOf" in refused
