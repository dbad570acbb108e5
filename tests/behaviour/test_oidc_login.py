"""Login by an OpenID Connect provider, and notebooks on hosts of their own.

The deployed hub talks to a provider that runs on this machine; names below ``DOMAIN`` are this machine's.
"""

import base64
import json
import socket
import threading
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from unittest import mock
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest
import requests

from tests.behaviour.running_hub import RunningHub, running_hub
from tests.conftest import Cluster
from tests.support.hub_client import HubClient

CLIENT_ID, CLIENT_SECRET = "kubeflow", "only the provider and the hub know"
DOMAIN = "hub.example.com"
PUBLIC = f"http://{DOMAIN}:8000"
CALLBACK = f"{PUBLIC}/hub/oauth_callback"


class Provider(ThreadingHTTPServer):
    """Vouches for whoever ``person`` is, to the application that knows its secret."""

    person = ""
    seen: list[str]

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.seen = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Provider  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_GET(self) -> None:  # http.server's name
        url = urlsplit(self.path)
        self.server.seen.append(url.path)
        if url.path == "/authorize":
            asked = {key: values[0] for key, values in parse_qs(url.query).items()}
            assert (asked["client_id"], asked["redirect_uri"]) == (CLIENT_ID, CALLBACK)
            self.send_response(302)
            self.send_header("Location", f"{CALLBACK}?{urlencode({'code': 'abc', 'state': asked['state']})}")
            self.end_headers()
        else:
            known = self.headers["Authorization"] == "Bearer granted"
            self._answer(200 if known else 401, {"preferred_username": self.server.person})

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.server.seen.append(urlsplit(self.path).path)
        basic = base64.b64encode(f"{quote(CLIENT_ID)}:{quote(CLIENT_SECRET)}".encode()).decode()
        known = form.get("client_secret") == [CLIENT_SECRET] or self.headers["Authorization"] == f"Basic {basic}"
        self._answer(200 if known else 401, {"access_token": "granted", "token_type": "Bearer"})

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing: tests ask what was seen."""


@pytest.fixture(scope="module")
def provider() -> Generator[Provider]:
    provider = Provider()
    threading.Thread(target=provider.serve_forever, daemon=True).start()
    yield provider
    provider.shutdown()
    provider.server_close()


@pytest.fixture(scope="module", autouse=True)
def names() -> Generator[None]:
    """What a DNS with a wildcard would answer."""
    resolve = socket.getaddrinfo

    def answer(host: str, *arguments: Any, **options: Any) -> Any:
        return resolve("127.0.0.1" if host == DOMAIN or host.endswith(f".{DOMAIN}") else host, *arguments, **options)

    with mock.patch("socket.getaddrinfo", answer):
        yield


@pytest.fixture(scope="module")
def hub(cluster: Cluster, provider: Provider) -> Generator[RunningHub]:
    core = {
        "namespace": "oidc",
        "jupyterHubAuthenticator": "oidc",
        "hub": {"subdomainHost": PUBLIC},
        "login": {
            "clientId": CLIENT_ID,
            "callbackUrl": CALLBACK,
            "authorizeUrl": f"{provider.url}/authorize",
            "tokenUrl": f"{provider.url}/token",
            "userdataUrl": f"{provider.url}/userinfo",
            "allowedUsers": ["ada"],
        },
    }
    with running_hub(cluster, core, {"kubeflow:oauthClientSecret": CLIENT_SECRET}, []) as running:
        yield running


@pytest.mark.usefixtures("hub")
def test_allowed_user_comes_in_and_nobody_else(provider: Provider) -> None:
    provider.person = "ada"
    client = HubClient(PUBLIC, "ada")
    assert client.get("/hub/oauth_login?next=/hub/home").url.endswith("/hub/home")
    assert provider.seen == ["/authorize", "/token", "/userinfo"]
    assert client.call("GET", "/hub/api/user").json()["name"] == "ada"

    provider.person = "mallory"
    refused = HubClient(PUBLIC, "mallory").get("/hub/oauth_login?next=/hub/home")
    assert refused.status_code == 403


def test_notebook_has_a_host_of_its_own_which_the_hubs_cookies_do_not_reach(
    hub: RunningHub, provider: Provider
) -> None:
    provider.person = "ada"
    client = HubClient(PUBLIC, "ada")
    client.get("/hub/oauth_login?next=/hub/home")
    client.submit({})
    client.wait_until_ready()
    page = client.get("/user/ada/lab")
    assert page.url.startswith(f"http://ada.{DOMAIN}:8000/user/ada/lab")
    assert "JupyterLab" in page.text
    # The notebook is not at the hub's host, and whoever is at the notebook's is nobody to the hub.
    assert client.session.get(f"{PUBLIC}/user/ada/api", allow_redirects=False).status_code == 302
    assert client.session.get(f"{PUBLIC}/hub/api/user").status_code == 200
    # Browsers send a host's cookies to no host below it, unless the cookies say so; this library does.
    cookies: list[Any] = list(client.session.cookies)
    sent = {each.name: each.value for each in cookies if each.domain_specified or each.domain == f"ada.{DOMAIN}"}
    assert "jupyterhub-hub-login" in {each.name for each in cookies} - sent.keys()
    assert requests.get(f"http://ada.{DOMAIN}:8000/hub/api/user", cookies=sent, timeout=30).status_code == 403
    assert hub.cluster.kubectl("get", "pod", "jupyter-ada", f"--namespace={hub.namespace}", "--output=name")
    client.stop()


@pytest.mark.usefixtures("hub")
def test_there_is_no_password_form() -> None:
    page = HubClient(PUBLIC, "ada").get("/hub/login")
    assert "password" not in page.text.lower()
    assert "OpenID Connect" in page.text


def test_policy_lets_the_hub_reach_the_provider(hub: RunningHub, provider: Provider) -> None:
    policy = hub.cluster.get("networkpolicy", "hub", f"--namespace={hub.namespace}")
    ports = {port["port"] for rule in policy["spec"]["egress"] for port in rule["ports"]}
    assert provider.server_port in ports
