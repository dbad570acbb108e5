"""The stand-ins themselves, through the real engine and the real kubectl."""

import base64
import json
import subprocess
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cloud import programs
from tests.conftest import Cluster
from tests.support.cloud import gcp, operations
from tests.support.cloud.kind import CloudError, Context
from tests.support.cloud.stand_in import Cloud
from tests.support.cloud.values import UNKNOWN
from tests.support.waiting import wait_for
from tests.support.workspace import Workspace

CLAIM = """
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce], storageClassName: premium-rwo, resources: {requests: {storage: 1Gi}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: reader}
spec:
  selector: {matchLabels: {app: reader}}
  template:
    metadata: {labels: {app: reader}}
    spec:
      nodeSelector: {topology.gke.io/zone: europe-west4-a}
      containers: [{name: reader, image: none, volumeMounts: [{name: data, mountPath: /data}]}]
      volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
"""
DISK = "projects/lab/zones/europe-west4-a/disks/homes"
CLUSTER = "projects/lab/locations/europe-west4/clusters/theirs"
NODE_POOL = "gcp:container/nodePool:NodePool"


@pytest.fixture
def workspace(make_cloud_workspace: Callable[[], Workspace]) -> Workspace:
    return make_cloud_workspace()


def want(workspace: Workspace, program: str, **wanted: Any) -> None:
    """Lets the workspace run another program, or the same one with other values."""
    (workspace.folder / "__main__.py").write_text(program)
    (workspace.folder / "wanted.json").write_text(json.dumps(wanted))


def ops(workspace: Workspace) -> dict[str, str]:
    """What a preview does to which logical name; a replacement is what it ends with."""
    return {step["urn"].rpartition("::")[2]: step["op"] for step in workspace.preview()}


