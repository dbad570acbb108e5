"""Namespaces and CRDs of a stack that others use by now: they are left when the stack's data is deleted."""

from collections.abc import Iterator
from http import HTTPStatus

from components.installation import ID_LABEL
from tools.api import Object, Objects, Ref, RefusedError, at_once, open_objects
from tools.leftovers import listed, ref_of, unknown
from tools.recorded import Recorded, State, forget, read_state
from tools.say import say
from tools.stack import Stack

MOST_SHOWN = 5
"""How many objects of others are named."""
_OF_USERS = (("v1", "Pod"), ("v1", "PersistentVolumeClaim"))
"""What the hub makes for users."""
_KINDS_OF_USERS = tuple(kind for _, kind in _OF_USERS)
_HUB_ANNOTATION = "hub.jupyter.org/username"
"""What KubeSpawner writes on a user's pods and claims; those of older stacks bear no id."""
_OF_THE_CLUSTER = {"Event", "Lease", "Endpoints", "EndpointSlice", "PodMetrics"}
"""Kinds that Kubernetes and operators write for themselves."""
_IN_EVERY_NAMESPACE = {
    ("ConfigMap", "kube-root-ca.crt"),
    ("ConfigMap", "openshift-service-ca.crt"),
    ("ConfigMap", "istio-ca-root-cert"),
    ("ServiceAccount", "default"),
}
"""What controllers put into each namespace."""
_ACCOUNT_SECRET = "kubernetes.io/service-account-token"  # noqa: S105  # the type of a Secret
_REMOVE_ID = [{"op": "remove", "path": f"/metadata/labels/{ID_LABEL.replace('/', '~1')}"}]


def leave(stack: Stack, *, protected: bool) -> bool:
    """Drops from the state the namespaces and CRDs that hold objects of others, and says so; whether there are any.

    Args:
        stack: the stack.
        protected: whether those are deleted next that the stack protects, and not only the others.
    """
    state = read_state(stack)
    if state.installation is None:
        return False
    deleted = [each for each in state.objects if protected or not each.is_protected]
    with open_objects(stack) as objects:
        shared = [(each, found) for each in deleted if (found := list(_others(objects, each, state)))]
        for ref in (each.ref for each, _ in shared):
            if ID_LABEL in ((objects.get(ref) or {}).get("metadata", {}).get("labels") or {}):
                objects.change(ref, _REMOVE_ID)
    gone = {each.urn for each, _ in shared}
    forget(stack, lambda resource: resource["urn"] in gone)
    for each, found in shared:
        names = [str(ref_of(item)) for item in found[:MOST_SHOWN]]
        told = ", ".join([*names, *([f"{len(found) - MOST_SHOWN} more"] if len(found) > MOST_SHOWN else [])])
        say(
            f"Left: {each.ref}, which holds objects of others: {told}. To delete it with all of them:\n"
            f"  kubectl delete {each.ref.kind.lower()} {each.ref.name}"
        )
    return bool(shared)


def _others(objects: Objects, recorded: Recorded, state: State) -> Iterator[Object]:
    """The objects of others that would go with a namespace or a CRD."""
    if recorded.ref.kind == "Namespace":
        found = at_once(lambda kind: listed(objects, kind, recorded.ref.name), objects.namespaced_kinds())
    elif recorded.ref.kind == "CustomResourceDefinition":
        spec = recorded.manifest["spec"]
        versions = [f"{spec['group']}/{each['name']}" for each in spec["versions"] if each["storage"]]
        found = [listed(objects, (version, spec["names"]["kind"]), "") for version in versions]
    else:
        return
    for items in found:
        yield from (each for each in unknown(items, state) if is_of_others(each, str(state.installation)))


def is_of_others(found: Object, installation: str) -> bool:
    """Whether an object was made neither by the stack, nor by Kubernetes, nor for another object."""
    metadata = found["metadata"]
    labels: dict[str, str] = metadata.get("labels") or {}
    annotations: dict[str, str] = metadata.get("annotations") or {}
    made_by_hub = found["kind"] in _KINDS_OF_USERS and _HUB_ANNOTATION in annotations
    made_by_cluster = found["kind"] in _OF_THE_CLUSTER or (found["kind"], metadata["name"]) in _IN_EVERY_NAMESPACE
    return not (
        labels.get(ID_LABEL) == installation
        or metadata.get("ownerReferences")
        or made_by_hub
        or made_by_cluster
        or found.get("type") == _ACCOUNT_SECRET
    )


def delete_users_data(stack: Stack, namespace: str) -> None:
    """Deletes the pods and claims of users in a namespace that stays: the engine does not know them."""
    state = read_state(stack)
    if (
        not namespace
        or state.installation is None
        or any(each.ref == Ref("Namespace", "", namespace, "v1") for each in state.objects)
    ):
        return
    with open_objects(stack) as objects:
        _delete_users_data(objects, namespace, state)


def _delete_users_data(objects: Objects, namespace: str, state: State) -> None:
    for kind in _OF_USERS:
        for found in unknown(objects.listed(*kind, namespace, f"{ID_LABEL}={state.installation}"), state):
            metadata = found["metadata"]
            try:
                objects.delete(Ref(kind[1], namespace, metadata["name"], kind[0]), metadata["uid"])
            except RefusedError as refused:
                # A pod may have ended meanwhile.
                if refused.status not in (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT):
                    raise
