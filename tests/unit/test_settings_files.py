"""Settings in files of their own, and what the engine does not say of how a stack's file is written."""

import json
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml
from pulumi.runtime.config import set_all_config

from components.errors import StackError
from components.settings import Settings, load
from components.settings_files import MOST_BYTES, bytes_for_the_engine
from tests.bad_input.cases import as_engine_passes, sentences
from tools import places
from tools.say import ToolError
from tools.stack_file import StackFile

FILE = "Pulumi.dev.yaml"
MODEL = {"modelPath": "gs://acme-models/a"}


@pytest.fixture(autouse=True)
def no_configuration_afterwards(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    monkeypatch.setattr(pulumi, "get_stack", lambda: "dev")
    yield
    set_all_config({}, [])


def read(folder: Path, config: dict[str, Any], **files: str) -> Settings:
    """The settings of a stack with ``config``, and with files beside it that have the names of the arguments."""
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text)
    whole = {"kubeflow:cluster": {"context": "kind"}, **config}
    (folder / FILE).write_text(yaml.safe_dump({"config": whole}))
    set_all_config({key: as_engine_passes(value) for key, value in whole.items()}, [])
    return load(folder)


def refusal(folder: Path, config: dict[str, Any], **files: str) -> list[str]:
    with pytest.raises(StackError) as refused:
        read(folder, config, **files)
    return sentences(str(refused.value))


def with_models(**models: Any) -> str:
    return yaml.safe_dump({"config": {"kubeflow:serving": {"tfServing": models}}})


def test_settings_of_several_files_are_put_together(tmp_path: Path) -> None:
    config = {
        "kubeflow:include": ["one.yaml", "two.yaml"],
        "kubeflow:core": {"namespace": "team"},
        "kubeflow:serving": {"tfServing": {"a": MODEL}},
    }
    one, two = with_models(b=MODEL), with_models(c=MODEL) + "  core: {hub: {database: memory}}\n"
    settings = read(tmp_path, config, one=one, two=two)
    assert list(settings.serving.tf_serving) == ["a", "b", "c"]
    assert (settings.core.namespace, settings.core.hub.database) == ("team", "memory")


def test_five_thousand_models_are_carried(tmp_path: Path) -> None:
    models = {f"model-{number:04}": {**MODEL, "modelName": f"m{number}"} for number in range(5000)}
    text = json.dumps({"config": {"kubeflow:serving": {"tfServing": models}}})
    assert len(text) > 2 * MOST_BYTES
    assert len(read(tmp_path, {"kubeflow:include": "models.yaml"}, models=text).serving.tf_serving) == 5000


def test_what_two_files_set_is_refused(tmp_path: Path) -> None:
    config = {"kubeflow:include": ["one.yaml", "two.yaml"], "kubeflow:serving": {"tfServing": {"a": MODEL}}}
    assert refusal(tmp_path, config, one=with_models(a={**MODEL, "numGpus": 1}, b=MODEL), two=with_models(b=MODEL)) == [
        f"kubeflow:serving.tfServing.a.modelPath: is set twice, in {FILE} and a file of kubeflow:include; remove one",
        "kubeflow:serving.tfServing.b.modelPath: is set twice, in two.yaml and a file before it; remove one",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "is not there; paths begin in the folder of Pulumi.yaml, "),
        ("config: [", "is no YAML, at line "),
        ("kubeflow:serving: {}\n", "is not as a stack's file is; begin it with config:"),
        ("0600\n", "is not as a stack's file is; begin it with config:"),
        ("config: 0600\n", "is not as a stack's file is; begin it with config:"),
        ("[]\n", "is not as a stack's file is; begin it with config:"),
        ("config: {}\nencryptionsalt: x\n", "is not as a stack's file is; begin it with config:"),
        ("config: {kubeflow:cluster: {}}\n", "has kubeflow:cluster; such a file may have kubeflow:storage, "),
        ("config: {kubeflow:adminPassword: {secure: x}}\n", "has kubeflow:adminPassword; such a file may have "),
        ("config: {kubeflow:include: more.yaml}\n", "has kubeflow:include; such a file may have "),
        ("config: {core: {}, core: {}}\n", "has core twice in one object, at line 1"),
        (f"config: {{core: {'[' * 5000}{']' * 5000}}}\n", "has objects within hundreds of others"),
        ("config: {core: &a {b: *a}}\n", "has objects within hundreds of others"),
        ("config: {core: {a: \x00}}\n", "is no YAML"),
    ],
)
def test_a_file_that_cannot_be_taken_is_told(text: str | None, said: str, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / "more.yaml").write_text(text)
    (problem,) = refusal(tmp_path, {"kubeflow:include": "more.yaml"})
    assert problem.startswith(f"kubeflow:include: names more.yaml, which {said}")


