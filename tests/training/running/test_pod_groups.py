"""A cluster with schedulers of gangs, whose groups of pods the operator watches as soon as it finds their kinds."""

import json
from collections.abc import Generator

import pytest

from tests.support.training.stack import TrainingStack
from tests.support.waiting import wait_for
from tests.training.running.test_changes import with_tf_job

VERSIONS = {"scheduling.volcano.sh": "v1beta1", "scheduling.x-k8s.io": "v1alpha1"}


def definition(group: str, version: str) -> str:
    """A CRD of groups of pods, with no field."""
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    return json.dumps(
        {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": f"podgroups.{group}"},
            "spec": {
                "group": group,
                "names": {"kind": "PodGroup", "plural": "podgroups", "singular": "podgroup"},
                "scope": "Namespaced",
                "versions": [{"name": version, "served": True, "storage": True, "schema": schema}],
            },
        }
    )


def start_operator_anew(training: TrainingStack) -> None:
    """Has the operator find out which kinds there are, as it does once, when it starts."""
    before = set(training.node.operators)
    training.cluster.kubectl("delete", "pod", f"--namespace={training.node.namespace}", *before)

    def another_is_there() -> bool:
        operators = training.node.operators
        return not before & operators.keys() and any(each.addressed for each in operators.values())

    wait_for("another operator", another_is_there, 60)


@pytest.fixture
def with_pod_groups(training: TrainingStack) -> Generator[TrainingStack]:
    names = [f"crd/podgroups.{group}" for group in VERSIONS]
    try:
        for group, version in VERSIONS.items():
            training.cluster.kubectl("create", "--filename=-", stdin=definition(group, version))
        for group in VERSIONS:
            listed = ["api-resources", f"--api-group={group}", "--no-headers", "--cached=false"]
            # An operator that starts before the API server lists the kind would never watch it.
            wait_for(f"groups of pods of {group}", lambda: training.cluster.kubectl(*listed), 30)  # noqa: B023
        start_operator_anew(training)
        yield training
    finally:
        training.cluster.kubectl("delete", "--ignore-not-found", *names)
        start_operator_anew(training)


def test_jobs_run_where_groups_of_pods_are_known(with_pod_groups: TrainingStack) -> None:
    with_pod_groups.configure(with_tf_job("gang", wait="running", waitTimeoutSeconds=60))
    update = with_pod_groups.up()
    assert "gang: Running (1 active): TFJob training-tests/gang is running." in update.messages
