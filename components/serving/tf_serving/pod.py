"""The pods of a model server."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes import core, meta

from components.model_path import (
    CONFIG_VOLUME,
    CREDENTIALS_FOLDER,
    CREDENTIALS_VOLUME,
    FETCHED_FOLDER,
    FETCHED_VOLUME,
    TEMPORARY_FOLDER,
    TEMPORARY_VOLUME,
    ModelPath,
)
from components.pods import Nodes, Volume, resources
from components.schema.tf_serving_flags import CONNECTION_AGE
from components.security import container_security, pod_security
from components.serving.tf_serving import s3_fetch
from components.serving.tf_serving.config_files import BATCHING, MODELS, MONITORING, Versions

USER_ID = 1000
GROUP_ID = 100
"""Those of notebooks and jobs, whose files a model server reads."""
GRPC_PORT = 8500
REST_PORT = 8501
GRPC_SOCKET = f"{TEMPORARY_FOLDER}/grpc.sock"
"""The UNIX socket of gRPC where it has no port: TensorFlow Serving does not start with neither."""
CONFIG_FOLDER = "/etc/tf-serving"
PROBE = "loaded.sh"
CHANNEL_ARGUMENTS = "--grpc_channel_arguments"
LOOK_EVERY_SECONDS = 5


@dataclass(frozen=True, kw_only=True)
class Resources:
    """What each pod is guaranteed, and may use at most."""

    cpu: str = "1"
    memory: str = "1Gi"
    cpu_limit: str | None = None
    """As much as ``cpu`` if it is None."""
    memory_limit: str | None = None
    """As much as ``memory`` if it is None."""
    num_gpus: int = 0


@dataclass(frozen=True, kw_only=True)
class WarmUp:
    """Whether a model answers the requests of its ``assets.extra`` before others, and how often each."""

    enabled: bool = True
    iterations: int = 1


@dataclass(frozen=True, kw_only=True)
class PodArgs:
    """What the pods of one model server are made of."""

    image: pulumi.Input[str]
    model_name: str
    path: ModelPath
    config: pulumi.Input[str]
    """The ConfigMap with the configuration files and the probe."""
    files: Sequence[str]
    """The names of the files that it has."""
    versions: Versions
    resources: Resources
    nodes: Nodes
    warm_up: WarmUp
    volumes: Mapping[str, Volume]
    same_node: bool
    """Whether all pods run on one node."""
    gcp_credentials: pulumi.Input[str] | None
    """A Secret whose key ``key.json`` holds credentials of Google Cloud."""
    service_account: pulumi.Input[str] | None
    google_identity: bool
    s3: s3_fetch.S3
    grpc: bool
    poll_seconds: int
    start_timeout_seconds: int
    drain_seconds: int
    flags: Sequence[str]
    labels: Mapping[str, str]
    """By which the server's other pods are found."""


def pod_ports(*, grpc: bool) -> dict[str, int]:
    """The ports that pods listen on, by the names that the Service knows them by."""
    return {**({"grpc": GRPC_PORT} if grpc else {}), "http": REST_PORT}


def base_path(path: ModelPath, model: str) -> str:
    """Where the server finds the model: what comes from S3 is fetched into the pod."""
    return f"{FETCHED_FOLDER}/{model}" if path.kind == "s3" else path.text


