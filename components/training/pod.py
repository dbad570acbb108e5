"""The operator's container."""

from collections.abc import Collection
from typing import NamedTuple

from pulumi_kubernetes import core

from components.environment import of_field
from components.probes import http_probe
from components.registry import mirrored
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


class OperatorImages(NamedTuple):
    """What the operator runs, and what it puts into pods of jobs."""

    operator: str
    wait_for_master: str
    kubectl: str

    def of_kinds(self, kinds: Collection[str]) -> list[str]:
        """Those that run where jobs of these kinds do."""
        put_into_pods = {"pytorchJob": self.wait_for_master, "mpiJob": self.kubectl}
        return [self.operator, *(image for kind, image in put_into_pods.items() if kind in kinds)]


def operator_images(settings: TrainingOperatorSettings, registry_mirror: str | None) -> OperatorImages:
    """The images of the settings, as they are pulled."""
    named = (settings.image, settings.init_image, settings.kubectl_image)
    return OperatorImages(*(mirrored(image, registry_mirror) for image in named))


def container(
    settings: TrainingOperatorSettings, installation: str, kinds: list[JobKind], images: OperatorImages
) -> core.v1.ContainerArgs:
    """The operator's container."""
    mount = core.v1.VolumeMountArgs
    probe = http_probe("/readyz", delay=0, period=2, failures=3, timeout=3)
    return core.v1.ContainerArgs(
        name=OPERATOR,
        image=images.operator,
        image_pull_policy="IfNotPresent",
        command=["/manager"],
        args=arguments(settings, installation, kinds, images),
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
    settings: TrainingOperatorSettings, installation: str, kinds: list[JobKind], images: OperatorImages
) -> list[str]:
    """The operator's command line."""
    watched = [f"--namespace={installation}"] if settings.watch == "namespace" else []
    return [
        *(f"--enable-scheme={kind.singular}" for kind in kinds),
        *watched,
        *([f"--mpi-kubectl-delivery-image={images.kubectl}"] if "mpiJob" in settings.kinds else []),
        # Also where there is one: while it is updated there are two.
        "--leader-elect",
        f"--pytorch-init-container-image={images.wait_for_master}",
        f"--pytorch-init-container-template-file={TEMPLATE_FOLDER}/{TEMPLATE}",
        f"--metrics-bind-address=:{METRICS_PORT}",
        f"--health-probe-bind-address=:{HEALTH_PORT}",
        f"--webhook-server-port={WEBHOOK_PORT}",
        "--zap-devel=false",
    ]
