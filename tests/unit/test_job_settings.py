"""Settings of jobs that are taken, and what a job has to do with the rest of the stack."""

from typing import Any

import pytest

from components.training.names import JOB_LABEL
from tests.support.stacks import recorded
from tests.unit.test_settings_accepted import loaded, no_configuration_afterwards

__all__ = ["no_configuration_afterwards"]


def test_jobs_of_all_kinds_with_all_that_they_may_have() -> None:
    settings = loaded(
        cluster={"context": "kind"},
        storage={"disks": {"data": {"storageClass": "standard", "sizeGib": 10}}},
        core={"trainingOperator": {"kinds": ["pytorchJob", "tfJob", "mpiJob"], "watch": "cluster", "replicas": 2}},
        jobs={
            "tfJobs": {
                "a": {
                    "image": "mnist:1",
                    "imageGpu": "",
                    "numMasters": 0,
                    "numWorkers": 2,
                    "numGpus": 1,
                    "successPolicy": "AllWorkers",
                    "env": {"_LEVEL": "", "RANK": "0"},
                    "secretEnv": {"TOKEN": {"secret": "team", "key": "token"}},
                    "disks": ["data"],
                    "volumes": {"team": {"claim": "team"}, "scratch": {"claim": "team", "mountPath": "/home/scratch"}},
                    "resources": {"cpu": "500m", "cpuLimit": "0.5", "memory": "1Gi", "memoryLimit": "1024Mi"},
                    "tolerations": [{"key": "spot"}, {"key": "gpu", "operator": "Equal", "value": "yes"}],
                    "serviceAccount": "null",
                    "runPolicy": {"suspend": "true", "backoffLimit": 0, "ttlSecondsAfterFinished": 0},
                },
                "a" * 50: {
                    "image": "mnist:1",
                    "args": "null",
                    "successPolicy": "null",
                    "wait": "created",
                    "runPolicy": {"suspend": True},
                },
            },
            "tfCnn": {"cnn": {"numGpus": 1, "model": "trivial"}, "bare": None},
            "pytorchJobs": {
                "bert": {"image": "bert:1", "numGpus": 8, "gpusOnMaster": True, "env": {"TF_CONFIG": "{}"}}
            },
        },
    )

    assert settings.jobs.any
    assert settings.jobs.tf_jobs["a"].service_account is None
    assert settings.jobs.tf_jobs["a" * 50].args == []
    assert settings.jobs.tf_jobs["a" * 50].success_policy is None
    assert settings.jobs.tf_cnn["bare"].model == "resnet50"


@pytest.mark.parametrize("jobs", [None, {}, {"tfJobs": {}, "tfCnn": {}, "pytorchJobs": {}}])
def test_no_jobs_are_none_however_they_are_written(jobs: Any) -> None:
    assert not loaded(cluster={"context": "kind"}, jobs=jobs).jobs.any


def test_an_operator_may_be_off_and_still_have_its_settings() -> None:
    operator = loaded(
        cluster={"context": "kind"}, core={"trainingOperator": {"enabled": "false", "replicas": 2}}
    ).core.training_operator

    assert not operator.enabled
    assert operator.kinds == ["tfJob", "pytorchJob"]


def test_no_job_starts_before_the_operator_its_definitions_and_its_policies() -> None:
    recording = recorded("jobs")
    needed = {
        r.urn
        for r in (
            *recording.of_type("CustomResourceDefinition"),
            *recording.of_type("ValidatingWebhookConfiguration"),
            recording.one("Deployment", "training-operator"),
            recording.one("NetworkPolicy", "training-jobs"),
        )
    }
    for kind, name in (("TFJob", "mnist"), ("TFJob", "cnn"), ("PyTorchJob", "bert")):
        assert needed <= set(recording.one(kind, name).dependencies)


def test_pods_of_jobs_reach_each_other_names_and_public_addresses_alone() -> None:
    policy = recorded("jobs").one("NetworkPolicy", "training-jobs")
    assert policy.namespace == "kubeflow"
    spec = policy.inputs["spec"]
    jobs = {"matchExpressions": [{"key": JOB_LABEL, "operator": "Exists"}]}
    assert spec["podSelector"] == jobs
    assert spec["ingress"] == [{"from": [{"podSelector": jobs}]}]
    dns, each_other, internet = spec["egress"]
    assert {port["port"] for port in dns["ports"]} == {53}
    assert each_other == {"to": [{"podSelector": jobs}]}
    assert all("ipBlock" in peer for peer in internet["to"])
