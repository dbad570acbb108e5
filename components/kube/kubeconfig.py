"""Contexts of kubeconfigs, read as kubectl reads them.

Of several files in ``KUBECONFIG`` the first that has an entry is right about it, and a file that an entry names is
looked for beside the kubeconfig that has the entry. Of the rest a kubeconfig may be wrong.
"""

import base64
import binascii
import difflib
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, TypeVar, cast
from urllib.parse import urlsplit

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from components.errors import Problem, settings_error
from components.kube.refusals import CONTEXT, it_has, refusal
from components.schema.alike import look_alikes, plain

DEFAULT_KUBECONFIG = "~/.kube/config"
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_FILES = ("certificate-authority", "client-certificate", "client-key", "tokenFile")
"""The keys that name a file, or a file beside the kubeconfig."""
_LEAST_SECRET = 6
"""How many characters a secret has at least that is looked for in texts: shorter ones are part of any word."""
_SECRET_NAME = re.compile("secret|token|password|credential|key", re.IGNORECASE)


def _without_empty(value: object) -> object:
    """An entry without what Go takes for unset."""
    if not isinstance(value, dict):
        return value
    return {key: each for key, each in cast("dict[str, Any]", value).items() if each is not None and each != ""}


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", hide_input_in_errors=True)


Entry = TypeVar("Entry", bound=_Entry)


class Cluster(_Entry):
    """How to reach a cluster."""

    model_config = ConfigDict(alias_generator=lambda name: name.replace("_", "-"))

    server: str = ""
    tls_server_name: str | None = None
    insecure_skip_tls_verify: bool = False
    certificate_authority: str | None = None
    certificate_authority_data: str | None = None
    proxy_url: str | None = None
    extensions: list[dict[str, Any]] = []


class Variable(_Entry):
    """A variable of a plugin's environment."""

    name: str
    value: str = Field("", repr=False)


class Plugin(_Entry):
    """A program that prints a credential."""

    model_config = ConfigDict(alias_generator=to_camel)

    api_version: str
    command: str
    args: list[str] = []
    env: list[Annotated[Variable, BeforeValidator(_without_empty)]] = []
    install_hint: str = ""
    provide_cluster_info: bool = False
    interactive_mode: str = "IfAvailable"


class AuthProvider(_Entry):
    """A way to log in that is part of kubectl."""

    name: str
    config: dict[str, str] = Field(default={}, repr=False)


class User(_Entry):
    """How to log in."""

    model_config = ConfigDict(alias_generator=lambda name: name.replace("_", "-"))

    token: str | None = Field(None, repr=False)
    token_file: str | None = Field(None, alias="tokenFile")
    username: str | None = None
    password: str = Field("", repr=False)
    client_certificate: str | None = None
    client_certificate_data: str | None = None
    client_key: str | None = None
    client_key_data: str | None = Field(None, repr=False)
    impersonated: str | None = Field(None, alias="as")
    impersonated_uid: str | None = Field(None, alias="as-uid")
    impersonated_groups: list[str] = Field([], alias="as-groups")
    impersonated_extra: dict[str, list[str]] = Field({}, alias="as-user-extra")
    plugin: Annotated[Plugin | None, BeforeValidator(_without_empty)] = Field(None, alias="exec")
    auth_provider: AuthProvider | None = None


class _Names(_Entry):
    cluster: str = ""
    user: str = ""


@dataclass(frozen=True, kw_only=True)
class Context:
    """A cluster, and who we are there."""

    name: str
    cluster: Cluster
    user: User

    @cached_property
    def server(self) -> str:
        """The API server's URL, without a user's name and password.

        Raises:
            StackError: if it is none.
        """
        text = self.cluster.server
        try:
            url = urlsplit(text if "://" in text else f"http://{text}")
            port = url.port
        except ValueError:  # of the port, or of brackets without an address
            url, port = urlsplit(""), None
        slips = re.match("https?:?/[^/]|https?//", text) or re.search(r"\s", text)
        if url.scheme not in ("http", "https") or not url.hostname or port == 0 or slips:
            raise refusal(
                f"{self.name!r}: {text or 'an empty address'} is not a URL; write it in full in the kubeconfig, such "
                f"as https://10.0.0.1:6443"
            )
        return url._replace(netloc=url.netloc.rpartition("@")[2], query="", fragment="").geturl().rstrip("/")

    def hide(self, text: str) -> str:
        """A text without the secrets of the kubeconfig."""
        for secret in sorted(self._secrets(), key=len, reverse=True):
            text = text.replace(secret, "...")
        return text

    def _secrets(self) -> Iterator[str]:
        user = self.user
        named = [*(user.auth_provider.config.items() if user.auth_provider else ())]
        named += [(each.name, each.value) for each in (user.plugin.env if user.plugin else ())]
        others = (value for name, value in named if _SECRET_NAME.search(name))
        password = urlsplit(self.cluster.proxy_url or "").password
        for value in (user.token, user.password, user.client_key_data, password, *others):
            # Of a text on several lines an error may show one.
            yield from (line for line in (value or "").split() if len(line) >= _LEAST_SECRET)

    def data(self, kind: str, content: str | None, file: str | None) -> bytes | None:
        """What is in the key ``kind``-data, or else in the file of the key ``kind``; None if there is neither.

        Raises:
            StackError: if it cannot be had.
        """
        if content is not None:
            try:
                return base64.b64decode("".join(content.split()), validate=True)
            except (binascii.Error, ValueError):
                raise refusal(
                    f"{self.name!r}: its {kind}-data is not base64, as if it were cut short; correct the kubeconfig"
                ) from None
        if file is None:
            return None
        try:
            return Path(file).read_bytes()
        except FileNotFoundError:
            raise refusal(f"{self.name!r} needs the file {file}, which is not there; correct the kubeconfig") from None
        except OSError as error:
            raise refusal(
                f"{self.name!r} needs the file {file}, which cannot be read ({error.strerror}); make it readable, or "
                f"correct the kubeconfig"
            ) from None


