"""What the tools print, and how they fail."""

import sys


class ToolError(Exception):
    """Ends a command with a message and no traceback."""


def say(text: str) -> None:
    """Prints a line for the user; standard output is kept for what other programs read."""
    print(text, file=sys.stderr, flush=True)


def clock(seconds: float) -> str:
    """A length of time as minutes and seconds."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d} min"
