"""A benchmark of convolutional networks with parameter servers, as a job of TensorFlow."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import resources
from typing import Any

import pulumi
from pulumi_kubernetes import core, meta

from components import images
from components.jobs.checks import refuse_mistakes
from components.jobs.job import Job, JobArgs
from components.jobs.pods import Pods, replica
from components.jobs.tf_job import CONTAINER, KIND
from components.labels import labels
from components.schema.jobs import MOST_MEMORY
from components.spawn_options import parse_memory

SCRIPT = "train_cnn.py"
FOLDER = "/opt/tf-cnn"


@dataclass(frozen=True, kw_only=True)
class TfCnnArgs(JobArgs):
    """The benchmark. The first worker leads; when it is done, all pods complete."""

    pods: Pods = Pods(image=images.TENSORFLOW, image_gpu=images.TENSORFLOW_GPU)  # noqa: RUF009  # it is frozen
    """Their image has TensorFlow 2; command and arguments are the benchmark's own. They may use ``MOST_MEMORY`` unless
    they say otherwise."""
    model: str = "resnet50"
    batch_size: int = 32
    num_batches: int = 100
    num_ps: int = 1
    num_workers: int = 1
    num_gpus: int = 0
    """How many GPUs each worker gets."""

    def __post_init__(self) -> None:
        refuse_mistakes(
            "tfCnn",
            self,
            self.pods,
            {
                "model": self.model,
                "batch_size": self.batch_size,
                "num_batches": self.num_batches,
                "num_ps": self.num_ps,
                "num_workers": self.num_workers,
                "num_gpus": self.num_gpus,
            },
        )


class TfCnn(Job, token="kubeflow:jobs:TfCnn"):
    """Owns a TFJob, and the ConfigMap with the script that it runs."""

    def __init__(self, name: str, args: TfCnnArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        script = core.v1.ConfigMap(
            f"{name}-script",
            metadata=meta.v1.ObjectMetaArgs(namespace=args.namespace, labels=labels("tf-cnn", name)),
            data={SCRIPT: (resources.files("components.jobs") / "files" / SCRIPT).read_text()},
            opts=self.child(),
        )
        self._make(name, KIND, args, spec(args, script.metadata.name))


def spec(args: TfCnnArgs, script: pulumi.Input[str]) -> dict[str, Any]:
    """The job as the operator reads it, without its run policy."""
    pods = replace(
        args.pods,
        memory_limit=args.pods.memory_limit or max(args.pods.memory, MOST_MEMORY, key=lambda it: parse_memory(it, "")),
        command=["python3", f"{FOLDER}/{SCRIPT}"],
        args=[
            f"--model={args.model}",
            f"--batch_size={args.batch_size}",
            f"--num_batches={args.num_batches}",
        ],
    )
    volumes: list[Mapping[str, Any]] = [{"name": "tf-cnn", "configMap": {"name": script}}]
    mounts: list[Mapping[str, Any]] = [{"name": "tf-cnn", "mountPath": FOLDER, "readOnly": True}]
    gpus = {"PS": 0, "Worker": args.num_gpus}
    return {
        "successPolicy": "",
        "tfReplicaSpecs": {
            role: replica(pods, container=CONTAINER, replicas=count, gpus=gpus[role], volumes=volumes, mounts=mounts)
            for role, count in {"PS": args.num_ps, "Worker": args.num_workers}.items()
        },
    }
