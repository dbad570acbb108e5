"""The rights of whoever deploys: what lacks is told at once, with the rules that grant it, before anything is sent.

Kubernetes' own reviews answer for any authorizer. What they do not answer is taken as granted: the API server then
refuses it by its own means.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

from components.errors import StackError
from components.kube.refusals import CONTEXT
from components.kubernetes_api import Answer, Question

VERBS = ("get", "create", "patch", "delete")
"""What the provider does with an object of the stack: server-side apply asks for both to create and to patch."""
GRANTED = ("get", "list", "watch", "create", "patch", "delete")
"""What rules grant: the provider also watches what it waits for."""
_AUTHORIZATION = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
_AUTHENTICATION = "/apis/authentication.k8s.io/v1/selfsubjectreviews"


@dataclass(frozen=True, kw_only=True)
class Target:
    """What the stack makes, changes and deletes."""

    group: str
    """The API group; empty for the core's."""
    plural: str
    """The kind as it is in the API's paths, such as ``deployments``."""
    namespaces: tuple[str, ...] = ()
    """Where, or, of several, in one of them; empty for what is not in a namespace."""
    name: str | None = None
    """Which object; None for any."""


class Right(NamedTuple):
    """A verb on a target in one namespace, or in none."""

    target: Target
    namespace: str | None
    verb: str


def _review(path: str, kind: str, spec: Mapping[str, Any]) -> Question:
    group = path.removeprefix("/apis/").rpartition("/")[0]
    return Question(path=path, key="status", review={"apiVersion": group, "kind": kind, "spec": dict(spec)})


def _access(attributes: Mapping[str, str]) -> Question:
    return _review(_AUTHORIZATION, "SelfSubjectAccessReview", {"resourceAttributes": dict(attributes)})


EVERYTHING = _access({"group": "*", "resource": "*", "verb": "*"})
"""Whether we may do everything, as an administrator of the cluster may; then no other question is needed."""
WHO = _review(_AUTHENTICATION, "SelfSubjectReview", {})
"""Who we are to the cluster."""


def is_granted(answer: Answer) -> bool:
    """Whether a review says yes, or nothing."""
    return _at(answer.content, "status", "allowed") is not False


def questions(targets: Iterable[Target]) -> dict[Right, Question]:
    """What to ask of each target."""
    return {
        Right(target, namespace, verb): _access(
            {
                "group": target.group,
                "resource": target.plural,
                "verb": verb,
                # A namespace is in itself to the API server, so that its own roles count.
                "namespace": (target.name if target.plural == "namespaces" else namespace) or "",
                "name": target.name or "",
            }
        )
        for target in targets
        for namespace in target.namespaces or (None,)
        for verb in VERBS
    }


def refuse_lacking(
    context: str,
    who: Answer,
    answers: Mapping[Right, Answer],
    ways: Callable[[Iterable[Right]], Iterable[str]] = lambda _: (),
) -> None:
    """Refuses to go on without the rights that were asked for.

    Args:
        context: the context of the kubeconfig.
        who: the answer to ``WHO``.
        answers: those to ``questions``.
        ways: what else can be done about what lacks, in sentences.

    Raises:
        StackError: that names what lacks once, and the rules that grant it.
    """
    lacking = _lacking(answers)
    if not lacking:
        return
    user = str(_at(who.content, "status", "userInfo", "username") or "you")
    lines = [
        "Rights are missing that the deployment takes, so nothing is deployed.",
        f"  {CONTEXT}: {context!r} logs in as {user}, who lacks, {'; '.join(_told(lacking))}",
    ]
    for namespace in _namespaces(lacking):
        kind = f"a Role of the namespace {namespace}" if namespace else "a ClusterRole"
        lines += [f"An administrator grants it by these rules of {kind}, bound to {user}:", *_rules(lacking, namespace)]
    raise StackError("\n".join([*lines, *ways(lacking)]))


def _at(content: object, *keys: str) -> object:
    """What an object has below these keys; None if it has not."""
    for key in keys:
        content = cast("dict[str, Any]", content).get(key) if isinstance(content, dict) else None
    return content


def _lacking(answers: Mapping[Right, Answer]) -> list[Right]:
    """What is granted in none of the namespaces where it might be needed, by the first of them."""
    granted = {(right.target, right.verb) for right, answer in answers.items() if is_granted(answer)}
    first = {right: right.namespace == next(iter(right.target.namespaces), None) for right in answers}
    return [right for right in answers if (right.target, right.verb) not in granted and first[right]]


def _namespaces(lacking: Iterable[Right]) -> list[str | None]:
    return sorted({right.namespace for right in lacking}, key=lambda each: each or "")


def _told(lacking: list[Right]) -> Iterator[str]:
    for namespace in _namespaces(lacking):
        verbs: dict[str, list[str]] = {}
        for right in lacking:
            if right.namespace == namespace:
                known = verbs.setdefault(_full(right.target), [])
                known += [right.verb] if right.verb not in known else []
        by_verbs: dict[str, list[str]] = {}
        for resource, each in verbs.items():
            by_verbs.setdefault(", ".join(each), []).append(resource)
        where = f"in the namespace {namespace}" if namespace else "in the whole cluster"
        what = " and to ".join(f"{each} {', '.join(sorted(resources))}" for each, resources in sorted(by_verbs.items()))
        yield f"{where}: to {what}"


def _full(target: Target) -> str:
    return f"{target.plural}.{target.group}" if target.group else target.plural


def _rules(lacking: Iterable[Right], namespace: str | None) -> list[str]:
    resources: dict[str, set[str]] = {}
    for right in lacking:
        if right.namespace == namespace:
            resources.setdefault(right.target.group, set()).add(right.target.plural)
    return [
        f'  - {{apiGroups: ["{group}"], resources: [{", ".join(sorted(plurals))}], verbs: [{", ".join(GRANTED)}]}}'
        for group, plurals in sorted(resources.items())
    ]
