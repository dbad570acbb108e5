"""The kinds of values that settings are made of, each with an error that says what to write."""

import re
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, model_validator
from pydantic.alias_generators import to_camel

from components import spawn_options
from components.schema.addresses import cidr, ip_range, url
from components.schema.alike import look_alikes
from components.schema.amounts import MOST_CPU, MOST_MEMORY, at_most

HIGHEST_PORT = 65535


class Section(BaseModel):
    """A group of settings: camelCase keys, unknown ones refused, values as YAML types them, never changed after."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True, strict=True)

    @model_validator(mode="before")
    @classmethod
    def _empty(cls, values: object) -> object:
        # What YAML makes of a key below which everything is commented out.
        return {} if values is None else values


def matching(pattern: str, sentence: str) -> AfterValidator:
    """A check that a whole text is like ``pattern``; ``sentence`` follows the text if it is not."""
    compiled = re.compile(pattern, re.ASCII)

    def check(value: str) -> str:
        if not compiled.fullmatch(value):
            raise ValueError(sentence)
        return value

    return AfterValidator(check)


def _unset(value: object) -> object:
    # ksonnet wrote the text "null" for a parameter without a value; migrated stack files still hold it.
    return None if value in ("", "null") else value


def _boolean(value: object) -> object:
    # ksonnet kept booleans as text.
    return {"true": True, "false": False}.get(value.lower(), value) if isinstance(value, str) else value


def _named(image: str) -> str:
    if image == "null":
        raise ValueError("is how ksonnet wrote that there is no image, and one is needed; name it")
    return image


def option(parse: Callable[[str, str], Any]) -> AfterValidator:
    """A check that the spawn form makes too; its sentence starts with the field's title, which the path replaces."""

    def check(value: str) -> str:
        try:
            parse(value, "")
        except spawn_options.OptionError as error:
            raise ValueError(str(error).partition(": ")[2]) from None
        return value

    return AfterValidator(check)


def _without_last_slash(value: object) -> object:
    """A path as it is meant: a slash at its end changes nothing."""
    return value.rstrip("/") or value if isinstance(value, str) else value


def _printable(value: str) -> str:
    if not value.isprintable():
        raise ValueError(f"holds {look_alikes(value)}, which cannot be seen; write it anew, without copying")
    return value


def _without_dots(path: str) -> str:
    if any(part in ("", ".", "..") for part in path[1:].split("/")):
        raise ValueError("has an empty, . or .. part; write the path without them")
    return path


Boolean = Annotated[bool, BeforeValidator(_boolean)]
"""A switch: true or false, also as text."""

DnsLabel = Annotated[
    str,
    matching(
        r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?",
        "is not a name that Kubernetes allows; use at most 63 lower-case letters, digits and hyphens, a letter or "
        "digit first and last",
    ),
]
"""The name of a namespace, a volume or another object that is a DNS label."""

DnsName = Annotated[
    str,
    matching(
        r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*",
        "is not a name that Kubernetes allows; use at most 253 lower-case letters, digits, hyphens and dots, a letter "
        "or digit first and last",
    ),
]
"""The name of an object that is a DNS subdomain, such as a claim or a storage class."""

ContainerPath = Annotated[
    str,
    matching(
        r"/[A-Za-z0-9._/-]*[A-Za-z0-9._-]",
        "is not an absolute path that works here; write one below /, such as /home/jovyan/work, of letters, digits, -, "
        "_ and .",
    ),
    AfterValidator(_without_dots),
    BeforeValidator(_without_last_slash),
]
"""An absolute path in a container, not the root itself."""


Image = Annotated[str, AfterValidator(_named), option(lambda text, _: spawn_options.parse_image(text))]
"""A container image."""

Cpu = Annotated[str, option(spawn_options.parse_cpu), at_most(spawn_options.parse_cpu, MOST_CPU)]
"""An amount of CPU, such as 500m."""

Memory = Annotated[str, option(spawn_options.parse_memory), at_most(spawn_options.parse_memory, MOST_MEMORY)]
"""An amount of memory, such as 1Gi."""

