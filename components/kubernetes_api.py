"""The cluster's API, read through a kubeconfig, with words for whatever keeps that from working."""

import binascii
import difflib
import json
import os
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import yaml
from lightkube.config.client_adapter import Client, ConnectionParams
from lightkube.config.kubeconfig import DEFAULT_KUBECONFIG, KubeConfig, SingleConfig
from lightkube.config.models import User
from lightkube.core.exceptions import ConfigError

from components.errors import Problem, StackError, cluster_refusal, settings_error

if TYPE_CHECKING:
    from httpx2 import Client as HttpClient
    from httpx2 import Response

Get = Callable[[str, str], dict[str, Any] | None]
"""Reads the object at a path, which has a key if it is what it should be; None if we may not read it."""

CONTEXT = "kubeflow:cluster.context"
TIMEOUT_SECONDS = 10
WEBHOOK_TIMEOUT_SECONDS = 15
"""Longer than the API server waits for a webhook that does not answer, so that it says so."""
VERSION = "/version"
_EXEC_VERSION = "client.authentication.k8s.io/v1"
_EXEC_VERSION_OF_LIGHTKUBE = "client.authentication.k8s.io/v1beta1"
"""lightkube knows no later one; a plugin's answer has its token in the same place in both."""


@contextmanager
def open_client(context: str, kubeconfig: str | None = None) -> Generator[Get]:
    """Yields what reads an object by its path, and the key that it has if it is what it should be.

    Args:
        context: the context of ``kubeconfig``, or of the user's.
        kubeconfig: a kubeconfig's text; None for the user's.

    Raises:
        StackError: if the cluster cannot be reached.
    """
    config = find_context(context) if kubeconfig is None else read_context(kubeconfig, context)
    with open_config(config) as get:
        yield get


@contextmanager
def open_config(config: SingleConfig) -> Generator[Get]:
    """Yields what ``open_client`` does, for a context that was found."""
    with _client(config) as client:

        def get(path: str, key: str) -> dict[str, Any] | None:
            """The object at ``path``; None if there is none, or we may not read it."""
            with _explained(config):
                answer = client.get(path)
            return _content(config, answer, path, key)

        yield get


def try_create(context: str, kubeconfig: str | None, path: str, manifest: Mapping[str, Any]) -> tuple[int, str]:
    """What the API server says to an object that it is to check, and not to make: HTTP status and message.

    Webhooks are asked as for an object that is made.

    Args:
        context: as ``open_client`` takes it.
        kubeconfig: as ``open_client`` takes it.
        path: where the API server lists objects of this kind.
        manifest: the object.

    Raises:
        StackError: if the cluster cannot be reached.
    """
    config = find_context(context) if kubeconfig is None else read_context(kubeconfig, context)
    with _client(config, WEBHOOK_TIMEOUT_SECONDS) as client, _explained(config):
        answer = client.post(path, params={"dryRun": "All"}, json=dict(manifest))
    try:
        found: object = answer.json()
    except ValueError:
        found = None
    message = cast("dict[str, Any]", found).get("message") if isinstance(found, dict) else None
    return answer.status_code, str(message or answer.text)


@contextmanager
def _client(config: SingleConfig, timeout_seconds: float = TIMEOUT_SECONDS) -> Generator["HttpClient"]:
    import httpx2

    with _explained(config):
        client = Client(config, ConnectionParams(timeout=httpx2.Timeout(timeout_seconds)))
    with client:
        yield client


def read_context(kubeconfig: str, context: str) -> SingleConfig:
    """What the text of a kubeconfig says of ``context``."""
    config = KubeConfig.from_dict(yaml.safe_load(kubeconfig)).get(context)  # pyright: ignore[reportUnknownMemberType]
    assert config is not None
    return _with_known_plugin_version(config)


