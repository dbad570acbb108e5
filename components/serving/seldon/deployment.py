"""A SeldonDeployment: graphs of models that answer under one name."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

import pulumi
from pulumi_kubernetes import apiextensions, meta, networking

from components.base import Component
from components.errors import Problem, refuse_arguments
from components.kubectl import kubectl
from components.labels import labels
from components.network import google_identity_egress, store_egress
from components.schema.seldon_checks import name_problems, predictors_problems, root_first
from components.serving.checks import at_least, endpoint_problems, one_of, served_name_problems, unit_name_problems
from components.serving.seldon.crd import GROUP, KIND, VERSION
from components.serving.seldon.executor import Surroundings
from components.serving.seldon.graph import Predictor, Protocol, Transport, root, tree
from components.serving.seldon.images import GraphImages
from components.serving.seldon.names import DEPLOYMENT_LABEL, GRPC_PORT, HTTP_PORT, predictor_service
from components.serving.seldon.pods import START_SECONDS, component_spec

LOCAL_HTTP_PORT = 8003
LOCAL_GRPC_PORT = 5003
"""Where the commands that users are told bring a predictor to this machine; the hub has 8000."""
_REQUESTS: dict[Protocol, dict[str, Any]] = {
    "seldon": {"data": {"ndarray": [[1.0, 2.0]]}},
    "tensorflow": {"instances": [[1.0, 2.0]]},
    "v2": {"inputs": [{"name": "x", "shape": [1, 2], "datatype": "FP32", "data": [1.0, 2.0]}]},
}
"""A row of two numbers. What a model takes is its own."""


@dataclass(frozen=True, kw_only=True)
class SeldonDeploymentArgs:
    """The graphs, and where they run."""

    namespace: pulumi.Input[str]
    deployment_name: str
    """What it is called in the cluster."""
    predictors: Mapping[str, Predictor]
    protocol: Protocol = "seldon"
    transport: Transport = "rest"
    images: GraphImages = GraphImages()  # noqa: RUF009  # it is frozen
    google_identity: bool = False
    """Whether GKE hands pods with a ServiceAccount its credentials; elsewhere that address may be the node's own
    identity."""
    wait_seconds: int = 0
    """How long the ``pulumi up`` that makes it waits until every predictor answers; 0 for not at all."""
    context: str | None = None
    """The kubeconfig's context, for commands that users are told; None for the current one."""
    after: Sequence[pulumi.Resource] = ()
    """What has to be there before it, such as the operator."""

    def __post_init__(self) -> None:
        refuse_arguments(f"The SeldonDeployment {self.deployment_name}", self._problems())

    def _problems(self) -> Iterator[Problem]:
        yield from served_name_problems("deployment_name", self.deployment_name)
        yield from one_of("protocol", self.protocol, get_args(Protocol))
        yield from one_of("transport", self.transport, get_args(Transport))
        if not self.predictors:
            yield Problem("predictors", "is empty; give it one")
        elif empty := sorted(name for name, each in self.predictors.items() if not each.units):
            yield Problem(f"predictors.{empty[0]}", "has no units; give it one")
        else:
            yield from self._graph_problems()
        if self.wait_seconds and not all(predictor.replicas for predictor in self.predictors.values()):
            yield Problem("wait_seconds", "waits for a predictor that has no replicas; set it to 0")

    def _graph_problems(self) -> Iterator[Problem]:
        shape = [*predictors_problems("predictors", self.predictors, self.protocol)]
        yield from shape
        for name, predictor in self.predictors.items():
            below = f"predictors.{name}"
            yield from served_name_problems(below, name)
            yield from at_least({f"{below}.replicas": (predictor.replicas, 0)})
            for unit, each in predictor.units.items():
                yield from unit_name_problems(f"{below}.units.{unit}", unit)
                yield from at_least({f"{below}.units.{unit}.num_gpus": (each.num_gpus, 0)})
                if each.storage_endpoint is not None:
                    yield from endpoint_problems(f"{below}.units.{unit}.storage_endpoint", each.storage_endpoint)
            if not shape:  # of what is no tree nobody can tell the root
                yield from name_problems(below, self.deployment_name, name, root_first(predictor.units))


