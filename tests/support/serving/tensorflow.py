"""TensorFlow Serving's own messages, which have an environment of their own."""

import json
import os
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from tools.places import CHECKOUT

FOLDER = CHECKOUT / "tests" / "support" / "tensorflow"


class Parser:
    """Reads texts as messages of one kind."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def parse(self, text: str) -> dict[str, Any]:
        """The message that a configuration file holds."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{json.dumps(text)}\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        assert "message" in answer, f"{answer['error']} in\n{text}"
        return answer["message"]


def command(script: str, *arguments: str) -> list[str]:
    """What runs a script of the folder."""
    return ["uv", "run", "--quiet", f"--project={FOLDER}", "--locked", "python", str(FOLDER / script), *arguments]


def environment() -> dict[str, str]:
    """The environment that it runs with; what is in it is fetched on the first use, which may take minutes."""
    return {**os.environ, "UV_PROJECT_ENVIRONMENT": str(CHECKOUT / ".venv-tensorflow")}


@contextmanager
def parser(message: str) -> Generator[Parser]:
    """What reads texts as ``message``."""
    with subprocess.Popen(
        command("parse.py", message), env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Parser(process)
        # It ends with its input.
        assert process.stdin is not None
        process.stdin.close()
