"""JupyterHub's configuration: it applies the settings that lie beside it and adds what has to be code.

``settings.json`` holds values of traits by class, and the spawn form's entries and defaults. Secrets are files in the
folder that the environment variable ``JUPYTERHUB_SECRETS`` names. All of it is mounted by the Deployment ``hub``.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

import jinja2
from kubespawner import KubeSpawner
from tornado import web
from traitlets.config import Config

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import spawn_options  # noqa: E402  # it lies in the folder that was just added
from spawn_options import FIELDS, OptionError  # noqa: E402

SETTINGS: dict[str, Any] = json.loads((HERE / "settings.json").read_text())
SECRETS = Path(os.environ["JUPYTERHUB_SECRETS"])
FORM = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined).from_string(
    (HERE / "spawn_form.html").read_text()
)


class RefusedOptions(web.HTTPError):
    """Options that cannot be used; JupyterHub shows the sentence above the form, or returns it from its API."""

    def __init__(self, sentence: str) -> None:
        super().__init__(400, "%s", sentence)
        self.jupyterhub_message = sentence


class NotebookSpawner(KubeSpawner):  # type: ignore[misc]  # KubeSpawner is not typed
    """KubeSpawner with Kubeflow's form."""

    refused: dict[str, str] | None = None
    """What the user wrote in a form that was refused, to show it again."""


def options_form(spawner: NotebookSpawner) -> str:
    """The form, with what a refused one held."""
    form = FORM.render(fields=spawner.refused or dict.fromkeys(FIELDS, ""), **SETTINGS["form"])
    spawner.refused = None
    return form


def options_from_form(form_data: dict[str, list[str]], spawner: NotebookSpawner) -> dict[str, str]:
    """The options that a submitted form stands for."""
    fields = {name: form_data.get(name, [""])[0].strip() for name in FIELDS}
    try:
        spawn_options.parse(fields, SETTINGS["form"]["defaults"])
    except OptionError as error:
        spawner.refused = fields
        raise RefusedOptions(str(error)) from None
    return fields


def apply_user_options(spawner: NotebookSpawner, user_options: dict[str, Any]) -> None:
    """Sets image and resources. Options reach this from the hub's API too, where nothing has looked at them."""
    try:
        options = spawn_options.parse(user_options, SETTINGS["form"]["defaults"])
    except OptionError as error:
        raise RefusedOptions(str(error)) from None
    spawner.image = options.image
    # For the server's own display of its limits; the pod gets the quantities as they were written.
    spawner.cpu_guarantee = float(spawn_options.parse_cpu(options.cpu, "CPU"))
    spawner.mem_guarantee = int(spawn_options.parse_memory(options.memory, "Memory"))
    spawner.extra_resource_guarantees = {"cpu": options.cpu, "memory": options.memory}
    spawner.extra_resource_limits = dict(options.extra_limits)


def secret(name: str) -> str | None:
    """The secret ``name``, or None if the stack has none of this name."""
    file = SECRETS / name
    return file.read_text().strip() if file.exists() else None


def configure(c: Config) -> None:
    """Fills JupyterHub's configuration."""
    for section, traits in SETTINGS["traits"].items():
        c[section].update(traits)
    c.JupyterHub.spawner_class = NotebookSpawner
    c.KubeSpawner.namespace = os.environ["POD_NAMESPACE"]
    c.KubeSpawner.options_form = options_form
    c.KubeSpawner.options_from_form = options_from_form
    c.KubeSpawner.apply_user_options = apply_user_options

    c.JupyterHub.cookie_secret = bytes.fromhex((SECRETS / "cookie-secret").read_text())
    c.ConfigurableHTTPProxy.auth_token = (SECRETS / "proxy-token").read_text()
    if client_secret := secret("oauth-client-secret"):
        c.OAuthenticator.client_secret = client_secret
    if password := secret("shared-password"):
        c.DummyAuthenticator.password = password


configure(get_config())  # noqa: F821  # pyright: ignore[reportUndefinedVariable]  # JupyterHub runs this file with it
