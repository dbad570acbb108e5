"""No stack imports the SDK of a cloud that it is not on: either takes longer than all else."""

import subprocess
import sys
from typing import Any

import pytest

from tests.support.stacks import AKS, GKE
from tools.places import CHECKOUT

SDKS = ("pulumi_gcp", "pulumi_azure_native")
COUNT_IMPORTS = """
import sys
from tests.support.recorder import record
record(**{settings})
print([name for name in {sdks} if name in sys.modules])
"""


@pytest.mark.parametrize(
    ("settings", "imported"),
    [({}, []), (GKE, ["pulumi_gcp"]), (AKS, ["pulumi_azure_native"])],
    ids=["no", "gke", "aks"],
)
def test_a_stack_imports_the_sdk_of_its_cloud_alone(settings: dict[str, Any], imported: list[str]) -> None:
    code = COUNT_IMPORTS.format(settings=settings, sdks=SDKS)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.strip() == str(imported)
