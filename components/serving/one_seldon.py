"""Seldon of others in the cluster: it would look after the stack's graphs too, and the definition is one for all."""

from components.errors import Problem, settings_error
from components.schema.seldon import SeldonSettings

SELDON = "kubeflow:serving.seldon.enabled"


def refuse_other_seldon(settings: SeldonSettings, found: str | None) -> None:
    """Refuses Seldon beside that of others. Those of other stacks look after their own namespaces.

    Args:
        settings: whether the stack has it.
        found: the namespace of the others' operator; None if there is none, or nobody could be asked.

    Raises:
        StackError: if there would be two.
    """
    if settings.enabled and found is not None:
        raise settings_error(
            [
                Problem(
                    SELDON,
                    f"is true, but somebody else has Seldon Core in the cluster, with its operator in the namespace "
                    f"{found}, and both would run the same graphs; set it to false, or remove the other",
                )
            ]
        )
