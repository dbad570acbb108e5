"""The rules as a policy pack: ``pulumi preview --policy-pack policy``."""

import sys
from pathlib import Path

from pulumi_policy import EnforcementLevel, Policy, PolicyPack, ResourceValidationPolicy

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from policy.rules import RULES  # the pack runs from its own folder

policies: list[Policy] = [
    ResourceValidationPolicy(
        name=rule.name,
        description=rule.description,
        enforcement_level=EnforcementLevel.MANDATORY,
        validate=rule.validate,
    )
    for rule in RULES
]
PolicyPack("kubeflow", policies)
