"""``kubeflow:serving``: model servers, in the stack's namespace."""

from pydantic import Field

from components.schema.seldon import SeldonSettings
from components.schema.serving_types import ServedName
from components.schema.tf_serving import TfServingSettings
from components.schema.types import Section


class ServingSettings(Section):
    """What answers for trained models."""

    tf_serving: dict[ServedName, TfServingSettings] = Field(
        default_factory=dict[str, TfServingSettings],
        description="Servers of TensorFlow Serving, one for each model, by the names of their Services.",
    )
    seldon: SeldonSettings = Field(default_factory=SeldonSettings, description="Graphs of models: Seldon Core.")

    @property
    def any(self) -> bool:
        """Whether there is anything to serve with."""
        return bool(self.seldon.enabled or self.tf_serving)
