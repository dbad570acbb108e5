"""What a user may ask of a notebook: image, CPU, memory and further limits, each checked and explained.

The hub runs this file as it stands (it travels in the hub's ConfigMap), and the settings check their defaults with it,
so it needs nothing but the standard library.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, cast

CPU = "cpu_guarantee"
MEMORY = "mem_guarantee"
IMAGE = "image"
EXTRA_LIMITS = "extra_resource_limits"
FIELDS = (IMAGE, CPU, MEMORY, EXTRA_LIMITS)
"""The form's fields, under the names that Kubeflow 0.1 gave them."""
EPHEMERAL_STORAGE = "ephemeral-storage"

_NUMBER = re.compile(r"(\d{1,18}(?:\.\d{1,9})?)([A-Za-z]*)", re.ASCII)
_CPU_UNITS = {"": Decimal(1), "m": Decimal("0.001")}
_MEMORY_UNITS = {
    "": 1,
    **{unit: 10 ** (3 * power) for power, unit in enumerate(("k", "M", "G", "T", "P", "E"), start=1)},
    **{unit: 2 ** (10 * power) for power, unit in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi", "Ei"), start=1)},
}
_IMAGE = re.compile(
    r"(?:(?:localhost|[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)(?::\d{1,5})?/|[A-Za-z0-9-]+:\d{1,5}/)?"  # registry
    r"[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*)*"  # repository
    r"(?::\w[\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?",  # tag, digest
    re.ASCII,
)
_EXTENDED_RESOURCE = re.compile(
    # A quota writes "requests." before the domain, which Kubernetes therefore keeps for itself, as it does its own.
    r"(?!requests\.)(?!(?:[^/]*\.)?kubernetes\.io/)(?=[^/]{1,244}/)"
    r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*"
    r"/[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?"
)
_HUGE_PAGES = re.compile(r"hugepages-([1-9][0-9]{0,8}[KMG]i)")
_LONGEST_IMAGE = 512
_LONGEST_SHOWN = 80
_LONGEST_COUNT = 12
_MOST = 2**63 - 1
"""What Kubernetes makes of any greater amount."""
_MEMORY_LIKE = {"memory", EPHEMERAL_STORAGE}


class OptionError(ValueError):
    """A value that cannot be used, with a sentence that says why and what to write instead."""


@dataclass(frozen=True, kw_only=True)
class SpawnOptions:
    """A notebook's image and resources, as Kubernetes writes them."""

    image: str
    cpu: str
    memory: str
    extra_limits: Mapping[str, str]
    extra_guarantees: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """What notebooks may use; amounts by the resources' names."""

    limits: Mapping[str, str]
    """The limits of CPU, memory and ephemeral storage, unless the user writes others."""
    most: Mapping[str, str]
    """The most that a user may ask for. What it does not name is not given."""

    def apply(self, options: SpawnOptions) -> SpawnOptions:
        """``options`` with a limit for everything that has one; no lower than what is guaranteed.

        Raises:
            OptionError: if they ask for too much, or for a device that is not given.
        """
        guaranteed = {"cpu": options.cpu, "memory": options.memory}
        for (resource, amount), title in zip(guaranteed.items(), ("CPU", "Memory"), strict=True):
            self._check(resource, amount, f"{title}: {amount}")
        for resource, amount in options.extra_limits.items():
            self._check(resource, amount, f"Extra resource limits: {resource} {_shown(amount)}")
        limits = {**self.limits, **options.extra_limits}
        for resource, amount in guaranteed.items():
            if quantity(resource, limits[resource]) < quantity(resource, amount):
                limits[resource] = amount
        # Without a guarantee Kubernetes would keep as much of the node as the limit is.
        unasked = {EPHEMERAL_STORAGE} - set(options.extra_limits)
        return replace(options, extra_limits=limits, extra_guarantees=dict.fromkeys(unasked, "0"))

    def _check(self, resource: str, amount: str, asked: str) -> None:
        if resource not in self.most:
            devices = [each for each in self.most if each not in ("cpu", *_MEMORY_LIKE)]
            given = f"Devices that are: {', '.join(devices)}." if devices else "No devices are."
            raise OptionError(
                f"Extra resource limits: {resource} is not given to users here. {given} An administrator can add it to "
                f"kubeflow:core.notebook.maxDevices."
            )
        if quantity(resource, amount) > quantity(resource, self.most[resource]):
            raise OptionError(
                f"{asked} is more than {self.most[resource]}, the most that a user may have. Ask for less."
            )


def parse(fields: Mapping[str, Any], defaults: Mapping[str, str]) -> SpawnOptions:
    """The options that a form or an API call asks for.

    Args:
        fields: values by the names of ``FIELDS``. Those of the hub's API may be of any type.
        defaults: what stands for a blank image, CPU and memory, by the same names.

    Raises:
        OptionError: for the first field that cannot be used.
    """
    image = parse_image(_text(fields, IMAGE) or defaults[IMAGE])
    cpu = _text(fields, CPU) or defaults[CPU]
    memory = _text(fields, MEMORY) or defaults[MEMORY]
    requests = {"cpu": parse_cpu(cpu, "CPU"), "memory": parse_memory(memory, "Memory")}
    limits = parse_limits(fields.get(EXTRA_LIMITS) or "")
    for resource, request in requests.items():
        if resource in limits and quantity(resource, limits[resource]) < request:
            asked = {"cpu": cpu, "memory": memory}[resource]
            raise OptionError(
                f"Extra resource limits: {resource} {limits[resource]} is less than the {asked} that the notebook is "
                f"guaranteed. Raise the limit or lower the guarantee."
            )
    return SpawnOptions(image=image, cpu=cpu, memory=memory, extra_limits=limits)


def parse_image(text: str) -> str:
    """``text`` if it is an image reference.

    Raises:
        OptionError: if it is not.
    """
    if len(text) > _LONGEST_IMAGE or not _IMAGE.fullmatch(text):
        raise OptionError(
            f"Image: {_shown(text)} is not an image reference. Write it as repository/image:tag, in lower case and "
            f"without spaces, such as quay.io/jupyter/scipy-notebook:2026-07-28."
        )
    return text


def parse_cpu(text: str, what: str) -> Decimal:
    """The cores that ``text`` stands for, such as 0.5 for ``500m``.

    Raises:
        OptionError: if it is no positive quantity of at least 1m.
    """
    match = _NUMBER.fullmatch(text)
    cores = Decimal(match[1]) * _CPU_UNITS[match[2]] if match and match[2] in _CPU_UNITS else None
    if cores is None or not 0 < cores <= _MOST or cores % Decimal("0.001"):
        raise OptionError(
            f"{what}: {_shown(text)} is not an amount of CPU. Write cores, such as 2 or 0.5, or thousandths of a core, "
            f"such as 500m."
        )
    return cores


def parse_memory(text: str, what: str) -> Decimal:
    """The bytes that ``text`` stands for, such as 1073741824 for ``1Gi``.

    Raises:
        OptionError: if it is no positive whole number of bytes.
    """
    match = _NUMBER.fullmatch(text)
    size = Decimal(match[1]) * _MEMORY_UNITS[match[2]] if match and match[2] in _MEMORY_UNITS else None
    if size is None or not 1 <= size <= _MOST:
        raise OptionError(
            f"{what}: {_shown(text)} is not an amount of memory. Write a number and a unit, such as 512Mi or 1.5Gi."
        )
    return size


def quantity(resource: str, text: str) -> Decimal:
    """The amount of ``resource`` that ``text`` stands for: cores, bytes, or a count.

    Raises:
        OptionError: if it is none.
    """
    what = f"Extra resource limits: {resource}"
    if resource == "cpu":
        return parse_cpu(text, what)
    if resource in _MEMORY_LIKE:
        return parse_memory(text, what)
    if pages := _HUGE_PAGES.fullmatch(resource):
        size = parse_memory(text, what)
        if size % parse_memory(pages[1], what):
            raise OptionError(f"{what}: {_shown(text)} is not a whole number of pages. Write a multiple of {pages[1]}.")
        return size
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_COUNT):
        raise OptionError(f'{what}: {_shown(text)} is not a whole number. Write how many, such as "1".')
    return Decimal(text)


