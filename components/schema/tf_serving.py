"""``kubeflow:serving.tfServing``: servers of TensorFlow Serving."""

from components.schema.types import Section


class TfServingSettings(Section):
    """A server of TensorFlow Serving."""
