"""What every object of a stack keeps to. The policy pack and the tests run the same rules.

A rule looks at one object and names what breaks it; it knows nothing of the components that make objects.
"""

import ipaddress
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Protocol

METADATA = [
    ipaddress.ip_address(address)
    for address in (
        "100.100.100.200",
        "168.63.129.16",
        "169.254.169.254",
        "169.254.170.2",
        "169.254.170.23",
        "192.0.0.192",
        "fd00:c1::a9fe:a9fe",
        "fd00:ec2::23",
        "fd00:ec2::254",
        "fd20:ce::254",
        "fe80::a9fe:a9fe",
    )
]
"""Where clouds hand out credentials: Alibaba, Azure, all of them, containers and pods on AWS, Oracle; over IPv6 Oracle,
pods and nodes on AWS, Google Cloud, OpenStack."""
DATA_TYPES = (
    "kubernetes:core/v1:PersistentVolumeClaim",
    "kubernetes:core/v1:PersistentVolume",
    "kubernetes:core/v1:Namespace",
    # With the definition of a kind goes every object of it.
    "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition",
    "gcp:compute/disk:Disk",
    "gcp:filestore/instance:Instance",
    "azure-native:compute:Disk",
    "azure-native:storage:StorageAccount",
    "azure-native:storage:FileShare",
)
EXCEPTIONS = {
    "nfs-provisioner": {
        "it does not enforce the Pod Security Standard restricted": "no lower level allows the capability below",
        "the pod may run as root": "it reads and writes everybody's files",
        "nfs-provisioner does not drop all capabilities": "it changes owners and becomes the users it serves",
        "nfs-provisioner adds the capability DAC_READ_SEARCH": "it opens files by handle",
        "nfs-provisioner adds the capability SYS_RESOURCE": "it has as many files open as its clients",
        "nfs-provisioner may write to its image": "its daemons keep their state in many places of it",
    },
    "gpu-device-plugin": {
        "it does not enforce the Pod Security Standard restricted": "no level but privileged allows a folder of a node",
        "the pod may run as root": "the folder is root's",
        "the volume sockets is the node's": "device plugins and the kubelet meet there",
        "it holds data and is not protected": "nothing is kept in its namespace",
    },
    "training-operator": {"it holds data and is not protected": "nothing is kept in its namespace"},
    "tf-serving": {
        "169.254.169.254/32 includes a cloud's metadata server": "on GKE pods get their own identity there",
    },
    "seldon-controller-manager": {"it holds data and is not protected": "nothing is kept in its namespace"},
    "seldon-deployment": {
        "* may write to its image": "images are the users', and made for being written to",
        "* has no cpu in its limits": "a node's idle CPU is a model's, unless its unit says how much",
    },
    "training-job": {
        sentence: why
        for container in ("tensorflow", "pytorch")
        for sentence, why in {
            f"{container} may write to its image": "images are the users', and made for being written to",
            f"{container} has no cpu in its limits": "a node's idle CPU is training's, unless the job says how much",
        }.items()
    },
}
"""What parts of the stack may do and no other may, by their label ``app.kubernetes.io/name``; and why.

A ``*`` stands for any name, where users choose it.
"""
_TRAINING = "kubernetes:kubeflow.org/"
"""What the types of all training jobs begin with."""
_SELDON = "kubernetes:machinelearning.seldon.io/"
"""The same for graphs of models."""
_SECRET_NAME = re.compile(r"(?:^|_)(?:TOKEN|PASSWORD|SECRET|CREDENTIALS?|API_KEY|PRIVATE_KEY)(?:_|$)")
_SECRET_PATH = re.compile(r"/")
"""A value with a slash names a place, not a secret."""


class Arguments(Protocol):
    """A resource as the engine is about to make it: what rules read of pulumi_policy's arguments."""

    resource_type: str
    props: Any
    opts: Any


Report = Callable[..., None]
Check = Callable[[str, dict[str, Any], bool], Iterator[str]]
"""Takes an object's type, its fields and whether it is protected; yields what is wrong."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A rule and what it is for."""

    name: str
    description: str
    check: Check

    def validate(self, args: Arguments, report: Report) -> None:
        """Reports every violation that is no exception."""
        props = dict(args.props)
        part = _map(_map(props.get("metadata")).get("labels")).get("app.kubernetes.io/name", "")
        for violation in self.check(args.resource_type, props, bool(args.opts.protect)):
            if not any(fnmatchcase(violation, exception) for exception in EXCEPTIONS.get(part, {})):
                report(violation)


