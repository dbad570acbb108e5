"""Kubeconfigs that log in by a cloud's credential plugin, as the clouds' own commands write them.

They hold no credential: a token is asked for at each use, so that its rotation changes nothing of the stack.
"""

import json
from typing import Any

ENTRA_SERVER = "6dae42f8-4368-4678-94ff-3960e28e3630"
"""The id by which Entra knows the API servers of all AKS clusters."""


def gke_kubeconfig(context: str, endpoint: str, certificate_authority: str) -> str:
    """The kubeconfig of a GKE cluster.

    Args:
        context: what the context, cluster and user are called.
        endpoint: the API server's address, without https://.
        certificate_authority: its certificate authority, as base64.
    """
    return _kubeconfig(
        context,
        {"server": f"https://{endpoint}", "certificate-authority-data": certificate_authority},
        {
            "apiVersion": "client.authentication.k8s.io/v1beta1",
            "command": "gke-gcloud-auth-plugin",
            "installHint": "Install it with: gcloud components install gke-gcloud-auth-plugin",
            "interactiveMode": "IfAvailable",
            "provideClusterInfo": True,
        },
    )


def aks_kubeconfig(context: str, server: str, certificate_authority: str, login: str) -> str:
    """The kubeconfig of an AKS cluster with Entra ID.

    Args:
        context: what the context, cluster and user are called.
        server: the API server's URL.
        certificate_authority: its certificate authority, as base64.
        login: how ``kubelogin`` logs in.
    """
    return _kubeconfig(
        context,
        {"server": server, "certificate-authority-data": certificate_authority},
        {
            "apiVersion": "client.authentication.k8s.io/v1beta1",
            "command": "kubelogin",
            "args": ["get-token", "--server-id", ENTRA_SERVER, "--login", login],
            "installHint": "Install it with: az aks install-cli",
            "interactiveMode": "IfAvailable",
            "provideClusterInfo": False,
        },
    )


def _kubeconfig(name: str, cluster: dict[str, Any], plugin: dict[str, Any]) -> str:
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": name, "cluster": cluster}],
            "users": [{"name": name, "user": {"exec": plugin}}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
            "current-context": name,
        }
    )
