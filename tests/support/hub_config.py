"""The hub's configuration, loaded as JupyterHub loads it, and spawners made with it in the tests' process."""

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from components.core.jupyterhub.hub import config_files
from components.schema.core import CoreSettings
from components.schema.storage import StorageSettings

SECRETS = {"cookie-secret": "00" * 32, "proxy-token": "token"}


def load(core: dict[str, Any], folder: Path) -> Config:
    """The configuration that the settings ``core`` make, from files in ``folder``, which is empty."""
    settings = CoreSettings.model_validate(core)
    files = config_files(settings, StorageSettings(), None, tuple(SECRETS))
    for name, text in {**files, **SECRETS}.items():
        (folder / name).write_text(text)
    with mock.patch.dict(os.environ, JUPYTERHUB_SECRETS=str(folder), POD_NAMESPACE=settings.namespace):
        return PyFileConfigLoader("jupyterhub_config.py", path=str(folder)).load_config()


def spawner_of(config: Config, user: str) -> Any:
    """The spawner of a user's notebook; it reaches the cluster that the client's configuration names, if any."""
    known = SimpleNamespace(name=user, id=1, url=f"/user/{user}", server=None)
    with mock.patch("kubespawner.spawner.load_config"):
        return config.JupyterHub.spawner_class(config=config, user=known, _mock=True)
