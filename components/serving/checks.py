"""What is wrong with arguments of components that serve: as of the settings that would say the same."""

from collections.abc import Iterator, Mapping, Sequence

from pydantic import TypeAdapter, ValidationError

from components.errors import Problem
from components.schema.serving_types import S3Endpoint, ServedName, UnitName
from components.schema.tf_serving import ModelName

_SERVED: TypeAdapter[str] = TypeAdapter(ServedName)
_UNIT: TypeAdapter[str] = TypeAdapter(UnitName)
_MODEL: TypeAdapter[str] = TypeAdapter(ModelName)
_ENDPOINT: TypeAdapter[str] = TypeAdapter(S3Endpoint)


def served_name_problems(path: str, value: str) -> Iterator[Problem]:
    """What is wrong with the name of a model server, of a SeldonDeployment or of a predictor."""
    return _problems(_SERVED, path, value)


def unit_name_problems(path: str, value: str) -> Iterator[Problem]:
    """What is wrong with the name of a unit."""
    return _problems(_UNIT, path, value)


def model_name_problems(path: str, value: str) -> Iterator[Problem]:
    """What is wrong with what clients call a model."""
    return _problems(_MODEL, path, value)


def endpoint_problems(path: str, value: str) -> Iterator[Problem]:
    """What is wrong with the address of a store of models."""
    return _problems(_ENDPOINT, path, value)


def one_of(path: str, value: str, known: Sequence[str]) -> Iterator[Problem]:
    """Whether an argument is none of the values that it may have."""
    if value not in known:
        yield Problem(path, f'"{value}" is not one of {", ".join(known)}')


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
