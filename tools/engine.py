"""The engine, as a process that outlives a signal to ``make``, and what one that was killed has left behind."""

import ctypes
import json
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import yaml

from tools import processes
from tools.say import ToolError, say
from tools.signals import Ended

WAIT_SECONDS = 60
"""How long a command waits for an engine that is still at work, such as one that ends what a signal interrupted."""
CANCEL = signal.SIGINT
"""Asks an engine to end what it has begun."""
_FILES = "file://"
"""What the address of a backend that is a folder begins with."""
PLUGINS = ("pulumi-resource-", "pulumi-language-", "pulumi-analyzer-")
EXECUTOR = "pulumi-language-python-exec"
"""What the language host runs the program with."""
_LIBC = ctypes.CDLL(None)
_SET_DEATH_SIGNAL = 1


@dataclass(frozen=True, kw_only=True)
class Lock:
    """A lock of a stack's state in a backend of files, as the engine writes it."""

    pid: int
    host: str
    time: float


def run(
    command: tuple[str, ...], folder: Path, environment: Mapping[str, str], *, quiet: bool, given: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs ``pulumi``. Signals reach it through this process alone, as one that asks it to end what it has begun.

    Args:
        command: the program and its arguments.
        folder: where it runs.
        environment: what it runs with.
        quiet: whether its output is returned, and not shown.
        given: what it reads.

    Raises:
        Ended: once it has ended after a signal. A second signal ends it at once.
    """
    pipe = subprocess.PIPE if quiet else None
    # In a session of its own, it does not notice that the terminal is closed, or that make and all around it are
    # killed: the kernel tells it.
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.PIPE if given is not None else None,
        stdout=pipe,
        stderr=pipe,
        text=True,
        start_new_session=True,
        preexec_fn=_end_with_parent,  # noqa: PLW1509  # it takes no lock that another thread may hold
    )
    ended: Ended | None = None
    while True:
        try:
            output, errors = process.communicate(given)
        except Ended as error:
            if ended is None and not quiet:
                say("Interrupted: ending what has begun. Once more to end it at once.")
            ended, given = error, None
            process.send_signal(CANCEL)
        else:
            break
    if ended is not None:
        raise ended
    return subprocess.CompletedProcess(command, process.returncode, output, errors)


def _is_engine(process: processes.Process) -> bool:
    return "pulumi" in process.program and not process.program.startswith(PLUGINS)


def _end_with_parent() -> None:
    _LIBC.prctl(_SET_DEATH_SIGNAL, CANCEL)


def end_leftovers(folder: Path) -> None:
    """Ends plugins and programs of the project in ``folder`` whose engine is gone."""
    ours = {process.pid: process for process in processes.ours()}

    def has_engine(process: processes.Process) -> bool:
        above = ours.get(process.parent)
        return above is not None and (_is_engine(above) or has_engine(above))

    left = [
        process
        for process in ours.values()
        if process.folder == folder
        and (process.program.startswith(PLUGINS) or any(EXECUTOR in argument for argument in process.arguments))
        and not has_engine(process)
    ]
    if left:
        names = sorted({process.program for process in left})
        say(f"Ending what an engine that was killed has left running: {', '.join(names)}.")
        processes.end(left)


def kept_in(backend: str) -> Path | None:
    """The folder in which a backend of files keeps states and locks; None if the backend is another."""
    return Path(backend.removeprefix(_FILES)).expanduser() / ".pulumi" if backend.startswith(_FILES) else None


def locks(backend: str, project: str, stack: str) -> list[Lock]:
    """The locks of a stack's state; none if the backend is not of files, or they cannot be read."""
    kept = kept_in(backend)
    if kept is None:
        return []
    found: list[Lock] = []
    for file in sorted((kept / "locks" / "organization" / project / stack).glob("*.json")):
        try:
            content = json.loads(file.read_text())
            when = datetime.fromisoformat(content["timestamp"]).timestamp()
            found.append(Lock(pid=int(content["pid"]), host=str(content["hostname"]), time=when))
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return found


def project_of(folder: Path) -> str:
    """The name of the project in ``folder``."""
    return str(yaml.safe_load((folder / "Pulumi.yaml").read_text())["name"])


def is_gone(lock: Lock) -> bool:
    """Whether the engine that made the lock has certainly ended: it ran on this machine, and no process is it."""
    if lock.host != socket.gethostname():
        return False
    process = processes.find(lock.pid)
    if process is None:
        # Another user's process has that number, maybe, and may be the one.
        return not processes.exists(lock.pid)
    return not _is_engine(process) or processes.started(lock.pid) > lock.time + 1


def wait_for_others(backend: str, project: str, stack: str) -> bool:
    """Waits a while for engines of this machine that are at work on the stack.

    Returns:
        Whether there is a lock, and the engines of all locks are certainly gone.

    Raises:
        ToolError: if one goes on.
    """
    found: list[Lock] = []

    def at_work() -> int | None:
        found[:] = locks(backend, project, stack)
        return next((lock.pid for lock in found if lock.host == socket.gethostname() and not is_gone(lock)), None)

    wait_until_free("An engine", stack, at_work)
    return bool(found) and all(map(is_gone, found))


def wait_until_free(who: str, stack: str, at_work: Callable[[], int | None]) -> None:
    """Waits a while for another process that is at work on a stack.

    Args:
        who: what it is, as the beginning of a sentence.
        stack: the stack's name.
        at_work: looks for it, and returns its number; None if there is none.

    Raises:
        ToolError: if it goes on.
    """
    until, said = time.monotonic() + WAIT_SECONDS, False
    while (process := at_work()) is not None:
        if not said:
            say(f"{who} is at work on the stack {stack} (process {process}); waiting for it to end.")
            said = True
        if time.monotonic() > until:
            raise ToolError(
                f"{who} is still at work on the stack {stack}, as the process {process}. Try again when it has "
                f"ended, or have it end what it has begun: kill -INT {process}"
            )
        time.sleep(0.5)


def mend_empty_state(backend: str, project: str, stack: str) -> None:
    """Puts the engine's own backup in the place of a state file without content, which a killed engine may leave.

    Without a backup the file goes: the engine had not written anything yet.
    """
    kept = kept_in(backend)
    if kept is None:
        return
    folder = kept / "stacks" / project
    file, backup = folder / f"{stack}.json", folder / f"{stack}.json.bak"
    if not file.is_file() or file.stat().st_size:
        return
    if backup.is_file() and backup.stat().st_size:
        say(f"The state of the stack {stack} is empty, since an engine was killed; taking the engine's backup of it.")
        shutil.copy2(backup, file)
    else:
        file.unlink()
