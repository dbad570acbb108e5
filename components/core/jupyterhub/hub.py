"""The hub: it logs users in and starts their notebooks."""

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from importlib import resources

import pulumi
from pulumi_kubernetes import apps, core, meta, networking, rbac

import components
from components.base import Component
from components.core.jupyterhub.hub_settings import DATABASE_FOLDER, hub_settings
from components.core.jupyterhub.names import (
    HUB,
    HUB_PORT,
    NOTEBOOK_PORT,
    PROXY,
    PROXY_API_PORT,
    may_reach,
)
from components.environment import of_field
from components.labels import NOTEBOOK_LABELS, labels, selector
from components.network import anywhere_egress, dns_egress, egress_to, ingress_from, pods
from components.probes import http_probe
from components.registry import mirrored
from components.rights import role_ref
from components.schema.core import DATABASE_CLAIM, CoreSettings
from components.schema.storage import StorageSettings
from components.security import container_security, pod_security

USER_ID = 1000
"""The user of the hub's image."""

SHARED_FILES = ("image_rules.py", "notebook_names.py", "registry.py", "spawn_options.py")
"""What the hub runs as it is, beside its own configuration."""

CONFIG_FOLDER = "/etc/jupyterhub/config"
SECRETS_FOLDER = "/etc/jupyterhub/secrets"


@dataclass(frozen=True, kw_only=True)
class HubArgs:
    """What the hub runs with."""

    namespace: pulumi.Input[str]
    settings: CoreSettings
    storage: StorageSettings
    """The shared disks, which notebooks mount."""
    registry_mirror: str | None
    api_ports: tuple[int, ...]
    """The ports on which the API server is reached."""
    provider_ports: tuple[int, ...]
    """The ports on which the OAuth provider is reached; none without one."""
    secret_name: pulumi.Input[str]
    """The Secret whose keys the hub finds as files. A new name restarts it."""
    secret_names: tuple[str, ...]
    """Those keys."""
    notebook_policy: pulumi.Resource
    """What has to be there before the first notebook."""
    installation_id: str
    """The id that pods and claims of users bear."""


