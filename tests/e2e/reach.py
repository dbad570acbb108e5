# Run in a notebook: which of TARGETS ("host:port" by name) take a connection from there. TARGETS is set above.
import json
import socket
from concurrent.futures import ThreadPoolExecutor


def reaches(address):
    host, port = address.rsplit(":", 1)
    try:
        socket.create_connection((host, int(port)), timeout=4).close()
    except OSError:
        return False
    return True


def resolves(name):
    try:
        return bool(socket.getaddrinfo(name, None))
    except OSError:
        return False


with ThreadPoolExecutor() as pool:
    found = dict(zip(TARGETS, pool.map(reaches, TARGETS.values())))  # noqa: F821
print(json.dumps({**found, "dns": resolves("hub")}))
