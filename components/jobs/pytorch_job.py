"""A job of PyTorch."""

from dataclasses import dataclass
from typing import Any

import pulumi

from components.jobs.checks import refuse_mistakes
from components.jobs.job import Job, JobArgs
from components.jobs.pods import Pods, replica

KIND = "PyTorchJob"
CONTAINER = "pytorch"
"""What the operator calls the container that it looks at."""


@dataclass(frozen=True, kw_only=True)
class PytorchJobArgs(JobArgs):
    """A job of PyTorch, which has one master. It ends when the master does."""

    pods: Pods
    num_workers: int = 0
    num_gpus: int = 0
    """How many GPUs each worker gets."""
    gpus_on_master: bool = False
    """Whether the master gets as many."""
    nproc_per_node: str | None = None
    """How many processes torchrun starts in each pod: a number, ``cpu``, ``gpu``, or ``auto``, as if it is None."""

    def __post_init__(self) -> None:
        refuse_mistakes(
            "pytorchJobs",
            self,
            self.pods,
            {
                "num_workers": self.num_workers,
                "num_gpus": self.num_gpus,
                "gpus_on_master": self.gpus_on_master,
                "nproc_per_node": self.nproc_per_node,
            },
        )


class PytorchJob(Job, token="kubeflow:jobs:PytorchJob"):
    """Owns a PyTorchJob."""

    def __init__(self, name: str, args: PytorchJobArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._make(name, KIND, args, spec(args))


def spec(args: PytorchJobArgs) -> dict[str, Any]:
    """The job as the operator reads it, without its run policy."""
    counts = {"Master": 1, "Worker": args.num_workers}
    gpus = {"Master": args.num_gpus if args.gpus_on_master else 0, "Worker": args.num_gpus}
    return {
        **({"nprocPerNode": args.nproc_per_node} if args.nproc_per_node else {}),
        "pytorchReplicaSpecs": {
            role: replica(args.pods, container=CONTAINER, replicas=count, gpus=gpus[role])
            for role, count in counts.items()
            if count
        },
    }
