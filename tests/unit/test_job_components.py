"""The components of jobs, used by themselves."""

import asyncio
import re
import textwrap
from collections.abc import Awaitable
from dataclasses import replace
from typing import Any, cast

import pulumi
import pytest
from pulumi.runtime import mocks

from components.errors import ArgumentsError
from components.jobs.job import RunPolicy, run_policy_of
from components.jobs.pods import Pods
from components.jobs.pytorch_job import PytorchJob, PytorchJobArgs
from components.jobs.tf_cnn import TfCnn, TfCnnArgs
from components.jobs.tf_job import TfJob, TfJobArgs
from components.jobs.waiting import Wait, Watcher
from components.pods import SecretValue, Volume
from tools.places import CHECKOUT

CREATED = Wait(stage="created")


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


WATCHER = Watcher(namespace="team", context="kind")


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


MISTAKES: list[tuple[Any, dict[str, Any], str]] = [
    (TfJobArgs, {"job_name": "1_BAD.NAME"}, 'job_name: "1_BAD.NAME" is not a name that the training operator allows'),
    (TfJobArgs, {"job_name": "a" * 80}, "is not a name that the training operator allows"),
    (TfJobArgs, {"num_ps": -2}, "num_ps: -2 is too small; the least is 0"),
    (TfJobArgs, {"num_masters": 2}, "num_masters: 2 is too large; the most is 1"),
    (
        TfJobArgs,
        {"num_masters": 0},
        "TfJobArgs: has neither a master nor a worker to do the work; set num_masters to 1",
    ),
    (TfJobArgs, {"num_gpus": 4}, "num_gpus: is for workers, of which there are none; set num_workers, or leave it out"),
    (TfJobArgs, {"num_workers": 1, "success_policy": "Bogus"}, 'success_policy: "Bogus" is not one of AllWorkers'),
    (TfJobArgs, {"success_policy": "null"}, 'success_policy: "null" is no value; leave it out'),
    (
        TfJobArgs,
        {"num_workers": 1, "success_policy": "AllWorkers"},
        "has a master, which decides alone; set num_masters",
    ),
    (TfCnnArgs, {"num_workers": 0}, "num_workers: 0 is too small; the least is 1"),
    (TfCnnArgs, {"num_ps": 0}, "num_ps: 0 is too small; the least is 1"),
    (TfCnnArgs, {"model": "alexnet"}, 'model: "alexnet" is not one of resnet50'),
    (TfCnnArgs, {"batch_size": 0}, "batch_size: 0 is too small"),
    (TfCnnArgs, {"num_batches": -1}, "num_batches: -1 is too small"),
    (PytorchJobArgs, {"num_workers": -1}, "num_workers: -1 is too small"),
    (PytorchJobArgs, {"num_gpus": -1}, "num_gpus: -1 is too small"),
    (PytorchJobArgs, {"num_gpus": 4}, "num_gpus: is for workers, of which there are none; set gpus_on_master to true"),
    (PytorchJobArgs, {"nproc_per_node": "many"}, 'nproc_per_node: "many" is not a number of processes'),
    (TfJobArgs, {"run_policy": RunPolicy(clean_pod_policy="all")}, 'run_policy.clean_pod_policy: "all" is not one of'),
    (TfJobArgs, {"run_policy": RunPolicy(backoff_limit=-1)}, "run_policy.backoff_limit: -1 is too small"),
    (TfJobArgs, {"wait": Wait(stage="succeeded")}, "watcher: is None, so that nobody would wait"),
    (
        PytorchJobArgs,
        {"wait": Wait(stage="succeeded"), "watcher": WATCHER, "run_policy": RunPolicy(suspend=True)},
        'wait.stage: "succeeded" cannot come while run_policy.suspend is true',
    ),
    (
        TfJobArgs,
        {"wait": Wait(stage="created", timeout_seconds=1), "watcher": WATCHER},
        "wait.timeout_seconds: 1 is too",
    ),
]
POD_MISTAKES: list[tuple[Any, dict[str, Any], str]] = [
    (TfJobArgs, {"image": "null"}, 'pods.image: "null" is how ksonnet wrote that there is no image'),
    (TfJobArgs, {"image": ""}, 'pods.image: "" is not an image reference'),
    (TfJobArgs, {"image_gpu": "null"}, 'pods.image_gpu: "null" is no value; leave it out'),
    (TfJobArgs, {"service_account": ""}, 'pods.service_account: "" is no value; leave it out'),
    (TfJobArgs, {"env": {"TF_CONFIG": "{}"}}, "pods.env.TF_CONFIG: is what the training operator sets in pods"),
    (PytorchJobArgs, {"env": {"RANK": "0"}}, "pods.env.RANK: is what the training operator sets in pods"),
    (PytorchJobArgs, {"env": {"PET_NPROC_PER_NODE": "2"}}, "set nproc_per_node instead"),
    (
        TfJobArgs,
        {"env": {"TOKEN": "a"}, "secret_env": {"TOKEN": SecretValue(secret="team", key="token")}},
        "pods.secret_env.TOKEN: is set in env as well",
    ),
    (
        TfJobArgs,
        {"secret_env": {"A": SecretValue(secret="team", key="a/b")}},
        'pods.secret_env.A.key: "a/b" is not a key',
    ),
    (
        TfJobArgs,
        {"volumes": {"shared-memory": Volume(claim="c", mount_path="/dev/shm")}},  # noqa: S108  # in the pods
        "pods.volumes.shared-memory.mount_path: /dev/shm would hide a folder of the image's system",
    ),
    (
        TfJobArgs,
        {"volumes": {name: Volume(claim=name, mount_path="/data") for name in ("a", "b")}},
        "pods.volumes.b: /data is where pods.volumes.a is mounted; give each a mount_path of its own",
    ),
    (TfJobArgs, {"run_as_user": 0}, "pods.run_as_user: 0 is too small"),
    (TfJobArgs, {"cpu": ""}, 'pods.cpu: "" is not an amount of CPU'),
    (TfJobArgs, {"memory": "lots"}, 'pods.memory: "lots" is not an amount of memory'),
    (TfJobArgs, {"memory_limit": "1Gi"}, "pods.memory_limit: 1Gi is less than memory, 2Gi"),
    (TfJobArgs, {"command": [""]}, 'pods.command: [""] begins with an empty text'),
    (TfJobArgs, {"tolerations": [{"key": "a", "value": "b"}]}, "pods.tolerations[0].value: is set, but operator is"),
    (TfCnnArgs, {"node_selector": {"a b": "c"}}, "is not the name of a label"),
]


