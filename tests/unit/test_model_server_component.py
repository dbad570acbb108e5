"""The component of a model server, used by itself."""

import re
from typing import Any

import pulumi
import pytest
from pulumi.runtime import mocks

from components.pods import SecretValue
from components.serving.tf_serving.args import Autoscaling, Identity, TfServingArgs
from components.serving.tf_serving.config_files import Versions
from components.serving.tf_serving.s3_fetch import S3
from components.serving.tf_serving.tf_serving import TfServing
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


@pytest.mark.parametrize(
    ("refused", "sentence"),
    [
        ({"model_path": "ftp://models/bert"}, "has the scheme ftp://, which model servers cannot read"),
        ({"max_surge": 0}, "max_surge and max_unavailable are 0, so that no pod could ever change"),
        ({"identity": Identity(), "service_account": "reader"}, "service_account is in place of identity"),
    ],
)
def test_the_component_refuses_what_cannot_work(refused: dict[str, Any], sentence: str) -> None:
    args: dict[str, Any] = {
        "namespace": "team",
        "server_name": "bert",
        "model_path": "gs://models/bert",
        "image": "i:1",
    }
    with pytest.raises(ValueError, match=re.escape(sentence)):
        TfServingArgs(**{**args, **refused})


@pytest.mark.parametrize(
    ("refused", "sentence"),
    [
        (lambda: Versions(latest=0), "latest must be >= 1"),
        (lambda: Versions(specific=(1,), labels={"stable": 2}), "labels name the versions [2]"),
        (lambda: Autoscaling(min_replicas=3, max_replicas=2), "min_replicas must be 1 or more"),
        (lambda: S3(access_key_id=SecretValue(secret="s3", key="id")), "give both, or neither"),
    ],
)
def test_parts_of_the_component_refuse_what_cannot_work(refused: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)):
        refused()
