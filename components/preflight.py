"""What the program has to know of the target cluster before it registers anything.

It reads a few small objects. What the user may not read is taken as it comes; what cannot work is refused here,
with words, rather than by a Deployment that never becomes ready.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lightkube.config.kubeconfig import SingleConfig

from components.errors import Problem, settings_error
from components.kubernetes_api import VERSION, find_context, it_has, open_config, read_context, refusal
from components.labels import MANAGED_BY

MINIMUM_VERSION = (1, 28)
"""The oldest Kubernetes that Zero to JupyterHub 4.4, whose images we run, supports."""
OPERATOR_WEBHOOK = "validator.training-operator.kubeflow.org"
"""The name is fixed in the operator, so that a cluster has one."""
SELDON_WEBHOOK = "v1.vseldondeployment.kb.io"
"""What every installation of Seldon Core calls its webhook; the name of the configuration around it is its own."""
_WEBHOOKS = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"


@dataclass(frozen=True, kw_only=True)
class ClusterFacts:
    """What the program takes from the cluster."""

    identity: str
    """What tells the cluster from any other: the UID of its kube-system namespace, else its URL."""

    api_ports: tuple[int, ...]
    """The ports on which pods reach the API server, whether by its Service or by its own address."""

    operator_namespace: str | None = None
    """The namespace of the training operator whose webhook the cluster asks; None if none is known."""

    other_seldon: str | None = None
    """The namespace of a Seldon operator that no stack has made; None if none is known."""

    namespaces: Mapping[str, Mapping[str, str]] | None = None
    """The cluster's namespaces, with their labels; None if nobody could be asked."""

    storage_classes: Mapping[str, bool] | None = None
    """The cluster's StorageClasses, and whether each is a default; None if nobody could be asked."""

    one_node_claims: frozenset[str] = frozenset()
    """Of the claims that were asked for, those that one node alone can mount."""


@dataclass(frozen=True, kw_only=True)
class StorageNeed:
    """A claim that the stack or its users will make."""

    setting: str
    """The setting that asks for it."""

    storage_class: str | None
    """The class it names; None for the cluster's default."""

    class_setting: str
    """The setting that could name another class."""


@dataclass(frozen=True, kw_only=True)
class ObjectNeed:
    """An object that pods of the stack use, and that the stack does not make."""

    setting: str
    """The setting that names it."""
    namespace: str
    kind: str
    """Its kind: Secret, PersistentVolumeClaim or ServiceAccount."""
    name: str
    keys: tuple[str, ...] = ()
    """The keys that a Secret has to have."""
    how_to_make: str = ""
    """A command that makes one."""

    @property
    def path(self) -> str:
        """Where the API server lists it, if it is there."""
        return f"/api/v1/namespaces/{self.namespace}/{self.kind.lower()}s?fieldSelector=metadata.name={self.name}"


Need = StorageNeed | ObjectNeed


def inspect(context: str, needs: Sequence[Need]) -> ClusterFacts:
    """Asks the cluster of ``context``.

    Raises:
        StackError: if there is no such context, no answer, too old a version, or something in ``needs`` is not there.
    """
    return _ask(find_context(context), needs)


def inspect_kubeconfig(kubeconfig: str, context: str, needs: Sequence[Need]) -> ClusterFacts:
    """Asks the cluster of ``context`` in the text ``kubeconfig``.

    Raises:
        StackError: as ``inspect`` does.
    """
    return _ask(read_context(kubeconfig, context), needs)


def _ask(config: SingleConfig, needs: Sequence[Need]) -> ClusterFacts:
    with open_config(config) as get:
        _check_version(config, get(VERSION, "gitVersion"))
        classes = _storage_classes(get("/apis/storage.k8s.io/v1/storageclasses", "items"))
        if classes is not None:
            _check_storage([need for need in needs if isinstance(need, StorageNeed)], classes)
        system = get("/api/v1/namespaces/kube-system", "metadata")
        endpoints = get("/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes", "metadata")
        webhooks = get(_WEBHOOKS, "items")
        # Who may not list them may still read the one whose name is known.
        webhook = get(f"{_WEBHOOKS}/{OPERATOR_WEBHOOK}", "metadata") if webhooks is None else _named(webhooks)
        namespaces = get("/api/v1/namespaces", "items")
        objects = [need for need in needs if isinstance(need, ObjectNeed)]
        answers = {path: get(path, "items") for path in sorted({need.path for need in objects})}
        by_name = _labels_by_name(namespaces)
        found = [(need, answers[need.path]) for need in objects]
        _check_objects(found, by_name)
    ports: list[dict[str, int]] = (endpoints or {}).get("ports") or []
    return ClusterFacts(
        identity=system["metadata"]["uid"] if system else config.cluster.server,
        api_ports=tuple(sorted({443, 6443, *(port["port"] for port in ports)})),
        storage_classes=classes,
        operator_namespace=_operator_namespace(webhook),
        other_seldon=_other_seldon(webhooks),
        namespaces=by_name,
        one_node_claims=frozenset(need.name for need, answer in found if _is_of_one_node(need, answer)),
    )


