"""Kubeflow on Kubernetes: settings, the cluster, the core, and what the stack tells about itself."""

from pathlib import Path

import pulumi

from components.cluster.connection import Connection, ConnectionArgs
from components.core.jupyterhub.jupyterhub import JupyterHub, JupyterHubArgs
from components.core.namespace import Namespace, NamespaceArgs
from components.core.storage_needs import storage_needs
from components.preflight import inspect
from components.settings import load

settings = load()
core = settings.core
assert settings.cluster.context is not None  # load() has seen to it
facts = inspect(settings.cluster.context, storage_needs(core))

connection = Connection("cluster", ConnectionArgs(context=settings.cluster.context, identity=facts.identity))
on_cluster = pulumi.ResourceOptions(providers=[connection.provider])

namespace = Namespace("kubeflow", NamespaceArgs(namespace=core.namespace), on_cluster)
# Whatever runs in the namespace starts after the policy that denies all traffic.
in_namespace = pulumi.ResourceOptions(providers=[connection.provider], depends_on=[namespace])
jupyterhub = JupyterHub(
    "jupyterhub",
    JupyterHubArgs(
        namespace=namespace.namespace,
        settings=core,
        registry_mirror=settings.cluster.registry_mirror,
        api_ports=facts.api_ports,
        context=settings.cluster.context,
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
            api_ports=facts.api_ports,
        ),
        in_namespace,
    )
    pulumi.export("usageId", reporting.usage_id)

pulumi.export("context", settings.cluster.context)
pulumi.export("clusterIdentity", facts.identity)
pulumi.export("namespace", namespace.namespace)
pulumi.export("hubUrl", jupyterhub.url)
pulumi.export("portForward", jupyterhub.port_forward)
pulumi.export("images", jupyterhub.images)
pulumi.export("readme", (Path(__file__).parent / "components" / "stack_readme.md").read_text())
