"""What the tools print, and how they fail."""

import contextlib
import sys


class ToolError(Exception):
    """Ends a command with a message and no traceback."""


def say(text: str) -> None:
    """Prints a line for the user; standard output is kept for what other programs read."""
    # The terminal may be closed by now, and what has begun is ended in order nevertheless.
    with contextlib.suppress(OSError):
        print(text, file=sys.stderr, flush=True)


def clock(seconds: float) -> str:
    """A length of time as minutes and seconds."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d} min"
