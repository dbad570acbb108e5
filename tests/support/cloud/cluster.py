"""The Kubernetes cluster of every GKE and AKS cluster: the embedded control plane, with simulated nodes for pools."""

import base64
import threading
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from typing import Any, cast

import yaml
from httpx2 import Timeout
from lightkube import ApiError, Client, KubeConfig
from lightkube.core.resource import GlobalResource
from lightkube.models.authentication_v1 import TokenRequestSpec
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import Node, Pod, ServiceAccount, ServiceAccountToken
from lightkube.resources.rbac_authorization_v1 import ClusterRoleBinding
from lightkube.resources.storage_v1 import CSIDriver, StorageClass
from lightkube.types import PatchType

_ONE_AT_A_TIME = threading.RLock()
SIZE = {"cpu": "16", "memory": "64Gi", "pods": "110"}
"""Of every node, whatever machine was asked for."""
LABEL = "stand-in-cloud"
ACCOUNT = "stand-in-cloud-user"
"""Whom a credential plugin's token is for."""
SYSTEM = "kube-system"


@dataclass(frozen=True, kw_only=True)
class SimulatedNode:
    """A node that a pool wants."""

    name: str
    labels: Mapping[str, str]
    taints: tuple[tuple[str, str, str], ...] = ()
    """Key, value and effect of each."""
    gpus: int = 0


@dataclass(frozen=True, kw_only=True)
class Class:
    """A StorageClass that a cloud's cluster has."""

    name: str
    provisioner: str
    default: bool = False
    parameters: Mapping[str, str] = field(default_factory=dict[str, str])


class Cluster:
    """The control plane of a kubeconfig, as its administrator reaches it."""

    def __init__(self, kubeconfig: Path) -> None:
        self.kubeconfig = kubeconfig
        content: dict[str, Any] = yaml.safe_load(kubeconfig.read_text())
        self._cluster: dict[str, str] = content["clusters"][0]["cluster"]
        self._user: dict[str, str] = content["users"][0]["user"]

    @property
    def server(self) -> str:
        """Where it listens."""
        return self._cluster["server"]

    @property
    def endpoint(self) -> str:
        """Where it listens, as GKE says it."""
        return self.server.removeprefix("https://")

    @property
    def authority(self) -> str:
        """The certificate of its authority, in base64."""
        return _data(self._cluster, "certificate-authority")

    @property
    def certificate(self) -> str:
        """Its administrator's certificate, in base64."""
        return _data(self._user, "client-certificate")

    @property
    def key(self) -> str:
        """Its administrator's key, in base64."""
        return _data(self._user, "client-key")

    def token(self) -> str:
        """A token of an account that may do everything, if a cluster was made; else nothing."""
        whom = ObjectMeta(name=ACCOUNT, namespace=SYSTEM)
        request = ServiceAccountToken(metadata=whom, spec=TokenRequestSpec(audiences=[], expirationSeconds=3600))
        try:
            with self.client() as client:
                status = client.create(request, ACCOUNT, namespace=SYSTEM).status
        except ApiError as error:
            if error.status.code != HTTPStatus.NOT_FOUND:
                raise
            return ""
        return (status and status.token) or ""

    def furnish(self, classes: Iterable[Class]) -> None:
        """Makes what a cloud puts into a new cluster."""
        with self.client() as client:
            for each in classes:
                _create(client, StorageClass, _storage_class(each))
                _create(client, CSIDriver, _driver(each.provisioner))
            account = ServiceAccount(metadata=ObjectMeta(name=ACCOUNT, namespace=SYSTEM))
            _ignore(HTTPStatus.CONFLICT, lambda: client.create(account))
            _create(
                client,
                ClusterRoleBinding,
                {
                    "metadata": {"name": ACCOUNT},
                    "roleRef": {
                        "apiGroup": "rbac.authorization.k8s.io",
                        "kind": "ClusterRole",
                        "name": "cluster-admin",
                    },
                    "subjects": [{"kind": "ServiceAccount", "name": ACCOUNT, "namespace": SYSTEM}],
                },
            )

    def clear(self, owner: str, classes: Iterable[Class]) -> None:
        """Removes the nodes of the cluster with the id ``owner``, and what the cloud put into it."""
        self._drop_nodes({f"{LABEL}/cluster": _digest(owner)})
        with self.client() as client:
            for each in classes:
                _delete(client, StorageClass, each.name)
                _delete(client, CSIDriver, each.provisioner)
            _delete(client, ClusterRoleBinding, ACCOUNT)
            _ignore(HTTPStatus.NOT_FOUND, lambda: client.delete(ServiceAccount, ACCOUNT, namespace=SYSTEM))

    def set_pool(self, owner: str, pool: str, nodes: Iterable[SimulatedNode]) -> None:
        """Gives a pool of the cluster with the id ``owner`` just these nodes."""
        marks = {f"{LABEL}/cluster": _digest(owner), f"{LABEL}/pool": _digest(pool)}
        wanted = {node.name: _node(node, marks) for node in nodes}
        self._drop_nodes({f"{LABEL}/pool": _digest(pool)}, keep=wanted)
        with self.client() as client:
            for name, node in wanted.items():
                if not _create(client, Node, node):
                    client.patch(Node, name, node, patch_type=PatchType.MERGE)

    def drop_pool(self, pool: str) -> None:
        """Deletes a pool's nodes."""
        self._drop_nodes({f"{LABEL}/pool": _digest(pool)})

    def _drop_nodes(self, labels: dict[str, str], keep: Iterable[str] = ()) -> None:
        """Deletes nodes, and first their pods, which are made anew elsewhere. Disruption budgets are not heeded."""
        with self.client() as client:
            for name in [_name(node) for node in client.list(Node, labels=labels)]:
                if name not in keep:
                    client.patch(Node, name, {"spec": {"unschedulable": True}}, patch_type=PatchType.MERGE)
                    for pod in list(client.list(Pod, namespace="*", fields={"spec.nodeName": name})):
                        _delete_pod(client, pod)
                    _delete(client, Node, name)

    @contextmanager
    def client(self) -> Generator[Any]:
        """A client without types: those of its lists and patches are incomplete.

        There is one at a time: msgspec, which reads its objects, does not bear two threads that meet a type first.
        """
        with _ONE_AT_A_TIME:
            config = KubeConfig.from_file(self.kubeconfig).get()
            with Client(config, timeout=Timeout(10), trust_env=False) as client:
                yield client


