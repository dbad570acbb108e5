"""The SeldonDeployments of the settings, each as a component."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.base import Component
from components.pods import SecretValue
from components.registry import mirrored
from components.schema.seldon import PredictorSettings, SeldonDeploymentSettings, UnitSettings
from components.schema.seldon_checks import SINGLE_PREDICTOR, SINGLE_UNIT
from components.serving.nodes import nodes_of
from components.serving.seldon.deployment import SeldonDeployment, SeldonDeploymentArgs
from components.serving.seldon.graph import Predictor, Unit
from components.serving.seldon.images import GraphImages
from components.site import Site


@dataclass(frozen=True, kw_only=True)
class SeldonDeploymentsArgs:
    """The models and graphs, and where they run."""

    deployments: dict[str, SeldonDeploymentSettings]
    site: Site
    images: GraphImages
    """What runs beside the user's images, as it is pulled."""
    platform: str
    context: str
    """The kubeconfig's context, for commands that users are told."""
    after: Sequence[pulumi.Resource]
    """What has to be there before the first of them."""


class SeldonDeployments(Component, token="kubeflow:serving:SeldonDeployments"):
    """Owns the models and graphs. One that leaves the settings goes, with its pods and Services."""

    endpoints: dict[str, pulumi.Output[dict[str, dict[str, str]]]]
    """For each of them, and each of its predictors, where it answers."""
    images: list[str]
    """Every image that they run."""

    def __init__(self, name: str, args: SeldonDeploymentsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        found: set[str] = set()
        self.endpoints = {}
        for deployment, settings in sorted(args.deployments.items()):
            predictors = predictors_of(settings, args.site.registry_mirror, args.platform)
            made = SeldonDeployment(
                f"{name}-{deployment}",
                SeldonDeploymentArgs(
                    namespace=args.site.namespace,
                    deployment_name=deployment,
                    predictors=predictors,
                    protocol=settings.protocol,
                    transport="grpc" if settings.endpoint == "GRPC" else "rest",
                    images=args.images,
                    google_identity=args.platform == "gke",
                    wait_seconds=settings.wait_seconds,
                    context=args.context,
                    after=args.after,
                ),
                self.child(),
            )
            found |= set(made.images)
            self.endpoints[deployment] = made.endpoints
        self.images = sorted(found)
        self.register_outputs({"endpoints": self.endpoints})


def predictors_of(settings: SeldonDeploymentSettings, mirror: str | None, platform: str) -> dict[str, Predictor]:
    """The graphs of a deployment; a single model is one of one unit."""
    if settings.image is not None:
        unit = Unit(image=mirrored(settings.image, mirror))
        replicas = 1 if settings.replicas is None else settings.replicas
        return {SINGLE_PREDICTOR: Predictor(units={SINGLE_UNIT: unit}, replicas=replicas)}
    return {name: _predictor(each, mirror, platform) for name, each in settings.predictors.items()}


def _predictor(settings: PredictorSettings, mirror: str | None, platform: str) -> Predictor:
    accounts = [each.service_account_name for each in settings.units.values() if each.service_account_name]
    return Predictor(
        units={name: _unit(each, mirror) for name, each in settings.units.items()},
        replicas=settings.replicas,
        traffic=settings.traffic,
        shadow=settings.shadow,
        service_account=accounts[0] if accounts else None,
        nodes=nodes_of(settings, platform),
    )


def _unit(settings: UnitSettings, mirror: str | None) -> Unit:
    return Unit(
        type=settings.type,
        image=None if settings.image is None else mirrored(settings.image, mirror),
        implementation=settings.implementation,
        model_uri=settings.model_uri,
        env_secret_ref_name=settings.env_secret_ref_name,
        storage_endpoint=settings.storage_endpoint,
        children=settings.children,
        parameters=settings.parameters,
        env=settings.env,
        secret_env={name: SecretValue(secret=each.secret, key=each.key) for name, each in settings.secret_env.items()},
        cpu=settings.resources.cpu,
        memory=settings.resources.memory,
        cpu_limit=settings.resources.cpu_limit,
        memory_limit=settings.resources.memory_limit,
        num_gpus=settings.num_gpus,
    )
