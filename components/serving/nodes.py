"""The nodes that model servers and graphs run on, as their settings say."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from components.pods import Nodes
from components.schema.notebook import TolerationSettings, toleration

SPOT_NODES = {"gke": ("cloud.google.com/gke-spot", "true"), "aks": ("kubernetes.azure.com/scalesetpriority", "spot")}
"""The label, and the taint if there is one, of each platform's spot nodes."""


class Placement(Protocol):
    """Where pods run, as settings have it."""

    @property
    def spot(self) -> bool: ...
    @property
    def node_selector(self) -> Mapping[str, str]: ...
    @property
    def tolerations(self) -> Sequence[TolerationSettings]: ...


def nodes_of(settings: Placement, platform: str) -> Nodes:
    """The nodes that pods run on."""
    tolerations = [toleration(each) for each in settings.tolerations]
    if not settings.spot:
        return Nodes(selector=settings.node_selector, tolerations=tolerations)
    label, value = SPOT_NODES[platform]
    spot = {"key": label, "operator": "Equal", "value": value, "effect": "NoSchedule"}
    return Nodes(selector={**settings.node_selector, label: value}, tolerations=[*tolerations, spot])
