"""Usage reporting: once a day, anonymous facts about the nodes go to a collector of the user's choice."""

import uuid
from dataclasses import dataclass
from importlib import resources
from urllib.parse import urlsplit

import pulumi
from pulumi_kubernetes import batch, core, meta, networking, rbac

from components.base import Component
from components.labels import labels, selector
from components.network import anywhere_egress, dns_egress
from components.registry import mirrored
from components.rights import role_ref
from components.schema.core import CoreSettings
from components.security import container_security, pod_security
from components.site import Site

APP = "usage-reporter"
USER_ID = 1000
SCRIPT = "report_usage.py"
SCRIPT_FOLDER = "/etc/usage-reporter"


@dataclass(frozen=True)
class UsageReportingArgs:
    """What is reported, and to whom."""

    settings: CoreSettings
    """Its collector is set. The reporter runs in the hub's image, which has Python."""
    site: Site


class UsageReporting(Component, token="kubeflow:core:UsageReporting"):
    """Owns the reporter's CronJob, its right to list nodes, and nothing else of the cluster.

    It is all there is of reporting: without the component nothing is sent and nothing remains.
    """

    usage_id: pulumi.Output[str]

    def __init__(self, name: str, args: UsageReportingArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._name, self._args = name, args
        self.usage_id = (
            pulumi.Output.from_input(args.settings.usage_id) if args.settings.usage_id else self._generated_id()
        )
        account = self._account()
        script = core.v1.ConfigMap(
            f"{name}-script",
            metadata=meta.v1.ObjectMetaArgs(namespace=args.site.namespace, labels=labels(APP, name)),
            data={SCRIPT: (resources.files("components.core") / "files" / SCRIPT).read_text()},
            opts=self.child(),
        )
        url = urlsplit(args.settings.usage_collector_url)
        policy = networking.v1.NetworkPolicy(
            f"{name}-network-policy",
            metadata=self._metadata(),
            spec=networking.v1.NetworkPolicySpecArgs(
                pod_selector=meta.v1.LabelSelectorArgs(match_labels=selector(APP, name)),
                policy_types=["Ingress", "Egress"],
                egress=[
                    dns_egress(),
                    anywhere_egress(
                        *sorted({*args.site.api_ports, url.port or (443 if url.scheme == "https" else 80)})
                    ),
                ],
            ),
            opts=self.child(),
        )
        batch.v1.CronJob(
            f"{name}-cron-job",
            metadata=self._metadata(),
            spec=batch.v1.CronJobSpecArgs(
                schedule="@daily",
                concurrency_policy="Forbid",
                successful_jobs_history_limit=1,
                failed_jobs_history_limit=1,
                job_template=batch.v1.JobTemplateSpecArgs(
                    spec=batch.v1.JobSpecArgs(
                        backoff_limit=2,
                        active_deadline_seconds=600,
                        template=core.v1.PodTemplateSpecArgs(
                            metadata=meta.v1.ObjectMetaArgs(labels=labels(APP, name)),
                            spec=self._pod(account.metadata.name, script.metadata.name),
                        ),
                    )
                ),
            ),
            opts=self.child(depends_on=[policy]),
        )
        self.register_outputs({"usageId": self.usage_id})

    def _metadata(self) -> meta.v1.ObjectMetaArgs:
        return meta.v1.ObjectMetaArgs(name=APP, namespace=self._args.site.namespace, labels=labels(APP, self._name))

    def _generated_id(self) -> pulumi.Output[str]:
        return self.kept(f"{self._name}-id", str(uuid.uuid4()))

    def _account(self) -> core.v1.ServiceAccount:
        account = core.v1.ServiceAccount(f"{self._name}-account", metadata=self._metadata(), opts=self.child())
        cluster_wide = meta.v1.ObjectMetaArgs(
            name=f"{self._args.site.installation}-{APP}", labels=labels(APP, self._name)
        )
        role = rbac.v1.ClusterRole(
            f"{self._name}-role",
            metadata=cluster_wide,
            rules=[rbac.v1.PolicyRuleArgs(api_groups=[""], resources=["nodes"], verbs=["get", "list"])],
            opts=self.child(),
        )
        rbac.v1.ClusterRoleBinding(
            f"{self._name}-role-binding",
            metadata=cluster_wide,
            role_ref=role_ref("ClusterRole", role.metadata.name),
            subjects=[
                rbac.v1.SubjectArgs(
                    kind="ServiceAccount", name=account.metadata.name, namespace=self._args.site.namespace
                )
            ],
            opts=self.child(),
        )
        return account

    def _pod(self, account: pulumi.Input[str], script: pulumi.Input[str]) -> core.v1.PodSpecArgs:
        values: dict[str, pulumi.Input[str]] = {
            "COLLECTOR_URL": self._args.settings.usage_collector_url or "",
            "USAGE_ID": self.usage_id,
            "KUBERNETES_API": "https://kubernetes.default.svc",
        }
        return core.v1.PodSpecArgs(
            restart_policy="Never",
            service_account_name=account,
            enable_service_links=False,
            security_context=pod_security(uid=USER_ID, gid=USER_ID),
            containers=[
                core.v1.ContainerArgs(
                    name=APP,
                    image=mirrored(self._args.settings.jupyter_hub_image, self._args.site.registry_mirror),
                    image_pull_policy="IfNotPresent",
                    command=["python3", f"{SCRIPT_FOLDER}/{SCRIPT}"],
                    env=[core.v1.EnvVarArgs(name=key, value=value) for key, value in values.items()],
                    resources=core.v1.ResourceRequirementsArgs(
                        requests={"cpu": "10m", "memory": "32Mi"}, limits={"cpu": "500m", "memory": "128Mi"}
                    ),
                    security_context=container_security(),
                    volume_mounts=[core.v1.VolumeMountArgs(name="script", mount_path=SCRIPT_FOLDER, read_only=True)],
                )
            ],
            volumes=[core.v1.VolumeArgs(name="script", config_map=core.v1.ConfigMapVolumeSourceArgs(name=script))],
        )
