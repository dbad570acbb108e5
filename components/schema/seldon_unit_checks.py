"""What the settings of a step of a graph must not say."""

import re
from collections.abc import Iterator

from components import images
from components.errors import Problem
from components.schema.pod_checks import owner_of, resource_problems
from components.schema.seldon import UnitSettings

AB_TEST = "RANDOM_ABTEST"
TWO = 2
_WITHOUT_A_MODEL = ("HUGGINGFACE_SERVER", AB_TEST)
"""Hugging Face's server can take a model by the name in its parameters."""
RESERVED = ("seldon-container-engine", "tfserving")
"""Containers that stand beside the units."""
_REMOTE = re.compile(r"([A-Za-z0-9][A-Za-z0-9_-]*):.+")
_CLAIM = re.compile(r"pvc://([a-z0-9]([a-z0-9.-]*[a-z0-9])?)(/.*)?")
_WEB = ("http", "https", "ftp", "file", "hdfs")
_OPEN_REMOTES = ("gs", "pvc")
"""The remotes that the image that downloads knows without a Secret: public buckets of Google Cloud; claims."""


def unit_problems(path: str, name: str, unit: UnitSettings, protocol: str) -> Iterator[Problem]:
    """What is wrong with a unit, whatever graph it is in."""
    if name in RESERVED:
        yield Problem(path, "has the name of a container that stands beside it; rename it")
    yield from _program_problems(path, unit, protocol)
    yield from _children_problems(path, unit)
    yield from _model_problems(path, unit)
    yield from resource_problems(path, unit.resources)


def _program_problems(path: str, unit: UnitSettings, protocol: str) -> Iterator[Problem]:
    implementation = unit.implementation
    if implementation is None:
        if unit.image is None:
            yield Problem(path, "has neither an image nor an implementation; set one of the two")
        return
    if unit.image is not None:
        yield Problem(f"{path}.image", f"is set, and so is implementation, {implementation}; remove one of the two")
    if unit.type != "MODEL":
        answer = "it is a router already" if implementation == AB_TEST else "servers are models"
        yield Problem(
            f"{path}.type", f"is {unit.type}, but implementation is {implementation}: {answer}; remove the type"
        )
    if implementation != AB_TEST and protocol not in images.SELDON_SERVERS[implementation]:
        spoken = " or ".join(sorted(images.SELDON_SERVERS[implementation]))
        yield Problem(
            f"{path}.implementation",
            f"{implementation} does not speak {protocol}; set the deployment's protocol to {spoken}",
        )
    if implementation not in _WITHOUT_A_MODEL and unit.model_uri is None:
        yield Problem(path, f"has no model for {implementation} to load; set modelUri")


def _children_problems(path: str, unit: UnitSettings) -> Iterator[Problem]:
    count = len(unit.children)
    if unit.implementation == AB_TEST:
        if count != TWO:
            yield Problem(f"{path}.children", f"are {count}, and {AB_TEST} chooses between two; name two units")
        ratio = unit.parameters.get("ratioA", 0.5)
        if set(unit.parameters) - {"ratioA"} or isinstance(ratio, str | bool) or not 0 <= ratio <= 1:
            yield Problem(f"{path}.parameters", "may hold ratioA alone, a number from 0 to 1; write it so")
    elif unit.type == "ROUTER" and not count:
        yield Problem(f"{path}.children", "is empty, so that there is nothing to choose from; name units")
    elif unit.type == "COMBINER" and not count:
        yield Problem(f"{path}.children", "is empty, so that there is nothing to combine; name units")
    elif unit.type == "OUTPUT_TRANSFORMER" and not count:
        yield Problem(f"{path}.children", "is empty, so that there is no answer to change; name a unit")
    elif unit.type not in ("ROUTER", "COMBINER") and count > 1:
        yield Problem(
            f"{path}.children",
            f"are {count}, but only the first one's answer counts without a COMBINER or ROUTER above them; put one "
            f"there",
        )


def _model_problems(path: str, unit: UnitSettings) -> Iterator[Problem]:
    uri = unit.model_uri
    if uri is None:
        if unit.env_secret_ref_name:
            yield Problem(
                f"{path}.envSecretRefName", "is for the download of a model, but modelUri is not set; remove it"
            )
        return
    setting = f"{path}.modelUri"
    if unit.implementation == AB_TEST:
        yield Problem(setting, f"is set, but {AB_TEST} loads no model; remove it")
        return
    remote = _REMOTE.fullmatch(uri)
    if remote is None or remote[1] in _WEB:
        yield Problem(
            setting,
            f'"{uri}" is not a place that models are downloaded from; write gs://BUCKET/PATH, s3://BUCKET/PATH, '
            f"pvc://CLAIM/PATH, or REMOTE:PATH of rclone",
        )
    elif remote[1] == "pvc":
        claim = _CLAIM.fullmatch(uri)
        if claim is None:
            yield Problem(setting, f'"{uri}" does not name a claim; write pvc://CLAIM/PATH')
        elif owner := owner_of(claim[1]):
            yield Problem(setting, f'"{claim[1]}" is {owner}, not for models; name another claim')
    elif remote[1] not in _OPEN_REMOTES and unit.env_secret_ref_name is None:
        yield Problem(
            setting,
            f'"{uri}" needs to be told what {remote[1]} is; set envSecretRefName to a Secret with '
            f"RCLONE_CONFIG_{remote[1].upper()}_TYPE and what else rclone wants",
        )
