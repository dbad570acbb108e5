"""What Azure's models allow, under the names that pulumi-azure-native has for it."""

import inspect
import re
from enum import Enum
from functools import cache
from importlib import import_module
from typing import Any

from tests.cloud_models.azure_tables import FILLED_IN, IN_THE_PATH, KEYS_AS_LIST, MODELS, RENAMED
from tests.cloud_models.shapes import Anything, ListOf, MapOf, Refused, Scalar, Shape

SCALARS: dict[str, Shape] = {
    "bool": Scalar("bool"),
    "int": Scalar("int"),
    "long": Scalar("int"),
    "float": Scalar("float"),
    "object": Anything(),
    # As JSON has them.
    **dict.fromkeys(("str", "iso-8601", "rfc-1123", "date", "time", "duration", "bytearray", "base64"), Scalar("str")),
}
BOUNDS = ("minimum", "maximum", "min_length", "max_length", "pattern")


class AzureMessage:
    """A model; ``resource`` is given for the one that a resource's body is."""

    def __init__(self, model: Any, resource: str = "") -> None:
        self._model = model
        self._path = IN_THE_PATH.get(resource, {})
        self._filled_in = FILLED_IN if resource else {}
        package = re.fullmatch(r"azure\.mgmt\.([\w.]+?)(\.v[\d_]+)?\.models\.\w+", model.__module__)
        assert package, model.__module__
        self.label = f"{package[1]}.{model.__name__}"
        self._renamed = RENAMED.get(self.label, {})
        # The body's own fields and those of its ``properties``, which may have one name: one of them is an output then.
        by_name = sorted(model._attribute_map, key=lambda attribute: not self._is_output(attribute))
        self._attributes = {_last(model._attribute_map[each]["key"]): each for each in by_name}

    def field(self, name: str) -> Shape | Refused:
        """The shape of an argument of pulumi-azure-native."""
        if name in self._path:
            return Scalar("str")
        if name in self._renamed.values():
            return Refused(f"is a name of the API's {self.label} that pulumi-azure-native does not have")
        attribute = self._attributes.get(self._renamed.get(name, name))
        if attribute is None:
            return Refused(f"is not a field of {self.label}")
        if self._is_output(attribute):
            return Refused(f"is what {self.label} tells, not what it is told")
        shape = self._of(attribute)
        return ListOf(Scalar("str")) if name in KEYS_AS_LIST and isinstance(shape, MapOf) else shape

    def required(self) -> tuple[str, ...]:
        """The names of what the API refuses to go without."""
        validation = self._model._validation
        names = {attribute: name for name, attribute in self._attributes.items()}
        required = [names[each] for each, rules in validation.items() if rules.get("required") and each in names]
        sent_as = {theirs: ours for ours, theirs in self._renamed.items()}
        return tuple(sent_as.get(name, name) for name in required if name not in self._filled_in)

    def _is_output(self, attribute: str) -> bool:
        return bool(self._model._validation.get(attribute, {}).get("readonly"))

    def _of(self, attribute: str) -> Shape:
        rules = self._model._validation.get(attribute, {})
        bounds = {name: rules[name] for name in BOUNDS if name in rules}
        return self._typed(self._model._attribute_map[attribute]["type"], self._values(attribute), bounds)

    def _typed(self, kind: str, values: frozenset[str], bounds: dict[str, Any]) -> Shape:
        if kind.startswith("["):
            return ListOf(self._typed(kind[1:-1], values, {}))
        if kind.startswith("{"):
            return MapOf(self._typed(kind[1:-1], values, {}))
        if kind not in SCALARS:
            return AzureMessage(getattr(_models(self._model), kind))
        shape = SCALARS[kind]
        return Scalar(shape.kind, values, bounds) if isinstance(shape, Scalar) else shape

    def _values(self, attribute: str) -> frozenset[str]:
        """All values of a field, which only the type of the constructor's argument names."""
        argument = inspect.signature(self._model).parameters.get(attribute)
        named = re.search(r"_models\.(\w+)", str(argument.annotation)) if argument else None
        found = getattr(_models(self._model), named[1]) if named else None
        if isinstance(found, type) and issubclass(found, Enum):
            return frozenset(str(member.value) for member in found)
        return frozenset()


@cache
def azure_message(resource: str) -> AzureMessage:
    """The model of a type of resource. Its package is imported here."""
    module, name = MODELS[resource]
    return AzureMessage(getattr(import_module(module), name), resource)


def _models(model: Any) -> Any:
    return import_module(model.__module__.rpartition(".")[0])


def _last(key: str) -> str:
    """The name in pulumi-azure-native, which lifts what is in ``properties``, and writes a-name as aName."""
    name = re.split(r"(?<!\\)\.", key)[-1].replace("\\.", ".")
    return re.sub(r"-(\w)", lambda letter: letter[1].upper(), name)
