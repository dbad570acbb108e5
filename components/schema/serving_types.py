"""The kinds of values that settings of models are made of, each with an error that says what to write."""

import re
from typing import Annotated

from pydantic import AfterValidator

from components.schema.types import HIGHEST_PORT, matching


def _s3_endpoint(value: str) -> str:
    if "@" in value:
        shown = f"...@{value.rpartition('@')[2]}"
        raise ValueError(f'"{shown}" holds a user name or password, which everybody could read; leave it out')
    if value.endswith(","):
        raise ValueError("ends in a comma, as Kubeflow 0.1's default did; write it without")
    label = "[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"
    match = re.fullmatch(rf"(https?://)?({label}\.)*{label}(:(?P<port>[0-9]{{1,5}}))?/?", value)
    if not match or not 1 <= int(match["port"] or HIGHEST_PORT) <= HIGHEST_PORT:
        raise ValueError("is not the address of a store; write HOST, HOST:PORT or http(s)://HOST:PORT, without a path")
    return value


ServedName = Annotated[
    str,
    matching(
        r"[a-z]([a-z0-9-]{0,48}[a-z0-9])?",
        "is not a name that Services can have; use at most 50 lower-case letters, digits and hyphens, a letter first",
    ),
]
"""The name of a model or graph, from which Services have theirs (DNS-1035)."""

UnitName = Annotated[
    str,
    matching(
        r"[a-z0-9]([a-z0-9-]{0,42}[a-z0-9])?",
        "is not a name that a unit can have; use at most 44 lower-case letters, digits and hyphens, a letter or digit "
        "first and last",
    ),
]
"""The name of a step of a graph, from which containers and volumes have theirs."""

UrlPath = Annotated[
    str,
    matching(
        r"(/[A-Za-z0-9._~-]+)+",
        "is not a path of a URL; write it as /monitoring/metrics, of letters, digits, -, _ and .",
    ),
]
"""The path of a URL."""

S3Endpoint = Annotated[str, AfterValidator(_s3_endpoint)]
"""The address of a store that speaks as S3 does, with or without a scheme."""
