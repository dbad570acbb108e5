"""Checks of the host below which notebooks have theirs."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from components.errors import Problem
from components.schema.core import CoreSettings

CORE = "kubeflow:core"


def subdomain_problems(core: CoreSettings) -> Iterator[Problem]:
    """Problems of a host that can have no subdomains, or is another than the login's."""
    if not core.hub.subdomain_host:
        return
    path = f"{CORE}.hub.subdomainHost"
    parts = urlsplit(core.hub.subdomain_host)
    host = parts.hostname or ""
    if parts.path.strip("/") or parts.query or parts.fragment:
        yield Problem(path, f'"{core.hub.subdomain_host}" is more than a host; write it as {parts.scheme}://{host}')
    if host.rpartition(".")[2].isdigit() or ":" in host:
        yield Problem(path, f"{host} is an address, which has no subdomains; write a name that the DNS knows")
    callback = core.login.callback_url
    if callback and urlsplit(callback).netloc != parts.netloc:
        yield Problem(
            f"{CORE}.login.callbackUrl",
            f'"{callback}" is not at {parts.netloc}, where {path} has the hub; write the same host in both',
        )
