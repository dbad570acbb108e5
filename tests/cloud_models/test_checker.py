"""The checker itself: it lets through what the clouds would understand, and names each mistake where it is."""

import copy
import re
from collections.abc import Iterable
from importlib import import_module
from typing import Any

import pytest

from tests.cloud_models import azure_tables, google_tables
from tests.cloud_models.azure_fields import AzureMessage
from tests.cloud_models.checker import assert_known_to_the_clouds, problems
from tests.cloud_models.good_azure import GOOD as AZURE
from tests.cloud_models.good_google import GOOD as GOOGLE
from tests.cloud_models.google_fields import GoogleMessage
from tests.cloud_models.mistakes import MISTAKES, Mistake
from tests.cloud_models.names import RULES, texts
from tests.cloud_models.shapes import Refused
from tests.support.recorder import Recording, Registered

GOOD = {**GOOGLE, **AZURE}
SUPPORTED = {**google_tables.MODELS, **azure_tables.MODELS}


def keys(path: str) -> list[str | int]:
    """The steps of a path such as ``labels[a.b]`` or ``subnets[0].name``."""
    steps = re.findall(r"\[([^\]]+)\]|([^.\[]+)", path)
    return [int(index) if index.isdigit() else index or name for index, name in steps]


def changed(inputs: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy with the value at a path, whose maps are made where they are not there."""
    result = copy.deepcopy(inputs)
    *above, last = keys(path)
    place: Any = result
    for key in above:
        place = place[key] if isinstance(key, int) else place.setdefault(key, {})
    place[last] = value
    return result


@pytest.mark.parametrize("resource", sorted(SUPPORTED))
def test_what_a_cloud_understands_passes(resource: str) -> None:
    assert problems(resource, GOOD[resource]) == []


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: f"{mistake.type}-{mistake.path}-{mistake.value}")
def test_mistake_is_named_where_it_is(mistake: Mistake) -> None:
    found = problems(mistake.type, changed(GOOD[mistake.type], mistake.path, mistake.value))
    begin = f"{mistake.type.partition(':')[2]}: {mistake.path} "
    assert [each for each in found if each.startswith(begin) and mistake.why in each], "\n".join(found)


@pytest.mark.parametrize(
    ("resource", "above", "name"),
    [
        ("azure-native:compute:Disk", "creationData", "createOption"),
        ("azure-native:storage:StorageAccount", "", "sku"),
        ("azure-native:storage:StorageAccount", "sku", "name"),
        ("azure-native:storage:StorageAccount", "networkRuleSet.ipRules[0]", "iPAddressOrRange"),
        ("azure-native:authorization:RoleAssignment", "", "principalId"),
        ("azure-native:containerservice:ManagedCluster", "agentPoolProfiles[0]", "name"),
    ],
)
def test_what_azure_requires_is_missed(resource: str, above: str, name: str) -> None:
    inputs = copy.deepcopy(GOOD[resource])
    place: Any = inputs
    for key in keys(above):
        place = place[key]
    del place[name]
    path = f"{above}.{name}" if above else name
    assert any(f": {path} is missing, which " in each for each in problems(resource, inputs))


@pytest.mark.parametrize(
    "resource",
    ["gcp:redis/instance:Instance", "azure-native:network:NatGateway", "azure-native:compute/v20250102:Disk"],
)
def test_no_type_escapes(resource: str) -> None:
    (found,) = problems(resource, {})
    assert found.startswith(f"{resource.partition(':')[2]}: is not a type that is compared")


def registered(kind: str, inputs: dict[str, Any]) -> Registered:
    return Registered(
        urn="",
        type=kind,
        name="thing",
        parent="",
        protect=False,
        provider="",
        custom=True,
        ignore_changes=(),
        replace_on_changes=(),
        delete_before_replace=False,
        dependencies=(),
        inputs=inputs,
    )


def test_recording_fails_with_each_mistake_of_a_cloud() -> None:
    elsewhere = [registered("kubernetes:core/v1:Namespace", {"nonsense": 1}), registered("pulumi:providers:gcp", {})]
    assert_known_to_the_clouds(Recording([*elsewhere, *(registered(kind, inputs) for kind, inputs in GOOD.items())]))
    with pytest.raises(AssertionError, match="nothing is registered for a cloud"):
        assert_known_to_the_clouds(Recording(elsewhere))
    with pytest.raises(AssertionError, match=r"(?s)thing: .*sized is not a field.*thing: .*tag is not a field"):
        assert_known_to_the_clouds(
            Recording(
                [
                    registered("gcp:compute/disk:Disk", {"sized": 1}),
                    registered("azure-native:resources:ResourceGroup", {"tag": {}}),
                ]
            )
        )


def named(packages: Iterable[str], label: str) -> Any:
    """The class of a label of the tables, in the one of the packages that has it."""
    package, _, names = label.partition(".")
    (module,) = {module for module in packages if package in module.replace("iam.v1", "iam_v1").split(".")}
    found: Any = import_module(module)
    for name in names.split("."):
        found = getattr(found, name)
    return found


def test_tables_of_google_name_what_there_is() -> None:
    modules = [module for module, _ in google_tables.MODELS.values()]
    for label, names in google_tables.RENAMED.items():
        found = named(modules, label)
        message = GoogleMessage(found.DESCRIPTOR if hasattr(found, "DESCRIPTOR") else found.pb().DESCRIPTOR)
        assert message.label == label
        for path in names.values():
            message.at(path)  # fails without the field
    for label in google_tables.TERRAFORM_ONLY:
        assert label in google_tables.MODELS or named(modules, label)


def test_tables_of_azure_name_what_there_is() -> None:
    modules = [module for module, _ in azure_tables.MODELS.values()]
    for label, names in azure_tables.RENAMED.items():
        message = AzureMessage(named(modules, label))
        assert message.label == label
        for name in names:
            assert not isinstance(message.field(name), Refused), f"{name} of {label}"
    assert set(azure_tables.IN_THE_PATH) == set(azure_tables.MODELS)


def test_rules_of_names_are_for_what_there_is() -> None:
    assert set(RULES) == set(SUPPORTED)
    for resource, rules in RULES.items():
        for path in rules:
            assert list(texts(GOOD[resource], path)), f"{path} of {resource}"
