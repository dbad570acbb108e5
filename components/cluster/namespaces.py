"""Namespaces that have to be there: the stack's own if others make it, and those that it lets people into."""

from collections.abc import Collection, Iterator, Mapping

from components.errors import Problem, settings_error
from components.namespaces import gpu_namespace, nfs_namespace, operator_namespace, seldon_namespace
from components.schema.access import AccessSettings
from components.schema.cluster import ClusterSettings
from components.schema.cluster_checks import wants_device_plugin
from components.schema.core import RESERVED_NAMESPACES, CoreSettings
from components.schema.seldon import SeldonSettings
from components.schema.storage import StorageSettings

ACCESS = "kubeflow:access.namespaces"


def made_namespaces(
    cluster: ClusterSettings, core: CoreSettings, storage: StorageSettings, seldon: SeldonSettings
) -> list[str]:
    """The namespaces that the stack makes beside its own."""
    wanted = {
        storage.nfs_namespace or nfs_namespace(core.namespace): bool(storage.exported),
        gpu_namespace(core.namespace): wants_device_plugin(cluster),
        operator_namespace(core.namespace): core.training_operator.enabled,
        seldon_namespace(core.namespace): seldon.enabled,
    }
    return [name for name, is_wanted in wanted.items() if is_wanted]


def refuse_missing_namespaces(
    cluster: ClusterSettings,
    core: CoreSettings,
    storage: StorageSettings,
    access: AccessSettings,
    *,
    seldon: SeldonSettings,
    found: Mapping[str, Mapping[str, str]] | None,
) -> None:
    """Refuses namespaces that are not there, though settings name them.

    Args:
        cluster: whether it is new.
        core: the stack's own namespace.
        storage: the disks.
        access: who is let in where.
        seldon: whether it has an operator.
        found: the cluster's namespaces with their labels; None if it is new, or could not be asked.

    Raises:
        StackError: if one is missing.
    """
    made = made_namespaces(cluster, core, storage, seldon)
    problems = list(_missing(cluster, core, access, made, found))
    if problems:
        raise settings_error(problems)


def _missing(
    cluster: ClusterSettings,
    core: CoreSettings,
    access: AccessSettings,
    made: Collection[str],
    found: Mapping[str, Mapping[str, str]] | None,
) -> Iterator[Problem]:
    if found is None and not cluster.is_created:
        return
    if not core.create_namespace and core.namespace not in (found or {}):
        yield Problem(
            "kubeflow:core.namespace",
            f'"{core.namespace}" is not a namespace of the cluster, and core.createNamespace is false; make it first, '
            f"with kubectl create namespace {core.namespace}, or let the stack make it",
        )
    there = {*RESERVED_NAMESPACES, core.namespace, *(found or {})}
    for name in access.namespaces:
        if name in made:
            yield Problem(
                f"{ACCESS}.{name}",
                "is a part of the stack that nobody works in, and where pods may have rights over nodes; remove it",
            )
        elif name not in there:
            yield Problem(f"{ACCESS}.{name}", "is not a namespace of the cluster; make it first, or correct the name")
