"""``kubeflow:core.trainingOperator``: what runs training jobs."""

from typing import Literal

from pydantic import Field

from components import images
from components.schema.types import Boolean, Image, Section

JobKind = Literal["tfJob", "pytorchJob", "mpiJob", "xgboostJob", "paddleJob", "jaxJob"]


def _default_kinds() -> list[JobKind]:
    return ["tfJob", "pytorchJob"]


class TrainingOperatorSettings(Section):
    """What runs training jobs: Kubeflow's training operator, of which a cluster has one."""

    enabled: Boolean = Field(default=True, description="Whether the stack has the operator.")
    kinds: list[JobKind] = Field(
        default_factory=_default_kinds,
        min_length=1,
        description="The kinds of jobs that it runs. Taking one out deletes its CRD and with it every job of the kind, "
        "which protection refuses.",
    )
    create_definitions: Boolean = Field(
        default=True,
        description="Whether the stack makes the CRDs of those kinds and owns them. If false, they have to be there.",
    )
    watch: Literal["namespace", "cluster"] = Field(
        default="namespace",
        description="Where it runs jobs, and has rights: in the stack's namespace alone, or everywhere.",
    )
    replicas: int = Field(default=1, ge=1, le=2, description="How many operators there are, of which one leads.")
    image: Image = Field(default=images.TRAINING_OPERATOR, description="The operator's image.")
    init_image: Image = Field(
        default=images.WAIT_FOR_MASTER,
        description="The image that the operator lets workers of PyTorch wait for their master with; it has a shell "
        "and `getent` or `nslookup`.",
    )
    kubectl_image: Image = Field(
        default=images.KUBECTL_FOR_MPI,
        description="The image that the operator gives launchers of MPIJobs kubectl from; only with `mpiJob`.",
    )
