"""What settings say of the pods of jobs and of model servers alike."""

from collections.abc import Iterable, Mapping
from typing import Annotated, cast

from pydantic import Field, model_validator

from components.pods import Volume
from components.schema.notebook import TolerationSettings
from components.schema.storage import StorageSettings
from components.schema.types import (
    Boolean,
    ContainerPath,
    Cpu,
    DnsName,
    LabelValue,
    Memory,
    QualifiedName,
    SecretKey,
    Section,
    Unset,
)

NodeSelector = Annotated[
    dict[QualifiedName, LabelValue],
    Field(default_factory=dict[str, str], description="Labels of the nodes that pods run on; any node unless set."),
]
Tolerations = Annotated[
    list[TolerationSettings],
    Field(default_factory=list[TolerationSettings], description="Taints of nodes that pods may run on all the same."),
]
OnSpot = Annotated[
    Boolean,
    Field(
        default=False, description="Whether pods run on spot nodes, and only there; on the platforms `gke` and `aks`."
    ),
]
"""Where pods run: settings that jobs, model servers and graphs have alike."""


class PodVolumeSettings(Section):
    """A claim that pods mount."""

    claim: DnsName = Field(description="An existing PersistentVolumeClaim in the stack's namespace.")
    mount_path: Annotated[ContainerPath | None, Unset] = Field(
        default=None, description="Where pods find it; `/mnt/NAME` unless set."
    )
    read_only: Boolean = Field(default=False, description="Whether pods may only read it.")

    def path(self, name: str) -> str:
        """Where pods find it, as the volume ``name``."""
        return self.mount_path or f"/mnt/{name}"


class SecretValueSettings(Section):
    """A value of a Secret."""

    secret: DnsName = Field(description="An existing Secret in the stack's namespace.")
    key: SecretKey = Field(description="Its key.")


class PodResourceSettings(Section):
    """What each pod is guaranteed, and may use at most."""

    cpu: Cpu = Field(default="1", description="The CPU that is guaranteed.")
    memory: Memory = Field(default="2Gi", description="The memory that is guaranteed.")
    cpu_limit: Annotated[Cpu | None, Unset] = Field(default=None, description="The most CPU; no limit unless set.")
    memory_limit: Annotated[Memory | None, Unset] = Field(
        default=None, description="The most memory; what is guaranteed unless set."
    )

    @model_validator(mode="before")
    @classmethod
    def _as_guaranteed(cls, values: object) -> object:
        # Who says how much pods take does not mean our guess of the most.
        if not isinstance(values, dict):
            return values
        given = cast("dict[str, object]", values)
        unlimited = {limit: None for key, limit in {"cpu": "cpuLimit", "memory": "memoryLimit"}.items() if key in given}
        return {**unlimited, **given}


def volumes_of(
    disks: Iterable[str], volumes: Mapping[str, PodVolumeSettings], storage: StorageSettings
) -> dict[str, Volume]:
    """The claims that pods mount: shared disks where notebooks find them, and others."""
    mounts = storage.mounts()
    shared = {
        disk: Volume(claim=disk, mount_path=mounts[disk], read_only=storage.disks[disk].read_only) for disk in disks
    }
    own = {
        name: Volume(claim=each.claim, mount_path=each.path(name), read_only=each.read_only)
        for name, each in volumes.items()
    }
    return {**shared, **own}
