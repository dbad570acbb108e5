"""Files with settings, as they are written: what the engine does not say of the stack's file, and files beside it.

The engine hands all settings to the program in one variable of its environment, which Linux limits to 128 KiB, and
starts no program if they are more. What is in a file that ``kubeflow:include`` names does not count.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import yaml

from components.errors import Problem
from components.schema.areas import AREAS, INCLUDE, PROJECT
from components.secret_texts import is_secret_name

MOST_BYTES = 128 * 1024
"""The longest text that Linux takes in an environment, with its name."""
INCLUDABLE = tuple(f"{PROJECT}:{area}" for area in AREAS if area != "cluster")
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_LEADING_ZERO = re.compile(r"[-+]?0[0-9][0-9_]*")
_ANY_LEADING_ZERO = re.compile(r"(?<![\w.:\"'-])[-+]?0[0-9]")
_INTEGER = re.compile(r"[-+]?(?:0o[0-7_]+|0x[0-9a-fA-F_]+|0b[01_]+|[0-9][0-9_]*)")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_WORDS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
"""What the engine takes words for that have no quotes; PyYAML takes more for something else, such as ``no``."""
_OUTSIDE = re.compile(rf"^[\"']?({PROJECT}:[\w.]+|{'|'.join(AREAS)})[\"']?[ \t]*:", re.MULTILINE)
_DEEPEST = 100
"""How deep objects may be in each other."""


class WrongFileError(Exception):
    """A file that cannot be read; its text is to be read after the file's name."""


def stack_file_problems(file: Path) -> list[Problem]:
    """What is wrong with the way in which a stack's file is written, as far as the engine says nothing of it.

    Args:
        file: where it is, unless the user has told the engine to take another.
    """
    try:
        text = file.read_text()
    except (OSError, ValueError):
        return []
    if outside := _OUTSIDE.findall(text):
        return [
            Problem(
                file.name,
                f"has {', '.join(outside)} outside of config:, where nothing is read; write config: above, and indent "
                f"what belongs to it by two spaces",
            )
        ]
    if not _ANY_LEADING_ZERO.search(text):
        return []
    try:
        content, problems = parse(text)
    except WrongFileError:  # which the engine has taken
        return []
    return problems if isinstance(content, dict) else []


def included(folder: Path, names: object) -> tuple[dict[str, Any], list[Problem]]:
    """The settings of the files that ``kubeflow:include`` names, by their keys, and what is wrong with them.

    Args:
        folder: the project's, which paths begin in.
        names: what the setting holds.
    """
    listed = [names] if isinstance(names, str) else names
    if not isinstance(listed, list) or not all(isinstance(each, str) and each for each in cast("list[Any]", listed)):
        return {}, [Problem(INCLUDE, "is not the name of a file; write one, or a list, such as [models.yaml]")]
    merged: dict[str, Any] = {}
    problems: list[Problem] = []
    for name in dict.fromkeys(cast("list[str]", listed)):
        try:
            found, wrong = _read(folder / name)
        except WrongFileError as error:
            problems.append(Problem(INCLUDE, f"names {name}, which {error}"))
            continue
        problems += wrong
        problems += merge(merged, found, f"{name} and a file before it")
    return merged, problems


def merge(into: dict[str, Any], other: Mapping[str, Any], both: str, path: str = "") -> list[Problem]:
    """Adds the entries of ``other`` to those of ``into``, and returns what both have.

    Args:
        into: is changed.
        other: is not.
        both: what the two are, for sentences.
        path: where they are.
    """
    problems: list[Problem] = []
    for key, value in other.items():
        where = f"{path}.{key}" if path else key
        if key not in into:
            into[key] = value
        elif isinstance(into[key], dict) and isinstance(value, dict):
            # Not to change what a file before this one holds.
            into[key] = dict(cast("dict[str, Any]", into[key]))
            problems += merge(into[key], cast("dict[str, Any]", value), both, where)
        else:
            problems.append(Problem(where, f"is set twice, in {both}; remove one"))
    return problems


def bytes_for_the_engine(config: Mapping[str, Any]) -> int:
    """How many bytes the variable has in which the engine hands over ``config``, as a stack's file has it."""

    def text(value: Any) -> str:
        if isinstance(value, str):
            return value
        return "" if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)

    handed = {key if ":" in key else f"{PROJECT}:{key}": text(value) for key, value in config.items()}
    return len(f"PULUMI_CONFIG={json.dumps(handed, ensure_ascii=False, separators=(',', ':'))}\0".encode())


