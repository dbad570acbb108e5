"""Where the tools keep things: nothing that can be made again is in the checkout, nothing that cannot is in a cache."""

import os
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
_NAME = "kubeflow-on-pulumi"


def cache() -> Path:
    """What can be made again: programs, by the hash of what they are made from."""
    return _base("KUBEFLOW_CACHE", "XDG_CACHE_HOME", ".cache")


def state() -> Path:
    """What cannot: the state backend, its passphrase and the embedded control plane's data."""
    return _base("KUBEFLOW_STATE", "XDG_STATE_HOME", ".local/state")


def _base(ours: str, theirs: str, fallback: str) -> Path:
    if os.environ.get(ours):
        return Path(os.environ[ours]).expanduser().resolve()
    base = os.environ.get(theirs)
    return (Path(base) if base else Path.home() / fallback) / _NAME
