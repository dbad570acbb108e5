"""The pods of model servers: what they run on, who they are, and where they find the model."""

from pathlib import PurePath
from typing import Any

import pytest

from components.model_path import CREDENTIALS_VOLUME, FETCHED_VOLUME, NFS_VOLUME
from components.schema.tf_serving import TfServingSettings
from components.serving.model_servers import has_google_identity, nodes_of
from tests.support.recorder import Recording
from tests.support.serving.models import (
    ALL,
    GPU,
    NFS,
    PATH,
    S3_PATH,
    claims,
    container_of,
    deployment_of,
    environment,
    made,
    mounts,
    of_server,
    pod_of,
)
from tests.support.stacks import recorded


@pytest.fixture(scope="module")
def recording() -> Recording:
    return recorded("models")


def test_a_server_listens_to_grpc_on_a_port_only_if_the_settings_say_so() -> None:
    # With port 0 TensorFlow Serving listens on the socket alone, and it does not start with neither.
    def flags(**settings: Any) -> dict[str, str]:
        return dict(flag.removeprefix("--").split("=", 1) for flag in container_of(made(**settings))["args"])

    shut, opened = flags(), flags(grpc=True)
    assert shut["port"] == "0"
    (temporary,) = [folder for folder, read_only in mounts(container_of(made())).values() if not read_only]
    assert PurePath(shut["grpc_socket_path"]).parent == PurePath(temporary)
    assert opened["port"] == "8500"
    assert "grpc_socket_path" not in opened
    assert {each["name"]: each["containerPort"] for each in container_of(made())["ports"]} == {"http": 8501}


def test_gpus_bring_the_image_for_them(recording: Recording) -> None:
    with_gpu, without = container_of(recording, "resnet"), container_of(recording, "inception")
    assert with_gpu["image"] == f"{without['image']}-gpu"
    assert with_gpu["resources"]["limits"][GPU] == "1"
    assert GPU not in without["resources"]["limits"]
    own = {"modelServerImage": "registry.example.com/serving:1"}
    for gpus in (0, 2):
        assert container_of(made(**own, numGpus=gpus))["image"] == own["modelServerImage"]
    images = {"defaultCpuImage": "registry.example.com/cpu:1", "defaultGpuImage": "registry.example.com/gpu:1"}
    assert container_of(made(**images, numGpus=1))["image"] == images["defaultGpuImage"]
    assert container_of(made(**images))["image"] == images["defaultCpuImage"]


@pytest.mark.parametrize(
    ("resources", "requests", "limits"),
    [
        ({}, ("1", "1Gi"), ("4", "4Gi")),
        ({"cpu": "8"}, ("8", "1Gi"), ("8", "4Gi")),
        ({"memory": "16Gi", "memoryLimit": "20Gi"}, ("1", "16Gi"), ("4", "20Gi")),
    ],
)
def test_limits_are_kubeflow_0_1s_unless_the_settings_say_more(
    resources: dict[str, str], requests: tuple[str, str], limits: tuple[str, str]
) -> None:
    got = container_of(made(resources=resources))["resources"]
    assert (got["requests"]["cpu"], got["requests"]["memory"]) == requests
    assert (got["limits"]["cpu"], got["limits"]["memory"]) == limits


@pytest.mark.parametrize(
    ("platform", "label"),
    [("gke", {"cloud.google.com/gke-spot": "true"}), ("aks", {"kubernetes.azure.com/scalesetpriority": "spot"})],
)
def test_spot_nodes_are_chosen_and_their_taint_is_borne(platform: str, label: dict[str, str]) -> None:
    own = {"nodeSelector": {"team": "vision"}, "tolerations": [{"key": "vision"}]}
    settings = TfServingSettings.model_validate({**PATH, **own, "spot": True})
    nodes = nodes_of(settings, platform)
    assert nodes.selector == {"team": "vision", **label}
    vision, spot = nodes.tolerations
    assert vision["key"] == "vision"
    assert {spot["key"]: spot["value"]} == label
    settings = TfServingSettings.model_validate({**PATH, **own})
    assert nodes_of(settings, platform).selector == {"team": "vision"}


