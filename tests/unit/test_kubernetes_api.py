"""Questions to an API server, over real sockets."""

import gc
import socket
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager

import pytest

from components import kubernetes_api
from components.errors import StackError
from components.kube.kubeconfig import read_context
from components.kubernetes_api import Answer, Question, ask_all
from tests.bad_input.stand_in import StandIn, stand_in

KUBECONFIG = """
contexts: [{{name: stand-in, context: {{cluster: stand-in, user: nobody}}}}]
clusters: [{{name: stand-in, cluster: {{server: "{server}"}}}}]
users: [{{name: nobody, user: {{}}}}]
"""


@pytest.fixture
def server() -> Generator[StandIn]:
    with stand_in() as made:
        yield made


def ask(url: str, *paths: str) -> dict[str, Answer]:
    config = read_context(KUBECONFIG.format(server=url), "stand-in")
    return ask_all(config, {path: Question(path=path) for path in paths})


def test_answers_are_by_key_and_tell_what_is_not_there_from_what_nobody_may_see(server: StandIn) -> None:
    server.answers = {"/a": {"items": [{"metadata": {"name": "x"}}]}, "/b": 403, "others": 404}
    answers = ask(server.url, "/a", "/b", "/c")
    assert answers["/a"].items == [{"metadata": {"name": "x"}}]
    assert (answers["/b"].items, answers["/b"].forbidden) == (None, True)
    assert (answers["/c"].items, answers["/c"].forbidden, answers["/c"].status) == (None, False, 404)


def test_a_list_of_nothing_may_be_null(server: StandIn) -> None:
    server.answers = {"others": {"items": None}}
    assert ask(server.url, "/a")["/a"].items == []


def test_all_questions_take_as_long_as_the_slowest(server: StandIn) -> None:
    server.answers, server.delay = {"others": {"items": []}}, 0.5
    begun = time.monotonic()
    assert len(ask(server.url, *(f"/{number}" for number in range(40)))) == 40
    assert time.monotonic() - begun < 3 * server.delay


@contextmanager
def endless(answer: bytes, drop: bytes, every: float) -> Generator[str]:
    """A server that begins an answer, and goes on for ever."""
    ended = threading.Event()

    def serve(connection: socket.socket) -> None:
        with connection:
            connection.recv(65536)
            try:
                connection.sendall(answer)
                while not ended.wait(every):
                    connection.sendall(drop)
            except OSError:
                pass

    def accept(listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, args=(listener,), daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        ended.set()


@pytest.mark.parametrize("answer", [b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nX-Long: "])
def test_an_answer_that_trickles_without_end_is_not_waited_for(answer: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kubernetes_api, "TIMEOUT_SECONDS", 1)
    begun = time.monotonic()
    with endless(answer, b" ", 0.05) as url, pytest.raises(StackError, match="has not answered /a after 1 s"):
        ask(url, "/a")
    assert time.monotonic() - begun < 2


def test_an_answer_without_end_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kubernetes_api, "LONGEST_ANSWER", 1 << 20)
    with (
        endless(b"HTTP/1.1 200 OK\r\n\r\n", b" " * (1 << 16), 0) as url,
        pytest.raises(StackError, match="with more than 1 MiB"),
    ):
        ask(url, "/a")


RAW = "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n{more}\r\n{body}"


def raw(
    status: str, body: str = "", *, kind: str = "application/json", more: str = "", length: int | None = None
) -> bytes:
    """All the bytes of an answer."""
    size = len(body) if length is None else length
    return RAW.format(status=status, kind=kind, length=size, more=more, body=body).encode(errors="surrogateescape")


STATUS = '{"kind": "Status", "status": "Failure"}'
PAGE = "<!doctype html><title>Please log in</title>"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (raw("200 OK", PAGE, kind="text/html"), "answers /a with a web page (HTTP 200)"),
        (raw("403 Forbidden", PAGE), "answers /a with a web page (HTTP 403)"),
        (raw("404 Not Found", PAGE), "answers /a with a web page (HTTP 404)"),
        (
            raw("302 Found", more="Location: https://login.example.com/?state=x\r\n"),
            "sends us away to https://login.example.com (HTTP 302)",
        ),
        (raw("301 Moved", more="Location: /other\r\n"), "sends us away (HTTP 301)"),
        (raw("401 Unauthorized", STATUS), "refuses the login (HTTP 401)"),
        (raw("429 Too Many Requests", STATUS), "has too many requests (HTTP 429)"),
        (raw("429 Too Many Requests", STATUS, more="Retry-After: 3600\r\n"), "has too many requests (HTTP 429)"),
        (raw("500 Internal Server Error", STATUS), "answers /a with HTTP 500; wait until the cluster is ready"),
        (
            raw("503 Service Unavailable", PAGE, kind="text/html"),
            "answers /a with HTTP 503; wait until the cluster is ready",
        ),
        (
            raw("400 Bad Request", "Client sent an HTTP request to an HTTPS server.\n"),
            "speaks TLS; let the address in the kubeconfig begin with https://",
        ),
        (raw("200 OK", '{"items": [{"metadata"'), "answers /a with JSON that is cut short or wrong"),
        (raw("200 OK", "[" * 100_000), "is no Kubernetes API server"),
        (raw("200 OK", '{"a":' * 100_000), "answers /a with JSON that is cut short or wrong"),
        (raw("200 OK", "\udcff\udcfe"), "is no Kubernetes API server"),
        (raw("200 OK", '{"items": "none"}'), "answers /a with items that no API server gives"),
        (raw("200 OK", '{"items": [null]}'), "answers /a with items that no API server gives"),
        (raw("200 OK", '{"items": [{"metadata": {}}]}'), "answers /a with items that no API server gives"),
        (raw("200 OK", '{"items": [{"metadata": {"name": "a", "labels": [1]}}]}'), "answers /a with items that no API"),
        (raw("200 OK", '{"kind": "Status"}'), "and no items"),
        (raw("204 No Content"), "with HTTP 204 and no items"),
        (raw("200 OK", "{}", length=100), "cuts the connection off before its answer to /a is whole"),
        (raw("200 OK", "{}", more="Content-Encoding: gzip\r\n"), "answers /a with bytes that cannot be unpacked"),
        (b"", "cuts the connection off before its answer to /a is whole"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "cuts the connection off before its answer to /a is whole"),
    ],
)
def test_an_answer_that_no_api_server_gives_is_told(answer: bytes, said: str, server: StandIn) -> None:
    server.answers = {"others": answer}
    with pytest.raises(StackError) as error:
        ask(server.url, "/a")
    assert said in str(error.value)
    assert len(str(error.value).splitlines()) == 2


