"""What serves models: the parts that the settings ask for."""

from dataclasses import dataclass
from typing import Any

import pulumi

from components.schema.serving import ServingSettings
from components.serving.seldon.deployments import SeldonDeployments, SeldonDeploymentsArgs
from components.serving.seldon.images import GraphImages
from components.serving.seldon.operator import Seldon, SeldonArgs
from components.site import Site


@dataclass(frozen=True, kw_only=True)
class Served:
    """What the stack tells of its models."""

    images: list[str]
    """Every image that they run."""
    endpoints: dict[str, Any]
    """Where they answer, by what serves them."""


def serve(settings: ServingSettings, *, site: Site, context: str, opts: pulumi.ResourceOptions) -> Served:
    """Makes what the settings ask for.

    Args:
        settings: the models, and what serves them.
        site: where the stack is.
        context: the kubeconfig's context, for commands that users are told.
        opts: the options of each component.
    """
    seldon = settings.seldon
    if not seldon.enabled:
        return Served(images=[], endpoints={})
    images = GraphImages(executor=seldon.executor_image, storage_initializer=seldon.storage_initializer_image)
    operator = Seldon("seldon", SeldonArgs(site=site, image=seldon.image, images=images), opts)
    graphs = SeldonDeployments(
        "graphs",
        SeldonDeploymentsArgs(
            deployments=seldon.deployments, site=site, images=operator.images, context=context, after=operator.ready
        ),
        opts,
    )
    return Served(images=[operator.image, *graphs.images], endpoints={"seldon": graphs.endpoints})
