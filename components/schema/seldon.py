"""``kubeflow:serving.seldon``: Seldon Core and its graphs of models.

The keys of Kubeflow 0.1's prototype ``seldon-serve-simple`` keep their names.
"""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from components import images
from components.schema.pods import NodeSelector, OnSpot, PodResourceSettings, SecretValueSettings, Tolerations
from components.schema.serving_types import S3Endpoint, ServedName, UnitName
from components.schema.types import (
    Boolean,
    Cpu,
    DnsLabel,
    DnsName,
    EnvironmentName,
    Image,
    Memory,
    Section,
    Unset,
    Word,
)

A_DAY = 24 * 3600
MOST_PREDICTORS = 64
"""Rules of the CRD are reckoned for as many."""
MOST_UNITS = 50
"""They are containers of one pod."""
Implementation = Literal[
    "SKLEARN_SERVER",
    "XGBOOST_SERVER",
    "MLFLOW_SERVER",
    "TENSORFLOW_SERVER",
    "TRITON_SERVER",
    "HUGGINGFACE_SERVER",
    "TEMPO_SERVER",
    "RANDOM_ABTEST",
]
_OF_THE_ENGINE = ("SIMPLE_MODEL", "SIMPLE_ROUTER", "AVERAGE_COMBINER")


def _there_today(value: object) -> object:
    if value in _OF_THE_ENGINE:
        raise ValueError("was a part of Seldon's engine, which is gone; give the unit an image that does the same")
    return value


def _protocol_today(value: object) -> object:
    if value == "kfserving":
        raise ValueError("is an old name of the protocol v2; write v2")
    return value


def _single(value: object) -> object:
    if not isinstance(value, str | int | float):
        raise ValueError("is not a single value; write a text, a number, true or false")  # noqa: TRY004  # pydantic's
    return value


class UnitResourceSettings(PodResourceSettings):
    """What a unit is guaranteed, and may use at most."""

    cpu: Cpu = Field(default="500m", description="The CPU that is guaranteed.")
    memory: Memory = Field(default="1Gi", description="The memory that is guaranteed.")


class UnitSettings(Section):
    """A step of a graph."""

    type: Literal["MODEL", "ROUTER", "COMBINER", "TRANSFORMER", "OUTPUT_TRANSFORMER"] = Field(
        default="MODEL",
        description="What it does: answers, chooses a child, makes one of the children's answers, or changes what goes "
        "to its child or what comes back.",
    )
    image: Annotated[Image | None, Unset] = Field(
        default=None,
        description="An image of your own that speaks Seldon's protocol; with `implementation`, one of that server's "
        "in place of the stack's.",
    )
    implementation: Annotated[Implementation | None, BeforeValidator(_there_today)] = Field(
        default=None,
        description="A server that loads the model at `modelUri`; or `RANDOM_ABTEST`, which sends each request to the "
        "first child with the probability in its parameter `ratioA`, and else to the second.",
    )
    model_uri: Annotated[Word | None, Unset] = Field(
        default=None,
        description="Where the model is: `gs://`, `s3://`, `pvc://CLAIM/PATH`, or `REMOTE:PATH` of rclone. It is "
        "downloaded to `/mnt/models` whenever a pod starts.",
    )
    storage_endpoint: Annotated[S3Endpoint | None, Unset] = Field(
        default=None,
        description="The address that the Secret names, `HOST:PORT` or a URL, if it is within the cluster or a private "
        "network: pods reach it then. Public addresses they reach without.",
    )
    env_secret_ref_name: Annotated[DnsName | None, Unset] = Field(
        default=None,
        description="An existing Secret whose keys, such as `RCLONE_CONFIG_S3_TYPE`, the download has as environment "
        "variables.",
    )
    service_account_name: Annotated[DnsName | None, Unset] = Field(
        default=None, description="An existing ServiceAccount whose token the predictor's pods get; none unless set."
    )
    children: list[UnitName] = Field(
        default_factory=list[str], description="The units that it passes requests to, by their names and in order."
    )
    parameters: dict[Word, Annotated[str | int | float | bool, BeforeValidator(_single)]] = Field(
        default_factory=dict[str, str | int | float | bool], description="What the unit is told, by name."
    )
    env: dict[EnvironmentName, str] = Field(
        default_factory=dict[str, str],
        description="Environment variables. Everybody who may see the stack sees them, so what looks like a secret is "
        "refused.",
    )
    secret_env: dict[EnvironmentName, SecretValueSettings] = Field(
        default_factory=dict[str, SecretValueSettings], description="Environment variables whose values are secret."
    )
    num_gpus: int = Field(default=0, ge=0, le=64, description="How many GPUs it gets.")
    resources: UnitResourceSettings = Field(
        default_factory=UnitResourceSettings, description="What it is guaranteed, and may use at most."
    )


