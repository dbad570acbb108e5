"""The component of a model server, used by itself."""

import re
from dataclasses import replace
from typing import Any

import pulumi
import pytest
from pulumi.runtime import mocks

from components import images
from components.errors import ArgumentsError
from components.pods import SecretValue, Volume
from components.serving.tf_serving.args import Autoscaling, Identity, TfServingArgs
from components.serving.tf_serving.config_files import Batching, Versions
from components.serving.tf_serving.pod import Resources
from components.serving.tf_serving.s3_fetch import S3
from components.serving.tf_serving.tf_serving import TfServing, rollout_seconds
from tests.unit.test_job_components import Made


def make(args: TfServingArgs) -> dict[str, dict[str, Any]]:
    """What the component makes by itself, by logical names."""
    found = Made()
    mocks.set_mocks(found)

    def program() -> pulumi.Output[str]:
        return TfServing("x", args).service.id

    mocks.test(program)()  # pyright: ignore[reportUnknownMemberType]
    return found.inputs


def test_the_component_can_be_used_by_itself() -> None:
    args = TfServingArgs(
        namespace="team", server_name="bert", model_path="gs://models/bert/", image="registry.example.com/serving:1"
    )
    inputs = make(args)
    assert set(inputs) == {"x", "x-network-policy", "x-config", "x-deployment", "x-service"}
    for role in ("deployment", "service", "network-policy"):
        assert inputs[f"x-{role}"]["metadata"]["name"] == "bert"
        assert inputs[f"x-{role}"]["metadata"]["namespace"] == "team"
    assert 'name: "bert"\n    base_path: "gs://models/bert"\n' in inputs["x-config"]["data"]["models.config"]
    inputs = make(
        TfServingArgs(
            namespace="team",
            server_name="bert",
            model_name="bert_large",
            model_path="s3://models/bert",
            image="registry.example.com/serving:1",
            versions=Versions(specific=(7,), labels={"stable": 7}),
            autoscaling=Autoscaling(max_replicas=3),
            identity=Identity(aws_role_arn="arn:aws:iam::123456789012:role/reader"),
        )
    )
    assert {"x-account", "x-autoscaler", "x-disruption-budget"} <= set(inputs)
    probe = inputs["x-deployment"]["spec"]["template"]["spec"]["containers"][0]["startupProbe"]
    assert probe["exec"]["command"][-2:] == ["bert_large", "7"]


BERT = TfServingArgs(namespace="team", server_name="bert", model_path="gs://models/bert")


def pod(args: TfServingArgs) -> dict[str, Any]:
    return make(args)["x-deployment"]["spec"]["template"]["spec"]


@pytest.mark.parametrize(("gpus", "image"), [(0, images.TF_SERVING), (1, images.TF_SERVING_GPU)])
def test_without_an_image_it_is_tensorflow_servings_own(gpus: int, image: str) -> None:
    (container,) = pod(replace(BERT, resources=Resources(cpu="8", num_gpus=gpus)))["containers"]
    assert container["image"] == image
    # What is guaranteed may be used, whatever it is.
    assert container["resources"]["limits"]["cpu"] == "8"


@pytest.mark.parametrize(
    ("identity", "google_identity", "asks"),
    [
        (Identity(google_service_account="a@b.iam.gserviceaccount.com"), None, True),
        (Identity(google_service_account="a@b.iam.gserviceaccount.com"), False, False),
        (Identity(), None, False),
        (Identity(), True, True),
    ],
)
def test_an_account_of_google_cloud_is_one_without_a_further_word(
    identity: Identity, google_identity: bool | None, asks: bool
) -> None:
    made = make(replace(BERT, identity=identity, google_identity=google_identity))
    assert ("annotations" in made["x-account"]["metadata"]) == bool(identity.google_service_account)
    (container,) = made["x-deployment"]["spec"]["template"]["spec"]["containers"]
    assert ("NO_GCE_CHECK" in {each["name"] for each in container["env"]}) == (not asks)
    assert ("169.254.169.254/32" in str(made["x-network-policy"]["spec"]["egress"][2:])) == asks


