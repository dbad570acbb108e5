"""Azure Kubernetes Service: its clusters are the embedded control plane, with nodes for their pools."""

import base64
import re
from collections.abc import Iterable
from hashlib import sha256
from typing import Any, cast

import yaml

from tests.support.cloud.azure_names import GROUP, IN_GROUP, TENANT, found, resolve, steady
from tests.support.cloud.cluster import Class, SimulatedNode
from tests.support.cloud.kind import Context, Kind, Naming
from tests.support.cloud.state import Record
from tests.support.cloud.values import Properties

VERSION = "1.34.1"
DISKS = "disk.csi.azure.com"
CLASSES = (
    Class(name="default", provisioner=DISKS, default=True, parameters={"skuname": "StandardSSD_LRS"}),
    Class(name="managed-csi-premium", provisioner=DISKS, parameters={"skuname": "Premium_LRS"}),
)
ID = f"{IN_GROUP}/Microsoft.ContainerService/managedClusters/{{resourceName}}"
SERVER = "6dae42f8-4368-4678-94ff-3960e28e3630"
"""The application of every AKS API server in Entra ID."""
KUBECTL = "80faf920-1908-4b52-b5ef-a8e7bedfc67a"
"""Their client application."""
SPOT = "kubernetes.azure.com/scalesetpriority"
_POOL_NEVER_CHANGES = ("vmSize", "osDiskType", "osDiskSizeGB", "vnetSubnetID", "availabilityZones", "scaleSetPriority")


def _cluster(context: Context, record: Record) -> Properties:
    inputs, name = record.inputs, record.id.rpartition("/")[2]
    group, location = record.id.split("/")[4], inputs["location"]
    host = f"{inputs.get('dnsPrefix', name)}-{record.uid[:8]}"
    resources = inputs.get("nodeResourceGroup", f"MC_{group}_{name}_{location}")
    kubelet = f"{record.id.split('/resourceGroups/')[0]}/resourcegroups/{resources}/providers"
    identity = {
        "clientId": f"{record.uid[:-1]}c",
        "objectId": f"{record.uid[:-1]}0",
        "resourceId": f"{kubelet}/Microsoft.ManagedIdentity/userAssignedIdentities/{name}-agentpool",
    }
    issuer = f"https://{location}.oic.prod-aks.azure.com/{TENANT}/{record.uid}/"
    private = inputs.get("apiServerAccessProfile", {}).get("enablePrivateCluster")
    return {
        **steady(context, record),
        "fqdn": "" if private else f"{host}.hcp.{location}.azmk8s.io",
        "privateFQDN": f"{host}.{record.uid}.privatelink.{location}.azmk8s.io" if private else "",
        "azurePortalFQDN": f"{host}.portal.hcp.{location}.azmk8s.io",
        "nodeResourceGroup": resources,
        "currentKubernetesVersion": VERSION,
        "kubernetesVersion": inputs.get("kubernetesVersion", VERSION),
        "oidcIssuerProfile": {**inputs.get("oidcIssuerProfile", {}), "issuerURL": issuer},
        "identityProfile": {"kubeletidentity": identity, **inputs.get("identityProfile", {})},
        "powerState": {"code": "Running"},
        "resourceUID": record.uid,
        "maxAgentPools": 100,
    }


def _with_identities_as_map(inputs: Properties) -> Properties:
    """Azure takes a list of identities, and shows them by their ids."""
    identity = inputs.get("identity", {})
    ids: list[str] = identity.get("userAssignedIdentities", [])
    if not ids:
        return inputs
    return {**inputs, "identity": {**identity, "userAssignedIdentities": {each: {} for each in ids}}}


def _cluster_made(context: Context, record: Record) -> None:
    context.cluster.furnish(CLASSES)
    for pool in record.inputs.get("agentPoolProfiles", []):
        nodes = _nodes(record, pool["name"], pool)
        context.cluster.set_pool(record.id, f"{record.id}/agentPools/{pool['name']}", nodes)


def _pool_made(context: Context, record: Record) -> None:
    cluster = context.state.find(record.id.rpartition("/agentPools/")[0])
    assert cluster is not None, "a pool is made after its cluster"
    nodes = _nodes(cluster, record.id.rpartition("/")[2], record.inputs)
    context.cluster.set_pool(cluster.id, record.id, nodes)


def _nodes(cluster: Record, pool: str, inputs: Properties) -> Iterable[SimulatedNode]:
    """A node in each zone, unless none is asked for; one without a zone if none is named."""
    if inputs.get("count") == 0 and not inputs.get("enableAutoScaling"):
        return
    location, size = cluster.inputs["location"], str(inputs.get("vmSize", ""))
    labels = {
        "agentpool": pool,
        "kubernetes.azure.com/agentpool": pool,
        "kubernetes.azure.com/cluster": cluster.outputs["nodeResourceGroup"],
        "kubernetes.azure.com/mode": str(inputs.get("mode", "User")).lower(),
        "node.kubernetes.io/instance-type": size,
        "topology.kubernetes.io/region": location,
        **cast("dict[str, str]", inputs.get("nodeLabels", {})),
    }
    taints = [_taint(each) for each in inputs.get("nodeTaints", [])]
    if inputs.get("scaleSetPriority") == "Spot":
        labels[SPOT] = "spot"
        taints = list(dict.fromkeys([*taints, (SPOT, "spot", "NoSchedule")]))
    gpus = 0
    if re.match(r"Standard_N[CDV]", size):
        labels |= {"kubernetes.azure.com/accelerator": "nvidia"}
        # A real node shows its GPUs only once something runs NVIDIA's device plugin there.
        gpus = 0 if inputs.get("gpuProfile", {}).get("driver") == "None" else 1
    mark = int(sha256(cluster.id.encode()).hexdigest()[:6], 16)
    for index, zone in enumerate(inputs.get("availabilityZones") or [""]):
        place = {"topology.kubernetes.io/zone": f"{location}-{zone}" if zone else "0"}
        yield SimulatedNode(
            name=f"aks-{pool}-{mark:08}-vmss{index:06}", labels={**labels, **place}, taints=tuple(taints), gpus=gpus
        )