def test_a_busy_server_is_asked_again_when_it_says(server: StandIn) -> None:
    busy = raw("429 Too Many Requests", STATUS, more="Retry-After: 1\r\n")
    server.answers = {"/a": [busy, {"items": []}], "others": 404}
    assert ask(server.url, "/a")["/a"].items == []


def test_of_several_errors_the_first_questions_is_told_and_nothing_else(
    server: StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    server.answers = {"/a": 401, "others": 500}
    for _ in range(5):
        with pytest.raises(StackError, match="HTTP 401"):
            ask(server.url, "/a", "/b", "/c")
    gc.collect()
    assert caplog.messages == []


def test_a_server_that_accepts_and_never_answers_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kubernetes_api, "TIMEOUT_SECONDS", 1)
    begun = time.monotonic()
    with endless(b"", b"", 60) as url, pytest.raises(StackError, match="has not answered /a after 1 s"):
        ask(url, "/a", "/b", "/c")
    assert time.monotonic() - begun < 2


def test_a_greeting_that_never_ends_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kubernetes_api, "TIMEOUT_SECONDS", 1)
    begun = time.monotonic()
    with endless(b"", b"", 60) as url, pytest.raises(StackError, match="has not answered /a after 1 s"):
        ask(url.replace("http:", "https:"), "/a", "/b", "/c")
    assert time.monotonic() - begun < 2


def test_a_name_that_nobody_resolves_in_time_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kubernetes_api, "TIMEOUT_SECONDS", 1)

    def resolve(*_: object, **_names: object) -> None:
        time.sleep(5)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    begun = time.monotonic()
    with pytest.raises(StackError, match="has not answered /a after 1 s"):
        ask("http://api.example.com", "/a")
    assert time.monotonic() - begun < 2


def test_a_server_without_encryption_at_an_encrypted_address_is_told(server: StandIn) -> None:
    server.answers = {"others": {"items": []}}
    with pytest.raises(StackError, match="does not speak TLS as it should"):
        ask(server.url.replace("http:", "https:"), "/a")
