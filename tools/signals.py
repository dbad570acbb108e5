"""Signals that end a command: all end it as Ctrl-C does, so that what it has begun is ended in order."""

import signal
import time
from types import FrameType

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Ctrl-C, ``kill``, and a terminal that is closed."""
ONE = 2.0
"""For how many seconds signals count as one: the terminal, make and uv may each hand on the same."""


class Ended(KeyboardInterrupt):
    """A signal has asked the command to end."""

    def __init__(self, which: int) -> None:
        super().__init__(signal.Signals(which).name)
        self.exit_code = 128 + which
        """What shells expect of a command that a signal has ended."""


class _Handler:
    def __init__(self) -> None:
        self._last = -ONE

    def __call__(self, which: int, _frame: FrameType | None) -> None:
        before, self._last = self._last, time.monotonic()
        if self._last - before >= ONE:
            raise Ended(which)


def handle() -> None:
    """Ends the command by ``Ended`` on each of the signals, but for those that are ignored already, as by nohup."""
    handler = _Handler()
    for each in ENDING:
        if signal.getsignal(each) is not signal.SIG_IGN:
            signal.signal(each, handler)