def _read(file: Path) -> tuple[dict[str, Any], list[Problem]]:
    """The settings of a file, by their keys with the project's name."""
    try:
        text = file.read_text()
    except FileNotFoundError:
        raise WrongFileError(f"is not there; paths begin in the folder of Pulumi.yaml, {file.parent}") from None
    except OSError as error:
        raise WrongFileError(f"cannot be read ({error.strerror})") from None
    except ValueError:
        raise WrongFileError("is not text in UTF-8") from None
    content, problems = parse(text)
    whole: dict[str, Any] = cast("dict[str, Any]", content) if isinstance(content, dict) else {}
    config = whole.get("config")
    if set(whole) != {"config"} or not isinstance(config, dict):
        raise WrongFileError("is not as a stack's file is; begin it with config:, and indent what belongs to it")
    found = {_full(str(key)): value for key, value in cast("dict[str, Any]", config).items()}
    if strange := sorted(set(found) - set(INCLUDABLE)):
        raise WrongFileError(
            f"has {', '.join(strange)}; such a file may have {', '.join(INCLUDABLE)}, and the rest is in the stack's "
            f"file"
        )
    return {key: value for key, value in found.items() if value is not None}, problems


def _full(key: str) -> str:
    return key if ":" in key else f"{PROJECT}:{key}"


def parse(text: str) -> tuple[Any, list[Problem]]:
    """What a text of YAML or JSON says to the engine, and what of that nobody can mean."""
    if text.lstrip().startswith("{"):
        try:
            return json.loads(text), []
        except (ValueError, RecursionError):
            pass  # YAML may begin so as well
    try:
        node = cast("yaml.Node | None", yaml.compose(text, _LOADER))  # pyright: ignore[reportUnknownMemberType]
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", at line {mark.line + 1}" if mark else ""
        raise WrongFileError(f"is no YAML{where}: {getattr(error, 'problem', None) or 'it cannot be read'}") from None
    except RecursionError:
        raise WrongFileError("has objects within hundreds of others") from None
    problems: list[Problem] = []
    return (None if node is None else _value(node, (), problems)), problems


def _value(node: yaml.Node, path: tuple[str, ...], problems: list[Problem]) -> Any:
    if len(path) > _DEEPEST:
        raise WrongFileError("has objects within hundreds of others, or in themselves")
    if isinstance(node, yaml.MappingNode):
        return dict(_entries(node, path, problems))
    if isinstance(node, yaml.SequenceNode):
        return [_value(each, (*path, f"[{number}]"), problems) for number, each in enumerate(node.value)]
    return _scalar(node, path, problems)


def _entries(node: yaml.MappingNode, path: tuple[str, ...], problems: list[Problem]) -> Iterator[tuple[str, Any]]:
    seen: set[str] = set()
    for key, value in node.value:
        name = str(key.value)
        if name in seen:
            raise WrongFileError(f"has {name} twice in one object, at line {key.start_mark.line + 1}")
        seen.add(name)
        if key.tag.endswith(":merge"):
            parts = value.value if isinstance(value, yaml.SequenceNode) else [value]
            for part in parts:
                if isinstance(part, yaml.MappingNode):
                    yield from _entries(part, path, problems)
            continue
        yield name, _value(value, (*path, name), problems)


def _scalar(node: yaml.Node, path: tuple[str, ...], problems: list[Problem]) -> Any:
    text = str(node.value)
    if not isinstance(node, yaml.ScalarNode) or node.style:  # in quotes, a text whatever it looks like
        return text
    if path and _LEADING_ZERO.fullmatch(text) and not is_secret_name(path[-1]):
        problems.append(_octal(text, path))
    if text in _WORDS:
        return _WORDS[text]
    if _LEADING_ZERO.fullmatch(text) or _INTEGER.fullmatch(text):
        return _integer(text)
    if not _FLOAT.fullmatch(text):
        return text
    number = float(text.replace("_", ""))
    return int(number) if number.is_integer() else number


def _integer(text: str) -> int:
    digits = text.replace("_", "")
    try:
        return int(digits, 8) if _LEADING_ZERO.fullmatch(text) else int(digits, 0)
    except ValueError:  # 08 is no octal number, and so another one
        return int(digits)


def _octal(text: str, path: tuple[str, ...]) -> Problem:
    steps = list(path[1:] if path[0] == "config" and len(path) > 1 else path)
    where = "".join(key if key.startswith("[") else f".{key}" for key in steps[1:])
    return Problem(
        f"{_full(steps[0])}{where}",
        f'{text} begins with a zero, which makes it the number {_integer(text)}; write "{text}" for the text, or the '
        f"number without the zero",
    )