Url = Annotated[str, AfterValidator(url)]
"""An http or https URL."""

UserName = Annotated[
    str,
    matching(
        r"(?!(?:\.|%2[Ee])+$)[^\s/](?:[^/\n\r]{0,253}[^\s/])?",
        "is not a user name; write one without slashes, not of dots alone, and without spaces at its ends",
    ),
    AfterValidator(_printable),
    AfterValidator(str.lower),
]
"""The name of a JupyterHub user, which the hub writes in lower case."""

Word = Annotated[str, matching(r"\S+", "is empty or holds a space; write it without"), AfterValidator(_printable)]
"""A text without spaces, such as an id or the name of an organisation."""

Domain = Annotated[
    str,
    matching(
        r"(?=.{1,253}$)[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", "is not a domain; write it as example.com, without https://"
    ),
    AfterValidator(str.lower),
]
"""A domain of people's addresses."""

RegistryPrefix = Annotated[
    str,
    matching(
        r"(localhost(:\d{1,5})?|[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(:\d{1,5})?|[A-Za-z0-9-]+:\d{1,5})"
        r"(/[a-z0-9]+([._-]+[a-z0-9]+)*)*",
        "is not a registry; write host[:port][/path] with a dot or a port in it, without https://, such as "
        "registry.example.com/mirror",
    ),
    BeforeValidator(_without_last_slash),
]
"""Where images are pulled through."""

Cidr = Annotated[str, AfterValidator(cidr)]
"""A network of IPv4 addresses, such as 10.0.0.0/20."""

IpRange = Annotated[str, AfterValidator(ip_range)]
"""A network of IPv4 or IPv6 addresses, and not of all public ones."""

DiskName = Annotated[
    str,
    matching(
        r"[a-z]([a-z0-9-]{0,49}[a-z0-9])?",
        "is not the name of a disk; use at most 51 lower-case letters, digits and hyphens, a letter first",
    ),
]
"""The name of a disk, from which Services and others have theirs."""

Subject = Annotated[
    str,
    matching(
        r"(?!system:)\S(.{0,251}\S)?",
        "is not a user or group; write at most 253 characters, no space first or last, and none of Kubernetes' own, "
        "which begin with system:",
    ),
    AfterValidator(_printable),
]
"""A user or group, as the cluster's login names them."""

QualifiedName = Annotated[
    str,
    matching(
        r"([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?",
        "is not the name of a label; write at most 63 letters, digits, -, _ and ., after a domain and a slash if need "
        "be",
    ),
]
"""The name of a label, taint or resource."""

LabelValue = Annotated[
    str,
    matching(
        r"([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?",
        "is not the value of a label; write at most 63 letters, digits, -, _ and .",
    ),
]
"""The value of a label."""

JobName = Annotated[
    str,
    matching(
        r"[a-z]([a-z0-9-]{0,48}[a-z0-9])?",
        "is not a name that the training operator allows; use at most 50 lower-case letters, digits and hyphens, a "
        "letter first",
    ),
]
"""The name of a job, from which its pods and services have theirs (DNS-1035)."""

EnvironmentName = Annotated[
    str,
    matching(
        r"[A-Za-z_][A-Za-z0-9_]*",
        "is not the name of an environment variable; use letters, digits and underscores, no digit first",
    ),
]
"""The name of an environment variable."""

SecretKey = Annotated[
    str,
    matching(
        r"(?!\.$|\.\.)[-._A-Za-z0-9]{1,253}",
        "is not a key that a Secret can have; use at most 253 letters, digits, -, _ and ., not . alone, nor .. first",
    ),
]
"""A key of a Secret or ConfigMap."""

ProgramText = Annotated[str, matching(r"[^\0]*", "holds a NUL, with which no program can be started; leave it out")]
"""An argument of a program, or the value of an environment variable."""

UsageId = Annotated[
    str,
    matching(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}", "is not an id; use letters, digits, dots, hyphens, such as a UUID"),
]
"""An id that says nothing about the cluster."""

Unset = BeforeValidator(_unset)
"""An empty text, and the text null, stand for no value."""
