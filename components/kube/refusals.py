"""Errors that the cluster or the kubeconfig causes."""

from collections.abc import Iterable

from components.errors import StackError, cluster_refusal

CONTEXT = "kubeflow:cluster.context"


def it_has(names: Iterable[str]) -> str:
    """What there is instead, in words."""
    return f"it has {', '.join(sorted(names)) or 'none'}"


def refusal(sentence: str) -> StackError:
    """An error where no setting needs a change."""
    return cluster_refusal(CONTEXT, sentence)