def parse_limits(value: object) -> dict[str, str]:
    """Further limits by resource name, from a JSON object or its text.

    Raises:
        OptionError: if it is not JSON, not an object, or names what is no resource or no quantity.
    """
    hint = 'Write a JSON object with double quotes, such as {"nvidia.com/gpu": "1"}.'
    if isinstance(value, str):
        if not value.strip():
            return {}
        try:
            value = json.loads(value, object_pairs_hook=_no_repeats)
        except OptionError:
            raise
        except (ValueError, RecursionError):
            raise OptionError(f"Extra resource limits: {_shown(value)} is not JSON. {hint}") from None
    if not isinstance(value, dict):
        raise OptionError(f"Extra resource limits: {_shown(value)} is not a JSON object. {hint}")
    limits: dict[str, str] = {}
    for resource, amount in cast("dict[str, object]", value).items():
        check_resource(resource)
        if isinstance(amount, bool) or not isinstance(amount, str | int | float):
            raise OptionError(
                f"Extra resource limits: {resource}: {_shown(amount)} is not a quantity. Write a number or a text, "
                f'such as "1".'
            )
        limits[resource] = str(amount).strip()
        quantity(resource, limits[resource])
    return limits


def check_resource(resource: str) -> None:
    """Refuses what is no resource that a container can have a limit of.

    Raises:
        OptionError: if it is none.
    """
    native = resource == "cpu" or resource in _MEMORY_LIKE or _HUGE_PAGES.fullmatch(resource)
    if not native and not _EXTENDED_RESOURCE.fullmatch(resource):
        hint = " Did you mean nvidia.com/gpu?" if "gpu" in resource.lower() else ""
        raise OptionError(
            f"Extra resource limits: {_shown(resource)} is not a resource that Kubernetes knows. Write cpu, memory, "
            f"ephemeral-storage or a device with its domain, such as nvidia.com/gpu.{hint}"
        )


def _no_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    seen: dict[str, object] = {}
    for key, value in pairs:
        if key in seen:
            raise OptionError(f"Extra resource limits: {_shown(key)} stands there twice. Keep one of them.")
        seen[key] = value
    return seen


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise OptionError(f"{name}: {_shown(value)} is neither a text nor a number.")
    return str(value).strip()


def _shown(value: object) -> str:
    text = f'"{value}"' if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 3]}..."
