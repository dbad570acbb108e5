"""The programs that the guides to models show do what the guides say."""

import re
import textwrap
from typing import Any

import pulumi
import pytest
from pulumi.runtime import mocks

from tests.unit.test_job_components import Made
from tools.places import CHECKOUT


@pytest.mark.parametrize(
    ("guide", "component", "made"),
    [
        ("serving.md", "TfServing(", {"Deployment", "Service", "NetworkPolicy", "ConfigMap", "ServiceAccount"}),
        ("seldon.md", "SeldonDeployment(", {"SeldonDeployment"}),
    ],
)
def test_the_program_of_a_guide_makes_what_it_is_for(guide: str, component: str, made: set[str]) -> None:
    blocks = re.findall(r"(?:^ {4}.*\n|^\n(?= {4}))+", (CHECKOUT / "docs" / guide).read_text(), re.MULTILINE)
    (program,) = [textwrap.dedent(block) for block in blocks if component in block]
    found = Made()
    mocks.set_mocks(found)

    def run() -> pulumi.Output[str]:
        exec(program, {})  # noqa: S102  # it is the guide's
        return pulumi.Output.from_input("")

    mocks.test(run)()  # pyright: ignore[reportUnknownMemberType]
    kinds: set[Any] = {inputs.get("kind") for inputs in found.inputs.values()} - {None}
    assert kinds == made
