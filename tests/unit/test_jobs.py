"""Jobs: what the settings of each become in the cluster."""

from typing import Any

import pytest

from tests.support.recorder import Recording, Registered, record
from tests.support.stacks import JOBS, recorded
from tools.places import CHECKOUT

HOME, SHARED_MEMORY = "/tmp", "/dev/shm"  # noqa: S108  # in the pods
IMAGE = "registry.example.com/team/mnist:3"
KINDS = {"tfJobs": "TFJob", "tfCnn": "TFJob", "pytorchJobs": "PyTorchJob"}


def made(group: str, **settings: Any) -> Recording:
    """What the program makes of one job, called ``one``."""
    if group != "tfCnn":
        settings = {"image": IMAGE, **settings}
    return record(jobs={group: {"one": settings}})


def job_of(recording: Recording, name: str = "one") -> Registered:
    (found,) = [r for r in recording.resources if "kubeflow.org/" in r.type and r.physical_name == name]
    return found


def replicas_of(job: Registered) -> dict[str, dict[str, Any]]:
    """The replicas by their types."""
    (specs,) = [value for key, value in job.inputs["spec"].items() if key.endswith("ReplicaSpecs")]
    return specs


def pods_of(job: Registered) -> dict[str, dict[str, Any]]:
    """The spec of the pods of each type."""
    return {role: replica["template"]["spec"] for role, replica in replicas_of(job).items()}


def containers_of(job: Registered) -> dict[str, dict[str, Any]]:
    """The one container that the pods of each type have."""
    found: dict[str, dict[str, Any]] = {}
    for role, pod in pods_of(job).items():
        (found[role],) = pod["containers"]
    return found


def counts_of(job: Registered) -> dict[str, int]:
    return {role: int(replica["replicas"]) for role, replica in replicas_of(job).items()}


def gpus_of(job: Registered) -> dict[str, str | None]:
    return {role: each["resources"]["limits"].get("nvidia.com/gpu") for role, each in containers_of(job).items()}


def images_of(job: Registered) -> dict[str, str]:
    return {role: each["image"] for role, each in containers_of(job).items()}


@pytest.fixture(scope="module")
def recording() -> Recording:
    return recorded("jobs")


def test_a_job_is_of_its_kind_in_the_stacks_namespace_under_its_own_name(recording: Recording) -> None:
    for group, kind in KINDS.items():
        for name in JOBS[group]:
            job = job_of(recording, name)
            assert job.type == f"kubernetes:kubeflow.org/v1:{kind}"
            assert (job.inputs["apiVersion"], job.inputs["kind"]) == ("kubeflow.org/v1", kind)
            assert (job.namespace, job.physical_name) == ("kubeflow", name)
            assert job.inputs["metadata"]["labels"]["app.kubernetes.io/name"] == "training-job"
            container = "pytorch" if kind == "PyTorchJob" else "tensorflow"
            assert {each["name"] for each in containers_of(job).values()} == {container}


def test_the_simplest_tf_job_has_all_that_a_job_has_and_no_more() -> None:
    job = job_of(made("tfJobs"))
    assert job.inputs["spec"] == {
        "successPolicy": "",
        "runPolicy": {"cleanPodPolicy": "Running", "suspend": False},
        "tfReplicaSpecs": {
            "Master": {
                "replicas": 1,
                "restartPolicy": "OnFailure",
                "template": {
                    "spec": {
                        "automountServiceAccountToken": False,
                        "enableServiceLinks": False,
                        "securityContext": {
                            "runAsNonRoot": True,
                            "runAsUser": 1000,
                            "runAsGroup": 100,
                            "fsGroup": 100,
                            "fsGroupChangePolicy": "OnRootMismatch",
                            "seccompProfile": {"type": "RuntimeDefault"},
                        },
                        "containers": [
                            {
                                "name": "tensorflow",
                                "image": IMAGE,
                                "imagePullPolicy": "IfNotPresent",
                                "env": [{"name": "HOME", "value": HOME}],
                                "resources": {
                                    "requests": {"cpu": "1", "memory": "2Gi"},
                                    "limits": {"memory": "2Gi"},
                                },
                                "securityContext": {
                                    "allowPrivilegeEscalation": False,
                                    "capabilities": {"drop": ["ALL"]},
                                },
                                "volumeMounts": [{"name": "shared-memory", "mountPath": SHARED_MEMORY}],
                            }
                        ],
                        "volumes": [{"name": "shared-memory", "emptyDir": {"medium": "Memory"}}],
                    }
                },
            }
        },
    }


