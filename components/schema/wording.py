"""Words for what is wrong with a setting: its path, what it is and what to write."""

import difflib
import json
import re
import types
import typing
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from components.errors import Problem
from components.schema.areas import AREAS, PROJECT, SECRETS
from components.schema.pod_checks import IN_PLAIN_TEXT
from components.schema.shown import shown
from components.secret_texts import is_secret_name, secrets_in

CLOSE = 0.8
"""How alike keys are that may be meant for each other; they all begin with ``kubeflow:``."""
MOST_KEYS = 30
"""How many keys a sentence lists."""
_MODEL = f"{PROJECT}:serving.tfServing.NAME"
_SELDON = f"{PROJECT}:serving.seldon"
_SUCCESSORS = {
    f"{PROJECT}:cloud": f"{PROJECT}:cluster.platform",
    f"{PROJECT}:core.disks": f"{PROJECT}:storage.disks",
    f"{PROJECT}:core.cloud": f"{PROJECT}:cluster.platform",
    f"{PROJECT}:cluster.cloud": f"{PROJECT}:cluster.platform",
    f"{_MODEL}.cloud": f"{PROJECT}:cluster.platform",
    f"{_MODEL}.namespace": f"{PROJECT}:core.namespace",
    f"{_SELDON}.operatorImage": f"{_SELDON}.image",
    f"{_SELDON}.engineImage": f"{_SELDON}.executorImage",
}
"""Parameters of Kubeflow 0.1 whose successors have other names."""
_REST = "is not a setting any more; the server itself answers REST, on its Service's port 8000: remove it"
_NAME = "is not a setting; the name is the key that this is below: remove it"
_NAMED = (_MODEL, *(f"{PROJECT}:jobs.{kind}.NAME" for kind in ("tfJobs", "tfCnn", "pytorchJobs")))
_NO_FRONT_END = "is gone, and Seldon's OAuth front end with it; a gateway before the models logs callers in; remove it"
_GO = "is gone, since Seldon's operator is no Java program any more; remove it"
_ANSWERS = {
    **{path: f"is not a setting any more; it is {successor} now" for path, successor in _SUCCESSORS.items()},
    **{f"{_MODEL}.{key}": _REST for key in ("deployHttpProxy", "httpProxyImage", "defaultHttpProxyImage")},
    **{f"{path}.name": _NAME for path in _NAMED},
    **{f"{_SELDON}.{key}": _NO_FRONT_END for key in ("withApife", "apifeImage", "apifeServiceType")},
    **{f"{_SELDON}.{key}": _GO for key in ("operatorSpringOpts", "operatorJavaOpts")},
    f"{_SELDON}.withRbac": "is gone: the operator always has rights of its own, and no others; remove it",
    f"{_MODEL}.image": "is not a setting; did you mean modelServerImage?",
}
"""What is said of keys that are not settings, by their paths."""
_KEYS_OF_THEIR_OWN = f"secrets are keys of their own, kept encrypted: {', '.join(sorted(SECRETS))}"
_OF_SECRETS = {
    _MODEL: "keys and passwords are in a Secret of the namespace; name it in s3SecretName or gcpCredentialSecretName"
}
"""Where secrets are instead, by the path of the section that they were written to."""


def unknown_areas(keys: Iterable[str]) -> Iterator[Problem]:
    """What is wrong with the names of the configuration's keys, each with its ``kubeflow:``."""
    known = [*(f"{PROJECT}:{area}" for area in AREAS), *SECRETS]
    for key in sorted(set(keys) - set(known)):
        if key in _ANSWERS:
            sentence = _ANSWERS[key]
        elif key.partition(".")[0] in known:
            sentence = (
                f"is one key with a dot in its name; remove it with pulumi config rm {key}, and set it with "
                f"pulumi config set --path {key} VALUE"
            )
        else:
            same = [path for path in _paths() if path.rpartition(".")[2] == key.removeprefix(f"{PROJECT}:")]
            close = same or difflib.get_close_matches(key, known, n=1, cutoff=CLOSE)
            sentence = f"is not a setting; {_did_you_mean(close) or _there_are(known)}"
        yield Problem(key, sentence)


