"""The kinds of jobs of the training operator v1.9.4, with schemas of our own.

Upstream's definitions have 0.3 MB each, since every one spells out Kubernetes' pod template with its documentation.
These name the same fields everywhere else, of the same types, and of the pod template what users get wrong most.
"""

from components.training.crds.kinds import JOB_KINDS, JobKind, custom_resource_definition

__all__ = ["JOB_KINDS", "JobKind", "custom_resource_definition"]