def _data(entry: Mapping[str, str], key: str) -> str:
    """What a kubeconfig says, or the file says that it names."""
    inline = entry.get(f"{key}-data")
    return inline or base64.b64encode(Path(entry[key]).read_bytes()).decode()


def _digest(identity: str) -> str:
    """An id, as short as the value of a label has to be."""
    return sha256(identity.lower().encode()).hexdigest()[:32]


def _name(thing: Node | Pod) -> str:
    return (thing.metadata and thing.metadata.name) or ""


def _storage_class(each: Class) -> dict[str, Any]:
    marks = {"storageclass.kubernetes.io/is-default-class": "true"} if each.default else {}
    return {
        "metadata": {"name": each.name, "annotations": marks},
        "provisioner": each.provisioner,
        "parameters": dict(each.parameters),
        "allowVolumeExpansion": True,
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "WaitForFirstConsumer",
    }


def _driver(name: str) -> dict[str, Any]:
    # The real ones want volumes attached, and nobody here would say that they are.
    return {"metadata": {"name": name}, "spec": {"attachRequired": False, "podInfoOnMount": False}}


def _node(node: SimulatedNode, marks: dict[str, str]) -> dict[str, Any]:
    size = {**SIZE, **({"nvidia.com/gpu": str(node.gpus)} if node.gpus else {})}
    labels = {
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": node.name,
        **node.labels,
    }
    return {
        "metadata": {
            "name": node.name,
            "annotations": {"kwok.x-k8s.io/node": "fake"},
            "labels": {**labels, **marks},
        },
        "spec": {"taints": [{"key": key, "value": value, "effect": effect} for key, value, effect in node.taints]},
        "status": {"capacity": size, "allocatable": size},
    }


def _create(client: Client, kind: type[GlobalResource], content: dict[str, Any]) -> bool:
    """Whether it is new."""
    return _ignore(HTTPStatus.CONFLICT, lambda: client.create(cast("Any", kind).from_dict(content)))


def _delete(client: Client, kind: type[GlobalResource], name: str) -> None:
    _ignore(HTTPStatus.NOT_FOUND, lambda: client.delete(kind, name))


def _delete_pod(client: Client, pod: Pod) -> None:
    namespace = (pod.metadata and pod.metadata.namespace) or ""
    _ignore(HTTPStatus.NOT_FOUND, lambda: client.delete(Pod, _name(pod), namespace=namespace, grace_period=0))


def _ignore(code: HTTPStatus, act: Callable[[], object]) -> bool:
    """Whether the act succeeded; an answer with this code is no error."""
    try:
        act()
    except ApiError as error:
        if error.status.code != code:
            raise
        return False
    return True
