"""Processes of this user on this machine, as ``/proc`` has them."""

import os
import signal
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
ENDED = ("Z", "X")
"""The states of a process that has ended, and that its parent has not noticed yet."""
DELETED = " (deleted)"
"""What the kernel puts after the name of a folder or program that is gone."""


@dataclass(frozen=True, kw_only=True)
class Process:
    """A process that runs."""

    pid: int
    parent: int
    program: str
    """The name of the program's file."""
    folder: Path
    """The folder that it runs in, also if that is gone."""
    arguments: tuple[str, ...]


def ours() -> list[Process]:
    """This user's processes, without those that have ended and wait for their parent to notice."""
    pids = [int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit()]
    return [process for pid in pids if (process := find(pid)) is not None]


def find(pid: int) -> Process | None:
    """This user's process of that number; None if there is none."""
    folder = PROC / str(pid)
    try:
        if folder.stat().st_uid != os.getuid():
            return None
        # The name stands in brackets and may hold any character.
        state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
        arguments = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
        if state in ENDED:
            return None
        return Process(
            pid=pid,
            parent=int(parent),
            program=Path(str((folder / "exe").readlink()).removesuffix(DELETED)).name,
            folder=Path(str((folder / "cwd").readlink()).removesuffix(DELETED)),
            arguments=tuple(arguments),
        )
    except OSError:  # it has ended meanwhile, or is the kernel's
        return None


def exists(pid: int) -> bool:
    """Whether anybody's process of that number runs."""
    try:
        state = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in ENDED


def environment(pid: int) -> dict[str, str]:
    """What the process was started with; empty if it has ended."""
    try:
        text = (PROC / str(pid) / "environ").read_bytes().decode(errors="replace")
    except OSError:
        return {}
    return dict(entry.split("=", 1) for entry in text.split("\0") if "=" in entry)


def started(pid: int) -> float:
    """When it was started, in seconds since 1970; 0 if it has ended."""
    try:
        ticks = int((PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[19])
        boot = next(line for line in (PROC / "stat").read_text().splitlines() if line.startswith("btime "))
    except OSError:
        return 0
    return int(boot.split()[1]) + ticks / os.sysconf("SC_CLK_TCK")


def end(processes: Iterable[Process], *, first: signal.Signals = signal.SIGTERM, patience: float = 10) -> None:
    """Ends processes: asks them to, and kills those that have not ended after a while.

    Args:
        processes: which ones; those that have ended by now are passed over.
        first: the signal that asks.
        patience: how many seconds they have.
    """
    left = [process for process in processes if _send(process, first)]
    until = time.monotonic() + patience
    while left and time.monotonic() < until:
        time.sleep(0.1)
        left = [process for process in left if find(process.pid) == process]
    for process in left:
        _send(process, signal.SIGKILL)


def _send(process: Process, which: signal.Signals) -> bool:
    """Whether there is still that process to send to, and not another of its number."""
    now = find(process.pid)
    if now is None or now.program != process.program:
        return False
    try:
        os.kill(process.pid, which)
    except ProcessLookupError:
        return False
    return True
