"""What the program has to know of the target cluster before it registers anything.

It reads a few small objects. What the user may not read is taken as it comes; what cannot work is refused here,
with words, rather than by a Deployment that never becomes ready.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from components.errors import Problem, settings_error
from components.kube.faults import VERSION
from components.kube.kubeconfig import Context, find_context, read_context
from components.kube.refusals import it_has, refusal
from components.kubernetes_api import Question, ask_all
from components.labels import MANAGED_BY

MINIMUM_VERSION = (1, 28)
"""The oldest Kubernetes that Zero to JupyterHub 4.4, whose images we run, supports."""
OPERATOR_WEBHOOK = "validator.training-operator.kubeflow.org"
"""The name is fixed in the operator, so that a cluster has one."""
SELDON_WEBHOOK = "v1.vseldondeployment.kb.io"
"""What every installation of Seldon Core calls its webhook; the name of the configuration around it is its own."""
_CLASSES = "/apis/storage.k8s.io/v1/storageclasses"
_SYSTEM = "/api/v1/namespaces/kube-system"
_ENDPOINTS = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes"
_NAMESPACES = "/api/v1/namespaces"
_WEBHOOKS = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
_WEBHOOK = f"{_WEBHOOKS}/{OPERATOR_WEBHOOK}"
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


@dataclass(frozen=True, kw_only=True)
class DefinitionNeed:
    """A CRD that the stack uses, and that it does not make."""

    setting: str
    """The setting that says so."""
    name: str

    @property
    def path(self) -> str:
        """Where the API server has it, if it is there."""
        return f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{self.name}"


Need = StorageNeed | ObjectNeed | DefinitionNeed


def inspect(context: str, needs: Sequence[Need]) -> ClusterFacts:
    """Asks the cluster of ``context``.

    Raises:
        StackError: if there is no such context, no answer, too old a version, or something in ``needs`` is not there.
    """
    return _understood(find_context(context), needs)


def inspect_kubeconfig(kubeconfig: str, context: str, needs: Sequence[Need]) -> ClusterFacts:
    """Asks the cluster of ``context`` in the text ``kubeconfig``.

    Raises:
        StackError: as ``inspect`` does.
    """
    return _understood(read_context(kubeconfig, context), needs)


def _understood(context: Context, needs: Sequence[Need]) -> ClusterFacts:
    try:
        return _ask(context, needs)
    except (LookupError, TypeError, AttributeError):
        raise refusal(
            f"{context.name!r}: {context.server} gives objects that no Kubernetes API server gives; correct the "
            f"address in the kubeconfig, or see what stands between us and the cluster"
        ) from None


def _ask(context: Context, needs: Sequence[Need]) -> ClusterFacts:
    objects = [need for need in needs if isinstance(need, ObjectNeed)]
    definitions = [need for need in needs if isinstance(need, DefinitionNeed)]
    questions = [
        Question(path=VERSION, key="gitVersion"),
        Question(path=_CLASSES),
        Question(path=_SYSTEM, key="metadata"),
        Question(path=_ENDPOINTS, key="metadata"),
        Question(path=_WEBHOOKS),
        # Who may not list them may still read the one whose name is known.
        Question(path=_WEBHOOK, key="metadata"),
        Question(path=_NAMESPACES),
        *(Question(path=path) for path in sorted({need.path for need in objects})),
        *(Question(path=need.path, key="metadata") for need in definitions),
    ]
    answers = ask_all(context, {question.path: question for question in questions})
    _check_version(context, answers[VERSION].content)
    classes = _storage_classes(answers[_CLASSES].items)
    if classes is not None:
        _check_storage([need for need in needs if isinstance(need, StorageNeed)], classes)
    by_name = _labels_by_name(answers[_NAMESPACES].items)
    found = [(need, answers[need.path].items) for need in objects]
    _check_objects(found, by_name)
    _check_definitions([need for need in definitions if answers[need.path].status == HTTPStatus.NOT_FOUND])
    system, endpoints = answers[_SYSTEM].content, answers[_ENDPOINTS].content
    ports: list[dict[str, int]] = (endpoints or {}).get("ports") or []
    return ClusterFacts(
        identity=system["metadata"]["uid"] if system else context.server,
        api_ports=tuple(sorted({443, 6443, *(port["port"] for port in ports)})),
        storage_classes=classes,
        operator_namespace=_operator_namespace(answers[_WEBHOOK].content),
        other_seldon=_other_seldon(answers[_WEBHOOKS].items),
        namespaces=by_name,
        one_node_claims=frozenset(need.name for need, items in found if _is_of_one_node(need, items)),
    )


def _check_version(context: Context, version: dict[str, Any] | None) -> None:
    text = str((version or {}).get("gitVersion", ""))
    match = re.match(r"v?(\d+)\.(\d+)", text)
    if match and (int(match[1]), int(match[2])) < MINIMUM_VERSION:
        oldest = ".".join(map(str, MINIMUM_VERSION))
        raise refusal(
            f"{context.name!r} is Kubernetes {text}, which is too old; upgrade the cluster to {oldest} or later"
        )


def _operator_namespace(webhook: dict[str, Any] | None) -> str | None:
    entries: list[dict[str, Any]] = (webhook or {}).get("webhooks") or []
    services: list[dict[str, str]] = [each["clientConfig"].get("service") or {} for each in entries]
    return next((service["namespace"] for service in services if "namespace" in service), None)


def _other_seldon(found: list[dict[str, Any]] | None) -> str | None:
    for item in found or []:
        labels: dict[str, str] = item["metadata"].get("labels") or {}
        own = labels.get("app.kubernetes.io/managed-by") == MANAGED_BY
        webhooks: list[dict[str, Any]] = item.get("webhooks") or []
        if not own and any(each["name"] == SELDON_WEBHOOK for each in webhooks):
            return _operator_namespace(item) or "that its webhook does not name"
    return None


def _labels_by_name(found: list[dict[str, Any]] | None) -> dict[str, dict[str, str]] | None:
    if found is None:
        return None
    return {item["metadata"]["name"]: item["metadata"].get("labels") or {} for item in found}


def _storage_classes(found: list[dict[str, Any]] | None) -> dict[str, bool] | None:
    """The classes by name, and whether each is a default; None if we may not read them."""
    if found is None:
        return None
    annotations: dict[str, dict[str, str]] = {
        item["metadata"]["name"]: item["metadata"].get("annotations") or {} for item in found
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
    found: Iterable[tuple[ObjectNeed, list[dict[str, Any]] | None]], namespaces: Mapping[str, object] | None
) -> None:
    problems: list[Problem] = []
    absent: set[str] = set()
    for need, items in found:
        if items is None:  # we may not look
            continue
        data: dict[str, str] = (items[0].get("data") or {}) if items else {}
        lacking = [key for key in need.keys if key not in data]
        if not items:
            if namespaces is not None and need.namespace not in namespaces:
                absent.add(need.namespace)
            how = f", with {need.how_to_make}" if need.how_to_make else ""
            text = f'"{need.name}" is no {need.kind} of the namespace {need.namespace}; make it there{how}'
            problems.append(Problem(need.setting, text if need.namespace in absent else f"{text}, or name another"))
        elif lacking:
            problems.append(
                Problem(
                    need.setting,
                    f'the {need.kind} "{need.name}" has no key {" and no key ".join(lacking)}; {it_has(data)}: add '
                    f"what it lacks, or name another",
                )
            )
    problems += [
        Problem(
            "kubeflow:core.namespace",
            f'"{namespace}" is not there yet, and so nothing that the settings below name; deploy without them first, '
            f"then make what they name, and set them",
        )
        for namespace in absent
    ]
    if problems:
        raise settings_error(problems)


def _check_definitions(lacking: Sequence[DefinitionNeed]) -> None:
    problems = [
        Problem(
            need.setting, f"is false, but the cluster has no CRD {need.name}; set it to true, or make the CRD first"
        )
        for need in lacking
    ]
    if problems:
        raise settings_error(problems)


def _is_of_one_node(need: ObjectNeed, items: list[dict[str, Any]] | None) -> bool:
    """Whether it is a claim, and no two nodes can mount it."""
    if need.kind != "PersistentVolumeClaim" or not items:
        return False
    spec: dict[str, list[str]] = items[0].get("spec") or {}
    modes = spec.get("accessModes") or []
    return bool(modes) and not {"ReadWriteMany", "ReadOnlyMany"} & set(modes)
