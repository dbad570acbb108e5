"""Credential plugins of kubectl: whoever they are asked by, the answer is the control plane's administrator.

As the real ones they give a token, if there is a cluster. They give the certificate too, which needs none.
"""

import base64
import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from tests.support.cloud.cluster import Cluster

_VERSION = "client.authentication.k8s.io/v1beta1"
_ASKS_SOMEBODY = ("devicecode", "interactive")


def refusal(program: str, arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    """Why the plugin gives nothing: kubelogin may be told to ask somebody, and nobody is here."""
    if program != "kubelogin":
        return ""
    if not arguments or arguments[0] != "get-token":
        return "this stand-in for kubelogin knows only get-token"
    method = environment.get("AAD_LOGIN_METHOD") or _option(arguments, "devicecode")
    return f"kubelogin would wait for somebody to log in ({method})" if method in _ASKS_SOMEBODY else ""


def exec_credential(cluster: Cluster, environment: Mapping[str, str]) -> dict[str, Any]:
    """What the plugin prints, in the version that it is asked for."""
    asked: dict[str, Any] = json.loads(environment.get("KUBERNETES_EXEC_INFO") or "{}")
    status = {"clientCertificateData": _pem(cluster.certificate), "clientKeyData": _pem(cluster.key)}
    if token := cluster.token():
        status["token"] = token
    return {"apiVersion": asked.get("apiVersion", _VERSION), "kind": "ExecCredential", "status": status}


def answer(program: str, arguments: Sequence[str], cluster: Cluster) -> int:
    """Runs the plugin; its exit status."""
    if problem := refusal(program, arguments, os.environ):
        print(problem, file=sys.stderr)
        return 1
    print(json.dumps(exec_credential(cluster, os.environ)))
    return 0


def _option(arguments: Sequence[str], default: str) -> str:
    """How kubelogin is told to log in."""
    for index, argument in enumerate(arguments):
        option, _, value = argument.partition("=")
        if option in ("-l", "--login"):
            return value or arguments[index + 1]
    return default


def _pem(data: str) -> str:
    return base64.b64decode(data).decode()