def test_nodes_are_the_registered_pods(recording: Recording) -> None:
    pod = pod_of(recording, "resnet")
    assert pod["nodeSelector"] == {"cloud.google.com/gke-spot": "true"}
    assert [each["key"] for each in pod["tolerations"]] == ["cloud.google.com/gke-spot"]
    assert "nodeSelector" not in pod_of(recording, "inception")
    assert "tolerations" not in pod_of(recording, "inception")


@pytest.mark.parametrize(
    ("settings", "as_the_public"),
    [
        ({}, True),
        ({"gcpCredentialSecretName": "gcp"}, True),
        ({"workloadIdentity": {"googleServiceAccount": "a@b.iam.gserviceaccount.com"}}, False),
    ],
)
def test_a_server_asks_gke_for_credentials_only_if_it_gives_some(settings: dict[str, Any], as_the_public: bool) -> None:
    assert ("NO_GCE_CHECK" in environment(container_of(made(**settings)))) == as_the_public


@pytest.mark.parametrize("settings", [{"workloadIdentity": {}}, {"serviceAccount": "reader"}])
def test_on_gke_any_account_may_be_somebody_to_google(settings: dict[str, Any]) -> None:
    parsed = TfServingSettings.model_validate({**PATH, **settings})
    assert has_google_identity(parsed, "gke")
    assert not has_google_identity(parsed, "nocloud")
    assert not has_google_identity(TfServingSettings.model_validate({**NFS, **settings}), "gke")


def test_credentials_of_google_are_where_the_server_looks_for_them(recording: Recording) -> None:
    container = container_of(recording, "inception-nfs")
    folder, read_only = mounts(container)[CREDENTIALS_VOLUME]
    assert environment(container)["GOOGLE_APPLICATION_CREDENTIALS"] == f"{folder}/key.json"
    assert read_only
    (volume,) = [each for each in pod_of(recording, "inception-nfs")["volumes"] if each["name"] == CREDENTIALS_VOLUME]
    assert volume["secret"]["secretName"] == "gcp"


def test_an_identity_is_a_service_account_of_the_servers_own(recording: Recording) -> None:
    account = recording.one("ServiceAccount", "resnet")
    annotations = account.inputs["metadata"]["annotations"]
    assert annotations["iam.gke.io/gcp-service-account"] == "reader@acme-ml.iam.gserviceaccount.com"
    assert pod_of(recording, "resnet")["serviceAccountName"] == "resnet"
    assert account.urn in deployment_of(recording, "resnet").dependencies
    role = "arn:aws:iam::123456789012:role/reader"
    of_aws = made(**S3_PATH, workloadIdentity={"awsRoleArn": role}).one("ServiceAccount", "one")
    assert of_aws.inputs["metadata"]["annotations"]["eks.amazonaws.com/role-arn"] == role


def test_no_pod_has_a_token_of_the_api_servers(recording: Recording) -> None:
    for name in ALL:
        assert pod_of(recording, name)["automountServiceAccountToken"] is False
    assert pod_of(recording, "shared")["serviceAccountName"] == "reader"
    assert not of_server(recording, "ServiceAccount", "shared")
    assert "serviceAccountName" not in pod_of(recording, "inception")


def test_models_on_volumes_are_only_read(recording: Recording) -> None:
    assert claims(pod_of(recording, "inception-nfs")) == {NFS_VOLUME: ("nfs", True)}
    assert mounts(container_of(recording, "inception-nfs"))[NFS_VOLUME] == ("/mnt", True)
    # A disk is the stack's; of a claim the settings say whether it is written to.
    assert claims(pod_of(recording, "shared")) == {"data": ("data", True), "own": ("vocabulary", False)}
    found = mounts(container_of(recording, "shared"))
    assert (found["data"], found["own"]) == (("/mnt/data", True), ("/mnt/own", False))


