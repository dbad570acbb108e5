"""Where in the cluster a stack lives, as its parts need to know it."""

from dataclasses import dataclass

import pulumi


@dataclass(frozen=True, kw_only=True)
class Site:
    """The stack's namespace, and what holds for all that runs there."""

    installation: str
    """The namespace's name, by which what is cluster-wide is told from other installations'."""
    installation_id: str = ""
    """The id that all objects bear; users' pods and claims bear none if it is empty."""
    namespace: pulumi.Input[str]
    """The same, once it is there."""
    registry_mirror: str | None
    """Where images are pulled through."""
    api_ports: tuple[int, ...]
    """The ports on which pods reach the API server."""
    private_ranges: tuple[str, ...] = ()
    """Networks with public addresses that pods are kept from all the same."""
