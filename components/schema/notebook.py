"""``kubeflow:core.notebook``: what users get."""

from functools import partial
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from components import images, spawn_options
from components.pods import GPU
from components.schema.notebook_types import ImagePattern, ResourceName
from components.schema.types import (
    Boolean,
    ContainerPath,
    Cpu,
    DnsLabel,
    DnsName,
    Image,
    LabelValue,
    Memory,
    QualifiedName,
    Section,
    Unset,
)


class NotebookImageSettings(Section):
    """An entry of the spawn form's list."""

    title: str = Field(min_length=1, max_length=80, description="What the list shows beside the image.")
    image: Image = Field(description="The image. It has to hold `jupyterhub-singleuser`.")


class VolumeSettings(Section):
    """A further volume of every notebook."""

    claim: DnsName = Field(description="An existing PersistentVolumeClaim in the stack's namespace.")
    mount_path: Annotated[ContainerPath | None, Unset] = Field(
        default=None, description="Where notebooks find it; `/mnt/NAME` unless set, as Kubeflow 0.1 had it."
    )
    read_only: Boolean = Field(default=False, description="Whether notebooks may only read it.")


class TolerationSettings(Section):
    """A taint of nodes that pods tolerate."""

    key: QualifiedName = Field(description="The taint's key.")
    operator: Literal["Exists", "Equal"] = Field(
        default="Exists", description="Whether any value will do, or `value` alone."
    )
    value: LabelValue = Field(default="", description="The taint's value, for `Equal`.")
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = Field(
        default=None, description="The taint's effect; any unless set."
    )


class NotebookQuotaSettings(Section):
    """What all notebooks together may have: a ResourceQuota of their priority class."""

    notebooks: int = Field(default=500, ge=1, description="The most notebooks at once.")
    cpu: Annotated[Cpu | None, Unset] = Field(
        default=None, description="The most CPU that is guaranteed to them; no bound unless set."
    )
    memory: Annotated[Memory | None, Unset] = Field(
        default=None, description="The most memory that is guaranteed to them; no bound unless set."
    )
    cpu_limit: Annotated[Cpu | None, Unset] = Field(
        default=None, description="The most that their CPU limits may be in sum; no bound unless set."
    )
    memory_limit: Annotated[Memory | None, Unset] = Field(
        default=None, description="The most that their memory limits may be in sum; no bound unless set."
    )


def _amount(value: object) -> object:
    # How many, written as a number.
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _default_images() -> dict[str, NotebookImageSettings]:
    return {
        name: NotebookImageSettings.model_construct(title=entry.title, image=entry.image)
        for name, entry in images.NOTEBOOKS.items()
    }


