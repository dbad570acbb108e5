"""CRDs of jobs that the cluster has to have, for the preflight to look after."""

from components.preflight import DefinitionNeed
from components.schema.training import TrainingOperatorSettings

SETTING = "kubeflow:core.trainingOperator.createDefinitions"


def definition_needs(settings: TrainingOperatorSettings) -> list[DefinitionNeed]:
    """The CRDs of the operator's kinds, unless the stack makes them or has no operator."""
    if settings.create_definitions or not settings.enabled:
        return []
    return [DefinitionNeed(setting=SETTING, name=f"{kind.lower()}s.kubeflow.org") for kind in settings.kinds]
