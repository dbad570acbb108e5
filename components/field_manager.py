"""The name under which the stack's fields are known to server-side apply."""

import copy
from typing import Any

import pulumi

FIELD_MANAGER = "kubeflow-on-pulumi"
_ANNOTATIONS = {"pulumi.com/patchFieldManager": FIELD_MANAGER, "pulumi.com/patchForce": "true"}


def with_one_field_manager(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
    """Has the provider apply an object under one name, for good.

    By default it draws a name for each object and keeps it in the state. An object that was made and not recorded,
    since the engine was killed, would get a second name. Two names keep each other from changing a field, and what the
    program no longer says stays in the cluster for the sake of the first. By force it takes back what others changed.

    Patches are left out: they have names of their own, since two stacks may patch one object.
    """
    if not args.type_.startswith("kubernetes:") or args.type_.endswith("Patch"):
        return None
    props: dict[str, Any] = dict(args.props)
    # Components may share the metadata of a role and its binding.
    metadata = props["metadata"] = copy.copy(props["metadata"])
    metadata.annotations = {**(metadata.annotations or {}), **_ANNOTATIONS}
    return pulumi.ResourceTransformationResult(props=props, opts=args.opts)
