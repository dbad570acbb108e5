"""What the tools print, and how they fail."""

import sys


class ToolError(Exception):
    """Ends a command with a message and no traceback."""


def say(text: str) -> None:
    """Prints a line for the user; standard output is kept for what other programs read."""
    print(text, file=sys.stderr, flush=True)
