"""Where the engine keeps its state: on this machine, unless the user has their own backend."""

import json
import os
import secrets
from pathlib import Path

from tools import places

PASSPHRASES = ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE")


def forget_ours() -> None:
    """Drops what ``make env`` put in the environment: it is about one stack, and none of the user's own choices."""
    for variable in ("PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE_FILE", "KUBECONFIG"):
        if str(places.state()) in os.environ.get(variable, ""):
            del os.environ[variable]


def environment(folder: Path) -> dict[str, str]:
    """What ``pulumi`` needs to keep its state in ``folder``; nothing if the user has their own backend.

    A login, ``PULUMI_BACKEND_URL`` and ``PULUMI_ACCESS_TOKEN`` are the user's own, and so is a passphrase.
    """
    if os.environ.get("PULUMI_BACKEND_URL") or os.environ.get("PULUMI_ACCESS_TOKEN") or _is_logged_in():
        return {}
    folder.mkdir(parents=True, exist_ok=True)
    backend = {"PULUMI_BACKEND_URL": folder.as_uri()}
    if not any(os.environ.get(variable) for variable in PASSPHRASES):
        file = places.state() / "passphrase"
        if not file.exists():
            file.touch(mode=0o600)
            file.write_text(secrets.token_urlsafe(32))
        backend["PULUMI_CONFIG_PASSPHRASE_FILE"] = str(file)
    return backend


def _is_logged_in() -> bool:
    home = Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi")
    try:
        return bool(json.loads((home / "credentials.json").read_text()).get("current"))
    except (OSError, ValueError):
        return False
