"""Google Cloud as its provider shows it: everything but Kubernetes Engine."""

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any, cast

from tests.support.cloud import gke
from tests.support.cloud.gcp_names import API, CREATED, labelled, missing, numbered, resolve
from tests.support.cloud.kind import CloudError, Context, Kind, Naming, Provider
from tests.support.cloud.state import Record
from tests.support.cloud.values import Properties

NETWORK = "projects/{project}/global/networks/{network}"
ROUTER = "projects/{project}/regions/{region}/routers/{router}"
_PLACE = ("name", "project", "region")


def _account(_: Context, record: Record) -> Properties:
    email = record.id.rpartition("/")[2]
    return {"name": record.id, "email": email, "member": f"serviceAccount:{email}", "uniqueId": numbered(record)}


def _member_needs(inputs: Properties) -> Iterable[str]:
    """A service account of the project has to exist; other members are taken as they come."""
    project, email = inputs["project"], str(inputs["member"]).removeprefix("serviceAccount:")
    if email.endswith(f"@{project}.iam.gserviceaccount.com"):
        yield f"projects/{project}/serviceAccounts/{email}"


def _linked(context: Context, record: Record) -> Properties:
    project = context.config.get("project", "")
    return {"project": project, **record.inputs, "selfLink": f"{API}/{record.id}", "creationTimestamp": CREATED}


def _network(context: Context, record: Record) -> Properties:
    return {**_linked(context, record), "networkId": numbered(record), "numericId": numbered(record), "gatewayIpv4": ""}


def _subnetwork(context: Context, record: Record) -> Properties:
    gateway = ipaddress.ip_network(record.inputs["ipCidrRange"])[1]
    return {"region": context.config.get("region", ""), **_linked(context, record), "gatewayAddress": str(gateway)}


def _disk(context: Context, record: Record) -> Properties:
    zone: Properties = {"zone": context.config.get("zone", ""), "users": [], "physicalBlockSizeBytes": 4096}
    return {**zone, **_linked(context, record), **labelled(record, "labels"), "diskId": numbered(record)}


def _filestore(context: Context, record: Record) -> Properties:
    address = f"10.{int(record.uid[:2], 16)}.{int(record.uid[2:4], 16)}"
    networks: list[Properties] = record.inputs["networks"]
    reserved = {"ipAddresses": [f"{address}.2"], "reservedIpRange": f"{address}.0/29", "connectMode": "DIRECT_PEERING"}
    found = {"networks": [{**reserved, **network} for network in networks], "createTime": CREATED, "etag": record.uid}
    return {"project": context.config.get("project", ""), **record.inputs, **labelled(record, "labels"), **found}


def _smaller_disk(old: Properties, new: Properties) -> Iterable[str]:
    return ["size"] if new.get("size", 0) < old.get("size", 0) else []


def _narrower_range(old: Properties, new: Properties) -> Iterable[str]:
    try:
        before, after = (ipaddress.IPv4Network(each["ipCidrRange"]) for each in (old, new))
    except (KeyError, ValueError):
        return []
    return [] if before.subnet_of(after) else ["ipCidrRange"]


def _smaller_share(old: Properties, new: Properties) -> str:
    before, after = (each["fileShares"].get("capacityGb", 0) for each in (old, new))
    return (
        "Error updating Instance: googleapi: Error 400: Reducing the capacity of file shares is not supported for "
        f"tier {new['tier']}"
        if after < before and str(new["tier"]).startswith("BASIC")
        else ""
    )


def _protected_instance(state: Properties) -> str:
    protected = state.get("deletionProtectionEnabled")
    return "Error 400: The instance is deletion protected" if protected else ""


def _find(kind: Kind, context: Context, arguments: Properties) -> Properties:
    identity = kind.identify(context, arguments)
    record = context.state.find(identity)
    if record is None:
        raise CloudError(f"invocation of {kind.type} returned an error: {missing(identity)}")
    outputs = cast("Properties", _lists(record.outputs))
    return {**outputs, **arguments, "id": record.id, "name": identity.rpartition("/")[2]}


def _lists(value: Any, key: str = "") -> Any:
    """Data sources put objects into lists, and say so by the plural. Labels are no objects."""
    if isinstance(value, list):
        return [_lists(each) for each in cast("list[Any]", value)]
    if not isinstance(value, dict) or key.lower().endswith("labels"):
        return cast("object", value)
    found: Properties = {}
    for name, each in cast("Properties", value).items():
        single = isinstance(each, dict) and not name.lower().endswith("labels")
        found[_plural(name) if single else name] = [_lists(each)] if single else _lists(each, name)
    return found


def _plural(name: str) -> str:
    if name.endswith("y"):
        return f"{name[:-1]}ies"
    return name if name.endswith("Shares") else f"{name}es" if name.endswith("s") else f"{name}s"


