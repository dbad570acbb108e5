"""The kinds of jobs, one row each, and the definition that a row makes."""

from collections.abc import Callable
from dataclasses import dataclass

from pulumi_kubernetes import apiextensions

from components.crd_schemas import Properties, Schema, array, boolean, int32, record, text
from components.training.crds.job import clean_pod_policy, metrics, replica_specs, run_policy, status

GROUP = "kubeflow.org"
VERSION = "v1"


@dataclass(frozen=True, kw_only=True)
class JobKind:
    """A kind of job."""

    kind: str
    replicas: str
    """The field of the spec that holds the replicas by their type."""
    types: tuple[str, ...]
    """The types of replicas that there are."""
    fields: Callable[[], Properties] = dict
    """What else its spec has, besides the run policy."""
    scales: bool = False
    """Whether ``kubectl scale`` and autoscalers may change the number of workers."""
    any_case: bool = False
    """Whether the operator takes the types' names in small letters too."""
    columns: tuple[str, ...] = ("State", "Age")
    """What ``kubectl get`` shows, in order."""

    @property
    def singular(self) -> str:
        """Its name in commands, and as a scheme of the operator."""
        return self.kind.lower()

    @property
    def plural(self) -> str:
        """Its name in the API's paths and in roles."""
        return f"{self.singular}s"

    @property
    def definition(self) -> str:
        """The name of its CustomResourceDefinition."""
        return f"{self.plural}.{GROUP}"


def _tensorflow() -> Properties:
    return {"enableDynamicWorker": boolean(), "successPolicy": text("", "AllWorkers")}


def _mpi() -> Properties:
    return {"cleanPodPolicy": clean_pod_policy(), "mainContainer": text(), "slotsPerWorker": int32(minimum=0)}


def _elastic() -> dict[str, Schema]:
    limits = {name: int32(minimum=0) for name in ("maxReplicas", "maxRestarts", "minReplicas")}
    return {**limits, "metrics": metrics()}


def _paddle() -> Properties:
    return {"elasticPolicy": record(_elastic())}


def _pytorch() -> Properties:
    elastic = {
        **_elastic(),
        "nProcPerNode": int32(),
        "rdzvConf": array(record({"key": text(), "value": text()})),
        "rdzvPort": int32(),
        "standalone": boolean(),
        **{name: text() for name in ("rdzvBackend", "rdzvHost", "rdzvId")},
    }
    return {"elasticPolicy": record(elastic), "nprocPerNode": text()}


JOB_KINDS = (
    JobKind(
        kind="TFJob",
        replicas="tfReplicaSpecs",
        types=("PS", "Worker", "Chief", "Master", "Evaluator"),
        fields=_tensorflow,
        any_case=True,
    ),
    JobKind(
        kind="PyTorchJob", replicas="pytorchReplicaSpecs", types=("Master", "Worker"), fields=_pytorch, scales=True
    ),
    JobKind(
        kind="MPIJob",
        replicas="mpiReplicaSpecs",
        types=("Launcher", "Worker"),
        fields=_mpi,
        columns=("Age", "State"),
    ),
    JobKind(kind="XGBoostJob", replicas="xgbReplicaSpecs", types=("Master", "Worker")),
    JobKind(kind="PaddleJob", replicas="paddleReplicaSpecs", types=("Master", "Worker"), fields=_paddle, scales=True),
    JobKind(kind="JAXJob", replicas="jaxReplicaSpecs", types=("Worker",), scales=True),
)
"""The kinds that the operator knows."""


def custom_resource_definition(kind: JobKind) -> apiextensions.v1.CustomResourceDefinitionSpecArgs:
    """The definition of a kind of job."""
    return apiextensions.v1.CustomResourceDefinitionSpecArgs(
        group=GROUP,
        scope="Namespaced",
        names=apiextensions.v1.CustomResourceDefinitionNamesArgs(
            kind=kind.kind, list_kind=f"{kind.kind}List", plural=kind.plural, singular=kind.singular
        ),
        versions=[
            apiextensions.v1.CustomResourceDefinitionVersionArgs(
                name=VERSION,
                served=True,
                storage=True,
                additional_printer_columns=[_column(name) for name in kind.columns],
                subresources=_subresources(kind),
                schema=apiextensions.v1.CustomResourceValidationArgs(open_apiv3_schema=_job(kind)),
            )
        ],
    )


def _job(kind: JobKind) -> Schema:
    spec = {
        **kind.fields(),
        "runPolicy": run_policy(),
        kind.replicas: replica_specs(kind.types, any_case=kind.any_case),
    }
    return record(
        {
            "apiVersion": text(),
            "kind": text(),
            "metadata": Schema(type="object"),
            "spec": record(spec, kind.replicas),
            "status": status(),
        },
        "spec",
    )


def _column(name: str) -> apiextensions.v1.CustomResourceColumnDefinitionArgs:
    path, of_type = {
        "State": (".status.conditions[-1:].type", "string"),
        "Age": (".metadata.creationTimestamp", "date"),
    }[name]
    return apiextensions.v1.CustomResourceColumnDefinitionArgs(name=name, type=of_type, json_path=path)


def _subresources(kind: JobKind) -> apiextensions.v1.CustomResourceSubresourcesArgs:
    workers = ".status.replicaStatuses.Worker"
    scale = apiextensions.v1.CustomResourceSubresourceScaleArgs(
        spec_replicas_path=f".spec.{kind.replicas}.Worker.replicas",
        status_replicas_path=f"{workers}.active",
        label_selector_path=f"{workers}.selector",
    )
    return apiextensions.v1.CustomResourceSubresourcesArgs(status={}, scale=scale if kind.scales else None)
