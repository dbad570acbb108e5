"""A disk that one pod attaches and exports over NFS, for any number of pods to mount."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes import apps, core, meta, storage

from components.base import Component
from components.cluster.disks.nfs_namespace import APP, PORTS
from components.cluster.disks.persistent_volume import claim_spec, volume_spec
from components.cluster.disks.volume import DiskVolume
from components.environment import of_field
from components.labels import labels, selector

EXPORT_FOLDER = "/export"
SMALLEST = "1Mi"
"""What the shared claim asks for. The provisioner refuses a claim of more than is free on the disk, and gives every
claim all of it; Kubeflow 0.1 asked for the same."""
CAPABILITIES = ["DAC_READ_SEARCH", "SYS_RESOURCE"]
"""What an NFS server needs beyond a container's usual rights: to open files by handle, and many of them."""


@dataclass(frozen=True, kw_only=True)
class NfsExportArgs:
    """What is exported, and to whom."""

    disk: str
    volume: DiskVolume
    volume_class: str
    """The class of the disk's own volume and claim."""
    installation: str
    """The stack's own namespace, which tells the cluster-wide volume from other installations'."""
    namespace: pulumi.Input[str]
    """Where the shared claim is."""
    nfs_namespace: pulumi.Input[str]
    service_account: pulumi.Input[str]
    image: str
    after: Sequence[pulumi.Resource]
    """What has to be there before the exporter."""


