"""The stack's servers of TensorFlow Serving, as the settings have them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes import meta, networking

from components import images
from components.base import Component
from components.kubectl import kubectl
from components.labels import NOTEBOOK_LABELS, labels
from components.model_path import NFS_FOLDER, NFS_VOLUME
from components.network import egress_to, pods
from components.pods import SecretValue, Volume
from components.registry import mirrored
from components.schema.pods import volumes_of
from components.schema.storage import StorageSettings
from components.schema.tf_serving import TfServingSettings
from components.services import load_balancer_address
from components.serving.nodes import nodes_of
from components.serving.tf_serving.args import Autoscaling, Identity, TfServingArgs
from components.serving.tf_serving.config_files import Batching, Versions
from components.serving.tf_serving.pod import Resources, WarmUp, pod_ports
from components.serving.tf_serving.s3_fetch import S3
from components.serving.tf_serving.tf_serving import (
    MODEL_SERVER,
    SERVICE_PORTS,
    TfServing,
)
from components.site import Site

API_PYTHON = "3.12"
"""The last Python that TensorFlow of that version has packages for."""


@dataclass(frozen=True)
class ModelServersArgs:
    """The model servers, and where they run."""

    settings: Mapping[str, TfServingSettings]
    storage: StorageSettings
    """The shared disks, which pods may mount."""
    site: Site
    platform: str
    context: str
    """What kubectl calls the cluster."""
    one_node_claims: Collection[str] = ()
    """Claims that one node alone can mount."""


class ModelServers(Component, token="kubeflow:serving:ModelServers"):
    """Owns the servers, and the policy by which notebooks reach them."""

    endpoints: pulumi.Output[dict[str, dict[str, str]]]
    """For each server where it is reached, and commands that ask it."""
    images: list[str]
    """Every image that the servers run."""

    def __init__(self, name: str, args: ModelServersArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._name, self._args = name, args
        self._notebook_policy()
        endpoints: dict[str, pulumi.Output[dict[str, str]]] = {}
        for server, settings in sorted(args.settings.items()):
            server_args = server_args_of(server, settings, args)
            made = TfServing(f"{name}-{server}", server_args, self.child())
            endpoints[server] = pulumi.Output.all(
                namespace=args.site.namespace, address=_address(made, settings.service_type)
            ).apply(lambda known, each=server_args: endpoint(each, args.context, **known))
        self.endpoints = pulumi.Output.all(**endpoints)
        self.images = images_of(args.settings, args.site.registry_mirror)
        self.register_outputs({"endpoints": self.endpoints})

    def _notebook_policy(self) -> None:
        grpc = any(settings.grpc for settings in self._args.settings.values())
        networking.v1.NetworkPolicy(
            f"{self._name}-notebook-policy",
            metadata=meta.v1.ObjectMetaArgs(
                name="notebooks-to-model-servers",
                namespace=self._args.site.namespace,
                labels=labels("model-servers", self._name),
            ),
            spec=networking.v1.NetworkPolicySpecArgs(
                pod_selector=meta.v1.LabelSelectorArgs(match_labels=NOTEBOOK_LABELS),
                policy_types=["Egress"],
                egress=[egress_to(pods(MODEL_SERVER), *pod_ports(grpc=grpc).values())],
            ),
            opts=self.child(),
        )


def server_args_of(server: str, settings: TfServingSettings, args: ModelServersArgs) -> TfServingArgs:
    """What the settings say of a server, for the component."""
    mirror, resources, scaling = args.site.registry_mirror, settings.resources, settings.autoscaling
    identity, batching, volumes = settings.workload_identity, settings.batching, _volumes(settings, args.storage)
    return TfServingArgs(
        namespace=args.site.namespace,
        server_name=server,
        model_name=settings.model_name,
        model_path=settings.path.text,
        image=mirrored(settings.image, mirror),
        versions=Versions(
            specific=tuple(settings.versions), latest=settings.latest_versions, labels=settings.version_labels
        ),
        replicas=1 if settings.replicas is None else settings.replicas,
        autoscaling=Autoscaling(
            min_replicas=scaling.min_replicas,
            max_replicas=scaling.max_replicas,
            target_cpu_percent=scaling.target_cpu_percent,
        )
        if scaling
        else None,
        batching=Batching(
            max_batch_size=batching.max_batch_size,
            batch_timeout_micros=batching.batch_timeout_micros,
            max_enqueued_batches=batching.max_enqueued_batches,
            num_batch_threads=batching.num_batch_threads,
            allowed_batch_sizes=tuple(batching.allowed_batch_sizes),
            pad_variable_length_inputs=batching.pad_variable_length_inputs,
        )
        if batching is not None
        else None,
        metrics_path=settings.monitoring.path if settings.monitoring.enabled else None,
        warm_up=WarmUp(enabled=settings.warm_up.enabled, iterations=settings.warm_up.iterations),
        resources=Resources(
            cpu=resources.cpu,
            memory=resources.memory,
            cpu_limit=resources.cpu_limit,
            memory_limit=resources.memory_limit,
            num_gpus=settings.num_gpus,
        ),
        nodes=nodes_of(settings, args.platform),
        volumes=volumes,
        same_node=any(each.claim in args.one_node_claims for each in volumes.values()),
        gcp_credentials=settings.gcp_credential_secret_name,
        identity=Identity(google_service_account=identity.google_service_account, aws_role_arn=identity.aws_role_arn)
        if identity is not None
        else None,
        service_account=settings.service_account,
        google_identity=has_google_identity(settings, args.platform),
        s3=s3_of(settings, mirror),
        service_type=settings.service_type,
        private_ranges=args.site.private_ranges,
        grpc=settings.grpc,
        client_namespaces=settings.client_namespaces,
        extra_labels=settings.labels,
        poll_seconds=settings.poll_seconds,
        max_surge=settings.rolling_update.max_surge,
        max_unavailable=settings.rolling_update.max_unavailable,
        start_timeout_seconds=settings.start_timeout_seconds,
        drain_seconds=settings.drain_seconds,
        flags=settings.args,
    )


def has_google_identity(settings: TfServingSettings, platform: str) -> bool:
    """Whether pods read their model as somebody whom GKE vouches for."""
    identity = settings.workload_identity
    if settings.path.kind != "gs" or settings.gcp_credential_secret_name:
        return False
    if identity is not None and identity.google_service_account:
        return True
    return platform == "gke" and (identity is not None or settings.service_account is not None)


def s3_of(settings: TfServingSettings, registry_mirror: str | None) -> S3:
    """How the server's pods reach the store of its model."""
    secret = settings.s3_secret_name
    key_id, access_key = settings.s3_keys
    return S3(
        region=settings.s3_aws_region,
        endpoint=settings.s3_endpoint.rstrip("/") if settings.s3_endpoint else None,
        use_https=settings.s3_use_https,
        verify_ssl=settings.s3_verify_ssl,
        compare_contents=settings.s3_compare_contents,
        access_key_id=SecretValue(secret=secret, key=key_id) if secret else None,
        secret_access_key=SecretValue(secret=secret, key=access_key) if secret else None,
        image=mirrored(settings.s3_fetch_image, registry_mirror),
    )


