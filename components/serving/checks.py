"""What is wrong with arguments of components that serve: as of the settings that would say the same."""

from collections.abc import Iterator, Mapping

from pydantic import TypeAdapter, ValidationError

from components.errors import Problem
from components.schema.serving_types import ServedName, UnitName

_SERVED: TypeAdapter[str] = TypeAdapter(ServedName)
_UNIT: TypeAdapter[str] = TypeAdapter(UnitName)


def served_name_problems(path: str, value: str) -> Iterator[Problem]:
    """What is wrong with the name of a model server, of a SeldonDeployment or of a predictor."""
    return _problems(_SERVED, path, value)


def unit_name_problems(path: str, value: str) -> Iterator[Problem]:
    """What is wrong with the name of a unit."""
    return _problems(_UNIT, path, value)


def at_least(values: Mapping[str, tuple[int | None, int]]) -> Iterator[Problem]:
    """Which arguments are too small, of their values and the least that each may be; None is no value."""
    for name, (value, least) in values.items():
        if value is not None and value < least:
            yield Problem(name, f"{value} is too small; the least is {least}")


def _problems(kind: TypeAdapter[str], path: str, value: str) -> Iterator[Problem]:
    try:
        kind.validate_python(value)
    except ValidationError as error:
        details = error.errors()[0]
        yield Problem(path, f'"{value}" {details.get("ctx", {}).get("error", details["msg"])}')
