"""What the program has to know of the target cluster before it registers anything.

It reads five small objects at most. What the user may not read is taken as it comes; what cannot work is refused here,
with words, rather than by a Deployment that never becomes ready.
"""

import binascii
import difflib
import json
import os
import re
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import yaml
from lightkube.config.client_adapter import Client, ConnectionParams
from lightkube.config.kubeconfig import DEFAULT_KUBECONFIG, KubeConfig, SingleConfig
from lightkube.config.models import User
from lightkube.core.exceptions import ConfigError

from components.errors import Problem, StackError, settings_error

if TYPE_CHECKING:
    from httpx2 import Response

CONTEXT = "kubeflow:cluster.context"
MINIMUM_VERSION = (1, 28)
"""The oldest Kubernetes that Zero to JupyterHub 4.4, whose images we run, supports."""
TIMEOUT_SECONDS = 10
_VERSION = "/version"
_EXEC_VERSION = "client.authentication.k8s.io/v1"
_EXEC_VERSION_OF_LIGHTKUBE = "client.authentication.k8s.io/v1beta1"
"""lightkube knows no later one; a plugin's answer has its token in the same place in both."""
_DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"


@dataclass(frozen=True, kw_only=True)
class ClusterFacts:
    """What the program takes from the cluster."""

    identity: str
    """What tells the cluster from any other: the UID of its kube-system namespace, else its URL."""

    api_ports: tuple[int, ...]
    """The ports on which pods reach the API server, whether by its Service or by its own address."""

    storage_classes: Mapping[str, bool] | None = None
    """The cluster's StorageClasses, and whether each is a default; None if nobody could be asked."""


@dataclass(frozen=True, kw_only=True)
class StorageNeed:
    """A claim that the stack or its users will make."""

    setting: str
    """The setting that asks for it."""

    storage_class: str | None
    """The class it names; None for the cluster's default."""

    class_setting: str
    """The setting that could name another class."""


def inspect(context: str, needs: list[StorageNeed]) -> ClusterFacts:
    """Asks the cluster of ``context``.

    Raises:
        StackError: if there is no such context, no answer, too old a version, or no class for a claim in ``needs``.
    """
    return _ask(find_context(context), needs)


def inspect_kubeconfig(kubeconfig: str, context: str, needs: list[StorageNeed]) -> ClusterFacts:
    """Asks the cluster of ``context`` in the text ``kubeconfig``.

    Raises:
        StackError: as ``inspect`` does.
    """
    config = KubeConfig.from_dict(yaml.safe_load(kubeconfig)).get(context)  # pyright: ignore[reportUnknownMemberType]
    assert config is not None
    return _ask(_with_known_plugin_version(config), needs)


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
        raise _refusal(f"{context!r} cannot be looked up: there is no kubeconfig {where}; name yours in KUBECONFIG")
    found = next((config for config in configs if context in config.contexts), None)
    if found is None:
        known = sorted({name for config in configs for name in config.contexts})
        close = difflib.get_close_matches(context, known, n=1)
        hint = f"did you mean {close[0]}?" if close else _it_has(known)
        raise settings_error([Problem(CONTEXT, f"{context!r} is not a context of the kubeconfig {where}; {hint}")])
    # As kubectl does, what one file only mentions is looked up in the others; the first to describe it is right.
    for other in configs:
        found.clusters.update({name: value for name, value in other.clusters.items() if name not in found.clusters})
        found.users.update({name: value for name, value in other.users.items() if name not in found.users})
    try:
        config = found.get(context)
    except KeyError as error:
        raise _refusal(
            f"{context!r} names the cluster or user {error}, which {where} does not describe; correct the kubeconfig"
        ) from None
    assert config is not None
    user = config.user or User()
    for name in (config.cluster.certificate_auth, user.client_cert, user.client_key, user.token_file):
        if name and not Path(config.abs_file(name)).is_file():
            raise _refusal(f"{context!r} needs the file {name}, which is not there; correct the kubeconfig")
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
        raise _refusal(
            f"cannot be looked up: {file} is not a kubeconfig; correct it, or name yours in KUBECONFIG"
        ) from None
    except OSError as error:
        raise _refusal(f"cannot be looked up: {file} cannot be read ({error.strerror})") from None


