"""Whatever kubectl reaches a cluster by works here, each way tried with the real kubectl beside it."""

import base64
import json
import os
import re
import subprocess
import time
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from components.errors import StackError
from components.kube import plugin
from components.kube.kubeconfig import find_context
from components.kubernetes_api import Question, ask_all
from tests.bad_input.stand_in import StandIn, stand_in
from tests.conftest import Cluster
from tests.support.certificates import Authority
from tests.support.proxies import http_proxy, socks_proxy
from tests.support.recorder import WITHOUT_OPERATOR
from tests.support.workspace import Workspace

HOST = "api.cluster.test"
"""A name that proxies alone know."""
VALID = f"e30.{base64.urlsafe_b64encode(json.dumps({'exp': 4102444800}).encode()).decode().rstrip('=')}.c2ln"
V1, V1BETA1 = "client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"
AUTHORITY, OTHER = Authority("one"), Authority("another")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture(scope="module")
def serving(folder: Path) -> Generator[StandIn]:
    """A server whose certificate is for a name that only proxies know."""
    with stand_in(AUTHORITY.pair("server", HOST, "cluster.internal").serving(folder)) as made:
        yield made


@pytest.fixture
def server(serving: StandIn) -> StandIn:
    serving.answers, serving.delay, serving.heard = {"others": {"gitVersion": "v1.33.1"}}, 0, []
    return serving


@pytest.fixture(autouse=True)
def _without_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


class Clients:
    """kubectl and the preflight, with one kubeconfig."""

    def __init__(self, folder: Path, environment: Mapping[str, str], patch: pytest.MonkeyPatch) -> None:
        self.folder, self._path, self._patch = folder, environment["PATH"], patch
        self.file = folder / "kubeconfig"

    def write(self, cluster: Mapping[str, Any], user: Mapping[str, Any] | None = None) -> None:
        trust = {"certificate-authority-data": encoded(AUTHORITY.certificate), **cluster}
        self.file.write_text(
            yaml.safe_dump(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "clusters": [{"name": "c", "cluster": {k: v for k, v in trust.items() if v is not None}}],
                    "users": [{"name": "u", "user": user or {"token": "t"}}],
                    "contexts": [{"name": "team", "context": {"cluster": "c", "user": "u"}}],
                }
            )
        )

    def kubectl(self, kubeconfig: str | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["kubectl", "--context", "team", "version", "--output=json"],
            env={
                **os.environ,
                "PATH": self._path,
                "KUBECONFIG": kubeconfig or str(self.file),
                "HOME": str(self.folder),
            },
            stdin=subprocess.DEVNULL,
            timeout=30,
            capture_output=True,
            text=True,
            check=False,
        )

    def preflight(self, kubeconfig: str | None = None) -> dict[str, Any] | None:
        self._patch.setenv("KUBECONFIG", kubeconfig or str(self.file))
        return ask_all(find_context("team"), {0: Question(path="/version", key="gitVersion")})[0].content