@pytest.mark.parametrize(("args", "mistake", "sentence"), MISTAKES)
def test_what_settings_would_refuse_arguments_refuse_by_their_names(
    args: Any, mistake: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ArgumentsError, match=re.escape(sentence)):
        args(**{"namespace": "team", "job_name": "x", "pods": PODS, **mistake})


@pytest.mark.parametrize(("args", "mistake", "sentence"), POD_MISTAKES)
def test_what_pods_must_not_say_is_refused_as_well(args: Any, mistake: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ArgumentsError, match=re.escape(sentence)):
        args(namespace="team", job_name="x", pods=replace(Pods(image="mnist:1"), **mistake))


def test_all_mistakes_of_a_job_are_told_at_once_and_without_a_traceback() -> None:
    with pytest.raises(pulumi.RunError) as refused:
        TfCnnArgs(namespace="team", job_name="cnn", num_ps=0, num_workers=0)
    assert str(refused.value).splitlines() == [
        "The job cnn cannot be made.",
        "  num_ps: 0 is too small; the least is 1",
        "  num_workers: 0 is too small; the least is 1",
    ]


def test_what_is_not_known_yet_is_left_to_the_api_server() -> None:
    later = pulumi.Output.from_input("later")
    pods = Pods(
        image=later,
        command=[later],
        args=[later],
        env={"ADDRESS": later},
        secret_env={"TOKEN": SecretValue(secret=later, key="token")},
        volumes={"data": Volume(claim=later, mount_path="/data")},
    )
    assert make(TfJob, TfJobArgs(namespace="team", job_name="x", pods=pods)).inputs["x-job"]["kind"] == "TFJob"


@pytest.mark.parametrize(
    ("pods", "most"),
    [({}, "8Gi"), ({"memory": "3Gi"}, "8Gi"), ({"memory": "12Gi"}, "12Gi"), ({"memory_limit": "6Gi"}, "6Gi")],
)
def test_the_benchmark_may_use_the_memory_that_its_networks_take(pods: Any, most: str) -> None:
    args = TfCnnArgs(namespace="team", job_name="x", pods=Pods(image="tensorflow:2", **pods))
    job = make(TfCnn, args).inputs["x-job"]
    for each in job["spec"]["tfReplicaSpecs"].values():
        (container,) = each["template"]["spec"]["containers"]
        assert container["resources"]["limits"] == {"memory": most}


