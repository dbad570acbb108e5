"""JupyterHub's configuration: it applies the settings that lie beside it and adds what has to be code.

``settings.json`` holds values of traits by class, the spawn form's entries and defaults, and what users may ask for.
Secrets are files in the folder that the environment variable ``JUPYTERHUB_SECRETS`` names. All of it is mounted by the
Deployment ``hub``.
"""

import json
import os
import sys
from http import HTTPStatus
from pathlib import Path
from typing import Any

import jinja2
from jupyterhub import orm
from jupyterhub.authenticators.shared import SharedPasswordAuthenticator
from jupyterhub.handlers.base import BaseHandler
from kubernetes_asyncio.client.rest import ApiException
from kubespawner import KubeSpawner
from kubespawner.slugs import strip_and_hash
from tornado import web
from tornado.httpserver import HTTPServer
from traitlets.config import Config

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import spawn_options  # noqa: E402  # these lie in the folder that was just added
from image_rules import ImageRules  # noqa: E402
from notebook_names import LONGEST_CLAIM, LONGEST_POD, shortened  # noqa: E402
from registry import complete, mirrored  # noqa: E402
from spawn_options import FIELDS, Bounds, OptionError, SpawnOptions  # noqa: E402

SETTINGS: dict[str, Any] = json.loads((HERE / "settings.json").read_text())
SECRETS = Path(os.environ["JUPYTERHUB_SECRETS"])
FORM = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined).from_string(
    (HERE / "spawn_form.html").read_text()
)
BOUNDS = Bounds(**SETTINGS["bounds"])
IMAGES = ImageRules(**SETTINGS["image_rules"])
MOST_BYTES = 1024 * 1024
"""The longest body of a request to the hub, which is held in memory and read as a whole. Files go to notebooks."""
NOT_TAKEN = {HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.UNPROCESSABLE_ENTITY}
"""What the API server answers to objects that it does not take: malformed, forbidden or beyond a quota, invalid."""
USER_LABEL = "hub.jupyter.org/username"


class Refused(web.HTTPError):
    """Something that is not done; JupyterHub shows the sentence above the form, or returns it from its API."""

    def __init__(self, sentence: str, status: int = 400) -> None:
        super().__init__(status, "%s", sentence)
        self.jupyterhub_message = sentence


class NotebookSpawner(KubeSpawner):  # type: ignore[misc]  # KubeSpawner is not typed
    """KubeSpawner with Kubeflow's form, and with names that fit whatever the user is called."""

    refused: dict[str, str] | None = None
    """What the user wrote in a form that was refused, to show it again."""

    def _expand_user_properties(self, template: str, slug_scheme: str | None = None) -> str:
        expanded: str = super()._expand_user_properties(template, slug_scheme)
        longest = {self.pod_name_template: LONGEST_POD, self.pvc_name_template: LONGEST_CLAIM}.get(template)
        return shortened(expanded, longest) if longest else expanded

    def _build_common_labels(self, extra_labels: dict[str, str]) -> dict[str, str]:
        labels: dict[str, str] = super()._build_common_labels(extra_labels)
        # KubeSpawner takes letters such as the Turkish dotless i for those of a label.
        if not labels[USER_LABEL].isascii():
            labels[USER_LABEL] = strip_and_hash(str(self.user.name))  # pyright: ignore[reportAttributeAccessIssue]
        return labels

    def get_env(self) -> dict[str, Any]:
        # Kubernetes replaces $(NAME) in values, and takes $$ for $. Users' names may hold either.
        env: dict[str, Any] = super().get_env()
        return {name: value.replace("$", "$$") if isinstance(value, str) else value for name, value in env.items()}

    async def _start_reflector(self, kind: str, reflector_class: type, replace: bool = False, **options: Any) -> Any:
        # A reflector ends when the API server was away for about a minute. Nothing but a start that waited for
        # start_timeout would replace it.
        known = self.reflectors.get(self._get_reflector_key(kind))
        ended = known and known.first_load_future.done() and (known.watch_task is None or known.watch_task.done())
        return await super()._start_reflector(kind, reflector_class, replace=replace or bool(ended), **options)

    async def find_claim(self) -> None:
        """Takes a claim whose name was made before long ones were shortened, if there is one."""
        whole = super()._expand_user_properties(self.pvc_name_template)
        if not self.storage_pvc_ensure or whole in (self.pvc_name, shortened(whole, LONGEST_CLAIM)):
            return
        try:
            await self.api.read_namespaced_persistent_volume_claim(name=whole, namespace=self.namespace)
        except ApiException as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
        else:
            self.pvc_name = whole

    async def _start(self) -> Any:
        try:
            return await super()._start()
        except ApiException as error:
            if error.status not in NOT_TAKEN:
                raise
            raise Refused(f"The cluster refused the notebook: {message_of(error)}", error.status) from None


def message_of(error: ApiException) -> str:
    """What the API server says."""
    try:
        return str(json.loads(error.body or b"")["message"])
    except (ValueError, TypeError, KeyError):
        return str(error.reason)


