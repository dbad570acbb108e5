"""Seldon's operator: it makes Deployments and Services of graphs of models."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes import admissionregistration as admission
from pulumi_kubernetes import apiextensions, apps, core, meta, networking, rbac

from components.base import Component
from components.labels import NOTEBOOK_LABELS, labels, selector
from components.namespaces import seldon_namespace
from components.network import (
    Peer,
    deny_all,
    egress_to,
    group_policy,
    ingress_from,
    labelled,
    namespaces,
    operator_policy,
)
from components.registry import mirrored
from components.rights import role_ref
from components.security import RESTRICTED_NAMESPACE_LABELS, pod_security
from components.services import SKIP_AWAIT, operator_ports, scraped
from components.serving.seldon.certificate import AUTHORITY, CERTIFICATE, KEY, new_certificate
from components.serving.seldon.config import operator_config
from components.serving.seldon.crd import DEFINITION, custom_resource_definition
from components.serving.seldon.images import GraphImages
from components.serving.seldon.names import (
    CONFIG,
    DEPLOYMENT_LABEL,
    GRPC_PORT,
    HTTP_PORT,
    METRICS_PORT,
    OPERATOR,
    USER_ID,
    WEBHOOK_PORT,
    WEBHOOK_SERVICE,
    WEBHOOK_SERVICE_PORT,
)
from components.serving.seldon.pod import container
from components.serving.seldon.rights import operator_rules
from components.serving.seldon.webhook import webhook_configuration
from components.site import Site


@dataclass(frozen=True, kw_only=True)
class SeldonArgs:
    """What the operator runs with."""

    site: Site
    """Where the stack is. The operator has a namespace of its own beside it."""
    image: str
    images: GraphImages = GraphImages()  # noqa: RUF009  # it is frozen
    """What it puts into graphs that name no images."""
    client_namespaces: Sequence[str] = ()
    """Namespaces whose pods may ask graphs, beside the stack's."""
    create_definition: bool = True
    """Whether the CRD is the stack's; else it is in the cluster."""


