"""A training job of any kind, as an object of the cluster."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pulumi
from pulumi_kubernetes import apiextensions, meta

from components.base import Component
from components.jobs.waiting import Wait, Watcher
from components.labels import labels

API_VERSION = "kubeflow.org/v1"
KINDS = ("TFJob", "PyTorchJob")
WHAT_REPLACES = ("successPolicy", "nprocPerNode", "tfReplicaSpecs", "pytorchReplicaSpecs")
"""A job runs once, as it was made: a change of these is another job. Its run policy can change, as to resume it."""


WAITED_BACKOFF_LIMIT = 3
"""After how many restarts a job has failed whose success is waited for: else one that always crashes never fails."""


@dataclass(frozen=True, kw_only=True)
class RunPolicy:
    """How a job begins and ends."""

    clean_pod_policy: str = "Running"
    backoff_limit: int | None = None
    active_deadline_seconds: int | None = None
    ttl_seconds_after_finished: int | None = None
    suspend: bool = False

    def spec(self) -> dict[str, Any]:
        """As the operator reads it."""
        optional = {
            "backoffLimit": self.backoff_limit,
            "activeDeadlineSeconds": self.active_deadline_seconds,
            "ttlSecondsAfterFinished": self.ttl_seconds_after_finished,
        }
        return {
            "cleanPodPolicy": self.clean_pod_policy,
            "suspend": self.suspend,
            **{key: value for key, value in optional.items() if value is not None},
        }


@dataclass(frozen=True, kw_only=True)
class JobArgs:
    """What jobs of all kinds take."""

    namespace: pulumi.Input[str]
    job_name: str
    """What the job is called in the cluster."""
    run_policy: RunPolicy = RunPolicy()  # it is frozen
    wait: Wait = Wait()  # noqa: RUF009
    watcher: Watcher | None = None
    """What looks at the job while ``pulumi up`` waits, and tells its state; None for a job that nobody looks at."""
    after: Sequence[pulumi.Resource] = ()
    """What has to be there before the job, such as the operator."""


class Job(Component, token="kubeflow:jobs:Job"):
    """Owns a job. A change replaces it: the old one is deleted first, with its pods and services."""

    made: pulumi.Output[str]
    """Known once the job is there, and as far as it should be."""

    def _make(self, name: str, kind: str, args: JobArgs, spec: Mapping[str, Any]) -> apiextensions.CustomResource:
        hook = f"{self.token.rpartition(':')[2]}-{name}"
        hooks = args.watcher.hooks(hook, plural_of(kind), args.job_name, args.wait) if args.watcher else None
        job = apiextensions.CustomResource(
            f"{name}-job",
            api_version=API_VERSION,
            kind=kind,
            metadata=meta.v1.ObjectMetaArgs(
                name=args.job_name, namespace=args.namespace, labels=labels("training-job", name)
            ),
            spec={**spec, "runPolicy": run_policy_of(args).spec()},
            opts=self.child(
                depends_on=list(args.after),
                replace_on_changes=[f"spec.{field}" for field in WHAT_REPLACES],
                delete_before_replace=True,
                hooks=hooks,
                # A job that was of another kind under this name goes first: their pods have the same names.
                aliases=[pulumi.Alias(type_=f"kubernetes:{API_VERSION}:{other}") for other in KINDS if other != kind],
            ),
        )
        self.made = job.id
        self.register_outputs({})
        return job


def run_policy_of(args: JobArgs) -> RunPolicy:
    """A job's run policy, with a limit of restarts if only that tells those who wait that it cannot succeed."""
    policy = args.run_policy
    if args.wait.stage == "succeeded" and policy.backoff_limit is None:
        return replace(policy, backoff_limit=WAITED_BACKOFF_LIMIT)
    return policy


def plural_of(kind: str) -> str:
    """A kind's name in the API's paths."""
    return f"{kind.lower()}s"
