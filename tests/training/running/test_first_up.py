"""The first ``pulumi up`` on an empty cluster: the operator, its webhook and jobs come up in one go."""

import pytest

from tests.support.training.stack import TrainingStack, Update

BEGUN, ENDED = "resourcePreEvent", "resOutputsEvent"
ORDER = (
    ("kubeflow-default-deny", "jobs-words-job"),
    ("training-webhook", "training-deployment"),
    ("training-tfjob", "training-deployment"),
    ("training-pytorchjob", "training-deployment"),
    ("training-own-role-binding", "training-deployment"),
    ("training-jobs-role-binding", "training-deployment"),
    ("training-cluster-role-binding", "training-deployment"),
    ("training-network-policy", "training-deployment"),
    ("training-deployment", "jobs-words-job"),
    ("training-deployment", "jobs-cnn-job"),
    ("training-deployment", "jobs-faces-job"),
    ("training-job-policy", "jobs-words-job"),
    ("jobs-cnn-script", "jobs-cnn-job"),
)


def test_everything_is_made_at_the_first_try(first_update: Update) -> None:
    assert set(first_update.changes) == {"create"}
    assert not [said for said in first_update.messages if said.startswith("Retry") or "failed" in said]


@pytest.mark.parametrize(("first", "second"), ORDER)
def test_second_waits_for_first(first_update: Update, first: str, second: str) -> None:
    assert first_update.moment(ENDED, first) < first_update.moment(BEGUN, second)


def test_update_shows_how_far_jobs_are_and_waits(first_update: Update) -> None:
    running = "words: Running (2 active): TFJob training-tests/words is running."
    assert running in first_update.messages
    assert any(said.startswith("faces: ") for said in first_update.messages)
    assert not any(said.startswith("cnn: ") for said in first_update.messages), "nobody waits for it"


def test_outputs_tell_each_jobs_state_and_how_to_follow_it(training: TrainingStack) -> None:
    training.reaches("pytorchjob", "faces", "Running")
    training.up()
    told = training.workspace.outputs()["jobs"]
    assert {job: each["state"] for job, each in told.items() if job in ("cnn", "faces", "words")} == {
        "cnn": "Running (3 active): TFJob training-tests/cnn is running.",
        "faces": "Running (3 active): PyTorchJob faces is running.",
        "words": "Running (2 active): TFJob training-tests/words is running.",
    }
    command, _, selector = told["faces"]["follow"].rpartition(" --selector ")
    assert f"--namespace {training.namespace}" in command
    pods = training.get("pods", f"--selector={selector}")["items"]
    assert {pod["metadata"]["name"] for pod in pods} == {"faces-master-0", "faces-worker-0", "faces-worker-1"}


def test_second_update_and_preview_change_nothing(training: TrainingStack) -> None:
    training.up()
    training.workspace.pulumi("preview", "--expect-no-changes")
    assert not training.up().changes
