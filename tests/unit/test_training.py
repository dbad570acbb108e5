"""The training operator: its rights, its webhook, its command line, and what is read of the jobs that it runs."""

import asyncio
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from components import images
from components.errors import StackError
from components.jobs.waiting import JobFailedError, Wait, Watcher, conditions, line
from components.kubernetes_api import Answer, Question
from components.preflight import OPERATOR_WEBHOOK
from components.schema.training import TrainingOperatorSettings
from components.training.names import CERTIFICATE
from components.training.one_operator import refuse_second_operator
from tests.bad_input.cases import sentences
from tests.support.recorder import Recording, record
from tests.support.stacks import recorded

Rights = set[tuple[str, str, str]]


def operator(**settings: Any) -> Recording:
    """What the program makes of the operator with these settings."""
    return record({"trainingOperator": settings})


def rights(recording: Recording, kind: str, name: str) -> Rights:
    """What a role allows: a group, a resource and a verb each, rules for single objects left out."""
    return {
        (group, resource, verb)
        for rule in recording.one(kind, name).inputs["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
        if not rule.get("resourceNames")
    }


def resources(found: Rights) -> set[str]:
    return {resource for _, resource, _ in found}


def test_operator_may_run_the_kinds_that_it_has_in_the_stacks_namespace() -> None:
    recording = recorded("defaults")
    jobs = rights(recording, "Role", "training-jobs-role")
    assert recording.one("Role", "training-jobs-role").namespace == "kubeflow"
    assert resources(jobs) == {
        *(f"{kind}{part}" for kind in ("tfjobs", "pytorchjobs") for part in ("", "/status", "/finalizers")),
        "pods",
        "services",
        "events",
        "podgroups",
        "horizontalpodautoscalers",
    }
    assert ("", "services", "update") not in jobs
    assert {verb for _, resource, verb in jobs if resource == "events"} == {"create", "patch"}
    assert {(group, verb) for group, resource, verb in jobs if resource == "podgroups"} == {
        (group, verb) for group in ("scheduling.volcano.sh", "scheduling.x-k8s.io") for verb in ("list", "watch")
    }
    (binding,) = [r for r in recording.of_type("RoleBinding") if r.name == "training-jobs-role-binding"]
    subject = {"kind": "ServiceAccount", "name": "training-operator", "namespace": "kubeflow-training"}
    assert binding.inputs["subjects"] == [subject]


def test_kinds_decide_about_rights() -> None:
    everywhere = "kubeflow-training-operator"
    tensorflow, mpi = (
        rights(operator(kinds=[kind], watch="cluster"), "ClusterRole", everywhere) for kind in ("tfJob", "mpiJob")
    )
    assert not resources(tensorflow) & {"horizontalpodautoscalers", "pytorchjobs", "pods/exec", "configmaps"}
    further = {"pods/exec", "configmaps", "serviceaccounts", "roles", "rolebindings"}
    assert resources(mpi) - resources(tensorflow) == {
        *further,
        "mpijobs",
        "mpijobs/status",
        "mpijobs/finalizers",
    }
    assert {verb for _, resource, verb in mpi if resource in further} <= {"get", "list", "watch", "create", "update"}


@pytest.mark.parametrize("stack", ["defaults", "jobs", "an operator for all"])
def test_no_rule_has_a_wildcard_and_secrets_are_the_operators_own(stack: str) -> None:
    recording = recorded(stack)
    for role in (*recording.of_type("Role"), *recording.of_type("ClusterRole")):
        if not role.name.startswith("training-"):
            continue
        for rule in role.inputs["rules"]:
            assert "*" not in (*rule["apiGroups"], *rule["resources"], *rule["verbs"])
            if "secrets" in rule["resources"]:
                assert role.namespace == f"{recording.outputs['namespace']}-training"
                assert rule.get("resourceNames") == [CERTIFICATE] or set(rule["verbs"]) <= {"list", "watch"}


def test_operator_for_all_has_its_rights_everywhere() -> None:
    recording = recorded("an operator for all")
    everywhere = rights(recording, "ClusterRole", "kubeflow-training-operator")
    assert {"tfjobs", "mpijobs", "jaxjobs", "pods", "pods/exec"} <= resources(everywhere)
    assert not [r for r in recording.of_type("Role") if r.name == "training-jobs-role"]


def test_operator_of_one_namespace_may_do_nothing_elsewhere_but_tell_of_its_certificate() -> None:
    recording = recorded("defaults")
    rules = recording.one("ClusterRole", "kubeflow-training-operator").inputs["rules"]
    assert {resource for rule in rules for resource in rule["resources"]} == {"validatingwebhookconfigurations"}
    assert [rule.get("resourceNames") for rule in rules] == [None, [OPERATOR_WEBHOOK]]
    assert set(rules[0]["verbs"]) == {"list", "watch"}
    own = rights(recording, "Role", "training-own-role")
    assert resources(own) == {"secrets", "leases", "events"}
    assert {verb for _, resource, verb in own if resource == "leases"} == {"get", "create", "update"}


def test_each_kind_has_a_validator_but_mpi() -> None:
    recording = recorded("an operator for all")
    configuration = recording.one("ValidatingWebhookConfiguration", OPERATOR_WEBHOOK)
    webhooks = configuration.inputs["webhooks"]
    kinds = ["jaxjob", "paddlejob", "pytorchjob", "tfjob", "xgboostjob"]
    assert [each["name"] for each in webhooks] == [f"validator.{kind}.training-operator.kubeflow.org" for kind in kinds]
    for kind, each in zip(kinds, webhooks, strict=True):
        (rule,) = each["rules"]
        assert rule["resources"] == [f"{kind}s"]
        assert (each["failurePolicy"], rule["operations"]) == ("Fail", ["CREATE", "UPDATE"])
        service = each["clientConfig"]["service"]
        assert (service["name"], service["namespace"]) == ("training-operator", "kubeflow-training")
        assert service["path"] == f"/validate-kubeflow-org-v1-{kind}"
        assert "caBundle" not in each["clientConfig"]
        assert "namespaceSelector" not in each
    ignored = {f"webhooks[{index}].clientConfig.caBundle" for index in range(len(webhooks))}
    assert ignored <= set(configuration.ignore_changes)


def test_operators_namespace_goes_beside_the_stacks_and_not_after_it() -> None:
    recording = recorded("defaults")
    stacks, own = (recording.one("Namespace", f"{name}-namespace") for name in ("kubeflow", "training"))
    # Deleting a namespace takes seconds: the engine is to delete both at once.
    assert stacks.urn not in own.dependencies
    assert own.urn not in stacks.dependencies


def test_webhook_is_asked_about_the_stacks_namespace_alone() -> None:
    for each in recorded("defaults").one("ValidatingWebhookConfiguration", OPERATOR_WEBHOOK).inputs["webhooks"]:
        assert each["namespaceSelector"] == {"matchLabels": {"kubernetes.io/metadata.name": "kubeflow"}}


def test_definitions_are_those_of_the_kinds_protected_and_keep_nothing_else_when_the_stack_goes() -> None:
    definitions = recorded("defaults").of_type("CustomResourceDefinition")
    assert {r.physical_name for r in definitions} == {"tfjobs.kubeflow.org", "pytorchjobs.kubeflow.org"}
    assert all(r.protect for r in definitions)
    others = {r.urn for r in recorded("defaults").kubernetes() if r.name.startswith("training-")}
    assert not [r.name for r in definitions if set(r.dependencies) & others]


def arguments(recording: Recording) -> list[str]:
    (container,) = recording.one("Deployment", "training-operator").inputs["spec"]["template"]["spec"]["containers"]
    return container["args"]


def test_command_line_says_what_the_settings_say() -> None:
    default = arguments(recorded("defaults"))
    assert default[:3] == ["--enable-scheme=tfjob", "--enable-scheme=pytorchjob", "--namespace=kubeflow"]
    assert "--leader-elect" in default
    assert "--pytorch-init-container-image=docker.io/library/alpine:3.22" in default
    for_all = arguments(recorded("an operator for all"))
    assert [each for each in for_all if "scheme" in each] == [
        f"--enable-scheme={kind}" for kind in ("tfjob", "pytorchjob", "mpijob", "xgboostjob", "paddlejob", "jaxjob")
    ]
    assert "--leader-elect" in for_all
    assert not [each for each in for_all if each.startswith("--namespace")]
    assert "--pytorch-init-container-image=busybox:1" in arguments(operator(initImage="busybox:1"))


def test_images_that_the_operator_puts_into_pods_are_listed_and_come_through_the_mirror() -> None:
    kinds = {"kinds": ["mpiJob", "pytorchJob"], "watch": "cluster"}
    recording = record({"trainingOperator": kinds}, cluster={"registryMirror": "mirror.example.com"})
    for flag, image in (
        ("mpi-kubectl-delivery-image", images.KUBECTL_FOR_MPI),
        ("pytorch-init-container-image", images.WAIT_FOR_MASTER),
    ):
        pulled = f"mirror.example.com/{image}"
        assert f"--{flag}={pulled}" in arguments(recording)
        assert pulled in recording.outputs["images"]
    without = recorded("defaults")
    assert not [each for each in (*arguments(without), *without.outputs["images"]) if "kubectl" in each]


def test_operator_has_a_namespace_of_its_own_that_lets_nothing_else_talk() -> None:
    recording = record({"namespace": "ml"})
    namespace = recording.one("Namespace", "ml-training")
    assert namespace.inputs["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    deployment = recording.one("Deployment", "training-operator")
    assert deployment.namespace == "ml-training"
    policies = {r.physical_name: r for r in recording.of_type("NetworkPolicy") if r.namespace == "ml-training"}
    assert set(policies) == {"default-deny", "training-operator"}
    assert policies["training-operator"].urn in deployment.dependencies
    assert "--namespace=ml" in arguments(recording)


def test_there_is_no_operator_unless_the_settings_have_one() -> None:
    recording = recorded("no operator")
    assert not [r for r in recording.resources if r.name.startswith("training")]
    assert not recording.of_type("CustomResourceDefinition")
    assert not [image for image in recording.outputs["images"] if "training-operator" in image]


@pytest.mark.parametrize("found", [None, "kubeflow-training"])
def test_an_operator_is_taken_beside_none_or_itself(found: str | None) -> None:
    refuse_second_operator(TrainingOperatorSettings(), "kubeflow", found)


def test_a_second_operator_is_refused_by_name() -> None:
    with pytest.raises(StackError) as refused:
        refuse_second_operator(TrainingOperatorSettings(), "kubeflow", "ml-training")
    assert sentences(str(refused.value)) == [
        "kubeflow:core.trainingOperator.enabled: is true, but the cluster has a training operator in the namespace "
        "ml-training, and can have one; set it to false, or remove the other"
    ]
    refuse_second_operator(TrainingOperatorSettings(enabled=False), "kubeflow", "ml-training")


def condition(kind: str, message: str, status: str = "True") -> dict[str, str]:
    return {"type": kind, "status": status, "reason": f"TFJob{kind}", "message": message}


CREATED = condition("Created", "TFJob mnist is created.")
RUNNING = condition("Running", "TFJob kubeflow/mnist is running.")
STOPPED = condition("Running", "TFJob kubeflow/mnist is running.", "False")
SUCCEEDED = condition("Succeeded", "TFJob kubeflow/mnist successfully completed.")
FAILED = condition("Failed", "TFJob kubeflow/mnist has failed because\n1 Worker replica(s) failed.")


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (None, "not seen by the operator yet"),
        ({}, "not seen by the operator yet"),
        ({"conditions": None, "replicaStatuses": None}, "not seen by the operator yet"),
        ({"conditions": [CREATED]}, "Created: TFJob mnist is created."),
        (
            {"conditions": [CREATED, RUNNING], "replicaStatuses": {"PS": {"active": 1}, "Worker": {"active": 2}}},
            "Running (3 active): TFJob kubeflow/mnist is running.",
        ),
        (
            {
                "conditions": [CREATED, STOPPED, SUCCEEDED],
                "replicaStatuses": {"PS": {}, "Worker": {"succeeded": 2, "active": None}},
            },
            "Succeeded (2 succeeded): TFJob kubeflow/mnist successfully completed.",
        ),
        (
            {"conditions": [CREATED, STOPPED, FAILED], "replicaStatuses": {"Worker": {"failed": 1, "active": 1}}},
            "Failed (1 active, 1 failed): TFJob kubeflow/mnist has failed because 1 Worker replica(s) failed.",
        ),
    ],
)
def test_a_job_is_told_in_one_line(status: dict[str, Any] | None, said: str) -> None:
    assert line({"metadata": {"name": "mnist"}, "status": status}) == said


