"""What a node's network does for one port: passes connections on to whoever listens for it at the moment."""

import contextlib
import socket
import socketserver
import threading
from collections.abc import Callable
from typing import cast


class Relay(socketserver.ThreadingTCPServer):
    """Listens on a port of every address of this machine, and passes each connection to the port that ``find`` names.

    While there is none, connections are closed.
    """

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, port: int, find: Callable[[], int | None]) -> None:
        super().__init__(("", port), _Connection)
        self.find = find
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stops listening."""
        self.shutdown()
        self.server_close()


class _Connection(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        port = cast("Relay", self.server).find()
        if port is None:
            return
        with socket.create_connection(("127.0.0.1", port)) as target:
            back = threading.Thread(target=_pass, args=(target, self.request), daemon=True)
            back.start()
            _pass(self.request, target)
            back.join()


def _pass(source: socket.socket, target: socket.socket) -> None:
    try:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
    finally:
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


def free_port() -> int:
    """A port of 127.0.0.1 that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def machine_address() -> str:
    """An address of this machine that is not a loopback address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        # Nothing is sent.
        probe.connect(("192.0.2.1", 9))
        return probe.getsockname()[0]
