"""The cluster that the stack is for, found and checked before anything is registered in it."""

from components.cluster.namespaces import refuse_missing_namespaces
from components.cluster.place import Place, find_place
from components.core.storage_needs import storage_needs
from components.serving import needs as serving_needs
from components.serving.one_seldon import refuse_other_seldon
from components.settings import Settings
from components.training import needs as training_needs
from components.training.one_operator import refuse_second_operator


def find_target(settings: Settings) -> Place:
    """Finds the cluster, or has its cloud make it.

    Raises:
        StackError: if the cluster cannot be used, or lacks what the settings need.
    """
    core, storage, seldon = settings.core, settings.storage, settings.serving.seldon
    needs = [
        *storage_needs(core, storage),
        *serving_needs.object_needs(settings.serving, storage, core.namespace),
        *training_needs.definition_needs(core.training_operator),
        *serving_needs.definition_needs(seldon),
    ]
    place = find_place(settings.cluster, storage, installation=core.namespace, needs=needs)
    refuse_missing_namespaces(
        settings.cluster, core, storage, settings.access, seldon=seldon, found=place.facts.namespaces
    )
    refuse_second_operator(core.training_operator, core.namespace, place.facts.operator_namespace)
    refuse_other_seldon(seldon, place.facts.other_seldon)
    return place
