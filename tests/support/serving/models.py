"""Model servers as the program registers them."""

from typing import Any

from tests.support.recorder import WITHOUT_OPERATOR, Recording, Registered, record
from tests.support.stacks import MODELS

ALL: dict[str, Any] = MODELS["tfServing"]
PATH = {"modelPath": "gs://models/bert"}
S3_PATH = {"modelPath": "s3://models/bert"}
NFS = {"modelPath": "/mnt/models/bert", "nfsPVC": "nfs"}
GPU = "nvidia.com/gpu"


def made(**settings: Any) -> Recording:
    """What the program makes of one server, called ``one``."""
    return record(WITHOUT_OPERATOR, serving={"tfServing": {"one": {**PATH, **settings}}})


def of_server(recording: Recording, kind: str, name: str = "one") -> list[Registered]:
    """The objects of a kind that are a server's own."""
    return [r for r in recording.of_type(kind) if r.parent.endswith(f"::serving-{name}")]


def deployment_of(recording: Recording, name: str = "one") -> Registered:
    return recording.one("Deployment", name)


def pod_of(recording: Recording, name: str = "one") -> dict[str, Any]:
    return deployment_of(recording, name).inputs["spec"]["template"]["spec"]


def container_of(recording: Recording, name: str = "one") -> dict[str, Any]:
    (container,) = pod_of(recording, name)["containers"]
    return container


def environment(container: dict[str, Any]) -> dict[str, Any]:
    return {each["name"]: each.get("value", each.get("valueFrom")) for each in container["env"]}


def mounts(container: dict[str, Any]) -> dict[str, tuple[str, bool]]:
    """Where each volume is, and whether it is only read."""
    return {each["name"]: (each["mountPath"], each.get("readOnly", False)) for each in container["volumeMounts"]}


def claims(pod: dict[str, Any]) -> dict[str, tuple[str, bool]]:
    found = {each["name"]: each.get("persistentVolumeClaim") for each in pod["volumes"]}
    return {name: (claim["claimName"], claim.get("readOnly", False)) for name, claim in found.items() if claim}


def policy_of(recording: Recording, name: str = "one") -> dict[str, Any]:
    return recording.one("NetworkPolicy", name).inputs["spec"]