def test_pods_that_need_one_node_go_where_the_others_are() -> None:
    assert "affinity" not in pod(BERT)
    made = make(replace(BERT, same_node=True))["x-deployment"]["spec"]
    (term,) = made["template"]["spec"]["affinity"]["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert term["topologyKey"] == "kubernetes.io/hostname"
    assert term["labelSelector"] == made["selector"]


def test_channel_arguments_of_users_stand_beside_ours() -> None:
    flags = ("--grpc_channel_arguments=grpc.max_concurrent_streams=9,a=b", "--grpc_max_threads=8")
    (container,) = pod(replace(BERT, grpc=True, drain_seconds=10, flags=flags))["containers"]
    found = [flag for flag in container["args"] if flag.startswith("--grpc_channel_arguments")]
    assert found == [
        "--grpc_channel_arguments=grpc.max_connection_age_ms=5000,grpc.max_concurrent_streams=9,a=b",
    ]
    assert "--grpc_max_threads=8" in container["args"]


def test_a_change_of_many_pods_may_take_as_long_as_one_after_the_other() -> None:
    args = replace(BERT, start_timeout_seconds=240, max_surge=1, max_unavailable=1)
    assert [rollout_seconds(args, pods) for pods in (0, 1, 2, 3, 10)] == [300, 300, 300, 600, 1500]


@pytest.mark.parametrize(
    ("refused", "sentence"),
    [
        ({"model_path": "ftp://models/bert"}, "has the scheme ftp://, which model servers cannot read"),
        ({"max_surge": 0}, "max_surge: and max_unavailable are 0, so that no pod could ever change"),
        ({"identity": Identity(), "service_account": "reader"}, "service_account: is in place of identity"),
        ({"server_name": "Bert_X"}, "is not a name that Services can have"),
        ({"replicas": -1}, "replicas: -1 is too small; the least is 0"),
        ({"drain_seconds": 0}, "drain_seconds: 0 is too small; the least is 1"),
        ({"start_timeout_seconds": 0}, "start_timeout_seconds: 0 is too small; the least is 1"),
        ({"flags": "--x=1"}, "flags: is a text"),
        ({"flags": ["--port=1"]}, "--port is what the stack sets"),
        ({"flags": ["--grpc_max_threads=1"]}, "--grpc_max_threads is for gRPC, which the server does not answer"),
        ({"flags": ["--quick=true"], "image": None}, "--quick is no flag of TensorFlow Serving"),
        ({"volumes": {"tf-serving-tmp": Volume(claim="c", mount_path="/mnt/c")}}, "a volume that pods have already"),
        ({"extra_labels": {"app.kubernetes.io/name": "x"}}, "is a label that the stack finds pods by"),
        ({"model_name": "a/b c"}, 'model_name: "a/b c" is not the name of a model'),
        ({"s3": S3(endpoint="ftp://store")}, "s3.endpoint: "),
        ({"service_type": "Foo"}, 'service_type: "Foo" is not one of ClusterIP, NodePort, LoadBalancer'),
        ({"resources": Resources(num_gpus=-1)}, "resources.num_gpus: -1 is too small"),
    ],
)
def test_the_component_refuses_what_cannot_work(refused: dict[str, Any], sentence: str) -> None:
    args: dict[str, Any] = {
        "namespace": "team",
        "server_name": "bert",
        "model_path": "gs://models/bert",
        "image": "i:1",
    }
    with pytest.raises(ArgumentsError, match=re.escape(sentence)):
        TfServingArgs(**{**args, **refused})


@pytest.mark.parametrize(
    ("refused", "sentence"),
    [
        (lambda: Versions(latest=0), "latest: 0 is too small"),
        (lambda: Versions(specific=(-1,)), "versions are 0 or more"),
        (lambda: Batching(max_batch_size=0), "max_batch_size: 0 is too small"),
        (lambda: Batching(max_batch_size=8, allowed_batch_sizes=(8, 4)), "that rise"),
        (lambda: Batching(max_batch_size=16, allowed_batch_sizes=(4, 8)), "end it in max_batch_size"),
        (lambda: Versions(specific=(1,), labels={"stable": 2}), "labels: name the versions [2]"),
        (lambda: Autoscaling(min_replicas=3, max_replicas=2), "min_replicas: has to be from 1 to max_replicas"),
        (lambda: S3(access_key_id=SecretValue(secret="s3", key="id")), "give both, or neither"),
    ],
)
def test_parts_of_the_component_refuse_what_cannot_work(refused: Any, sentence: str) -> None:
    with pytest.raises(ArgumentsError, match=re.escape(sentence)):
        refused()
