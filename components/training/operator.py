"""Kubeflow's training operator: it makes pods and services of jobs."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

import pulumi
from pulumi_kubernetes import admissionregistration as admission
from pulumi_kubernetes import apiextensions, apps, core, meta, networking, rbac

from components.base import Component
from components.labels import labels, selector
from components.namespaces import operator_namespace
from components.network import deny_all, group_policy, operator_policy
from components.rights import role_ref
from components.schema.training import TrainingOperatorSettings
from components.security import RESTRICTED_NAMESPACE_LABELS, pod_security
from components.services import SKIP_AWAIT, operator_ports, scraped
from components.site import Site
from components.training.crds import JOB_KINDS, JobKind, custom_resource_definition
from components.training.names import (
    CERTIFICATE,
    JOB_LABEL,
    METRICS_PORT,
    OPERATOR,
    WEBHOOK_PORT,
    WEBHOOK_SERVICE_PORT,
)
from components.training.pod import TEMPLATE, container, operator_images
from components.training.rights import job_rules, own_rules, webhook_rules
from components.training.webhook import webhook_configuration

USER_ID = 65532
"""The user of distroless images."""


@dataclass(frozen=True)
class TrainingOperatorArgs:
    """What the operator runs with."""

    settings: TrainingOperatorSettings
    site: Site
    """Where the stack is. The operator has a namespace of its own beside it."""


class TrainingOperator(Component, token="kubeflow:training:TrainingOperator"):
    """Owns the operator in a namespace of its own, its rights and webhook, the CRDs of jobs, and what jobs' pods reach.

    The CRDs are protected: with one of them goes every job of its kind in the cluster.
    """

    ready: list[pulumi.Resource]
    """What has to be there before the first job."""
    images: list[str]
    """Every image that the operator or what it puts into jobs' pods run."""

    def __init__(self, name: str, args: TrainingOperatorArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._name, self._args = name, args
        settings = args.settings
        chosen = {kind.lower() for kind in settings.kinds}
        self._kinds = [kind for kind in JOB_KINDS if kind.singular in chosen]
        self._images = operator_images(settings, args.site.registry_mirror)
        self.images = self._images.of_kinds(settings.kinds)
        namespace = core.v1.Namespace(
            f"{name}-namespace",
            metadata=meta.v1.ObjectMetaArgs(
                name=operator_namespace(args.site.installation),
                labels=labels(OPERATOR, name, RESTRICTED_NAMESPACE_LABELS),
            ),
            opts=self.child(),
        )
        self._namespace = namespace.metadata.name
        account = core.v1.ServiceAccount(f"{name}-account", metadata=self._metadata(), opts=self.child())
        rights = self._rights(account)
        policies = [self._policy(), self._job_policy()]
        webhook = admission.v1.ValidatingWebhookConfiguration(
            f"{name}-webhook",
            webhook_configuration(
                self._kinds,
                namespace=self._namespace,
                watched=args.site.namespace if settings.watch == "namespace" else None,
                labels=labels(OPERATOR, name),
            ),
            # The operator writes its authority there, and a new one before the old one ends.
            opts=self.child(
                ignore_changes=[f"webhooks[{index}].clientConfig.caBundle" for index in range(len(self._kinds))]
            ),
        )
        # The CRDs depend on nothing: what a protected object depends on would stay when the stack goes.
        definitions = [self._definition(kind) for kind in self._kinds if settings.create_definitions]
        service = self._service()
        deployment = self._deployment(account, [*definitions, *rights, *policies, webhook, service])
        self.ready = [*definitions, *policies, webhook, deployment]
        self.register_outputs({})

    def _metadata(self, named: str = OPERATOR, annotations: Mapping[str, str] | None = None) -> meta.v1.ObjectMetaArgs:
        return meta.v1.ObjectMetaArgs(
            name=named, namespace=self._namespace, labels=labels(OPERATOR, self._name), annotations=annotations
        )

    def _definition(self, kind: JobKind) -> pulumi.Resource:
        return apiextensions.v1.CustomResourceDefinition(
            f"{self._name}-{kind.singular}",
            metadata=meta.v1.ObjectMetaArgs(name=kind.definition, labels=labels(OPERATOR, self._name)),
            spec=custom_resource_definition(kind),
            opts=self.child(protect=True),
        )

    def _rights(self, account: core.v1.ServiceAccount) -> list[pulumi.Resource]:
        args = self._args
        jobs = job_rules(self._kinds)
        everywhere = [*webhook_rules(), *(jobs if args.settings.watch == "cluster" else [])]
        bindings: list[pulumi.Resource] = [
            self._cluster_binding(everywhere, account),
            self._binding("own", own_rules(), self._namespace, account),
        ]
        if args.settings.watch == "namespace":
            bindings.append(self._binding("jobs", jobs, args.site.namespace, account))
        return bindings

    def _subject(self, account: core.v1.ServiceAccount) -> rbac.v1.SubjectArgs:
        return rbac.v1.SubjectArgs(kind="ServiceAccount", name=account.metadata.name, namespace=self._namespace)

    def _cluster_binding(self, rules: list[rbac.v1.PolicyRuleArgs], account: core.v1.ServiceAccount) -> pulumi.Resource:
        metadata = meta.v1.ObjectMetaArgs(
            name=f"{self._args.site.installation}-{OPERATOR}", labels=labels(OPERATOR, self._name)
        )
        role = rbac.v1.ClusterRole(f"{self._name}-cluster-role", metadata=metadata, rules=rules, opts=self.child())
        return rbac.v1.ClusterRoleBinding(
            f"{self._name}-cluster-role-binding",
            metadata=metadata,
            role_ref=role_ref("ClusterRole", role.metadata.name),
            subjects=[self._subject(account)],
            opts=self.child(),
        )

    def _binding(
        self,
        purpose: str,
        rules: list[rbac.v1.PolicyRuleArgs],
        namespace: pulumi.Input[str],
        account: core.v1.ServiceAccount,
    ) -> pulumi.Resource:
        metadata = meta.v1.ObjectMetaArgs(name=OPERATOR, namespace=namespace, labels=labels(OPERATOR, self._name))
        role = rbac.v1.Role(f"{self._name}-{purpose}-role", metadata=metadata, rules=rules, opts=self.child())
        return rbac.v1.RoleBinding(
            f"{self._name}-{purpose}-role-binding",
            metadata=metadata,
            role_ref=role_ref("Role", role.metadata.name),
            subjects=[self._subject(account)],
            opts=self.child(),
        )

    def _policy(self) -> pulumi.Resource:
        """Nothing in the operator's namespace talks, but it: to the API server, which asks its webhook."""
        deny = networking.v1.NetworkPolicy(
            f"{self._name}-default-deny",
            metadata=self._metadata("default-deny"),
            spec=deny_all(),
            opts=self.child(),
        )
        return networking.v1.NetworkPolicy(
            f"{self._name}-network-policy",
            metadata=self._metadata(),
            spec=operator_policy(
                selector(OPERATOR, self._name), WEBHOOK_PORT, METRICS_PORT, api_ports=self._args.site.api_ports
            ),
            opts=self.child(depends_on=[deny]),
        )

    def _job_policy(self) -> pulumi.Resource:
        """Jobs' pods reach each other, names and public addresses. Nobody else reaches them."""
        return networking.v1.NetworkPolicy(
            f"{self._name}-job-policy",
            metadata=meta.v1.ObjectMetaArgs(
                name="training-jobs", namespace=self._args.site.namespace, labels=labels(OPERATOR, self._name)
            ),
            spec=group_policy(JOB_LABEL, private_ranges=self._args.site.private_ranges),
            opts=self.child(),
        )

    def _service(self) -> pulumi.Resource:
        return core.v1.Service(
            f"{self._name}-service",
            # The Deployment is awaited, and is not ready before its webhook answers.
            metadata=self._metadata(annotations={**SKIP_AWAIT, **scraped(METRICS_PORT)}),
            spec=core.v1.ServiceSpecArgs(
                selector=selector(OPERATOR, self._name),
                ports=operator_ports(metrics=METRICS_PORT, webhook=WEBHOOK_SERVICE_PORT),
            ),
            opts=self.child(),
        )

    def _deployment(self, account: core.v1.ServiceAccount, after: list[pulumi.Resource]) -> pulumi.Resource:
        certificate = core.v1.Secret(
            f"{self._name}-certificate",
            metadata=self._metadata(CERTIFICATE),
            # The operator fills it, and fills it anew in time.
            opts=self.child(ignore_changes=["data", "stringData"]),
        )
        template = core.v1.ConfigMap(
            f"{self._name}-templates",
            metadata=meta.v1.ObjectMetaArgs(namespace=self._namespace, labels=labels(OPERATOR, self._name)),
            data={
                TEMPLATE: (resources.files("components.training") / "files" / "init_container.yaml").read_text(),
            },
            opts=self.child(),
        )
        return apps.v1.Deployment(
            f"{self._name}-deployment",
            metadata=self._metadata(),
            spec=apps.v1.DeploymentSpecArgs(
                replicas=self._args.settings.replicas,
                selector=meta.v1.LabelSelectorArgs(match_labels=selector(OPERATOR, self._name)),
                template=core.v1.PodTemplateSpecArgs(
                    metadata=meta.v1.ObjectMetaArgs(labels=labels(OPERATOR, self._name)),
                    spec=core.v1.PodSpecArgs(
                        service_account_name=account.metadata.name,
                        enable_service_links=False,
                        termination_grace_period_seconds=10,
                        security_context=pod_security(uid=USER_ID, gid=USER_ID),
                        containers=[
                            container(
                                self._args.settings,
                                self._args.site.installation,
                                self._kinds,
                                self._images,
                            )
                        ],
                        volumes=[
                            core.v1.VolumeArgs(
                                name="certificate",
                                secret=core.v1.SecretVolumeSourceArgs(secret_name=certificate.metadata.name),
                            ),
                            core.v1.VolumeArgs(
                                name="templates",
                                config_map=core.v1.ConfigMapVolumeSourceArgs(name=template.metadata.name),
                            ),
                        ],
                    ),
                ),
            ),
            opts=self.child(depends_on=after),
        )
