"""The names, ports and labels by which JupyterHub's parts find each other."""

HUB = "hub"
HUB_PORT = 8081

PROXY = "proxy"
PROXY_API = "proxy-api"
PROXY_API_PORT = 8001
PUBLIC_SERVICE = "tf-hub-lb"
"""The Service that users come in by, under the name that Kubeflow 0.1 gave it."""
PUBLIC_PORT = 8000
PUBLIC_SERVICE_PORT = 80

NOTEBOOK_PORT = 8888


def may_reach(*parts: str) -> dict[str, str]:
    """The labels of pods that the policies of ``parts`` let in, as Zero to JupyterHub names them.

    The parts are ``hub``, ``proxy-api``, ``proxy-http`` and ``singleuser``.
    """
    return {f"hub.jupyter.org/network-access-{part}": "true" for part in parts}


def url(service: str, port: int) -> str:
    """Where pods of the same namespace find ``service``."""
    return f"http://{service}:{port}"
