"""Errors that the user can mend, printed without a traceback."""

import re
from collections.abc import Sequence
from typing import NamedTuple

import pulumi

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


def settings_error(problems: Sequence[Problem]) -> StackError:
    """One error for all ``problems``, in the order of their paths."""
    count = "1 setting needs" if len(problems) == 1 else f"{len(problems)} settings need"
    lines = [f"  {path}: {sentence}" for path, sentence in sorted(problems)]
    return StackError("\n".join([f"{count} a change before anything is deployed.", *lines, HOW_TO_SET]))


def cluster_refusal(path: str, sentence: str) -> StackError:
    """An error that the cluster causes, where the setting at ``path`` only says which cluster is meant."""
    return StackError(f"The cluster cannot be used, so nothing is deployed.\n  {path}: {sentence}")


def reason_of(error: Exception) -> str:
    """Why a cloud refuses, in one line: what its provider says, without what the engine says around it."""
    text = " ".join(str(error).split())
    return re.sub(r"^.*?(invocation of [^ ]+ returned an error|error invoking): ?", "", text)[:LONGEST_REASON]
