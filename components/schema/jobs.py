"""``kubeflow:jobs``: training jobs, in the stack's namespace.

The keys of Kubeflow 0.1's prototypes ``tf-job``, ``tf-cnn`` and ``pytorch-job`` keep their names, in camelCase.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from components import images
from components.schema.pods import (
    NodeSelector,
    PodResourceSettings,
    PodVolumeSettings,
    SecretValueSettings,
    Tolerations,
)
from components.schema.types import (
    Boolean,
    DiskName,
    DnsLabel,
    DnsName,
    EnvironmentName,
    Image,
    JobName,
    Memory,
    ProgramText,
    Section,
    Unset,
    matching,
)

A_YEAR = 365 * 24 * 3600
MOST_MEMORY = "8Gi"
"""What a pod of the benchmark may use; a worker with resnet50 takes 5Gi."""


def _from_commas(value: object) -> object:
    """The comma-separated arguments of Kubeflow 0.1."""
    if value in ("", "null", None):
        return []
    return value.split(",") if isinstance(value, str) else value


def _with_program(command: list[str]) -> list[str]:
    if command and not command[0]:
        raise ValueError("begins with an empty text; write the program first, or remove the key")
    return command


def _as_text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Arguments = Annotated[list[ProgramText], BeforeValidator(_from_commas, json_schema_input_type=list[str] | str)]
Command = Annotated[list[ProgramText], AfterValidator(_with_program)]
ProcessesPerNode = Annotated[
    str,
    matching(r"auto|cpu|gpu|[1-9][0-9]{0,2}", "is not a number of processes; write auto, cpu, gpu or 1 to 999"),
    BeforeValidator(_as_text, json_schema_input_type=str | int),
]
OptionalImage = Annotated[Image | None, Unset]


class RunPolicySettings(Section):
    """How a job begins and ends."""

    clean_pod_policy: Literal["None", "Running", "All"] = Field(
        default="Running",
        description="Which pods are deleted when the job ends: those that still run, all, or none. Logs go with a pod.",
    )
    backoff_limit: int | None = Field(
        default=None,
        ge=0,
        le=1000,
        description="After how many restarts, of all its pods together, the job has failed; unless set, 3 if `wait` is "
        "`succeeded`, and else never.",
    )
    active_deadline_seconds: int | None = Field(
        default=None,
        ge=1,
        le=A_YEAR,
        description="How long the job may take; then it has failed. The operator looks when something happens to a "
        "pod: a job whose pods are quiet goes on until then.",
    )
    ttl_seconds_after_finished: int | None = Field(
        default=None,
        ge=0,
        le=A_YEAR,
        description="How long after its end the operator deletes the job. After a `pulumi refresh` the stack would run "
        "it again.",
    )
    suspend: Boolean = Field(default=False, description="Whether the job waits, without pods, until this is false.")


class TfCnnResourceSettings(PodResourceSettings):
    """What each pod of the benchmark is guaranteed, and may use at most; a worker with resnet50 takes 5Gi."""

    memory_limit: Annotated[Memory | None, Unset] = Field(
        default=MOST_MEMORY, description="The most memory; what is guaranteed, if `memory` is set and this is not."
    )


class JobSettings(Section):
    """What every kind of job has."""

    image_gpu: OptionalImage = Field(default=None, description="The image of pods that get GPUs; `image` unless set.")
    num_gpus: int = Field(default=0, ge=0, le=64, description="How many GPUs each worker gets.")
    env: dict[EnvironmentName, ProgramText] = Field(
        default_factory=dict[str, str],
        description="Environment variables. Everybody who may see the stack sees them, so what looks like a secret is "
        "refused.",
    )
    secret_env: dict[EnvironmentName, SecretValueSettings] = Field(
        default_factory=dict[str, SecretValueSettings], description="Environment variables whose values are secret."
    )
    disks: list[DiskName] = Field(
        default_factory=list[str], description="Disks of `kubeflow:storage.disks` that pods mount, as notebooks do."
    )
    volumes: dict[DnsLabel, PodVolumeSettings] = Field(
        default_factory=dict[str, PodVolumeSettings], description="Claims that pods mount, by names of your choice."
    )
    resources: PodResourceSettings = Field(
        default_factory=PodResourceSettings, description="What each pod is guaranteed, and may use at most."
    )
    node_selector: NodeSelector
    tolerations: Tolerations
    service_account: Annotated[DnsName | None, Unset] = Field(
        default=None, description="An existing ServiceAccount whose token pods get; none unless set."
    )
    run_policy: RunPolicySettings = Field(default_factory=RunPolicySettings, description="How the job begins and ends.")
    run_as_user: int = Field(default=1000, ge=1, le=2147483647, description="The user that pods run as, never root.")
    wait: Literal["none", "created", "running", "succeeded"] = Field(
        default="none",
        description="How far the job has to be before `pulumi up` goes on: the operator has seen it, its master or a "
        "worker runs, or it has succeeded. A job that fails ends the `up` in an error.",
    )
    wait_timeout_seconds: int = Field(
        default=3600, ge=10, le=A_YEAR, description="How long `pulumi up` waits for that before it fails."
    )


class TfJobSettings(JobSettings):
    """A job of TensorFlow, as of Kubeflow 0.1's prototype `tf-job`."""

    image: Image = Field(description="The image of every pod.")
    command: Command = Field(default_factory=list[str], description="What pods run; what the image says unless set.")
    args: Arguments = Field(
        default_factory=list[str],
        description="The arguments of every pod. The text `--a,--b`, as Kubeflow 0.1 had it, is split at commas.",
    )
    num_masters: int = Field(default=1, ge=0, le=1, description="How many masters there are, which lead the job.")
    num_ps: int = Field(default=0, ge=0, le=1000, description="How many parameter servers there are.")
    num_workers: int = Field(default=0, ge=0, le=1000, description="How many workers there are.")
    success_policy: Annotated[Literal["AllWorkers"] | None, Unset] = Field(
        default=None,
        description="`AllWorkers`: a job without a master has succeeded when all workers have; when its first worker "
        "has, unless set. A master decides alone.",
    )