class SeldonDeployment(Component, token="kubeflow:serving:SeldonDeployment"):
    """Owns a SeldonDeployment, and the way to a store of models that is not public.

    The operator makes a Deployment and Services of each predictor, and rolls changes. Only where units come, go or are
    renamed does it delete the Deployment and make another.
    """

    endpoints: pulumi.Output[dict[str, dict[str, str]]]
    """For each predictor its address in the cluster, and commands that bring it to this machine and ask it."""
    images: list[str]
    """Every image that its pods run."""

    def __init__(self, name: str, args: SeldonDeploymentArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._name, self._args = name, args
        spec = deployment_spec(args)
        waiting = {
            "pulumi.com/waitFor": "jsonpath={.status.state}=Available",
            "pulumi.com/timeoutSeconds": str(args.wait_seconds),
        }
        apiextensions.CustomResource(
            f"{name}-deployment",
            api_version=f"{GROUP}/{VERSION}",
            kind=KIND,
            metadata=meta.v1.ObjectMetaArgs(
                name=args.deployment_name,
                namespace=args.namespace,
                labels=labels("seldon-deployment", name),
                annotations=waiting if args.wait_seconds else None,
            ),
            spec=spec,
            opts=self.child(depends_on=[*args.after, *self._store_policy()]),
        )
        self.images = images_of(spec)
        self.endpoints = pulumi.Output.from_input(args.namespace).apply(lambda known: endpoints_of(args, known))
        self.register_outputs({"endpoints": self.endpoints})

    def _store_policy(self) -> list[pulumi.Resource]:
        """Pods reach names and public addresses by the policy of all graphs, and by this one what else they need."""
        args = self._args
        predictors = args.predictors.values()
        units = [unit for predictor in predictors for unit in predictor.units.values()]
        stores = sorted({each.storage_endpoint for each in units if each.storage_endpoint})
        ways = [rule for store in stores for rule in store_egress(store)]
        if args.google_identity and any(each.service_account is not None for each in predictors):
            ways += google_identity_egress()
        if not ways:
            return []
        policy = networking.v1.NetworkPolicy(
            f"{self._name}-store-policy",
            metadata=meta.v1.ObjectMetaArgs(namespace=args.namespace, labels=labels("seldon-deployment", self._name)),
            spec=networking.v1.NetworkPolicySpecArgs(
                pod_selector=meta.v1.LabelSelectorArgs(match_labels={DEPLOYMENT_LABEL: args.deployment_name}),
                policy_types=["Egress"],
                egress=ways,
            ),
            opts=self.child(),
        )
        return [policy]


def images_of(spec: dict[str, Any]) -> list[str]:
    """The images that a spec names; none of those that only the engine will know."""
    pods = [part["spec"] for predictor in spec["predictors"] for part in predictor["componentSpecs"]]
    containers = [each for pod in pods for each in [*pod["containers"], *pod.get("initContainers", [])]]
    return sorted({each["image"] for each in containers if isinstance(each["image"], str)})


def deployment_spec(args: SeldonDeploymentArgs) -> dict[str, Any]:
    """The spec, as the operator reads it.

    Raises:
        ValueError: if the units of a predictor are no tree.
    """
    return {
        "protocol": args.protocol,
        "transport": args.transport,
        "predictors": [_predictor(args, name, each) for name, each in sorted(args.predictors.items())],
    }


def _predictor(args: SeldonDeploymentArgs, named: str, predictor: Predictor) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "name": named,
        "replicas": predictor.replicas,
        "progressDeadlineSeconds": START_SECONDS + 60,
        "graph": tree(predictor.units),
        "componentSpecs": [
            component_spec(
                predictor,
                Surroundings(
                    deployment=args.deployment_name,
                    namespace=args.namespace,
                    predictor=named,
                    images=args.images,
                    protocol=args.protocol,
                    transport=args.transport,
                ),
            )
        ],
    }
    if predictor.traffic is not None:
        spec["traffic"] = predictor.traffic
    if predictor.shadow:
        spec["shadow"] = True
    return spec


def endpoints_of(args: SeldonDeploymentArgs, namespace: str) -> dict[str, dict[str, str]]:
    """What users are told of each predictor."""
    return {name: _endpoint(args, namespace, name, each) for name, each in sorted(args.predictors.items())}


def _endpoint(args: SeldonDeploymentArgs, namespace: str, named: str, predictor: Predictor) -> dict[str, str]:
    service = predictor_service(args.deployment_name, named)
    command = kubectl(args.context) if args.context else "kubectl"
    grpc = args.transport == "grpc"
    local, port = (LOCAL_GRPC_PORT, GRPC_PORT) if grpc else (LOCAL_HTTP_PORT, HTTP_PORT)
    model = root(predictor.units)
    return {
        "service": f"{service}.{namespace}.svc:{port}",
        "portForward": f"{command} port-forward --namespace {namespace} service/{service} {local}:{port}",
        "call": _grpc_call(args.protocol, model) if grpc else _http_call(args.protocol, model),
    }


def _http_call(protocol: Protocol, model: str) -> str:
    path = {
        "seldon": "api/v1.0/predictions",
        "tensorflow": f"v1/models/{model}:predict",
        "v2": f"v2/models/{model}/infer",
    }[protocol]
    return (
        f"curl -H 'Content-Type: application/json' -d '{json.dumps(_REQUESTS[protocol])}' "
        f"http://127.0.0.1:{LOCAL_HTTP_PORT}/{path}"
    )


def _grpc_call(protocol: Protocol, model: str) -> str:
    """Only Seldon's own service describes itself; grpcurl needs the others' description in a file."""
    address = f"127.0.0.1:{LOCAL_GRPC_PORT}"
    match protocol:
        case "seldon":
            return f"grpcurl -plaintext -d '{json.dumps(_REQUESTS[protocol])}' {address} seldon.protos.Seldon/Predict"
        case "tensorflow":
            request = {"model_spec": {"name": model}}
            service = "tensorflow.serving.PredictionService/GetModelMetadata"
            return (
                f"grpcurl -plaintext -proto tensorflow_serving/apis/prediction_service.proto "
                f"-d '{json.dumps({**request, 'metadata_field': ['signature_def']})}' {address} {service}"
            )
        case "v2":
            return (
                f"grpcurl -plaintext -proto grpc_service.proto -d '{json.dumps({'name': model})}' {address} "
                f"inference.GRPCInferenceService/ModelReady"
            )
