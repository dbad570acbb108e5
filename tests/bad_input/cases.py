"""The files in ``cases/``: configurations that have to be refused, and what is to be said of each.

A file's keys:

- ``message``: the sentences, all of them, in order. Only those of broken YAML are part of what is said.
- ``stack``: the stack's configuration, merged over one that is good.
- ``text``: the whole stack file instead, as it stands.
- ``secrets``: what is kept encrypted, by its path.
- ``found``: ``on reading`` the settings (the default), ``on asking`` the cluster, or ``by pulumi``.
- ``kubeconfig``: the content of the kubeconfig, or ``absent``. Without it, that of the tests' cluster, or of a server
  that gives the ``answers``.
- ``answers``: a status, a text or an object by the path that is asked for; ``others`` for all other paths.

``<context>`` is the context of the tests' cluster in ``<kubeconfig>``, ``<own-kubeconfig>`` that of the case, and
``<server>`` the address of the server that gives the answers, whose context is ``stand-in``.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast

import yaml

FOLDER = Path(__file__).parent / "cases"
NAMES = sorted(file.stem for file in FOLDER.glob("*.yaml"))
EVERY_FIFTH = 5


def through_the_engine() -> list[str]:
    """The cases that the engine is asked about.

    Those that only the engine or a cluster can find are all among them. Of what the program finds on reading, whose
    sentences tests/unit/test_settings_cases.py compares one by one, the engine makes the same each time: every fifth.
    """
    found = {name: yaml.safe_load((FOLDER / f"{name}.yaml").read_text()) for name in NAMES}
    on_reading = [name for name in NAMES if found[name].get("found", "on reading") == "on reading"]
    plain = [name for name in on_reading if not found[name].get("secrets")]
    left_out = {name for index, name in enumerate(plain) if index % EVERY_FIFTH}
    return [name for name in NAMES if name not in left_out]


STAND_IN = """\
contexts: [{{name: stand-in, context: {{cluster: stand-in}}}}]
clusters: [{{name: stand-in, cluster: {{server: "{server}"}}}}]
"""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A file, its placeholders filled."""

    message: list[str]
    stack: dict[str, Any] = field(default_factory=dict[str, Any])
    text: str | None = None
    secrets: dict[str, str] = field(default_factory=dict[str, str])
    found: Literal["on reading", "on asking", "by pulumi"] = "on reading"
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
