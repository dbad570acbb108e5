"""A server that gives fixed answers, to stand in for clusters that cannot be used, or are hard to reach."""

import json
import ssl
import threading
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast


class StandIn(ThreadingHTTPServer):
    """Listens on a free port of this machine."""

    answers: Mapping[str, Any]
    """A status, a text, an object, all the bytes of an answer, or a list of such, one after another, by path;
    ``others`` for all other paths."""
    delay: float = 0
    """How many seconds each answer takes."""
    heard: list[dict[str, list[str]]]
    """The headers of each request, by their names in small letters."""
    request_queue_size = 128

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers, self.heard = {}, []
        if context:
            # The handshake is for the thread of each request.
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.scheme = "https" if context else "http"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Says nothing of clients that do not trust us, or go away."""

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"{self.scheme}://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, StandIn)
        headers = {name.lower(): self.headers.get_all(name) or [] for name in self.headers}
        self.server.heard.append({":path": [self.path], **headers})
        time.sleep(self.server.delay)
        answers = self.server.answers
        answer: Any = answers.get(self.path, answers.get(self.path.partition("?")[0], answers["others"]))
        if isinstance(answer, list):
            several = cast("list[Any]", answer)
            answer = several.pop(0) if len(several) > 1 else several[0]
        if isinstance(answer, bytes):
            self.wfile.write(answer)
            return
        status: int = answer if isinstance(answer, int) else 200
        content: Any = "" if isinstance(answer, int) else answer
        body = (content if isinstance(content, str) else json.dumps(content)).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name in the base class
        pass


@contextmanager
def stand_in(context: ssl.SSLContext | None = None) -> Generator[StandIn]:
    """The server, listening; over TLS with a ``context``."""
    with StandIn(context) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
