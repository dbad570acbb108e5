"""The reference says what the models say, and what the documents show is as they say it."""

import copy
import re
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from components.schema.core import CoreSettings
from components.schema.core_checks import CLIENT_SECRET, core_problems
from components.schema.storage import StorageSettings
from components.settings import AREAS, PROJECT, SECRETS, json_schema
from tests.unit.test_settings_accepted import loaded, no_configuration_afterwards
from tools import reference
from tools.places import CHECKOUT

__all__ = ["no_configuration_afterwards"]

DOCUMENTS = [*sorted(CHECKOUT.glob("*.md")), *sorted((CHECKOUT / "docs").rglob("*.md"))]
STACK_FILES = [CHECKOUT / "Pulumi.nocloud.yaml", CHECKOUT / "Pulumi.cloud.yaml"]


def config_of(file: Path) -> dict[str, Any]:
    return cast("dict[str, Any]", yaml.safe_load(file.read_text())["config"])


def areas_of(file: Path) -> dict[str, dict[str, Any]]:
    return {key: value for key, value in config_of(file).items() if key not in SECRETS}


def keys_of(values: dict[str, Any], prefix: str = "") -> set[str]:
    keys: set[str] = set()
    for key, value in values.items():
        nested = cast("dict[str, Any]", value) if isinstance(value, dict) else None
        keys |= keys_of(nested, f"{prefix}{key}.") if nested else {f"{prefix}{key}"}
    return keys


@pytest.mark.parametrize("file", reference.files(), ids=lambda file: file.name)
def test_committed_file_is_what_make_docs_writes(file: Path) -> None:
    assert file.read_text() == reference.files()[file], f"{file.name} is out of date: run make docs"


def test_every_setting_has_words_and_a_meaning() -> None:
    for group in reference.groups():
        assert group.summary
        assert [row.path for row in group.rows if not (row.kind and row.default and row.description)] == []


@pytest.mark.parametrize("file", STACK_FILES, ids=lambda file: file.name)
def test_stack_file_is_accepted_by_the_models(file: Path) -> None:
    values = areas_of(file)
    assert set(values) <= {f"{PROJECT}:{area}" for area in AREAS}
    for area, model in AREAS.items():
        model.model_validate(values.get(f"{PROJECT}:{area}", {}))


@pytest.mark.parametrize("file", STACK_FILES, ids=lambda file: file.name)
def test_stack_file_is_accepted_by_the_schema_and_a_mistake_is_not(file: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft202012Validator(json_schema())
    content = {"config": config_of(file)}
    assert [error.message for error in validator.iter_errors(content)] == []

    mistaken = copy.deepcopy(content)
    mistaken["config"]["kubeflow:core"]["jupyterNotebookPvcMount"] = "/home/jovyan"
    mistaken["config"]["kubeflow:cluster"]["cloud"] = "acsengine"
    assert len(list(validator.iter_errors(mistaken))) == 2


def test_stack_files_have_the_same_keys() -> None:
    nocloud, cloud = (keys_of(areas_of(file)) for file in STACK_FILES)
    assert nocloud == cloud, "a setting of one stack file is missing from the other: write its default there"


def blocks_of(document: Path) -> list[str]:
    """The indented blocks of a document."""
    return re.findall(r"(?:^ {4}.*\n)+", document.read_text(), re.MULTILINE)


def examples() -> list[str]:
    """The pieces of stack files that the guide shows, to stand below ``kubeflow:core``."""
    blocks = blocks_of(CHECKOUT / "docs" / "guide.md")
    return [block for block in blocks if re.match(r" +(jupyterHubAuthenticator|notebook):\n| +jupyterHub\w+: ", block)]


@pytest.mark.parametrize("example", examples(), ids=lambda example: " ".join(example.split()[:2]))
def test_example_of_the_guide_is_accepted(example: str) -> None:
    values = cast("dict[str, Any]", yaml.safe_load(example))
    secrets = {CLIENT_SECRET} if "login" in values else set[str]()
    assert list(core_problems(CoreSettings.model_validate(values), secrets)) == []


def merged(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """``old`` with what ``new`` says of it."""
    both = old.keys() & new.keys()
    nested = {key: merged(old[key], new[key]) for key in both if isinstance(old[key], dict)}
    return {**old, **new, **nested}


def whole_examples() -> list[tuple[str, dict[str, Any]]]:
    """The configurations that documents show, to stand below ``config``, each with its document and place.

    One that does not name a platform is on the cluster of those before it.
    """
    found: list[tuple[str, dict[str, Any]]] = []
    for document in DOCUMENTS:
        cluster: dict[str, Any] = {}
        for number, block in enumerate(blocks_of(document)):
            if not re.match(rf" +{PROJECT}:({'|'.join(AREAS)}):", block):
                continue
            areas = cast("dict[str, Any]", yaml.safe_load(block))
            own = cast("dict[str, Any]", areas.get(f"{PROJECT}:cluster", {}))
            cluster = own if "platform" in own else merged(cluster, own)
            found.append((f"{document.name}-{number}", {**areas, f"{PROJECT}:cluster": cluster}))
    return found


@pytest.mark.parametrize("values", [pytest.param(each, id=name) for name, each in whole_examples()])
def test_example_of_a_configuration_is_accepted(values: dict[str, Any]) -> None:
    areas = {key.removeprefix(f"{PROJECT}:"): each for key, each in values.items()}
    areas["cluster"] = areas["cluster"] or {"context": "kind"}
    loaded(**areas)


@pytest.mark.parametrize("name", ["iris", "sentiment"])
def test_graphs_of_the_document_are_accepted(name: str) -> None:
    blocks = [yaml.safe_load(each) for each in blocks_of(CHECKOUT / "docs" / "seldon.md") if f"    {name}:\n" in each]
    assert blocks
    for deployments in blocks:
        loaded(cluster={"context": "kind"}, serving={"seldon": {"enabled": True, "deployments": deployments}})


def test_documents_show_every_platform_and_backend() -> None:
    shown = [values for _, values in whole_examples()]
    platforms = {values[f"{PROJECT}:cluster"]["platform"] for values in shown}
    storage = [StorageSettings.model_validate(values.get(f"{PROJECT}:storage", {})) for values in shown]
    backends = {disk.backend for each in storage for disk in each.disks.values()}
    assert platforms == {"nocloud", "gke", "aks", "acsengine"}
    assert backends == {"nfs", "filestore", "azureFiles"}


def anchors_of(document: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_links_lead_somewhere(document: Path) -> None:
    broken: list[str] = []
    for link in re.findall(r"\]\(([^)\s]+)\)", document.read_text()):
        path, _, anchor = link.partition("#")
        if "://" in link:
            continue
        target = (document.parent / path).resolve() if path else document
        if not target.exists() or (anchor and anchor not in anchors_of(target)):
            broken.append(link)
    assert broken == []
