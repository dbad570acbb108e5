"""Changes of every object of the stack, made where the program describes it."""

import copy
from collections.abc import Callable
from typing import Any

import pulumi


def with_metadata(
    args: pulumi.ResourceTransformationArgs, change: Callable[[Any, dict[str, Any]], None]
) -> pulumi.ResourceTransformationResult | None:
    """The transformation of an object by a change of its metadata; None for anything but an object of the stack.

    Patches are left out: they are of objects of others, on purpose.

    Args:
        args: the resource.
        change: changes the object's metadata, a copy, and is given its inputs too.
    """
    if not args.type_.startswith("kubernetes:") or args.type_.endswith("Patch"):
        return None
    props: dict[str, Any] = dict(args.props)
    # Components may share the metadata of a role and its binding.
    props["metadata"] = copy.copy(props["metadata"])
    change(props["metadata"], props)
    return pulumi.ResourceTransformationResult(props=props, opts=args.opts)
