"""The images that graphs run, through the registry mirror."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from components import images
from components.registry import mirrored


@dataclass(frozen=True, kw_only=True)
class GraphImages:
    """What runs in pods of graphs beside the user's own images."""

    executor: str = images.SELDON_EXECUTOR
    storage_initializer: str = images.SELDON_STORAGE_INITIALIZER
    explainer: str = images.SELDON_EXPLAINER
    explainer_v2: str = images.SELDON_EXPLAINER_V2
    servers: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: images.SELDON_SERVERS)
    """The image of each implementation, by protocol."""

    def through(self, mirror: str | None) -> "GraphImages":
        """The same, as pulled through ``mirror``."""
        return GraphImages(
            executor=mirrored(self.executor, mirror),
            storage_initializer=mirrored(self.storage_initializer, mirror),
            explainer=mirrored(self.explainer, mirror),
            explainer_v2=mirrored(self.explainer_v2, mirror),
            servers={
                name: {protocol: mirrored(image, mirror) for protocol, image in each.items()}
                for name, each in self.servers.items()
            },
        )