class PredictorSettings(Section):
    """A graph, and how many pods run it. Each pod holds all of its units."""

    replicas: int = Field(default=1, ge=0, le=1000, description="How many pods there are.")
    traffic: int | None = Field(
        default=None,
        ge=0,
        le=100,
        description="Its share of requests in percent, for a gateway that divides them; 100 in all.",
    )
    shadow: Boolean = Field(
        default=False, description="Whether a gateway sends it copies of requests, whose answers nobody sees."
    )
    spot: OnSpot
    node_selector: NodeSelector
    tolerations: Tolerations
    units: dict[UnitName, UnitSettings] = Field(
        min_length=1,
        max_length=MOST_UNITS,
        description="The units, by their names. Requests come to the one that is nobody's child.",
    )


class SeldonDeploymentSettings(Section):
    """Models that answer under one name: one image, or graphs."""

    image: Annotated[Image | None, Unset] = Field(
        default=None, description="The image of a single model, as of Kubeflow 0.1's `seldon-serve-simple`."
    )
    replicas: int | None = Field(
        default=None, ge=0, le=1000, description="How many pods the single model has; 1 unless set."
    )
    endpoint: Literal["REST", "GRPC"] = Field(default="REST", description="How units and the executor talk.")
    protocol: Annotated[Literal["seldon", "tensorflow", "v2"], BeforeValidator(_protocol_today)] = Field(
        default="seldon", description="What callers and units speak: Seldon's protocol, TensorFlow's, or v2 of KServe."
    )
    predictors: dict[ServedName, PredictorSettings] = Field(
        default_factory=dict[str, PredictorSettings],
        max_length=MOST_PREDICTORS,
        description="Graphs, by their names, instead of `image`.",
    )
    wait_seconds: int = Field(
        default=0,
        ge=0,
        le=A_DAY,
        description="How long the `pulumi up` that makes it waits until every predictor answers, before it fails; 0 "
        "for not at all. Later changes are not waited for.",
    )


class SeldonSettings(Section):
    """Seldon Core, which serves graphs of models."""

    enabled: Boolean = Field(default=False, description="Whether the stack has Seldon's operator.")
    create_definition: Boolean = Field(
        default=True,
        description="Whether the stack makes the CRD SeldonDeployment and owns it. If false, it has to be there, as "
        "where another stack of the cluster has made it.",
    )
    image: Image = Field(
        default=images.SELDON_OPERATOR,
        description="The operator's image. From 1.18 on it is under the Business Source License, whose production use "
        "has to be paid for.",
    )
    executor_image: Image = Field(
        default=images.SELDON_EXECUTOR,
        description="The image of what takes requests through a graph, of the operator's version.",
    )
    storage_initializer_image: Image = Field(
        default=images.SELDON_STORAGE_INITIALIZER, description="The image that downloads models."
    )
    client_namespaces: list[DnsLabel] = Field(
        default_factory=list[str],
        description="Namespaces beside the stack's whose pods may ask graphs, such as a gateway's or Prometheus'.",
    )
    deployments: dict[ServedName, SeldonDeploymentSettings] = Field(
        default_factory=dict[str, SeldonDeploymentSettings],
        description="Models and graphs of models, by their names.",
    )