def test_only_models_of_s3_are_fetched_and_into_a_volume_that_the_server_only_reads(recording: Recording) -> None:
    for name, settings in ALL.items():
        pod = pod_of(recording, name)
        volumes = {each["name"] for each in pod["volumes"]}
        if settings["modelPath"].startswith("s3://"):
            fetch, verify = pod["initContainers"]
            (folder, writes), *readers = (mounts(each)[FETCHED_VOLUME] for each in (fetch, verify, *pod["containers"]))
            assert not writes
            assert readers == [(folder, True)] * 2
            assert {each["image"] for each in pod["initContainers"]} == {"docker.io/rclone/rclone:1.75.1"}
        else:
            assert "initContainers" not in pod
            assert FETCHED_VOLUME not in volumes


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, {"RCLONE_S3_PROVIDER": "AWS", "RCLONE_S3_ENV_AUTH": "false", "RCLONE_S3_REGION": "us-west-1"}),
        ({"s3AwsRegion": "eu-central-1"}, {"RCLONE_S3_REGION": "eu-central-1"}),
        ({"workloadIdentity": {"awsRoleArn": "arn:aws:iam::123456789012:role/r"}}, {"RCLONE_S3_ENV_AUTH": "true"}),
        ({"serviceAccount": "reader"}, {"RCLONE_S3_ENV_AUTH": "true"}),
        ({"s3SecretName": "s3"}, {"RCLONE_S3_ENV_AUTH": "true"}),
        (
            {"s3Endpoint": "minio.minio.svc:9000"},
            {"RCLONE_S3_PROVIDER": "Other", "RCLONE_S3_ENDPOINT": "https://minio.minio.svc:9000"},
        ),
        (
            {"s3Endpoint": "minio.minio.svc:9000", "s3UseHttps": "false"},
            {"RCLONE_S3_ENDPOINT": "http://minio.minio.svc:9000"},
        ),
        ({"s3Endpoint": "http://s3.example.com/"}, {"RCLONE_S3_ENDPOINT": "http://s3.example.com"}),
    ],
)
def test_a_store_is_asked_as_whom_the_settings_say(settings: dict[str, Any], expected: dict[str, str]) -> None:
    for container in pod_of(made(**S3_PATH, **settings))["initContainers"]:
        got = environment(container)
        assert expected.items() <= got.items()
        assert ("AWS_SECRET_ACCESS_KEY" in got) == ("s3SecretName" in settings)
        assert ("RCLONE_S3_ENDPOINT" in got) == ("s3Endpoint" in settings)


def test_a_key_of_s3_is_the_fetching_containers_alone(recording: Recording) -> None:
    named = {"s3SecretAccesskeyidKeyName": "id", "s3SecretSecretaccesskeyKeyName": "secret"}
    for found, keys in (
        (pod_of(recording, "bert"), {"AWS_ACCESS_KEY_ID": "AWS_ACCESS_KEY_ID"}),
        (pod_of(made(**S3_PATH, s3SecretName="s3", **named)), {"AWS_ACCESS_KEY_ID": "id"}),
    ):
        for container in found["initContainers"]:
            for variable, key in keys.items():
                assert environment(container)[variable] == {"secretKeyRef": {"name": "s3", "key": key}}
        assert "AWS_ACCESS_KEY_ID" not in environment(found["containers"][0])


def test_a_pod_that_goes_still_answers_for_as_long_as_the_settings_say() -> None:
    recording = made(drainSeconds=90)
    container = container_of(recording)
    assert container["lifecycle"]["preStop"]["exec"]["command"] == ["sleep", "90"]
    assert pod_of(recording)["terminationGracePeriodSeconds"] > 90
    (oldest,) = [each for each in container["args"] if "max_connection_age_ms" in each]
    assert int(oldest.rpartition("=")[2]) < 90_000


def test_flags_of_the_settings_come_last(recording: Recording) -> None:
    assert container_of(recording, "bert")["args"][-1] == "--rest_api_timeout_in_ms=60000"
    assert "--num_request_iterations_for_warmup=3" in container_of(recording, "resnet")["args"]
    assert "--enable_model_warmup=false" in container_of(made(warmUp={"enabled": False}))["args"]
