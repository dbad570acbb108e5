"""JupyterHub: notebooks for the users of the cluster."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import pulumi
from pulumi_kubernetes import core, meta, networking

from components.base import Component
from components.core.jupyterhub.hub import Hub, HubArgs
from components.core.jupyterhub.names import (
    HUB,
    HUB_PORT,
    NOTEBOOK_PORT,
    PUBLIC_PORT,
    PUBLIC_SERVICE,
    PUBLIC_SERVICE_PORT,
    may_reach,
)
from components.core.jupyterhub.proxy import TOKEN_KEY, Proxy, ProxyArgs
from components.kubectl import kubectl
from components.labels import NOTEBOOK_LABELS, labels
from components.network import dns_egress, egress_to, ingress_from, internet_egress, pods
from components.registry import mirrored
from components.schema.core import CoreSettings
from components.schema.storage import StorageSettings
from components.services import load_balancer_address
from components.settings import Secrets
from components.site import Site


@dataclass(frozen=True, kw_only=True)
class JupyterHubArgs:
    """What JupyterHub runs with."""

    site: Site
    settings: CoreSettings
    storage: StorageSettings
    """The shared disks, which notebooks mount."""
    context: str
    """The kubeconfig's context, for commands that users are told."""
    secrets: Secrets


class JupyterHub(Component, token="kubeflow:core:JupyterHub"):
    """Owns hub, proxy, their secrets, and what notebooks may reach.

    Notebooks and their claims are made by the hub and are none of this component's: they outlive it.
    """

    url: pulumi.Output[str]
    """Where users find the hub; with a ClusterIP, once ``port_forward`` runs."""
    port_forward: pulumi.Output[str]
    """The command that brings the hub to this machine."""
    images: list[str]
    """Every image that the component may run."""

    def __init__(self, name: str, args: JupyterHubArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._name, self._args = name, args
        token = self._generated("proxy-token")
        proxy_secret = self._secret("proxy-secret", {TOKEN_KEY: token})
        given = {
            "shared-password": args.secrets.shared_password,
            "admin-password": args.secrets.admin_password,
            "oauth-client-secret": args.secrets.oauth_client_secret,
        }
        hub_secrets = {
            TOKEN_KEY: token,
            "cookie-secret": self._generated("cookie-secret"),
            **{key: value for key, value in given.items() if value is not None},
        }
        hub_secret = self._secret("hub-secret", hub_secrets)
        notebook_policy = self._notebook_policy()
        Hub(
            f"{name}-hub",
            HubArgs(
                namespace=args.site.namespace,
                settings=args.settings,
                storage=args.storage,
                registry_mirror=args.site.registry_mirror,
                api_ports=args.site.api_ports,
                provider_ports=provider_ports(args.settings),
                secret_name=hub_secret.metadata.name,
                secret_names=tuple(hub_secrets),
                notebook_policy=notebook_policy,
                installation_id=args.site.installation_id,
            ),
            self.child(),
        )
        proxy = Proxy(
            f"{name}-proxy",
            ProxyArgs(
                namespace=args.site.namespace,
                settings=args.settings,
                registry_mirror=args.site.registry_mirror,
                secret_name=proxy_secret.metadata.name,
            ),
            self.child(),
        )
        self.url = _url(args.settings, proxy.public_service)
        self.port_forward = pulumi.Output.format(
            "{0} port-forward --namespace {1} service/{2} {3}:{4}",
            kubectl(args.context),
            args.site.namespace,
            PUBLIC_SERVICE,
            PUBLIC_PORT,
            PUBLIC_SERVICE_PORT,
        )
        self.images = images_of(args.settings, args.site.registry_mirror)
        self.register_outputs({"url": self.url, "portForward": self.port_forward})

    def _generated(self, role: str) -> pulumi.Output[str]:
        """256 random bits, made once and kept, encrypted, in the state."""
        return pulumi.Output.secret(self.kept(f"{self._name}-{role}", pulumi.Output.secret(secrets.token_hex(32))))

    def _secret(self, role: str, values: Mapping[str, pulumi.Input[str]]) -> core.v1.Secret:
        return core.v1.Secret(
            f"{self._name}-{role}",
            metadata=meta.v1.ObjectMetaArgs(
                namespace=self._args.site.namespace, labels=labels("jupyterhub", self._name)
            ),
            string_data=values,
            opts=self.child(),
        )

    def _notebook_policy(self) -> networking.v1.NetworkPolicy:
        args = self._args
        internet = [internet_egress(args.site.private_ranges)] if args.settings.notebook.internet_access else []
        return networking.v1.NetworkPolicy(
            f"{self._name}-notebook-policy",
            metadata=meta.v1.ObjectMetaArgs(
                name="singleuser", namespace=self._args.site.namespace, labels=labels("singleuser", self._name)
            ),
            spec=networking.v1.NetworkPolicySpecArgs(
                pod_selector=meta.v1.LabelSelectorArgs(match_labels=NOTEBOOK_LABELS),
                policy_types=["Ingress", "Egress"],
                ingress=[ingress_from([pods(may_reach("singleuser"))], NOTEBOOK_PORT)],
                egress=[dns_egress(), egress_to(pods({"app.kubernetes.io/name": HUB}), HUB_PORT), *internet],
            ),
            # Notebooks may outlive the stack, and never without their policy.
            opts=self.child(protect=True),
        )


def provider_ports(settings: CoreSettings) -> tuple[int, ...]:
    """The ports on which the hub finds its OAuth provider."""
    if settings.jupyter_hub_authenticator == "dummy":
        return ()
    login = settings.login
    urls = [urlsplit(url) for url in (login.token_url, login.userdata_url) if url]
    return tuple(sorted({443, *(url.port or (443 if url.scheme == "https" else 80) for url in urls)}))


def images_of(settings: CoreSettings, registry_mirror: str | None) -> list[str]:
    """Every image that the hub, its proxy and the form's entries name."""
    named = [settings.jupyter_hub_image, settings.proxy_image]
    named += [entry.image for entry in settings.notebook.images.values()]
    return sorted({mirrored(image, registry_mirror) for image in named})


def _url(settings: CoreSettings, service: core.v1.Service) -> pulumi.Output[str]:
    if settings.hub.subdomain_host:
        return pulumi.Output.from_input(settings.hub.subdomain_host)
    match settings.jupyter_hub_service_type:
        case "NodePort":
            return service.spec.apply(lambda spec: f"http://ADDRESS-OF-ANY-NODE:{_node_port(spec)}")
        case "LoadBalancer":
            return service.status.apply(lambda status: f"http://{load_balancer_address(status)}")
        case _:
            return pulumi.Output.from_input(f"http://127.0.0.1:{PUBLIC_PORT}")


def _node_port(spec: core.v1.outputs.ServiceSpec) -> str:
    """The Service's port on every node; a preview of the change to NodePort does not know it yet."""
    ports = spec.ports or []
    return str(ports[0].node_port or "NODE-PORT")
