"""The proxy: users come in by it, and it leads them to the hub or to their notebook."""

from dataclasses import dataclass

import pulumi
from pulumi_kubernetes import apps, core, meta, networking

from components.base import Component
from components.core.jupyterhub.names import (
    HUB,
    HUB_PORT,
    NOTEBOOK_PORT,
    PROXY,
    PROXY_API,
    PROXY_API_PORT,
    PUBLIC_PORT,
    PUBLIC_SERVICE,
    PUBLIC_SERVICE_PORT,
    may_reach,
    url,
)
from components.labels import NOTEBOOK_LABELS, labels, selector
from components.network import dns_egress, egress_to, ingress_from, pods
from components.probes import http_probe
from components.registry import mirrored
from components.schema.core import CoreSettings
from components.security import container_security, pod_security
from components.services import ServiceType, await_annotations, await_timeouts

USER_ID = 65534
"""The user nobody, which the image runs as."""

TOKEN_KEY = "proxy-token"


@dataclass(frozen=True, kw_only=True)
class ProxyArgs:
    """What the proxy runs with."""

    namespace: pulumi.Input[str]
    settings: CoreSettings
    registry_mirror: str | None
    secret_name: pulumi.Input[str]
    """The Secret whose key ``proxy-token`` the hub authenticates with. A new name restarts the proxy."""


class Proxy(Component, token="kubeflow:core:Proxy"):
    """Owns configurable-http-proxy's Deployment, its two Services and its NetworkPolicy.

    It restarts when its image or its token changes, and not with the hub: open notebooks stay connected.
    """

    public_service: core.v1.Service

    def __init__(self, name: str, args: ProxyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._name, self._args = name, args
        policy = self._network_policy()
        apps.v1.Deployment(
            f"{name}-deployment",
            metadata=self._metadata(PROXY),
            spec=apps.v1.DeploymentSpecArgs(
                replicas=1,
                # Two proxies would know different routes.
                strategy=apps.v1.DeploymentStrategyArgs(type="Recreate"),
                selector=meta.v1.LabelSelectorArgs(match_labels=selector(PROXY, name)),
                template=core.v1.PodTemplateSpecArgs(
                    metadata=meta.v1.ObjectMetaArgs(labels=labels(PROXY, name, may_reach("hub", "singleuser"))),
                    spec=core.v1.PodSpecArgs(
                        automount_service_account_token=False,
                        priority_class_name=args.settings.hub_priority_class,
                        enable_service_links=False,
                        termination_grace_period_seconds=60,
                        security_context=pod_security(uid=USER_ID, gid=USER_ID),
                        containers=[container(args)],
                    ),
                ),
            ),
            # No pod starts before the policy that holds for it.
            opts=self.child(depends_on=[policy]),
        )
        self._service("api-service", PROXY_API, port=PROXY_API_PORT, target_port="api")
        self.public_service = self._service(
            "public-service",
            PUBLIC_SERVICE,
            port=PUBLIC_SERVICE_PORT,
            target_port="http",
            kind=args.settings.jupyter_hub_service_type,
        )
        self.register_outputs({})

    def _metadata(self, name: str, annotations: dict[str, str] | None = None) -> meta.v1.ObjectMetaArgs:
        return meta.v1.ObjectMetaArgs(
            name=name, namespace=self._args.namespace, labels=labels(PROXY, self._name), annotations=annotations
        )

    def _service(
        self, role: str, service: str, *, port: int, target_port: str, kind: ServiceType = "ClusterIP"
    ) -> core.v1.Service:
        return core.v1.Service(
            f"{self._name}-{role}",
            metadata=self._metadata(service, await_annotations(kind)),
            spec=core.v1.ServiceSpecArgs(
                type=kind,
                selector=selector(PROXY, self._name),
                ports=[core.v1.ServicePortArgs(name="http", port=port, target_port=target_port)],
            ),
            opts=self.child(custom_timeouts=await_timeouts(kind)),
        )

    def _network_policy(self) -> networking.v1.NetworkPolicy:
        # Beyond ClusterIP anybody may come, and has to log in. Within the cluster, only whoever is labelled for it; a
        # port-forward comes from the node, which no policy stops.
        is_public = self._args.settings.jupyter_hub_service_type != "ClusterIP"
        return networking.v1.NetworkPolicy(
            f"{self._name}-network-policy",
            metadata=self._metadata(PROXY),
            spec=networking.v1.NetworkPolicySpecArgs(
                pod_selector=meta.v1.LabelSelectorArgs(match_labels=selector(PROXY, self._name)),
                policy_types=["Ingress", "Egress"],
                ingress=[
                    ingress_from([pods(may_reach("proxy-api"))], PROXY_API_PORT),
                    ingress_from([] if is_public else [pods(may_reach("proxy-http"))], PUBLIC_PORT),
                ],
                egress=[
                    dns_egress(),
                    egress_to(pods({"app.kubernetes.io/name": HUB}), HUB_PORT),
                    egress_to(pods(NOTEBOOK_LABELS), NOTEBOOK_PORT),
                ],
            ),
            opts=self.child(),
        )


def container(args: ProxyArgs) -> core.v1.ContainerArgs:
    """The proxy's container, with Zero to JupyterHub's arguments and probes."""
    hub = url(HUB, HUB_PORT)
    return core.v1.ContainerArgs(
        name=PROXY,
        image=mirrored(args.settings.proxy_image, args.registry_mirror),
        image_pull_policy="IfNotPresent",
        command=["configurable-http-proxy"],
        args=[
            # No address means every address, of every family.
            "--ip=",
            "--api-ip=",
            f"--port={PUBLIC_PORT}",
            f"--api-port={PROXY_API_PORT}",
            f"--default-target={hub}",
            f"--error-target={hub}/hub/error",
            # Routes begin with the host: each user's notebook has one of its own.
            *(["--host-routing"] if args.settings.hub.subdomain_host else []),
        ],
        env=[
            core.v1.EnvVarArgs(
                name="CONFIGPROXY_AUTH_TOKEN",
                value_from=core.v1.EnvVarSourceArgs(
                    secret_key_ref=core.v1.SecretKeySelectorArgs(name=args.secret_name, key=TOKEN_KEY)
                ),
            )
        ],
        ports=[
            core.v1.ContainerPortArgs(name="http", container_port=PUBLIC_PORT),
            core.v1.ContainerPortArgs(name="api", container_port=PROXY_API_PORT),
        ],
        liveness_probe=http_probe("/_chp_healthz", delay=60, period=10, failures=30, timeout=3),
        readiness_probe=http_probe("/_chp_healthz", delay=0, period=2, failures=1000, timeout=1),
        resources=core.v1.ResourceRequirementsArgs(
            requests={"cpu": "50m", "memory": "128Mi"}, limits={"cpu": "1", "memory": "512Mi"}
        ),
        security_context=container_security(),
    )