def test_a_file_that_is_no_text_or_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "more.yaml").write_bytes(b"\xff\xfe\x00")
    assert refusal(tmp_path, {"kubeflow:include": "more.yaml"}) == [
        "kubeflow:include: names more.yaml, which is not text in UTF-8"
    ]
    assert refusal(tmp_path, {"kubeflow:include": "."}) == [
        "kubeflow:include: names ., which cannot be read (Is a directory)"
    ]


@pytest.mark.parametrize("names", [{"a": 1}, [1], [""], True])
def test_names_of_files_that_are_none_are_told(names: Any, tmp_path: Path) -> None:
    assert refusal(tmp_path, {"kubeflow:include": names}) == [
        "kubeflow:include: is not the name of a file; write one, or a list, such as [models.yaml]"
    ]


def test_mistakes_in_a_file_are_told_as_those_of_the_stacks_own(tmp_path: Path) -> None:
    text = with_models(a={**MODEL, "numGpu": 1})
    assert refusal(tmp_path, {"kubeflow:include": "more.yaml"}, more=text) == [
        "kubeflow:serving.tfServing.a.numGpu: is not a setting; did you mean numGpus?"
    ]


ODD = """\
config:
  kubeflow:jobs:
    tfJobs:
      a: {image: "m:1", env: {MODE: 0600, NO: no, TIME: 1:30, DAY: 2026-01-01, TEXT: "0600"}}
      b: {image: "m:1", numWorkers: 010, runPolicy: {backoffLimit: 08}}
"""


@pytest.mark.parametrize("where", ["stack", "file"])
def test_a_number_with_a_zero_first_is_told_as_it_was_written(where: str, tmp_path: Path) -> None:
    if where == "file":
        said = refusal(tmp_path, {"kubeflow:include": "more.yaml"}, more=ODD)
    else:
        (tmp_path / FILE).write_text(ODD)
        jobs = {"a": {"image": "m:1", "env": {"MODE": 384}}, "b": {"image": "m:1", "numWorkers": 8}}
        set_all_config({"kubeflow:cluster": '{"context": "kind"}', "kubeflow:jobs": json.dumps({"tfJobs": jobs})}, [])
        with pytest.raises(StackError) as refused:
            load(tmp_path)
        said = sentences(str(refused.value))
    assert said == [
        f"kubeflow:jobs.tfJobs.{path}: {text} begins with a zero, which makes it the number {number}; write "
        f'"{text}" for the text, or the number without the zero'
        for path, text, number in (
            ("a.env.MODE", "0600", 384),
            ("b.numWorkers", "010", 8),
            ("b.runPolicy.backoffLimit", "08", 8),
        )
    ]


def test_scalars_are_read_as_the_engine_reads_them(tmp_path: Path) -> None:
    text = ODD.replace("0600,", "'0600',").replace("010", "1_0").replace("08", "0o10")
    jobs = read(tmp_path, {"kubeflow:include": "more.yaml"}, more=text).jobs.tf_jobs
    assert jobs["a"].env == {"MODE": "0600", "NO": "no", "TIME": "1:30", "DAY": "2026-01-01", "TEXT": "0600"}
    assert jobs["b"].num_workers == 10
    assert jobs["b"].run_policy.backoff_limit == 8


@pytest.mark.parametrize(
    "text",
    [
        "kubeflow:cluster: {context: kind}\n",
        'encryptionsalt: v1\n"kubeflow:cluster":\n  context: kind\n',
        "config:\nkubeflow:cluster:\n  context: kind\n",
    ],
)
def test_settings_outside_of_config_are_told_once(text: str, tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(text)
    set_all_config({}, [])
    with pytest.raises(StackError) as refused:
        load(tmp_path)
    assert sentences(str(refused.value)) == [
        f"{FILE}: has kubeflow:cluster outside of config:, where nothing is read; write config: above, and indent what "
        f"belongs to it by two spaces"
    ]


def test_make_refuses_more_settings_than_the_engine_hands_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "CHECKOUT", tmp_path)
    models = {f"model-{number}": MODEL for number in range(5000)}
    config = {"kubeflow:cluster": {"context": "kind"}, "kubeflow:serving": {"tfServing": models}}
    (tmp_path / "Pulumi.big.yaml").write_text(yaml.safe_dump({"config": config}))
    with pytest.raises(ToolError, match=r"in Pulumi\.big\.yaml are \d+ KiB, and the engine hands over at most 128"):
        StackFile("big").check()
    assert bytes_for_the_engine({"kubeflow:cluster": config["kubeflow:cluster"]}) < 100


def test_make_knows_the_settings_of_all_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "CHECKOUT", tmp_path)
    (tmp_path / "more.yaml").write_text("config: {kubeflow:core: {hub: {database: memory}}}\n")
    config = {"kubeflow:include": "more.yaml", "kubeflow:core": {"namespace": "team"}}
    (tmp_path / "Pulumi.a.yaml").write_text(yaml.safe_dump({"config": config}))
    StackFile("a").check()
    assert StackFile("a").settings("core") == {"namespace": "team", "hub": {"database": "memory"}}
