"""What components refuse of their arguments: the same as of settings, for those who write a program of their own."""

from collections.abc import Iterable

from pydantic import TypeAdapter, ValidationError

from components.errors import Problem
from components.schema.serving_types import ServedName, UnitName

_SERVED: TypeAdapter[str] = TypeAdapter(ServedName)
_UNIT: TypeAdapter[str] = TypeAdapter(UnitName)


def refuse(problems: Iterable[Problem]) -> None:
    """Raises the first of ``problems``.

    Raises:
        ValueError: what is wrong, with the place that it is at.
    """
    for path, sentence in problems:
        raise ValueError(f"{path}: {sentence}")


def check_served_name(value: str) -> None:
    """Checks the name of a model server, of a SeldonDeployment or of a predictor.

    Raises:
        ValueError: if Services cannot have it.
    """
    _check(_SERVED, value)


def check_unit_name(value: str) -> None:
    """Checks the name of a unit.

    Raises:
        ValueError: if containers cannot have it.
    """
    _check(_UNIT, value)


def _check(kind: TypeAdapter[str], value: str) -> None:
    try:
        kind.validate_python(value)
    except ValidationError as error:
        details = error.errors()[0]
        sentence = details.get("ctx", {}).get("error", details["msg"])
        raise ValueError(f'"{value}" {sentence}') from None
