"""Writes the reference of all settings and their JSON schema anew: ``make docs``."""

import json
import types
import typing
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Union

from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from components.schema.areas import AREAS, INCLUDE, PROJECT, SECRETS
from components.schema.cloud_types import (
    AksNodePoolName,
    AzureRegion,
    AzureZone,
    GcpLocation,
    GcpProject,
    GkeNodePoolName,
    Guid,
    ResourceGroupName,
)
from components.schema.core_checks import ADMIN_PASSWORD, CLIENT_SECRET, SHARED_PASSWORD
from components.schema.types import (
    Cidr,
    ContainerPath,
    Cpu,
    DiskName,
    DnsLabel,
    DnsName,
    EnvironmentName,
    Image,
    IpRange,
    JobName,
    LabelValue,
    Memory,
    QualifiedName,
    RegistryPrefix,
    Section,
    Subject,
    Url,
    UsageId,
    UserName,
)
from components.settings import INCLUDE_PURPOSE, json_schema
from tools.places import CHECKOUT
from tools.say import say

DOCS = CHECKOUT / "docs"

INTRODUCTION = """\
# Settings

Written by `make docs` from `components/schema/`. Do not edit.

A setting lives in the stack's file, `Pulumi.STACK.yaml`. Edit the file, or run:

    pulumi config set --path 'kubeflow:core.hub.databaseSizeGib' 5
    pulumi config set --path 'kubeflow:core.login.allowedUsers[0]' ada
    pulumi config set --secret kubeflow:sharedPassword

An unknown key is refused, and so is a value that cannot work; all problems are reported at once, before anything is
deployed. Editors that read [settings.schema.json](settings.schema.json) complete the keys of the stack files.

Where the default is "unset", an empty text means the same. Texts such as `"true"` and `"null"`, as ksonnet wrote them,
are read as what they mean.
"""

_WORDS: dict[object, str] = {
    typing.get_args(alias)[1]: words
    for alias, words in (
        (DnsLabel, "name: lower-case letters, digits and hyphens, at most 63"),
        (DnsName, "name: lower-case letters, digits, hyphens and dots, at most 253"),
        (ContainerPath, "absolute path in a container"),
        (Image, "image reference"),
        (Cpu, "amount of CPU, such as `2` or `500m`"),
        (Memory, "amount of memory, such as `1.5Gi`"),
        (Url, "http or https URL"),
        (UserName, "user name"),
        (RegistryPrefix, "registry, as `host[:port][/path]`, whose host has a dot or a port"),
        (Cidr, "network of IPv4 addresses, such as `10.0.0.0/20`"),
        (IpRange, "network, such as `203.0.113.0/24` or `2001:db8::/32`"),
        (GcpProject, "id of a project of Google Cloud"),
        (GcpLocation, "zone or region of Google Cloud"),
        (AzureRegion, "region of Azure, such as `westeurope`"),
        (AzureZone, "`1`, `2` or `3`, in quotes"),
        (ResourceGroupName, "name of a resource group"),
        (Guid, "id of Azure, such as `01234567-89ab-cdef-0123-456789abcdef`"),
        (GkeNodePoolName, "name of a node pool"),
        (AksNodePoolName, "name of a node pool"),
        (DiskName, "name of a disk: lower-case letters, digits and hyphens, a letter first, at most 51"),
        (Subject, "user or group"),
        (JobName, "name of a job: lower-case letters, digits and hyphens, a letter first, at most 50"),
        (EnvironmentName, "name of an environment variable"),
        (QualifiedName, "name of a label"),
        (LabelValue, "value of a label"),
        (UsageId, "id: letters, digits, dots, hyphens and underscores, at most 128"),
    )
}
"""What to write for each kind of value, by the check that makes it one."""

_PLAIN: dict[object, str] = {bool: "`true` or `false`", int: "whole number", str: "text", dict: "entries by name"}

_PURPOSES = {
    SHARED_PASSWORD: "The password that `dummy` asks of everybody but administrators. Without it `dummy` takes any "
    "password, and only behind a ClusterIP.",
    ADMIN_PASSWORD: "The password that `dummy` asks of those in `kubeflow:core.login.adminUsers`. It has to differ "
    "from the shared one.",
    CLIENT_SECRET: "The secret of the OAuth or OpenID application whose id is `kubeflow:core.login.clientId`.",
}


class Row(NamedTuple):
    """A setting, in words."""

    path: str
    kind: str
    default: str
    description: str


class Group(NamedTuple):
    """The settings of one object."""

    path: str
    summary: str
    rows: tuple[Row, ...]