def kubectl(cloud: Cloud, kubeconfig: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What kubectl says that logs in with the stand-ins."""
    environment = {**cloud.environment, "KUBECONFIG": str(kubeconfig)}
    return subprocess.run(["kubectl", *arguments], env=environment, capture_output=True, text=True, check=False)


def furniture(cluster: Cluster) -> str:
    """What a cloud puts into its clusters."""
    return cluster.kubectl("get", "nodes,storageclasses,csidrivers,clusterrolebindings", "--output=name")


def nodes(cluster: Cluster, label: str) -> list[dict[str, Any]]:
    return cluster.get("nodes", f"--selector={label}")["items"]


def test_google_cloud_from_first_preview_to_nothing(workspace: Workspace, cloud: Cloud, cluster: Cluster) -> None:
    before = furniture(cluster)
    want(workspace, programs.GOOGLE, size=10, protected=True)
    planned = {step["urn"].rpartition("::")[2]: step["newState"] for step in workspace.preview()}
    assert planned["cluster"]["inputs"]["network"] == UNKNOWN
    assert planned["cluster"]["inputs"]["name"].startswith("cluster-")
    assert cloud.resources() == []

    # A pool that is made, and then said to have failed, is not made again.
    cloud.fail(NODE_POOL, message="the instances are not healthy", partial=True)
    failed = workspace.pulumi("up", "--yes", "--skip-preview", check=False)
    assert failed.returncode
    assert "the instances are not healthy" in failed.stdout + failed.stderr
    made = cloud.one(NODE_POOL)
    assert workspace.up() == {"same": 5, "update": 1}
    assert cloud.one(NODE_POOL).uid == made.uid
    assert "hush" not in next(workspace.folder.parent.glob("backend/**/stacks/**/nocloud.json")).read_text()

    outputs = workspace.outputs()
    assert outputs["link"].endswith(DISK)
    assert "BEGIN CERTIFICATE" in base64.b64decode(outputs["authority"]).decode()
    gpus = nodes(cluster, "cloud.google.com/gke-accelerator=nvidia-l4,cloud.google.com/gke-spot=true")
    assert {node["metadata"]["labels"]["topology.gke.io/zone"] for node in gpus} == {"europe-west4-a", "europe-west4-b"}
    assert {node["status"]["allocatable"]["nvidia.com/gpu"] for node in gpus} == {"2"}
    assert {taint["key"] for taint in gpus[0]["spec"]["taints"]} >= {"nvidia.com/gpu"}
    assert cluster.get("storageclass", "standard-rwo")["provisioner"] == "pd.csi.storage.gke.io"

    # Somebody takes the disk away; a smaller one in its place has to be another, and the old one to go first.
    cloud.delete(DISK)
    workspace.pulumi("refresh", "--yes", "--skip-preview")
    assert ops(workspace) == {"disk": "create"}
    workspace.up()
    want(workspace, programs.GOOGLE, size=20, protected=False)
    assert workspace.up() == {"same": 4, "update": 2}
    want(workspace, programs.GOOGLE, size=5, protected=False)
    assert workspace.up() == {"same": 5, "replace": 1}
    assert [call.op for call in cloud.calls(kind="Disk") if call.op in ("create", "delete", "update")] == [
        "create",
        "create",
        "update",
        "delete",
        "create",
    ]
    workspace.destroy()
    assert cloud.resources() == []
    assert furniture(cluster) == before


def test_names_are_unique_and_what_is_looked_up_exists(workspace: Workspace, cloud: Cloud, cluster: Cluster) -> None:
    want(workspace, programs.GOOGLE_ADOPTS)
    cloud.seed_cluster(CLUSTER)
    failed = workspace.pulumi("preview", check=False)
    assert f"The resource '{DISK}' was not found" in failed.stdout + failed.stderr
    cloud.seed_disk(DISK, size=7)
    mine = cloud.seed_disk(DISK.replace("homes", "mine"), size=1)
    failed = workspace.pulumi("up", "--yes", "--skip-preview", check=False)
    assert "Error 409" in failed.stdout + failed.stderr
    cloud.delete(mine.id)
    workspace.up()
    outputs = workspace.outputs()
    assert outputs["size"] == 7
    assert f"https://{outputs['endpoint']}" in cluster.kubectl("config", "view")


def test_azure_and_the_login_to_its_clusters(
    workspace: Workspace, cloud: Cloud, cluster: Cluster, tmp_path: Path
) -> None:
    want(workspace, programs.AZURE, size=8)
    assert workspace.up() == {"create": 8}
    (disk,) = cloud.ids("compute:Disk")
    group = cloud.one("ResourceGroup").id
    assert disk == f"{group}/providers/Microsoft.Compute/disks/homes"
    (spot,) = nodes(cluster, "kubernetes.azure.com/agentpool=gpu")
    assert {taint["key"] for taint in spot["spec"]["taints"]} >= {"sku", "kubernetes.azure.com/scalesetpriority"}
    system = nodes(cluster, "kubernetes.azure.com/mode=system")
    zones = {node["metadata"]["labels"]["topology.kubernetes.io/zone"] for node in system}
    assert zones == {"westeurope-1", "westeurope-2"}

    config = base64.b64decode(workspace.outputs()["kubeconfig"]).decode()
    file = tmp_path / "kubeconfig"
    file.write_text(config)
    refused = kubectl(cloud, file, "get", "namespaces")
    assert "somebody to log in" in refused.stderr
    file.write_text(config.replace("devicecode", "azurecli"))
    assert "kube-system" in kubectl(cloud, file, "get", "namespaces").stdout

    want(workspace, programs.AZURE, size=4)
    failed = workspace.pulumi("up", "--yes", "--skip-preview", check=False)
    assert "Disks can be only increased in size" in failed.stdout + failed.stderr
    workspace.destroy()
    assert cloud.resources() == []


def test_kubectl_logs_in_with_the_plugin_of_gke(cloud: Cloud, cluster: Cluster, tmp_path: Path) -> None:
    cloud.seed_cluster(CLUSTER)
    content: dict[str, Any] = yaml.safe_load(cluster.kubeconfig.read_text())
    api = {"apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "Never", "provideClusterInfo": True}
    content["users"][0]["user"] = {"exec": {"command": "gke-gcloud-auth-plugin", **api}}
    file = tmp_path / "kubeconfig"
    file.write_text(yaml.safe_dump(content))
    assert "kube-system" in kubectl(cloud, file, "get", "namespaces").stdout
    assert [call.type for call in cloud.calls("login")] == ["gke-gcloud-auth-plugin"]

    # Programs may take the token alone, as it is all that the real plugin gives.
    plugin = str(cloud.folder / "programs" / "gke-gcloud-auth-plugin")
    given = subprocess.run([plugin], env=cloud.environment, capture_output=True, text=True, check=True).stdout
    del content["users"][0]["user"]["exec"]
    content["users"][0]["user"]["token"] = json.loads(given)["status"]["token"]
    file.write_text(yaml.safe_dump(content))
    assert kubectl(cloud, file, "auth", "can-i", "delete", "nodes").stdout == "yes\n"


def test_pods_get_volumes_and_leave_a_pool_that_goes(cloud: Cloud, cluster: Cluster) -> None:
    cloud.seed_cluster(CLUSTER, nodeLocations=["europe-west4-a"])
    pools = [f"{CLUSTER}/nodePools/{name}" for name in ("first", "second")]
    cloud.seed(NODE_POOL, pools[0])
    space = f"--namespace=pods-{uuid.uuid4().hex[:8]}"
    cluster.kubectl("create", "namespace", space.partition("=")[2])
    cluster.kubectl("apply", space, "--filename=-", stdin=CLAIM)

    def home() -> str:
        running = "--field-selector=status.phase=Running"
        return cluster.kubectl("get", "pods", space, running, "--output=jsonpath={.items[*].spec.nodeName}")

    assert "-first-" in wait_for("the pod runs", home)
    cloud.seed(NODE_POOL, pools[1])
    cloud.delete(pools[0])
    assert "-second-" in wait_for("the pod moves", home)
    claim = cluster.get("pvc", "data", space)
    assert claim["status"]["phase"] == "Bound"
    cluster.kubectl("delete", "namespace", space.partition("=")[2])
    volume = claim["spec"]["volumeName"]
    wait_for("the volume goes", lambda: not cluster.kubectl("get", "pv", volume, "--ignore-not-found"))


def test_a_protected_cluster_stays(cloud: Cloud) -> None:
    record = cloud.seed_cluster(CLUSTER)
    context = Context(state=cloud.state, cluster=cloud.cluster, config={})
    kind = gcp.KINDS[record.type]
    with pytest.raises(CloudError, match="deletion_protection"):
        operations.delete(gcp.PROVIDER, kind, context, identity=record.id, state=record.outputs, name="cluster")
    assert cloud.one(record.type) == record
