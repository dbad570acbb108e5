"""The stack's configuration: read once, checked as a whole, typed and frozen.

Nothing else reads ``pulumi.Config``. Secrets are keys of their own, since an object that holds one is read as plain
text: see ADR 0003.
"""

import difflib
import json
import types
import typing
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi.runtime.config import CONFIG, is_config_secret
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from components.errors import Problem, settings_error
from components.schema.checks import CLIENT_SECRET, SHARED_PASSWORD, cluster_problems, core_problems
from components.schema.cluster import ClusterSettings
from components.schema.core import CoreSettings

PROJECT = "kubeflow"
AREAS: dict[str, type[BaseModel]] = {"cluster": ClusterSettings, "core": CoreSettings}
SECRETS = {SHARED_PASSWORD: 12, CLIENT_SECRET: 1}
"""The secret keys, and how many characters each has at least."""

LONGEST_SHOWN = 80


@dataclass(frozen=True, kw_only=True)
class Secrets:
    """What the user keeps encrypted in the stack's configuration."""

    shared_password: pulumi.Output[str] | None
    oauth_client_secret: pulumi.Output[str] | None


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The whole configuration."""

    cluster: ClusterSettings
    core: CoreSettings
    secrets: Secrets


def load() -> Settings:
    """The stack's settings.

    Raises:
        StackError: with every problem of every key at once.
    """
    keys = {key for key in CONFIG.get() if key.startswith(f"{PROJECT}:")}
    config = pulumi.Config(PROJECT)
    secrets = {path for path in SECRETS if path in keys}
    problems = [*_unknown_areas(keys), *_secret_problems(config, secrets)]
    areas: dict[str, BaseModel] = {}
    for area, model in AREAS.items():
        try:
            areas[area] = model.model_validate(_values(config, area))
        except ValidationError as error:
            problems += [_problem(area, model, details) for details in error.errors()]
        except ValueError as error:
            problems.append(Problem(f"{PROJECT}:{area}", str(error)))
    cluster, core = areas.get("cluster"), areas.get("core")
    if isinstance(cluster, ClusterSettings):
        problems += cluster_problems(cluster)
    if isinstance(core, CoreSettings):
        problems += core_problems(core, secrets)
    if problems:
        raise settings_error(problems)
    assert isinstance(cluster, ClusterSettings)
    assert isinstance(core, CoreSettings)
    return Settings(
        cluster=cluster,
        core=core,
        secrets=Secrets(
            shared_password=config.get_secret(_key(SHARED_PASSWORD)),
            oauth_client_secret=config.get_secret(_key(CLIENT_SECRET)),
        ),
    )


def json_schema() -> dict[str, Any]:
    """The JSON schema of the stack files, for editors."""
    areas = {f"{PROJECT}:{area}": model.model_json_schema(by_alias=True) for area, model in AREAS.items()}
    definitions: dict[str, Any] = {}
    for schema in areas.values():
        definitions |= schema.pop("$defs", {})
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The configuration of a stack of Kubeflow on Pulumi",
        "type": "object",
        "properties": {"config": {"type": "object", "properties": areas}},
        "$defs": definitions,
    }


def _key(path: str) -> str:
    return path.removeprefix(f"{PROJECT}:")


def _values(config: pulumi.Config, area: str) -> object:
    text = config.get(area)
    if text is None:
        return {}
    if is_config_secret(f"{PROJECT}:{area}"):
        raise ValueError(
            f"holds an encrypted value, which it cannot keep secret; remove it. Secrets are keys of their own: "
            f"{', '.join(sorted(SECRETS))}"
        )
    try:
        values = json.loads(text)
    except json.JSONDecodeError:
        values = None
    if values is None or not isinstance(values, dict):
        raise ValueError(f"{_shown(text)} is not an object; set its keys one by one, such as {PROJECT}:{area}.KEY")
    return typing.cast("dict[str, object]", values)


def _unknown_areas(keys: Iterable[str]) -> Iterator[Problem]:
    known = [*(f"{PROJECT}:{area}" for area in AREAS), *SECRETS]
    for key in sorted(set(keys) - set(known)):
        paths = [path for path in _paths() if path.rpartition(".")[2] == _key(key)]
        close = paths or difflib.get_close_matches(key, known, n=1)
        yield Problem(key, f"is not a setting; {_did_you_mean(close) or _there_are(known)}")


def _secret_problems(config: pulumi.Config, secrets: Iterable[str]) -> Iterator[Problem]:
    for path in secrets:
        if not is_config_secret(path):
            yield Problem(
                path,
                f"is stored in plain text; set it anew with pulumi config set --secret {path}, and consider the "
                f"old value known",
            )
        elif len(config.get(_key(path)) or "") < SECRETS[path]:
            yield Problem(path, f"is too short; it needs at least {SECRETS[path]} characters")


def _problem(area: str, model: type[BaseModel], details: ErrorDetails) -> Problem:
    location = [str(part) for part in details["loc"] if part != "[key]"]
    path = ".".join([f"{PROJECT}:{area}", *location])
    value, context = details["input"], details.get("ctx", {})
    match details["type"]:
        case "value_error":
            sentence = str(context["error"])
            if not isinstance(value, Mapping | BaseModel):
                sentence = sentence if sentence.startswith('"') else f"{_shown(value)} {sentence}"
            return Problem(path, sentence)
        case "extra_forbidden":
            return Problem(path, _unknown_key(model, location))
        case "missing":
            return Problem(path, "is not set, but has to be")
        case "literal_error":
            choices = [choice.strip("'") for choice in context["expected"].replace(" or ", ", ").split(", ")]
            close = difflib.get_close_matches(str(value).lower(), [choice.lower() for choice in choices], n=1)
            meant = [choice for choice in choices if choice.lower() in close]
            hint = f"; {_did_you_mean(meant)}" if meant else ""
            return Problem(path, f"{_shown(value)} is not one of {', '.join(choices)}{hint}")
        case (
            "bool_type"
            | "int_type"
            | "string_type"
            | "list_type"
            | "dict_type"
            | "model_type"
            | "model_attributes_type"
        ):
            return Problem(path, f"{_shown(value)} is not {_TYPES[details['type']]}")
        case _:
            return Problem(path, f"{_shown(value)} is refused: {details['msg'][0].lower()}{details['msg'][1:]}")


_TYPES = {
    "bool_type": "true or false",
    "int_type": "a whole number",
    "string_type": "a text; put it in quotes if it looks like a number",
    "list_type": "a list",
    "dict_type": "an object with named entries",
    "model_type": "an object with keys",
    "model_attributes_type": "an object with keys",
}


def _unknown_key(model: type[BaseModel], location: list[str]) -> str:
    *parents, key = location
    if any(word in key.lower() for word in ("secret", "password", "token")) and key != "tokenUrl":
        return f"is not a setting; secrets are keys of their own, kept encrypted: {', '.join(sorted(SECRETS))}"
    siblings = [_alias(name, field) for name, field in _model_at(model, parents).model_fields.items()]
    close = difflib.get_close_matches(key, siblings, n=1) or [
        path for path in _paths() if path.rpartition(".")[2].lower() == key.lower()
    ]
    return f"is not a setting; {_did_you_mean(close) or _there_are(siblings)}"


def _did_you_mean(candidates: list[str]) -> str:
    return f"did you mean {candidates[0]}?" if candidates else ""


def _there_are(names: Iterable[str]) -> str:
    return f"there are {', '.join(sorted(names))}"


def _shown(value: object) -> str:
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 3]}..."


def _alias(name: str, field: Any) -> str:
    return field.alias or name


def _nested(annotation: Any) -> type[BaseModel] | None:
    """The model inside an annotation such as ``dict[str, Model]``."""
    if isinstance(annotation, type) and not isinstance(annotation, types.GenericAlias):
        return annotation if issubclass(annotation, BaseModel) else None
    return next((model for part in typing.get_args(annotation) if (model := _nested(part))), None)


def _model_at(model: type[BaseModel], location: list[str]) -> type[BaseModel]:
    for part in location:
        fields = {_alias(name, field): field for name, field in model.model_fields.items()}
        if part in fields:  # otherwise it is the name of an entry, whose model we are at already
            model = _nested(fields[part].annotation) or model
    return model


def _paths() -> Iterator[str]:
    def below(prefix: str, model: type[BaseModel]) -> Iterator[str]:
        for name, field in model.model_fields.items():
            path = f"{prefix}.{_alias(name, field)}"
            yield path
            if nested := _nested(field.annotation):
                yield from below(f"{path}.NAME" if typing.get_origin(field.annotation) is dict else path, nested)

    for area, model in AREAS.items():
        yield from below(f"{PROJECT}:{area}", model)
