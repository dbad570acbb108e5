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
from components.schema.alike import close, look_alikes, plain
from components.schema.areas import AREAS, INCLUDE, PROJECT, SECRETS
from components.schema.gone import ANSWERS, SECRET_VALUE, WHERE_SECRETS_ARE
from components.schema.pod_checks import IN_PLAIN_TEXT
from components.schema.shown import shown
from components.secret_texts import is_secret_name, secrets_in

MOST_KEYS = 30
"""How many keys a sentence lists."""


def other_projects(keys: Iterable[str]) -> Iterator[Problem]:
    """Keys of projects that there are not, by a slip; keys of others, such as providers, are not for us."""
    for key in sorted(keys):
        project, _, rest = key.partition(":")
        if close(plain(project), [PROJECT]):
            yield Problem(key, f"is not read by anything; did you mean {PROJECT}:{rest}?{_written_with(project)}")


def unknown_areas(keys: Iterable[str]) -> Iterator[Problem]:
    """What is wrong with the names of the configuration's keys, each with its ``kubeflow:``."""
    known = [*(f"{PROJECT}:{area}" for area in AREAS), INCLUDE, *SECRETS]
    for key in sorted(set(keys) - set(known)):
        if key in ANSWERS:
            sentence = ANSWERS[key]
        elif key.partition(".")[0] in known:
            sentence = (
                f"is one key with a dot in its name; remove it with pulumi config rm {key}, and set it with "
                f"pulumi config set --path {key} VALUE"
            )
        else:
            meant = plain(key).removeprefix(f"{PROJECT}:")
            slip = close(meant, [each.removeprefix(f"{PROJECT}:") for each in known])
            near = _in_an_area(meant) or (f"{PROJECT}:{slip}" if slip else None)
            sentence = f"is not a setting; {_did_you_mean(near) or _there_are(known)}{_written_with(key)}"
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
            sentence = _refused(value, text, str(context["error"]))
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
            close = difflib.get_close_matches(plain(str(value)).lower(), lowered, n=1, cutoff=0.75)
            meant = next((choice for choice in choices if choice.lower() in close), None)
            hint = f"; {_did_you_mean(meant)}" if meant else ""
            sentence = f"{text}is not one of {', '.join(choices)}{hint}{_written_with(value)}"
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


def _refused(value: object, text: str, sentence: str) -> str:
    """What a check says of a value that is shown as ``text``, with what may not be seen in it."""
    if not sentence.startswith('"'):
        sentence = f"{text}{sentence}"
    whole = re.sub(r"(?<=\w)\.$", "", sentence)
    if isinstance(value, str) and re.search(r"[^/:]/$", value) and "slash" not in sentence:
        return f"{whole}; leave out the slash at its end"
    letters = "" if "U+" in sentence else _written_with(value)
    return f"{whole}{letters}" if letters else sentence


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
    key, siblings = plain(str(last)), _keys_at(model, parents)
    above = ".".join([f"{PROJECT}:{area}", *_place(model, parents)[0]])
    for answer in (ANSWERS.get(f"{above}.{each}") for each in (key, to_camel(key))):
        if answer:
            return answer
    # As ksonnet wrote its parameters, or in other letters.
    alike = next((each for each in siblings if each.lower() in (key.lower(), to_camel(key).lower())), None)
    near = alike or close(key, siblings)
    if not near and above in WHERE_SECRETS_ARE and SECRET_VALUE.fullmatch(key):
        return f"is not a setting; {WHERE_SECRETS_ARE[above]}"
    near = near or _elsewhere(key, above)
    return f"is not a setting; {_did_you_mean(near) or _there_are(siblings)}{_written_with(str(last))}"


def _elsewhere(key: str, above: str) -> str | None:
    """The setting of the same name that is meant, if it is in sections around this one, in it, or beside it.

    Args:
        key: the name.
        above: the path of the section that it was written to.
    """
    area = above.partition(".")[0]
    known = [path for path in _paths() if path.rpartition(".")[2].lower() == key.lower()]
    sections = {path: path.rpartition(".")[0] for path in known}
    around = [path for path in known if f"{above}.".startswith(f"{sections[path]}.")]
    inside = [path for path in known if sections[path].startswith(f"{above}.")]
    # Entries of another kind, as are jobs; and what has its name from nothing else.
    beside = [path for path in known if _kind(sections[path]) == _kind(above) and above.endswith(".NAME")]
    alone = [path for path in known if len(known) == 1 and path.startswith(f"{area}.")]
    for found in (around, inside, beside, alone):
        if found:
            return max(found, key=lambda path: len(sections[path])) if found is around else found[0]
    return _in_an_area(key) if above == area else None


def _kind(section: str) -> str:
    """What a section is an entry of, and its siblings, such as ``kubeflow:jobs``."""
    return section.rpartition(".")[0].rpartition(".")[0]


def _in_an_area(key: str) -> str | None:
    """The one setting of this name that is directly in an area."""
    found = [path for path in _paths() if path.count(".") == 1 and path.rpartition(".")[2].lower() == key.lower()]
    return found[0] if len(found) == 1 else None


def _written_with(value: object) -> str:
    """Names the characters of a text that look like others."""
    # Those of ASCII that cannot be seen, such as a line break, are shown in the value.
    text = re.sub(r"[\x00-\x1f\x7f]", "", value) if isinstance(value, str) else ""
    found = look_alikes(text)
    return f"; it is written with {found}: type it anew, without copying" if found else ""


def _did_you_mean(candidate: str | None) -> str:
    return f"did you mean {candidate}?" if candidate else ""


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
