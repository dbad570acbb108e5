"""``kubeflow:serving.seldon``: Seldon Core and its graphs of models."""

from components.schema.types import Section


class SeldonSettings(Section):
    """Seldon Core, which serves graphs of models."""
