"""The labels that every object and every selector carries."""

from collections.abc import Mapping

PART_OF = "kubeflow"
MANAGED_BY = "pulumi"
GOOGLE_LABELS = {"app-kubernetes-io-part-of": PART_OF, "app-kubernetes-io-managed-by": MANAGED_BY}
AZURE_TAGS = {"app.kubernetes.io-part-of": PART_OF, "app.kubernetes.io-managed-by": MANAGED_BY}
"""The same for Google Cloud, whose labels have neither dots nor slashes, and Azure, whose tags have no slashes."""

NOTEBOOK_LABELS = {"app": "jupyterhub", "component": "singleuser-server"}
"""What KubeSpawner puts on every notebook's pod."""


def labels(name: str, instance: str, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The recommended labels of an object.

    Args:
        name: what the object belongs to, such as ``hub``.
        instance: which installation of it, the component's name.
        extra: further labels, such as those that NetworkPolicies select by.

    See https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/.
    """
    return {
        **selector(name, instance),
        "app.kubernetes.io/part-of": PART_OF,
        "app.kubernetes.io/managed-by": MANAGED_BY,
        **(extra or {}),
    }


def selector(name: str, instance: str) -> dict[str, str]:
    """The labels that select the pods of ``name``: the two that never change, since selectors are immutable."""
    return {"app.kubernetes.io/name": name, "app.kubernetes.io/instance": instance}
