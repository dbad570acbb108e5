"""What Google's messages allow, under the names that pulumi-gcp has for it."""

import re
from functools import cache, cached_property
from importlib import import_module
from typing import Any

from tests.cloud_models.google_tables import MODELS, RENAMED, TERRAFORM_ONLY, Own
from tests.cloud_models.shapes import Anything, ListOf, MapOf, Refused, Scalar, Shape

WELL_KNOWN: dict[str, Shape] = {
    # As JSON has them.
    "Timestamp": Scalar("str"),
    "Duration": Scalar("str"),
    "FieldMask": Scalar("str"),
    "StringValue": Scalar("str"),
    "BoolValue": Scalar("bool"),
    "DoubleValue": Scalar("float"),
    "FloatValue": Scalar("float"),
    **dict.fromkeys(("Int32Value", "Int64Value", "UInt32Value", "UInt64Value"), Scalar("int")),
}
DESCRIBED = {"compute_v1", "container_v1", "filestore_v1", "iam_admin_v1"}
"""The packages whose classes describe their fields."""
OUTPUT = re.compile(r"^ {8}(\w+) \([^)]*\):\n\s+(?:\[Output only\]|Output only\.)", re.MULTILINE | re.IGNORECASE)


class GoogleMessage:
    """A message, by its descriptor; ``resource`` is given for the one that a resource is."""

    def __init__(self, descriptor: Any, resource: str = "") -> None:
        self._descriptor = descriptor
        self._fields = {each.json_name: each for each in descriptor.fields}
        name = descriptor.full_name.removeprefix("google.").removeprefix("cloud.")
        package, version, rest = re.split(r"\.(v\d\w*)\.", name) if re.search(r"\.v\d", name) else ("", "", name)
        self.label = f"{package.replace('.', '_')}_{version}.{rest}" if version else rest
        self._renamed = RENAMED.get(self.label, {})
        self._own = {**TERRAFORM_ONLY.get(self.label, {}), **TERRAFORM_ONLY.get(resource, {})}

    def field(self, name: str) -> Shape | Refused:
        """The shape of an argument of Terraform."""
        if name in self._own:
            return _of_terraform(self._own[name])
        if name in self._renamed:
            return self.at(self._renamed[name])
        found = self._fields.get(name)
        if found is None:
            return Refused(f"is not a field of {self.label}")
        if found.name in {path.rstrip("[]{}*").partition(".")[0] for path in self._renamed.values()}:
            return Refused(f"is a name of the API's {self.label} that pulumi-gcp does not have")
        if found.name in self._outputs:
            return Refused(f"is what {self.label} tells, not what it is told")
        return _of_field(found)

    def required(self) -> tuple[str, ...]:
        """Nothing: the descriptors do not say, and the typed arguments ask for it."""
        return ()

    def at(self, path: str) -> Shape:
        """The shape of the field at a path of the table."""
        first, _, rest = path.partition(".")
        if rest:
            return GoogleMessage(self._named(first).message_type).at(rest)
        shape = _of_field(self._named(first.rstrip("[]{}*")))
        if first.endswith("*"):
            return ListOf(shape)
        if first.endswith("[]"):
            assert isinstance(shape, ListOf), f"{first} of {self.label} is no list"
            return shape.of
        if first.endswith("{}"):
            assert isinstance(shape, MapOf), f"{first} of {self.label} is no map"
            return ListOf(shape.of)
        return shape

    def _named(self, name: str) -> Any:
        return self._descriptor.fields_by_name[name]

    @cached_property
    def _outputs(self) -> frozenset[str]:
        """The fields that their description calls outputs; nothing else of the package tells."""
        package, _, names = self.label.partition(".")
        if package not in DESCRIBED:
            return frozenset()
        found: Any = import_module(f"google.cloud.{package}")
        for name in names.split("."):
            found = getattr(found, name, None)
        return frozenset(OUTPUT.findall(found.__doc__ or ""))


@cache
def google_message(resource: str) -> GoogleMessage:
    """The message of a type of resource. Its package is imported here, since that takes seconds."""
    module, name = MODELS[resource]
    found: Any = getattr(import_module(module), name)
    return GoogleMessage(found.DESCRIPTOR if hasattr(found, "DESCRIPTOR") else found.pb().DESCRIPTOR, resource)


def _of_terraform(own: Own) -> Shape:
    return Scalar(own.kind, frozenset(own.values))


def _of_field(found: Any) -> Shape:
    message = found.message_type
    if message and message.GetOptions().map_entry:
        return MapOf(_of_one(message.fields_by_name["value"]))
    return ListOf(_of_one(found)) if found.label == found.LABEL_REPEATED else _of_one(found)


def _of_one(found: Any) -> Shape:
    if found.message_type:
        package, _, name = found.message_type.full_name.rpartition(".")
        return WELL_KNOWN.get(name, Anything()) if package == "google.protobuf" else GoogleMessage(found.message_type)
    if found.enum_type:
        return Scalar("str", _values(found.enum_type))
    kind = _kind(found)
    # Compute's messages have the values beside the field, which is text.
    beside = found.containing_type.enum_types_by_name.get(found.name.title().replace("_", ""))
    return Scalar(kind, _values(beside) if kind == "str" and beside else frozenset())


def _values(enum: Any) -> frozenset[str]:
    return frozenset(value.name for value in enum.values if not value.name.startswith("UNDEFINED_"))


def _kind(found: Any) -> str:
    if found.cpp_type == found.CPPTYPE_BOOL:
        return "bool"
    if found.cpp_type == found.CPPTYPE_STRING:
        return "str"
    return "float" if found.cpp_type in (found.CPPTYPE_DOUBLE, found.CPPTYPE_FLOAT) else "int"
