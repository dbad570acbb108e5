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

import spawn_options  # noqa: E402  # these lie in the folder that was just added
from registry import mirrored  # noqa: E402
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
    spawner.image = mirrored(options.image, SETTINGS["registry_mirror"])
    # For the server's own display of its limits; the pod gets the quantities as they were written.
    spawner.cpu_guarantee = float(spawn_options.parse_cpu(options.cpu, "CPU"))
    spawner.mem_guarantee = int(spawn_options.parse_memory(options.memory, "Memory"))
    spawner.extra_resource_guarantees = {"cpu": options.cpu, "memory": options.memory}
    spawner.extra_resource_limits = dict(options.extra_limits)


def secret(name: str) -> str:
    """The secret ``name``, as it stands.

    Raises:
        ValueError: if the hub would start without it, and so let in whom it should not.
    """
    file = SECRETS / name
    value = file.read_text() if file.is_file() else ""
    if not value:
        raise ValueError(f"The secret {name} is missing or empty.")
    return value


def configure(c: Config) -> None:
    """Fills JupyterHub's configuration."""
    for section, traits in SETTINGS["traits"].items():
        c[section].update(traits)
    c.JupyterHub.spawner_class = NotebookSpawner
    c.KubeSpawner.namespace = os.environ["POD_NAMESPACE"]
    c.KubeSpawner.options_form = options_form
    c.KubeSpawner.options_from_form = options_from_form
    c.KubeSpawner.apply_user_options = apply_user_options

    secrets = {name: secret(name) for name in SETTINGS["secrets"]}
    c.JupyterHub.cookie_secret = bytes.fromhex(secrets["cookie-secret"])
    c.ConfigurableHTTPProxy.auth_token = secrets["proxy-token"]
    if "oauth-client-secret" in secrets:
        c.OAuthenticator.client_secret = secrets["oauth-client-secret"]
    if "shared-password" in secrets:
        c.SharedPasswordAuthenticator.user_password = secrets["shared-password"]
    if "admin-password" in secrets:
        c.SharedPasswordAuthenticator.admin_password = secrets["admin-password"]


configure(get_config())  # noqa: F821  # pyright: ignore[reportUndefinedVariable]  # JupyterHub runs this file with it
