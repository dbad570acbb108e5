"""Where the engine keeps its state: on this machine, unless the user has their own backend."""

import json
import os
import secrets
from pathlib import Path

from tools import places, private
from tools.say import ToolError

PASSPHRASES = ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE")


def forget_ours() -> None:
    """Drops what ``make env`` put in the environment: it is about one stack, and none of the user's own choices."""
    for variable in ("PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE_FILE", "KUBECONFIG"):
        if str(places.state()) in os.environ.get(variable, ""):
            del os.environ[variable]


def environment(folder: Path) -> dict[str, str]:
    """What ``pulumi`` needs to keep its state in ``folder``; nothing if the user has their own backend.

    A login, ``PULUMI_BACKEND_URL`` and ``PULUMI_ACCESS_TOKEN`` are the user's own, and so is a passphrase.

    Raises:
        ToolError: if there is no passphrase and none can be written, or it is empty.
    """
    if os.environ.get("PULUMI_BACKEND_URL") or os.environ.get("PULUMI_ACCESS_TOKEN") or login():
        return {}
    backend = {"PULUMI_BACKEND_URL": private.folder(folder).as_uri()}
    if not any(os.environ.get(variable) for variable in PASSPHRASES):
        backend["PULUMI_CONFIG_PASSPHRASE_FILE"] = str(_passphrase())
    return backend


def _passphrase() -> Path:
    """The file of the passphrase, which is drawn if there is none."""
    file = places.state() / "passphrase"
    if not file.exists():
        private.write(file, secrets.token_urlsafe(32), replace=False)
    try:
        is_empty = not file.read_text().strip()
    except OSError as error:
        raise ToolError(f"The passphrase cannot be read: {file} ({error.strerror}).") from None
    if is_empty:
        raise ToolError(
            f"The file of the passphrase, {file}, is empty, so that nothing can be encrypted with it. If you have a "
            f"copy of the passphrase, put it there. If nothing was deployed yet, remove the file: the next command "
            f"draws another one."
        )
    return file


def login() -> str | None:
    """The backend that the user is logged in to."""
    home = Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi")
    try:
        return json.loads((home / "credentials.json").read_text()).get("current") or None
    except (OSError, ValueError):
        return None