@pytest.mark.parametrize(
    ("group", "settings", "counts"),
    [
        ("tfJobs", {}, {"Master": 1}),
        ("tfJobs", {"numMasters": 1, "numPs": 1, "numWorkers": 2}, {"Master": 1, "PS": 1, "Worker": 2}),
        ("tfJobs", {"numMasters": 0, "numWorkers": 3}, {"Worker": 3}),
        ("tfJobs", {"numMasters": 0, "numPs": 2, "numWorkers": 1}, {"PS": 2, "Worker": 1}),
        ("tfCnn", {}, {"PS": 1, "Worker": 1}),
        ("tfCnn", {"numPs": 2, "numWorkers": 4}, {"PS": 2, "Worker": 4}),
        ("pytorchJobs", {}, {"Master": 1}),
        ("pytorchJobs", {"numMasters": 1, "numWorkers": 3}, {"Master": 1, "Worker": 3}),
    ],
)
def test_there_are_as_many_of_each_type_as_the_settings_say(
    group: str, settings: dict[str, Any], counts: dict[str, int]
) -> None:
    assert counts_of(job_of(made(group, **settings))) == counts


def test_workers_of_tensorflow_get_the_gpus_and_the_image_for_them() -> None:
    settings = {"numPs": 1, "numWorkers": 1, "numGpus": 2}
    job = job_of(made("tfJobs", **settings, imageGpu=f"{IMAGE}-gpu"))
    assert gpus_of(job) == {"Master": None, "PS": None, "Worker": "2"}
    assert images_of(job) == {"Master": IMAGE, "PS": IMAGE, "Worker": f"{IMAGE}-gpu"}
    assert set(images_of(job_of(made("tfJobs", **settings, imageGpu="null"))).values()) == {IMAGE}
    cnn = job_of(made("tfCnn", numGpus=4))
    assert gpus_of(cnn) == {"PS": None, "Worker": "4"}
    assert images_of(cnn) == {
        "PS": "docker.io/tensorflow/tensorflow:2.20.0",
        "Worker": "docker.io/tensorflow/tensorflow:2.20.0-gpu",
    }


def test_no_pod_has_the_image_for_gpus_without_any() -> None:
    job = job_of(made("tfJobs", imageGpu=f"{IMAGE}-gpu", numWorkers=1))
    assert set(images_of(job).values()) == {IMAGE}
    assert set(gpus_of(job).values()) == {None}


def test_pytorchs_master_gets_gpus_if_the_settings_say_so() -> None:
    settings = {"numWorkers": 1, "numGpus": 8, "imageGpu": f"{IMAGE}-gpu"}
    without, with_gpus = (
        job_of(made("pytorchJobs", **settings, gpusOnMaster=on_master)) for on_master in (False, True)
    )
    assert gpus_of(without) == {"Master": None, "Worker": "8"}
    assert images_of(without)["Master"] == IMAGE
    assert gpus_of(with_gpus) == {"Master": "8", "Worker": "8"}
    assert images_of(with_gpus)["Master"] == f"{IMAGE}-gpu"


@pytest.mark.parametrize(("written", "given"), [(4, "4"), ("gpu", "gpu"), ("8", "8"), (None, None), ("null", None)])
def test_pytorch_is_told_how_many_processes_each_pod_has(written: object, given: str | None) -> None:
    assert job_of(made("pytorchJobs", nprocPerNode=written)).inputs["spec"].get("nprocPerNode") == given


def test_the_benchmark_runs_our_script_with_the_parameters_of_kubeflow_0_1() -> None:
    recording = made("tfCnn", model="vgg16", batchSize=64, numBatches=10, env={"LEVEL": "debug"})
    (script,) = [r for r in recording.of_type("ConfigMap") if r.name == "jobs-one-script"]
    folder = CHECKOUT / "components" / "jobs" / "files"
    assert script.inputs["data"] == {"train_cnn.py": (folder / "train_cnn.py").read_text()}
    assert script.physical_name == ""  # a changed script is another object, and so another job
    job = job_of(recording)
    for pod, container in zip(pods_of(job).values(), containers_of(job).values(), strict=True):
        assert container["command"] == ["python3", "/opt/tf-cnn/train_cnn.py"]
        assert container["args"] == ["--model=vgg16", "--batch_size=64", "--num_batches=10"]
        assert {"name": "LEVEL", "value": "debug"} in container["env"]
        assert {"name": "tf-cnn", "mountPath": "/opt/tf-cnn", "readOnly": True} in container["volumeMounts"]
        assert {"name": "tf-cnn", "configMap": {"name": "jobs-one-script-1a2b3c4d"}} in pod["volumes"]


def test_the_benchmark_may_use_the_memory_that_its_networks_take() -> None:
    for settings, most in (
        ({}, "8Gi"),
        ({"resources": {"cpu": "2"}}, "8Gi"),
        ({"resources": {"memory": "2Gi"}}, "2Gi"),
    ):
        for container in containers_of(job_of(made("tfCnn", **settings))).values():
            assert container["resources"]["requests"]["memory"] == "2Gi"
            assert container["resources"]["limits"] == {"memory": most}


