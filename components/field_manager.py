"""The name under which the stack's fields are known to server-side apply."""

from typing import Any

import pulumi

from components.transformations import with_metadata

FIELD_MANAGER = "kubeflow-on-pulumi"
_ANNOTATIONS = {"pulumi.com/patchFieldManager": FIELD_MANAGER, "pulumi.com/patchForce": "true"}


def with_one_field_manager(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
    """Has the provider apply an object under one name, for good.

    By default it draws a name for each object and keeps it in the state. An object that was made and not recorded,
    since the engine was killed, would get a second name. Two names keep each other from changing a field, and what the
    program no longer says stays in the cluster for the sake of the first. By force it takes back what others changed.

    Patches are left out: they have names of their own, since two stacks may patch one object.
    """

    def annotate(metadata: Any, _: dict[str, Any]) -> None:
        metadata.annotations = {**(metadata.annotations or {}), **_ANNOTATIONS}

    return with_metadata(args, annotate)