def pod_spec(args: PodArgs) -> core.v1.PodSpecArgs:
    """The pod, restricted, whose files nobody writes to."""
    is_fetched = args.path.kind == "s3"
    return core.v1.PodSpecArgs(
        service_account_name=args.service_account,
        automount_service_account_token=False,
        enable_service_links=False,
        termination_grace_period_seconds=args.drain_seconds + LOOK_EVERY_SECONDS,
        security_context=pod_security(uid=USER_ID, gid=GROUP_ID, fs_group=GROUP_ID),
        node_selector=dict(args.nodes.selector) or None,
        tolerations=[_toleration(each) for each in args.nodes.tolerations] or None,
        affinity=_beside(args.labels) if args.same_node else None,
        topology_spread_constraints=[
            core.v1.TopologySpreadConstraintArgs(
                max_skew=1,
                topology_key="kubernetes.io/hostname",
                when_unsatisfiable="ScheduleAnyway",
                label_selector=meta.v1.LabelSelectorArgs(match_labels=dict(args.labels)),
            )
        ],
        init_containers=s3_fetch.containers(
            args.path.in_bucket,
            args.model_name,
            args.s3,
            versions=args.versions.specific,
            has_identity=args.service_account is not None,
        )
        if is_fetched
        else None,
        containers=[container(args)],
        volumes=[
            core.v1.VolumeArgs(name=CONFIG_VOLUME, config_map=core.v1.ConfigMapVolumeSourceArgs(name=args.config)),
            core.v1.VolumeArgs(name=TEMPORARY_VOLUME, empty_dir=core.v1.EmptyDirVolumeSourceArgs()),
            *(
                [core.v1.VolumeArgs(name=FETCHED_VOLUME, empty_dir=core.v1.EmptyDirVolumeSourceArgs())]
                if is_fetched
                else []
            ),
            *(
                [
                    core.v1.VolumeArgs(
                        name=CREDENTIALS_VOLUME,
                        secret=core.v1.SecretVolumeSourceArgs(secret_name=args.gcp_credentials),
                    )
                ]
                if args.gcp_credentials
                else []
            ),
            *(
                core.v1.VolumeArgs(
                    name=name,
                    persistent_volume_claim=core.v1.PersistentVolumeClaimVolumeSourceArgs(
                        claim_name=volume.claim, read_only=volume.read_only or None
                    ),
                )
                for name, volume in sorted(args.volumes.items())
            ),
        ],
    )


def _beside(labels: Mapping[str, str]) -> core.v1.AffinityArgs:
    """Where the server's other pods are: what mounts a claim of one node's, Kubernetes puts anywhere otherwise."""
    term = core.v1.PodAffinityTermArgs(
        topology_key="kubernetes.io/hostname",
        label_selector=meta.v1.LabelSelectorArgs(match_labels=dict(labels)),
    )
    return core.v1.AffinityArgs(
        pod_affinity=core.v1.PodAffinityArgs(required_during_scheduling_ignored_during_execution=[term])
    )