@pytest.fixture
def clients(tmp_path: Path, program_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Clients:
    return Clients(tmp_path, program_environment, monkeypatch)


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def both(clients: Clients, server: StandIn, kubeconfig: str | None = None) -> list[dict[str, list[str]]]:
    """The headers that the server has heard from kubectl and the preflight, both of which got an answer."""
    done = clients.kubectl(kubeconfig)
    assert done.returncode == 0, done.stderr
    assert clients.preflight(kubeconfig) == {"gitVersion": "v1.33.1"}
    return [server.heard[0], server.heard[-1]]


# Ways through proxies


@pytest.mark.parametrize("credentials", ["", "ada:s3cret@"])
def test_an_http_proxy_of_the_kubeconfig(credentials: str, clients: Clients, server: StandIn) -> None:
    with http_proxy() as proxy:
        proxy.targets[HOST] = server.server_port
        clients.write({"server": f"https://{HOST}", "proxy-url": f"http://{credentials}127.0.0.1:{proxy.port}"})
        both(clients, server)
        assert set(proxy.asked) == {f"{HOST}:443"}
        assert set(proxy.greeted) == {credentials.rstrip("@")}


def test_an_https_proxy_of_the_kubeconfig(clients: Clients, server: StandIn, tmp_path: Path) -> None:
    with http_proxy(AUTHORITY.pair("proxy", "127.0.0.1").serving(tmp_path)) as proxy:
        proxy.targets[HOST] = server.server_port
        clients.write({"server": f"https://{HOST}", "proxy-url": f"https://127.0.0.1:{proxy.port}"})
        both(clients, server)
        assert set(proxy.asked) == {f"{HOST}:443"}


@pytest.mark.parametrize("credentials", ["", "ada:s3cret@"])
def test_a_socks_proxy_of_the_kubeconfig(credentials: str, clients: Clients, server: StandIn) -> None:
    with socks_proxy() as proxy:
        proxy.targets[HOST] = server.server_port
        clients.write({"server": f"https://{HOST}:6443", "proxy-url": f"socks5://{credentials}127.0.0.1:{proxy.port}"})
        both(clients, server)
        assert set(proxy.asked) == {f"{HOST}:6443"}
        assert set(proxy.greeted) == ({credentials.rstrip("@")} if credentials else set[str]())


def test_many_questions_go_through_a_proxy_at_once(
    clients: Clients, server: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socks_proxy() as proxy:
        proxy.targets[HOST] = server.server_port
        clients.write({"server": f"https://{HOST}", "proxy-url": f"socks5://127.0.0.1:{proxy.port}"})
        monkeypatch.setenv("KUBECONFIG", str(clients.file))
        server.answers, server.delay = {"others": {"items": []}}, 0.5
        begun = time.monotonic()
        answers = ask_all(find_context("team"), {number: Question(path=f"/{number}") for number in range(20)})
        assert all(answer.items == [] for answer in answers.values())
        assert time.monotonic() - begun < 4 * server.delay


def test_the_real_api_server_is_asked_much_through_one_connection(
    clients: Clients, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = yaml.safe_load(cluster.kubeconfig.read_text())
    with socks_proxy() as proxy:
        for each in content["clusters"]:
            each["cluster"]["proxy-url"] = f"socks5://127.0.0.1:{proxy.port}"
        clients.file.write_text(yaml.safe_dump(content))
        monkeypatch.setenv("KUBECONFIG", str(clients.file))
        roles = "/apis/rbac.authorization.k8s.io/v1/clusterroles"
        questions = {number: Question(path=f"{roles}?limit={number}") for number in range(1, 51)}
        questions[0] = Question(path=f"{roles}?limit=1", metadata_only=True)
        answers = ask_all(find_context(cluster.context), questions)
        assert [len(answers[number].items or []) for number in range(1, 51)] == list(range(1, 51))
        ((of_metadata,),) = [answers[0].items or []]
        assert "metadata" in of_metadata
        assert "rules" not in of_metadata
        assert len(proxy.asked) == 1


def test_a_stack_is_previewed_through_a_proxy_under_another_name(
    clients: Clients, cluster: Cluster, tmp_path: Path
) -> None:
    content = yaml.safe_load(cluster.kubeconfig.read_text())
    with socks_proxy() as proxy:
        for each in content["clusters"]:
            address = urlsplit(str(each["cluster"]["server"]))
            proxy.targets[HOST] = address.port or 443
            reached = {"server": f"https://{HOST}", "tls-server-name": address.hostname}
            each["cluster"] |= {**reached, "proxy-url": f"socks5://127.0.0.1:{proxy.port}"}
        clients.file.write_text(yaml.safe_dump(content))
        workspace = Workspace.create(tmp_path / "stack", {**cluster.environment, "KUBECONFIG": str(clients.file)})
        workspace.init()
        core = {"namespace": "behind-a-proxy", **WITHOUT_OPERATOR}
        workspace.configure({"kubeflow:cluster": {"context": cluster.context}, "kubeflow:core": core})
        assert {step["op"] for step in workspace.preview()} == {"create"}
        # One for the preflight, and more for the provider.
        assert set(proxy.asked) == {f"{HOST}:443"}
        assert len(proxy.asked) > 1


def test_a_server_without_encryption_behind_a_proxy(clients: Clients) -> None:
    with stand_in() as server, http_proxy() as proxy:
        server.answers = {"others": {"gitVersion": "v1.33.1"}}
        proxy.targets[HOST] = server.server_port
        clients.write(
            {
                "server": f"http://{HOST}:80",
                "certificate-authority-data": None,
                "proxy-url": f"http://127.0.0.1:{proxy.port}",
            }
        )
        both(clients, server)


@pytest.mark.parametrize(
    ("exceptions", "proxied"),
    [
        ("", True),
        ("cluster.test", False),
        (".cluster.test", False),
        ("*.cluster.test", False),
        ("API.Cluster.Test:443", False),
        ("api.cluster.test:6443", True),
        ("luster.test", True),
        ("other.test, 10.0.0.0/8 ,cluster.test", False),
        ("*", False),
    ],
)
def test_the_environments_proxy_and_its_exceptions(
    exceptions: str, proxied: bool, clients: Clients, server: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    with http_proxy() as proxy:
        proxy.targets[HOST] = server.server_port
        clients.write({"server": f"https://{HOST}"})
        monkeypatch.setenv("HTTPS_PROXY", f"127.0.0.1:{proxy.port}")
        monkeypatch.setenv("no_proxy", exceptions)
        if proxied:
            both(clients, server)
            return
        assert clients.kubectl().returncode != 0
        with pytest.raises(StackError, match=f"the name {HOST} is not known here"):
            clients.preflight()
        assert proxy.asked == []


@pytest.mark.parametrize(
    ("exceptions", "proxied"),
    [("192.0.2.0/24", False), ("192.0.2.7", False), ("192.0.2.8", True), ("192.0.2.7:6443", True)],
)
def test_exceptions_that_are_networks(
    exceptions: str, proxied: bool, clients: Clients, server: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("components.kubernetes_api.TIMEOUT_SECONDS", 0.5)
    with http_proxy() as proxy:
        proxy.targets["192.0.2.7"] = server.server_port
        clients.write({"server": "https://192.0.2.7", "tls-server-name": HOST})
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("NO_PROXY", exceptions)
        if proxied:
            both(clients, server)
            return
        with pytest.raises(StackError):
            clients.preflight()
        assert proxy.asked == []


def test_this_machine_is_reached_without_the_environments_proxy(
    clients: Clients, server: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    with http_proxy() as proxy:
        clients.write({"server": server.url, "tls-server-name": HOST})
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        both(clients, server)
        assert proxy.asked == []


# Names and certificates


@pytest.mark.parametrize("insecure", [False, True])
def test_a_certificate_of_another_name(insecure: bool, clients: Clients, server: StandIn) -> None:
    trust = {"insecure-skip-tls-verify": True, "certificate-authority-data": None} if insecure else {}
    clients.write({"server": server.url, **({} if insecure else {"tls-server-name": "cluster.internal"}), **trust})
    both(clients, server)


def test_a_certificate_of_another_name_behind_a_proxy(clients: Clients, server: StandIn) -> None:
    with http_proxy() as proxy:
        clients.write(
            {
                "server": server.url,
                "tls-server-name": "cluster.internal",
                "proxy-url": f"http://127.0.0.1:{proxy.port}",
            }
        )
        both(clients, server)
        assert set(proxy.asked) == {f"127.0.0.1:{server.server_port}"}


def test_an_authority_in_a_file_beside_the_kubeconfig(clients: Clients, server: StandIn) -> None:
    (clients.folder / "pki").mkdir()
    (clients.folder / "pki" / "ca.crt").write_bytes(OTHER.certificate + b"\n" + AUTHORITY.certificate)
    clients.write(
        {
            "server": server.url,
            "tls-server-name": HOST,
            "certificate-authority-data": None,
            "certificate-authority": "pki/ca.crt",
        }
    )
    both(clients, server)


@pytest.mark.parametrize("way", ["data", "files", "plugin"])
def test_a_certificate_of_the_client(way: str, clients: Clients, tmp_path: Path) -> None:
    pair = OTHER.pair("ada")
    pair.write(tmp_path, "ada")
    status = {"clientCertificateData": pair.certificate.decode(), "clientKeyData": pair.key.decode()}
    ways = {
        "data": {"client-certificate-data": encoded(pair.certificate), "client-key-data": encoded(pair.key)},
        "files": {"client-certificate": "ada.crt", "client-key": "ada.key"},
        "plugin": {"exec": credential(tmp_path, status)},
    }
    with stand_in(AUTHORITY.pair("server", "127.0.0.1").serving(tmp_path, clients=OTHER.certificate)) as server:
        server.answers = {"others": {"gitVersion": "v1.33.1"}}
        clients.write({"server": server.url}, ways[way])
        both(clients, server)


# Logins


def credential(folder: Path, status: Mapping[str, Any], version: str = V1) -> dict[str, Any]:
    """A plugin that prints ``status``."""
    file = folder / "credential.json"
    file.write_text(json.dumps({"apiVersion": version, "kind": "ExecCredential", "status": status}))
    return {"apiVersion": version, "command": "cat", "args": [str(file)], "interactiveMode": "Never"}


@pytest.mark.parametrize(
    ("user", "header"),
    [
        ({"token": "abc"}, "Bearer abc"),
        ({"tokenFile": "token"}, "Bearer of-the-file"),
        ({"tokenFile": "token", "token": "older"}, "Bearer of-the-file"),
        ({"username": "ada", "password": "p:w"}, f"Basic {encoded(b'ada:p:w')}"),
        (
            {
                "auth-provider": {
                    "name": "oidc",
                    "config": {
                        "id-token": VALID,
                        "client-id": "k",
                        "idp-issuer-url": "https://login.example.com",
                    },
                }
            },
            f"Bearer {VALID}",
        ),
    ],
)
def test_a_login_by_a_header(user: dict[str, Any], header: str, clients: Clients, server: StandIn) -> None:
    (clients.folder / "token").write_text("of-the-file\n")
    clients.write({"server": server.url, "tls-server-name": HOST}, user)
    for heard in both(clients, server):
        assert heard["authorization"] == [header]


def test_acting_as_somebody_else(clients: Clients, server: StandIn) -> None:
    user = {
        "token": "abc",
        "as": "bob",
        "as-uid": "7",
        "as-groups": ["a", "b"],
        "as-user-extra": {"reason/why": ["on call", "again"]},
    }
    clients.write({"server": server.url, "tls-server-name": HOST}, user)
    kubectl, ours = (
        {name: values for name, values in heard.items() if name.startswith("impersonate")}
        for heard in both(clients, server)
    )
    assert ours == kubectl
    assert ours["impersonate-group"] == ["a", "b"]


@pytest.mark.parametrize("version", [V1, V1BETA1])
def test_a_plugin_is_told_of_the_cluster_and_has_its_own_environment(
    version: str, clients: Clients, server: StandIn
) -> None:
    (clients.folder / "bin").mkdir()
    script = clients.folder / "bin" / "login"
    script.write_text(
        f"#!/bin/sh\n"
        f"echo \"$KUBERNETES_EXEC_INFO\" >> '{clients.folder}/told'\n"
        f'echo "{{\\"apiVersion\\": \\"{version}\\", \\"kind\\": \\"ExecCredential\\", '
        f'\\"status\\": {{\\"token\\": \\"$1-$TEAM\\"}}}}"\n'
    )
    script.chmod(0o755)
    clients.write(
        {
            "server": server.url,
            "tls-server-name": HOST,
            "extensions": [{"name": "client.authentication.k8s.io/exec", "extension": {"audience": "a"}}],
        },
        {
            "exec": {
                "apiVersion": version,
                "command": "./bin/login",
                "args": ["mine"],
                "env": [{"name": "TEAM", "value": "ml"}],
                "interactiveMode": "IfAvailable",
                "provideClusterInfo": True,
            }
        },
    )
    for heard in both(clients, server):
        assert heard["authorization"] == ["Bearer mine-ml"]
    kubectl, *_, ours = map(json.loads, filter(None, (clients.folder / "told").read_text().splitlines()))
    assert ours == kubectl
    assert ours["spec"]["cluster"]["config"] == {"audience": "a"}


def test_several_files_of_which_the_first_is_right(clients: Clients, server: StandIn) -> None:
    clients.write({"server": server.url, "tls-server-name": HOST}, {"token": "late"})
    other = clients.folder / "elsewhere"
    other.mkdir()
    (other / "token").write_text("early")
    (other / "users").write_text(
        yaml.safe_dump({"users": [{"name": "u", "user": {"tokenFile": "token"}}], "contexts": None})
    )
    files = os.pathsep.join([str(clients.folder / "absent"), str(other / "users"), str(clients.file)])
    for heard in both(clients, server, files):
        assert heard["authorization"] == ["Bearer early"]


@pytest.mark.parametrize("form", ["{server}/k8s/clusters/c-1/", "{server}/"])
def test_forms_of_an_address(form: str, clients: Clients, server: StandIn) -> None:
    clients.write({"server": form.format(server=server.url), "tls-server-name": HOST})
    both(clients, server)
    assert [heard[":path"][0] for heard in server.heard][-1] == f"{form.format(server='')}version"


def test_an_address_without_a_scheme(clients: Clients) -> None:
    with stand_in() as server:
        server.answers = {"others": {"gitVersion": "v1.33.1"}}
        clients.write({"server": server.url.removeprefix("http://"), "certificate-authority-data": None})
        both(clients, server)


# What does not work


def refused(clients: Clients) -> str:
    """What the preflight says, in one line."""
    with pytest.raises(StackError) as error:
        clients.preflight()
    _, sentence = str(error.value).split("kubeflow:cluster.context: ")
    assert "\n" not in sentence
    return sentence


SECRET = "T0psecret-of-ada"
EXPIRED = f"e30.{encoded(json.dumps({'exp': 1}).encode())}.{SECRET}"


@pytest.mark.parametrize(
    ("user", "said"),
    [
        ({"token": f"{SECRET}\n{SECRET}"}, "its token holds a line break"),
        ({"token": f"{SECRET}\r\nX-Injected: yes"}, "its token holds a line break"),
        ({"tokenFile": "token"}, "its token holds a line break"),
        ({"token": 12345678}, "of the user 'u' in the kubeconfig, token is not what it should be"),
        ({"token": [SECRET]}, "of the user 'u' in the kubeconfig, token is not what it should be"),
        ({"client-key-data": f"{SECRET}!"}, "its client-key-data is not base64"),
        ({"client-certificate-data": encoded(b"x")}, "there is a client-certificate and no client-key"),
        (
            {"client-certificate-data": encoded(b"x"), "client-key-data": encoded(SECRET.encode())},
            "its client-certificate and client-key are no pair in PEM",
        ),
        ({"auth-provider": {"name": "gcp", "config": {"access-token": SECRET}}}, "the auth-provider gcp is gone"),
        (
            {"auth-provider": {"name": "oidc", "config": {"id-token": EXPIRED}}},
            "the id-token of its auth-provider is missing or has run out",
        ),
    ],
)
def test_a_login_that_cannot_be_sent_is_told_and_never_shown(
    user: dict[str, Any], said: str, clients: Clients, server: StandIn
) -> None:
    (clients.folder / "token").write_text(f"{SECRET}\n{SECRET}\n")
    clients.write({"server": server.url, "tls-server-name": HOST}, user)
    sentence = refused(clients)
    assert said in sentence
    assert SECRET not in sentence
    assert server.heard == []


def shell(script: str, **keys: Any) -> dict[str, Any]:
    return {"exec": {"apiVersion": V1, "command": "sh", "args": ["-c", script], "interactiveMode": "Never", **keys}}


@pytest.mark.parametrize(
    ("user", "said"),
    [
        (
            shell("sleep 60 & echo open https://login.example.com >&2; sleep 60"),
            "sh has given no token after 1 s (it says: open",
        ),
        (shell("read answer && echo $answer"), "sh fails with exit code 1"),
        (shell("read answer < /dev/tty"), "sh fails with exit code"),
        (shell(f"echo {SECRET}"), "sh gives no token"),
        (shell("echo eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ.c2ln >&2; exit 1"), "and says: ...; correct"),
        (
            shell("echo $TOKEN >&2; exit 3", env=[{"name": "TOKEN", "value": SECRET}]),
            "sh fails with exit code 3, and says: ...",
        ),
        (shell("true", interactiveMode="Always"), "sh needs a terminal"),
        (
            shell("true", apiVersion="client.authentication.k8s.io/v1alpha1"),
            "is to speak client.authentication.k8s.io/v1alpha1",
        ),
        (
            shell("", command="no-such-plugin", installHint="Install it with:\n  apt install it"),
            "no-such-plugin is not installed (Install it with: apt install it)",
        ),
        (shell("", command="/etc"), "/etc cannot be started"),
    ],
)
def test_a_plugin_that_gives_no_token_is_told(
    user: dict[str, Any], said: str, clients: Clients, server: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plugin, "SECONDS", 1)
    clients.write({"server": server.url, "tls-server-name": HOST}, user)
    begun = time.monotonic()
    sentence = refused(clients)
    assert said in sentence
    assert SECRET not in sentence
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": "other.example.com"}, "has a certificate that is not for 127.0.0.1"),
        ({"tls-server-name": "b.test"}, "has a certificate that is not for b.test"),
        ({"days": (-2, -1)}, "has a certificate that has run out"),
        ({"days": (1, 2)}, "has a certificate that is not valid yet"),
        ({"certificate-authority-data": encoded(OTHER.certificate)}, "has a certificate that is not signed by"),
        ({"certificate-authority-data": None}, "has a certificate that is not signed by"),
        ({"certificate-authority-data": encoded(b"no")}, "holds no certificate in PEM"),
    ],
)
def test_a_certificate_that_is_wrong_is_told(
    wrong: dict[str, Any], said: str, clients: Clients, tmp_path: Path
) -> None:
    begins, ends = wrong.pop("days", (-1, 1))
    pair = AUTHORITY.pair("server", wrong.pop("name", "127.0.0.1"), begins=begins, ends=ends)
    with stand_in(pair.serving(tmp_path)) as server:
        server.answers = {"others": {"gitVersion": "v1.33.1"}}
        clients.write({"server": server.url, **wrong})
        assert said in refused(clients)


def test_a_server_that_wants_another_certificate_is_told(clients: Clients, tmp_path: Path) -> None:
    with stand_in(AUTHORITY.pair("server", "127.0.0.1").serving(tmp_path, clients=OTHER.certificate)) as server:
        server.answers = {"others": {"gitVersion": "v1.33.1"}}
        clients.write({"server": server.url})
        assert re.search("refuses our certificate|whether it wants a client-certificate", refused(clients))


@pytest.mark.parametrize(
    ("proxy", "said"),
    [
        ("ftp://127.0.0.1:1", "proxy-url in the kubeconfig is not the URL of a proxy"),
        ("127.0.0.1:1", "proxy-url in the kubeconfig is not the URL of a proxy"),
        ("http://ada:{secret}@127.0.0.1:1", "through the proxy http://127.0.0.1:1, does not answer"),
        ("socks5://ada:{secret}@127.0.0.1:1", "through the proxy socks5://127.0.0.1:1, does not answer"),
        ("http://no-such-proxy.test:1", "since the name no-such-proxy.test is not known here"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_told(proxy: str, said: str, clients: Clients) -> None:
    clients.write({"server": f"https://{HOST}", "proxy-url": proxy.format(secret=SECRET)})
    sentence = refused(clients)
    assert said in sentence
    assert SECRET not in sentence


def test_a_proxy_that_refuses_is_told(clients: Clients) -> None:
    with stand_in() as no_proxy:
        no_proxy.answers = {"others": 404}
        clients.write({"server": f"https://{HOST}", "proxy-url": no_proxy.url})
        assert f"through the proxy {no_proxy.url}, is not reached" in refused(clients)
