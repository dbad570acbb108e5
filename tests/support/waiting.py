"""Waiting for something to become true."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_for(what: str, find: Callable[[], T | None], seconds: float = 60, every: float = 0.25) -> T:
    """The first thing that ``find`` finds; fails after ``seconds``, naming ``what`` was waited for."""
    end = time.monotonic() + seconds
    while True:
        found = find()
        if found:
            return found
        assert time.monotonic() < end, f"{what}: not after {seconds:.0f} s"
        time.sleep(every)
