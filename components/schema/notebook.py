"""``kubeflow:core.notebook``: what users get."""

from typing import Annotated, Literal

from pydantic import Field

from components import images
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
        description="The spawn form's list, by names of your choice. Users may type any other image.",
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
