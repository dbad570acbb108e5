"""The components of jobs, used by themselves."""

import re
from typing import Any

import pulumi
import pytest
from pulumi.runtime import mocks

from components.jobs.job import RunPolicy
from components.jobs.pods import Pods
from components.jobs.pytorch_job import PytorchJob, PytorchJobArgs
from components.jobs.tf_cnn import TfCnn, TfCnnArgs
from components.jobs.tf_job import TfJob, TfJobArgs
from components.jobs.waiting import Wait, Watcher
from components.pods import SecretValue, Volume


class Made(mocks.Mocks):
    """What components make by themselves, without the program."""

    def __init__(self) -> None:
        self.inputs: dict[str, dict[str, Any]] = {}

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        self.inputs[args.name] = {**args.inputs}  # pyright: ignore[reportUnknownMemberType]
        return f"{args.name}-id", self.inputs[args.name]

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        raise AssertionError(args.token)


def make(component: Any, args: Any) -> Made:
    """What ``component`` makes of its arguments."""
    found = Made()
    mocks.set_mocks(found)

    def program() -> pulumi.Output[str]:
        return component("x", args).made

    mocks.test(program)()  # pyright: ignore[reportUnknownMemberType]
    return found


PODS = Pods(
    image="registry.example.com/team/mnist:3",
    args=["--steps=10"],
    env={"LEVEL": "info"},
    secret_env={"TOKEN": SecretValue(secret="team", key="token")},
    volumes={"data": Volume(claim="data", mount_path="/data")},
)


def test_components_can_be_used_by_themselves() -> None:
    args = TfJobArgs(namespace="team", job_name="mnist", pods=PODS, num_workers=2, run_policy=RunPolicy(suspend=True))
    job = make(TfJob, args).inputs["x-job"]
    assert job["metadata"]["name"] == "mnist"
    assert job["metadata"]["namespace"] == "team"
    assert set(job["spec"]["tfReplicaSpecs"]) == {"Master", "Worker"}
    assert job["spec"]["runPolicy"]["suspend"] is True
    torch = make(PytorchJob, PytorchJobArgs(namespace="team", job_name="bert", pods=PODS)).inputs["x-job"]
    assert set(torch["spec"]["pytorchReplicaSpecs"]) == {"Master"}
    cnn = make(TfCnn, TfCnnArgs(namespace="team", job_name="cnn", pods=PODS, model="trivial"))
    assert set(cnn.inputs) == {"x", "x-script", "x-job"}
    container = cnn.inputs["x-job"]["spec"]["tfReplicaSpecs"]["PS"]["template"]["spec"]["containers"][0]
    assert container["args"][0] == "--model=trivial"


@pytest.mark.parametrize(
    ("args", "counts", "sentence"),
    [
        (TfCnnArgs, {"num_workers": 0}, "num_workers must be >= 1"),
        (TfCnnArgs, {"num_ps": 0}, "num_ps must be >= 1"),
        (TfJobArgs, {"num_masters": 2}, "num_masters is 0 or 1: TensorFlow has one master"),
        (TfJobArgs, {"num_masters": 0}, "num_masters and num_workers are 0, so that nobody would do the work"),
        (PytorchJobArgs, {"num_workers": -1}, "num_workers and num_gpus are 0 or more"),
        (PytorchJobArgs, {"num_gpus": -1}, "num_workers and num_gpus are 0 or more"),
    ],
)
def test_components_refuse_counts_that_cannot_work(args: Any, counts: dict[str, int], sentence: str) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)):
        args(namespace="team", job_name="x", pods=PODS, **counts)


def test_somebody_waits_only_if_the_job_says_for_what() -> None:
    mocks.set_mocks(Made())
    watcher = Watcher(namespace="team", context="kind")
    assert watcher.hooks("x", "tfjobs", "mnist", Wait()) is None
    binding = watcher.hooks("x", "tfjobs", "mnist", Wait(stage="succeeded", timeout_seconds=60))
    assert binding is not None
    assert binding.after_create
    assert binding.after_create == binding.after_update