def test_disks_are_where_notebooks_find_them_and_claims_where_the_settings_say(recording: Recording) -> None:
    job = job_of(recording, "mnist")
    claims = {
        "data": {"claimName": "data", "readOnly": False},
        "old": {"claimName": "old", "readOnly": True},
        "scratch": {"claimName": "team-scratch", "readOnly": False},
        "sets": {"claimName": "sets", "readOnly": True},
    }
    for pod, container in zip(pods_of(job).values(), containers_of(job).values(), strict=True):
        found = {each["name"]: each["persistentVolumeClaim"] for each in pod["volumes"] if "emptyDir" not in each}
        assert found == claims
        mounts = {each["name"]: (each["mountPath"], each.get("readOnly")) for each in container["volumeMounts"]}
        assert mounts == {
            **{name: (f"/mnt/{name}", claim["readOnly"]) for name, claim in claims.items()},
            "shared-memory": (SHARED_MEMORY, None),
        }


def test_secrets_are_named_and_never_shown(recording: Recording) -> None:
    for name in ("mnist", "dist"):
        for container in containers_of(job_of(recording, name)).values():
            (token,) = [each for each in container["env"] if each["name"] == "API_TOKEN"]
            assert token == {"name": "API_TOKEN", "valueFrom": {"secretKeyRef": {"name": "team", "key": "token"}}}


def test_home_is_where_everybody_may_write_unless_the_settings_name_another() -> None:
    environment = containers_of(job_of(made("tfJobs", env={"HOME": "/mnt/home"})))["Master"]["env"]
    assert environment == [{"name": "HOME", "value": "/mnt/home"}]


def test_pods_have_a_token_only_if_the_settings_name_an_account(recording: Recording) -> None:
    for name in ("mnist", "cnn", "bert", "dist"):
        for pod in pods_of(job_of(recording, name)).values():
            account = "trainer" if name == "mnist" else None
            assert pod["automountServiceAccountToken"] is (account is not None)
            assert pod.get("serviceAccountName") == account


def test_pods_go_to_the_nodes_that_the_settings_name(recording: Recording) -> None:
    for pod in pods_of(job_of(recording, "mnist")).values():
        assert pod["nodeSelector"] == {"team": "vision"}
        assert pod["tolerations"] == [{"key": "spot", "operator": "Equal", "value": "true"}]
    for container in containers_of(job_of(recording, "mnist")).values():
        assert container["resources"]["requests"] == {"cpu": "2", "memory": "4Gi"}
        assert {**container["resources"]["limits"], "nvidia.com/gpu": "1"} == {
            "cpu": "4",
            "memory": "8Gi",
            "nvidia.com/gpu": "1",
        }


def test_run_policy_is_as_the_settings_say(recording: Recording) -> None:
    assert job_of(recording, "mnist").inputs["spec"]["runPolicy"] == {
        "cleanPodPolicy": "None",
        "backoffLimit": 2,
        "activeDeadlineSeconds": 3600,
        "ttlSecondsAfterFinished": 60,
        "suspend": False,
    }
    assert job_of(recording, "paused").inputs["spec"]["runPolicy"] == {"cleanPodPolicy": "Running", "suspend": True}
    assert job_of(made("tfJobs", numMasters=0, numWorkers=1, successPolicy="AllWorkers")).inputs["spec"][
        "successPolicy"
    ] == ("AllWorkers")


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (["--steps=10", "--out=/mnt/a,b"], ["--steps=10", "--out=/mnt/a,b"]),
        ("--steps=10,--out=/mnt/a", ["--steps=10", "--out=/mnt/a"]),
        ("--steps=10", ["--steps=10"]),
        ("null", None),
        ("", None),
        (None, None),
        ([], None),
    ],
)
@pytest.mark.parametrize("group", ["tfJobs", "pytorchJobs"])
def test_args_are_a_list_or_a_text_with_commas(group: str, args: object, expected: list[str] | None) -> None:
    container = containers_of(job_of(made(group, args=args)))["Master"]
    assert container.get("args") == expected
    assert "command" not in container


def test_a_changed_job_is_another_but_its_run_policy_can_change(recording: Recording) -> None:
    assert "nprocPerNode" in job_of(recording, "bert").inputs["spec"]
    for name in ("mnist", "cnn", "bert", "dist"):
        job = job_of(recording, name)
        assert "spec.runPolicy" not in job.replace_on_changes
        assert job.delete_before_replace
        assert not job.protect
        fields = {f"spec.{field}" for field in job.inputs["spec"]}
        assert fields - set(job.replace_on_changes) == {"spec.runPolicy"}
