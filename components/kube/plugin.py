"""Credential plugins: programs that a kubeconfig names, and that print a token or a client certificate."""

import base64
import json
import os
import re
import signal
import subprocess
from dataclasses import dataclass, field
from typing import Any, cast

from components.errors import LONGEST_REASON, StackError
from components.kube.kubeconfig import Context, Plugin
from components.kube.refusals import refusal

SECONDS = 30
"""How long a plugin may take. One that sends people to a browser takes longer; its token is kept once it has one."""
_VERSIONS = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")
_TOKEN = re.compile(r"\beyJ[\w-]+\.[\w.-]+")
"""What tokens look like that are JSON."""
_CONFIG_EXTENSION = "client.authentication.k8s.io/exec"
_OR = "; correct the kubeconfig, or log in again"


@dataclass(frozen=True, kw_only=True)
class Credential:
    """What a plugin gives."""

    token: str | None = field(default=None, repr=False)
    certificate: str | None = None
    key: str | None = field(default=None, repr=False)


def run_plugin(context: Context, plugin: Plugin) -> Credential:
    """Runs the plugin without a terminal, so that it asks nobody for anything.

    Raises:
        StackError: if it gives no credential in time.
    """
    name = plugin.command
    if plugin.api_version not in _VERSIONS:
        raise _failed(context, f"{name} is to speak {plugin.api_version}, and kubectl knows {' and '.join(_VERSIONS)}")
    if plugin.interactive_mode == "Always":
        raise _failed(
            context,
            f"{name} needs a terminal (interactiveMode: Always), which no deployment has; use another login",
        )
    information = {
        "apiVersion": plugin.api_version,
        "kind": "ExecCredential",
        "spec": {"interactive": False, **({"cluster": _about(context)} if plugin.provide_cluster_info else {})},
    }
    environment = {
        **os.environ,
        **{each.name: each.value for each in plugin.env},
        "KUBERNETES_EXEC_INFO": json.dumps(information),
    }
    printed = _printed(context, plugin, environment)
    try:
        answer: Any = json.loads(printed)
        status: dict[str, Any] = answer["status"]
        found = Credential(
            token=_text(status, "token"),
            certificate=_text(status, "clientCertificateData"),
            key=_text(status, "clientKeyData"),
        )
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        answer, found = {}, Credential()
    if not (found.token or (found.certificate and found.key)):
        raise _failed(context, f"{name} gives no token{_OR}")
    version = cast("dict[str, Any]", answer).get("apiVersion")
    if version != plugin.api_version:
        raise _failed(
            context,
            f"{name} answers in {context.hide(str(version))}, and the kubeconfig says {plugin.api_version}; correct "
            f"the kubeconfig",
        )
    return found


def _text(status: dict[str, Any], key: str) -> str | None:
    value = status.get(key)
    return value if isinstance(value, str) and value else None


def _printed(context: Context, plugin: Plugin, environment: dict[str, str]) -> bytes:
    try:
        process = subprocess.Popen(
            [plugin.command, *plugin.args],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # Without the terminal that the user may have started us from; and to be ended with all that it starts.
            start_new_session=True,
        )
    except FileNotFoundError:
        hint = f" ({' '.join(plugin.install_hint.split())})" if plugin.install_hint else ""
        raise _failed(context, f"{plugin.command} is not installed{hint}{_OR}") from None
    except (OSError, ValueError) as error:  # not executable; a NUL among the arguments
        raise _failed(context, f"{plugin.command} cannot be started ({_reason(context, str(error))}){_OR}") from None
    with process:
        try:
            printed, said = process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired as expired:
            os.killpg(process.pid, signal.SIGKILL)
            hint = _reason(context, (expired.stderr or b"").decode(errors="replace"))
            raise _failed(
                context,
                f"{plugin.command} has given no token after {SECONDS} s{f' (it says: {hint})' if hint else ''}; log in "
                f"with kubectl --context {context.name} version first, and try again",
            ) from None
    if process.returncode:
        reason = _reason(context, said.decode(errors="replace")) or "nothing"
        raise _failed(
            context, f"{plugin.command} fails with exit code {process.returncode}, and says: {reason}{_OR}"
        ) from None
    return printed


def _about(context: Context) -> dict[str, Any]:
    """The cluster, as a plugin is told of it."""
    cluster = context.cluster
    authority = context.data("certificate-authority", cluster.certificate_authority_data, cluster.certificate_authority)
    about = {
        "server": cluster.server,
        "tls-server-name": cluster.tls_server_name,
        "insecure-skip-tls-verify": cluster.insecure_skip_tls_verify or None,
        "certificate-authority-data": base64.b64encode(authority).decode() if authority else None,
        "proxy-url": cluster.proxy_url,
        "config": next(
            (each.get("extension") for each in cluster.extensions if each.get("name") == _CONFIG_EXTENSION), None
        ),
    }
    return {key: value for key, value in about.items() if value is not None}


def _failed(context: Context, reason: str) -> StackError:
    return refusal(f"{context.name!r} cannot log in: {reason}")


def _reason(context: Context, text: str) -> str:
    """A text of a plugin's in one line, without what is secret."""
    return _TOKEN.sub("...", context.hide(" ".join(text.split())))[:LONGEST_REASON]