def options_form(spawner: NotebookSpawner) -> str:
    """The form, with what a refused one held."""
    form = FORM.render(fields=spawner.refused or dict.fromkeys(FIELDS, ""), **SETTINGS["form"])
    spawner.refused = None
    return form


def read(fields: dict[str, Any]) -> SpawnOptions:
    """The options that ``fields`` ask for.

    Raises:
        OptionError: if they cannot be used, or ask for more than there is for a user.
    """
    options = spawn_options.parse(fields, SETTINGS["form"]["defaults"])
    if refusal := IMAGES.refusal(complete(options.image)):
        raise OptionError(refusal)
    return BOUNDS.apply(options)


def options_from_form(form_data: dict[str, list[str]], spawner: NotebookSpawner) -> dict[str, str]:
    """The options that a submitted form stands for."""
    fields = {name: form_data.get(name, [""])[0].strip() for name in FIELDS}
    try:
        read(fields)
    except OptionError as error:
        spawner.refused = fields
        raise Refused(str(error)) from None
    return fields


def checked(user_options: Any) -> dict[str, Any]:
    """What is kept of options that came by the hub's API."""
    if not isinstance(user_options, dict):
        raise Refused('Options are an object of JSON, such as {"image": "quay.io/jupyter/scipy-notebook"}.')
    kept = {name: user_options[name] for name in FIELDS if name in user_options}
    try:
        read(kept)
    except OptionError as error:
        raise Refused(str(error)) from None
    return kept


def check_before_starts() -> None:
    """Has JupyterHub look at options before it begins a start with them.

    Each way to start a notebook leads through ``spawn_single_user``. What it calls saves the options, makes tokens and
    counts the start as failed if they are refused later. Options that cannot be read again would even keep the hub from
    starting.
    """
    start = BaseHandler.spawn_single_user

    async def start_checked(self: Any, user: Any, server_name: str = "", options: Any = None) -> Any:
        return await start(self, user, server_name, options=None if options is None else checked(options))

    BaseHandler.spawn_single_user = start_checked


def apply_user_options(spawner: NotebookSpawner, user_options: dict[str, Any]) -> None:
    """Sets image and resources. The options may be those of the last start, which other settings allowed."""
    try:
        options = read(user_options)
    except OptionError as error:
        raise Refused(str(error)) from None
    spawner.image = mirrored(options.image, SETTINGS["registry_mirror"])
    limits = dict(options.extra_limits)
    # For the server's own display of its limits; the pod gets the quantities as they were written.
    spawner.cpu_guarantee = float(spawn_options.parse_cpu(options.cpu, "CPU"))
    spawner.mem_guarantee = int(spawn_options.parse_memory(options.memory, "Memory"))
    spawner.cpu_limit = float(spawn_options.parse_cpu(limits["cpu"], "CPU"))
    spawner.mem_limit = int(spawn_options.parse_memory(limits["memory"], "Memory"))
    spawner.extra_resource_guarantees = {"cpu": options.cpu, "memory": options.memory, **options.extra_guarantees}
    spawner.extra_resource_limits = limits


def bound_users(_authenticator: Any, handler: BaseHandler, auth_model: dict[str, Any]) -> dict[str, Any]:
    """Lets nobody new in when the hub knows as many users as it may."""
    most: int | None = SETTINGS["max_users"]
    if most and handler.find_user(auth_model["name"]) is None and handler.db.query(orm.User).count() >= most:
        sentence = (
            f"This hub has {most} users, and takes no more. An administrator can delete some, name you in "
            f"kubeflow:core.login.allowedUsers, or raise kubeflow:core.login.maxUsers."
        )
        raise Refused(sentence, 403)
    return auth_model


class OnePasswordForAll(SharedPasswordAuthenticator):  # type: ignore[misc]  # JupyterHub is not typed
    """JupyterHub's authenticator, which until 5.5.3 took an administrator's name in capitals for somebody else's."""

    async def authenticate(self, handler: BaseHandler, data: dict[str, str]) -> Any:
        return await super().authenticate(handler, {**data, "username": self.normalize_username(data["username"])})


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
    c.KubeSpawner.pre_spawn_hook = NotebookSpawner.find_claim
    c.Authenticator.post_auth_hook = bound_users

    secrets = {name: secret(name) for name in SETTINGS["secrets"]}
    c.JupyterHub.cookie_secret = bytes.fromhex(secrets["cookie-secret"])
    c.ConfigurableHTTPProxy.auth_token = secrets["proxy-token"]
    if "oauth-client-secret" in secrets:
        c.OAuthenticator.client_secret = secrets["oauth-client-secret"]
    if "shared-password" in secrets:
        c.JupyterHub.authenticator_class = OnePasswordForAll
        c.SharedPasswordAuthenticator.user_password = secrets["shared-password"]
    if "admin-password" in secrets:
        c.SharedPasswordAuthenticator.admin_password = secrets["admin-password"]


HTTPServer.configure(None, max_body_size=MOST_BYTES)
check_before_starts()
configure(get_config())  # noqa: F821  # pyright: ignore[reportUndefinedVariable]  # JupyterHub runs this file with it
