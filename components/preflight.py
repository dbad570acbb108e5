"""What the program has to know of the target cluster before it registers anything.

It reads five small objects at most. What the user may not read is taken as it comes; what cannot work is refused here,
with words, rather than by a Deployment that never becomes ready.
"""

import difflib
import os
import re
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, cast

import yaml
from lightkube.config.client_adapter import Client, ConnectionParams
from lightkube.config.kubeconfig import DEFAULT_KUBECONFIG, KubeConfig, SingleConfig
from lightkube.config.models import User
from lightkube.core.exceptions import ConfigError

from components.errors import Problem, settings_error

CONTEXT = "kubeflow:cluster.context"
MINIMUM_VERSION = (1, 28)
"""The oldest Kubernetes that Zero to JupyterHub 4.4, whose images we run, supports."""
TIMEOUT_SECONDS = 10
_DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"


@dataclass(frozen=True, kw_only=True)
class ClusterFacts:
    """What the program takes from the cluster."""

    identity: str
    """What tells the cluster from any other: the UID of its kube-system namespace, else its URL."""

    api_ports: tuple[int, ...]
    """The ports on which pods reach the API server, whether by its Service or by its own address."""


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
    config = find_context(context)
    try:
        return _ask(config, needs)
    except ConfigError as error:
        raise settings_error([Problem(CONTEXT, f"{context!r} cannot log in: {error}")]) from None


def find_context(context: str) -> SingleConfig:
    """What the kubeconfig, found as kubectl finds it, says of ``context``.

    Raises:
        StackError: if it says nothing of it.
    """
    files = [Path(name) for name in os.environ.get("KUBECONFIG", "").split(os.pathsep) if name]
    configs = [_read(file.expanduser()) for file in files or [Path(DEFAULT_KUBECONFIG).expanduser()]]
    found = next((config for config in configs if config and context in config.contexts), None)
    if found is None:
        known = sorted({name for config in configs if config for name in config.contexts})
        close = difflib.get_close_matches(context, known, n=1)
        hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}" if known else "it has none"
        where = os.environ.get("KUBECONFIG") or DEFAULT_KUBECONFIG
        raise settings_error([Problem(CONTEXT, f"{context!r} is not a context of the kubeconfig {where}; {hint}")])
    try:
        config = found.get(context)
    except KeyError as error:
        raise settings_error(
            [Problem(CONTEXT, f"{context!r} names the cluster or user {error}, which {found.fname} does not describe")]
        ) from None
    assert config is not None
    return config if config.user else config._replace(user=User())


def _read(file: Path) -> KubeConfig | None:
    if not file.is_file():
        return None
    try:
        return KubeConfig.from_file(file)
    except (yaml.YAMLError, KeyError, TypeError, AttributeError, OSError, ConfigError):
        raise settings_error([Problem(CONTEXT, f"cannot be looked up: {file} is not a kubeconfig")]) from None


def _ask(config: SingleConfig, needs: list[StorageNeed]) -> ClusterFacts:
    import httpx2

    with Client(config, ConnectionParams(timeout=httpx2.Timeout(TIMEOUT_SECONDS))) as client:

        def get(path: str) -> dict[str, Any] | None:
            """The object at ``path``; None if we may not read it."""
            try:
                answer = client.get(path)
            except httpx2.HTTPError as error:
                raise settings_error([Problem(CONTEXT, _unreachable(config, error))]) from None
            if answer.status_code in (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND):
                return None
            if answer.status_code == HTTPStatus.UNAUTHORIZED:
                raise settings_error(
                    [Problem(CONTEXT, f"{config.context_name!r} is refused by {config.cluster.server}: log in again")]
                )
            try:
                found: object = answer.json()
            except ValueError:
                found = None
            if answer.status_code != HTTPStatus.OK or not isinstance(found, dict):
                raise settings_error(
                    [
                        Problem(
                            CONTEXT,
                            f"{config.context_name!r}: {config.cluster.server} answers {path} with HTTP "
                            f"{answer.status_code}, as no Kubernetes API server does",
                        )
                    ]
                )
            return cast("dict[str, Any]", found)

        _check_version(config, get("/version"))
        if needs:
            _check_storage(needs, get("/apis/storage.k8s.io/v1/storageclasses"))
        system = get("/api/v1/namespaces/kube-system")
        endpoints = get("/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes")
    ports: list[dict[str, int]] = (endpoints or {}).get("ports") or []
    return ClusterFacts(
        identity=system["metadata"]["uid"] if system else config.cluster.server,
        api_ports=tuple(sorted({443, 6443, *(port["port"] for port in ports)})),
    )


def _unreachable(config: SingleConfig, error: Exception) -> str:
    return (
        f"{config.context_name!r}: {config.cluster.server} does not answer ({str(error) or type(error).__name__}); "
        f"start the cluster, or check the network and the kubeconfig"
    )


def _check_version(config: SingleConfig, version: dict[str, Any] | None) -> None:
    text = str((version or {}).get("gitVersion", ""))
    match = re.match(r"v?(\d+)\.(\d+)", text)
    if match and (int(match[1]), int(match[2])) < MINIMUM_VERSION:
        oldest = ".".join(map(str, MINIMUM_VERSION))
        raise settings_error(
            [
                Problem(
                    CONTEXT,
                    f"{config.context_name!r} is Kubernetes {text}, which is too old; upgrade the cluster to {oldest} "
                    f"or later",
                )
            ]
        )


def _check_storage(needs: list[StorageNeed], found: dict[str, Any] | None) -> None:
    if found is None:
        return
    classes: dict[str, dict[str, str]] = {
        item["metadata"]["name"]: item["metadata"].get("annotations") or {} for item in found["items"]
    }
    has_default = any(annotations.get(_DEFAULT_CLASS) == "true" for annotations in classes.values())
    there_are = f"there are {', '.join(sorted(classes))}" if classes else "it has none"
    problems: list[Problem] = []
    for need in needs:
        if need.storage_class is None and not has_default:
            problems.append(
                Problem(
                    need.setting,
                    f"needs a claim, but the cluster has no default StorageClass ({there_are}); mark one with the "
                    f"annotation {_DEFAULT_CLASS}, or name one in {need.class_setting}",
                )
            )
        elif need.storage_class is not None and need.storage_class not in classes:
            problems.append(
                Problem(
                    need.class_setting,
                    f"{need.storage_class!r} is not a StorageClass of the cluster; {there_are}",
                )
            )
    if problems:
        raise settings_error(problems)