def test_conditions_that_hold_no_more_are_none() -> None:
    assert conditions({"status": {"conditions": [CREATED, STOPPED]}}) == {"Created": "TFJob mnist is created."}
    assert conditions({}) == {}


class Looks:
    """A cluster whose job has one state after another."""

    def __init__(self, *states: list[dict[str, str]]) -> None:
        self.states = list(states)

    def __call__(self, _context: str, _kubeconfig: str | None, question: Question) -> Answer:
        assert question == Question(path="/apis/kubeflow.org/v1/namespaces/kubeflow/tfjobs/mnist", key="metadata")
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return Answer(status=200, content={"metadata": {"name": "mnist"}, "status": {"conditions": state}})


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    lines: list[str] = []
    monkeypatch.setattr("components.jobs.waiting.EVERY_SECONDS", 0)
    monkeypatch.setattr("pulumi.log.info", lines.append)
    return lines


def wait(monkeypatch: pytest.MonkeyPatch, looks: Looks, until: Wait) -> None:
    monkeypatch.setattr("components.jobs.waiting.ask", looks)
    watcher = Watcher(namespace="kubeflow", context="kind")
    asyncio.run(watcher.until_there("tfjobs", "mnist", until, None))


def test_waiting_ends_when_the_job_is_there_and_tells_each_change_once(
    monkeypatch: pytest.MonkeyPatch, told: list[str]
) -> None:
    wait(monkeypatch, Looks([], [], [CREATED], [CREATED, RUNNING], [SUCCEEDED]), Wait(stage="succeeded"))
    assert [each.partition(":")[2].split(":")[0].strip() for each in told] == [
        "not seen by the operator yet",
        "Created",
        "Running",
        "Succeeded",
    ]


