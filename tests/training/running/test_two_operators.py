"""Two operators that run jobs of every namespace."""

import json

import pytest

from tests.support.training.operator_node import can_choose_leader
from tests.support.training.stack import TrainingStack
from tests.support.waiting import wait_for
from tests.training.running.conftest import JOBS
from tests.training.running.test_rights import OPERATOR

LEASE = "1ca428e5.training-operator.kubeflow.org"
ELSEWHERE = "training-elsewhere"


@pytest.mark.skipif(not can_choose_leader(), reason="only root can give the operator a pod's namespace file")
def test_one_of_two_leads_and_runs_jobs_everywhere(training: TrainingStack) -> None:
    training.up()
    training.configure(JOBS, {"replicas": 2, "watch": "cluster"})
    changes = training.preview()
    assert changes["training-deployment"] == "update"
    assert changes["training-jobs-role"] == "delete"
    assert not {name for name in changes if name.startswith("jobs")}
    training.up()
    assert len([each for each in training.node.operators.values() if each.process.poll() is None]) == 2
    lease = ["lease", LEASE, f"--namespace={training.namespace}-training"]
    wait_for("a leader", lambda: training.cluster.get(*lease)["spec"].get("holderIdentity"), 30)

    training.cluster.kubectl("create", "namespace", ELSEWHERE)
    try:
        pod = {"containers": [{"name": "tensorflow", "image": "busybox"}]}
        spec = {"tfReplicaSpecs": {"Worker": {"replicas": 1, "template": {"spec": pod}}}}
        job = {"apiVersion": "kubeflow.org/v1", "kind": "TFJob", "metadata": {"name": "far"}, "spec": spec}
        where = f"--namespace={ELSEWHERE}"
        training.cluster.kubectl("create", where, "--filename=-", stdin=json.dumps(job))
        pods = ["pods", where, "--selector=training.kubeflow.org/job-name=far"]
        wait_for("the far job's pod", lambda: training.cluster.get(*pods)["items"], 30)
        asked = ["auth", "can-i", "list", "secrets", where, f"--as={OPERATOR}"]
        assert training.cluster.kubectl(*asked, check=False).strip() == "no"
    finally:
        training.cluster.kubectl("delete", "namespace", ELSEWHERE, "--wait=false")