class Hub(Component, token="kubeflow:core:Hub"):
    """Owns the hub's Deployment, configuration, database claim, Service, rights and NetworkPolicy.

    The claim is protected and outlives the component. The hub runs once or not at all: sqlite has one writer.
    """

    def __init__(self, name: str, args: HubArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._name, self._args = name, args
        account = self._account()
        policy = self._network_policy()
        database = self._database() if args.settings.hub.database == "pvc" else None
        files = config_files(args.settings, args.storage, args.registry_mirror, args.secret_names, args.installation_id)
        config = core.v1.ConfigMap(
            f"{name}-config",
            metadata=meta.v1.ObjectMetaArgs(namespace=args.namespace, labels=labels(HUB, name)),
            data=files,
            opts=self.child(),
        )
        apps.v1.Deployment(
            f"{name}-deployment",
            metadata=self._metadata(HUB),
            spec=apps.v1.DeploymentSpecArgs(
                replicas=1,
                strategy=apps.v1.DeploymentStrategyArgs(type="Recreate"),
                selector=meta.v1.LabelSelectorArgs(match_labels=selector(HUB, name)),
                template=core.v1.PodTemplateSpecArgs(
                    metadata=meta.v1.ObjectMetaArgs(
                        labels=labels(HUB, name, may_reach("proxy-api", "singleuser")),
                        annotations={"checksum/config": checksum(files)},
                    ),
                    spec=core.v1.PodSpecArgs(
                        service_account_name=account.metadata.name,
                        priority_class_name=args.settings.hub_priority_class,
                        enable_service_links=False,
                        security_context=pod_security(uid=USER_ID, gid=USER_ID, fs_group=USER_ID),
                        containers=[container(args.settings, args.registry_mirror)],
                        volumes=volumes(
                            config.metadata.name, args.secret_name, database.metadata.name if database else None
                        ),
                    ),
                ),
            ),
            # No pod starts before the policies that hold for it.
            opts=self.child(depends_on=[policy, args.notebook_policy]),
        )
        core.v1.Service(
            f"{name}-service",
            # The Deployment is awaited, and proves what waiting for the Service's endpoints would: that costs 10 s.
            metadata=self._metadata(HUB, {"pulumi.com/skipAwait": "true"}),
            spec=core.v1.ServiceSpecArgs(
                selector=selector(HUB, name),
                ports=[core.v1.ServicePortArgs(name="http", port=HUB_PORT, target_port="http")],
            ),
            opts=self.child(),
        )
        self.register_outputs({})

    def _metadata(self, name: str, annotations: dict[str, str] | None = None) -> meta.v1.ObjectMetaArgs:
        return meta.v1.ObjectMetaArgs(
            name=name, namespace=self._args.namespace, labels=labels(HUB, self._name), annotations=annotations
        )

    def _account(self) -> core.v1.ServiceAccount:
        account = core.v1.ServiceAccount(f"{self._name}-account", metadata=self._metadata(HUB), opts=self.child())
        role = rbac.v1.Role(
            f"{self._name}-role",
            metadata=self._metadata(HUB),
            rules=[
                rbac.v1.PolicyRuleArgs(
                    api_groups=[""],
                    resources=["pods", "persistentvolumeclaims"],
                    verbs=["get", "watch", "list", "create", "delete"],
                ),
                rbac.v1.PolicyRuleArgs(api_groups=[""], resources=["events"], verbs=["get", "watch", "list"]),
            ],
            opts=self.child(),
        )
        rbac.v1.RoleBinding(
            f"{self._name}-role-binding",
            metadata=self._metadata(HUB),
            role_ref=role_ref("Role", role.metadata.name),
            subjects=[
                rbac.v1.SubjectArgs(kind="ServiceAccount", name=account.metadata.name, namespace=self._args.namespace)
            ],
            opts=self.child(),
        )
        return account

    def _database(self) -> core.v1.PersistentVolumeClaim:
        hub = self._args.settings.hub
        return core.v1.PersistentVolumeClaim(
            f"{self._name}-database",
            # The Deployment is awaited, and does not become ready before its claim is bound.
            metadata=self._metadata(DATABASE_CLAIM, {"pulumi.com/skipAwait": "true"}),
            spec=core.v1.PersistentVolumeClaimSpecArgs(
                access_modes=["ReadWriteOnce"],
                resources=core.v1.VolumeResourceRequirementsArgs(requests={"storage": f"{hub.database_size_gib}Gi"}),
                storage_class_name=hub.database_storage_class,
            ),
            opts=self.child(protect=True),
        )

    def _network_policy(self) -> networking.v1.NetworkPolicy:
        return networking.v1.NetworkPolicy(
            f"{self._name}-network-policy",
            metadata=self._metadata(HUB),
            spec=networking.v1.NetworkPolicySpecArgs(
                pod_selector=meta.v1.LabelSelectorArgs(match_labels=selector(HUB, self._name)),
                policy_types=["Ingress", "Egress"],
                ingress=[ingress_from([pods(may_reach("hub"))], HUB_PORT)],
                egress=[
                    dns_egress(),
                    egress_to(pods({"app.kubernetes.io/name": PROXY}), PROXY_API_PORT),
                    egress_to(pods(NOTEBOOK_LABELS), NOTEBOOK_PORT),
                    anywhere_egress(*sorted({*self._args.api_ports, *self._args.provider_ports})),
                ],
            ),
            opts=self.child(),
        )


def config_files(
    settings: CoreSettings,
    storage: StorageSettings,
    registry_mirror: str | None,
    secret_names: Collection[str] = (),
    installation_id: str = "",
) -> dict[str, str]:
    """The files of the hub's ConfigMap."""
    shared = resources.files(components)
    ours = resources.files("components.core.jupyterhub") / "files"
    return {
        "jupyterhub_config.py": (ours / "jupyterhub_config.py").read_text(),
        "spawn_form.html": (ours / "spawn_form.html").read_text(),
        **{name: (shared / name).read_text() for name in SHARED_FILES},
        "settings.json": json.dumps(
            hub_settings(settings, storage, registry_mirror, secret_names, installation_id), indent=2, sort_keys=True
        ),
    }


def checksum(files: dict[str, str]) -> str:
    """Changes with the files, and restarts the pod that carries it."""
    return hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()


def container(settings: CoreSettings, registry_mirror: str | None) -> core.v1.ContainerArgs:
    """The hub's container, with Zero to JupyterHub's probes."""
    mount = core.v1.VolumeMountArgs
    return core.v1.ContainerArgs(
        name=HUB,
        image=mirrored(settings.jupyter_hub_image, registry_mirror),
        image_pull_policy="IfNotPresent",
        args=["jupyterhub", "--config", f"{CONFIG_FOLDER}/jupyterhub_config.py"],
        env=[
            core.v1.EnvVarArgs(name="PYTHONUNBUFFERED", value="1"),
            core.v1.EnvVarArgs(name="JUPYTERHUB_SECRETS", value=SECRETS_FOLDER),
            of_field("POD_NAMESPACE", "metadata.namespace"),
        ],
        ports=[core.v1.ContainerPortArgs(name="http", container_port=HUB_PORT)],
        liveness_probe=http_probe("/hub/health", delay=300, period=10, failures=30, timeout=3),
        readiness_probe=http_probe("/hub/health", delay=0, period=2, failures=1000, timeout=1),
        resources=core.v1.ResourceRequirementsArgs(
            requests={"cpu": "100m", "memory": "256Mi"}, limits={"cpu": "2", "memory": "2Gi"}
        ),
        security_context=container_security(),
        volume_mounts=[
            mount(name="config", mount_path=CONFIG_FOLDER, read_only=True),
            mount(name="secrets", mount_path=SECRETS_FOLDER, read_only=True),
            mount(name="database", mount_path=DATABASE_FOLDER),
            mount(name="tmp", mount_path="/tmp"),
        ],
    )


def volumes(
    config_name: pulumi.Input[str], secret_name: pulumi.Input[str], claim_name: pulumi.Input[str] | None
) -> list[core.v1.VolumeArgs]:
    """The hub's volumes; without a claim its folder is as short-lived as its pod."""
    return [
        core.v1.VolumeArgs(name="config", config_map=core.v1.ConfigMapVolumeSourceArgs(name=config_name)),
        core.v1.VolumeArgs(name="secrets", secret=core.v1.SecretVolumeSourceArgs(secret_name=secret_name)),
        core.v1.VolumeArgs(
            name="database",
            persistent_volume_claim=core.v1.PersistentVolumeClaimVolumeSourceArgs(claim_name=claim_name)
            if claim_name
            else None,
            empty_dir=None if claim_name else core.v1.EmptyDirVolumeSourceArgs(),
        ),
        core.v1.VolumeArgs(name="tmp", empty_dir=core.v1.EmptyDirVolumeSourceArgs()),
    ]