_KINDS = (
    Kind(
        type="gcp:compute/network:Network",
        id="projects/{project}/global/networks/{name}",
        immutable=("name", "project", "autoCreateSubnetworks", "description"),
        computed=("selfLink", "networkId", "numericId", "gatewayIpv4", "project"),
        outputs=_network,
        resolve=resolve,
        holds=True,
    ),
    Kind(
        type="gcp:compute/subnetwork:Subnetwork",
        id="projects/{project}/regions/{region}/subnetworks/{name}",
        required=("network", "ipCidrRange"),
        immutable=(*_PLACE, "network", "purpose"),
        also_replaces=_narrower_range,
        computed=("selfLink", "gatewayAddress", "creationTimestamp", "project", "region"),
        outputs=_subnetwork,
        resolve=resolve,
        parents=(NETWORK,),
        holds=True,
    ),
    Kind(
        type="gcp:compute/router:Router",
        id="projects/{project}/regions/{region}/routers/{name}",
        required=("network",),
        immutable=(*_PLACE, "network"),
        computed=("selfLink", "creationTimestamp", "project"),
        outputs=_linked,
        resolve=resolve,
        parents=(NETWORK,),
    ),
    Kind(
        type="gcp:compute/routerNat:RouterNat",
        id="{project}/{region}/{router}/{name}",
        required=("router", "sourceSubnetworkIpRangesToNat"),
        immutable=(*_PLACE, "router"),
        computed=("project", "region"),
        outputs=lambda context, _: {"project": context.config.get("project", "")},
        resolve=resolve,
        parents=(ROUTER,),
    ),
    Kind(
        type="gcp:serviceaccount/account:Account",
        id="projects/{project}/serviceAccounts/{accountId}@{project}.iam.gserviceaccount.com",
        name="accountId",
        pattern=r"[a-z]([-a-z0-9]{4,28}[a-z0-9])",
        immutable=("accountId", "project"),
        computed=("email", "member", "name", "uniqueId", "project"),
        outputs=_account,
        resolve=resolve,
    ),
    Kind(
        type="gcp:projects/iAMMember:IAMMember",
        id="{project}/{role}/{member}",
        name="",
        naming=Naming.NEVER,
        required=("project", "role", "member"),
        immutable=("project", "role", "member", "condition"),
        computed=("etag",),
        outputs=lambda _, record: {"etag": record.uid},
        uses=_member_needs,
        shared=True,
    ),
    Kind(
        type="gcp:compute/disk:Disk",
        id="projects/{project}/zones/{zone}/disks/{name}",
        defaults={"type": "pd-standard"},
        immutable=("name", "project", "zone", "type", "snapshot", "image", "sourceDisk", "diskEncryptionKey"),
        also_replaces=_smaller_disk,
        computed=("selfLink", "diskId", "creationTimestamp", "users", "project", "zone", "effectiveLabels"),
        outputs=_disk,
        resolve=resolve,
    ),
    Kind(
        type="gcp:filestore/instance:Instance",
        id="projects/{project}/locations/{location}/instances/{name}",
        required=("fileShares", "networks", "tier"),
        immutable=("name", "project", "location", "zone", "tier", "networks", "protocol", "fileShares.name"),
        computed=("networks.ipAddresses", "networks.reservedIpRange", "createTime", "etag", "project", "location"),
        outputs=_filestore,
        resolve=resolve,
        refuse_update=_smaller_share,
        refuse_delete=_protected_instance,
    ),
    *gke.KINDS,
)
KINDS: Mapping[str, Kind] = {kind.type: kind for kind in _KINDS}


PROVIDER = Provider(
    name="gcp",
    version="10.2.0",
    kinds=KINDS,
    functions={
        "gcp:container/getCluster:getCluster": lambda context, it: _find(
            KINDS["gcp:container/cluster:Cluster"], context, it
        ),
        "gcp:compute/getDisk:getDisk": lambda context, it: _find(KINDS["gcp:compute/disk:Disk"], context, it),
        "gcp:filestore/getInstance:getInstance": lambda context, it: _find(
            KINDS["gcp:filestore/instance:Instance"], context, it
        ),
    },
    # The real one replaces the resources instead, since each finds its project changed: the outcome is the same.
    replaced_by=("project",),
    stable=None,
    renames_in_place=True,
    suffix="-",
    random_characters=7,
    exists=lambda identity: f"googleapi: Error 409: The resource '{identity}' already exists, alreadyExists",
    missing=missing,
    busy=lambda identity, other: (
        f"googleapi: Error 400: The resource '{identity}' is already being used by '{other}', "
        "resourceInUseByAnotherResource"
    ),
)
