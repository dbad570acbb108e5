"""Environment variables of containers."""

from pulumi_kubernetes import core


def of_field(name: str, path: str) -> core.v1.EnvVarArgs:
    """The variable ``name``, whose value is the field of the pod at ``path``."""
    return core.v1.EnvVarArgs(
        name=name, value_from=core.v1.EnvVarSourceArgs(field_ref=core.v1.ObjectFieldSelectorArgs(field_path=path))
    )
