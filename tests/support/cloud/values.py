"""Property values as the engine sends them, and as plain Python."""

from typing import Any, cast

from google.protobuf import json_format
from google.protobuf.struct_pb2 import Struct

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""Stands for what is not known before it is made."""
_UNKNOWN_OF_A_TYPE = (
    "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
    "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
    "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
    "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
)
"""The same for booleans, numbers, lists and objects."""
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"
_OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e"

Properties = dict[str, Any]


def plain(struct: Struct) -> Properties:
    """The properties without nulls and envelopes; whole numbers are integers."""
    return _plain(json_format.MessageToDict(struct))


def struct(properties: Properties) -> Struct:
    """The properties as they are sent."""
    return json_format.ParseDict(properties, Struct())


def is_unknown(value: Any) -> bool:
    """Whether the value, or any value in it, is not known yet."""
    if isinstance(value, dict):
        return any(is_unknown(each) for each in cast("Properties", value).values())
    if isinstance(value, list):
        return any(is_unknown(each) for each in cast("list[Any]", value))
    return value == UNKNOWN


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        properties = cast("Properties", value)
        match properties.get(_SIGNATURE):
            case str(signature) if signature in (_SECRET, _OUTPUT):
                return _plain(properties.get("value", UNKNOWN))
            case str(signature) if signature == _RESOURCE:
                return _plain(properties.get("id", UNKNOWN))
            case _:
                return {key: _plain(each) for key, each in properties.items() if each is not None}
    if isinstance(value, list):
        return [_plain(each) for each in cast("list[Any]", value)]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return UNKNOWN if value in _UNKNOWN_OF_A_TYPE else value
