"""A cluster has one training operator: the name of its webhook is fixed."""

from components.errors import Problem, settings_error
from components.namespaces import operator_namespace
from components.schema.training import TrainingOperatorSettings

OPERATOR = "kubeflow:core.trainingOperator.enabled"


def refuse_second_operator(settings: TrainingOperatorSettings, installation: str, found: str | None) -> None:
    """Refuses an operator beside another.

    Args:
        settings: whether the stack has one.
        installation: the stack's namespace.
        found: the namespace of the cluster's; None if there is none, or nobody could be asked.

    Raises:
        StackError: if there would be two.
    """
    if settings.enabled and found not in (None, operator_namespace(installation)):
        raise settings_error(
            [
                Problem(
                    OPERATOR,
                    f"is true, but the cluster has a training operator in the namespace {found}, and can have one; set "
                    f"it to false, or remove the other",
                )
            ]
        )