class TfCnnSettings(JobSettings):
    """A benchmark of convolutional networks with parameter servers, as of Kubeflow 0.1's prototype `tf-cnn`."""

    image: Image = Field(default=images.TENSORFLOW, description="The image of every pod, with TensorFlow 2.")
    image_gpu: OptionalImage = Field(default=images.TENSORFLOW_GPU, description="The image of workers with GPUs.")
    batch_size: int = Field(default=32, ge=1, le=65536, description="How many images a step takes.")
    model: Literal["resnet50", "vgg16", "inception3", "mobilenet", "trivial"] = Field(
        default="resnet50", description="The network."
    )
    resources: TfCnnResourceSettings = Field(  # pyright: ignore[reportIncompatibleVariableOverride]  # it is frozen
        default_factory=TfCnnResourceSettings, description="What each pod is guaranteed, and may use at most."
    )
    num_batches: int = Field(default=100, ge=1, le=10_000_000, description="How many steps the benchmark takes.")
    num_ps: int = Field(default=1, ge=1, le=1000, description="How many parameter servers there are.")
    num_workers: int = Field(default=1, ge=1, le=1000, description="How many workers there are; the first leads.")


class PytorchJobSettings(JobSettings):
    """A job of PyTorch, as of Kubeflow 0.2's prototype `pytorch-job`."""

    image: Image = Field(description="The image of every pod.")
    command: Command = Field(default_factory=list[str], description="What pods run; what the image says unless set.")
    args: Arguments = Field(
        default_factory=list[str],
        description="The arguments of every pod. The text `--a,--b`, as Kubeflow 0.2 had it, is split at commas.",
    )
    num_masters: int = Field(default=1, ge=1, le=1, description="How many masters there are: PyTorch has one.")
    num_workers: int = Field(default=0, ge=0, le=1000, description="How many workers there are beside the master.")
    gpus_on_master: Boolean = Field(
        default=False, description="Whether the master gets `numGpus` as well, as most programs want it today."
    )
    nproc_per_node: Annotated[ProcessesPerNode | None, Unset] = Field(
        default=None,
        description="How many processes torchrun starts in each pod: a number, which `WORLD_SIZE` then counts, or "
        "`auto`, `cpu` or `gpu`, as many as there are; `auto` unless set.",
    )


class JobsSettings(Section):
    """Training jobs. A changed job is replaced: the old one goes, with its pods, and the new one starts."""

    tf_jobs: dict[JobName, TfJobSettings] = Field(
        default_factory=dict[str, TfJobSettings], description="Jobs of TensorFlow, by their names."
    )
    tf_cnn: dict[JobName, TfCnnSettings] = Field(
        default_factory=dict[str, TfCnnSettings], description="Benchmarks of TensorFlow, by their names."
    )
    pytorch_jobs: dict[JobName, PytorchJobSettings] = Field(
        default_factory=dict[str, PytorchJobSettings], description="Jobs of PyTorch, by their names."
    )

    @property
    def any(self) -> bool:
        """Whether there is a job."""
        return bool(self.by_name())

    def by_name(self) -> dict[str, JobSettings]:
        """The jobs of all kinds, whose names differ."""
        return {**self.tf_jobs, **self.tf_cnn, **self.pytorch_jobs}
