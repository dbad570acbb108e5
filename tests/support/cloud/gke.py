"""Google Kubernetes Engine: its clusters are the embedded control plane, with nodes for their pools."""

from collections.abc import Iterable
from hashlib import sha256
from typing import Any, cast

from tests.support.cloud.cluster import Class, SimulatedNode
from tests.support.cloud.gcp_names import labelled, resolve
from tests.support.cloud.kind import Context, Kind
from tests.support.cloud.state import Record
from tests.support.cloud.values import Properties

VERSION = "1.34.1-gke.1000000"
DISKS = "pd.csi.storage.gke.io"
CLASSES = (
    Class(name="standard-rwo", provisioner=DISKS, default=True, parameters={"type": "pd-balanced"}),
    Class(name="premium-rwo", provisioner=DISKS, parameters={"type": "pd-ssd"}),
)
CLUSTER = "projects/{project}/locations/{location}/clusters/{cluster}"
SPOT = {"cloud.google.com/gke-spot": "true"}
GPU_TAINT = ("nvidia.com/gpu", "present", "NoSchedule")
_EFFECTS = {"NO_SCHEDULE": "NoSchedule", "PREFER_NO_SCHEDULE": "PreferNoSchedule", "NO_EXECUTE": "NoExecute"}
_NO_DRIVER = ("", "GPU_DRIVER_VERSION_UNSPECIFIED", "INSTALLATION_DISABLED")


def zones(location: str, wanted: Any) -> list[str]:
    """Where nodes are: as asked for, else in the zone, else in three zones of the region."""
    one = location.count("-") > 1
    return list(wanted or ([location] if one else [f"{location}-{letter}" for letter in "abc"]))


def _cluster(context: Context, record: Record) -> Properties:
    cluster, inputs = context.cluster, record.inputs
    location = record.id.split("/")[3]
    found: Properties = {
        "project": context.config.get("project", ""),
        "location": location,
        "endpoint": cluster.endpoint,
        "masterAuth": {**inputs.get("masterAuth", {}), "clusterCaCertificate": cluster.authority},
        "masterVersion": VERSION,
        "nodeVersion": VERSION,
        "selfLink": f"https://container.googleapis.com/v1/{record.id}",
        "nodeLocations": zones(location, inputs.get("nodeLocations")),
        "servicesIpv4Cidr": "10.96.0.0/12",
        **labelled(record, "resourceLabels"),
    }
    private = {"privateEndpoint": cluster.endpoint, "publicEndpoint": cluster.endpoint}
    found["privateClusterConfig"] = {**inputs.get("privateClusterConfig", {}), **private}
    ways = inputs.get("controlPlaneEndpointsConfig", {})
    dns = {**ways.get("dnsEndpointConfig", {}), "endpoint": cluster.endpoint}
    found["controlPlaneEndpointsConfig"] = {**ways, "dnsEndpointConfig": dns}
    return found


def _cluster_made(context: Context, record: Record) -> None:
    context.cluster.furnish(CLASSES)
    if record.inputs.get("removeDefaultNodePool") or record.inputs.get("enableAutopilot"):
        return
    pool = {"nodeConfig": record.inputs.get("nodeConfig", {})}
    nodes = _nodes(record.id, "default-pool", pool, record.outputs["nodeLocations"])
    context.cluster.set_pool(record.id, f"{record.id}/nodePools/default-pool", nodes)


def _resolve_pool(context: Context, inputs: Properties) -> Properties:
    """The cluster may be named by its id."""
    known = resolve(context, inputs)
    parts = str(known.get("cluster", "")).split("/")
    return {**known, **_of_cluster(parts)}


def _of_cluster(parts: list[str]) -> Properties:
    if len(parts) == 1:
        return {"cluster": parts[0]}
    return {"project": parts[1], "location": parts[3], "cluster": parts[5]}


def _pool(context: Context, record: Record) -> Properties:
    wanted = record.inputs.get("nodeLocations") or _cluster_of(context, record).outputs["nodeLocations"]
    manager = "https://www.googleapis.com/compute/v1/projects/{}/zones/{}/instanceGroupManagers/{}"
    project, name = record.id.split("/")[1], record.id.rpartition("/")[2]
    groups = [manager.format(project, zone, name) for zone in wanted]
    return {"nodeLocations": wanted, "version": VERSION, "instanceGroupUrls": groups}


def _pool_made(context: Context, record: Record) -> None:
    cluster = _cluster_of(context, record)
    nodes = _nodes(cluster.id, record.id.rpartition("/")[2], record.inputs, record.outputs["nodeLocations"])
    context.cluster.set_pool(cluster.id, record.id, nodes)


def _cluster_of(context: Context, record: Record) -> Record:
    cluster = context.state.find(record.id.rpartition("/nodePools/")[0])
    assert cluster is not None, "a pool is made after its cluster"
    return cluster


