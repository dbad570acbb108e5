"""Jobs that end, well or not, while ``pulumi up`` waits for them and afterwards."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.training.stack import TrainingStack, Update
from tests.training.running.conftest import JOBS, SMALL
from tests.training.running.test_changes import with_tf_job


def up_while(training: TrainingStack, work: Callable[[], None], *, check: bool = True) -> Update:
    """Updates the stack, and does ``work`` meanwhile."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        update = pool.submit(training.up, check=check)
        work()
        return update.result()


def test_update_waits_for_success_and_later_ones_leave_the_job_alone(training: TrainingStack) -> None:
    pytorch = {"stars": {**SMALL, "numWorkers": 1, "wait": "succeeded", "waitTimeoutSeconds": 60}}
    jobs = {**JOBS, "pytorchJobs": {**JOBS["pytorchJobs"], **pytorch}}
    training.configure(jobs)

    def work() -> None:
        training.reaches("pytorchjob", "stars", "Running", 40)
        training.end("stars-worker-0")
        training.end("stars-master-0")

    update = up_while(training, work)
    succeeded = "stars: Succeeded (2 succeeded): PyTorchJob stars is successfully completed."
    assert succeeded in update.messages
    assert training.workspace.outputs()["jobs"]["stars"]["state"] == succeeded.removeprefix("stars: ")
    before = training.get("pytorchjob", "stars")["metadata"]["uid"]
    pods = {name: pod["metadata"]["uid"] for name, pod in training.parts("pods", "stars").items()}

    training.configure(jobs, jupyterNotebookPVCMount="/home/jovyan/work")
    assert not {name for name in training.preview() if name.startswith("jobs")}
    training.up()
    assert training.get("pytorchjob", "stars")["metadata"]["uid"] == before
    assert {name: pod["metadata"]["uid"] for name, pod in training.parts("pods", "stars").items()} == pods


@pytest.mark.parametrize("steps_at_once", [1, 2])
def test_more_jobs_are_waited_for_than_the_engine_has_steps_at_once(
    training: TrainingStack, steps_at_once: int
) -> None:
    names = [f"oak{steps_at_once}", f"elm{steps_at_once}", f"fir{steps_at_once}"]
    jobs = {name: {**SMALL, "numMasters": 0, "numWorkers": 1, "wait": "running"} for name in names}
    training.configure({**JOBS, "tfJobs": {**JOBS["tfJobs"], **jobs}})
    update = training.up(f"--parallel={steps_at_once}")
    for name in names:
        assert f"{name}: Running (1 active): TFJob training-tests/{name} is running." in update.messages


def test_update_fails_with_the_operators_message(training: TrainingStack) -> None:
    jobs = with_tf_job("rocks", wait="succeeded", waitTimeoutSeconds=60)
    training.configure(jobs)

    def work() -> None:
        training.reaches("tfjob", "rocks", "Running", 40)
        # A program that crashes each time that it is started.
        training.restart("rocks-worker-0", times=3)

    update = up_while(training, work, check=False)
    message = "Job rocks has failed because it has reached the specified backoff limit"
    assert update.done.returncode != 0
    said = [each for each in update.messages if f"The job rocks has failed. The operator says: {message}" in each]
    assert said
    assert "Traceback" not in said[0]

    # The failed job stays as it is, and fails the next update too, until nobody waits for it.
    training.configure(jobs)
    again = training.up(check=False)
    assert again.done.returncode != 0
    assert any(f"The job rocks has failed. The operator says: {message}" in each for each in again.messages)
    assert not any("Traceback" in each for each in again.messages)
    training.configure(with_tf_job("rocks"))
    training.up()
    assert training.workspace.outputs()["jobs"]["rocks"]["state"].startswith("Failed")


def test_update_fails_after_the_time_limit(training: TrainingStack) -> None:
    training.configure(with_tf_job("clouds", wait="succeeded", waitTimeoutSeconds=10))
    update = training.up(check=False)
    assert update.done.returncode != 0
    sentence = "The job clouds is not succeeded after 10 s, and goes on. It is Running (1 active)"
    assert any(sentence in said for said in update.messages)
    assert training.get("tfjob", "clouds")["spec"]

    # The next update waits again, until the job is done.
    assert any(sentence in said for said in training.up(check=False).messages)
    training.end("clouds-worker-0")
    training.up()
    assert training.workspace.outputs()["jobs"]["clouds"]["state"].startswith("Succeeded")
