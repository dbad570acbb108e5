"""Waiting for jobs: ``pulumi up`` looks at the operator's conditions until a job is as far as it should be."""

import asyncio
import re
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Literal, cast

import pulumi

from components.errors import StackError
from components.kubernetes_api import Question, ask, try_create

Stage = Literal["none", "created", "running", "succeeded"]
EVERY_SECONDS = 2
WEBHOOK_EVERY_SECONDS = 0.5
SILENT_SECONDS = 120
"""How long the cluster may not answer before nobody waits any longer: a wait may take hours."""
LOOKS_AT_ONCE = 8
WEBHOOK_SECONDS = 30
"""How long the operator's webhook may be out of reach: nodes take a few seconds to route a Service's address to a pod
that has become ready."""
_WEBHOOK = r'webhook "[^"]*training-operator\.kubeflow\.org"'
_UNREACHED = re.compile(f"failed calling {_WEBHOOK}")
_DENIED = re.compile(f"{_WEBHOOK} denied the request")
"""What the API server says of a webhook that it cannot reach, and of one that refuses."""
_REACHED_BY = {
    "created": ("Created", "Running", "Succeeded", "Suspended"),
    "running": ("Running", "Succeeded"),
    "succeeded": ("Succeeded",),
}
"""The conditions by which a job is as far as a stage, or farther."""


@dataclass(frozen=True, kw_only=True)
class Wait:
    """How far a job has to be, and how long that may take."""

    stage: Stage = "none"
    timeout_seconds: int = 3600


class JobFailedError(pulumi.RunError):
    """A job that failed, or that did not get as far as it should; the engine prints the sentence."""


@dataclass(frozen=True, kw_only=True)
class Watcher:
    """Looks at jobs of a namespace, through the connection that the stack has."""

    namespace: str
    context: str
    kubeconfig: pulumi.Input[str] | None = None
    """A kubeconfig of the stack's own; None for the user's."""
    # The loop's own threads are those that the engine's answers are waited for in: while a job is waited for, the
    # registration of the job holds one, and there may be no other.
    _threads: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(max_workers=LOOKS_AT_ONCE), init=False, repr=False, compare=False
    )
    _webhook_locks: dict[str, asyncio.Lock] = field(
        default_factory=dict[str, asyncio.Lock], init=False, repr=False, compare=False
    )
    _reached: set[str] = field(default_factory=set[str], init=False, repr=False, compare=False)
    """The kinds of jobs about which the operator's webhook has answered."""
    _unreached: dict[str, str] = field(default_factory=dict[str, str], init=False, repr=False, compare=False)
    """The kinds about which it has not in time, and what the API server said."""

    def hooks(self, name: str, plural: str, job: str, wait: Wait) -> pulumi.ResourceHookBinding:
        """What the engine does before it makes a job, and after it if somebody waits.

        Args:
            name: what to call the hooks, of which a stack has one by each name.
            plural: its kind, as it is in the API's paths.
            job: what it is called in the cluster.
            wait: how far it has to be.
        """

        async def reach_webhook(args: pulumi.ResourceHookArgs) -> None:
            # Secrets among them are outputs.
            made: Mapping[str, Any] = await pulumi.Output.from_input(args.new_inputs or {}).future() or {}
            kubeconfig = await pulumi.Output.from_input(self.kubeconfig).future()
            await self.until_webhook_answers(made, kubeconfig)

        before: list[Any] = [pulumi.ResourceHook(f"{name}-webhook", reach_webhook)]
        if wait.stage == "none":
            return pulumi.ResourceHookBinding(before_create=before, before_update=before)

        async def wait_for_it(_: pulumi.ResourceHookArgs) -> None:
            kubeconfig = await pulumi.Output.from_input(self.kubeconfig).future()
            await self.until_there(plural, job, wait, kubeconfig)

        after: list[Any] = [pulumi.ResourceHook(f"{name}-wait", wait_for_it)]
        return pulumi.ResourceHookBinding(
            before_create=before, before_update=before, after_create=after, after_update=after
        )

    async def until_webhook_answers(self, job: Mapping[str, Any], kubeconfig: str | None) -> None:
        """Waits until the operator's webhook has been asked about a job, which is not made; once for each kind.

        Any other answer of the API server is left to be met, and told, when the job is made.

        Args:
            job: the job, as the engine hands it to a hook.
            kubeconfig: a kubeconfig of the stack's own; None for the user's.

        Raises:
            JobFailedError: if the webhook cannot be reached in time.
        """
        kind, name = str(job["kind"]), str(job["metadata"]["name"])
        manifest = {key: _with_whole_numbers(job[key]) for key in ("apiVersion", "kind", "metadata", "spec")}
        manifest["metadata"]["namespace"] = self.namespace
        # Of jobs that are made at once, one asks, and the others take its answer.
        async with self._webhook_locks.setdefault(kind, asyncio.Lock()):
            if kind in self._unreached:
                raise JobFailedError(_not_made(name, self._unreached[kind]))
            end = time.monotonic() + WEBHOOK_SECONDS
            while kind not in self._reached:
                try:
                    status, said = await asyncio.get_running_loop().run_in_executor(
                        self._threads, try_create, self.context, kubeconfig, self._path(f"{kind.lower()}s"), manifest
                    )
                except StackError:
                    return
                if status < HTTPStatus.MULTIPLE_CHOICES or _DENIED.search(said):
                    self._reached.add(kind)
                if not _UNREACHED.search(said):
                    return
                if time.monotonic() > end:
                    self._unreached[kind] = said
                    raise JobFailedError(_not_made(name, said))
                await asyncio.sleep(WEBHOOK_EVERY_SECONDS)

    def jobs(self, plural: str, kubeconfig: str | None) -> dict[str, dict[str, Any]]:
        """The jobs of a kind, by their names; none if there is no such kind yet."""
        found = ask(self.context, kubeconfig, Question(path=self._path(plural))).items
        return {each["metadata"]["name"]: each for each in found or []}

    async def until_there(self, plural: str, job: str, wait: Wait, kubeconfig: str | None) -> None:
        """Waits until a job is as far as it should be.

        Raises:
            JobFailedError: if it has failed, is gone or takes too long, or nobody can look at it.
        """
        end, told = time.monotonic() + wait.timeout_seconds, ""
        while True:
            found = await self._look(plural, job, kubeconfig)
            if found is None:
                raise JobFailedError(f"The job {job} is gone: somebody has deleted it, or we may not read it")
            said, reached = line(found), conditions(found)
            if said != told:
                pulumi.log.info(f"{job}: {said}")
                told = said
            if "Failed" in reached:
                raise JobFailedError(f"The job {job} has failed. The operator says: {reached['Failed'] or 'nothing'}")
            if is_there(found, wait):
                return
            if time.monotonic() > end:
                raise JobFailedError(
                    f"The job {job} is not {wait.stage} after {wait.timeout_seconds} s, and goes on. It is {said}"
                )
            await asyncio.sleep(EVERY_SECONDS)

    def _path(self, plural: str) -> str:
        return f"/apis/kubeflow.org/v1/namespaces/{self.namespace}/{plural}"

    async def _look(self, plural: str, job: str, kubeconfig: str | None) -> dict[str, Any] | None:
        """The job, once the cluster answers; None if it is not there."""
        end = time.monotonic() + SILENT_SECONDS
        while True:
            try:
                return await asyncio.get_running_loop().run_in_executor(
                    self._threads, self._read, f"{self._path(plural)}/{job}", kubeconfig
                )
            except StackError as error:
                if time.monotonic() > end:
                    raise JobFailedError(f"The job {job} goes on, but nobody can look at it. {error}") from None
                pulumi.log.info(f"{job}: the cluster does not answer; looking again")
            await asyncio.sleep(EVERY_SECONDS)

    def _read(self, path: str, kubeconfig: str | None) -> dict[str, Any] | None:
        return ask(self.context, kubeconfig, Question(path=path, key="metadata")).content