def _nodes(cluster: str, pool: str, inputs: Properties, where: list[str]) -> Iterable[SimulatedNode]:
    """A node in each zone, unless none is asked for."""
    if inputs.get("nodeCount") == 0 and "autoscaling" not in inputs:
        return
    config: Properties = inputs.get("nodeConfig", {})
    labels = {
        "cloud.google.com/gke-nodepool": pool,
        "node.kubernetes.io/instance-type": str(config.get("machineType", "e2-medium")),
        **cast("dict[str, str]", config.get("labels", {})),
        **(SPOT if config.get("spot") else {}),
    }
    taints = [(each["key"], each["value"], _EFFECTS[each["effect"]]) for each in config.get("taints", [])]
    accelerators: list[Properties] = config.get("guestAccelerators", [])
    gpus = 0
    for accelerator in accelerators:
        labels["cloud.google.com/gke-accelerator"] = str(accelerator["type"]).rpartition("/")[2]
        driver = accelerator.get("gpuDriverInstallationConfig", {}).get("gpuDriverVersion", "")
        gpus += 0 if driver in _NO_DRIVER else accelerator["count"]
    if accelerators and GPU_TAINT[0] not in (key for key, _, _ in taints):
        taints.append(GPU_TAINT)
    mark = sha256(f"{cluster}/{pool}".encode()).hexdigest()[:8]
    for zone in where:
        place = {"topology.gke.io/zone": zone, "topology.kubernetes.io/zone": zone}
        region = {"topology.kubernetes.io/region": zone.rpartition("-")[0]}
        name = f"gke-{cluster.rpartition('/')[2][:16]}-{pool[:16]}-{mark}-{zone[-1]}"
        yield SimulatedNode(name=name, labels={**labels, **place, **region}, taints=tuple(taints), gpus=gpus)


def _protected(state: Properties) -> str:
    if state.get("deletionPolicy") == "PREVENT":
        return "cannot destroy cluster because deletion_policy is set to PREVENT"
    if not state.get("deletionProtection", True):
        return ""
    return (
        "Cannot destroy cluster because deletion_protection is set to true. Set it to false to proceed with cluster "
        "deletion."
    )


def _uses(inputs: Properties) -> Iterable[str]:
    """The network and the subnetwork, if they are named by their ids or links."""
    for key in ("network", "subnetwork"):
        value = str(inputs.get(key, ""))
        if "projects/" in value:
            yield value[value.index("projects/") :]


KINDS = (
    Kind(
        type="gcp:container/cluster:Cluster",
        id="projects/{project}/locations/{location}/clusters/{name}",
        pattern=r"[a-z]([-a-z0-9]{0,38}[a-z0-9])?",
        defaults={"deletionProtection": True},
        immutable=(
            "name",
            "project",
            "location",
            "network",
            "subnetwork",
            "networkingMode",
            "ipAllocationPolicy",
            "enableAutopilot",
            "datapathProvider",
            "defaultMaxPodsPerNode",
            "initialNodeCount",
            "confidentialNodes",
            "privateClusterConfig.masterIpv4CidrBlock",
        ),
        computed=(
            "endpoint",
            "masterAuth.clusterCaCertificate",
            "masterVersion",
            "nodeVersion",
            "selfLink",
            "nodeLocations",
            "servicesIpv4Cidr",
            "effectiveLabels",
            "privateClusterConfig.privateEndpoint",
            "privateClusterConfig.publicEndpoint",
            "controlPlaneEndpointsConfig.dnsEndpointConfig.endpoint",
            "project",
        ),
        outputs=_cluster,
        resolve=resolve,
        uses=_uses,
        refuse_delete=_protected,
        made=_cluster_made,
        gone=lambda context, record: context.cluster.clear(record.id, CLASSES),
    ),
    Kind(
        type="gcp:container/nodePool:NodePool",
        id=f"{CLUSTER}/nodePools/{{name}}",
        pattern=r"[a-z]([-a-z0-9]{0,38}[a-z0-9])?",
        required=("cluster",),
        immutable=(
            "name",
            "project",
            "location",
            "cluster",
            "initialNodeCount",
            "maxPodsPerNode",
            "placementPolicy",
            "nodeConfig.guestAccelerators",
            "nodeConfig.spot",
            "nodeConfig.preemptible",
            "nodeConfig.serviceAccount",
            "nodeConfig.oauthScopes",
            "nodeConfig.metadata",
            "nodeConfig.minCpuPlatform",
            "nodeConfig.shieldedInstanceConfig",
        ),
        computed=("nodeLocations", "version", "instanceGroupUrls"),
        outputs=_pool,
        resolve=_resolve_pool,
        parents=(CLUSTER,),
        made=_pool_made,
        gone=lambda context, record: context.cluster.drop_pool(record.id),
    ),
)