def plain_secrets(area: str, values: object) -> Iterator[Problem]:
    """Names the secrets of known kinds in an area's values, which are not to be in a stack's file."""
    for location, kind in secrets_in(values):
        sentence = f"holds {kind}, which everybody could read who may see the stack; take it out, and consider it known"
        if "env" in location or "args" in location:
            sentence += ". Pods get secrets from a Secret that secretEnv names"
        yield Problem(f"{PROJECT}:{area}{''.join(map(step, location))}", sentence)


def problem(area: str, model: type[BaseModel], details: ErrorDetails) -> Problem:
    """What pydantic found wrong in an area, in words."""
    location = list(details["loc"])
    if location[-1:] == ["[key]"]:  # how pydantic says that the name of an entry is meant
        location.pop()
    is_variable = location[-2:-1] == ["env"] and is_secret_name(str(location[-1]))
    sentence = IN_PLAIN_TEXT if is_variable else _sentence(area, model, location, details)
    return Problem(f"{PROJECT}:{area}{''.join(map(step, location))}", sentence)


def _sentence(area: str, model: type[BaseModel], location: list[str | int], details: ErrorDetails) -> str:
    """Words for what pydantic found wrong at a place of an area."""
    value, context, kind = details["input"], details.get("ctx", {}), details["type"]
    text = "" if _may_be_secret(location) else f"{shown(value)} "
    match kind:
        case "value_error":
            sentence = str(context["error"])
            if not sentence.startswith('"'):
                sentence = f"{text}{sentence}"
        case "extra_forbidden":
            sentence = _unknown_key(area, model, location)
        case "missing":
            sentence = "is not set, and has no default; give it a value"
        case _ if value is None:
            sentence = f"has no value; give it one{_or_remove(model, location)}"
        case "literal_error":
            choices = [choice.strip("'") for choice in context["expected"].replace(" or ", ", ").split(", ")]
            # Stricter than for keys: aks is as close to aws as typing errors get, and no answer to it.
            lowered = [choice.lower() for choice in choices]
            close = difflib.get_close_matches(str(value).lower(), lowered, n=1, cutoff=0.75)
            meant = [choice for choice in choices if choice.lower() in close]
            hint = f"; {_did_you_mean(meant)}" if meant else ""
            sentence = f"{text}is not one of {', '.join(choices)}{hint}"
        case "model_type":
            sentence = f"{text}is not an object; {_its_keys(_keys_at(model, location))}"
        case "string_type" if not isinstance(value, int | float):
            sentence = f"{text}is not a text; write a single value"
        case _ if kind in _TYPES:
            sentence = f"{text}{_TYPES[kind]}"
        case _ if kind in _BOUNDS:
            sentence = f"{text}{_BOUNDS[kind].format(**context)}"
        case _:
            sentence = f"{text}is refused: {details['msg'][0].lower()}{details['msg'][1:]}"
    return sentence


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


def _may_be_secret(location: Sequence[str | int]) -> bool:
    """Says whether what was written at ``location`` may be meant to be secret, so that nobody is shown it."""
    above, last = ("", "", *map(str, location))[-2:]
    return last in ("env", "secretEnv") or above == "secretEnv" or (above == "parameters" and is_secret_name(last))


def step(part: str | int) -> str:
    """A step of a path, as ``pulumi config set --path`` takes it."""
    if isinstance(part, int):
        return f"[{part}]"
    return f".{part}" if re.fullmatch(r"[\w-]+", part) else f"[{json.dumps(part, ensure_ascii=False)}]"


def _or_remove(model: type[BaseModel], location: list[str | int]) -> str:
    *parents, last = location
    if isinstance(last, int):
        return ", or remove the entry"
    fields = _fields(_place(model, parents)[1])
    return "" if last in fields and fields[last].is_required() else ", or remove the key to get its default"


