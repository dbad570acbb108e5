"""The operator's container."""

import pulumi
from pulumi_kubernetes import core

from components.security import container_security
from components.serving.seldon.names import (
    CERTIFICATE_FOLDER,
    FIRST_UNIT_GRPC_PORT,
    FIRST_UNIT_HTTP_PORT,
    GRPC_PORT,
    HTTP_PORT,
    METRICS_PATH,
    METRICS_PORT,
    OPERATOR,
    USER_ID,
    WEBHOOK_PORT,
)


def container(*, image: str, executor: str, watched: pulumi.Input[str]) -> core.v1.ContainerArgs:
    """The operator's container.

    Args:
        image: the operator's image.
        executor: the image of what takes requests through graphs.
        watched: the namespace that it looks after.
    """
    listens = core.v1.TCPSocketActionArgs(port="webhook")
    return core.v1.ContainerArgs(
        name=OPERATOR,
        image=image,
        image_pull_policy="IfNotPresent",
        command=["/manager"],
        args=[f"--webhook-port={WEBHOOK_PORT}", f"--metrics-addr=:{METRICS_PORT}", "--log-level=INFO"],
        env=[
            core.v1.EnvVarArgs(name=name, value=value)
            for name, value in sorted(_environment(executor, watched).items())
        ],
        ports=[
            core.v1.ContainerPortArgs(name="webhook", container_port=WEBHOOK_PORT),
            core.v1.ContainerPortArgs(name="metrics", container_port=METRICS_PORT),
        ],
        # It has no path that says how it is.
        startup_probe=core.v1.ProbeArgs(tcp_socket=listens, period_seconds=2, failure_threshold=60),
        liveness_probe=core.v1.ProbeArgs(tcp_socket=listens, period_seconds=20, failure_threshold=3),
        readiness_probe=core.v1.ProbeArgs(tcp_socket=listens, period_seconds=2, failure_threshold=3),
        resources=core.v1.ResourceRequirementsArgs(
            requests={"cpu": "50m", "memory": "64Mi"}, limits={"cpu": "500m", "memory": "300Mi"}
        ),
        security_context=container_security(),
        volume_mounts=[core.v1.VolumeMountArgs(name="certificate", mount_path=CERTIFICATE_FOLDER, read_only=True)],
    )


def _environment(executor: str, watched: pulumi.Input[str]) -> dict[str, pulumi.Input[str]]:
    off = ("AMBASSADOR_ENABLED", "ISTIO_ENABLED", "KEDA_ENABLED")
    return {
        **dict.fromkeys(off, "false"),
        "WATCH_NAMESPACE": watched,
        # Where it looks for its ConfigMap. It sees no other namespace than the one that it looks after.
        "POD_NAMESPACE": watched,
        "DEFAULT_USER_ID": str(USER_ID),
        "EXECUTOR_CONTAINER_IMAGE_AND_VERSION": executor,
        "EXECUTOR_CONTAINER_IMAGE_PULL_POLICY": "IfNotPresent",
        "EXECUTOR_CONTAINER_SERVICE_ACCOUNT_NAME": "default",
        "EXECUTOR_CONTAINER_USER": str(USER_ID),
        "EXECUTOR_PROMETHEUS_PATH": METRICS_PATH,
        "EXECUTOR_SERVER_PORT": str(HTTP_PORT),
        "EXECUTOR_SERVER_GRPC_PORT": str(GRPC_PORT),
        "PREDICTIVE_UNIT_HTTP_SERVICE_PORT": str(FIRST_UNIT_HTTP_PORT),
        "PREDICTIVE_UNIT_GRPC_SERVICE_PORT": str(FIRST_UNIT_GRPC_PORT),
    }
