"""What node pools have in common in every cloud."""

from pydantic import Field

from components.schema.types import Boolean, LabelValue, QualifiedName, Section


class NodePoolSettings(Section):
    """A node pool, which scales by itself."""

    min_nodes: int = Field(default=0, ge=0, le=1000, description="The fewest nodes, over all zones.")
    max_nodes: int = Field(default=3, ge=1, le=1000, description="The most nodes, over all zones.")
    disk_gib: int = Field(
        default=100, ge=30, le=2048, description="The size of a node's own disk, in GiB. Notebook images need 10 each."
    )
    spot: Boolean = Field(
        default=False, description="Whether its nodes are cheaper ones, which the cloud may take away at any time."
    )
    labels: dict[QualifiedName, LabelValue] = Field(
        default_factory=dict[str, str], description="Labels of its nodes, for node selectors."
    )
