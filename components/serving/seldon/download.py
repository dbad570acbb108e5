"""The download of a unit's model: an init container, and the volume that it fills.

The operator adds both to a graph that has none, below the Pod Security Standard restricted, and looks an account's
Secrets up for it. It leaves those that are there, which it knows by their names.
"""

from typing import Any, NamedTuple

from components.serving.seldon.executor import RESTRICTED
from components.serving.seldon.graph import Unit
from components.serving.seldon.names import MODEL_FOLDER

CLAIM_SCHEME = "pvc://"
_CLAIM_FOLDER = "/mnt/pvc"


class Download(NamedTuple):
    """What a pod has for one model."""

    container: dict[str, Any]
    volumes: list[dict[str, Any]]
    mount: dict[str, Any]
    """Where the container that loads the model finds it."""


def download(unit: Unit, *, loader: str, image: str) -> Download | None:
    """The download of ``unit``'s model; None if it has none.

    Args:
        unit: the unit.
        loader: the container that loads the model.
        image: the image that downloads.
    """
    if not unit.model_uri:
        return None
    filled = f"{loader}-provision-location"
    scratch = f"{loader}-scratch"
    volumes: list[dict[str, Any]] = [{"name": name, "emptyDir": {}} for name in (filled, scratch)]
    mounts: list[dict[str, Any]] = [{"name": filled, "mountPath": MODEL_FOLDER}]
    source = unit.model_uri
    if source.startswith(CLAIM_SCHEME):
        claim, _, path = source.removeprefix(CLAIM_SCHEME).partition("/")
        volume = f"{loader}-claim"
        volumes.append({"name": volume, "persistentVolumeClaim": {"claimName": claim, "readOnly": True}})
        mounts.append({"name": volume, "mountPath": _CLAIM_FOLDER, "readOnly": True})
        source = f"{_CLAIM_FOLDER}/{path}"
    container: dict[str, Any] = {
        "name": f"{loader}-model-initializer",
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "args": [source, MODEL_FOLDER],
        "resources": {"requests": {"cpu": "100m", "memory": "100Mi"}, "limits": {"cpu": "1", "memory": "1Gi"}},
        "securityContext": {**RESTRICTED, "readOnlyRootFilesystem": True},
        "volumeMounts": [*mounts, {"name": scratch, "mountPath": "/tmp"}],
        "env": [{"name": "HOME", "value": "/tmp"}],
    }
    if unit.env_secret_ref_name is not None:
        container["envFrom"] = [{"secretRef": {"name": unit.env_secret_ref_name}}]
    return Download(container, volumes, {"name": filled, "mountPath": MODEL_FOLDER, "readOnly": True})
