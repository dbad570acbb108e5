"""Folders and files that nobody else on the machine can read, written whole or not at all."""

import contextlib
import fcntl
import os
import stat
import tempfile
from pathlib import Path

from tools import places
from tools.say import ToolError

OWNER_ONLY = 0o700
OTHERS = 0o077


def folder(path: Path) -> Path:
    """Makes the folder if need be, and closes it and those above it within the state's to other users.

    Raises:
        ToolError: if it cannot be made or closed.
    """
    state = places.state()
    within = [each for each in (path, *path.parents) if each.is_relative_to(state)]
    try:
        path.mkdir(parents=True, exist_ok=True)
        for each in within or [path]:
            mode = each.stat().st_mode
            # A folder that everybody shares, such as /tmp, is nobody's to close.
            if mode & OTHERS and not mode & stat.S_ISVTX:
                each.chmod(OWNER_ONLY)
    except OSError as error:
        raise ToolError(
            f"The folder {path} cannot be made private ({error.strerror}); mend that, and try again."
        ) from None
    return path


def write(path: Path, text: str, *, replace: bool = True) -> None:
    """Writes the file beside its place and then moves it there: whatever ends that leaves the old file or the new.

    Args:
        path: where it goes.
        text: what is in it.
        replace: whether it takes the place of a file that is there; else it is left alone, also if it came meanwhile.

    Raises:
        ToolError: if it cannot be written, such as on a full disk. What was there is there still.
    """
    folder(path.parent)
    new = None
    try:
        # It is made with mode 0600.
        with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            new = Path(file.name)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            new.rename(path)
        else:
            with contextlib.suppress(FileExistsError):
                path.hardlink_to(new)
    except OSError as error:
        raise ToolError(f"{path} cannot be written ({error.strerror}); mend that, and try again.") from None
    finally:
        if new is not None:
            with contextlib.suppress(OSError):
                new.unlink(missing_ok=True)


def hold(path: Path) -> int | None:
    """Takes the file's lock, until this process ends in whatever way.

    Returns:
        None, or the number of the process that has the lock.
    """
    folder(path.parent)
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise ToolError(f"{path} cannot be written ({error.strerror}); mend that, and try again.") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(descriptor, 20).decode(errors="replace").strip()
        os.close(descriptor)
        return int(holder) if holder.isdigit() else 0
    os.ftruncate(descriptor, 0)
    os.write(descriptor, str(os.getpid()).encode())
    return None