def _unknown_key(area: str, model: type[BaseModel], location: list[str | int]) -> str:
    *parents, last = location
    key, siblings = str(last), _keys_at(model, parents)
    above = ".".join([f"{PROJECT}:{area}", *_place(model, parents)[0]])
    for answer in (_ANSWERS.get(f"{above}.{each}") for each in (key, to_camel(key))):
        if answer:
            return answer
    # As ksonnet wrote its parameters, or in other letters.
    alike = [each for each in siblings if each.lower() in (key.lower(), to_camel(key).lower())]
    if alike or (alike := difflib.get_close_matches(key, siblings, n=1, cutoff=CLOSE)):
        return f"is not a setting; {_did_you_mean(alike)}"
    if any(word in key.lower() for word in ("secret", "password", "token")) and key.lower() != "tokenurl":
        return f"is not a setting; {_OF_SECRETS.get(above, _KEYS_OF_THEIR_OWN)}"
    same = [each for each in _paths() if each.rpartition(".")[2].lower() == key.lower()]
    # Of several sections that have such a key, the one that is nearest to where it was written.
    path = f"{PROJECT}:{'.'.join([area, *map(str, location)])}"
    same.sort(key=lambda each: difflib.SequenceMatcher(None, each, path).ratio(), reverse=True)
    close = same or difflib.get_close_matches(key, siblings, n=1)
    return f"is not a setting; {_did_you_mean(close) or _there_are(siblings)}"


def _did_you_mean(candidates: list[str]) -> str:
    return f"did you mean {candidates[0]}?" if candidates else ""


def _there_are(names: Sequence[str]) -> str:
    return f"there are {listed(names)}" if len(names) <= MOST_KEYS else "see docs/settings.md for those that there are"


def listed(names: Iterable[str]) -> str:
    """Names, in alphabetical order."""
    return ", ".join(sorted(names))


def _its_keys(keys: Sequence[str]) -> str:
    return f"its keys are {listed(keys)}" if len(keys) <= MOST_KEYS else "see docs/settings.md for its keys"


def _alias(name: str, field: Any) -> str:
    return field.alias or name


def _nested(annotation: Any) -> type[BaseModel] | None:
    """The model inside an annotation such as ``dict[str, Model]``."""
    if isinstance(annotation, type) and not isinstance(annotation, types.GenericAlias):
        return annotation if issubclass(annotation, BaseModel) else None
    return next((model for part in typing.get_args(annotation) if (model := _nested(part))), None)


def _fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    return {_alias(name, field): field for name, field in model.model_fields.items()}


def _keys_at(model: type[BaseModel], location: list[str | int]) -> list[str]:
    """The keys of the object at ``location`` in ``model``."""
    return list(_fields(_place(model, location)[1]))


def _place(model: type[BaseModel], location: list[str | int]) -> tuple[list[str], type[BaseModel]]:
    """The steps to ``location`` in ``model``, as ``_paths`` has them, and the model of the object there."""
    steps: list[str] = []
    named = False
    for part in location:
        if named:  # the name or number of an entry, whose model we are at already
            named = False
            steps += [] if isinstance(part, int) else ["NAME"]
            continue
        fields = _fields(model)
        steps.append(str(part))
        if part in fields:
            annotation = fields[str(part)].annotation
            model, named = _nested(annotation) or model, typing.get_origin(annotation) in (dict, list)
    return steps, model


def _paths() -> Iterator[str]:
    def below(prefix: str, model: type[BaseModel]) -> Iterator[str]:
        for name, field in model.model_fields.items():
            path = f"{prefix}.{_alias(name, field)}"
            yield path
            if nested := _nested(field.annotation):
                yield from below(f"{path}.NAME" if typing.get_origin(field.annotation) is dict else path, nested)

    for area, model in AREAS.items():
        yield from below(f"{PROJECT}:{area}", model)