def _ask(config: SingleConfig, needs: list[StorageNeed]) -> ClusterFacts:
    import httpx2

    with _explained(config):
        client = Client(config, ConnectionParams(timeout=httpx2.Timeout(TIMEOUT_SECONDS)))
    with client:

        def get(path: str, key: str) -> dict[str, Any] | None:
            """The object at ``path``, which has ``key`` if it is what it should be; None if we may not read it."""
            with _explained(config):
                answer = client.get(path)
            return _content(config, answer, path, key)

        _check_version(config, get(_VERSION, "gitVersion"))
        classes = _storage_classes(get("/apis/storage.k8s.io/v1/storageclasses", "items"))
        if classes is not None:
            _check_storage(needs, classes)
        system = get("/api/v1/namespaces/kube-system", "metadata")
        endpoints = get("/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes", "metadata")
    ports: list[dict[str, int]] = (endpoints or {}).get("ports") or []
    return ClusterFacts(
        identity=system["metadata"]["uid"] if system else config.cluster.server,
        api_ports=tuple(sorted({443, 6443, *(port["port"] for port in ports)})),
        storage_classes=classes,
    )


def _content(config: SingleConfig, answer: "Response", path: str, key: str) -> dict[str, Any] | None:
    server, status = config.cluster.server, answer.status_code
    if status == HTTPStatus.FORBIDDEN or (status == HTTPStatus.NOT_FOUND and path != _VERSION):
        return None
    if status == HTTPStatus.UNAUTHORIZED:
        raise _refusal(f"{config.context_name!r}: {server} refuses the login (HTTP 401); log in again")
    if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise _refusal(
            f"{config.context_name!r}: {server} answers {path} with HTTP {status}; wait until the cluster is ready, "
            f"and try again"
        )
    try:
        found: object = answer.json()
    except ValueError:
        found = None
    if status != HTTPStatus.OK or not isinstance(found, dict) or key not in found:
        raise _refusal(
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
        raise _refusal(
            f"{name!r}: {server} is not a URL; write it in full in the kubeconfig, such as https://10.0.0.1:6443"
        ) from None
    except httpx2.HTTPError as error:
        raise _refusal(
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
    raise _refusal(f"{name!r} cannot log in: {reason}; correct the kubeconfig, or log in again")


def _reason(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _it_has(names: Iterable[str]) -> str:
    return f"it has {', '.join(sorted(names)) or 'none'}"


def _refusal(sentence: str) -> StackError:
    """An error that the cluster or the kubeconfig causes, where no setting needs a change."""
    return StackError(f"The cluster cannot be used, so nothing is deployed.\n  {CONTEXT}: {sentence}")


def _check_version(config: SingleConfig, version: dict[str, Any] | None) -> None:
    text = str((version or {}).get("gitVersion", ""))
    match = re.match(r"v?(\d+)\.(\d+)", text)
    if match and (int(match[1]), int(match[2])) < MINIMUM_VERSION:
        oldest = ".".join(map(str, MINIMUM_VERSION))
        raise _refusal(
            f"{config.context_name!r} is Kubernetes {text}, which is too old; upgrade the cluster to {oldest} or later"
        )


def _storage_classes(found: dict[str, Any] | None) -> dict[str, bool] | None:
    """The classes by name, and whether each is a default; None if we may not read them."""
    if found is None:
        return None
    annotations: dict[str, dict[str, str]] = {
        item["metadata"]["name"]: item["metadata"].get("annotations") or {} for item in found["items"]
    }
    return {name: each.get(_DEFAULT_CLASS) == "true" for name, each in annotations.items()}


def _check_storage(needs: list[StorageNeed], classes: Mapping[str, bool]) -> None:
    has_default = any(classes.values())
    problems: list[Problem] = []
    for need in needs:
        if need.storage_class is None and not has_default:
            problems.append(
                Problem(
                    need.setting,
                    f"needs a claim, but the cluster has no default StorageClass ({_it_has(classes)}); mark one with "
                    f"the annotation {_DEFAULT_CLASS}: true, or name one in {need.class_setting}",
                )
            )
        elif need.storage_class is not None and need.storage_class not in classes:
            problems.append(
                Problem(
                    need.class_setting,
                    f"{need.storage_class!r} is not a StorageClass of the cluster; {_it_has(classes)}",
                )
            )
    if problems:
        raise settings_error(problems)