def test_components_of_one_name_wait_each_for_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    hooks: list[str] = []

    def note(_watcher: Watcher, name: str, *_: object) -> None:
        hooks.append(name)

    monkeypatch.setattr(Watcher, "hooks", note)
    common: Any = {"namespace": "team", "pods": PODS, "wait": Wait(stage="created"), "watcher": WATCHER}
    make(TfJob, TfJobArgs(job_name="a", **common))
    make(TfCnn, TfCnnArgs(job_name="b", **common))
    make(PytorchJob, PytorchJobArgs(job_name="c", **common))
    assert len(set(hooks)) == 3


def test_the_guides_program_makes_a_job(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[Wait] = []

    def note(_watcher: Watcher, _name: str, _plural: str, _job: str, wait: Wait) -> None:
        waits.append(wait)

    monkeypatch.setattr(Watcher, "hooks", note)  # there is no engine that would call them
    blocks = re.findall(r"(?:^ {4}.*\n|^\n(?= {4}))+", (CHECKOUT / "docs" / "training.md").read_text(), re.MULTILINE)
    (program,) = [textwrap.dedent(block) for block in blocks if "import pulumi" in block]
    found = Made()
    mocks.set_mocks(found)

    def run() -> pulumi.Output[str]:
        names: dict[str, Any] = {}
        exec(program, names)  # noqa: S102  # it is the guide's
        return names["job"].made

    mocks.test(run)()  # pyright: ignore[reportUnknownMemberType]
    (job,) = [inputs for inputs in found.inputs.values() if inputs.get("kind") == "TFJob"]
    assert job["metadata"]["namespace"] == "kubeflow"
    assert [each.stage for each in waits] == ["succeeded"]


@pytest.mark.parametrize(
    ("stage", "policy", "limit"),
    [
        ("succeeded", RunPolicy(), 3),
        ("succeeded", RunPolicy(backoff_limit=0), 0),
        ("succeeded", RunPolicy(backoff_limit=20), 20),
        ("running", RunPolicy(), None),
        ("none", RunPolicy(), None),
    ],
)
def test_a_job_whose_success_is_waited_for_ends_when_it_only_crashes(
    stage: Any, policy: RunPolicy, limit: int | None
) -> None:
    wait = Wait(stage=stage)
    args = TfJobArgs(namespace="team", job_name="x", pods=PODS, run_policy=policy, wait=wait, watcher=WATCHER)
    assert run_policy_of(args).spec().get("backoffLimit") == limit


def test_somebody_waits_only_if_the_job_says_for_what() -> None:
    mocks.set_mocks(Made())
    unwaited = WATCHER.hooks("x", "tfjobs", "mnist", Wait())
    assert not unwaited.after_create
    assert not unwaited.after_update
    binding = WATCHER.hooks("y", "tfjobs", "mnist", Wait(stage="succeeded", timeout_seconds=60))
    assert binding.after_create
    assert binding.after_create == binding.after_update


def test_every_job_is_made_and_changed_once_the_webhook_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def answer(_context: str, _kubeconfig: str | None, _path: str, manifest: Any) -> tuple[int, str]:
        asked.append(manifest)
        return 422, "invalid"

    monkeypatch.setattr("components.jobs.waiting.try_create", answer)
    mocks.set_mocks(Made())
    bindings = [WATCHER.hooks(f"z{number}", "tfjobs", "mnist", wait) for number, wait in enumerate((Wait(), CREATED))]
    hooks = [hook for each in bindings for hook in (*(each.before_create or ()), *(each.before_update or ()))]

    async def make_all() -> None:
        # As the engine hands a secret over.
        spec = {"replicas": 2.0, "token": pulumi.Output.secret("t0ken")}
        made = {"apiVersion": "kubeflow.org/v1", "kind": "TFJob", "metadata": {"name": "mnist"}, "spec": spec}
        args = pulumi.ResourceHookArgs(urn="", id="", name="", type="", new_inputs=made)
        for hook in hooks:
            await cast("Awaitable[None]", cast("pulumi.ResourceHook", hook).callback(args))

    asyncio.run(make_all())
    assert [each["spec"] for each in asked] == [{"replicas": 2, "token": "t0ken"}] * 4
