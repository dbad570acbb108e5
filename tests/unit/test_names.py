"""Names of the stack's namespace that models must not take."""

import pytest

from components.schema.jobs import JobsSettings
from components.schema.names import OWN_NAMES, is_own_name
from tests.support.stacks import STACKS, recorded

KINDS = ("Service", "Deployment", "NetworkPolicy", "ServiceAccount", "PodDisruptionBudget", "HorizontalPodAutoscaler")
"""What models have, too, or the operator makes for them."""


@pytest.mark.parametrize("stack", STACKS)
def test_whatever_a_stack_has_under_a_fixed_name_is_known(stack: str) -> None:
    recording = recorded(stack)
    namespace = recording.outputs["namespace"]
    servers = STACKS[stack].get("serving", {}).get("tfServing", {})
    named = {
        r.inputs["metadata"]["name"]
        for kind in KINDS
        for r in recording.of_type(kind)
        if r.namespace == namespace and "name" in r.inputs["metadata"]
    }
    assert named - set(servers) <= set(OWN_NAMES)


def test_pods_of_jobs_have_names_too() -> None:
    jobs = JobsSettings.model_validate({"pytorchJobs": {"bert": {"image": "bert:1"}}})
    assert is_own_name("bert-master-0", jobs)
    assert not is_own_name("bert-server", jobs)
    assert not is_own_name("other-master-0", jobs)
