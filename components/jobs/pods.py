"""The pods of a job: what every replica of every kind is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi

from components.pods import SecretValue, Volume, resources

HOME = "/tmp"
SHARED_MEMORY = "shared-memory"


@dataclass(frozen=True, kw_only=True)
class Pods:
    """What the pods of a job have in common."""

    image: pulumi.Input[str]
    image_gpu: pulumi.Input[str] | None = None
    """The image of pods that get GPUs; ``image`` if it is None."""
    command: Sequence[pulumi.Input[str]] = ()
    args: Sequence[pulumi.Input[str]] = ()
    env: Mapping[str, pulumi.Input[str]] = field(default_factory=dict[str, pulumi.Input[str]])
    secret_env: Mapping[str, SecretValue] = field(default_factory=dict[str, SecretValue])
    volumes: Mapping[str, Volume] = field(default_factory=dict[str, Volume])
    cpu: str = "1"
    memory: str = "2Gi"
    cpu_limit: str | None = None
    memory_limit: str | None = None
    """As much as ``memory`` if it is None."""
    node_selector: Mapping[str, str] = field(default_factory=dict[str, str])
    tolerations: Sequence[Mapping[str, str]] = ()
    """As Kubernetes writes them."""
    service_account: str | None = None
    """The ServiceAccount whose token the pods get; they get none if it is None."""
    run_as_user: int = 1000


def replica(
    pods: Pods,
    *,
    container: str,
    replicas: int,
    gpus: int = 0,
    volumes: Sequence[Mapping[str, Any]] = (),
    mounts: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """A replica's part of a job's spec.

    Args:
        pods: what its pods are made of.
        container: what the operator calls the container that it looks at.
        replicas: how many pods.
        gpus: how many GPUs each has.
        volumes: further volumes, as Kubernetes writes them.
        mounts: where they are mounted.
    """
    claims = [
        {"name": name, "persistentVolumeClaim": {"claimName": each.claim, "readOnly": each.read_only}}
        for name, each in sorted(pods.volumes.items())
    ]
    claimed = [
        {"name": name, "mountPath": each.mount_path, "readOnly": each.read_only}
        for name, each in sorted(pods.volumes.items())
    ]
    spec: dict[str, Any] = {
        "automountServiceAccountToken": pods.service_account is not None,
        "enableServiceLinks": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": pods.run_as_user,
            "runAsGroup": 100,
            "fsGroup": 100,
            "fsGroupChangePolicy": "OnRootMismatch",
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [
            {
                "name": container,
                "image": (pods.image_gpu or pods.image) if gpus else pods.image,
                "imagePullPolicy": "IfNotPresent",
                **({"command": list(pods.command)} if pods.command else {}),
                **({"args": list(pods.args)} if pods.args else {}),
                "env": _environment(pods),
                "resources": resources(
                    pods.cpu, pods.memory, cpu_limit=pods.cpu_limit, memory_limit=pods.memory_limit, gpus=gpus
                ),
                "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
                "volumeMounts": [
                    *claimed,
                    *mounts,
                    # What processes of one pod hand each other, as data loaders do, may be more than 64 MB.
                    {"name": SHARED_MEMORY, "mountPath": "/dev/shm"},
                ],
            }
        ],
        "volumes": [*claims, *volumes, {"name": SHARED_MEMORY, "emptyDir": {"medium": "Memory"}}],
    }
    optional = {
        "serviceAccountName": pods.service_account,
        "nodeSelector": dict(pods.node_selector),
        "tolerations": [dict(each) for each in pods.tolerations],
    }
    spec |= {key: value for key, value in optional.items() if value}
    return {"replicas": replicas, "restartPolicy": "OnFailure", "template": {"spec": spec}}


def _environment(pods: Pods) -> list[dict[str, Any]]:
    # Images are made for root, whose home another user may not write to.
    plain: dict[str, pulumi.Input[str]] = {"HOME": HOME, **pods.env}
    secret = [
        {"name": name, "valueFrom": {"secretKeyRef": {"name": each.secret, "key": each.key}}}
        for name, each in sorted(pods.secret_env.items())
    ]
    return [*({"name": name, "value": value} for name, value in sorted(plain.items())), *secret]
