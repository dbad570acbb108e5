"""The stack's configuration: read once, checked as a whole, typed and frozen.

Nothing else reads ``pulumi.Config``. Secrets are keys of their own, since an object that holds one is read as plain
text: see ADR 0003.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pulumi
from pulumi.runtime.config import CONFIG, is_config_secret
from pydantic import BaseModel, ValidationError

from components.errors import Problem, settings_error
from components.schema.access import AccessSettings
from components.schema.access_checks import access_problems
from components.schema.areas import AREAS, INCLUDE, PROJECT, SECRETS
from components.schema.cluster import ClusterSettings
from components.schema.cluster_checks import cluster_problems
from components.schema.core import CoreSettings
from components.schema.core_checks import ADMIN_PASSWORD, CLIENT_SECRET, SHARED_PASSWORD, core_problems
from components.schema.job_checks import job_problems
from components.schema.jobs import JobsSettings
from components.schema.namespace_checks import namespace_problems
from components.schema.seldon_checks import seldon_problems
from components.schema.serving import ServingSettings
from components.schema.shown import in_print
from components.schema.storage import StorageSettings
from components.schema.storage_checks import storage_problems
from components.schema.tf_serving_checks import tf_serving_problems
from components.schema.wording import listed, other_projects, plain_secrets, problem, unknown_areas
from components.settings_files import INCLUDABLE, included, merge, stack_file_problems

INCLUDE_PURPOSE = (
    f"The name of a file with further settings, or a list of such, each as the stack's file is: `config:`, and below "
    f"it {', '.join(f'`{key}`' for key in sorted(INCLUDABLE))}. Paths begin in the folder of `Pulumi.yaml`. Objects "
    f"are put together; what two files set is refused. No secrets. The engine hands over at most 128 KiB of settings, "
    f"and these do not count."
)


@dataclass(frozen=True, kw_only=True)
class Secrets:
    """What the user keeps encrypted in the stack's configuration."""

    shared_password: pulumi.Output[str] | None
    admin_password: pulumi.Output[str] | None
    oauth_client_secret: pulumi.Output[str] | None


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The whole configuration."""

    stack: str
    """The stack's name."""
    cluster: ClusterSettings
    storage: StorageSettings
    access: AccessSettings
    core: CoreSettings
    jobs: JobsSettings
    serving: ServingSettings
    secrets: Secrets


def load(folder: Path | None = None) -> Settings:
    """The stack's settings.

    Args:
        folder: the project's, in which the stack's file is; the current one unless given.

    Raises:
        StackError: with every problem of every key at once.
    """
    folder = folder or Path.cwd()
    file = folder / f"Pulumi.{pulumi.get_stack()}.yaml"
    written = stack_file_problems(file)
    if any(path == file.name for path, _ in written):
        # Nothing of it is read, and what else could be said is about defaults.
        raise settings_error(written)
    keys = {key for key in CONFIG.get() if key.startswith(f"{PROJECT}:")}
    config = pulumi.Config(PROJECT)
    secrets = {path for path in SECRETS if path in keys}
    problems = [
        *other_projects(set(CONFIG.get()) - keys),
        *unknown_areas(keys),
        *_secret_problems(config, secrets),
    ]
    more, wrong = _included(config, folder)
    problems += wrong
    areas: dict[str, BaseModel] = {}
    shapes: list[Problem] = []
    for area, model in AREAS.items():
        try:
            values, twice = _merged(
                _values(config, area), more.get(f"{PROJECT}:{area}"), f"{PROJECT}:{area}", file.name
            )
            problems += twice
            shapes += plain_secrets(area, values)
            areas[area] = model.model_validate(values)
        except ValidationError as error:
            problems += [problem(area, model, details) for details in error.errors()]
        except ValueError as error:
            problems.append(Problem(f"{PROJECT}:{area}", str(error)))
    # A setting that was written as a key of its own is not said to be missing as well.
    stray = keys - secrets - {INCLUDE, *(f"{PROJECT}:{area}" for area in AREAS)}
    problems += [each for each in _clashes(areas, secrets) if each.path not in stray]
    mentioned = {each.path for each in problems}
    problems += [each for each in shapes if each.path not in mentioned]
    # A number that was written in another way is not told of as it was read.
    read_otherwise = {path for path, _ in (*written, *wrong)}
    problems = [*written, *wrong, *(each for each in problems if each.path not in read_otherwise)]
    if problems:
        # A value may hold anything, and each problem is to be a line.
        raise settings_error([Problem(in_print(path), in_print(sentence)) for path, sentence in problems])
    return Settings(
        stack=pulumi.get_stack(),
        cluster=cast("ClusterSettings", areas["cluster"]),
        storage=cast("StorageSettings", areas["storage"]),
        access=cast("AccessSettings", areas["access"]),
        core=cast("CoreSettings", areas["core"]),
        jobs=cast("JobsSettings", areas["jobs"]),
        serving=cast("ServingSettings", areas["serving"]),
        secrets=Secrets(
            shared_password=config.get_secret(_key(SHARED_PASSWORD)),
            admin_password=config.get_secret(_key(ADMIN_PASSWORD)),
            oauth_client_secret=config.get_secret(_key(CLIENT_SECRET)),
        ),
    )


