"""Which images users may type beside those of the form's list.

An image's registry is asked by the node on which the notebook starts, and from there more answers than a notebook
reaches: the cloud's metadata server, the node itself, whatever is in its network. So registries whose address is not
public are refused, unless the settings name them.

The hub runs this file as it stands (it travels in the hub's ConfigMap), so it needs nothing but the standard library.
"""

import ipaddress
import re
from collections.abc import Collection
from dataclasses import dataclass
from fnmatch import fnmatchcase

_INNER_DOMAIN = re.compile(r"arpa|corp|home|internal|intranet|invalid|lan|local|localdomain|localhost|private|svc|test")
"""Top-level domains that the public DNS does not have, or has for addresses: names below them are a network's own."""
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
NOT_PUBLIC_IPV4 = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "168.63.129.16/32",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.31.196.0/24",
    "192.52.193.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "192.175.48.0/24",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
]
"""Blocks of IPv4 without hosts of the Internet, and so without its registries: IANA's special-purpose addresses,
multicast, and Azure's 168.63.129.16, which looks like a public address. NetworkPolicies leave out the same."""
_NOT_PUBLIC = [ipaddress.IPv4Network(network) for network in NOT_PUBLIC_IPV4]


@dataclass(frozen=True, kw_only=True)
class ImageRules:
    """What decides about an image; references have their registry, as ``registry.complete`` writes them."""

    listed: Collection[str]
    """The images of the form's list, which are always taken."""
    patterns: Collection[str]
    """Patterns of further images; ``*`` stands for any text."""
    registries: Collection[str]
    """Hosts, with their ports, that the settings name: they may have addresses of any kind."""

    def refusal(self, image: str) -> str | None:
        """Why ``image`` is not taken, and what is; None if it is."""
        if image in self.listed:
            return None
        if not any(fnmatchcase(image, pattern) for pattern in self.patterns):
            others = f" or write one like {', '.join(self.patterns)}" if self.patterns else ""
            return f'Image: "{image}" is not one that users may choose here. Choose one of the list{others}.'
        host = image.partition("/")[0]
        if host not in self.registries and not is_public(host):
            return (
                f'Image: "{host}" is not a registry at a public address, and nodes must not be sent elsewhere. Choose '
                f"an image of another registry, or ask an administrator to name this one in "
                f"kubeflow:core.notebook.imagePatterns."
            )
        return None


def is_public(host: str) -> bool:
    """Whether ``host``, with or without a port, is an address or a name of the public Internet.

    A public name may still lead to a private address. Numbers that some resolvers take for addresses, such as
    ``0x7f.1`` or ``2130706433``, are none.
    """
    name = host.partition(":")[0].lower()
    *_, last = labels = name.split(".")
    if _NUMBER.fullmatch(last):
        try:
            address = ipaddress.IPv4Address(name)
        except ValueError:
            return False
        return not any(address in network for network in _NOT_PUBLIC)
    return len(labels) > 1 and not _INNER_DOMAIN.fullmatch(last)
