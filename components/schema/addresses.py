"""Checks of URLs and networks."""

import ipaddress
import re
from urllib.parse import urlsplit

PUBLIC_ADDRESSES = {4: ipaddress.ip_network("0.0.0.0/0"), 6: ipaddress.ip_network("2000::/3")}
"""The blocks that public addresses are in, by the version of the protocol."""


def url(value: str) -> str:
    """A URL of http or https, without a password."""
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:  # of the port, or of brackets without an address
        parts, port = urlsplit(""), None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0 or re.search(r"\s", value):
        raise ValueError("is not a URL; write it in full, such as https://collector.example.com/v1")
    if parts.username or parts.password:
        shown = f"{parts.scheme}://...@{parts.hostname}"
        raise ValueError(f'"{shown}" holds a user name or password, which everybody could read; leave it out')
    return value


def cidr(value: str) -> str:
    """A network of IPv4, as clouds write it."""
    try:
        network = ipaddress.IPv4Network(value, strict=False)
    except ValueError:
        network = None
    # The module knows longer ways to write a network, which clouds do not.
    if network is None or not re.fullmatch(r"[0-9.]+(/(0|[1-9][0-9]?))?", value):
        raise ValueError("is not a network of IPv4 addresses; write it as 10.0.0.0/20")
    if "/" not in value:
        raise ValueError(f"is a single address; to mean it alone, write {value}/32")
    if str(network) != value:
        raise ValueError(f"is an address within a network; to mean the network, write {network}")
    return value


def ip_range(value: str) -> str:
    """A network of IPv4 or IPv6."""
    try:
        network = ipaddress.ip_network(value, strict=False)
    except ValueError:
        raise ValueError("is not a network; write it as 203.0.113.0/24 or 2001:db8::/32") from None
    if "/" not in value:
        raise ValueError(f"is a single address; to mean it alone, write {network}")
    if str(network) != value:
        raise ValueError(f"is not how a network is written; write {network}")
    whole = PUBLIC_ADDRESSES[network.version]
    if network.prefixlen <= whole.prefixlen and network.overlaps(whole):
        raise ValueError("is every public address; write smaller networks")
    return value
