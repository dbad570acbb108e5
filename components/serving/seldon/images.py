"""The images that graphs run, through the registry mirror."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from components import images
from components.registry import mirrored

TENSORFLOW = "TENSORFLOW_SERVER"


@dataclass(frozen=True, kw_only=True)
class GraphImages:
    """What runs in pods of graphs beside the user's own images."""

    executor: str = images.SELDON_EXECUTOR
    storage_initializer: str = images.SELDON_STORAGE_INITIALIZER
    explainer: str = images.SELDON_EXPLAINER
    explainer_v2: str = images.SELDON_EXPLAINER_V2
    servers: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: images.SELDON_SERVERS)
    """The image of each implementation, by protocol."""
    tf_serving_gpu: str = images.TF_SERVING_GPU
    """That of TensorFlow Serving for units that get GPUs."""

    def server(self, implementation: str, protocol: str, *, gpus: int) -> str:
        """The image of a server.

        Args:
            implementation: the server.
            protocol: what it speaks.
            gpus: how many GPUs it gets.
        """
        if gpus and (implementation, protocol) == (TENSORFLOW, "tensorflow"):
            return self.tf_serving_gpu
        return self.servers[implementation][protocol]

    def through(self, mirror: str | None) -> "GraphImages":
        """The same, as pulled through ``mirror``."""
        return GraphImages(
            executor=mirrored(self.executor, mirror),
            storage_initializer=mirrored(self.storage_initializer, mirror),
            explainer=mirrored(self.explainer, mirror),
            explainer_v2=mirrored(self.explainer_v2, mirror),
            tf_serving_gpu=mirrored(self.tf_serving_gpu, mirror),
            servers={
                name: {protocol: mirrored(image, mirror) for protocol, image in each.items()}
                for name, each in self.servers.items()
            },
        )
