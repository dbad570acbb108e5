"""Objects in the cluster that bear the stack's id, and that no state knows."""

from collections.abc import Collection, Iterable, Iterator

from components.installation import ID_LABEL
from components.labels import NOTEBOOK_LABELS
from components.namespaces import gpu_namespace, nfs_namespace, operator_namespace, seldon_namespace
from tools.api import Object, Objects, Ref, RefusedError, at_once
from tools.recorded import State
from tools.stack import Stack

_DRAWN = "pulumi.com/autonamed"
"""What the provider notes on an object whose name it has drawn."""
_COPIES = ("ConfigMap", "Secret")
"""Kinds of which a new copy is made when the content changes."""
_ADDING = (
    ("networking.k8s.io/v1", "NetworkPolicy"),
    ("rbac.authorization.k8s.io/v1", "RoleBinding"),
)
"""Kinds whose objects add up: what one of them allows, no other forbids."""
_KEPT = {
    "Namespace",
    "PersistentVolumeClaim",
    "PersistentVolume",
    "CustomResourceDefinition",
    "StorageClass",
    "NetworkPolicy",
}
"""Kinds of which nothing is deleted without the state's word."""
KINDS = (
    ("v1", "ConfigMap"),
    ("v1", "Secret"),
    ("v1", "Service"),
    ("v1", "ServiceAccount"),
    ("v1", "PersistentVolumeClaim"),
    ("v1", "PersistentVolume"),
    ("v1", "Namespace"),
    ("v1", "LimitRange"),
    ("v1", "ResourceQuota"),
    ("apps/v1", "Deployment"),
    ("apps/v1", "DaemonSet"),
    ("batch/v1", "CronJob"),
    ("autoscaling/v2", "HorizontalPodAutoscaler"),
    ("policy/v1", "PodDisruptionBudget"),
    ("networking.k8s.io/v1", "NetworkPolicy"),
    ("rbac.authorization.k8s.io/v1", "Role"),
    ("rbac.authorization.k8s.io/v1", "RoleBinding"),
    ("rbac.authorization.k8s.io/v1", "ClusterRole"),
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"),
    ("scheduling.k8s.io/v1", "PriorityClass"),
    ("storage.k8s.io/v1", "StorageClass"),
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
    ("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration"),
    ("kubeflow.org/v1", "TFJob"),
    ("kubeflow.org/v1", "PyTorchJob"),
    ("machinelearning.seldon.io/v1", "SeldonDeployment"),
)
"""All kinds that the program makes. A test compares them with what it registers."""


def labelled(objects: Objects, installation: str, namespaces: Collection[str] | None = None) -> list[Object]:
    """The objects that bear an installation's id, without what its hub made for users.

    Args:
        objects: the cluster's.
        installation: the id.
        namespaces: the stack's own; None for all. Elsewhere anybody may have copied the label, such as by a backup that
            was restored beside.
    """
    selector = f"{ID_LABEL}={installation}"
    by_kind = at_once(lambda kind: listed(objects, kind, "", selector), KINDS)
    known = [found for each in by_kind for found in each if not _is_a_users(found)]
    if namespaces is None:
        return known
    return [each for each in known if each["metadata"].get("namespace", "") in ("", *namespaces)]


def own_namespaces(stack: Stack) -> set[str]:
    """The namespaces that the stack makes or is in, by its settings."""
    name = stack.file.namespace
    nfs = str(stack.file.settings("storage").get("nfsNamespace") or nfs_namespace(name))
    return {name, nfs, gpu_namespace(name), operator_namespace(name), seldon_namespace(name)}


def _is_a_users(found: Object) -> bool:
    """Whether the hub made it for a user, such as the claim of a home: no state knows those, and they are data."""
    labels: dict[str, str] = found["metadata"]["labels"]
    return labels.get("app") == NOTEBOOK_LABELS["app"]


def listed(objects: Objects, kind: tuple[str, str], namespace: str, selector: str = "") -> list[Object]:
    """The objects of a kind, as ``Objects.listed`` finds them; none of a kind that we may not look at."""
    try:
        return objects.listed(*kind, namespace, selector)
    except RefusedError:
        return []


def beside(objects: Objects, state: State) -> Iterator[Object]:
    """What others have made in the stack's namespaces that adds to what its policies and roles allow."""
    for namespace in sorted(each.ref.name for each in state.objects if each.ref.kind == "Namespace"):
        for kind in _ADDING:
            found = listed(objects, kind, namespace, f"{ID_LABEL}!={state.installation}")
            yield from (each for each in unknown(found, state) if not each["metadata"]["name"].startswith("system:"))


def unknown(found: Iterable[Object], state: State) -> Iterator[Object]:
    """Those of the objects that the state does not mention."""
    return (each for each in found if ref_of(each) not in state.known)


def is_copy(found: Object) -> bool:
    """Whether it is a copy that an update has made, and would have deleted in the end."""
    annotations: dict[str, str] = found["metadata"].get("annotations") or {}
    return found["kind"] in _COPIES and annotations.get(_DRAWN) == "true"


def holds_no_data(found: Object) -> bool:
    """Whether nothing is lost with it: neither data nor the policies that hold for what a stack leaves."""
    return found["kind"] not in _KEPT


def ref_of(found: Object) -> Ref:
    """The names by which an object is known."""
    metadata = found["metadata"]
    return Ref(found["kind"], metadata.get("namespace", ""), metadata["name"], found["apiVersion"])