@pytest.mark.parametrize("stage", ["created", "running"])
def test_a_job_that_is_farther_than_it_should_be_is_there(
    stage: Any, monkeypatch: pytest.MonkeyPatch, told: list[str]
) -> None:
    wait(monkeypatch, Looks([CREATED, STOPPED, SUCCEEDED]), Wait(stage=stage))
    assert len(told) == 1


def test_a_job_that_fails_ends_the_waiting_with_the_operators_words(
    monkeypatch: pytest.MonkeyPatch, told: list[str]
) -> None:
    with pytest.raises(JobFailedError, match=r"The job mnist has failed\. The operator says: TFJob kubeflow/mnist"):
        wait(monkeypatch, Looks([CREATED], [CREATED, FAILED]), Wait(stage="running"))
    assert told


def test_a_job_that_takes_too_long_goes_on_and_is_told(monkeypatch: pytest.MonkeyPatch, told: list[str]) -> None:
    with pytest.raises(JobFailedError, match=r"The job mnist is not succeeded after 0 s, and goes on\. It is Created"):
        wait(monkeypatch, Looks([CREATED]), Wait(stage="succeeded", timeout_seconds=0))
    assert told


JOB = {
    "apiVersion": "kubeflow.org/v1",
    "kind": "TFJob",
    "metadata": {"name": "mnist", "labels": {"team": "a"}},
    "spec": {"a": [{"n": 2.0, "r": 0.5}]},
}
WEBHOOK = 'webhook "validator.tfjob.training-operator.kubeflow.org"'
UNREACHED = (500, f"Internal error occurred: failed calling {WEBHOOK}: no endpoints available for service")
DENIED = (403, f"admission {WEBHOOK} denied the request: replicas")
OTHERS = (500, 'Internal error occurred: failed calling webhook "validation.gatekeeper.sh": connection refused')