@dataclass(frozen=True, kw_only=True)
class _Kubeconfig:
    """The entries of one file, or of several that are merged, by their names."""

    contexts: dict[str, Any]
    clusters: dict[str, Any]
    users: dict[str, Any]

    def context(self, name: str, where: str) -> Context:
        """A context that is there, put together."""
        said = _valid(_Names, self.contexts[name], f"the context {name!r}")
        for each, known in ((said.cluster, self.clusters), (said.user, self.users)):
            if each and each not in known:
                raise refusal(
                    f"{name!r} names the cluster or user {each!r}, which {where} does not describe; correct the "
                    f"kubeconfig"
                )
        if not said.cluster:
            raise refusal(f"{name!r} names no cluster; correct the kubeconfig")
        found = Context(
            name=name,
            cluster=_valid(Cluster, self.clusters[said.cluster], f"the cluster {said.cluster!r}"),
            user=_valid(User, self.users.get(said.user), f"the user {said.user!r}"),
        )
        named = found.cluster.certificate_authority or found.cluster.certificate_authority_data
        if found.cluster.insecure_skip_tls_verify and named:
            raise refusal(
                f"{name!r} has both insecure-skip-tls-verify and a certificate-authority, which kubectl refuses; "
                f"remove the former from the kubeconfig"
            )
        return found


def read_context(kubeconfig: str, context: str) -> Context:
    """What the text of a kubeconfig says of ``context``, which it has."""
    return _entries(yaml.load(kubeconfig, _LOADER), None).context(context, "its kubeconfig")  # noqa: S506  # it is safe


def find_context(context: str) -> Context:
    """What the kubeconfig, found as kubectl finds it, says of ``context``.

    Raises:
        StackError: if it says nothing of it, or what no kubeconfig says.
    """
    where = os.environ.get("KUBECONFIG") or DEFAULT_KUBECONFIG
    files = [Path(name).expanduser() for name in where.split(os.pathsep) if name]
    found = [each for file in files if (each := _read(file)) is not None]
    if not found:
        raise refusal(f"{context!r} cannot be looked up: there is no kubeconfig {where}; name yours in KUBECONFIG")
    merged = _Kubeconfig(contexts={}, clusters={}, users={})
    for each in reversed(found):
        merged.contexts.update(each.contexts)
        merged.clusters.update(each.clusters)
        merged.users.update(each.users)
    if context not in merged.contexts:
        known = sorted(merged.contexts)
        close = difflib.get_close_matches(plain(context), known, n=1)
        hint = f"did you mean {close[0]}?" if close else it_has(known)
        if letters := look_alikes(context):
            hint = f"{hint}; it is written with {letters}: type it anew, without copying"
        raise settings_error([Problem(CONTEXT, f"{context!r} is not a context of the kubeconfig {where}; {hint}")])
    return merged.context(context, where)


def _read(file: Path) -> _Kubeconfig | None:
    if not file.is_file():
        return None
    mend = "correct it, or name yours in KUBECONFIG"
    try:
        return _entries(yaml.load(file.read_bytes(), _LOADER), file.parent)  # noqa: S506  # it is safe
    except (yaml.YAMLError, LookupError, TypeError, AttributeError, ValueError, RecursionError):
        raise refusal(f"cannot be looked up: {file} is not a kubeconfig; {mend}") from None
    except OSError as error:
        raise refusal(f"cannot be looked up: {file} cannot be read ({error.strerror})") from None


def _entries(content: Any, folder: Path | None) -> _Kubeconfig:
    def named(plural: str, absolute: Callable[[Any], Any]) -> dict[str, Any]:
        whole: dict[str, Any] = content or {}
        # kubectl writes null for a list that became empty. Of two entries of a name the first is taken.
        entries: list[dict[str, Any]] = whole.get(plural) or []
        return {str(each["name"]): absolute(each.get(plural.removesuffix("s"))) for each in entries[::-1]}

    def absolute(entry: Any) -> Any:
        if not isinstance(entry, dict) or folder is None:
            return cast("object", entry)
        found = {**cast("dict[str, Any]", entry)}
        for key in _FILES:
            if isinstance(found.get(key), str) and found[key]:
                found[key] = str(folder.absolute() / found[key])
        plugin = cast("dict[str, Any]", found["exec"]) if isinstance(found.get("exec"), dict) else {}
        if os.sep in str(plugin.get("command")):
            found["exec"] = {**plugin, "command": str(folder.absolute() / str(plugin["command"]))}
        return found

    return _Kubeconfig(
        contexts=named("contexts", lambda entry: entry),
        clusters=named("clusters", absolute),
        users=named("users", absolute),
    )


def _valid(model: type[Entry], content: Any, what: str) -> Entry:
    try:
        return model.model_validate(_without_empty({} if content is None else content))
    except ValidationError as error:
        # The value that is wrong may be a secret.
        keys = {".".join(map(str, each["loc"])) for each in error.errors(include_input=False, include_url=False)}
        raise refusal(
            f"cannot be looked up: of {what} in the kubeconfig, {', '.join(sorted(keys)) or 'all'} is not what it "
            f"should be; correct it, for instance with quotes around a number"
        ) from None
