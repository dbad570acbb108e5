"""Changed, suspended and removed jobs."""

from typing import Any

from tests.support.training.stack import TrainingStack
from tests.support.waiting import wait_for
from tests.training.running.conftest import JOBS, SMALL


def with_tf_job(name: str, **settings: Any) -> dict[str, Any]:
    """The jobs there are, and one more."""
    return {**JOBS, "tfJobs": {**JOBS["tfJobs"], name: {**SMALL, "numMasters": 0, "numWorkers": 1, **settings}}}


def test_changed_job_is_replaced_and_a_removed_one_leaves_nothing(training: TrainingStack) -> None:
    training.configure(with_tf_job("ships", env={"RATE": "1"}, wait="running"))
    training.up()
    before = training.get("tfjob", "ships")["metadata"]["uid"]
    words = training.get("tfjob", "words")["metadata"]["uid"]

    training.configure(with_tf_job("ships", env={"RATE": "2"}, wait="running"))
    assert training.preview() == {"jobs-ships-job": "replace"}
    update = training.up()
    deleted = update.moment("resOutputsEvent", "jobs-ships-job", "delete-replaced")
    assert deleted < update.moment("resourcePreEvent", "jobs-ships-job", "create-replacement")
    assert training.get("tfjob", "ships")["metadata"]["uid"] != before
    assert training.get("tfjob", "words")["metadata"]["uid"] == words
    owner = training.parts("pods", "ships")["ships-worker-0"]["metadata"]["ownerReferences"][0]
    assert owner["uid"] != before, "its pods are the new job's"

    training.configure(JOBS)
    assert training.preview() == {"jobs-ships": "delete", "jobs-ships-job": "delete"}
    training.up()

    def nothing_left() -> bool:
        return not training.parts("pods", "ships") and not training.parts("services", "ships")

    wait_for("no pod and no service of the job", nothing_left, 20)
    assert "ships" not in training.workspace.outputs()["jobs"]


def test_job_that_moves_to_another_group_is_replaced_as_one_that_changes(training: TrainingStack) -> None:
    training.configure(with_tf_job("moved", wait="running"))
    training.up()
    before = training.get("tfjob", "moved")["metadata"]["uid"]

    cnn = {"resources": SMALL["resources"], "model": "trivial", "wait": "running"}
    training.configure({**JOBS, "tfCnn": {**JOBS["tfCnn"], "moved": cnn}})
    assert training.preview() == {"jobs-moved-job": "replace", "jobs-moved-script": "create"}
    training.up()
    after = training.get("tfjob", "moved")
    assert after["metadata"]["uid"] != before
    assert set(after["spec"]["tfReplicaSpecs"]) == {"PS", "Worker"}

    training.configure({**JOBS, "pytorchJobs": {**JOBS["pytorchJobs"], "moved": {**SMALL, "wait": "running"}}})
    assert training.preview() == {"jobs-moved-job": "replace", "jobs-moved-script": "delete"}
    update = training.up()
    deleted = update.moment("resOutputsEvent", "jobs-moved-job", "delete-replaced")
    assert deleted < update.moment("resourcePreEvent", "jobs-moved-job", "create-replacement")
    assert "moved: Running (1 active): PyTorchJob moved is running." in update.messages
    assert "moved" not in {each["metadata"]["name"] for each in training.get("tfjobs")["items"]}

    training.configure(JOBS)
    training.up()


def test_job_that_somebody_has_deleted_is_made_anew_after_a_refresh(training: TrainingStack) -> None:
    training.configure(with_tf_job("gone"))
    training.up()
    training.cluster.kubectl("delete", "tfjob", "gone", f"--namespace={training.namespace}")

    training.configure(with_tf_job("gone", runPolicy={"backoffLimit": 5}))
    update = training.up(check=False)
    assert update.done.returncode != 0
    assert any("not found" in said for said in update.messages)

    training.workspace.pulumi("refresh", "--yes")
    assert training.preview() == {"jobs-gone-job": "create"}
    training.up()
    assert training.get("tfjob", "gone")["spec"]["runPolicy"]["backoffLimit"] == 5


def test_suspended_job_is_resumed_in_place(training: TrainingStack) -> None:
    training.configure(with_tf_job("trees", runPolicy={"suspend": True}, wait="created"))
    update = training.up()
    assert any(said.startswith("trees: Suspended") for said in update.messages)
    assert not training.parts("pods", "trees")
    before = training.get("tfjob", "trees")["metadata"]["uid"]

    training.configure(with_tf_job("trees", wait="running"))
    assert training.preview() == {"jobs-trees-job": "update"}
    update = training.up()
    assert "trees: Running (1 active): TFJob training-tests/trees is running." in update.messages
    assert training.get("tfjob", "trees")["metadata"]["uid"] == before
    assert set(training.parts("pods", "trees")) == {"trees-worker-0"}
