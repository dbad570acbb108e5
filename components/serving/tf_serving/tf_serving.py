"""A server of TensorFlow Serving, for one model."""

from collections.abc import Mapping, Sequence

import pulumi
from pulumi_kubernetes import apps, autoscaling, core, meta, networking, policy

from components.base import Component
from components.labels import labels, selector
from components.services import await_annotations, await_timeouts, scraped
from components.serving.tf_serving.args import Autoscaling, Identity, TfServingArgs, config_files
from components.serving.tf_serving.network import policy_spec
from components.serving.tf_serving.pod import (
    REST_PORT,
    PodArgs,
    pod_ports,
    pod_spec,
)

TF_SERVING = "tf-serving"
MODEL_SERVER = {"app.kubernetes.io/component": "model-server"}
"""The label of every model server's pods, which notebooks may reach."""
SERVICE_PORTS = {"grpc": 9000, "http": 8000}
"""Kubeflow 0.1's ports, by those of pods that they lead to."""


class TfServing(Component, token="kubeflow:serving:TfServing"):
    """Owns a Deployment, its configuration, Service and NetworkPolicy.

    With several pods it owns a PodDisruptionBudget, with autoscaling what scales them, with an identity a
    ServiceAccount. A change makes new pods, which take over once their model is loaded; the Service stays.
    """

    service: core.v1.Service

    def __init__(self, name: str, args: TfServingArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._name, self._args = name, args
        before: list[pulumi.Resource] = [self._network_policy()]
        account = args.service_account
        if args.identity is not None:
            made = self._account(args.identity)
            account, before = made.metadata.name, [*before, made]
        deployment = self._deployment(account, before)
        self.service = self._service()
        if self._most_pods > 1:
            self._disruption_budget()
        if args.autoscaling:
            self._autoscaler(args.autoscaling, deployment)
        self.register_outputs({})

    @property
    def _most_pods(self) -> int:
        return self._args.autoscaling.max_replicas if self._args.autoscaling else self._args.replicas

    @property
    def _selector(self) -> dict[str, str]:
        return selector(TF_SERVING, self._name)

    def _metadata(
        self, named: str | None = None, annotations: Mapping[str, str] | None = None
    ) -> meta.v1.ObjectMetaArgs:
        return meta.v1.ObjectMetaArgs(
            name=named,
            namespace=self._args.namespace,
            labels=labels(TF_SERVING, self._name, self._args.extra_labels),
            annotations=annotations,
        )

    def _deployment(self, account: pulumi.Input[str] | None, before: Sequence[pulumi.Resource]) -> apps.v1.Deployment:
        args = self._args
        files = config_files(args)
        config = core.v1.ConfigMap(f"{self._name}-config", metadata=self._metadata(), data=files, opts=self.child())
        pod_args = PodArgs(
            image=args.server_image,
            model_name=args.model,
            path=args.path,
            config=config.metadata.name,
            files=sorted(files),
            versions=args.versions,
            resources=args.resources,
            nodes=args.nodes,
            warm_up=args.warm_up,
            volumes=args.volumes,
            same_node=args.same_node,
            gcp_credentials=args.gcp_credentials,
            service_account=account,
            google_identity=args.has_google_identity,
            s3=args.s3,
            grpc=args.grpc,
            poll_seconds=args.poll_seconds,
            start_timeout_seconds=args.start_timeout_seconds,
            drain_seconds=args.drain_seconds,
            flags=args.flags,
            labels=self._selector,
        )
        return apps.v1.Deployment(
            f"{self._name}-deployment",
            # An autoscaler that goes leaves the number of pods as its own.
            metadata=self._metadata(args.server_name, {"pulumi.com/patchForce": "true"}),
            spec=apps.v1.DeploymentSpecArgs(
                replicas=args.autoscaling.min_replicas if args.autoscaling else args.replicas,
                progress_deadline_seconds=args.start_timeout_seconds,
                strategy=apps.v1.DeploymentStrategyArgs(
                    type="RollingUpdate",
                    rolling_update=apps.v1.RollingUpdateDeploymentArgs(
                        max_surge=args.max_surge, max_unavailable=args.max_unavailable
                    ),
                ),
                selector=meta.v1.LabelSelectorArgs(match_labels=self._selector),
                template=core.v1.PodTemplateSpecArgs(
                    metadata=meta.v1.ObjectMetaArgs(
                        labels=labels(TF_SERVING, self._name, {**args.extra_labels, **MODEL_SERVER}),
                        annotations=scraped(REST_PORT, args.metrics_path) if args.metrics_path else None,
                    ),
                    spec=pod_spec(pod_args),
                ),
            ),
            opts=self.child(
                depends_on=list(before),
                custom_timeouts=pulumi.CustomTimeouts(
                    create=f"{rollout_seconds(args, 1)}s", update=f"{rollout_seconds(args, self._most_pods)}s"
                ),
                # How many pods there are is then the autoscaler's.
                ignore_changes=["spec.replicas"] if args.autoscaling else None,
            ),
        )

    def _service(self) -> core.v1.Service:
        args = self._args
        return core.v1.Service(
            f"{self._name}-service",
            metadata=self._metadata(args.server_name, await_annotations(args.service_type)),
            spec=core.v1.ServiceSpecArgs(
                type=args.service_type,
                selector=self._selector,
                ports=[
                    core.v1.ServicePortArgs(name=f"{name}-tf-serving", port=SERVICE_PORTS[name], target_port=name)
                    for name in pod_ports(grpc=args.grpc)
                ],
            ),
            opts=self.child(custom_timeouts=await_timeouts(args.service_type)),
        )

    def _network_policy(self) -> networking.v1.NetworkPolicy:
        args = self._args
        return networking.v1.NetworkPolicy(
            f"{self._name}-network-policy",
            metadata=self._metadata(args.server_name),
            spec=policy_spec(
                self._selector,
                path=args.path,
                s3=args.s3,
                private_ranges=args.private_ranges,
                google_identity=args.has_google_identity,
                grpc=args.grpc,
                is_public=args.service_type != "ClusterIP",
                client_namespaces=args.client_namespaces,
            ),
            opts=self.child(),
        )

    def _account(self, identity: Identity) -> core.v1.ServiceAccount:
        annotations = {
            "iam.gke.io/gcp-service-account": identity.google_service_account,
            "eks.amazonaws.com/role-arn": identity.aws_role_arn,
        }
        return core.v1.ServiceAccount(
            f"{self._name}-account",
            metadata=self._metadata(
                self._args.server_name, {key: value for key, value in annotations.items() if value} or None
            ),
            automount_service_account_token=False,
            opts=self.child(),
        )

    def _disruption_budget(self) -> policy.v1.PodDisruptionBudget:
        return policy.v1.PodDisruptionBudget(
            f"{self._name}-disruption-budget",
            metadata=self._metadata(self._args.server_name),
            spec=policy.v1.PodDisruptionBudgetSpecArgs(
                max_unavailable=1, selector=meta.v1.LabelSelectorArgs(match_labels=self._selector)
            ),
            opts=self.child(),
        )

    def _autoscaler(
        self, scaling: Autoscaling, deployment: apps.v1.Deployment
    ) -> autoscaling.v2.HorizontalPodAutoscaler:
        return autoscaling.v2.HorizontalPodAutoscaler(
            f"{self._name}-autoscaler",
            metadata=self._metadata(self._args.server_name),
            spec=autoscaling.v2.HorizontalPodAutoscalerSpecArgs(
                scale_target_ref=autoscaling.v2.CrossVersionObjectReferenceArgs(
                    api_version="apps/v1", kind="Deployment", name=deployment.metadata.name
                ),
                min_replicas=scaling.min_replicas,
                max_replicas=scaling.max_replicas,
                metrics=[
                    autoscaling.v2.MetricSpecArgs(
                        type="Resource",
                        resource=autoscaling.v2.ResourceMetricSourceArgs(
                            name="cpu",
                            target=autoscaling.v2.MetricTargetArgs(
                                type="Utilization", average_utilization=scaling.target_cpu_percent
                            ),
                        ),
                    )
                ],
            ),
            opts=self.child(),
        )


def rollout_seconds(args: TfServingArgs, pods: int) -> int:
    """How long ``pods`` may take to change: some at a time, each time after the model of those before is loaded."""
    times = max(1, -(-pods // (args.max_surge + args.max_unavailable)))
    return (args.start_timeout_seconds + 60) * times
