"""What a model server takes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources as files_of
from typing import Literal, get_args

import pulumi

from components import images
from components.errors import Problem, refuse_arguments
from components.model_path import NFS_VOLUME, OF_PODS, ModelPath, parse_model_path
from components.pods import Nodes, Volume
from components.schema.tf_serving_checks import label_problems
from components.schema.tf_serving_flags import flag_problems
from components.serving.checks import (
    at_least,
    endpoint_problems,
    model_name_problems,
    one_of,
    served_name_problems,
)
from components.serving.tf_serving.config_files import (
    BATCHING,
    MODELS,
    MONITORING,
    Batching,
    Versions,
    batching_config,
    models_config,
    monitoring_config,
)
from components.serving.tf_serving.pod import PROBE, Resources, WarmUp, base_path
from components.serving.tf_serving.s3_fetch import S3

ServiceType = Literal["ClusterIP", "NodePort", "LoadBalancer"]
METRICS_PATH = "/monitoring/prometheus/metrics"


@dataclass(frozen=True, kw_only=True)
class Autoscaling:
    """How many pods there are, by the CPU that they use of what they are guaranteed."""

    max_replicas: int
    min_replicas: int = 1
    target_cpu_percent: int = 80

    def __post_init__(self) -> None:
        if not 1 <= self.min_replicas <= self.max_replicas:
            refuse_arguments("Autoscaling", [Problem("min_replicas", "has to be from 1 to max_replicas")])


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Whom the pods are to a cloud."""

    google_service_account: str | None = None
    """The account of Google Cloud that they act as; None to be named themselves by roles there."""
    aws_role_arn: str | None = None


@dataclass(frozen=True, kw_only=True)
class TfServingArgs:
    """A model, and how it is served. The server's name is its Service's and its Deployment's."""

    namespace: pulumi.Input[str]
    server_name: str
    model_path: str
    """The folder that holds the versions: ``gs://``, ``s3://``, or a path below what ``volumes`` mount."""
    image: pulumi.Input[str] | None = None
    """TensorFlow Serving's own, by whether pods have GPUs, if it is None."""
    model_name: str | None = None
    """What clients call the model; ``server_name`` if it is None."""
    versions: Versions = field(default_factory=Versions)
    replicas: int = 1
    autoscaling: Autoscaling | None = None
    """In place of ``replicas``."""
    batching: Batching | None = None
    metrics_path: str | None = METRICS_PATH
    """Where Prometheus finds metrics on the REST port; None for no metrics."""
    warm_up: WarmUp = field(default_factory=WarmUp)
    resources: Resources = field(default_factory=Resources)
    nodes: Nodes = field(default_factory=Nodes)
    volumes: Mapping[str, Volume] = field(default_factory=dict[str, Volume])
    same_node: bool = False
    """Whether all pods run on one node, as a claim needs that one node alone can mount."""
    gcp_credentials: pulumi.Input[str] | None = None
    """A Secret whose key ``key.json`` holds credentials of Google Cloud."""
    identity: Identity | None = None
    service_account: pulumi.Input[str] | None = None
    """An existing ServiceAccount, in place of ``identity``."""
    google_identity: bool | None = None
    """Whether the ServiceAccount gets credentials of Google Cloud where GKE hands them out; elsewhere that address may
    be the node's own identity. None for whether ``identity`` names an account of Google Cloud."""
    s3: S3 = field(default_factory=S3)
    service_type: ServiceType = "ClusterIP"
    private_ranges: Sequence[str] = ()
    """Networks with public addresses that a server whose model is in a bucket is kept from all the same."""
    grpc: bool = False
    """Whether the server answers gRPC too, by which whoever reaches it can replace its model."""
    client_namespaces: Sequence[str] = ()
    """Namespaces whose pods may use the model, beside the notebooks of its own."""
    extra_labels: Mapping[str, str] = field(default_factory=dict[str, str])
    poll_seconds: int = 60
    max_surge: int = 1
    max_unavailable: int = 0
    start_timeout_seconds: int = 1800
    drain_seconds: int = 30
    flags: Sequence[str] = ()
    """Further flags, as ``--name=value``."""

    def __post_init__(self) -> None:
        refuse_arguments(f"The model server {self.server_name}", self._problems())

    def _problems(self) -> Iterator[Problem]:
        yield from served_name_problems("server_name", self.server_name)
        try:
            parse_model_path(self.model_path)
        except ValueError as error:
            yield Problem("model_path", str(error))
        if self.model_name is not None:
            yield from model_name_problems("model_name", self.model_name)
        if self.s3.endpoint is not None:
            yield from endpoint_problems("s3.endpoint", self.s3.endpoint)
        yield from one_of("service_type", self.service_type, get_args(ServiceType))
        least = {
            "resources.num_gpus": (self.resources.num_gpus, 0),
            "replicas": (self.replicas, 0),
            "poll_seconds": (self.poll_seconds, 1),
            "max_surge": (self.max_surge, 0),
            "max_unavailable": (self.max_unavailable, 0),
            "start_timeout_seconds": (self.start_timeout_seconds, 1),
            "drain_seconds": (self.drain_seconds, 1),
        }
        yield from at_least(least)
        if not self.max_surge and not self.max_unavailable:
            yield Problem("max_surge", "and max_unavailable are 0, so that no pod could ever change; set one of them")
        if self.identity and self.service_account is not None:
            yield Problem("service_account", "is in place of identity; give one of the two")
        for taken in set(self.volumes) & (set(OF_PODS) - {NFS_VOLUME}):
            yield Problem(f"volumes.{taken}", "is a volume that pods have already; name it otherwise")
        if isinstance(self.flags, str):
            yield Problem("flags", "is a text; give a sequence of texts, each as --name=value")
        else:
            yield from flag_problems("flags", self.flags, is_stock=self.image is None, grpc=self.grpc)
        yield from label_problems("extra_labels", self.extra_labels)

    @property
    def path(self) -> ModelPath:
        """Where the model is."""
        return parse_model_path(self.model_path)

    @property
    def server_image(self) -> pulumi.Input[str]:
        """What pods run."""
        if self.image is not None:
            return self.image
        return images.TF_SERVING_GPU if self.resources.num_gpus else images.TF_SERVING

    @property
    def has_google_identity(self) -> bool:
        """Whether pods get credentials of Google Cloud from GKE."""
        if self.google_identity is None:
            return bool(self.identity and self.identity.google_service_account)
        return self.google_identity

    @property
    def model(self) -> str:
        """What clients call the model."""
        return self.model_name or self.server_name


def config_files(args: TfServingArgs) -> dict[str, str]:
    """The server's configuration, and its probe."""
    files = {
        MODELS: models_config(args.model, base_path(args.path, args.model), args.versions),
        PROBE: (files_of.files("components.serving.tf_serving") / "files" / PROBE).read_text(),
    }
    if args.batching is not None:
        files[BATCHING] = batching_config(args.batching)
    if args.metrics_path:
        files[MONITORING] = monitoring_config(args.metrics_path)
    return files
