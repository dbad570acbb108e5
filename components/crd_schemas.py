"""Words for schemas: what Kubernetes' structural schemas are made of."""

from collections.abc import Mapping, Sequence
from typing import Any

from pulumi_kubernetes import apiextensions

Schema = apiextensions.v1.JSONSchemaPropsArgs
Properties = Mapping[str, Schema]

_QUANTITY = (
    r"^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))"
    r"(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))))?$"
)


def text(*values: str) -> Schema:
    """A text; one of ``values``, if there are any."""
    return Schema(type="string", enum=list(values) or None)


def constant_text(path: str) -> Schema:
    """A text that never changes once it is there; ``path`` is for the message."""
    rule = apiextensions.v1.ValidationRuleArgs(rule="self == oldSelf", message=f"{path} is immutable")
    return Schema(type="string", x_kubernetes_validations=[rule])


def boolean(default: bool | None = None) -> Schema:
    """True or false."""
    return Schema(type="boolean", default=default)


def int32(minimum: int | None = None) -> Schema:
    """A number of 32 bits."""
    return Schema(type="integer", format="int32", minimum=minimum)


def int64(minimum: int | None = None) -> Schema:
    """A number of 64 bits."""
    return Schema(type="integer", format="int64", minimum=minimum)


def moment() -> Schema:
    """A point in time."""
    return Schema(type="string", format="date-time")


def quantity() -> Schema:
    """An amount of a resource, such as ``1`` or ``500m``."""
    return Schema(x_kubernetes_int_or_string=True, pattern=_QUANTITY)


def record(properties: Properties, *required: str, **more: Any) -> Schema:
    """An object with these fields and no others: what else is sent is an error for kubectl, and else dropped."""
    return Schema(type="object", properties=properties, required=list(required) or None, **more)


def open_record(properties: Properties | None = None, *required: str, **more: Any) -> Schema:
    """An object whose other fields are kept as they are."""
    return Schema(
        type="object",
        properties=properties,
        required=list(required) or None,
        x_kubernetes_preserve_unknown_fields=True,
        **more,
    )


def mapping(values: Schema, **more: Any) -> Schema:
    """An object with any keys."""
    return Schema(type="object", additional_properties=values, **more)


def array(items: Schema, *, keys: Sequence[str] = (), **more: Any) -> Schema:
    """A list; with ``keys``, one whose entries these tell apart."""
    if keys:
        more = {"x_kubernetes_list_type": "map", "x_kubernetes_list_map_keys": list(keys), **more}
    return Schema(type="array", items=items, **more)