def _check_version(config: SingleConfig, version: dict[str, Any] | None) -> None:
    text = str((version or {}).get("gitVersion", ""))
    match = re.match(r"v?(\d+)\.(\d+)", text)
    if match and (int(match[1]), int(match[2])) < MINIMUM_VERSION:
        oldest = ".".join(map(str, MINIMUM_VERSION))
        raise refusal(
            f"{config.context_name!r} is Kubernetes {text}, which is too old; upgrade the cluster to {oldest} or later"
        )


def _named(webhooks: dict[str, Any]) -> dict[str, Any] | None:
    """The training operator's among them."""
    items: list[dict[str, Any]] = webhooks["items"] or []
    return next((item for item in items if item["metadata"]["name"] == OPERATOR_WEBHOOK), None)


def _operator_namespace(webhook: dict[str, Any] | None) -> str | None:
    entries: list[dict[str, Any]] = (webhook or {}).get("webhooks") or []
    services: list[dict[str, str]] = [each["clientConfig"].get("service") or {} for each in entries]
    return next((service["namespace"] for service in services if "namespace" in service), None)


def _other_seldon(found: dict[str, Any] | None) -> str | None:
    items: list[dict[str, Any]] = (found or {}).get("items") or []
    for item in items:
        labels: dict[str, str] = item["metadata"].get("labels") or {}
        own = labels.get("app.kubernetes.io/managed-by") == MANAGED_BY
        webhooks: list[dict[str, Any]] = item.get("webhooks") or []
        if not own and any(each["name"] == SELDON_WEBHOOK for each in webhooks):
            return _operator_namespace(item) or "that its webhook does not name"
    return None


def _labels_by_name(found: dict[str, Any] | None) -> dict[str, dict[str, str]] | None:
    if found is None:
        return None
    return {item["metadata"]["name"]: item["metadata"].get("labels") or {} for item in found["items"]}


def _storage_classes(found: dict[str, Any] | None) -> dict[str, bool] | None:
    """The classes by name, and whether each is a default; None if we may not read them."""
    if found is None:
        return None
    annotations: dict[str, dict[str, str]] = {
        item["metadata"]["name"]: item["metadata"].get("annotations") or {} for item in found["items"]
    }
    return {name: each.get(DEFAULT_CLASS) == "true" for name, each in annotations.items()}


def _check_storage(needs: list[StorageNeed], classes: Mapping[str, bool]) -> None:
    has_default = any(classes.values())
    problems: list[Problem] = []
    for need in needs:
        if need.storage_class is None and not has_default:
            problems.append(
                Problem(
                    need.setting,
                    f"needs a claim, but the cluster has no default StorageClass ({it_has(classes)}); mark one with "
                    f"the annotation {DEFAULT_CLASS}: true, or name one in {need.class_setting}",
                )
            )
        elif need.storage_class is not None and need.storage_class not in classes:
            problems.append(
                Problem(
                    need.class_setting,
                    f"{need.storage_class!r} is not a StorageClass of the cluster; {it_has(classes)}",
                )
            )
    if problems:
        raise settings_error(problems)


def _check_objects(
    found: Iterable[tuple[ObjectNeed, dict[str, Any] | None]], namespaces: Mapping[str, object] | None
) -> None:
    problems: list[Problem] = []
    for need, answer in found:
        if answer is None:  # we may not look
            continue
        items: list[dict[str, Any]] = answer["items"] or []
        data: dict[str, str] = (items[0].get("data") or {}) if items else {}
        lacking = [key for key in need.keys if key not in data]
        if not items:
            problems.append(Problem(need.setting, _absent(need, namespaces)))
        elif lacking:
            problems.append(
                Problem(
                    need.setting,
                    f'the {need.kind} "{need.name}" has no key {" and no key ".join(lacking)}; {it_has(data)}: add '
                    f"what it lacks, or name another",
                )
            )
    if problems:
        raise settings_error(problems)


def _is_of_one_node(need: ObjectNeed, answer: dict[str, Any] | None) -> bool:
    """Whether it is a claim, and no two nodes can mount it."""
    items: list[dict[str, Any]] = (answer or {}).get("items") or []
    if need.kind != "PersistentVolumeClaim" or not items:
        return False
    spec: dict[str, list[str]] = items[0].get("spec") or {}
    modes = spec.get("accessModes") or []
    return bool(modes) and not {"ReadWriteMany", "ReadOnlyMany"} & set(modes)


def _absent(need: ObjectNeed, namespaces: Mapping[str, object] | None) -> str:
    how = f", with {need.how_to_make}" if need.how_to_make else ""
    text = f'"{need.name}" is no {need.kind} of the namespace {need.namespace}'
    if namespaces is not None and need.namespace not in namespaces:
        return f"{text}, which is not there yet; deploy without what needs it first, then make it there{how}"
    return f"{text}; make it there{how}, or name another"
