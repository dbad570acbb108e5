"""The stack's configuration: read once, checked as a whole, typed and frozen.

Nothing else reads ``pulumi.Config``. Secrets are keys of their own, since an object that holds one is read as plain
text: see ADR 0003.
"""

import difflib
import json
import re
import types
import typing
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi.runtime.config import CONFIG, is_config_secret
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from components.errors import Problem, settings_error
from components.schema.checks import (
    ADMIN_PASSWORD,
    CLIENT_SECRET,
    SHARED_PASSWORD,
    cluster_problems,
    core_problems,
)
from components.schema.cluster import ClusterSettings
from components.schema.core import CoreSettings

PROJECT = "kubeflow"
AREAS: dict[str, type[BaseModel]] = {"cluster": ClusterSettings, "core": CoreSettings}
SECRETS = {SHARED_PASSWORD: 12, ADMIN_PASSWORD: 32, CLIENT_SECRET: 1}
"""The secret keys, and how many characters each has at least; JupyterHub wants 32 of an administrators' password."""

LONGEST_SHOWN = 80
_SUCCESSORS = {"disks": f"{PROJECT}:core.notebook.volumes"}
"""Parameters of Kubeflow 0.1 whose successors have other names."""


@dataclass(frozen=True, kw_only=True)
class Secrets:
    """What the user keeps encrypted in the stack's configuration."""

    shared_password: pulumi.Output[str] | None
    admin_password: pulumi.Output[str] | None
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
        # A setting that was written as a key of its own is not said to be missing as well.
        problems += [problem for problem in cluster_problems(cluster) if problem.path not in keys]
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
            admin_password=config.get_secret(_key(ADMIN_PASSWORD)),
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
    if not text:  # a key without a value, as when all below it is commented out
        return {}
    if is_config_secret(f"{PROJECT}:{area}"):
        raise ValueError(
            f"holds an encrypted value, which it cannot keep secret; remove it. Secrets are keys of their own: "
            f"{_listed(SECRETS)}"
        )
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _unknown_areas(keys: Iterable[str]) -> Iterator[Problem]:
    known = [*(f"{PROJECT}:{area}" for area in AREAS), *SECRETS]
    for key in sorted(set(keys) - set(known)):
        shown = key if key.isprintable() else json.dumps(key)[1:-1]
        if key.partition(".")[0] in known:
            sentence = (
                f"is one key with a dot in its name; remove it with pulumi config rm {shown}, and set it with "
                f"pulumi config set --path {shown} VALUE"
            )
        else:
            same = [path for path in _paths() if path.rpartition(".")[2] == _key(key)]
            close = same or [
                f"{PROJECT}:{name}" for name in difflib.get_close_matches(_key(key), map(_key, known), n=1)
            ]
            sentence = f"is not a setting; {_did_you_mean(close) or _there_are(known)}"
        yield Problem(shown, sentence)


def _secret_problems(config: pulumi.Config, secrets: Iterable[str]) -> Iterator[Problem]:
    for path in secrets:
        if not is_config_secret(path):
            yield Problem(
                path,
                f"is stored in plain text; set it anew with pulumi config set --secret {path}, and consider the "
                f"old value known",
            )
            continue
        value = config.get(_key(path)) or ""
        if value != value.strip():
            yield Problem(path, "begins or ends in a blank, which some programs drop; set it anew without")
        if len(value.strip()) < SECRETS[path]:
            yield Problem(path, f"is too short; it needs at least {SECRETS[path]} characters")
    passwords = [config.get(_key(path)) for path in (SHARED_PASSWORD, ADMIN_PASSWORD)]
    if passwords[0] and passwords[0] == passwords[1]:
        yield Problem(ADMIN_PASSWORD, f"is the same as {SHARED_PASSWORD}, which every user knows; set another")


