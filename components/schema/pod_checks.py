"""What the settings of pods, of jobs and of model servers alike, must not say."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from components.errors import Problem
from components.schema.core import DATABASE_CLAIM
from components.schema.mount_checks import SYSTEM_FOLDERS
from components.schema.notebook import TolerationSettings
from components.schema.pods import PodVolumeSettings
from components.schema.storage import StorageSettings
from components.secret_texts import is_named_secret
from components.spawn_options import parse_cpu, parse_memory

SPOT_PLATFORMS = ("gke", "aks")
IN_PLAIN_TEXT = (
    "looks like a secret by its name, and everybody could read it who may see the stack; put it into a Secret of the "
    "namespace, name that in secretEnv, and consider the old value known"
)
"""What is said of a variable that has a secret's name."""


class Resources(Protocol):
    """What pods are guaranteed, and may use at most."""

    @property
    def cpu(self) -> str: ...
    @property
    def memory(self) -> str: ...
    @property
    def cpu_limit(self) -> str | None: ...
    @property
    def memory_limit(self) -> str | None: ...


def volume_problems(
    path: str,
    disks: Sequence[str],
    volumes: Mapping[str, PodVolumeSettings],
    storage: StorageSettings,
    *,
    taken: Sequence[str],
) -> Iterator[Problem]:
    """What clashes about the claims that pods mount.

    Args:
        path: the setting that has them.
        disks: shared disks.
        volumes: other claims, by their names.
        storage: the disks that there are.
        taken: the names of volumes that the program gives such pods itself.
    """
    mounts: dict[str, str] = {}
    for index, disk in enumerate(disks):
        setting = f"{path}.disks[{index}]"
        if disk not in storage.disks:
            known = ", ".join(sorted(storage.disks)) or "none"
            yield Problem(setting, f'"{disk}" is not one of kubeflow:storage.disks; there are {known}')
            continue
        if disk in disks[:index]:
            yield Problem(setting, f'"{disk}" is listed twice; remove one')
            continue
        if disk in taken:
            yield Problem(setting, f'"{disk}" has the name of another volume of the pods; mount its claim by volumes')
        mounts[storage.mounts()[disk]] = setting
    for name, volume in volumes.items():
        setting = f"{path}.volumes.{name}"
        if name in (*disks, *taken):
            yield Problem(setting, "has a name that another volume of the pods has; rename it")
        yield from claim_problems(f"{setting}.claim", volume.claim)
        at = volume.path(name)
        if at.split("/")[1] in SYSTEM_FOLDERS:
            yield Problem(
                f"{setting}.mountPath", f"{at} would hide a folder of the image's system; mount it below /home or /mnt"
            )
        if at in mounts:
            yield Problem(setting, f"{at} is where {mounts[at]} is mounted; give each a mountPath of its own")
        mounts.setdefault(at, setting)


def owner_of(claim: str) -> str | None:
    """What a claim is that is somebody's own; None for any other."""
    if claim == DATABASE_CLAIM:
        return "the hub's database"
    return "a user's home" if claim.startswith("claim-") else None


def claim_problems(setting: str, claim: str) -> Iterator[Problem]:
    """What is wrong with mounting a claim that is somebody's own."""
    if owner := owner_of(claim):
        yield Problem(setting, f'"{claim}" is {owner}, which is for nobody else; name another claim')


def named_secret_problems(path: str, environment: Mapping[str, object]) -> Iterator[Problem]:
    """Names the variables that are secrets by their names. A component's may be known later, and are then none.

    Args:
        path: the setting that has them.
        environment: their values, by their names.
    """
    for name, value in environment.items():
        if isinstance(value, str) and is_named_secret(name, value):
            yield Problem(f"{path}.{name}", IN_PLAIN_TEXT)


def argument_secret_problems(path: str, arguments: Iterable[object]) -> Iterator[Problem]:
    """Names the arguments, as ``--name=value``, that are secrets by their names.

    Args:
        path: the setting that has them.
        arguments: the arguments, of which a component's may be known later.
    """
    for index, argument in enumerate(arguments):
        name, _, value = argument.partition("=") if isinstance(argument, str) else ("", "", "")
        if name.startswith("-") and is_named_secret(name, value):
            yield Problem(
                f"{path}[{index}]",
                "looks like a secret by its name, and everybody could read it who may see the stack; put it into a "
                f"Secret of the namespace, name that in secretEnv, and write {name}=$(VARIABLE)",
            )


def scheduling_problems(
    path: str, tolerations: Sequence[TolerationSettings], resources: Resources
) -> Iterator[Problem]:
    """What contradicts itself about where pods run and how much they take."""
    yield from toleration_problems(path, tolerations)
    yield from resource_problems(path, resources)


def resource_problems(path: str, resources: Resources) -> Iterator[Problem]:
    """What contradicts itself about how much pods take."""
    if resources.cpu_limit and parse_cpu(resources.cpu_limit, "") < parse_cpu(resources.cpu, ""):
        yield Problem(
            f"{path}.resources.cpuLimit",
            f"{resources.cpu_limit} is less than cpu, {resources.cpu}; set it to that or more",
        )
    if resources.memory_limit and parse_memory(resources.memory_limit, "") < parse_memory(resources.memory, ""):
        yield Problem(
            f"{path}.resources.memoryLimit",
            f"{resources.memory_limit} is less than memory, {resources.memory}; set it to that or more",
        )


def toleration_problems(path: str, tolerations: Sequence[TolerationSettings]) -> Iterator[Problem]:
    """What contradicts itself about the taints that pods tolerate."""
    for index, toleration in enumerate(tolerations):
        if toleration.value and toleration.operator == "Exists":
            yield Problem(
                f"{path}.tolerations[{index}].value", "is set, but operator is Exists, which means any; set it to Equal"
            )


def spot_problems(path: str, platform: str | None, *, spot: bool) -> Iterator[Problem]:
    """What is wrong with pods on spot nodes.

    Args:
        path: the setting that has ``spot``.
        platform: the kind of cluster; None if the settings do not tell it.
        spot: whether pods run on spot nodes.
    """
    if spot and platform is not None and platform not in SPOT_PLATFORMS:
        yield Problem(
            f"{path}.spot",
            f"is for the platforms {' and '.join(SPOT_PLATFORMS)}, whose spot nodes have labels that are known; set "
            f"nodeSelector and tolerations instead",
        )
