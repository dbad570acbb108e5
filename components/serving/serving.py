"""What serves models: the parts that the settings ask for, each imported if they do."""

from collections.abc import Collection
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


@dataclass(frozen=True)
class Known:
    """What is known of the cluster."""

    platform: str
    """The kind of cluster."""
    context: str
    """The kubeconfig's context, for commands that users are told."""
    one_node_claims: Collection[str]
    """Claims that one node alone can mount."""


def serve(
    settings: ServingSettings,
    storage: StorageSettings,
    site: Site,
    known: Known,
    opts: pulumi.ResourceOptions,
    *,
    operator_opts: pulumi.ResourceOptions,
) -> Served:
    """Makes what the settings ask for.

    Args:
        settings: the models, and what serves them.
        storage: the shared disks, which pods may mount.
        site: where the stack is.
        known: what is known of the cluster.
        opts: the options of each component in the stack's namespace.
        operator_opts: those of an operator, which has a namespace of its own.
    """
    images: list[str] = []
    outputs: dict[str, Any] = {}
    if settings.tf_serving:
        from components.serving.model_servers import ModelServers, ModelServersArgs

        servers_args = ModelServersArgs(
            settings.tf_serving, storage, site, known.platform, known.context, known.one_node_claims
        )
        servers = ModelServers("serving", servers_args, opts)
        images, outputs["models"] = [*images, *servers.images], servers.endpoints
    if settings.seldon.enabled:
        graph_images, outputs["graphs"] = _seldon(settings.seldon, site, known, opts, operator_opts)
        images = [*images, *graph_images]
    return Served(images, outputs)


def _seldon(
    settings: SeldonSettings,
    site: Site,
    known: Known,
    opts: pulumi.ResourceOptions,
    operator_opts: pulumi.ResourceOptions,
) -> tuple[list[str], Any]:
    from components.serving.seldon.deployments import SeldonDeployments, SeldonDeploymentsArgs
    from components.serving.seldon.images import GraphImages
    from components.serving.seldon.operator import Seldon, SeldonArgs

    images = GraphImages(executor=settings.executor_image, storage_initializer=settings.storage_initializer_image)
    operator = Seldon(
        "seldon",
        SeldonArgs(
            site=site,
            image=settings.image,
            images=images,
            client_namespaces=settings.client_namespaces,
            create_definition=settings.create_definition,
        ),
        operator_opts,
    )
    graphs = SeldonDeployments(
        "graphs",
        SeldonDeploymentsArgs(
            deployments=settings.deployments,
            site=site,
            images=operator.images,
            platform=known.platform,
            context=known.context,
            after=operator.ready,
        ),
        opts,
    )
    return [operator.image, *graphs.images], graphs.endpoints
