"""Proxies on this machine, which lead to whatever is asked for, and remember what that was."""

import base64
import contextlib
import select
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(kw_only=True)
class Proxy:
    """A proxy that runs."""

    port: int
    asked: list[str] = field(default_factory=list[str])
    """The hosts and ports that it was asked for."""
    greeted: list[str] = field(default_factory=list[str])
    """Who was let through, as ``user:password``; empty for nobody in particular."""
    targets: dict[str, int] = field(default_factory=dict[str, int])
    """The ports of this machine that stand for hosts that there are not."""

    def reach(self, host: str, port: int) -> socket.socket:
        """Opens the connection that is asked for."""
        self.asked.append(f"{host}:{port}")
        return socket.create_connection(("127.0.0.1", self.targets.get(host, port)), timeout=10)


@contextmanager
def http_proxy(context: ssl.SSLContext | None = None) -> Generator[Proxy]:
    """A proxy that HTTP's CONNECT opens; over TLS with a ``context``."""

    def serve(proxy: Proxy, client: socket.socket) -> None:
        with context.wrap_socket(client, server_side=True) if context else client as stream:
            head = b""
            while b"\r\n\r\n" not in head:
                head += stream.recv(1)
            line, *headers = head.decode().split("\r\n")
            method, target, _ = line.split()
            said = next((each.split()[2] for each in headers if each.lower().startswith("proxy-authorization:")), "")
            proxy.greeted.append(base64.b64decode(said).decode())
            if method == "CONNECT":
                host, _, port = target.rpartition(":")
                with proxy.reach(host.strip("[]"), int(port)) as server:
                    stream.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                    _join(stream, server)
            else:  # of http:// the proxy is asked for the whole URL
                host, _, path = target.removeprefix("http://").partition("/")
                name, _, port = host.partition(":")
                with proxy.reach(name, int(port or 80)) as server:
                    server.sendall(head.replace(target.encode(), f"/{path}".encode(), 1))
                    _join(stream, server)

    with _listening(serve) as proxy:
        yield proxy


@contextmanager
def socks_proxy() -> Generator[Proxy]:
    """A proxy of SOCKS 5 (RFC 1928), with the password of RFC 1929 if one is offered."""

    def serve(proxy: Proxy, stream: socket.socket) -> None:
        with stream:
            _, count = _exactly(stream, 2)
            with_password = 2 in _exactly(stream, count)
            stream.sendall(bytes([5, 2 if with_password else 0]))
            if with_password:
                user = _exactly(stream, _exactly(stream, 2)[1]).decode()
                proxy.greeted.append(f"{user}:{_exactly(stream, _exactly(stream, 1)[0]).decode()}")
                stream.sendall(b"\x01\x00")
            _, _, _, kind = _exactly(stream, 4)
            host = (
                socket.inet_ntoa(_exactly(stream, 4))
                if kind == 1
                else _exactly(stream, _exactly(stream, 1)[0]).decode()
            )
            (port,) = struct.unpack("!H", _exactly(stream, 2))
            with proxy.reach(host, port) as server:
                stream.sendall(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
                _join(stream, server)

    with _listening(serve) as proxy:
        yield proxy


@contextmanager
def _listening(serve: Callable[[Proxy, socket.socket], None]) -> Generator[Proxy]:
    def each(stream: socket.socket) -> None:
        # A client that goes away, or does not trust us.
        with contextlib.suppress(OSError):
            serve(proxy, stream)

    def accept() -> None:
        while True:
            try:
                stream, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=each, args=(stream,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        proxy = Proxy(port=listener.getsockname()[1])
        threading.Thread(target=accept, daemon=True).start()
        yield proxy
        listener.shutdown(socket.SHUT_RDWR)


def _exactly(stream: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        part = stream.recv(count - len(data))
        if not part:
            raise ConnectionError
        data += part
    return data


def _join(one: socket.socket, other: socket.socket) -> None:
    """Passes on what either says until one has no more to say."""
    while True:
        ready = (
            [one] if isinstance(one, ssl.SSLSocket) and one.pending() else select.select([one, other], [], [], 30)[0]
        )
        for source in ready:
            data = source.recv(65536)
            if not data:
                return
            (other if source is one else one).sendall(data)
