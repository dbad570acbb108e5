"""A model server that answers from a volume, and goes on answering while its pods are replaced."""

import io
import json
import tarfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from components.labels import NOTEBOOK_LABELS
from tests.e2e.conftest import RealCluster
from tests.support.recorder import WITHOUT_OPERATOR

HERE = Path(__file__).parent
DRAIN_SECONDS = 10
UNPACK = "import sys, tarfile; tarfile.open(fileobj=sys.stdin.buffer, mode='r|').extractall(sys.argv[1])"
CONNECT = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=5)"
STRANGER = {"app": "stranger"}
MAY_GO_ANYWHERE: dict[str, Any] = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "stranger"},
    "spec": {"podSelector": {"matchLabels": STRANGER}, "policyTypes": ["Egress"], "egress": [{}]},
}
STORE: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "PersistentVolumeClaim",
    "metadata": {"name": "model-store"},
    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "100Mi"}}},
}


def pod(name: str, image: str, labels: dict[str, str], volume: dict[str, Any]) -> dict[str, Any]:
    """A pod that idles, as the namespace allows it, with a volume at /mnt/store."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": labels},
        "spec": {
            "automountServiceAccountToken": False,
            "terminationGracePeriodSeconds": 0,
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 1000,
                "runAsGroup": 100,
                "fsGroup": 100,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [
                {
                    "name": "idle",
                    "image": image,
                    "imagePullPolicy": "IfNotPresent",
                    "command": ["sleep", "3600"],
                    "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
                    "volumeMounts": [{"name": "store", "mountPath": "/mnt/store"}],
                }
            ],
            "volumes": [{"name": "store", **volume}],
        },
    }


def unpack(cluster: RealCluster, where: str, *files: Path) -> None:
    """Puts files and folders into a pod's volume."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for file in files:
            archive.add(file, file.name)
    cluster.kubectl("exec", "-i", where, "--", "python3", "-c", UNPACK, "/mnt/store", stdin=packed.getvalue())


def test_a_model_comes_up_from_a_volume_and_no_request_is_lost_while_it_changes(real_cluster: RealCluster) -> None:
    cluster, server = real_cluster, real_cluster.image("MODEL_SERVER_IMAGE")
    claim = {"persistentVolumeClaim": {"claimName": "model-store"}}
    items = [
        STORE,
        MAY_GO_ANYWHERE,
        pod("writer", cluster.images["JOB_IMAGE"], STRANGER, claim),
        pod("client", server, NOTEBOOK_LABELS, {"emptyDir": {}}),
    ]
    cluster.kubectl(
        "apply", "--filename=-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": items}).encode()
    )
    cluster.kubectl("wait", "--for=condition=Ready", "--timeout=300s", "pod/writer", "pod/client")
    unpack(cluster, "writer", *(HERE / "models").iterdir())
    unpack(cluster, "client", HERE / "model_server.py", HERE / "ask_models.py")
    settings: dict[str, Any] = {
        "modelServerImage": server,
        "modelPath": "/mnt/store/half_plus_two",
        "volumes": {"store": {"claim": "model-store", "readOnly": True}},
        "replicas": 2,
        "resources": {"cpu": "50m", "memory": "128Mi"},
        "drainSeconds": DRAIN_SECONDS,
        "grpc": True,
    }

    def up(**changed: Any) -> None:
        cluster.configure(WITHOUT_OPERATOR, models={"half": {**settings, **changed}})
        cluster.workspace.up()

    up()
    with ThreadPoolExecutor(max_workers=1) as pool:
        program = ("python3", "/mnt/store/ask_models.py", "half", "half", "/mnt/store/done")
        asking = pool.submit(cluster.kubectl, "exec", "client", "--", *program)
        time.sleep(DRAIN_SECONDS)
        up(modelPath="/mnt/store/half_plus_three")
        time.sleep(3 * DRAIN_SECONDS)
        cluster.kubectl("exec", "client", "--", "touch", "/mnt/store/done")
        said = json.loads(asking.result())
    print(said)
    assert said["failures"] == []
    for count in said["answers"].values():
        assert set(count) == {"3.0", "4.0"}
    # Nobody but notebooks is let in, and the server talks to nobody.
    half = cluster.kubectl("get", "service", "half", "--output=jsonpath={.spec.clusterIP}")
    connect = ("--", "python3", "-c", CONNECT)
    cluster.kubectl("exec", "client", *connect, half, "8000")
    cluster.kubectl("exec", "client", *connect, half, "9000")
    for who, whom in {"writer": (half, "8000"), "deployment/half": (cluster.api_server(), "443")}.items():
        with pytest.raises(AssertionError, match="timed out"):
            cluster.kubectl("exec", who, *connect, *whom)
    # Without gRPC, notebooks reach REST alone: neither the Service nor a pod answers anything else.
    up(grpc=False)
    cluster.kubectl("exec", "client", *connect, half, "8000")
    selector = "--selector=app.kubernetes.io/instance=serving-half"
    address = cluster.kubectl("get", "pods", selector, "--output=jsonpath={.items[0].status.podIP}")
    for whom in ((half, "9000"), (address, "8500")):
        with pytest.raises(AssertionError):
            cluster.kubectl("exec", "client", *connect, *whom)
