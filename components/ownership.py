"""Ownership: a stack makes, changes and deletes only what bears its id.

The provider's server-side apply would take over an object of the same name that somebody else made. So every object
that the program describes is looked up in the cluster before the first of them is sent, and one of others refuses the
whole.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import pulumi
from pulumi.runtime import register_stack_transformation

from components import deployer
from components.deployer import Right, Target
from components.errors import StackError
from components.installation import ID_LABEL, Installation, stack_of
from components.kubernetes_api import Answer, Question, ask_all, context_of
from components.labels import MANAGED_BY, PART_OF
from components.transformations import with_metadata

MOST_SHOWN = 20
"""How many objects of others an error names."""
_MANAGER = "app.kubernetes.io/managed-by"
_PART = "app.kubernetes.io/part-of"
_HELM_RELEASE = "meta.helm.sh/release-name"


@dataclass(frozen=True, kw_only=True)
class ObjectName:
    """An object by the names that Kubernetes knows it by."""

    kind: str
    name: str
    namespace: str | None
    """None for an object of the whole cluster."""
    api_version: str

    @property
    def is_wide(self) -> bool:
        """Whether it is an object of the whole cluster."""
        return self.namespace is None

    @property
    def folder(self) -> str:
        """The path of the API under which objects of this kind are, in this namespace."""
        api = "api" if "/" not in self.api_version else "apis"
        where = f"/namespaces/{self.namespace}" if self.namespace else ""
        return f"/{api}/{self.api_version}{where}/{_plural(self.kind)}"

    @property
    def question(self) -> Question:
        """The question whether the object is there."""
        return Question(path=f"{self.folder}/{self.name}", key="metadata")

    def __str__(self) -> str:
        where = f" in the namespace {self.namespace}" if self.namespace else ""
        return f"{self.kind} {self.name}{where}"


class Ownership:
    """Labels what is described within its context with the installation's id, and holds it back until it is cleared.

    The components are made within ``with Ownership(...)``. Every object is made through a provider that takes an input
    from ``cleared``, so that none reaches the engine before the whole program has been run and the cluster been asked.
    If the program ends in an error, none does at all.
    """

    def __init__(
        self,
        installation: Installation,
        context: str,
        kubeconfig: pulumi.Input[str] | None,
        namespaces: Iterable[str],
    ) -> None:
        """Takes what tells the stack's objects from those of others.

        Args:
            installation: the installation's id.
            context: the context of the kubeconfig.
            kubeconfig: a kubeconfig of the stack's own; None for the user's.
            namespaces: the stack's own namespaces, where objects are looked up whose namespace is an output.
        """
        self._installation, self._context, self._kubeconfig = installation, context, kubeconfig
        self._namespaces = tuple(namespaces)
        self._described: list[ObjectName] = []
        self._targets: set[Target] = set()
        self._ended: asyncio.Future[None] = asyncio.get_event_loop().create_future()
        self._error: BaseException | None = None

    def __enter__(self) -> Self:
        register_stack_transformation(self._label)
        return self

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None) -> None:
        self._error = error
        self._ended.set_result(None)

    def cleared(self, value: str) -> pulumi.Output[str]:
        """``value``, once it is known that the stack's objects are absent from the cluster or its own."""
        return pulumi.Output.from_input(self._clear(value))

    async def _clear(self, value: str) -> str:
        await self._ended
        if self._error:
            raise self._error
        kubeconfig = None
        if self._kubeconfig is not None:
            kubeconfig = await pulumi.Output.from_input(self._kubeconfig).future()
            if kubeconfig is None:  # the cluster is yet to be made, and nothing is in it
                return value
        found = await asyncio.to_thread(self._look, kubeconfig)
        others = [(name, metadata) for name, metadata in found.there if not self._bears_id(metadata)]
        if any(_is_older(metadata) for _, metadata in others) and await self._installation.is_older():
            others = [(name, metadata) for name, metadata in others if not _is_older(metadata)]
        if others:
            raise StackError(refusal(sorted(others, key=lambda each: str(each[0])), self._installation))
        deployer.refuse_lacking(self._context, found.who, found.rights, _ways_without_rights)
        return value

    def _label(self, args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        return with_metadata(args, self._describe)

    def _describe(self, metadata: Any, props: Mapping[str, Any]) -> None:
        """Labels an object, and notes what is to be asked of the cluster about it."""
        metadata.labels = {**metadata.labels, ID_LABEL: self._installation.id}
        api_version, kind, name = props["api_version"], props["kind"], metadata.name
        namespaces = self._namespaces_of(metadata.namespace)
        target = Target(
            group=api_version.rpartition("/")[0],
            plural=_plural(kind),
            namespaces=namespaces,
            name=None if namespaces or not isinstance(name, str) else name,
        )
        self._targets.add(target)
        if isinstance(name, str):
            self._described += [
                ObjectName(api_version=api_version, kind=kind, namespace=each, name=name)
                for each in namespaces or (None,)
            ]

    def _namespaces_of(self, namespace: object) -> tuple[str, ...]:
        """Where an object may be: more than one if its namespace is an output, none if it is the whole cluster's."""
        if namespace is None:
            return ()
        return (namespace,) if isinstance(namespace, str) else self._namespaces

    def _look(self, kubeconfig: str | None) -> "Found":
        """Looks up in the cluster what the program describes, and what the deployer has no rights to.

        Raises:
            StackError: if the cluster cannot be reached.
        """
        context = context_of(self._context, kubeconfig)
        described = set(self._described)
        wide = {each: each.question for each in described if each.is_wide}
        whole = {True: deployer.EVERYTHING, False: deployer.WHO}
        first = ask_all(context, {**wide, **whole})
        there = [(each, content["metadata"]) for each in wide if (content := first[each].content)]
        # A namespace that is to be made has nothing in it yet.
        found = {each.name for each, _ in there}
        absent = {each.name for each in wide if each.kind == "Namespace"} - found
        within = [each for each in described if not each.is_wide and each.namespace not in absent]
        lists = {each.folder: Question(path=each.folder, metadata_only=True) for each in within}
        rights = {} if deployer.is_granted(first[True]) else deployer.questions(sorted(self._targets, key=str))
        second = ask_all(context, {**lists, **rights})
        metadata = {
            (folder, item["metadata"]["name"]): item["metadata"]
            for folder in lists
            for item in second[folder].items or []
        }
        there += [(each, item) for each in within if (item := metadata.get((each.folder, each.name)))]
        # Who may not list a kind may still read the objects whose names are known.
        single = {each: each.question for each in within if second[each.folder].forbidden}
        if single:
            third = ask_all(context, single)
            there += [(each, content["metadata"]) for each in single if (content := third[each].content)]
        return Found(there=there, who=first[False], rights={right: second[right] for right in rights})

    def _bears_id(self, metadata: Mapping[str, Any]) -> bool:
        labels: dict[str, str] = metadata.get("labels") or {}
        return labels.get(ID_LABEL) == self._installation.id


@dataclass(frozen=True, kw_only=True)
class Found:
    """What the cluster says of the described objects."""

    there: list[tuple[ObjectName, dict[str, Any]]]
    """Those that are there, with their metadata. What nobody lets us read counts as absent."""
    who: Answer
    """Who we are."""
    rights: Mapping[Right, Answer]
    """The rights that were asked for; none if we may do everything."""


def _is_older(metadata: Mapping[str, Any]) -> bool:
    """Whether an object bears no id, and the labels of programs that wrote none."""
    labels: dict[str, str] = metadata.get("labels") or {}
    return ID_LABEL not in labels and labels.get(_MANAGER) == MANAGED_BY and labels.get(_PART) == PART_OF


def _plural(kind: str) -> str:
    """A kind as it is in the API's paths."""
    word = kind.lower()
    return f"{word[:-1]}ies" if word.endswith("y") else f"{word}es" if word.endswith("s") else f"{word}s"


def refusal(others: list[tuple[ObjectName, dict[str, Any]]], installation: Installation) -> str:
    """The error that names objects of others, by their metadata, and what can be done."""
    lines = [f"  {each}: {owner(metadata)}" for each, metadata in others[:MOST_SHOWN]]
    if len(others) > MOST_SHOWN:
        lines.append(f"  and {len(others) - MOST_SHOWN} more")
    head = "The cluster has objects of these names, which are not this stack's, so nothing is deployed."
    ways = [f"- {each}" for each in _ways_out(others, installation)]
    return "\n".join([head, *lines, "What you can do:", *ways])


def owner(metadata: Mapping[str, Any]) -> str:
    """What an object's metadata tell of its owner."""
    labels: dict[str, str] = metadata.get("labels") or {}
    annotations: dict[str, str] = metadata.get("annotations") or {}
    if ID_LABEL in labels:
        return f"belongs to the stack {stack_of(labels[ID_LABEL])} (installation {labels[ID_LABEL]})"
    if _HELM_RELEASE in annotations:
        return f"belongs to the Helm release {annotations[_HELM_RELEASE]}"
    fields: list[dict[str, Any]] = metadata.get("managedFields") or []
    tool = next((each["manager"] for each in fields if each.get("manager") and not each.get("subresource")), None)
    by = f" with {tool}" if tool else ""
    return f"was made by somebody else{by} on {str(metadata.get('creationTimestamp', ''))[:10]}"


def _ways_out(others: list[tuple[ObjectName, dict[str, Any]]], installation: Installation) -> Iterator[str]:
    kinds = {each.kind for each, _ in others}
    groups = {each.name.partition(".")[2] for each, _ in others if each.kind == "CustomResourceDefinition"}
    yield "Beside them: choose other names in kubeflow:core.namespace, or in the setting that names an object."
    if "Namespace" in kinds:
        yield (
            "Within a namespace of others, which is then left to its owner: set kubeflow:core.createNamespace to false."
        )
    if "kubeflow.org" in groups:
        yield "To use definitions of jobs as they are, set kubeflow:core.trainingOperator.createDefinitions to false."
    if "machinelearning.seldon.io" in groups:
        yield "To use the definition of graphs as it is, set kubeflow:serving.seldon.createDefinition to false."
    free = [(each, metadata) for each, metadata in others if ID_LABEL not in (metadata.get("labels") or {})]
    if any(_is_older(metadata) for _, metadata in free) and not installation.is_new:
        yield "If they are this stack's, and somebody has removed their labels: make drift MEND=yes."
    if free:
        each = free[0][0]
        where = f" --namespace {each.namespace}" if each.namespace else ""
        mark = f"kubectl label {each.kind.lower()} {each.name}{where} {ID_LABEL}={installation.id}"
        first = "pulumi config set --path kubeflow:core.installationId " + installation.id
        yield (
            "To give an object to this stack, which then changes it, and deletes it one day, label it: "
            + (f"{first}; " if installation.is_new else "")
            + mark
        )


def _ways_without_rights(lacking: Iterable[Right]) -> Iterator[str]:
    kinds = {right.target.plural for right in lacking}
    if "namespaces" in kinds:
        yield (
            "Within a namespace that an administrator has made, which is then left to its owner: set "
            "kubeflow:core.createNamespace to false."
        )
    if "priorityclasses" in kinds:
        yield (
            "Without PriorityClasses, so that nothing keeps hub and proxy on their nodes: set "
            "kubeflow:core.priorityClasses to false."
        )
