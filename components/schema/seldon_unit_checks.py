"""What the settings of a step of a graph must not say."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from components import images
from components.errors import Problem
from components.model_path import BUCKET
from components.schema.pod_checks import named_secret_problems, owner_of

AB_TEST = "RANDOM_ABTEST"
"""The executor's own router between two children, which is no container."""
TWO = 2
HUGGING_FACE = "HUGGINGFACE_SERVER"
_WITHOUT_A_MODEL = (HUGGING_FACE, AB_TEST)
"""Hugging Face's server can take a model by the name in its parameters."""
RESERVED = ("seldon-container-engine", "tfserving")
"""Containers that stand beside the units."""
OF_A_DOWNLOAD = "-model-initializer"
"""The end of the names of init containers."""
BUCKETS = ("gs", "s3")
CLAIMS = "pvc"
OPEN_REMOTES = ("gs", CLAIMS)
"""The remotes that the image that downloads knows without a Secret: public buckets of Google Cloud; claims."""
OF_THE_OPERATOR = re.compile(r"PREDICTIVE_UNIT_\w+|PREDICTOR_(ID|LABELS)|SELDON_DEPLOYMENT_ID")
"""Variables that the operator sets in the containers of units, unless they are there."""
_REMOTE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_CLAIM = re.compile(r"pvc://([a-z0-9]([a-z0-9.-]*[a-z0-9])?)(/.*)?")
_WEB = ("http", "https", "ftp", "file", "hdfs")


class UnitLike(Protocol):
    """A unit, as settings or as a program has it."""

    @property
    def type(self) -> str: ...
    @property
    def image(self) -> object: ...
    @property
    def implementation(self) -> str | None: ...
    @property
    def model_uri(self) -> str | None: ...
    @property
    def env_secret_ref_name(self) -> object: ...
    @property
    def storage_endpoint(self) -> str | None: ...
    @property
    def children(self) -> Sequence[str]: ...
    @property
    def parameters(self) -> Mapping[str, str | int | float | bool]: ...
    @property
    def env(self) -> Mapping[str, object]: ...
    @property
    def secret_env(self) -> Mapping[str, object]: ...
    @property
    def num_gpus(self) -> int: ...


def unit_problems(path: str, name: str, unit: UnitLike, protocol: str) -> Iterator[Problem]:
    """What is wrong with a unit, whatever graph it is in."""
    if name in RESERVED or name.endswith(OF_A_DOWNLOAD):
        yield Problem(path, "has the name of a container that stands beside it; rename it")
    yield from _program_problems(path, unit, protocol)
    yield from _children_problems(path, unit)
    yield from _model_problems(path, unit)
    yield from named_secret_problems(f"{path}.env", unit.env)
    yield from named_secret_problems(f"{path}.parameters", unit.parameters)
    for variable in sorted(set(unit.env) & set(unit.secret_env)):
        yield Problem(f"{path}.env.{variable}", "is in secretEnv too; remove one of the two")
    for key, variables in {"env": unit.env, "secretEnv": unit.secret_env}.items():
        for variable in sorted(each for each in variables if OF_THE_OPERATOR.fullmatch(each)):
            yield Problem(f"{path}.{key}.{variable}", "is what Seldon's operator sets in pods; name it otherwise")


def _program_problems(path: str, unit: UnitLike, protocol: str) -> Iterator[Problem]:
    implementation = unit.implementation
    if implementation is None:
        if unit.image is None:
            yield Problem(path, "has neither an image nor an implementation; set one of the two")
        return
    if implementation == AB_TEST:
        of_containers = {
            "image": unit.image,
            "numGpus": unit.num_gpus,
            "env": unit.env,
            "secretEnv": unit.secret_env,
        }
        for key in (key for key, value in of_containers.items() if value):
            yield Problem(f"{path}.{key}", f"is set, but {AB_TEST} is no container of its own; remove it")
    elif implementation not in images.SELDON_SERVERS:
        known = ", ".join([*sorted(images.SELDON_SERVERS), AB_TEST])
        yield Problem(f"{path}.implementation", f"{implementation} is no server; there are {known}")
        return
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
    if implementation == HUGGING_FACE and unit.model_uri is None and "task" not in unit.parameters:
        yield Problem(
            path, f"tells {HUGGING_FACE} of no model; set modelUri, or the parameters task and pretrained_model"
        )


def _children_problems(path: str, unit: UnitLike) -> Iterator[Problem]:
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


def _model_problems(path: str, unit: UnitLike) -> Iterator[Problem]:
    uri = unit.model_uri
    of_downloads = {"envSecretRefName": unit.env_secret_ref_name, "storageEndpoint": unit.storage_endpoint}
    if uri is None:
        for key in (key for key, value in of_downloads.items() if value):
            yield Problem(f"{path}.{key}", "is for the download of a model, but modelUri is not set; remove it")
        return
    setting = f"{path}.modelUri"
    if unit.implementation == AB_TEST:
        yield Problem(setting, f"is set, but {AB_TEST} loads no model; remove it")
        return
    remote, _, rest = uri.partition(":")
    place = rest.removeprefix("//")
    if "@" in place.partition("/")[0]:
        shown = f"{remote}://...@{place.rpartition('@')[2]}"
        yield Problem(
            setting,
            f'"{shown}" holds a user name or password, which everybody could read; put it into the Secret of '
            f"envSecretRefName",
        )
    elif not _REMOTE.fullmatch(remote) or remote.lower() in _WEB or not place:
        yield Problem(
            setting,
            f'"{uri}" is not a place that models are downloaded from; write gs://BUCKET/PATH, s3://BUCKET/PATH, '
            f"pvc://CLAIM/PATH, or REMOTE:PATH of rclone",
        )
    elif ".." in place.split("/"):
        yield Problem(setting, f'"{uri}" leads upwards; write the path without ..')
    elif remote in BUCKETS and not BUCKET.fullmatch(place.partition("/")[0]):
        yield Problem(setting, f'"{uri}" names no bucket; write {remote}://BUCKET/PATH')
    elif remote == CLAIMS:
        claim = claim_of(uri)
        if claim is None:
            yield Problem(setting, f'"{uri}" does not name a claim; write pvc://CLAIM/PATH')
        elif owner := owner_of(claim):
            yield Problem(setting, f'"{claim}" is {owner}, not for models; name another claim')
        for key in (key for key, value in of_downloads.items() if value):
            yield Problem(f"{path}.{key}", f"is for stores, but modelUri is {uri}; remove it")
    elif remote not in OPEN_REMOTES and unit.env_secret_ref_name is None:
        yield Problem(
            setting,
            f'"{uri}" needs to be told what {remote} is; set envSecretRefName to a Secret with '
            f"RCLONE_CONFIG_{remote.upper()}_TYPE and what else rclone wants",
        )


def claim_of(uri: str | None) -> str | None:
    """The claim that a ``modelUri`` names; None if it names none."""
    match = _CLAIM.fullmatch(uri or "")
    return match[1] if match else None
