"""``kubeflow:serving.tfServing``: servers of TensorFlow Serving.

The keys of Kubeflow 0.1's prototype ``tf-serving`` keep their names; ``modelStorageType`` and ``nfsPVC`` are of 0.2.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from components import images
from components.model_path import ModelPath, parse_model_path
from components.schema.model_server import (
    AutoscalingSettings,
    BatchingSettings,
    MonitoringSettings,
    RollingUpdateSettings,
    ServingResourceSettings,
    WarmUpSettings,
    WorkloadIdentitySettings,
)
from components.schema.pods import NodeSelector, OnSpot, PodVolumeSettings, Tolerations
from components.schema.serving_types import S3Endpoint
from components.schema.types import (
    Boolean,
    DiskName,
    DnsLabel,
    DnsName,
    Image,
    LabelValue,
    QualifiedName,
    SecretKey,
    Section,
    Unset,
    matching,
)

A_DAY = 24 * 3600
OptionalImage = Annotated[Image | None, Unset]
ModelName = Annotated[
    str,
    matching(
        r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}",
        "is not the name of a model; use at most 128 letters, digits, hyphens, dots and _, no hyphen or dot first",
    ),
]
"""The name of a model, which is a part of its URL."""

VersionLabel = Annotated[
    str,
    matching(
        r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}",
        "is not a label of a version; use at most 64 letters, digits, hyphens, dots and _, no hyphen or dot first",
    ),
]

Region = Annotated[
    str,
    matching(r"(?!null$)[A-Za-z0-9._-]+", "is not a region; write it as eu-central-1, or remove the key"),
]
"""The region of a bucket."""

Flag = Annotated[
    str, matching(r"--[a-z0-9_]+=\S+", "is not a flag of the model server; write it as --name=value, without spaces")
]


def _model_path(value: str) -> str:
    parse_model_path(value)
    return value


class TfServingSettings(Section):
    """A server of TensorFlow Serving, with REST on its Service's port 8000, and gRPC on port 9000 if `grpc` is true."""

    model_name: Annotated[ModelName | None, Unset] = Field(
        default=None, description="What clients call the model; the server's name unless set."
    )
    model_path: Annotated[str, AfterValidator(_model_path)] = Field(
        description="The folder that holds the model's versions: `gs://BUCKET/PATH`, `s3://BUCKET/PATH`, or a path "
        "below what pods mount, such as `/mnt/models/inception`."
    )
    versions: list[Annotated[int, Field(ge=0, le=2**63 - 1)]] = Field(
        default_factory=list[int], description="The versions that are served; the latest unless set."
    )
    latest_versions: int = Field(
        default=1, ge=1, le=100, description="How many of the latest versions are served, if `versions` names none."
    )
    version_labels: dict[VersionLabel, int] = Field(
        default_factory=dict[str, int],
        description="Names, such as `stable`, by which clients ask for one of `versions`.",
    )
    poll_seconds: int = Field(
        default=60,
        ge=1,
        le=A_DAY,
        description="How often the server looks for new versions. What is fetched from S3 is as new as its pod.",
    )
    num_gpus: int = Field(default=0, ge=0, le=64, description="How many GPUs each pod gets.")
    model_server_image: OptionalImage = Field(
        default=None, description="The image, with and without GPUs; unless set, one of the two below."
    )
    default_cpu_image: Image = Field(default=images.TF_SERVING, description="The image of pods without GPUs.")
    default_gpu_image: Image = Field(default=images.TF_SERVING_GPU, description="The image of pods with GPUs.")
    service_type: Literal["ClusterIP", "NodePort", "LoadBalancer"] = Field(
        default="ClusterIP",
        description="The kind of the Service. Whoever reaches it may use the model: there is no login.",
    )
    grpc: Boolean = Field(
        default=False,
        description="Whether the server answers gRPC too. Whoever reaches that port may do more than ask for "
        "predictions: TensorFlow Serving lets them replace the model by any other that its pods can read.",
    )
    client_namespaces: list[DnsLabel] = Field(
        default_factory=list[str],
        description="Namespaces whose pods may use the model, or scrape its metrics, beside the stack's notebooks.",
    )
    labels: dict[QualifiedName, LabelValue] = Field(
        default_factory=dict[str, str], description="Further labels of the server's objects and pods."
    )
    replicas: int | None = Field(default=None, ge=0, le=1000, description="How many pods there are; 1 unless set.")
    autoscaling: AutoscalingSettings | None = Field(
        default=None, description="Changes the number of pods with their load, in place of `replicas`."
    )
    batching: BatchingSettings | None = Field(default=None, description="Answers requests in batches, if it is there.")
    monitoring: MonitoringSettings = Field(default_factory=MonitoringSettings, description="Metrics for Prometheus.")
    warm_up: WarmUpSettings = Field(
        default_factory=WarmUpSettings, description="What a model does before its first request."
    )
    resources: ServingResourceSettings = Field(
        default_factory=ServingResourceSettings, description="What each pod is guaranteed, and may use at most."
    )
    spot: OnSpot
    node_selector: NodeSelector
    tolerations: Tolerations
    model_storage_type: Annotated[Literal["cloud", "nfs"] | None, Unset] = Field(
        default=None, description="Kubeflow 0.2's switch for `nfsPVC`; nobody needs to set it."
    )
    nfs_pvc: Annotated[DnsName | None, Unset] = Field(
        default=None,
        alias="nfsPVC",
        description="An existing PersistentVolumeClaim that pods mount at `/mnt`, and only read.",
    )
    disks: list[DiskName] = Field(
        default_factory=list[str], description="Disks of `kubeflow:storage.disks` that pods mount, and only read."
    )
    volumes: dict[DnsLabel, PodVolumeSettings] = Field(
        default_factory=dict[str, PodVolumeSettings],
        description="Claims that pods mount, by names of your choice.",
    )
    gcp_credential_secret_name: Annotated[DnsName | None, Unset] = Field(
        default=None,
        description="An existing Secret whose key `key.json` holds credentials of Google Cloud; "
        "`workloadIdentity` is safer.",
    )
    workload_identity: WorkloadIdentitySettings | None = Field(
        default=None, description="An identity of the cloud's for the pods, in place of keys."
    )
    service_account: Annotated[DnsName | None, Unset] = Field(
        default=None, description="An existing ServiceAccount that the pods are, in place of `workloadIdentity`'s."
    )
    s3_enable: Annotated[Boolean | None, Unset] = Field(
        default=None, description="Kubeflow 0.1's switch for S3; `modelPath` says it now."
    )
    s3_secret_name: Annotated[DnsName | None, Unset] = Field(
        default=None,
        description="An existing Secret that holds an access key of S3; without one, and without an identity, the "
        "bucket is read as the public may.",
    )
    s3_secret_accesskeyid_key_name: Annotated[SecretKey | None, Unset] = Field(
        default=None, description="The Secret's key of the access key's id; `AWS_ACCESS_KEY_ID` unless set."
    )
    s3_secret_secretaccesskey_key_name: Annotated[SecretKey | None, Unset] = Field(
        default=None, description="The Secret's key of the secret access key; `AWS_SECRET_ACCESS_KEY` unless set."
    )
    s3_aws_region: Region = Field(default="us-west-1", description="The bucket's region.")
    s3_use_https: Boolean = Field(default=True, description="Whether an `s3Endpoint` without a scheme speaks https.")
    s3_verify_ssl: Boolean = Field(default=True, description="Whether the endpoint's certificate is checked.")
    s3_endpoint: Annotated[S3Endpoint | None, Unset] = Field(
        default=None, description="The address of a store that is not AWS, such as `minio.minio.svc:9000`."
    )
    s3_compare_contents: Boolean = Field(
        default=False,
        description="Whether what was fetched is compared with the store byte by byte, which fetches it twice; else by "
        "checksum, or by size where the store has none, as of objects that were uploaded in parts.",
    )
    s3_fetch_image: Image = Field(default=images.RCLONE, description="The image that fetches models from S3: rclone's.")
    rolling_update: RollingUpdateSettings = Field(
        default_factory=RollingUpdateSettings, description="How pods make room for changed ones."
    )
    start_timeout_seconds: int = Field(
        default=1800,
        ge=30,
        le=A_DAY,
        description="How long a pod may take until its model is loaded, image and model fetched included.",
    )
    drain_seconds: int = Field(
        default=30,
        ge=5,
        le=3600,
        description="How long a pod that goes still answers: as long as its longest request may take.",
    )
    args: list[Flag] = Field(
        default_factory=list[str], description="Further flags of `tensorflow_model_server`, as `--name=value`."
    )

    @property
    def path(self) -> ModelPath:
        """Where the model is."""
        return parse_model_path(self.model_path)

    @property
    def image(self) -> str:
        """The image of the pods, by whether they have GPUs."""
        return self.model_server_image or (self.default_gpu_image if self.num_gpus else self.default_cpu_image)

    @property
    def has_stock_image(self) -> bool:
        """Whether the pods run TensorFlow Serving as it comes."""
        return self.image in (images.TF_SERVING, images.TF_SERVING_GPU)

    @property
    def s3_keys(self) -> tuple[str, str]:
        """The keys of ``s3SecretName`` that hold the access key's id, and the access key."""
        return (
            self.s3_secret_accesskeyid_key_name or "AWS_ACCESS_KEY_ID",
            self.s3_secret_secretaccesskey_key_name or "AWS_SECRET_ACCESS_KEY",
        )
