"""The kinds of values that settings of notebooks are made of, as in ``types``."""

import re
from typing import Annotated

from pydantic import AfterValidator

from components import spawn_options
from components.schema.types import matching, option


def _with_registry(pattern: str) -> str:
    registry, slash, _ = pattern.partition("/")
    if pattern != "*" and not (slash and re.search(r"[.:*]|^localhost$", registry)):
        raise ValueError(f"does not say of which registry; for Docker Hub write docker.io/{_hub_path(pattern)}")
    return pattern


def _hub_path(pattern: str) -> str:
    return pattern if "/" in pattern else f"library/{pattern}"


ImagePattern = Annotated[
    str,
    matching(
        r"[A-Za-z0-9*][A-Za-z0-9*._/:@-]*",
        "is not a pattern of images; write one with its registry, such as quay.io/jupyter/*, where * stands for any "
        "text",
    ),
    AfterValidator(_with_registry),
]
"""Images of which the names are alike."""

ResourceName = Annotated[str, option(lambda text, _: spawn_options.check_resource(text))]
"""What a container can have a limit of, such as nvidia.com/gpu."""