def _map(value: Any) -> dict[str, Any]:
    """A field that holds fields, empty if it is not set."""
    return value or {}


def _list(value: Any) -> list[Any]:
    """A field that holds a list, empty if it is not set."""
    return value or []


def pods_of(kind: str, props: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The pods that a workload makes, one of each sort; none for other objects."""
    spec = _map(props.get("spec"))
    match kind.rpartition(":")[2]:
        case "Pod":
            yield spec
        case "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "Job":
            yield spec["template"]["spec"]
        case "CronJob":
            yield spec["jobTemplate"]["spec"]["template"]["spec"]
        case _ if kind.startswith(_TRAINING):
            for replicas in (value for field, value in spec.items() if field.endswith("ReplicaSpecs")):
                yield from (replica["template"]["spec"] for replica in replicas.values())
        case _ if kind.startswith(_SELDON):
            for predictor in spec["predictors"]:
                yield from (pods["spec"] for pods in _list(predictor.get("componentSpecs")))
        case _:
            return


def _containers(kind: str, props: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for pod in pods_of(kind, props):
        yield from _list(pod.get("initContainers"))
        yield from _list(pod.get("containers"))


def _restricted(kind: str, props: dict[str, Any], _protected: bool) -> Iterator[str]:
    for pod in pods_of(kind, props):
        yield from _restricted_pod(pod)
    for container in _containers(kind, props):
        yield from _restricted_container(container)


def _restricted_pod(pod: dict[str, Any]) -> Iterator[str]:
    security = _map(pod.get("securityContext"))
    if security.get("runAsNonRoot") is not True or security.get("runAsUser", 1) == 0:
        yield "the pod may run as root"
    if _map(security.get("seccompProfile")).get("type") != "RuntimeDefault":
        yield "the pod has no seccomp profile"
    yield from (
        f"the pod shares the node's {name[4:]}" for name in ("hostNetwork", "hostPID", "hostIPC") if pod.get(name)
    )
    yield from (
        f"the volume {volume['name']} is the node's" for volume in _list(pod.get("volumes")) if "hostPath" in volume
    )


def _restricted_container(container: dict[str, Any]) -> Iterator[str]:
    own = _map(container.get("securityContext"))
    if own.get("allowPrivilegeEscalation") is not False or own.get("privileged"):
        yield f"{container['name']} may gain privileges"
    capabilities = _map(own.get("capabilities"))
    if list(_list(capabilities.get("drop"))) != ["ALL"]:
        yield f"{container['name']} does not drop all capabilities"
    yield from (f"{container['name']} adds the capability {name}" for name in _list(capabilities.get("add")))
    if own.get("readOnlyRootFilesystem") is not True:
        yield f"{container['name']} may write to its image"


def _resources(kind: str, props: dict[str, Any], _protected: bool) -> Iterator[str]:
    for container in _containers(kind, props):
        resources = _map(container.get("resources"))
        for what in ("requests", "limits"):
            missing = {"cpu", "memory"} - set(_map(resources.get(what)))
            yield from (f"{container['name']} has no {name} in its {what}" for name in sorted(missing))


def _images(kind: str, props: dict[str, Any], _protected: bool) -> Iterator[str]:
    for container in _containers(kind, props):
        name = container["image"].rpartition("/")[2]
        if "@sha256:" not in name and (":" not in name or name.endswith(":latest")):
            yield f"the image {container['image']} is not pinned"


def _probes(kind: str, props: dict[str, Any], _protected: bool) -> Iterator[str]:
    for container in _containers(kind, props):
        if container.get("ports"):
            yield from (
                f"{container['name']} serves a port without a {probe}"
                for probe in ("livenessProbe", "readinessProbe")
                if probe not in container
            )


def _tokens(kind: str, props: dict[str, Any], _protected: bool) -> Iterator[str]:
    for pod in pods_of(kind, props):
        if pod.get("automountServiceAccountToken") is not False and not pod.get("serviceAccountName"):
            yield "the pod has the token of the namespace's default ServiceAccount"


def _plain_secrets(kind: str, props: dict[str, Any], _protected: bool) -> Iterator[str]:
    for container in _containers(kind, props):
        for entry in _list(container.get("env")):
            value = entry.get("value")
            if value and _SECRET_NAME.search(entry["name"]) and not _SECRET_PATH.search(value):
                yield f"{container['name']} has {entry['name']} in plain text; take it from a Secret"


def _wildcards(kind: str, props: dict[str, Any], _protected: bool) -> Iterator[str]:
    if kind.rpartition(":")[2] in ("Role", "ClusterRole"):
        for rule in _list(props.get("rules")):
            yield from (
                f"a rule's {part} hold *"
                for part in ("apiGroups", "resources", "verbs", "nonResourceURLs")
                if "*" in _list(rule.get(part))
            )
            if set(_list(rule.get("verbs"))) & {"escalate", "bind", "impersonate"}:
                yield "a rule lets its holder gain rights"


def _cluster_admin(kind: str, props: dict[str, Any], _protected: bool) -> Iterator[str]:
    if kind.rpartition(":")[2] in ("RoleBinding", "ClusterRoleBinding"):
        role = _map(props.get("roleRef")).get("name")
        accounts = [subject for subject in _list(props.get("subjects")) if subject.get("kind") == "ServiceAccount"]
        if role in ("cluster-admin", "admin", "edit") and accounts:
            yield f"it binds {role} to a part of the stack, which is far more than any needs; people may have it"


def _namespaces(kind: str, props: dict[str, Any], _protected: bool) -> Iterator[str]:
    if kind == "kubernetes:core/v1:Namespace":
        labels = _map(_map(props.get("metadata")).get("labels"))
        if labels.get("pod-security.kubernetes.io/enforce") != "restricted":
            yield "it does not enforce the Pod Security Standard restricted"


def _data(kind: str, _props: dict[str, Any], protected: bool) -> Iterator[str]:
    if kind in DATA_TYPES and not protected:
        yield "it holds data and is not protected"


def _metadata_address(kind: str, props: dict[str, Any], _protected: bool) -> Iterator[str]:
    if not kind.endswith(":NetworkPolicy"):
        return
    for rule in _list(_map(props.get("spec")).get("egress")):
        if not rule.get("to"):
            yield "a rule lets traffic out to everywhere, the cloud's metadata server included"
        for peer in _list(rule.get("to")):
            block = peer.get("ipBlock")
            if block and not _closed(block["cidr"], _list(block.get("except"))):
                yield f"{block['cidr']} includes a cloud's metadata server"


def _closed(cidr: str, exceptions: list[str]) -> bool:
    """Whether no metadata server is in ``cidr`` without its ``exceptions``."""
    network, holes = ipaddress.ip_network(cidr), [ipaddress.ip_network(hole) for hole in exceptions]
    return not any(address in network and not any(address in hole for hole in holes) for address in METADATA)


def _owner(kind: str, props: dict[str, Any], _protected: bool) -> Iterator[str]:
    # A patch is of an object that is somebody else's.
    if kind.startswith("kubernetes:") and not kind.endswith("Patch"):
        labels = _map(_map(props.get("metadata")).get("labels"))
        if not labels.get("kubeflow.org/installation-id"):
            yield "it does not say which installation it belongs to"


RULES = [
    Rule(
        name="restricted-pods",
        description="Pods meet the Pod Security Standard restricted, and write to volumes only.",
        check=_restricted,
    ),
    Rule(name="requests-and-limits", description="Containers say how much CPU and memory they get.", check=_resources),
    Rule(name="pinned-images", description="Images have a tag other than latest, or a digest.", check=_images),
    Rule(name="probes", description="Containers that serve a port have liveness and readiness probes.", check=_probes),
    Rule(
        name="no-idle-tokens", description="Only pods with a ServiceAccount of their own have a token.", check=_tokens
    ),
    Rule(
        name="no-plain-secrets",
        description="Secrets reach containers from Secrets, never as literals.",
        check=_plain_secrets,
    ),
    Rule(name="no-wildcards", description="Roles name their groups, resources and verbs.", check=_wildcards),
    Rule(
        name="no-cluster-admin",
        description="No ServiceAccount is bound to an administrator's role.",
        check=_cluster_admin,
    ),
    Rule(name="restricted-namespaces", description="Namespaces enforce restricted from the start.", check=_namespaces),
    Rule(name="protected-data", description="Claims and the namespaces that hold them are protected.", check=_data),
    Rule(
        name="no-metadata-server", description="No policy opens the cloud's metadata server.", check=_metadata_address
    ),
    Rule(name="owned", description="Objects bear the id of their installation.", check=_owner),
]
