"""NVIDIA's device plugin, by which nodes offer their GPUs as ``nvidia.com/gpu``."""

from dataclasses import dataclass

import pulumi
from pulumi_kubernetes import apps, core, meta, networking

from components import images
from components.base import Component
from components.labels import labels, selector
from components.network import deny_all
from components.registry import mirrored
from components.security import PRIVILEGED_NAMESPACE_LABELS, container_security

APP = "gpu-device-plugin"
SOCKETS = "/var/lib/kubelet/device-plugins"
"""Where the kubelet and its plugins meet."""


@dataclass(frozen=True, kw_only=True)
class GpuDevicePluginArgs:
    """Where it runs."""

    namespace: str
    registry_mirror: str | None


class GpuDevicePlugin(Component, token="kubeflow:cluster:GpuDevicePlugin"):
    """Owns the plugin's DaemonSet, in a namespace of its own. The plugin talks to its node alone: no network, no token.

    It brings no driver: AKS installs one, or NVIDIA's GPU Operator, which brings this plugin as well.
    """

    images: list[str]
    """Every image that the component may run."""

    def __init__(self, name: str, args: GpuDevicePluginArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self.images = [mirrored(images.GPU_DEVICE_PLUGIN, args.registry_mirror)]
        # A device plugin has a folder of its node, which only ``privileged`` allows.
        namespace = core.v1.Namespace(
            f"{name}-namespace",
            metadata=meta.v1.ObjectMetaArgs(name=args.namespace, labels=labels(APP, name, PRIVILEGED_NAMESPACE_LABELS)),
            opts=self.child(),
        )
        metadata = meta.v1.ObjectMetaArgs(name=APP, namespace=namespace.metadata.name, labels=labels(APP, name))
        policy = networking.v1.NetworkPolicy(
            f"{name}-default-deny",
            metadata=meta.v1.ObjectMetaArgs(
                name="default-deny", namespace=namespace.metadata.name, labels=labels(APP, name)
            ),
            spec=deny_all(),
            opts=self.child(),
        )
        apps.v1.DaemonSet(
            f"{name}-daemon-set",
            metadata=metadata,
            spec=apps.v1.DaemonSetSpecArgs(
                selector=meta.v1.LabelSelectorArgs(match_labels=selector(APP, name)),
                template=core.v1.PodTemplateSpecArgs(
                    metadata=meta.v1.ObjectMetaArgs(labels=labels(APP, name)),
                    spec=pod(*self.images),
                ),
            ),
            opts=self.child(depends_on=[policy]),
        )
        self.register_outputs({})


def pod(image: str) -> core.v1.PodSpecArgs:
    """The plugin's pod."""
    return core.v1.PodSpecArgs(
        automount_service_account_token=False,
        enable_service_links=False,
        # Nodes with GPUs are tainted in as many ways as there are clouds.
        tolerations=[core.v1.TolerationArgs(operator="Exists")],
        security_context=core.v1.PodSecurityContextArgs(
            seccomp_profile=core.v1.SeccompProfileArgs(type="RuntimeDefault")
        ),
        containers=[
            core.v1.ContainerArgs(
                name=APP,
                image=image,
                image_pull_policy="IfNotPresent",
                # On a node without a GPU it waits, rather than fail for ever.
                env=[core.v1.EnvVarArgs(name="FAIL_ON_INIT_ERROR", value="false")],
                resources=core.v1.ResourceRequirementsArgs(
                    requests={"cpu": "10m", "memory": "64Mi"}, limits={"cpu": "100m", "memory": "256Mi"}
                ),
                security_context=container_security(),
                volume_mounts=[core.v1.VolumeMountArgs(name="sockets", mount_path=SOCKETS)],
            )
        ],
        volumes=[
            core.v1.VolumeArgs(
                name="sockets", host_path=core.v1.HostPathVolumeSourceArgs(path=SOCKETS, type="DirectoryOrCreate")
            )
        ],
    )