def json_schema() -> dict[str, Any]:
    """The JSON schema of the stack files, for editors."""
    areas = {f"{PROJECT}:{area}": model.model_json_schema(by_alias=True) for area, model in AREAS.items()}
    definitions: dict[str, Any] = {}
    for schema in areas.values():
        definitions |= schema.pop("$defs", {})
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The configuration of a stack of Kubeflow on Pulumi",
        "type": "object",
        "properties": {
            "config": {
                "type": "object",
                "properties": {
                    **areas,
                    INCLUDE: {
                        "description": INCLUDE_PURPOSE,
                        "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
                    },
                },
            }
        },
        "$defs": definitions,
    }


def _clashes(areas: Mapping[str, BaseModel], secrets: set[str]) -> Iterator[Problem]:
    """What settings must not say together, as far as their areas could be read."""
    cluster, storage = areas.get("cluster"), areas.get("storage")
    access, core = areas.get("access"), areas.get("core")
    serving, jobs = areas.get("serving"), areas.get("jobs")
    models = serving if isinstance(serving, ServingSettings) else ServingSettings()
    yield from seldon_problems(
        models,
        jobs if isinstance(jobs, JobsSettings) else JobsSettings(),
        cluster.platform if isinstance(cluster, ClusterSettings) else None,
    )
    if isinstance(core, CoreSettings):
        yield from core_problems(core, secrets)
    if isinstance(cluster, ClusterSettings):
        yield from cluster_problems(cluster)
        if isinstance(access, AccessSettings):
            yield from access_problems(cluster, access)
        if isinstance(storage, StorageSettings) and isinstance(core, CoreSettings):
            yield from storage_problems(cluster, core, storage)
            yield from namespace_problems(cluster, core, storage, models.seldon)
    if isinstance(core, CoreSettings) and isinstance(storage, StorageSettings) and isinstance(jobs, JobsSettings):
        yield from job_problems(core, storage, jobs)
        if isinstance(cluster, ClusterSettings) and isinstance(serving, ServingSettings):
            yield from tf_serving_problems(cluster, storage, jobs, serving)


def _key(path: str) -> str:
    return path.removeprefix(f"{PROJECT}:")


def _values(config: pulumi.Config, area: str) -> object:
    text = config.get(area)
    if not text:  # a key without a value, as when all below it is commented out
        return {}
    if is_config_secret(f"{PROJECT}:{area}"):
        raise ValueError(
            f"holds an encrypted value, which it cannot keep secret; remove it. Secrets are keys of their own: "
            f"{listed(SECRETS)}"
        )
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _included(config: pulumi.Config, folder: Path) -> tuple[dict[str, Any], list[Problem]]:
    """The settings of the files that the stack's names, and what is wrong with them."""
    text = config.get(_key(INCLUDE))
    if not text:
        return {}, []
    if is_config_secret(INCLUDE):
        return {}, [Problem(INCLUDE, "is encrypted; the names of files are no secret: write them in plain text")]
    try:
        names: object = json.loads(text)
    except (ValueError, RecursionError):
        names = text
    return included(folder, names)


def _merged(values: object, more: object, path: str, file: str) -> tuple[object, list[Problem]]:
    """An area's settings with those of other files, and what both have."""
    if more is None:
        return values, []
    both = {path: values} if values != {} else {}
    problems = merge(both, {path: more}, f"{file} and a file of {INCLUDE}")
    return both[path], problems


def _secret_problems(config: pulumi.Config, secrets: Iterable[str]) -> Iterator[Problem]:
    for path in secrets:
        if not is_config_secret(path):
            yield Problem(
                path,
                f"is stored in plain text; set it anew with pulumi config set --secret {path}, and consider the "
                f"old value known",
            )
            continue
        value = config.get(_key(path)) or ""
        if value != value.strip():
            yield Problem(path, "begins or ends in a blank, which some programs drop; set it anew without")
        if len(value.strip()) < SECRETS[path]:
            yield Problem(path, f"is too short; it needs at least {SECRETS[path]} characters")
    passwords = [config.get(_key(path)) for path in (SHARED_PASSWORD, ADMIN_PASSWORD)]
    if passwords[0] and passwords[0] == passwords[1]:
        yield Problem(ADMIN_PASSWORD, f"is the same as {SHARED_PASSWORD}, which every user knows; set another")