def groups() -> Iterator[Group]:
    """Every object of the configuration, each before those inside it."""
    for area, model in AREAS.items():
        yield from _groups(f"{PROJECT}:{area}", model)


def words(annotation: Any, metadata: Sequence[object]) -> str:
    """What values a field takes.

    Args:
        annotation: its type, as pydantic keeps it.
        metadata: the checks and bounds beside the type.
    """
    if named := next((_WORDS[item] for item in metadata if item in _WORDS), None):
        return named
    arguments = typing.get_args(annotation)
    match typing.get_origin(annotation) or annotation:
        case origin if origin is Annotated:
            text = words(arguments[0], arguments[1:])
        case origin if origin in (Union, types.UnionType):
            text = words(next(part for part in arguments if part is not types.NoneType), metadata)
        case origin if origin is Literal:
            text = f"one of {_code(arguments)}"
        case origin if origin is list:
            text = "list" if _section(*arguments) else f"list, each entry a {words(arguments[0], ())}"
        case origin:
            text = f"{_PLAIN[origin]}{_bounds(metadata, ' characters' if origin is str else '')}"
    return text


def reference() -> str:
    """The content of ``settings.md``."""
    parts = [INTRODUCTION]
    for group in groups():
        cells = [(f"`{row.path}`", row.kind, row.default, row.description) for row in group.rows]
        table = _table(("Key", "Value", "Default", "Meaning"), cells)
        parts.append(f"## `{group.path}`\n\n{group.summary}\n\n{table}")
    include = [(f"`{INCLUDE}`", "text, or list of texts", "unset", INCLUDE_PURPOSE)]
    parts.append(
        "## Files with further settings\n\nFor stacks with hundreds of models or jobs; see "
        "[operations.md](operations.md#stacks-with-many-settings).\n\n"
        + _table(("Key", "Value", "Default", "Meaning"), include)
    )
    secrets = [(f"`{path}`", f"text, {least} or more characters", _PURPOSES[path]) for path, least in SECRETS.items()]
    parts.append(
        "## Secrets\n\nEach is a key of its own, set with `pulumi config set --secret` and unset by default. None may "
        "begin or end in a blank.\n\n" + _table(("Key", "Value", "Meaning"), secrets)
    )
    return "\n".join(parts)


def files() -> dict[Path, str]:
    """What is written where."""
    return {
        DOCS / "settings.md": reference(),
        DOCS / "settings.schema.json": json.dumps(json_schema(), indent=2) + "\n",
    }


def main() -> None:
    """Writes the files."""
    for file, content in files().items():
        file.write_text(content)
        say(f"Wrote {file.relative_to(CHECKOUT)}.")


def _groups(path: str, model: type[BaseModel]) -> Iterator[Group]:
    rows: list[Row] = []
    inner: list[Group] = []
    for name, field in model.model_fields.items():
        key = f"{path}.{field.alias or name}"
        if nested := _section(field.annotation):
            inner += _groups(key, nested)
            continue
        if entry := _section(*typing.get_args(field.annotation)[-1:]):
            step = "[0]" if typing.get_origin(field.annotation) is list else ".NAME"
            inner += _groups(f"{key}{step}", entry)
        rows.append(Row(key, words(field.annotation, field.metadata), _default(field), field.description or ""))
    yield Group(path, (model.__doc__ or "").strip().splitlines()[0], tuple(rows))
    yield from inner


def _section(*annotation: Any) -> type[Section] | None:
    """The section that an annotation, or the values of a map, consist of."""
    match annotation:
        case (type() as model,) if issubclass(model, Section):
            return model
        case (types.UnionType() as union,):
            return _section(*(part for part in typing.get_args(union) if part is not types.NoneType))
        case _:
            return None


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value: Any = field.get_default(call_default_factory=True, validated_data={})
    match value:
        case None:
            return "unset"
        case bool():
            return _code([str(value).lower()])
        case list() | dict():
            return _code(typing.cast("Iterable[object]", value)) or "none"
        case _:
            return _code([value])


def _bounds(metadata: Sequence[object], unit: str) -> str:
    lower = upper = None
    for item in metadata:
        match item:
            case Ge(ge=bound) | MinLen(min_length=bound):
                lower = bound
            case Le(le=bound) | MaxLen(max_length=bound):
                upper = bound
            case _:
                pass
    if lower is None:
        return ""
    return f", {lower} or more{unit}" if upper is None else f", {lower} to {upper}{unit}"


def _code(values: Iterable[object]) -> str:
    return ", ".join(f"`{value}`" for value in values)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    main()
