"""Kubeflow on Kubernetes: settings, the cluster, the core, and what the stack tells about itself."""

from pathlib import Path

import pulumi

from components.cluster.connection import Connection, ConnectionArgs
from components.cluster.place import find_place
from components.cluster.provisions import provide
from components.core.jupyterhub.jupyterhub import JupyterHub, JupyterHubArgs
from components.core.namespace import Namespace, NamespaceArgs
from components.core.storage_needs import storage_needs
from components.settings import load

settings = load()
core, storage = settings.core, settings.storage
place = find_place(settings.cluster, storage, installation=core.namespace, needs=storage_needs(core, storage))

connection = Connection(
    "cluster",
    ConnectionArgs(
        context=place.context, kubeconfig=place.kubeconfig, identity=place.facts.identity, after=place.ready
    ),
)
on_cluster = pulumi.ResourceOptions(providers=[connection.provider])

namespace = Namespace("kubeflow", NamespaceArgs(namespace=core.namespace), on_cluster)
provisions = provide(
    settings.cluster,
    storage,
    settings.access,
    place=place,
    installation=core.namespace,
    namespace=namespace.namespace,
    opts=on_cluster,
)
# Whatever runs in the namespace starts after the policy that denies all traffic, and finds its storage class.
in_namespace = pulumi.ResourceOptions(
    providers=[connection.provider], depends_on=[namespace, *provisions.before_claims]
)
jupyterhub = JupyterHub(
    "jupyterhub",
    JupyterHubArgs(
        namespace=namespace.namespace,
        settings=core,
        storage=storage,
        registry_mirror=settings.cluster.registry_mirror,
        api_ports=place.facts.api_ports,
        context=place.context,
        shared_password=settings.secrets.shared_password,
        admin_password=settings.secrets.admin_password,
        oauth_client_secret=settings.secrets.oauth_client_secret,
    ),
    in_namespace,
)
if core.report_usage and core.usage_collector_url:
    from components.core.usage_reporting import UsageReporting, UsageReportingArgs  # most stacks never need it

    reporting = UsageReporting(
        "usage-reporting",
        UsageReportingArgs(
            namespace=namespace.namespace,
            namespace_name=core.namespace,
            collector_url=core.usage_collector_url,
            usage_id=core.usage_id,
            image=core.jupyter_hub_image,
            registry_mirror=settings.cluster.registry_mirror,
            api_ports=place.facts.api_ports,
        ),
        in_namespace,
    )
    pulumi.export("usageId", reporting.usage_id)

pulumi.export("context", place.context)
if place.credentials_command:
    pulumi.export("getCredentials", place.credentials_command)
pulumi.export("clusterIdentity", place.facts.identity)
pulumi.export("namespace", namespace.namespace)
pulumi.export("hubUrl", jupyterhub.url)
pulumi.export("portForward", jupyterhub.port_forward)
pulumi.export("images", sorted([*jupyterhub.images, *provisions.images]))
pulumi.export("readme", (Path(__file__).parent / "components" / "stack_readme.md").read_text())
