"""The proxy that leads to a cluster: the kubeconfig's own, or else that of the environment, as Go reads it."""

import ipaddress
import os
from urllib.parse import urlsplit

from components.kube.kubeconfig import Context
from components.kube.refusals import refusal

SCHEMES = ("http", "https", "socks5")
_PORTS = {"http": 80, "https": 443}


def proxy_of(context: Context) -> str | None:
    """The proxy's URL; None if there is none.

    Raises:
        StackError: if what is written is none.
    """
    server = urlsplit(context.server)
    where, proxy = "proxy-url in the kubeconfig", context.cluster.proxy_url
    if proxy is None:
        where = f"{server.scheme.upper()}_PROXY"
        proxy = _variable(where)
        if not proxy or not _is_proxied(server.hostname or "", server.port or _PORTS[server.scheme]):
            return None
        proxy = proxy if "://" in proxy else f"http://{proxy}"
    try:
        url = urlsplit(proxy)
        valid = url.scheme in (*SCHEMES, "socks5h") and bool(url.hostname) and url.port != 0
    except ValueError:
        valid = False
    if not valid:
        raise refusal(
            f"{context.name!r}: {where} is not the URL of a proxy; write one that begins with "
            f"{', '.join(f'{scheme}://' for scheme in SCHEMES)}"
        )
    return proxy


def shown(proxy: str) -> str:
    """A proxy's URL without the user and the password."""
    url = urlsplit(proxy)
    return f"{url.scheme}://{url.netloc.rpartition('@')[2]}"


def _variable(name: str) -> str:
    return os.environ.get(name) or os.environ.get(name.lower()) or ""


def _is_proxied(host: str, port: int) -> bool:
    """Whether ``NO_PROXY`` has no exception for a host; this machine is always one."""
    host = host.lower()
    address = _address(host)
    if host == "localhost" or (address is not None and address.is_loopback):
        return False
    exceptions = (each.strip().lower() for each in _variable("NO_PROXY").split(","))
    return not any(_is_excepted(each, host, port, address) for each in exceptions if each)


def _is_excepted(
    exception: str, host: str, port: int, address: ipaddress.IPv4Address | ipaddress.IPv6Address | None
) -> bool:
    if exception == "*":
        return True
    if "/" in exception:
        try:
            return address is not None and address in ipaddress.ip_network(exception, strict=False)
        except ValueError:
            return False
    name, only = exception, None
    if exception.startswith("["):
        name, _, rest = exception[1:].partition("]")
        only = rest.removeprefix(":") or None
    elif exception.count(":") == 1:
        name, _, only = exception.partition(":")
    if only is not None and only != str(port):
        return False
    if (excepted := _address(name)) is not None:
        return excepted == address
    name = name.removeprefix("*")
    return host.endswith(name) if name.startswith(".") else (host == name or host.endswith(f".{name}"))


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