def _problem(area: str, model: type[BaseModel], details: ErrorDetails) -> Problem:
    location = [part for part in details["loc"] if part != "[key]"]
    value, context, kind = details["input"], details.get("ctx", {}), details["type"]
    match kind:
        case "value_error":
            sentence = str(context["error"])
            if not sentence.startswith('"'):
                sentence = f"{_shown(value)} {sentence}"
        case "extra_forbidden":
            sentence = _unknown_key(model, location)
        case "missing":
            sentence = "is not set, and has no default; give it a value"
        case _ if value is None:
            sentence = "has no value; give it one, or remove the key to get its default"
        case "literal_error":
            choices = [choice.strip("'") for choice in context["expected"].replace(" or ", ", ").split(", ")]
            # Stricter than for keys: aks is as close to aws as typing errors get, and no answer to it.
            lowered = [choice.lower() for choice in choices]
            close = difflib.get_close_matches(str(value).lower(), lowered, n=1, cutoff=0.75)
            meant = [choice for choice in choices if choice.lower() in close]
            hint = f"; {_did_you_mean(meant)}" if meant else ""
            sentence = f"{_shown(value)} is not one of {', '.join(choices)}{hint}"
        case "model_type":
            sentence = f"{_shown(value)} is not an object; its keys are {_listed(_keys_at(model, location))}"
        case "string_type" if not isinstance(value, int | float):
            sentence = f"{_shown(value)} is not a text; write a single value"
        case _ if kind in _TYPES:
            sentence = f"{_shown(value)} {_TYPES[kind]}"
        case _ if kind in _BOUNDS:
            sentence = f"{_shown(value)} {_BOUNDS[kind].format(**context)}"
        case _:
            sentence = f"{_shown(value)} is refused: {details['msg'][0].lower()}{details['msg'][1:]}"
    return Problem(f"{PROJECT}:{area}{''.join(map(_step, location))}", sentence)


_TYPES = {
    "bool_type": "is not a switch; write true or false",
    "int_type": "is not a whole number; write digits alone, without quotes",
    "string_type": "is not a text; put it in quotes in the file, or add --type string to pulumi config set",
    "list_type": "is not a list; write one, such as [first, second]",
    "dict_type": "is not an object; write one entry for each name, with its keys below it",
}
_BOUNDS = {
    "greater_than_equal": "is too small; the least is {ge}",
    "less_than_equal": "is too large; the most is {le}",
    "string_too_short": "is too short; write {min_length} or more characters",
    "string_too_long": "is too long; write {max_length} or fewer characters",
    "too_short": "has too few entries; write {min_length} or more",
}


def _step(part: str | int) -> str:
    """A step of a path, as ``pulumi config set --path`` takes it."""
    if isinstance(part, int):
        return f"[{part}]"
    return f".{part}" if re.fullmatch(r"[\w-]+", part) else f"[{json.dumps(part)}]"


def _unknown_key(model: type[BaseModel], location: list[str | int]) -> str:
    *parents, last = location
    key = str(last)
    if any(word in key.lower() for word in ("secret", "password", "token")) and key.lower() != "tokenurl":
        return f"is not a setting; secrets are keys of their own, kept encrypted: {_listed(SECRETS)}"
    siblings = _keys_at(model, parents)
    if key in _SUCCESSORS:
        return f"is not a setting any more; it is {_SUCCESSORS[key]} now"
    same = [path for path in _paths() if path.rpartition(".")[2].lower() == key.lower()]
    close = same or difflib.get_close_matches(key, siblings, n=1)
    return f"is not a setting; {_did_you_mean(close) or _there_are(siblings)}"


def _did_you_mean(candidates: list[str]) -> str:
    return f"did you mean {candidates[0]}?" if candidates else ""


def _there_are(names: Iterable[str]) -> str:
    return f"there are {_listed(names)}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


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


def _keys_at(model: type[BaseModel], location: list[str | int]) -> list[str]:
    """The keys of the object at ``location`` in ``model``."""
    for part in location:
        fields = {_alias(name, field): field for name, field in model.model_fields.items()}
        if part in fields:  # otherwise it is the name of an entry, whose model we are at already
            model = _nested(fields[str(part)].annotation) or model
    return [_alias(name, field) for name, field in model.model_fields.items()]


def _paths() -> Iterator[str]:
    def below(prefix: str, model: type[BaseModel]) -> Iterator[str]:
        for name, field in model.model_fields.items():
            path = f"{prefix}.{_alias(name, field)}"
            yield path
            if nested := _nested(field.annotation):
                yield from below(f"{path}.NAME" if typing.get_origin(field.annotation) is dict else path, nested)

    for area, model in AREAS.items():
        yield from below(f"{PROJECT}:{area}", model)
