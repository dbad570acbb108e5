"""The files in ``cases/``: configurations that have to be refused, and what is to be said of each.

A file's keys:

- ``message``: the sentences, all of them, in order. Only those of broken YAML are part of what is said.
- ``stack``: the stack's configuration, merged over one that is good.
- ``text``: the whole stack file instead, as it stands.
- ``secrets``: what is kept encrypted, by its path.
- ``found``: ``on reading`` the settings (the default), ``on asking`` the cluster, or ``by pulumi``.
- ``kubeconfig``: the content of the kubeconfig, or ``absent``. Without it, that of the tests' cluster, or of a server
  that gives the ``answers``.
- ``engine``: true if the real engine is asked about it too. What Pulumi itself refuses always goes through the engine.
- ``answers``: a status, a text or an object by the path that is asked for; ``others`` for all other paths.

``<context>`` is the context of the tests' cluster in ``<kubeconfig>``, ``<own-kubeconfig>`` that of the case, and
``<server>`` the address of the server that gives the answers, whose context is ``stand-in``.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast

import yaml

FOLDER = Path(__file__).parent / "cases"
NAMES = sorted(file.stem for file in FOLDER.glob("*.yaml"))


STAND_IN = """\
contexts: [{{name: stand-in, context: {{cluster: stand-in}}}}]
clusters: [{{name: stand-in, cluster: {{server: "{server}"}}}}]
"""


def names_of(*found: str) -> list[str]:
    """The cases that are found out ``on reading``, ``on asking`` or ``by pulumi``."""
    return [name for name in NAMES if _content(name).get("found", "on reading") in found]


def through_the_engine() -> list[str]:
    """The cases that the engine is asked about."""
    return [name for name in NAMES if _content(name).get("engine") or _content(name).get("found") == "by pulumi"]


def values() -> list[Any]:
    """Every value that a case has under a key of the stack's configuration, each once."""
    stacks: list[dict[str, Any]] = [_content(name).get("stack", {}) for name in NAMES]
    found = {json.dumps(value, default=str): value for stack in stacks for value in stack.values()}
    return list(found.values())


@cache
def _content(name: str) -> dict[str, Any]:
    return yaml.safe_load((FOLDER / f"{name}.yaml").read_text())


@dataclass(frozen=True, kw_only=True)
class Case:
    """A file, its placeholders filled."""

    message: list[str]
    stack: dict[str, Any] = field(default_factory=dict[str, Any])
    text: str | None = None
    secrets: dict[str, str] = field(default_factory=dict[str, str])
    found: Literal["on reading", "on asking", "by pulumi"] = "on reading"
    engine: bool = False
    kubeconfig: str | None = None
    answers: dict[str, Any] = field(default_factory=dict[str, Any])


def case(name: str, placeholders: Mapping[str, str]) -> Case:
    """The case called ``name``."""
    text = (FOLDER / f"{name}.yaml").read_text()
    for placeholder, value in placeholders.items():
        text = text.replace(f"<{placeholder}>", value)
    content = cast("dict[str, Any]", yaml.safe_load(text))
    base = {"kubeflow:cluster": {"context": placeholders["context"]}}
    return Case(**{**content, "stack": _merged(base, content.get("stack", {}))})


def kubeconfig_for(bad: Case, own: Path, usual: Path, server: str) -> Path:
    """The kubeconfig of a case, written to ``own`` if it has one of its own; ``usual`` if it has not."""
    content = STAND_IN.format(server=server) if bad.answers else bad.kubeconfig
    if content is None:
        return usual
    if content != "absent":
        own.write_text(content)
    return own


def sentences(error: str) -> list[str]:
    """The indented lines of what the program says: a header comes first."""
    return [line.strip() for line in error.splitlines() if line.startswith("  ")]


def as_engine_passes(value: object) -> str:
    """A value of a stack file as the engine gives it to the program."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def _merged(base: Any, over: Any) -> Any:
    if not isinstance(base, dict) or not isinstance(over, dict):
        return over
    merged = cast("dict[str, Any]", base | {})
    for key, value in cast("dict[str, Any]", over).items():
        merged[key] = _merged(merged.get(key), value)
    return merged
