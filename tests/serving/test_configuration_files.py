"""The files that a model server is configured with, read with TensorFlow Serving's own messages."""

from collections.abc import Generator
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from components.model_path import CONFIG_VOLUME
from components.schema.serving import ServingSettings
from components.schema.storage import StorageSettings
from components.serving.model_servers import ModelServersArgs, server_args_of
from components.serving.tf_serving.args import config_files
from components.site import Site
from tests.support.recorder import Recording
from tests.support.serving.tensorflow import Parser, parser
from tests.support.stacks import recorded

EXAMPLES = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
LARGEST = 2**63 - 1


def of(pattern: str) -> SearchStrategy[str]:
    return st.from_regex(pattern, fullmatch=True)


names = of(r"(?!null$)[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")  # which stands for no name, as in ksonnet
labels = of(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")
versions = st.lists(st.integers(0, LARGEST), min_size=1, max_size=5, unique=True)
parts = st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters="/*?[]{}\\"), min_size=1, max_size=20)
in_bucket = st.lists(parts.filter(lambda part: part not in (".", "..")), max_size=4).map("/".join)


def served(**server: Any) -> dict[str, str]:
    """The files of a server with these settings."""
    parsed = ServingSettings.model_validate({"tfServing": {"bert": {"modelPath": "gs://models/bert", **server}}})
    site = Site(installation="kubeflow", namespace="kubeflow", api_ports=(443,), registry_mirror=None)
    args = ModelServersArgs(
        settings=parsed.tf_serving, storage=StorageSettings(), site=site, platform="gke", context="kind"
    )
    return config_files(server_args_of("bert", parsed.tf_serving["bert"], args))


@pytest.fixture(scope="module")
def models() -> Generator[Parser]:
    with parser("ModelServerConfig") as made:
        yield made


@pytest.fixture(scope="module")
def batching() -> Generator[Parser]:
    with parser("BatchingParameters") as made:
        yield made


@pytest.fixture(scope="module")
def monitoring() -> Generator[Parser]:
    with parser("MonitoringConfig") as made:
        yield made


def only_model(models: Parser, files: dict[str, str]) -> dict[str, Any]:
    """The one model that the configuration has."""
    (config,) = models.parse(files["models.config"])["model_config_list"]["config"]
    return config


@EXAMPLES
@given(name=names, path=in_bucket)
@example(name="true", path='it\'s/"quoted"')
@example(name="0", path="Modèles/模型/💾")
def test_a_model_is_served_by_its_name_from_its_path(name: str, path: str, models: Parser) -> None:
    text = f"gs://acme-models/{path}".rstrip("/")
    assert only_model(models, served(modelName=name, modelPath=text)) == {
        "name": name,
        "base_path": text,
        "model_platform": "tensorflow",
        "model_version_policy": {"latest": {"num_versions": 1}},
    }


def test_a_model_is_called_as_its_server_unless_the_settings_name_it(models: Parser) -> None:
    assert only_model(models, served())["name"] == "bert"


@EXAMPLES
@given(count=st.integers(1, 100))
def test_as_many_of_the_latest_versions_are_served_as_the_settings_say(count: int, models: Parser) -> None:
    policy = only_model(models, served(latestVersions=count))["model_version_policy"]
    assert policy == {"latest": {"num_versions": count}}


@EXAMPLES
@given(data=st.data(), chosen=versions)
@example(data=None, chosen=[LARGEST, 0])
def test_versions_are_served_by_their_numbers_and_labels(
    data: st.DataObject | None, chosen: list[int], models: Parser
) -> None:
    named = data.draw(st.dictionaries(labels, st.sampled_from(chosen), max_size=4)) if data else {}
    config = only_model(models, served(versions=chosen, versionLabels=named))
    assert [int(each) for each in config["model_version_policy"]["specific"]["versions"]] == chosen
    assert {label: int(each) for label, each in config.get("version_labels", {}).items()} == named


numbers: dict[str, SearchStrategy[Any]] = {
    "batchTimeoutMicros": st.integers(0, 60_000_000),
    "maxEnqueuedBatches": st.integers(1, 1_000_000),
    "numBatchThreads": st.integers(1, 1024),
    "padVariableLengthInputs": st.booleans(),
}


@st.composite
def batches(draw: st.DrawFn) -> dict[str, Any]:
    """What the settings may say of batches: the largest of the sizes that are allowed is the largest of all."""
    sizes = sorted(draw(st.sets(st.integers(1, 1_000_000), max_size=6)))
    asked = draw(st.fixed_dictionaries({}, optional=numbers))
    return {**asked, "allowedBatchSizes": sizes, "maxBatchSize": sizes[-1]} if sizes else asked


@EXAMPLES
@given(asked=batches())
@example(asked={})
@example(asked={"maxBatchSize": 1})
def test_batches_are_as_the_settings_say_and_else_as_tensorflow_serving_has_them(
    asked: dict[str, Any], batching: Parser
) -> None:
    message = batching.parse(served(batching=asked)["batching.config"])
    wrapped = {
        "maxBatchSize": message.pop("max_batch_size", None),
        "batchTimeoutMicros": message.pop("batch_timeout_micros", None),
        "maxEnqueuedBatches": message.pop("max_enqueued_batches", None),
        "numBatchThreads": message.pop("num_batch_threads", None),
    }
    got: dict[str, Any] = {name: int(value) for name, value in wrapped.items() if value is not None}
    if allowed := message.pop("allowed_batch_sizes", None):
        got["allowedBatchSizes"] = [int(each) for each in allowed]
    if message.pop("pad_variable_length_inputs", False):
        got["padVariableLengthInputs"] = True
    assert not message
    assert got == {name: value for name, value in asked.items() if value is not False}


@EXAMPLES
@given(path=of(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*){1,4}"))
def test_metrics_are_where_the_settings_say(path: str, monitoring: Parser) -> None:
    message = monitoring.parse(served(monitoring={"path": path})["monitoring.config"])
    assert message == {"prometheus_config": {"enable": True, "path": path}}


def test_files_that_nothing_asks_for_are_not_there() -> None:
    assert set(served(monitoring={"enabled": False})) == {"models.config", "loaded.sh"}
    assert set(served(batching={})) == {"models.config", "loaded.sh", "monitoring.config", "batching.config"}


@pytest.fixture(scope="module")
def recording() -> Recording:
    return recorded("models")


def test_every_file_of_a_stack_can_be_read_and_is_what_the_server_is_told_to_read(
    models: Parser, batching: Parser, monitoring: Parser, recording: Recording
) -> None:
    flags = {
        "models.config": ("--model_config_file", models),
        "batching.config": ("--batching_parameters_file", batching),
        "monitoring.config": ("--monitoring_config_file", monitoring),
    }
    configured = [r for r in recording.of_type("ConfigMap") if r.name.startswith("serving-")]
    assert len(configured) == 6
    for config in configured:
        deployment = recording.one("Deployment", config.name.removesuffix("-config").removeprefix("serving-"))
        pod = deployment.inputs["spec"]["template"]["spec"]
        (container,) = pod["containers"]
        told = dict(each.split("=", 1) for each in container["args"])
        (mounted,) = [each for each in container["volumeMounts"] if each["name"] == CONFIG_VOLUME]
        for file, (flag, reader) in flags.items():
            assert (flag in told) == (file in config.inputs["data"])
            if flag in told:
                assert told[flag] == f"{mounted['mountPath']}/{file}"
                reader.parse(config.inputs["data"][file])
        assert ("--enable_batching" in told) == ("--batching_parameters_file" in told)
