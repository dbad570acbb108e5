"""The cluster's default StorageClass, of which there is one."""

from collections.abc import Mapping

from components.errors import Problem, settings_error
from components.schema.storage import StorageClassSettings

CLASSES = "kubeflow:storage.classes"


def refuse_second_default(classes: Mapping[str, StorageClassSettings], found: Mapping[str, bool] | None) -> None:
    """Refuses a default class beside the cluster's own, unless it is told to take over.

    Args:
        classes: the stack's classes.
        found: the cluster's, and whether each is a default; None if it could not be asked.

    Raises:
        StackError: if claims would find two defaults, or a class is to give way that there is not.
    """
    problems: list[Problem] = []
    for name, settings in classes.items():
        if found is None or not settings.default:
            continue
        others = sorted(other for other, is_default in found.items() if is_default and other not in classes)
        problems += [
            Problem(
                f"{CLASSES}.{name}.default",
                f"is on, but the cluster has the default class {other}; add {other} to insteadOf to take over from it, "
                f"or remove default",
            )
            for other in others
            if other not in settings.instead_of
        ]
        problems += [
            Problem(
                f"{CLASSES}.{name}.insteadOf",
                f'"{other}" is not a StorageClass of the cluster; it has {", ".join(sorted(found)) or "none"}',
            )
            for other in settings.instead_of
            if other not in found
        ]
    if problems:
        raise settings_error(problems)
