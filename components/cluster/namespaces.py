"""Namespaces beside the stack's own: those it makes have to be free, and those it lets people into have to be there."""

from collections.abc import Iterator, Mapping

from components.errors import Problem, settings_error
from components.namespaces import gpu_namespace, nfs_namespace, operator_namespace, seldon_namespace
from components.schema.access import AccessSettings
from components.schema.cluster import ClusterSettings
from components.schema.cluster_checks import wants_device_plugin
from components.schema.core import RESERVED_NAMESPACES, CoreSettings
from components.schema.seldon import SeldonSettings
from components.schema.storage import StorageSettings

ACCESS = "kubeflow:access.namespaces"
_NAME = "app.kubernetes.io/name"


def made_namespaces(
    cluster: ClusterSettings, core: CoreSettings, storage: StorageSettings, seldon: SeldonSettings
) -> dict[str, tuple[str, str]]:
    """The namespaces that the stack makes beside its own: the setting that asks for each, and its label."""
    wanted: dict[str, tuple[str, str]] = {}
    if storage.exported:
        name = storage.nfs_namespace or nfs_namespace(core.namespace)
        wanted[name] = ("kubeflow:storage.nfsNamespace", "nfs-provisioner")
    if wants_device_plugin(cluster):
        wanted[gpu_namespace(core.namespace)] = ("kubeflow:cluster.gpuDevicePlugin", "gpu-device-plugin")
    if core.training_operator.enabled:
        wanted[operator_namespace(core.namespace)] = ("kubeflow:core.trainingOperator.enabled", "training-operator")
    if seldon.enabled:
        wanted[seldon_namespace(core.namespace)] = ("kubeflow:serving.seldon.enabled", "seldon-controller-manager")
    return wanted


def refuse_namespaces(
    cluster: ClusterSettings,
    core: CoreSettings,
    storage: StorageSettings,
    access: AccessSettings,
    *,
    seldon: SeldonSettings,
    found: Mapping[str, Mapping[str, str]] | None,
) -> None:
    """Refuses namespaces of others where the stack makes its own, and people's access to namespaces that are not there.

    Args:
        cluster: whether it is new.
        core: the stack's own namespace.
        storage: the disks.
        access: who is let in where.
        seldon: whether it has an operator.
        found: the cluster's namespaces with their labels; None if it is new, or could not be asked.

    Raises:
        StackError: if one is taken, or is missing.
    """
    made = made_namespaces(cluster, core, storage, seldon)
    problems = [*_taken(made, found or {}), *_missing(cluster, core, access, made, found)]
    if problems:
        raise settings_error(problems)


def _taken(made: Mapping[str, tuple[str, str]], found: Mapping[str, Mapping[str, str]]) -> Iterator[Problem]:
    for name, (setting, part) in made.items():
        if name in found and found[name].get(_NAME) != part:
            yield Problem(
                setting,
                f'wants the namespace "{name}", which somebody else has made, and which the stack would take over and '
                f"delete with all in it; remove that namespace, or choose another name",
            )


def _missing(
    cluster: ClusterSettings,
    core: CoreSettings,
    access: AccessSettings,
    made: Mapping[str, tuple[str, str]],
    found: Mapping[str, Mapping[str, str]] | None,
) -> Iterator[Problem]:
    if found is None and not cluster.is_created:
        return
    there = {*RESERVED_NAMESPACES, core.namespace, *(found or {})}
    for name in access.namespaces:
        if name in made:
            yield Problem(
                f"{ACCESS}.{name}",
                "is a part of the stack that nobody works in, and where pods may have rights over nodes; remove it",
            )
        elif name not in there:
            yield Problem(f"{ACCESS}.{name}", "is not a namespace of the cluster; make it first, or correct the name")
