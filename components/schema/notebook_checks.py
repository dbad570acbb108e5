"""Checks of what notebooks get, against each other."""

from collections.abc import Iterator
from itertools import combinations

from pydantic.alias_generators import to_camel

from components.errors import Problem
from components.schema.core import CoreSettings
from components.schema.notebook import NotebookSettings
from components.spawn_options import EPHEMERAL_STORAGE, OptionError, quantity

CORE = "kubeflow:core"
NOTEBOOK = f"{CORE}.notebook"
_ORDERED = {
    "cpu": ("cpu", "cpu_limit", "max_cpu"),
    "memory": ("shared_memory", "memory", "memory_limit", "max_memory"),
    EPHEMERAL_STORAGE: ("ephemeral_storage_limit", "max_ephemeral_storage"),
}
"""The settings of each resource: none of them may be more than one that stands behind it."""


def notebook_problems(core: CoreSettings) -> Iterator[Problem]:
    """Clashes among the bounds of notebooks."""
    yield from _order_problems(core.notebook)
    yield from _device_problems(core.notebook)
    yield from _quota_problems(core)


def _order_problems(notebook: NotebookSettings) -> Iterator[Problem]:
    for resource, names in _ORDERED.items():
        for lower, higher in combinations(names, 2):
            # A default gives way to what is set.
            low, high = getattr(notebook, lower), getattr(notebook, higher)
            both_set = {lower, higher} <= notebook.model_fields_set
            if both_set and low is not None and quantity(resource, low) > quantity(resource, high):
                yield Problem(
                    f"{NOTEBOOK}.{to_camel(higher)}",
                    f'"{high}" is less than the "{low}" of {NOTEBOOK}.{to_camel(lower)}; raise it, or lower the other',
                )


def _device_problems(notebook: NotebookSettings) -> Iterator[Problem]:
    own = {"cpu": "maxCpu", "memory": "maxMemory", EPHEMERAL_STORAGE: "maxEphemeralStorage"}
    for name, most in notebook.max_devices.items():
        path = f'{NOTEBOOK}.maxDevices["{name}"]'
        if name in own:
            yield Problem(path, f"is no device; set {NOTEBOOK}.{own[name]} instead")
            continue
        try:
            quantity(name, most)
        except OptionError as error:
            yield Problem(path, str(error).split(": ", 2)[2])


def _quota_problems(core: CoreSettings) -> Iterator[Problem]:
    notebook, quota = core.notebook, core.notebook.quota
    if not core.priority_classes and quota.model_fields_set:
        yield Problem(
            f"{NOTEBOOK}.quota",
            f"knows notebooks by their priority class, and {CORE}.priorityClasses is off; switch it on, or remove the "
            f"quota",
        )
    for name in ("cpu", "memory", "cpu_limit", "memory_limit"):
        most, one = getattr(quota, name), getattr(notebook, name)
        resource = name.partition("_")[0]
        if most is not None and quantity(resource, most) < quantity(resource, one):
            yield Problem(
                f"{NOTEBOOK}.quota.{to_camel(name)}",
                f'"{most}" is less than the "{one}" that a single notebook has by {NOTEBOOK}.{to_camel(name)}; raise '
                f"it",
            )
