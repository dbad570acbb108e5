"""Environment variables of containers."""

from pulumi_kubernetes import core


def of_field(name: str, path: str) -> core.v1.EnvVarArgs:
    """The variable ``name``, whose value is the field of the pod at ``path``.

    The reference is one value to server-side apply. With the API server's default for the version left out, it would
    differ from what is in the cluster, and whoever applies it again under another name would meet a conflict.
    """
    field = core.v1.ObjectFieldSelectorArgs(api_version="v1", field_path=path)
    return core.v1.EnvVarArgs(name=name, value_from=core.v1.EnvVarSourceArgs(field_ref=field))
