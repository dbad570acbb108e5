"""A job of TensorFlow."""

from dataclasses import dataclass
from typing import Any, Literal

import pulumi

from components.jobs.checks import refuse_mistakes
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
    success_policy: Literal["AllWorkers"] | None = None
    """Whether the job ends when all workers have, if it has no master."""

    def __post_init__(self) -> None:
        refuse_mistakes(
            "tfJobs",
            self,
            self.pods,
            {
                "num_masters": self.num_masters,
                "num_ps": self.num_ps,
                "num_workers": self.num_workers,
                "num_gpus": self.num_gpus,
                "success_policy": self.success_policy,
            },
        )


class TfJob(Job, token="kubeflow:jobs:TfJob"):
    """Owns a TFJob."""

    def __init__(self, name: str, args: TfJobArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._make(name, KIND, args, spec(args))


def spec(args: TfJobArgs) -> dict[str, Any]:
    """The job as the operator reads it, without its run policy."""
    counts = {"Master": args.num_masters, "Worker": args.num_workers, "PS": args.num_ps}
    return {
        "successPolicy": args.success_policy or "",
        "tfReplicaSpecs": {
            role: replica(args.pods, container=CONTAINER, replicas=count, gpus=args.num_gpus if role == "Worker" else 0)
            for role, count in counts.items()
            if count
        },
    }
