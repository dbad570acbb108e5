"""What must not be said of namespaces: the stack's own, and those that are called after it."""

from collections.abc import Iterator

from components.errors import Problem
from components.namespaces import nfs_namespace
from components.schema.cluster import ClusterSettings
from components.schema.cluster_checks import CLUSTER, wants_device_plugin
from components.schema.core import RESERVED_NAMESPACES, CoreSettings
from components.schema.core_checks import CORE
from components.schema.seldon import SeldonSettings
from components.schema.storage import StorageSettings

LONGEST_NAMESPACE = 63
SELDON = "kubeflow:serving.seldon"
_SETTING = "kubeflow:storage.nfsNamespace"
_NAMED_AFTER = {"gpu": "the GPU device plugin", "training": "the training operator", "seldon": "Seldon's operator"}
"""Whose namespaces are called after the stack's, by what is added."""


def namespace_problems(
    cluster: ClusterSettings, core: CoreSettings, storage: StorageSettings, seldon: SeldonSettings
) -> Iterator[Problem]:
    """What is wrong with the names of namespaces, beside each other."""
    remedies: dict[str, str] = {}
    if wants_device_plugin(cluster):
        remedies["gpu"] = f"set {CLUSTER}.gpuDevicePlugin to none"
    if core.training_operator.enabled:
        remedies["training"] = f"set {CORE}.trainingOperator.enabled to false"
    if seldon.enabled:
        remedies["seldon"] = f"set {SELDON}.enabled to false"
    for ending, remedy in remedies.items():
        longest = LONGEST_NAMESPACE - len(f"-{ending}")
        if len(core.namespace) > longest:
            yield Problem(
                f"{CORE}.namespace",
                f'"{core.namespace}" is too long: the namespace of {_NAMED_AFTER[ending]} is called after it, with '
                f"-{ending} at the end, and Kubernetes allows {LONGEST_NAMESPACE} characters; use at most {longest}, "
                f"or {remedy}",
            )
    exported = bool(storage.exported)
    if storage.nfs_namespace is not None:
        yield from _chosen_problems(core, storage.nfs_namespace, exported=exported)
    elif exported and len(usual := nfs_namespace(core.namespace)) > LONGEST_NAMESPACE:
        yield Problem(
            _SETTING,
            f"is not set, and {usual} is longer than the {LONGEST_NAMESPACE} characters that Kubernetes allows; set it "
            f"to a shorter name",
        )


def _chosen_problems(core: CoreSettings, chosen: str, *, exported: bool) -> Iterator[Problem]:
    if not exported:
        yield Problem(_SETTING, "is set, but there is no disk to export over NFS; remove it, or add a disk")
    if chosen == core.namespace:
        yield Problem(
            _SETTING,
            f'"{chosen}" is the namespace of notebooks, where nothing may have the rights that exporting a disk needs; '
            f"name another",
        )
    for ending, owner in _NAMED_AFTER.items():
        if chosen == f"{core.namespace}-{ending}":
            yield Problem(_SETTING, f'"{chosen}" is the namespace of {owner}; name another')
    if chosen in RESERVED_NAMESPACES:
        yield Problem(
            _SETTING, f'"{chosen}" belongs to Kubernetes; name a namespace that the stack can own, such as kubeflow-nfs'
        )