def endpoint(args: TfServingArgs, context: str, namespace: str, address: str | None) -> dict[str, str]:
    """Where a server is reached within the cluster, and commands that ask it from here.

    Args:
        args: the server.
        context: what kubectl calls the cluster.
        namespace: where the server is.
        address: a load balancer's; without one the commands go through a port-forward, which comes first.
    """
    service, host = f"{args.server_name}.{namespace}.svc", address or "localhost"
    rest, grpc = SERVICE_PORTS["http"], SERVICE_PORTS["grpc"]
    path = f"v1/models/{args.model}"
    forward = f"{kubectl(context)} port-forward --namespace {namespace} service/{args.server_name} {rest}"
    if args.grpc:
        forward = f"{forward} {grpc}"
    return {
        "rest": f"http://{service}:{rest}/{path}",
        **({} if address else {"portForward": forward}),
        "curl": f"curl --fail-with-body http://{host}:{rest}/{path}/metadata",
        **({"grpc": f"{service}:{grpc}", "grpcCall": grpc_call(f"{host}:{grpc}", args.model)} if args.grpc else {}),
    }


def grpc_call(target: str, model: str) -> str:
    """A command that asks a server by gRPC which versions of a model it has.

    TensorFlow Serving answers no questions about its API: the messages come from its own package.
    """
    lines = [
        "import grpc",
        "from tensorflow_serving.apis import get_model_status_pb2 as status, model_service_pb2_grpc as service",
        f"request = status.GetModelStatusRequest(model_spec={{'name': '{model}'}})",
        f"print(service.ModelServiceStub(grpc.insecure_channel('{target}')).GetModelStatus(request))",
    ]
    api = f"tensorflow-serving-api=={images.TF_SERVING.rpartition(':')[2]}"
    return f'uvx --python {API_PYTHON} --with {api} python -c "{"; ".join(lines)}"'


def _address(server: TfServing, kind: str) -> pulumi.Output[str | None]:
    """A load balancer's name or address, which a preview does not know yet; None if the Service is of another kind."""
    if kind != "LoadBalancer":
        return pulumi.Output.from_input(None)
    return server.service.status.apply(load_balancer_address)


def images_of(settings: Mapping[str, TfServingSettings], registry_mirror: str | None) -> list[str]:
    """Every image that the servers run."""
    named = {each.image for each in settings.values()}
    named |= {each.s3_fetch_image for each in settings.values() if each.path.kind == "s3"}
    return sorted(mirrored(image, registry_mirror) for image in named)


def _volumes(settings: TfServingSettings, storage: StorageSettings) -> dict[str, Volume]:
    """The claims that pods mount; the stack's disks and Kubeflow 0.2's claim only to read."""
    volumes = {
        name: Volume(claim=each.claim, mount_path=each.mount_path, read_only=each.read_only or name in settings.disks)
        for name, each in volumes_of(settings.disks, settings.volumes, storage).items()
    }
    if settings.nfs_pvc:
        volumes[NFS_VOLUME] = Volume(claim=settings.nfs_pvc, mount_path=NFS_FOLDER, read_only=True)
    return volumes
