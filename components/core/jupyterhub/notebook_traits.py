"""The notebooks, as values of KubeSpawner's traits."""

from typing import Any

from components.core.jupyterhub.names import NOTEBOOK_PORT, may_reach
from components.labels import PART_OF
from components.registry import mirrored
from components.schema.core import CoreSettings
from components.schema.notebook import toleration
from components.schema.storage import StorageSettings

USER_ID = 1000
GROUP_ID = 100
"""The user jovyan and the group users of the Jupyter Docker Stacks."""

HOME, SHARED_MEMORY = "volume-home", "volume-shared-memory"
"""Volumes that no user's name is part of, and that no setting may name: those of settings do not begin so."""

SHARED_MEMORY_FOLDER = "/dev/shm"  # noqa: S108  # a volume of the notebook's own

HTTP_TIMEOUT_SECONDS = 300
"""How long a started server may take to answer, as Kubeflow 0.1.3 set it."""


def notebook_traits(settings: CoreSettings, storage: StorageSettings, registry_mirror: str | None) -> dict[str, Any]:
    """Traits of KubeSpawner for pods and claims that ``settings`` ask for, with the shared disks of ``storage``."""
    notebook = settings.notebook
    volumes: list[dict[str, Any]] = []
    mounts: list[dict[str, Any]] = []
    home: dict[str, Any] = {"storage_pvc_ensure": False}
    if settings.jupyter_notebook_pvc_mount:
        volumes.append({"name": HOME, "persistentVolumeClaim": {"claimName": "{pvc_name}"}})
        mounts.append({"name": HOME, "mountPath": settings.jupyter_notebook_pvc_mount})
        home = {
            "storage_pvc_ensure": True,
            "storage_capacity": f"{notebook.storage_gib}Gi",
            "storage_access_modes": ["ReadWriteOnce"],
            "storage_class": notebook.storage_class,
        }
    if notebook.shared_memory:
        volumes.append({"name": SHARED_MEMORY, "emptyDir": {"medium": "Memory", "sizeLimit": notebook.shared_memory}})
        mounts.append({"name": SHARED_MEMORY, "mountPath": SHARED_MEMORY_FOLDER})
    for name, path in notebook.mount_paths().items():
        volume = notebook.volumes[name]
        volumes.append(_claim(name, volume.claim, read_only=volume.read_only))
        mounts.append({"name": name, "mountPath": path, "readOnly": volume.read_only})
    for name, path in sorted(storage.mounts().items()):
        read_only = storage.disks[name].read_only
        # A disk's claim is called as the disk.
        volumes.append(_claim(name, name, read_only=read_only))
        mounts.append({"name": name, "mountPath": path, "readOnly": read_only})
    return {
        # The names of Kubeflow 0.1: jupyter-USER and claim-USER, unusual characters as -2e and the like. The hub's
        # configuration cuts those that are too long (notebook_names.py).
        "slug_scheme": "escape",
        "pod_name_template": "jupyter-{user_server}",
        "pvc_name_template": "claim-{user_server}",
        # Removing a user from the hub must not remove their files.
        "delete_pvc": False,
        "cmd": ["jupyterhub-singleuser"],
        "port": NOTEBOOK_PORT,
        "start_timeout": notebook.start_timeout_seconds,
        "http_timeout": HTTP_TIMEOUT_SECONDS,
        "image": mirrored(notebook.default_image_reference, registry_mirror),
        "image_pull_policy": "IfNotPresent",
        "extra_labels": {
            "app.kubernetes.io/part-of": PART_OF,
            **may_reach("hub"),
        },
        "automount_service_account_token": False,
        "extra_pod_config": {"enableServiceLinks": False},
        "uid": USER_ID,
        "gid": GROUP_ID,
        "fs_gid": GROUP_ID,
        "allow_privilege_escalation": False,
        "pod_security_context": {
            "runAsNonRoot": True,
            "fsGroupChangePolicy": "OnRootMismatch",
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "container_security_context": {
            "runAsNonRoot": True,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumes": volumes,
        "volume_mounts": mounts,
        "node_selector": dict(notebook.node_selector),
        "tolerations": [toleration(each) for each in notebook.tolerations],
        **home,
    }


def _claim(name: str, claim: str, *, read_only: bool) -> dict[str, Any]:
    return {"name": name, "persistentVolumeClaim": {"claimName": claim, "readOnly": read_only}}
