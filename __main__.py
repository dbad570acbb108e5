"""Kubeflow on Kubernetes: settings, the cluster, the core, its jobs, and what the stack tells about itself."""

from pathlib import Path

import pulumi

from components.cluster.connection import Connection, ConnectionArgs
from components.cluster.namespaces import made_namespaces
from components.cluster.provisions import provide
from components.core.bounds import Bounds, BoundsArgs
from components.core.jupyterhub.jupyterhub import JupyterHub, JupyterHubArgs
from components.core.namespace import Namespace, NamespaceArgs
from components.installation import Installation, InstallationArgs
from components.ownership import Ownership
from components.settings import load
from components.site import Site
from components.target import find_target

settings = load()
core, storage = settings.core, settings.storage
place = find_target(settings)
installation = Installation("installation", InstallationArgs(stack=settings.stack, given=core.installation_id))
namespaces = [core.namespace, *made_namespaces(settings.cluster, core, storage, settings.serving.seldon)]
with Ownership(installation, place.context, place.kubeconfig, namespaces) as ownership:
    connection = Connection(
        "cluster",
        ConnectionArgs(
            context=place.context,
            kubeconfig=place.kubeconfig,
            identity=ownership.cleared(place.facts.identity),
            after=[*place.ready, installation.stash],
        ),
    )
    on_cluster = connection.on_cluster
    namespace = Namespace(
        "kubeflow", NamespaceArgs(core.namespace, installation.id, create=core.create_namespace), on_cluster
    )
    site = Site(
        installation=core.namespace,
        installation_id=installation.id,
        namespace=namespace.namespace,
        registry_mirror=settings.cluster.registry_mirror,
        private_ranges=tuple(settings.cluster.private_ranges),
        api_ports=place.facts.api_ports,
    )
    provisions = provide(settings.cluster, storage, settings.access, place=place, site=site, opts=on_cluster)
    bounds = Bounds("bounds", BoundsArgs(settings=core, site=site), on_cluster)
    # Whatever runs in the namespace starts after the policy that denies all traffic, and finds its classes.
    before_pods = [namespace, bounds, *provisions.before_claims]
    in_namespace = pulumi.ResourceOptions.merge(on_cluster, pulumi.ResourceOptions(depends_on=before_pods))
    jupyterhub = JupyterHub(
        "jupyterhub",
        JupyterHubArgs(site=site, settings=core, storage=storage, context=place.context, secrets=settings.secrets),
        in_namespace,
    )
    images = [*jupyterhub.images, *provisions.images]
    before_jobs: list[pulumi.Resource] = []
    # Most stacks need only some of these, and import what they need.
    if core.training_operator.enabled:
        from components.training.operator import TrainingOperator, TrainingOperatorArgs

        # The operator has a namespace of its own, which comes and goes beside the stack's.
        training = TrainingOperator("training", TrainingOperatorArgs(core.training_operator, site), on_cluster)
        images, before_jobs = [*images, *training.images], training.ready
    if settings.jobs.any:
        from components.jobs.jobs import Jobs, JobsArgs

        jobs_args = JobsArgs(settings.jobs, storage, site, place.context, place.kubeconfig, before_jobs)
        jobs = Jobs("jobs", jobs_args, in_namespace)
        images = [*images, *jobs.images]
        pulumi.export("jobs", jobs.states)
    if settings.serving.any:
        from components.serving.serving import Known, serve

        known = Known(settings.cluster.platform, place.context, place.facts.one_node_claims)
        served = serve(settings.serving, storage, site, known, in_namespace, operator_opts=on_cluster)
        images = [*images, *served.images]
        for name, output in served.outputs.items():
            pulumi.export(name, output)
    if core.report_usage and core.usage_collector_url:
        from components.core.usage_reporting import UsageReporting, UsageReportingArgs

        reporting = UsageReporting("usage-reporting", UsageReportingArgs(core, site), in_namespace)
        pulumi.export("usageId", reporting.usage_id)

pulumi.export("context", place.context)
if place.credentials_command:
    pulumi.export("getCredentials", place.credentials_command)
pulumi.export("clusterIdentity", place.facts.identity)
pulumi.export("installationId", installation.id)
pulumi.export("namespace", namespace.namespace)
pulumi.export("hubUrl", jupyterhub.url)
pulumi.export("portForward", jupyterhub.port_forward)
pulumi.export("images", sorted(set(images)))
pulumi.export("readme", (Path(__file__).parent / "components" / "stack_readme.md").read_text())