def find_context(context: str) -> SingleConfig:
    """What the kubeconfig, found as kubectl finds it, says of ``context``.

    Raises:
        StackError: if it says nothing of it, or names what is not there.
    """
    files = [Path(name) for name in os.environ.get("KUBECONFIG", "").split(os.pathsep) if name]
    where = os.environ.get("KUBECONFIG") or DEFAULT_KUBECONFIG
    configs = [
        config for file in files or [Path(DEFAULT_KUBECONFIG)] if (config := _read(file.expanduser())) is not None
    ]
    if not configs:
        raise refusal(f"{context!r} cannot be looked up: there is no kubeconfig {where}; name yours in KUBECONFIG")
    found = next((config for config in configs if context in config.contexts), None)
    if found is None:
        known = sorted({name for config in configs for name in config.contexts})
        close = difflib.get_close_matches(context, known, n=1)
        hint = f"did you mean {close[0]}?" if close else it_has(known)
        raise settings_error([Problem(CONTEXT, f"{context!r} is not a context of the kubeconfig {where}; {hint}")])
    # As kubectl does, what one file only mentions is looked up in the others; the first to describe it is right.
    for other in configs:
        found.clusters.update({name: value for name, value in other.clusters.items() if name not in found.clusters})
        found.users.update({name: value for name, value in other.users.items() if name not in found.users})
    try:
        config = found.get(context)
    except KeyError as error:
        raise refusal(
            f"{context!r} names the cluster or user {error}, which {where} does not describe; correct the kubeconfig"
        ) from None
    assert config is not None
    user = config.user or User()
    for name in (config.cluster.certificate_auth, user.client_cert, user.client_key, user.token_file):
        if name and not Path(config.abs_file(name)).is_file():
            raise refusal(f"{context!r} needs the file {name}, which is not there; correct the kubeconfig")
    return _with_known_plugin_version(config._replace(user=user))


def _with_known_plugin_version(config: SingleConfig) -> SingleConfig:
    if config.user and config.user.exec and config.user.exec.apiVersion == _EXEC_VERSION:
        config.user.exec.apiVersion = _EXEC_VERSION_OF_LIGHTKUBE
    return config


def _read(file: Path) -> KubeConfig | None:
    if not file.is_file():
        return None
    try:
        content: dict[str, Any] = yaml.safe_load(file.read_text()) or {}
        # kubectl writes null for a list that became empty.
        lists: dict[str, Any] = {name: content.get(name) or [] for name in ("clusters", "contexts", "users")}
        return KubeConfig.from_dict({**content, **lists}, file)  # pyright: ignore[reportUnknownMemberType]
    except (yaml.YAMLError, KeyError, TypeError, AttributeError, ValueError):
        raise refusal(
            f"cannot be looked up: {file} is not a kubeconfig; correct it, or name yours in KUBECONFIG"
        ) from None
    except OSError as error:
        raise refusal(f"cannot be looked up: {file} cannot be read ({error.strerror})") from None


def _content(config: SingleConfig, answer: "Response", path: str, key: str) -> dict[str, Any] | None:
    server, status = config.cluster.server, answer.status_code
    if status == HTTPStatus.FORBIDDEN or (status == HTTPStatus.NOT_FOUND and path != VERSION):
        return None
    if status == HTTPStatus.UNAUTHORIZED:
        raise refusal(f"{config.context_name!r}: {server} refuses the login (HTTP 401); log in again")
    if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise refusal(
            f"{config.context_name!r}: {server} answers {path} with HTTP {status}; wait until the cluster is ready, "
            f"and try again"
        )
    try:
        found: object = answer.json()
    except ValueError:
        found = None
    if status != HTTPStatus.OK or not isinstance(found, dict) or key not in found:
        raise refusal(
            f"{config.context_name!r}: {server} is no Kubernetes API server, since it answers {path} with HTTP "
            f"{status} and no {key}; correct the address in the kubeconfig"
        )
    return cast("dict[str, Any]", found)


@contextmanager
def _explained(config: SingleConfig) -> Generator[None]:
    """Puts into words what lightkube raises: its own errors, those of files and plugins, those of their contents."""
    import httpx2

    name, server, plugin = config.context_name, config.cluster.server, config.user.exec if config.user else None
    try:
        yield
    except (httpx2.InvalidURL, httpx2.UnsupportedProtocol):
        raise refusal(
            f"{name!r}: {server} is not a URL; write it in full in the kubeconfig, such as https://10.0.0.1:6443"
        ) from None
    except httpx2.HTTPError as error:
        raise refusal(
            f"{name!r}: {server} does not answer ({_reason(error)}); start the cluster, or check the network and the "
            f"kubeconfig"
        ) from None
    except FileNotFoundError as error:
        reason = f"{plugin.command} is not installed" if plugin else _reason(error)
    except (KeyError, TypeError, json.JSONDecodeError):
        reason = f"{plugin.command} gives no token" if plugin else "its certificate has no key"
    except binascii.Error:
        reason = "a certificate or key of it is not base64"
    except (ConfigError, OSError, ValueError) as error:
        reason = _reason(error)
    else:
        return
    raise refusal(f"{name!r} cannot log in: {reason}; correct the kubeconfig, or log in again")


def _reason(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def it_has(names: Iterable[str]) -> str:
    """What there is instead, in words."""
    return f"it has {', '.join(sorted(names)) or 'none'}"


def refusal(sentence: str) -> StackError:
    """An error that the cluster or the kubeconfig causes, where no setting needs a change."""
    return cluster_refusal(CONTEXT, sentence)
