"""Names of the stack's namespace that models must not take."""

import re

from components.schema.jobs import JobsSettings

OWN_NAMES = (
    "default",
    "default-deny",
    "hub",
    "notebooks-to-model-servers",
    "proxy",
    "proxy-api",
    "seldon-graphs",
    "seldon-notebooks",
    "singleuser",
    "tf-hub-lb",
    "training-jobs",
    "usage-reporter",
)
"""Those of Services, Deployments, policies and ServiceAccounts that the stack has, or has with some settings."""
_OF_A_JOB = re.compile(r"(?P<job>.+)-(master|worker|ps)-\d+")


def is_own_name(name: str, jobs: JobsSettings) -> bool:
    """Whether the stack has an object of this name, or the operator makes one for one of ``jobs``."""
    match = _OF_A_JOB.fullmatch(name)
    return name in OWN_NAMES or bool(match and match["job"] in jobs.by_name())