class NotebookSettings(Section):
    """The spawn form's entries and defaults, and the notebooks' storage."""

    images: dict[DnsLabel, NotebookImageSettings] = Field(
        default_factory=_default_images,
        min_length=1,
        description="The spawn form's list, by names of your choice. `imagePatterns` says what else users may type.",
    )
    default_image: DnsLabel | None = Field(
        default=None,
        description="The entry of `images` that a blank form gets; unless set, `tensorflow-cpu`, or the first by name "
        "if there is none.",
    )
    cpu: Cpu = Field(default="500m", description="The CPU that a blank form is guaranteed (Kubeflow 0.1's default).")
    memory: Memory = Field(
        default="1Gi", description="The memory that a blank form is guaranteed (Kubeflow 0.1's default)."
    )
    cpu_limit: Cpu = Field(
        default="4", description="The most CPU that a notebook uses, unless its user asks for more or less."
    )
    memory_limit: Memory = Field(
        default="8Gi", description="The most memory that a notebook uses, unless its user asks for more or less."
    )
    ephemeral_storage_limit: Memory = Field(
        default="20Gi",
        description="The most of its node's disk that a notebook uses, outside its volumes, unless its user asks for "
        "more or less. Beyond it the notebook is stopped.",
    )
    max_cpu: Cpu = Field(default="16", description="The most CPU that a user may ask for.")
    max_memory: Memory = Field(default="64Gi", description="The most memory that a user may ask for.")
    max_ephemeral_storage: Memory = Field(
        default="100Gi", description="The most of a node's disk that a user may ask for."
    )
    max_devices: dict[ResourceName, Annotated[str, BeforeValidator(_amount)]] = Field(
        default_factory=lambda: {GPU: "8"},
        description="The devices that users may ask for, and the most of each for a user: by default 8 of "
        "`nvidia.com/gpu`.",
    )
    shared_memory: Annotated[Memory | None, Unset] = Field(
        default=None,
        description="The size of `/dev/shm` in every notebook, which counts as memory of the notebook; unless set, "
        "what the container runtime gives, 64Mi as a rule.",
    )
    image_patterns: list[ImagePattern] = Field(
        default_factory=lambda: ["*"],
        description="The images that users may type, with their registry: `quay.io/jupyter/*`, `docker.io/library/*`. "
        "`*` stands for any text. Empty: only those of the list. Registries at addresses that are not public have to "
        "be named here, in `images`, or as `cluster.registryMirror`.",
    )
    quota: NotebookQuotaSettings = Field(
        default_factory=NotebookQuotaSettings, description="What all notebooks together may have."
    )
    storage_gib: int = Field(
        default=10,
        ge=1,
        le=65536,
        description="The size of a new home claim, in GiB. Existing claims stay as they are.",
    )
    storage_class: Annotated[DnsName | None, Unset] = Field(
        default=None, description="The StorageClass of new home claims; the cluster's default unless set."
    )
    volumes: dict[DnsLabel, VolumeSettings] = Field(
        default_factory=dict[str, VolumeSettings],
        description="Further volumes of every notebook, by names of your choice, beside the home.",
    )
    node_selector: dict[QualifiedName, LabelValue] = Field(
        default_factory=dict[str, str], description="Labels of the nodes that notebooks run on; any node unless set."
    )
    tolerations: list[TolerationSettings] = Field(
        default_factory=list[TolerationSettings],
        description="Taints of nodes that notebooks may run on all the same, such as those of spot nodes. GPU nodes of "
        "GKE and AKS need none: a pod that asks for a GPU tolerates their taint.",
    )
    start_timeout_seconds: int = Field(
        default=1800, ge=30, le=86400, description="How long a notebook may take to start, image pull included."
    )
    internet_access: Boolean = Field(
        default=True, description="Whether notebooks reach public addresses. Private ones they never reach."
    )

    @property
    def default_image_reference(self) -> str:
        """The image that a blank form gets."""
        fallback = images.DEFAULT_NOTEBOOK if images.DEFAULT_NOTEBOOK in self.images else min(self.images)
        return self.images[self.default_image or fallback].image

    @property
    def limits(self) -> dict[str, str]:
        """The limits of a notebook whose user asks for none, by the resources' names."""
        return {
            "cpu": self.cpu_limit,
            "memory": self.memory_limit,
            spawn_options.EPHEMERAL_STORAGE: self.ephemeral_storage_limit,
        }

    @property
    def most(self) -> dict[str, str]:
        """The most that a user may ask for, by the resources' names: no less than what a blank form gets."""
        amounts = {
            "cpu": (self.max_cpu, self.cpu_limit, self.cpu),
            "memory": (self.max_memory, self.memory_limit, self.memory),
            spawn_options.EPHEMERAL_STORAGE: (self.max_ephemeral_storage, self.ephemeral_storage_limit),
        }
        most = {name: max(each, key=partial(spawn_options.quantity, name)) for name, each in amounts.items()}
        return {**most, **self.max_devices}

    def mount_paths(self) -> dict[str, str]:
        """Where each further volume is mounted, by its name."""
        return {name: volume.mount_path or f"/mnt/{name}" for name, volume in self.volumes.items()}


def toleration(settings: TolerationSettings) -> dict[str, str]:
    """A toleration as Kubernetes writes it."""
    optional = {"value": settings.value, "effect": settings.effect or ""}
    return {
        "key": settings.key,
        "operator": settings.operator,
        **{key: value for key, value in optional.items() if value},
    }
