"""The operator's container."""

from pulumi_kubernetes import core

from components.environment import of_field
from components.probes import http_probe
from components.schema.training import TrainingOperatorSettings
from components.security import container_security
from components.training.crds import JobKind
from components.training.names import (
    CERTIFICATE_FOLDER,
    HEALTH_PORT,
    METRICS_PORT,
    OPERATOR,
    WEBHOOK_PORT,
)

TEMPLATE_FOLDER = "/etc/config"
TEMPLATE = "initContainer.yaml"
FIRST_START_SECONDS = 300
"""How long a first start may take: the kubelet brings the certificate that the operator makes after a while."""


def container(
    settings: TrainingOperatorSettings, installation: str, kinds: list[JobKind], *, image: str, init_image: str
) -> core.v1.ContainerArgs:
    """The operator's container."""
    mount = core.v1.VolumeMountArgs
    probe = http_probe("/readyz", delay=0, period=2, failures=3, timeout=3)
    return core.v1.ContainerArgs(
        name=OPERATOR,
        image=image,
        image_pull_policy="IfNotPresent",
        command=["/manager"],
        args=arguments(settings, installation, kinds, init_image),
        env=[
            of_field("MY_POD_NAMESPACE", "metadata.namespace"),
            of_field("MY_POD_NAME", "metadata.name"),
        ],
        ports=[
            core.v1.ContainerPortArgs(name="metrics", container_port=METRICS_PORT),
            core.v1.ContainerPortArgs(name="http", container_port=HEALTH_PORT),
            core.v1.ContainerPortArgs(name="webhook", container_port=WEBHOOK_PORT),
        ],
        startup_probe=http_probe("/readyz", delay=0, period=2, failures=FIRST_START_SECONDS // 2, timeout=3),
        liveness_probe=http_probe("/healthz", delay=0, period=20, failures=3, timeout=3),
        readiness_probe=probe,
        resources=core.v1.ResourceRequirementsArgs(
            requests={"cpu": "50m", "memory": "64Mi"}, limits={"cpu": "1", "memory": "512Mi"}
        ),
        security_context=container_security(),
        volume_mounts=[
            mount(name="certificate", mount_path=CERTIFICATE_FOLDER, read_only=True),
            mount(name="templates", mount_path=TEMPLATE_FOLDER, read_only=True),
        ],
    )


def arguments(
    settings: TrainingOperatorSettings, installation: str, kinds: list[JobKind], init_image: str
) -> list[str]:
    """The operator's command line."""
    watched = [f"--namespace={installation}"] if settings.watch == "namespace" else []
    return [
        *(f"--enable-scheme={kind.singular}" for kind in kinds),
        *watched,
        *(["--leader-elect"] if settings.replicas > 1 else []),
        f"--pytorch-init-container-image={init_image}",
        f"--pytorch-init-container-template-file={TEMPLATE_FOLDER}/{TEMPLATE}",
        f"--metrics-bind-address=:{METRICS_PORT}",
        f"--health-probe-bind-address=:{HEALTH_PORT}",
        f"--webhook-server-port={WEBHOOK_PORT}",
        "--zap-devel=false",
    ]