def container(args: PodArgs) -> core.v1.ContainerArgs:
    """The model server's container.

    It is ready while a version of the model is loaded, and has started once each version is that is asked for by its
    number. Before it ends it answers for a while, until nobody sends it requests any more.
    """
    needs = args.resources
    amounts = resources(
        needs.cpu,
        needs.memory,
        cpu_limit=needs.cpu_limit or needs.cpu,
        memory_limit=needs.memory_limit,
        gpus=needs.num_gpus,
    )
    return core.v1.ContainerArgs(
        name="tf-serving",
        image=args.image,
        image_pull_policy="IfNotPresent",
        command=["tensorflow_model_server"],
        args=flags(args),
        env=_environment(args),
        ports=[
            core.v1.ContainerPortArgs(name=name, container_port=port)
            for name, port in pod_ports(grpc=args.grpc).items()
        ],
        startup_probe=_loaded(
            args, args.versions.specific, failures=-(-args.start_timeout_seconds // LOOK_EVERY_SECONDS)
        ),
        readiness_probe=_loaded(args, (), failures=2),
        liveness_probe=core.v1.ProbeArgs(
            tcp_socket=core.v1.TCPSocketActionArgs(port="http"),
            period_seconds=10,
            timeout_seconds=5,
            failure_threshold=6,
        ),
        lifecycle=core.v1.LifecycleArgs(
            pre_stop=core.v1.LifecycleHandlerArgs(
                exec_=core.v1.ExecActionArgs(command=["sleep", str(args.drain_seconds)])
            )
        ),
        resources=core.v1.ResourceRequirementsArgs(requests=amounts["requests"], limits=amounts["limits"]),
        security_context=container_security(),
        volume_mounts=_mounts(args),
    )


def flags(args: PodArgs) -> list[str]:
    """The flags of ``tensorflow_model_server``."""
    # A client that keeps its connection would go on with a pod that goes. Asked to connect anew now and then, it has
    # another by the time the pod is drained; and new pods get their share of requests.
    return [
        # Beside predictions gRPC has ModelService, whose HandleReloadConfigRequest anybody may send who reaches it. The
        # server does not start without gRPC; where nobody is to reach it, it is on a socket of the container's.
        *([f"--port={GRPC_PORT}"] if args.grpc else ["--port=0", f"--grpc_socket_path={GRPC_SOCKET}"]),
        f"--rest_api_port={REST_PORT}",
        f"--model_config_file={CONFIG_FOLDER}/{MODELS}",
        # A label is of a version that is yet to be loaded when the server starts.
        "--allow_version_labels_for_unavailable_models=true",
        f"--file_system_poll_wait_seconds={args.poll_seconds}",
        f"{CHANNEL_ARGUMENTS}={','.join(_channel_arguments(args))}",
        f"--enable_model_warmup={str(args.warm_up.enabled).lower()}",
        f"--num_request_iterations_for_warmup={args.warm_up.iterations}",
        *(
            ["--enable_batching=true", f"--batching_parameters_file={CONFIG_FOLDER}/{BATCHING}"]
            if BATCHING in args.files
            else []
        ),
        *([f"--monitoring_config_file={CONFIG_FOLDER}/{MONITORING}"] if MONITORING in args.files else []),
        *(flag for flag in args.flags if not flag.startswith(f"{CHANNEL_ARGUMENTS}=")),
    ]


def _channel_arguments(args: PodArgs) -> Iterator[str]:
    """Ours, and then those of users' flags: the server takes the flag once."""
    yield f"{CONNECTION_AGE}={args.drain_seconds * 1000 // 2}"
    for flag in args.flags:
        name, _, value = flag.partition("=")
        if name == CHANNEL_ARGUMENTS:
            yield value


def _loaded(args: PodArgs, versions: Sequence[int], *, failures: int) -> core.v1.ProbeArgs:
    return core.v1.ProbeArgs(
        exec_=core.v1.ExecActionArgs(
            command=["bash", f"{CONFIG_FOLDER}/{PROBE}", str(REST_PORT), args.model_name, *map(str, versions)]
        ),
        period_seconds=LOOK_EVERY_SECONDS,
        timeout_seconds=5,
        failure_threshold=failures,
    )


def _environment(args: PodArgs) -> list[core.v1.EnvVarArgs]:
    values = {"HOME": TEMPORARY_FOLDER}
    if args.gcp_credentials:
        values["GOOGLE_APPLICATION_CREDENTIALS"] = f"{CREDENTIALS_FOLDER}/key.json"
    if not args.google_identity:
        # Without credentials, or with a key that does not serve, it would ask a metadata server for minutes.
        values["NO_GCE_CHECK"] = "true"
    return [core.v1.EnvVarArgs(name=name, value=value) for name, value in values.items()]


def _mounts(args: PodArgs) -> list[core.v1.VolumeMountArgs]:
    folders = {CONFIG_VOLUME: CONFIG_FOLDER}
    if args.path.kind == "s3":
        folders[FETCHED_VOLUME] = FETCHED_FOLDER
    if args.gcp_credentials:
        folders[CREDENTIALS_VOLUME] = CREDENTIALS_FOLDER
    return [
        *(core.v1.VolumeMountArgs(name=name, mount_path=folder, read_only=True) for name, folder in folders.items()),
        core.v1.VolumeMountArgs(name=TEMPORARY_VOLUME, mount_path=TEMPORARY_FOLDER),
        *(
            core.v1.VolumeMountArgs(name=name, mount_path=volume.mount_path, read_only=volume.read_only or None)
            for name, volume in sorted(args.volumes.items())
        ),
    ]


def _toleration(toleration: Mapping[str, str]) -> core.v1.TolerationArgs:
    return core.v1.TolerationArgs(
        key=toleration["key"],
        operator=toleration["operator"],
        value=toleration.get("value"),
        effect=toleration.get("effect"),
    )
