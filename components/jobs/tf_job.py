"""A job of TensorFlow."""

from dataclasses import dataclass
from typing import Any

import pulumi

from components.jobs.job import Job, JobArgs
from components.jobs.pods import Pods, replica

KIND = "TFJob"
CONTAINER = "tensorflow"
"""What the operator calls the container that it looks at."""


@dataclass(frozen=True, kw_only=True)
class TfJobArgs(JobArgs):
    """A job of TensorFlow. With a master, the job ends when it does; else when its first worker does."""

    pods: Pods
    num_masters: int = 1
    num_ps: int = 0
    num_workers: int = 0
    num_gpus: int = 0
    """How many GPUs each worker gets."""
    success_policy: str = ""

    def __post_init__(self) -> None:
        if self.num_masters not in (0, 1):
            raise ValueError("num_masters is 0 or 1: TensorFlow has one master")
        if self.num_masters + self.num_workers < 1:
            raise ValueError("num_masters and num_workers are 0, so that nobody would do the work; set one of them")


class TfJob(Job, token="kubeflow:jobs:TfJob"):
    """Owns a TFJob."""

    def __init__(self, name: str, args: TfJobArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._make(name, KIND, args, spec(args))


def spec(args: TfJobArgs) -> dict[str, Any]:
    """The job as the operator reads it, without its run policy."""
    counts = {"Master": args.num_masters, "Worker": args.num_workers, "PS": args.num_ps}
    return {
        "successPolicy": args.success_policy,
        "tfReplicaSpecs": {
            role: replica(args.pods, container=CONTAINER, replicas=count, gpus=args.num_gpus if role == "Worker" else 0)
            for role, count in counts.items()
            if count
        },
    }
