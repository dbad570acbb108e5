"""A kind of jobs that a stack gets later, and one that it is to lose. These come last: the kind stays."""

import pytest

from tests.support.training.stack import TrainingStack
from tests.training.running.conftest import JOBS

KINDS = ["tfJob", "pytorchJob", "jaxJob"]


@pytest.fixture
def with_jax(training: TrainingStack) -> TrainingStack:
    training.configure(JOBS, {"kinds": KINDS})
    return training


def test_a_kind_that_the_stack_gets_later_is_added_and_nothing_else(training: TrainingStack) -> None:
    # Tests before this one leave it as they wanted it.
    training.up()
    training.configure(JOBS, {"kinds": KINDS})
    changes = training.preview()
    assert changes["training-jaxjob"] == "create"
    assert changes["training-webhook"] == changes["training-jobs-role"] == changes["training-deployment"] == "update"
    assert not {name for name, change in changes.items() if change in ("delete", "replace")}
    assert not {name for name in changes if name.startswith("jobs-")}
    training.up()
    training.workspace.pulumi("preview", "--expect-no-changes")


def test_a_kind_that_is_taken_out_is_kept_by_its_protection(with_jax: TrainingStack) -> None:
    with_jax.up()
    with_jax.configure(JOBS)
    refused = with_jax.up(check=False)
    assert refused.done.returncode != 0
    assert any("unprotect" in said and "training-jaxjob" in said for said in refused.messages)
    assert with_jax.cluster.get("crd", "jaxjobs.kubeflow.org")["spec"]["names"]["kind"] == "JAXJob"
