"""The size of our definition of SeldonDeployments, and that it says the same in each version."""

from components.serving.seldon.crd import DEFINITION, VERSION, custom_resource_definition
from tests.support.training.crds import as_sent, compact

LARGEST = 32 * 1024
"""For three versions of one schema; upstream's has 1.8 MB."""


def test_definition_is_compact() -> None:
    assert len(compact(as_sent(DEFINITION, custom_resource_definition()))) <= LARGEST


def test_versions_differ_in_what_is_stored_and_what_is_old_alone() -> None:
    versions = as_sent(DEFINITION, custom_resource_definition())["spec"]["versions"]
    assert {each["name"]: (each["storage"], each.get("deprecated", False)) for each in versions} == {
        "v1": (True, False),
        "v1alpha2": (False, True),
        "v1alpha3": (False, True),
    }
    assert all(each["served"] for each in versions)
    (current,) = [each for each in versions if each["name"] == VERSION]
    assert all(each["schema"] == current["schema"] for each in versions)
