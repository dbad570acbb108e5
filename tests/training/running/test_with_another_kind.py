"""A kind of jobs that a stack gets later, and one that it is to lose. These come last: the kind stays."""

import json

import pytest

from tests.support.training.stack import TrainingStack
from tests.training.running.conftest import JOBS

KINDS = ["tfJob", "pytorchJob", "jaxJob"]


@pytest.fixture
def with_jax(training: TrainingStack) -> TrainingStack:
    training.configure(JOBS, {"kinds": KINDS})
    return training


def test_operator_runs_a_kind_that_the_stack_gets_later(training: TrainingStack) -> None:
    # Tests before this one leave it as they wanted it.
    training.up()
    training.configure(JOBS, {"kinds": KINDS})
    changes = training.preview()
    assert changes["training-jaxjob"] == "create"
    assert changes["training-webhook"] == changes["training-jobs-role"] == changes["training-deployment"] == "update"
    assert not {name for name, change in changes.items() if change in ("delete", "replace")}
    assert not {name for name in changes if name.startswith("jobs-")}
    training.up()

    # Pods have to meet the standard restricted, or the operator can make none.
    container = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    pod = {
        "securityContext": {"runAsNonRoot": True, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [{"name": "jax", "image": "busybox", "securityContext": container}],
    }
    spec = {"jaxReplicaSpecs": {"Worker": {"replicas": 1, "template": {"spec": pod}}}}
    job = {"apiVersion": "kubeflow.org/v1", "kind": "JAXJob", "metadata": {"name": "later"}, "spec": spec}
    where = f"--namespace={training.namespace}"
    # The webhook answers for the new kind too, with the authority that the operator has written.
    training.cluster.kubectl("create", where, "--filename=-", stdin=json.dumps(job))
    # The operator that was before it leads until its lease is over.
    assert training.reaches("jaxjob", "later", "Created", seconds=90)
    training.cluster.kubectl("delete", "jaxjob", "later", where)
    training.workspace.pulumi("preview", "--expect-no-changes")


def test_a_kind_that_is_taken_out_is_kept_by_its_protection(with_jax: TrainingStack) -> None:
    with_jax.up()
    with_jax.configure(JOBS)
    refused = with_jax.up(check=False)
    assert refused.done.returncode != 0
    assert any("unprotect" in said and "training-jaxjob" in said for said in refused.messages)
    assert with_jax.cluster.get("crd", "jaxjobs.kubeflow.org")["spec"]["names"]["kind"] == "JAXJob"
