"""What keeps room for hub and proxy in the namespace and on its nodes."""

from dataclasses import dataclass

import pulumi
from pulumi_kubernetes import core, meta, scheduling

from components.base import Component
from components.labels import labels
from components.schema.core import CoreSettings
from components.site import Site

HUB_PRIORITY = 1_000_000
"""Above all that has no class of its own, whose priority is 0, and far below what is the cluster's."""
NOTEBOOK_PRIORITY = 0
"""That of pods without a class: notebooks give way to nobody but hub and proxy, and take no other pod's place."""


@dataclass(frozen=True, kw_only=True)
class BoundsArgs:
    """How much there is for notebooks, and where."""

    settings: CoreSettings
    site: Site


class Bounds(Component, token="kubeflow:core:Bounds"):
    """Owns the PriorityClasses of the stack, the notebooks' ResourceQuota and the namespace's LimitRange.

    The quota counts notebooks alone: one of the whole namespace would refuse each pod that says not how much it gets,
    and could be full when hub or proxy come back. The classes are the cluster's, and named after the installation.
    """

    def __init__(self, name: str, args: BoundsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._name, self._args = name, args
        self._priority_class("hub", args.settings.hub_priority_class, HUB_PRIORITY, "Hub and proxy of Kubeflow.")
        notebooks = args.settings.notebook_priority_class
        self._priority_class("notebooks", notebooks, NOTEBOOK_PRIORITY, "Notebooks of Kubeflow's users.")
        if notebooks:
            self._quota(notebooks)
        if args.settings.create_namespace:
            # It would hold for the pods of others too.
            self._limit_range()
        self.register_outputs({})

    def _priority_class(self, role: str, called: str | None, value: int, description: str) -> None:
        if called:
            scheduling.v1.PriorityClass(
                f"{self._name}-{role}-priority",
                metadata=meta.v1.ObjectMetaArgs(name=called, labels=labels("bounds", self._name)),
                value=value,
                description=description,
                opts=self.child(),
            )

    def _quota(self, priority_class: str) -> None:
        quota = self._args.settings.notebook.quota
        hard = {
            "pods": str(quota.notebooks),
            "requests.cpu": quota.cpu,
            "requests.memory": quota.memory,
            "limits.cpu": quota.cpu_limit,
            "limits.memory": quota.memory_limit,
        }
        core.v1.ResourceQuota(
            f"{self._name}-notebook-quota",
            # Nothing of the stack waits for it to be counted, and notebooks start later.
            metadata=self._metadata("notebooks", {"pulumi.com/skipAwait": "true"}),
            spec=core.v1.ResourceQuotaSpecArgs(
                hard={resource: most for resource, most in hard.items() if most is not None},
                scope_selector=core.v1.ScopeSelectorArgs(
                    match_expressions=[
                        core.v1.ScopedResourceSelectorRequirementArgs(
                            scope_name="PriorityClass", operator="In", values=[priority_class]
                        )
                    ]
                ),
            ),
            opts=self.child(),
        )

    def _limit_range(self) -> None:
        unsaid = self._args.settings.limit_range
        limits = {"cpu": unsaid.cpu_limit, "memory": unsaid.memory_limit}
        core.v1.LimitRange(
            f"{self._name}-limit-range",
            metadata=self._metadata("containers"),
            spec=core.v1.LimitRangeSpecArgs(
                limits=[
                    core.v1.LimitRangeItemArgs(
                        type="Container",
                        default_request={"cpu": unsaid.cpu, "memory": unsaid.memory},
                        default={resource: most for resource, most in limits.items() if most is not None} or None,
                    )
                ]
            ),
            opts=self.child(),
        )

    def _metadata(self, name: str, annotations: dict[str, str] | None = None) -> meta.v1.ObjectMetaArgs:
        return meta.v1.ObjectMetaArgs(
            name=name,
            namespace=self._args.site.namespace,
            labels=labels("bounds", self._name),
            annotations=annotations,
        )