def _with_whole_numbers(value: Any) -> Any:
    """A value without the fractions that the engine gives to whole numbers: the API server takes none for replicas."""
    if isinstance(value, Mapping):
        return {key: _with_whole_numbers(each) for key, each in cast("Mapping[str, Any]", value).items()}
    if isinstance(value, list):
        return [_with_whole_numbers(each) for each in cast("list[Any]", value)]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _not_made(job: str, said: str) -> str:
    return (
        f"The job {job} is not made: the training operator's webhook, which checks it, is not reached in "
        f"{WEBHOOK_SECONDS} s. See whether the operator runs, and whether the API server reaches its pod, then run the "
        f"update again. The API server says: {said}"
    )


def is_there(job: Mapping[str, Any], wait: Wait) -> bool:
    """Whether a job is as far as it should be."""
    return wait.stage == "none" or bool(set(_REACHED_BY[wait.stage]) & set(conditions(job)))


def conditions(job: Mapping[str, Any]) -> dict[str, str]:
    """The operator's message of each condition that holds, the latest last."""
    status: Mapping[str, Any] = job.get("status") or {}
    found: list[dict[str, str]] = status.get("conditions") or []
    return {each["type"]: each.get("message", "") for each in found if each.get("status") == "True"}


def line(job: Mapping[str, Any]) -> str:
    """What the operator says of a job, in one line: its latest condition, and how many pods there are of each state."""
    reached = conditions(job)
    if not reached:
        return "not seen by the operator yet"
    last = list(reached)[-1]
    counts: dict[str, int] = {}
    status: Mapping[str, Any] = job.get("status") or {}
    replicas: dict[str, dict[str, int]] = status.get("replicaStatuses") or {}
    for each in replicas.values():
        for state in ("active", "succeeded", "failed"):
            counts[state] = counts.get(state, 0) + (each.get(state) or 0)
    pods = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
    return f"{last}{f' ({pods})' if pods else ''}: {' '.join(reached[last].split())}"
