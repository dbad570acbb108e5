"""A graph as the operator and its executor read it: units within units."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import pulumi

from components.pods import Nodes, SecretValue
from components.schema.graphs import root_of
from components.schema.seldon_unit_checks import AB_TEST
from components.serving.seldon.names import FIRST_UNIT_GRPC_PORT, FIRST_UNIT_HTTP_PORT

UnitType = Literal["MODEL", "ROUTER", "COMBINER", "TRANSFORMER", "OUTPUT_TRANSFORMER"]
Protocol = Literal["seldon", "tensorflow", "v2"]
Transport = Literal["rest", "grpc"]
_PARAMETER_TYPES = {bool: "BOOL", int: "INT", float: "FLOAT", str: "STRING"}


@dataclass(frozen=True, kw_only=True)
class Unit:
    """A step of a graph: a container of the user's own, or a server of a framework that loads a model."""

    type: UnitType = "MODEL"
    image: pulumi.Input[str] | None = None
    """The user's own, or with ``implementation`` a server's; the stack's image of the server if it is None."""
    implementation: str | None = None
    """The server, such as SKLEARN_SERVER, or RANDOM_ABTEST."""
    model_uri: str | None = None
    """Where the model is; it is downloaded before the unit starts."""
    env_secret_ref_name: pulumi.Input[str] | None = None
    """The Secret whose keys the download has as environment variables."""
    storage_endpoint: str | None = None
    """The store's URL, or host and port, as in the Secret; if it is within the cluster or a private network."""
    children: Sequence[str] = ()
    parameters: Mapping[str, str | int | float | bool] = field(default_factory=dict[str, str | int | float | bool])
    env: Mapping[str, pulumi.Input[str]] = field(default_factory=dict[str, pulumi.Input[str]])
    secret_env: Mapping[str, SecretValue] = field(default_factory=dict[str, SecretValue])
    cpu: str = "500m"
    memory: str = "1Gi"
    cpu_limit: str | None = None
    """No limit if it is None."""
    memory_limit: str | None = None
    """As much as ``memory`` if it is None."""
    num_gpus: int = 0

    @property
    def has_container(self) -> bool:
        """Whether it is a container, and no part of the executor."""
        return self.implementation != AB_TEST

    @property
    def is_server(self) -> bool:
        """Whether it is one of the operator's servers."""
        return self.implementation is not None and self.has_container


@dataclass(frozen=True, kw_only=True)
class Predictor:
    """A graph and its pods. Each pod holds every unit of it."""

    units: Mapping[str, Unit]
    replicas: int = 1
    traffic: int | None = None
    """Its share of requests in percent, for the gateway that divides them."""
    shadow: bool = False
    """Whether a gateway sends it a copy of requests, whose answers nobody sees."""
    service_account: str | None = None
    """The ServiceAccount whose token the pods get; they get none if it is None."""
    nodes: Nodes = Nodes()  # noqa: RUF009  # it is frozen


@dataclass(frozen=True, kw_only=True)
class Ports:
    """Where a unit listens. All units of a predictor are in one pod, and at ports of their own."""

    http: int
    grpc: int
    position: int


def ports_of(units: Mapping[str, Unit]) -> dict[str, Ports]:
    """The ports of each unit that is a container, from the root downwards."""
    named = [name for name in _downwards(units, root(units)) if units[name].has_container]
    return {
        name: Ports(http=FIRST_UNIT_HTTP_PORT + index, grpc=FIRST_UNIT_GRPC_PORT + index, position=index)
        for index, name in enumerate(named)
    }


def root(units: Mapping[str, Unit]) -> str:
    """The unit that requests come to.

    Raises:
        ValueError: if the units are no tree.
    """
    return root_of({name: unit.children for name, unit in units.items()})


def tree(units: Mapping[str, Unit]) -> dict[str, Any]:
    """The graph of a SeldonDeployment."""
    return _node(units, root(units))


def executors_tree(units: Mapping[str, Unit], transport: Transport) -> dict[str, Any]:
    """The same as the executor needs it: with the address of each unit."""
    return _node(units, root(units), ports_of(units), transport)


def _downwards(units: Mapping[str, Unit], name: str) -> list[str]:
    return [name, *(below for child in units[name].children for below in _downwards(units, child))]


def _node(
    units: Mapping[str, Unit],
    name: str,
    ports: Mapping[str, Ports] | None = None,
    transport: Transport = "rest",
) -> dict[str, Any]:
    unit = units[name]
    node: dict[str, Any] = {"name": name}
    if unit.has_container:
        # The executor would ask a router of its own over the network.
        node["type"] = unit.type
    if unit.implementation:
        node["implementation"] = unit.implementation
    if unit.model_uri:
        node["modelUri"] = unit.model_uri
    if unit.parameters:
        node["parameters"] = [_parameter(key, value) for key, value in sorted(unit.parameters.items())]
    if ports and name in ports:
        own = ports[name]
        node["endpoint"] = {
            "service_host": "localhost",
            "service_port": own.grpc if transport == "grpc" else own.http,
            "httpPort": own.http,
            "grpcPort": own.grpc,
        }
    if unit.children:
        node["children"] = [_node(units, child, ports, transport) for child in unit.children]
    return node


def _parameter(name: str, value: str | float | bool) -> dict[str, str]:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return {"name": name, "value": text, "type": _PARAMETER_TYPES[type(value)]}
