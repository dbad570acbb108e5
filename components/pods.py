"""What the pods of jobs and of model servers are made of alike."""

from dataclasses import dataclass

import pulumi

GPU = "nvidia.com/gpu"


@dataclass(frozen=True, kw_only=True)
class Volume:
    """A claim that pods mount."""

    claim: pulumi.Input[str]
    mount_path: str
    read_only: bool = False


@dataclass(frozen=True, kw_only=True)
class SecretValue:
    """A value of a Secret in the pods' namespace."""

    secret: pulumi.Input[str]
    key: str
