"""Waiting for jobs: ``pulumi up`` looks at the operator's conditions until a job is as far as it should be."""

import asyncio
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Literal, cast

import pulumi

from components.errors import StackError
from components.kubernetes_api import open_client, try_create

Stage = Literal["none", "created", "running", "succeeded"]
EVERY_SECONDS = 2
WEBHOOK_EVERY_SECONDS = 0.5
SILENT_SECONDS = 120
"""How long the cluster may not answer before nobody waits any longer: a wait may take hours."""
LOOKS_AT_ONCE = 8
WEBHOOK_SECONDS = 30
"""How long the operator's webhook may be out of reach: the Service's address leads to a pod that is ready a little
later."""
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
    _answered: set[str] = field(default_factory=set[str], init=False, repr=False, compare=False)
    """The kinds of jobs about which the operator's webhook has answered."""

    def hooks(self, name: str, plural: str, job: str, wait: Wait) -> pulumi.ResourceHookBinding:
        """What the engine does before it makes a job, and after it if somebody waits.

        Args:
            name: what to call the hooks, of which a stack has one by each name.
            plural: its kind, as it is in the API's paths.
            job: what it is called in the cluster.
            wait: how far it has to be.
        """

        async def reach_webhook(args: pulumi.ResourceHookArgs) -> None:
            made: Mapping[str, Any] = args.new_inputs or {}
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

        Whatever else the API server says against the job, it says when the job is made.

        Raises:
            JobFailedError: if the webhook cannot be reached in time.
        """
        kind, name = str(job["kind"]), str(job["metadata"]["name"])
        if kind in self._answered:
            return
        path = self._path(f"{kind.lower()}s")
        manifest: dict[str, Any] = {key: _with_whole_numbers(job[key]) for key in ("apiVersion", "kind", "spec")}
        manifest["metadata"] = {"name": name, "namespace": self.namespace}
        end = time.monotonic() + WEBHOOK_SECONDS
        while True:
            try:
                status, said = await asyncio.get_running_loop().run_in_executor(
                    self._threads, try_create, self.context, kubeconfig, path, manifest
                )
            except StackError as error:
                status, said = 0, str(error)
            if not _is_unreached(status, said):
                self._answered.add(kind)
                return
            if time.monotonic() > end:
                raise JobFailedError(
                    f"The job {name} is not made: the training operator cannot be asked about it, after "
                    f"{WEBHOOK_SECONDS} s. See whether it runs, and run the update again. The API server says: {said}"
                )
            await asyncio.sleep(WEBHOOK_EVERY_SECONDS)

    def jobs(self, plural: str, kubeconfig: str | None) -> dict[str, dict[str, Any]]:
        """The jobs of a kind, by their names; none if there is no such kind yet."""
        with open_client(self.context, kubeconfig) as get:
            found = get(self._path(plural), "items")
        jobs: list[dict[str, Any]] = (found or {}).get("items") or []
        return {each["metadata"]["name"]: each for each in jobs}

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
        with open_client(self.context, kubeconfig) as get:
            return get(path, "metadata")


def _with_whole_numbers(value: Any) -> Any:
    """A value without the fractions that the engine gives to whole numbers: the API server takes none for replicas."""
    if isinstance(value, Mapping):
        return {key: _with_whole_numbers(each) for key, each in cast("Mapping[str, Any]", value).items()}
    if isinstance(value, list):
        return [_with_whole_numbers(each) for each in cast("list[Any]", value)]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _is_unreached(status: int, said: str) -> bool:
    """Whether an answer means that a webhook could not be asked, or that nobody answered."""
    return status == 0 or (status >= HTTPStatus.INTERNAL_SERVER_ERROR and "webhook" in said)


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
