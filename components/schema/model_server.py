"""The parts of a model server's settings."""

from typing import Annotated

from pydantic import Field

from components.schema.pods import PodResourceSettings
from components.schema.serving_types import UrlPath
from components.schema.types import Boolean, Cpu, Memory, Section, Unset, matching


class ServingResourceSettings(PodResourceSettings):
    """What each pod of a model server is guaranteed, and may use at most; the defaults are Kubeflow 0.1's."""

    memory: Memory = Field(default="1Gi", description="The memory that is guaranteed.")
    cpu_limit: Annotated[Cpu | None, Unset] = Field(
        default="4", description="The most CPU; what is guaranteed, if `cpu` is set and this is not."
    )
    memory_limit: Annotated[Memory | None, Unset] = Field(
        default="4Gi", description="The most memory; what is guaranteed, if `memory` is set and this is not."
    )


class AutoscalingSettings(Section):
    """How many pods there are when there is much to do; the cluster needs its metrics server."""

    min_replicas: int = Field(default=1, ge=1, le=1000, description="How many there are at least.")
    max_replicas: int = Field(ge=1, le=1000, description="How many there are at most.")
    target_cpu_percent: int = Field(
        default=80,
        ge=1,
        le=1000,
        description="The CPU that pods use, of what they are guaranteed, before there are more.",
    )


class BatchingSettings(Section):
    """Requests that are answered together; what is not set is as TensorFlow Serving has it."""

    max_batch_size: int | None = Field(default=None, ge=1, le=1_000_000, description="The most inputs of a batch.")
    batch_timeout_micros: int | None = Field(
        default=None, ge=0, le=60_000_000, description="How long a batch waits for more inputs, in microseconds."
    )
    max_enqueued_batches: int | None = Field(
        default=None, ge=1, le=1_000_000, description="How many batches may wait; requests beyond them are refused."
    )
    num_batch_threads: int | None = Field(
        default=None, ge=1, le=1024, description="How many batches are computed at a time."
    )
    allowed_batch_sizes: list[int] = Field(
        default_factory=list[int],
        description="The sizes that batches are filled up to, from small to large; the last is `maxBatchSize`.",
    )
    pad_variable_length_inputs: Boolean = Field(
        default=False, description="Whether inputs of different lengths are padded so that they fit into a batch."
    )


class MonitoringSettings(Section):
    """Metrics for Prometheus, on the REST port."""

    enabled: Boolean = Field(default=True, description="Whether there are metrics, and annotations that tell of them.")
    path: UrlPath = Field(default="/monitoring/prometheus/metrics", description="Where they are.")


class WarmUpSettings(Section):
    """What a model does before its first request: the requests that its `assets.extra` holds."""

    enabled: Boolean = Field(default=True, description="Whether they are answered before the model is ready.")
    iterations: int = Field(default=1, ge=1, le=1000, description="How often each is.")


class RollingUpdateSettings(Section):
    """How pods make room for changed ones. By default there is never one less than `replicas`."""

    max_surge: int = Field(
        default=1,
        ge=0,
        le=1000,
        description="How many more pods there may be meanwhile; GPUs have to be there for them.",
    )
    max_unavailable: int = Field(default=0, ge=0, le=1000, description="How many pods there may be less meanwhile.")


class WorkloadIdentitySettings(Section):
    """An identity of the cloud's for the pods, in place of keys: a ServiceAccount of the model server's name."""

    google_service_account: (
        Annotated[
            str,
            matching(
                r"[a-z0-9-]+@[a-z0-9.-]+\.gserviceaccount\.com",
                "is not an account of Google Cloud; write it as name@project.iam.gserviceaccount.com",
            ),
        ]
        | None
    ) = Field(
        default=None,
        description="The account of Google Cloud that pods act as; unless set they act as themselves, as roles may "
        "name them.",
    )
    aws_role_arn: (
        Annotated[
            str,
            matching(
                r"arn:aws[a-z-]*:iam::\d{12}:role/\S+",
                "is not a role of AWS; write it as arn:aws:iam::123456789012:role/NAME",
            ),
        ]
        | None
    ) = Field(default=None, description="The role of AWS that pods act as, on EKS.")
