"""Addresses that are no host's of the Internet, as IANA's registries have them."""

from ipaddress import IPv4Network, IPv6Network, ip_network

_IPV4 = """
0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.31.196.0/24
192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 240.0.0.0/4
255.255.255.255/32
"""
"""https://www.iana.org/assignments/iana-ipv4-special-registry"""
_IPV6 = """
::1/128 ::/128 ::ffff:0:0/96 64:ff9b::/96 64:ff9b:1::/48 100::/64 100:0:0:1::/64 2001::/23 2001::/32 2001:1::1/128
2001:1::2/128 2001:1::3/128 2001:2::/48 2001:3::/32 2001:4:112::/48 2001:10::/28 2001:20::/28 2001:30::/28 2001:db8::/32
2002::/16 2620:4f:8000::/48 3fff::/20 5f00::/16 fc00::/7 fe80::/10
"""
"""https://www.iana.org/assignments/iana-ipv6-special-registry, last updated on 2025-10-09"""
_OTHERS = "224.0.0.0/4 ff00::/8 fec0::/10 ::/96"
"""Multicast, what was site-local, and IPv4 as IPv6."""
SPECIAL: list[IPv4Network | IPv6Network] = [ip_network(text) for text in f"{_IPV4} {_IPV6} {_OTHERS}".split()]
GLOBAL_UNICAST = ip_network("2000::/3")
"""The only addresses of IPv6 that IANA has given out: https://www.iana.org/assignments/ipv6-address-space"""