class NfsExport(Component, token="kubeflow:cluster:NfsExport"):
    """Owns the disk's volume, the exporter of it, the StorageClass ``DISK-nfs`` and the shared claim ``DISK``.

    Volume, claims and the Service whose address they name are protected, and whatever deletes them, the disk is kept.
    """

    def __init__(self, name: str, args: NfsExportArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._name, self._args = name, args
        service = self._service()
        apps.v1.Deployment(
            f"{name}-provisioner",
            metadata=self._metadata(f"{args.disk}-provisioner"),
            spec=apps.v1.DeploymentSpecArgs(
                replicas=1,
                # A disk is attached once.
                strategy=apps.v1.DeploymentStrategyArgs(type="Recreate"),
                selector=meta.v1.LabelSelectorArgs(match_labels=selector(APP, name)),
                template=core.v1.PodTemplateSpecArgs(
                    metadata=meta.v1.ObjectMetaArgs(labels=labels(APP, name)),
                    spec=self._pod(self._disk_claim().metadata.name),
                ),
            ),
            opts=self.child(depends_on=[*args.after, service]),
        )
        self._shared_claim()
        self.register_outputs({})

    def _labels(self) -> dict[str, str]:
        return labels(APP, self._name)

    def _metadata(self, name: str, annotations: Mapping[str, str] | None = None) -> meta.v1.ObjectMetaArgs:
        return meta.v1.ObjectMetaArgs(
            name=name, namespace=self._args.nfs_namespace, labels=self._labels(), annotations=annotations
        )

    def _disk_claim(self) -> core.v1.PersistentVolumeClaim:
        args = self._args
        volume_name = None
        if args.volume.storage_class is None:
            volume = core.v1.PersistentVolume(
                f"{self._name}-volume",
                metadata=meta.v1.ObjectMetaArgs(name=f"{args.installation}-{args.disk}", labels=self._labels()),
                spec=volume_spec(
                    args.volume, storage_class=args.volume_class, claim=args.disk, namespace=args.nfs_namespace
                ),
                # Its driver writes the new size here, once the filesystem of a larger disk has grown.
                opts=self.child(protect=True, ignore_changes=["spec.capacity"], depends_on=list(args.volume.after)),
            )
            volume_name = volume.metadata.name
        return core.v1.PersistentVolumeClaim(
            f"{self._name}-source",
            # The Deployment is awaited, and does not become ready before its claim is bound.
            metadata=self._metadata(args.disk, {"pulumi.com/skipAwait": "true"}),
            spec=claim_spec(
                args.volume, storage_class=args.volume.storage_class or args.volume_class, volume_name=volume_name
            ),
            opts=self.child(protect=True, depends_on=list(args.volume.after)),
        )

    def _service(self) -> core.v1.Service:
        return core.v1.Service(
            f"{self._name}-service",
            # The Deployment is awaited, and proves what waiting for the Service's endpoints would.
            metadata=self._metadata(f"{self._args.disk}-service", {"pulumi.com/skipAwait": "true"}),
            spec=core.v1.ServiceSpecArgs(
                selector=selector(APP, self._name),
                ports=[
                    core.v1.ServicePortArgs(name=name, port=port, target_port=port, protocol=protocol)
                    for name, port, protocol in _ports()
                ],
            ),
            # The volumes of claims name its address for ever, so that another Service would not be found.
            opts=self.child(protect=True),
        )

    def _pod(self, claim: pulumi.Input[str]) -> core.v1.PodSpecArgs:
        return core.v1.PodSpecArgs(
            service_account_name=self._args.service_account,
            enable_service_links=False,
            # Where the disk is: a claim that waits for its first pod says nothing yet.
            node_selector=dict(self._args.volume.node_labels) or None,
            security_context=core.v1.PodSecurityContextArgs(
                seccomp_profile=core.v1.SeccompProfileArgs(type="RuntimeDefault")
            ),
            containers=[container(self._args.disk, self._args.installation, self._args.image)],
            volumes=[
                core.v1.VolumeArgs(
                    name="disk",
                    persistent_volume_claim=core.v1.PersistentVolumeClaimVolumeSourceArgs(claim_name=claim),
                )
            ],
        )

    def _shared_claim(self) -> None:
        disk = self._args.disk
        storage_class = storage.v1.StorageClass(
            f"{self._name}-class",
            metadata=meta.v1.ObjectMetaArgs(name=f"{disk}-nfs", labels=self._labels()),
            provisioner=provisioner(disk, self._args.installation),
            reclaim_policy="Retain",
            mount_options=["vers=4.1"],
            opts=self.child(),
        )
        core.v1.PersistentVolumeClaim(
            f"{self._name}-claim",
            metadata=meta.v1.ObjectMetaArgs(
                name=disk,
                namespace=self._args.namespace,
                labels=self._labels(),
                # The exporter, which is awaited, binds it.
                annotations={"pulumi.com/skipAwait": "true"},
            ),
            spec=core.v1.PersistentVolumeClaimSpecArgs(
                access_modes=["ReadWriteMany"],
                resources=core.v1.VolumeResourceRequirementsArgs(requests={"storage": SMALLEST}),
                storage_class_name=storage_class.metadata.name,
            ),
            # It depends on no exporter: what a protected claim depends on would stay when the stack goes.
            opts=self.child(protect=True),
        )


def provisioner(disk: str, installation: str) -> str:
    """Who answers claims of the disk's class: this stack's exporter, and no other's with a disk of the same name."""
    return f"{installation}.{disk}/nfs"


def _ports() -> list[tuple[str, int, str]]:
    return [
        (name if protocol == "TCP" else f"{name}-udp", port, protocol)
        for name, port in PORTS.items()
        for protocol in ("TCP", "UDP")
    ]


def container(disk: str, installation: str, image: str) -> core.v1.ContainerArgs:
    """The exporter of ``disk``: an NFS server, and what answers claims of the disk's class."""
    probe = core.v1.ProbeArgs(
        tcp_socket=core.v1.TCPSocketActionArgs(port=PORTS["nfs"]), period_seconds=10, timeout_seconds=3
    )
    return core.v1.ContainerArgs(
        name=APP,
        image=image,
        image_pull_policy="IfNotPresent",
        args=[f"-provisioner={provisioner(disk, installation)}"],
        env=[
            of_field("POD_IP", "status.podIP"),
            core.v1.EnvVarArgs(name="SERVICE_NAME", value=f"{disk}-service"),
            of_field("POD_NAMESPACE", "metadata.namespace"),
        ],
        ports=[
            core.v1.ContainerPortArgs(name=name, container_port=port, protocol=protocol)
            for name, port, protocol in _ports()
        ],
        # After a crash the server waits 90 s for its clients to come back; it listens all the while.
        liveness_probe=probe,
        readiness_probe=probe,
        resources=core.v1.ResourceRequirementsArgs(
            requests={"cpu": "100m", "memory": "256Mi"}, limits={"cpu": "2", "memory": "2Gi"}
        ),
        security_context=core.v1.SecurityContextArgs(
            allow_privilege_escalation=False,
            capabilities=core.v1.CapabilitiesArgs(add=CAPABILITIES, drop=["NET_RAW"]),
        ),
        volume_mounts=[core.v1.VolumeMountArgs(name="disk", mount_path=EXPORT_FOLDER)],
    )
