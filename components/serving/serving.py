"""What serves models: the parts that the settings ask for, each imported if they do."""

from dataclasses import dataclass
from typing import Any

import pulumi

from components.schema.seldon import SeldonSettings
from components.schema.serving import ServingSettings
from components.schema.storage import StorageSettings
from components.site import Site


@dataclass(frozen=True)
class Served:
    """What the stack tells of its models."""

    images: list[str]
    """Every image that they run."""
    outputs: dict[str, Any]
    """Where they answer, by the names of the stack's outputs."""


def serve(
    settings: ServingSettings,
    storage: StorageSettings,
    *,
    site: Site,
    platform: str,
    context: str,
    opts: pulumi.ResourceOptions,
) -> Served:
    """Makes what the settings ask for.

    Args:
        settings: the models, and what serves them.
        storage: the shared disks, which pods may mount.
        site: where the stack is.
        platform: the kind of cluster.
        context: the kubeconfig's context, for commands that users are told.
        opts: the options of each component.
    """
    images: list[str] = []
    outputs: dict[str, Any] = {}
    if settings.tf_serving:
        from components.serving.model_servers import ModelServers, ModelServersArgs

        servers = ModelServers("serving", ModelServersArgs(settings.tf_serving, storage, site, platform, context), opts)
        images, outputs["models"] = [*images, *servers.images], servers.endpoints
    if settings.seldon.enabled:
        graph_images, outputs["graphs"] = _seldon(settings.seldon, site, platform, context, opts)
        images = [*images, *graph_images]
    return Served(images, outputs)


def _seldon(
    settings: SeldonSettings, site: Site, platform: str, context: str, opts: pulumi.ResourceOptions
) -> tuple[list[str], Any]:
    from components.serving.seldon.deployments import SeldonDeployments, SeldonDeploymentsArgs
    from components.serving.seldon.images import GraphImages
    from components.serving.seldon.operator import Seldon, SeldonArgs

    images = GraphImages(executor=settings.executor_image, storage_initializer=settings.storage_initializer_image)
    operator = Seldon(
        "seldon",
        SeldonArgs(site=site, image=settings.image, images=images, client_namespaces=settings.client_namespaces),
        opts,
    )
    graphs = SeldonDeployments(
        "graphs",
        SeldonDeploymentsArgs(
            deployments=settings.deployments,
            site=site,
            images=operator.images,
            platform=platform,
            context=context,
            after=operator.ready,
        ),
        opts,
    )
    return [operator.image, *graphs.images], graphs.endpoints
