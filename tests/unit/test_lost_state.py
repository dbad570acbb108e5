"""What is read back from the cluster when a state is lost."""

from tests.support.stacks import STACKS, recorded
from tools.leftovers import KINDS
from tools.lost_state import DRAWN, urn


def test_every_value_that_is_drawn_once_can_be_found_again_under_its_name() -> None:
    registered = {
        resource.urn
        for stack in STACKS
        for resource in recorded(stack).resources
        if resource.type == "pulumi:index:Stash"
    }
    stack, project = next(iter(registered)).split("::")[0].rpartition(":")[2], "project"
    assert registered == {urn(drawn, stack, project) for drawn in DRAWN}


def test_objects_of_every_kind_are_looked_for_by_the_installations_id() -> None:
    registered = {
        (resource.inputs["apiVersion"], resource.inputs["kind"])
        for stack in STACKS
        for resource in recorded(stack).kubernetes()
    }
    assert registered <= set(KINDS)
