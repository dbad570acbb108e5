"""The disks that Kubernetes asks a cloud for: their volumes are made as the cloud's drivers would, and hold nothing.

They are in the control plane alone: what the cloud lists are the disks that the stack made.
"""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

from httpx2 import HTTPError
from lightkube import ApiError
from lightkube.resources.core_v1 import Node, PersistentVolume, PersistentVolumeClaim
from lightkube.resources.storage_v1 import StorageClass

from tests.support.cloud.cluster import Cluster

DRIVERS = (
    "pd.csi.storage.gke.io",
    "filestore.csi.storage.gke.io",
    "disk.csi.azure.com",
    "file.csi.azure.com",
)
ZONE = "topology.kubernetes.io/zone"
_EVERY_SECONDS = 0.5
_ASKED = "volume.kubernetes.io/storage-provisioner"
_NODE = "volume.kubernetes.io/selected-node"
_MADE = "pv.kubernetes.io/provisioned-by"


@contextmanager
def provisioning(cluster: Cluster) -> Generator[None]:
    """Makes volumes for claims, and deletes those that nobody claims any more."""
    ended = threading.Event()

    def run() -> None:
        while not ended.wait(_EVERY_SECONDS):
            try:
                with cluster.client() as client:
                    _make(client)
                    _clean(client)
            except (ApiError, HTTPError):
                continue  # something changed meanwhile: look again

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _make(client: Any) -> None:
    for claim in client.list(PersistentVolumeClaim, namespace="*"):
        asked: dict[str, str] = claim.metadata.annotations or {}
        if asked.get(_ASKED) not in DRIVERS or claim.spec.volumeName:
            continue
        kind = client.get(StorageClass, claim.spec.storageClassName)
        if kind.volumeBindingMode == "WaitForFirstConsumer" and _NODE not in asked:
            continue
        zone = _zone(client.get(Node, asked[_NODE])) if _NODE in asked else None
        volume = _volume(claim, asked[_ASKED], kind.reclaimPolicy, zone)
        try:
            client.create(PersistentVolume.from_dict(volume))  # pyright: ignore[reportUnknownMemberType]
        except ApiError as error:
            if error.status.code != HTTPStatus.CONFLICT:
                raise


def _clean(client: Any) -> None:
    for volume in client.list(PersistentVolume):
        marks: dict[str, str] = volume.metadata.annotations or {}
        released = volume.status and volume.status.phase == "Released"
        if marks.get(_MADE) in DRIVERS and released and volume.spec.persistentVolumeReclaimPolicy == "Delete":
            client.delete(PersistentVolume, volume.metadata.name)


def _zone(node: Any) -> str | None:
    labels: dict[str, str] = node.metadata.labels or {}
    return labels.get(ZONE)


def _volume(claim: Any, driver: str, reclaim: str, zone: str | None) -> dict[str, Any]:
    meta = claim.metadata
    name = f"pvc-{meta.uid}"
    spec: dict[str, Any] = {
        "capacity": claim.spec.resources.requests,
        "accessModes": claim.spec.accessModes,
        "persistentVolumeReclaimPolicy": reclaim,
        "storageClassName": claim.spec.storageClassName,
        "claimRef": {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "namespace": meta.namespace,
            "name": meta.name,
            "uid": meta.uid,
        },
        "csi": {"driver": driver, "volumeHandle": name},
    }
    if zone:
        term = {"matchExpressions": [{"key": ZONE, "operator": "In", "values": [zone]}]}
        spec["nodeAffinity"] = {"required": {"nodeSelectorTerms": [term]}}
    return {"metadata": {"name": name, "annotations": {_MADE: driver}}, "spec": spec}