class Answers:
    """Gives an answer for each job that is tried, the last one again and again."""

    def __init__(self, *answers: tuple[int, str] | StackError) -> None:
        self.answers = list(answers)
        self.tried: list[tuple[str, Any]] = []

    def __call__(self, _context: str, _kubeconfig: str | None, path: str, manifest: Any) -> tuple[int, str]:
        self.tried.append((path, manifest))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, StackError):
            raise answer
        return answer


def try_job(monkeypatch: pytest.MonkeyPatch, answers: Answers, times: int = 1) -> None:
    monkeypatch.setattr("components.jobs.waiting.WEBHOOK_EVERY_SECONDS", 0)
    monkeypatch.setattr("components.jobs.waiting.try_create", answers)
    watcher = Watcher(namespace="kubeflow", context="kind")
    for _ in range(times):
        asyncio.run(watcher.until_webhook_answers(JOB, None))


@pytest.mark.parametrize("answer", [(201, ""), DENIED])
def test_the_webhook_is_asked_until_it_answers_and_once_for_each_kind(
    answer: tuple[int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = Answers(UNREACHED, UNREACHED, answer)
    try_job(monkeypatch, answers, times=5)
    assert len(answers.tried) == 3
    path, manifest = answers.tried[0]
    assert path == "/apis/kubeflow.org/v1/namespaces/kubeflow/tfjobs"
    # Policies of the cluster may ask for labels.
    assert manifest["metadata"] == {"name": "mnist", "namespace": "kubeflow", "labels": {"team": "a"}}
    # The engine knows no integers, and the API server takes nothing else.
    assert json.dumps(manifest["spec"]) == '{"a": [{"n": 2, "r": 0.5}]}'


@pytest.mark.parametrize(
    "answer", [(422, "invalid"), (429, "slower"), (500, "etcdserver: no leader"), OTHERS, StackError("not logged in")]
)
def test_an_answer_that_is_not_the_webhooks_is_left_to_the_update_and_proves_nothing(
    answer: tuple[int, str] | StackError, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = Answers(answer)
    try_job(monkeypatch, answers, times=3)
    assert len(answers.tried) == 3


def test_jobs_that_are_made_at_once_ask_once(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = Answers(UNREACHED, (201, ""))
    monkeypatch.setattr("components.jobs.waiting.WEBHOOK_EVERY_SECONDS", 0)
    monkeypatch.setattr("components.jobs.waiting.try_create", answers)
    watcher = Watcher(namespace="kubeflow", context="kind")

    async def program() -> None:
        await asyncio.gather(*(watcher.until_webhook_answers(JOB, None) for _ in range(20)))

    asyncio.run(program())
    assert len(answers.tried) == 2


def test_a_webhook_that_stays_out_of_reach_is_told_with_each_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("components.jobs.waiting.WEBHOOK_SECONDS", 0)
    monkeypatch.setattr("components.jobs.waiting.try_create", Answers(UNREACHED))
    watcher = Watcher(namespace="kubeflow", context="kind")
    for name in ("mnist", "cifar"):
        job = {**JOB, "metadata": {"name": name}}
        with pytest.raises(JobFailedError, match=rf"The job {name} is not made: .* no endpoints available for service"):
            asyncio.run(watcher.until_webhook_answers(job, None))


def test_jobs_are_waited_for_while_the_loop_has_no_thread_left(
    monkeypatch: pytest.MonkeyPatch, told: list[str]
) -> None:
    monkeypatch.setattr("components.jobs.waiting.ask", Looks([CREATED], [CREATED, RUNNING]))
    watcher, done = Watcher(namespace="kubeflow", context="kind"), threading.Event()

    async def program() -> None:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(max_workers=1))
        # As the registration of a job, which ends after the waiting.
        registration = loop.run_in_executor(None, done.wait)
        waiting = [watcher.until_there("tfjobs", "mnist", Wait(stage="running"), None) for _ in range(20)]
        try:
            await asyncio.wait_for(asyncio.gather(*waiting), timeout=30)
        finally:
            done.set()
        await registration

    asyncio.run(program())
    assert told
