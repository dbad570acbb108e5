"""A stack on Google Kubernetes Engine."""

from collections.abc import Sequence

import pulumi

from components import preflight
from components.cluster.disks.google_lookup import find_google_disks
from components.cluster.gke_cluster import GkeCluster, GkeClusterArgs
from components.cluster.gke_lookup import find_gke_cluster
from components.cluster.google_cloud import GoogleCloud, GoogleCloudArgs
from components.cluster.place import API_PORTS, OnGoogleCloud, Place
from components.preflight import ClusterFacts, Need
from components.schema.cluster import ClusterSettings
from components.schema.storage import StorageSettings


def gke_place(cluster: ClusterSettings, storage: StorageSettings, installation: str, needs: Sequence[Need]) -> Place:
    """Finds the cluster by its context or its name, or creates it. Takes what ``find_place`` does.

    Raises:
        StackError: if there is no such cluster or disk, or it cannot be used.
    """
    gke = cluster.gke
    assert gke.project is not None  # load() has seen to both
    assert gke.location is not None
    google_cloud = GoogleCloud("google-cloud", GoogleCloudArgs(project=gke.project))
    project, location = gke.project, gke.location
    disks = find_google_disks(
        storage, project=project, location=location, installation=installation, provider=google_cloud.provider
    )

    def on(network: pulumi.Input[str] | None) -> OnGoogleCloud:
        return OnGoogleCloud(
            provider=google_cloud.provider, project=project, location=location, network=network, disks=disks
        )

    if cluster.context is not None:
        facts = preflight.inspect(cluster.context, needs)
        return Place(context=cluster.context, facts=facts, google_cloud=on(None))
    context = f"gke_{project}_{location}_{gke.name}"
    command = f"gcloud container clusters get-credentials {gke.name} --location {location} --project {project}" + (
        " --internal-ip" if gke.endpoint == "private" else ""
    )
    if not gke.create:
        found = find_gke_cluster(
            gke, project=project, location=location, context=context, provider=google_cloud.provider
        )
        return Place(
            context=context,
            facts=preflight.inspect_kubeconfig(found.kubeconfig, context, needs),
            kubeconfig=found.kubeconfig,
            credentials_command=command,
            google_cloud=on(found.network),
        )
    created = GkeCluster(
        "gke",
        GkeClusterArgs(
            project=project,
            location=location,
            settings=gke,
            context=context,
            uses_filestore=uses_filestore(storage),
        ),
        pulumi.ResourceOptions(providers=[google_cloud.provider]),
    )
    return Place(
        context=context,
        facts=ClusterFacts(identity=cluster.identity or "", api_ports=API_PORTS),
        kubeconfig=created.kubeconfig,
        ready=created.ready,
        credentials_command=command,
        google_cloud=on(created.network),
    )


def uses_filestore(storage: StorageSettings) -> bool:
    """Whether anything is on Filestore."""
    return any(disk.backend == "filestore" for disk in storage.disks.values()) or any(
        each.kind == "file" for each in storage.classes.values()
    )
