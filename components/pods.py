"""What the pods of jobs, model servers and graphs are made of alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi

GPU = "nvidia.com/gpu"


def resources(
    cpu: str, memory: str, *, cpu_limit: str | None, memory_limit: str | None, gpus: int
) -> dict[str, dict[str, str]]:
    """What a container is guaranteed, and may use at most, as Kubernetes writes it.

    Args:
        cpu: the CPU that is guaranteed.
        memory: the memory that is guaranteed.
        cpu_limit: the most CPU; None for no limit.
        memory_limit: the most memory; as much as ``memory`` if it is None.
        gpus: how many GPUs it gets.
    """
    limits = {"memory": memory_limit or memory}
    if cpu_limit:
        limits["cpu"] = cpu_limit
    if gpus:
        limits[GPU] = str(gpus)
    return {"requests": {"cpu": cpu, "memory": memory}, "limits": limits}


@dataclass(frozen=True, kw_only=True)
class Volume:
    """A claim that pods mount."""

    claim: pulumi.Input[str]
    mount_path: str
    read_only: bool = False


@dataclass(frozen=True, kw_only=True)
class SecretValue:
    """A value of a Secret in the pods' namespace."""

    secret: pulumi.Input[str]
    key: str


@dataclass(frozen=True, kw_only=True)
class Nodes:
    """Which nodes pods run on."""

    selector: Mapping[str, str] = field(default_factory=dict[str, str])
    tolerations: Sequence[Mapping[str, str]] = ()
    """As Kubernetes writes them."""
