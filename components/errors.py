"""Errors that the user can mend, printed without a traceback."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import pulumi

from components.secret_texts import concealed

LONGEST_REASON = 300
HOW_TO_SET = "Change a setting with: pulumi config set --path 'kubeflow:AREA.KEY' VALUE"


class Problem(NamedTuple):
    """What is wrong with a setting."""

    path: str
    """The whole path of the setting, such as ``kubeflow:core.namespace``."""

    sentence: str
    """What is wrong and what to do, to be read after the path."""


class StackError(pulumi.RunError):
    """Ends the program before it registers anything; the engine prints the message as it stands."""


class ArgumentsError(pulumi.RunError, ValueError):
    """Arguments of which no component can be made; the engine prints the message as it stands."""


def refuse_arguments(whole: str, problems: Iterable[Problem]) -> None:
    """Refuses arguments that have ``problems``, if there are any.

    Args:
        whole: what they are the arguments of, such as ``The job mnist``.
        problems: what is wrong with them, each by the argument's name.

    Raises:
        ArgumentsError: that names each argument, what is wrong with it, and what to do.
    """
    if lines := sorted({concealed(_in_snake_case(f"  {path}: {sentence}")) for path, sentence in problems}):
        raise ArgumentsError("\n".join([f"{whole} cannot be made.", *lines]))


def _in_snake_case(text: str) -> str:
    """The text with arguments' names in place of settings'."""
    return re.sub(r"\b[a-z]+(?:[A-Z][a-z]+)+\b", lambda match: re.sub("(?=[A-Z])", "_", match[0]).lower(), text)


def settings_error(problems: Sequence[Problem]) -> StackError:
    """One error for all ``problems``, in the order of their paths."""
    count = "1 setting needs" if len(problems) == 1 else f"{len(problems)} settings need"
    lines = [concealed(f"  {path}: {sentence}") for path, sentence in sorted(problems)]
    return StackError("\n".join([f"{count} a change before anything is deployed.", *lines, HOW_TO_SET]))


def cluster_refusal(path: str, sentence: str) -> StackError:
    """An error that the cluster causes, where the setting at ``path`` only says which cluster is meant."""
    return StackError(concealed(f"The cluster cannot be used, so nothing is deployed.\n  {path}: {sentence}"))


def reason_of(error: Exception) -> str:
    """Why a cloud refuses, in one line: what its provider says, without what the engine says around it."""
    text = " ".join(str(error).split())
    text = re.sub(r"^.*?(invocation of [^ ]+ returned an error|error invoking): ?", "", text)
    return concealed(text)[:LONGEST_REASON]