class Seldon(Component, token="kubeflow:serving:Seldon"):
    """Owns the operator in a namespace of its own, its rights, webhook and CRD, and what pods of graphs reach.

    The CRD is protected: with it goes every graph in the cluster.
    """

    ready: list[pulumi.Resource]
    """What has to be there before the first graph."""
    images: GraphImages
    """What runs in pods of graphs, as it is pulled."""
    image: str
    """The operator's image, as it is pulled."""

    def __init__(self, name: str, args: SeldonArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._name, self._site = name, args.site
        mirror = args.site.registry_mirror
        self.image, self.images = mirrored(args.image, mirror), args.images.through(mirror)
        namespace = core.v1.Namespace(
            f"{name}-namespace",
            metadata=meta.v1.ObjectMetaArgs(
                name=seldon_namespace(args.site.installation),
                labels=labels(OPERATOR, name, RESTRICTED_NAMESPACE_LABELS),
            ),
            opts=self.child(),
        )
        self._namespace = namespace.metadata.name
        account = core.v1.ServiceAccount(f"{name}-account", metadata=self._metadata(), opts=self.child())
        rights = self._rights(account)
        policies = [self._policy(), self._graph_policy(args.client_namespaces), self._notebook_policy()]
        kept = self._kept_certificate()
        webhook = admission.v1.ValidatingWebhookConfiguration(
            f"{name}-webhook",
            webhook_configuration(
                installation=args.site.installation,
                namespace=self._namespace,
                watched=args.site.namespace,
                authority=kept[AUTHORITY].apply(_base64),
                labels=labels(OPERATOR, name),
            ),
            opts=self.child(),
        )
        # The CRD depends on nothing: what a protected object depends on would stay when the stack goes.
        definitions = [self._definition()] if args.create_definition else []
        config = core.v1.ConfigMap(
            f"{name}-config",
            metadata=meta.v1.ObjectMetaArgs(name=CONFIG, namespace=args.site.namespace, labels=labels(OPERATOR, name)),
            data=operator_config(self.images),
            opts=self.child(),
        )
        after = [*definitions, *rights, *policies, config, self._service()]
        deployment = self._deployment(account, self._certificate(kept), after)
        self.ready = [*definitions, *policies, webhook, deployment]
        self.register_outputs({})

    def _metadata(self, named: str = OPERATOR) -> meta.v1.ObjectMetaArgs:
        return meta.v1.ObjectMetaArgs(name=named, namespace=self._namespace, labels=labels(OPERATOR, self._name))

    def _definition(self) -> pulumi.Resource:
        return apiextensions.v1.CustomResourceDefinition(
            f"{self._name}-definition",
            metadata=meta.v1.ObjectMetaArgs(name=DEFINITION, labels=labels(OPERATOR, self._name)),
            spec=custom_resource_definition(),
            opts=self.child(protect=True),
        )

    def _kept_certificate(self) -> dict[str, pulumi.Output[str]]:
        """The webhook's certificate and its authority's, made once and kept, encrypted, in the state."""
        made = new_certificate(WEBHOOK_SERVICE, seldon_namespace(self._site.installation))
        kept = self.kept(f"{self._name}-certificate-stash", pulumi.Output.secret(made))
        parts: pulumi.Output[dict[str, str]] = pulumi.Output.secret(kept).apply(json.loads)
        return {key: parts[key] for key in (AUTHORITY, CERTIFICATE, KEY)}

    def _certificate(self, kept: dict[str, pulumi.Output[str]]) -> core.v1.Secret:
        return core.v1.Secret(
            f"{self._name}-certificate",
            # Its name is new with each certificate, so that the operator starts anew with it.
            metadata=meta.v1.ObjectMetaArgs(namespace=self._namespace, labels=labels(OPERATOR, self._name)),
            type="kubernetes.io/tls",
            string_data={key: kept[key] for key in (CERTIFICATE, KEY)},
            opts=self.child(),
        )

    def _rights(self, account: core.v1.ServiceAccount) -> list[pulumi.Resource]:
        metadata = meta.v1.ObjectMetaArgs(
            name=OPERATOR, namespace=self._site.namespace, labels=labels(OPERATOR, self._name)
        )
        role = rbac.v1.Role(f"{self._name}-role", metadata=metadata, rules=operator_rules(), opts=self.child())
        binding = rbac.v1.RoleBinding(
            f"{self._name}-role-binding",
            metadata=metadata,
            role_ref=role_ref("Role", role.metadata.name),
            subjects=[
                rbac.v1.SubjectArgs(kind="ServiceAccount", name=account.metadata.name, namespace=self._namespace)
            ],
            opts=self.child(),
        )
        return [role, binding]

    def _policy(self) -> pulumi.Resource:
        """Nothing in the operator's namespace talks, but it: to the API server, which asks its webhook."""
        deny = networking.v1.NetworkPolicy(
            f"{self._name}-default-deny", metadata=self._metadata("default-deny"), spec=deny_all(), opts=self.child()
        )
        return networking.v1.NetworkPolicy(
            f"{self._name}-network-policy",
            metadata=self._metadata(),
            spec=operator_policy(
                selector(OPERATOR, self._name), WEBHOOK_PORT, METRICS_PORT, api_ports=self._site.api_ports
            ),
            opts=self.child(depends_on=[deny]),
        )

    def _graph_policy(self, client_namespaces: Sequence[str]) -> pulumi.Resource:
        """Pods of graphs reach each other, names and public addresses. The namespace's pods may ask them."""
        anybody = Peer(pod_selector=meta.v1.LabelSelectorArgs())
        clients = [anybody, *namespaces(*client_namespaces)]
        return networking.v1.NetworkPolicy(
            f"{self._name}-graph-policy",
            metadata=self._stacks_metadata("seldon-graphs"),
            spec=group_policy(
                DEPLOYMENT_LABEL,
                ingress_from(clients, HTTP_PORT, GRPC_PORT),
                private_ranges=self._site.private_ranges,
            ),
            opts=self.child(),
        )

    def _notebook_policy(self) -> pulumi.Resource:
        """Notebooks may ask graphs."""
        return networking.v1.NetworkPolicy(
            f"{self._name}-notebook-policy",
            metadata=self._stacks_metadata("seldon-notebooks"),
            spec=networking.v1.NetworkPolicySpecArgs(
                pod_selector=meta.v1.LabelSelectorArgs(match_labels=NOTEBOOK_LABELS),
                policy_types=["Egress"],
                # The stack's graphs, and those that users make.
                egress=[egress_to(Peer(pod_selector=labelled(DEPLOYMENT_LABEL)), HTTP_PORT, GRPC_PORT)],
            ),
            opts=self.child(),
        )

    def _stacks_metadata(self, named: str) -> meta.v1.ObjectMetaArgs:
        return meta.v1.ObjectMetaArgs(name=named, namespace=self._site.namespace, labels=labels(OPERATOR, self._name))

    def _service(self) -> pulumi.Resource:
        return core.v1.Service(
            f"{self._name}-service",
            # The Deployment is awaited, and is not ready before its webhook answers.
            metadata=meta.v1.ObjectMetaArgs(
                name=WEBHOOK_SERVICE,
                namespace=self._namespace,
                labels=labels(OPERATOR, self._name),
                annotations={**SKIP_AWAIT, **scraped(METRICS_PORT)},
            ),
            spec=core.v1.ServiceSpecArgs(
                selector=selector(OPERATOR, self._name),
                ports=operator_ports(metrics=METRICS_PORT, webhook=WEBHOOK_SERVICE_PORT),
            ),
            opts=self.child(),
        )

    def _deployment(
        self, account: core.v1.ServiceAccount, certificate: core.v1.Secret, after: list[pulumi.Resource]
    ) -> pulumi.Resource:
        return apps.v1.Deployment(
            f"{self._name}-deployment",
            metadata=self._metadata(),
            spec=apps.v1.DeploymentSpecArgs(
                replicas=1,
                # It holds no lease: two at once would both act. The webhook is ignored while there is none.
                strategy=apps.v1.DeploymentStrategyArgs(
                    type="RollingUpdate",
                    rolling_update=apps.v1.RollingUpdateDeploymentArgs(max_surge=0, max_unavailable=1),
                ),
                selector=meta.v1.LabelSelectorArgs(match_labels=selector(OPERATOR, self._name)),
                template=core.v1.PodTemplateSpecArgs(
                    metadata=meta.v1.ObjectMetaArgs(labels=labels(OPERATOR, self._name)),
                    spec=core.v1.PodSpecArgs(
                        service_account_name=account.metadata.name,
                        enable_service_links=False,
                        termination_grace_period_seconds=10,
                        security_context=pod_security(uid=USER_ID, gid=USER_ID, fs_group=USER_ID),
                        containers=[
                            container(image=self.image, executor=self.images.executor, watched=self._site.namespace)
                        ],
                        volumes=[
                            core.v1.VolumeArgs(
                                name="certificate",
                                secret=core.v1.SecretVolumeSourceArgs(
                                    secret_name=certificate.metadata.name, default_mode=0o440
                                ),
                            )
                        ],
                    ),
                ),
            ),
            opts=self.child(depends_on=after),
        )


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