def _taint(text: str) -> tuple[str, str, str]:
    rest, _, effect = text.rpartition(":")
    key, _, value = rest.partition("=")
    return key, value, effect


def _pools(inputs: Properties) -> dict[str, Properties]:
    return {pool["name"]: pool for pool in inputs.get("agentPoolProfiles", [])}


def _refuse_cluster(old: Properties, new: Properties) -> str:
    before, after = _pools(old), _pools(new)
    for name in before.keys() & after.keys():
        for key in _POOL_NEVER_CHANGES:
            if before[name].get(key) != after[name].get(key):
                return (
                    f'Code="PropertyChangeNotAllowed" Message="Changing property \'properties.{key}\' of agent pool '
                    f"'{name}' is not allowed.\""
                )
    return ""


def _subnets(inputs: Properties) -> Iterable[str]:
    pools: list[Properties] = [inputs, *inputs.get("agentPoolProfiles", [])]
    return dict.fromkeys(pool["vnetSubnetID"] for pool in pools if "vnetSubnetID" in pool)


def user_credentials(context: Context, arguments: Properties) -> Properties:
    """A kubeconfig as AKS makes them: for kubelogin if the cluster is joined to Entra ID, else with a certificate."""
    record = found(CLUSTER, context, arguments)
    name = record.id.rpartition("/")[2]
    user = f"clusterUser_{record.id.split('/')[4]}_{name}"
    cluster = {"server": context.cluster.server, "certificate-authority-data": context.cluster.authority}
    login: dict[str, Any] = {
        "client-certificate-data": context.cluster.certificate,
        "client-key-data": context.cluster.key,
    }
    if record.inputs.get("aadProfile"):
        options = {
            "environment": "AzurePublicCloud",
            "server-id": SERVER,
            "client-id": KUBECTL,
            "tenant-id": TENANT,
            "login": "devicecode",
        }
        login = {
            "exec": {
                "apiVersion": "client.authentication.k8s.io/v1beta1",
                "command": "kubelogin",
                "args": ["get-token", *(part for key, value in options.items() for part in (f"--{key}", value))],
                "env": None,
                "provideClusterInfo": False,
            }
        }
    config: Properties = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": cluster}],
        "users": [{"name": user, "user": login}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": user}}],
        "current-context": name,
        "preferences": {},
    }
    value = base64.b64encode(yaml.safe_dump(config).encode()).decode()
    return {"kubeconfigs": [{"name": "clusterUser", "value": value}]}


CLUSTER = Kind(
    type="azure-native:containerservice:ManagedCluster",
    id=ID,
    name="resourceName",
    pattern=r"[a-zA-Z0-9]([-\w]{0,61}[a-zA-Z0-9])?",
    required=("resourceGroupName", "location"),
    immutable=(
        "resourceGroupName",
        "resourceName",
        "location",
        "dnsPrefix",
        "fqdnSubdomain",
        "nodeResourceGroup",
        "diskEncryptionSetID",
        "networkProfile.serviceCidr",
        "networkProfile.podCidr",
        "networkProfile.dnsServiceIP",
        "apiServerAccessProfile.enablePrivateCluster",
    ),
    hidden=("resourceGroupName", "resourceName"),
    shown=_with_identities_as_map,
    computed=(
        "name",
        "type",
        "azureApiVersion",
        "provisioningState",
        "fqdn",
        "privateFQDN",
        "azurePortalFQDN",
        "nodeResourceGroup",
        "currentKubernetesVersion",
        "kubernetesVersion",
        "oidcIssuerProfile.issuerURL",
        "identityProfile",
        "powerState",
        "resourceUID",
        "maxAgentPools",
    ),
    outputs=_cluster,
    resolve=resolve,
    parents=(GROUP,),
    uses=_subnets,
    refuse_update=_refuse_cluster,
    made=_cluster_made,
    gone=lambda context, record: context.cluster.clear(record.id, CLASSES),
)
KINDS = (
    CLUSTER,
    Kind(
        type="azure-native:containerservice:AgentPool",
        id=f"{ID}/agentPools/{{agentPoolName}}",
        name="agentPoolName",
        naming=Naming.COPY,
        pattern=r"[a-z][a-z0-9]{0,11}",
        required=("resourceGroupName", "resourceName"),
        immutable=("resourceGroupName", "resourceName", "agentPoolName", "gpuProfile", "maxPods", *_POOL_NEVER_CHANGES),
        hidden=("resourceGroupName", "resourceName", "agentPoolName"),
        computed=("name", "azureApiVersion", "provisioningState", "currentOrchestratorVersion", "nodeImageVersion"),
        outputs=lambda context, record: {**steady(context, record), "currentOrchestratorVersion": VERSION},
        resolve=resolve,
        parents=(GROUP, ID),
        uses=_subnets,
        made=_pool_made,
        gone=lambda context, record: context.cluster.drop_pool(record.id),
    ),
)
