"""The files that TensorFlow Serving is configured with: messages of protobuf, written as text.

A text in quotes is escaped as JSON escapes it, which protobuf's text format reads alike; all but ASCII stands as it is,
since not all that reads the format knows JSON's escapes of it.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from components.errors import Problem, refuse_arguments
from components.serving.checks import at_least

MODELS = "models.config"
BATCHING = "batching.config"
MONITORING = "monitoring.config"


@dataclass(frozen=True, kw_only=True)
class Versions:
    """Which versions of a model are served."""

    specific: tuple[int, ...] = ()
    """Those, and no others; the latest if it is empty."""
    latest: int = 1
    """How many of the latest."""
    labels: Mapping[str, int] = field(default_factory=dict[str, int])
    """Names by which clients ask for one of ``specific``."""

    def __post_init__(self) -> None:
        refuse_arguments("A choice of versions", self._problems())

    def _problems(self) -> Iterator[Problem]:
        yield from at_least({"latest": (self.latest, 1)})
        if any(version < 0 for version in self.specific):
            yield Problem("specific", f"is {list(self.specific)}; versions are 0 or more")
        if unknown := sorted(set(self.labels.values()) - set(self.specific)):
            yield Problem("labels", f"name the versions {unknown}; add them to specific")


@dataclass(frozen=True, kw_only=True)
class Batching:
    """Requests that are answered together; None leaves a value to TensorFlow Serving."""

    max_batch_size: int | None = None
    batch_timeout_micros: int | None = None
    max_enqueued_batches: int | None = None
    num_batch_threads: int | None = None
    allowed_batch_sizes: tuple[int, ...] = ()
    pad_variable_length_inputs: bool = False

    def __post_init__(self) -> None:
        refuse_arguments("Batching", self._problems())

    def _problems(self) -> Iterator[Problem]:
        least = {"max_batch_size": 1, "batch_timeout_micros": 0, "max_enqueued_batches": 1, "num_batch_threads": 1}
        yield from at_least({name: (getattr(self, name), lowest) for name, lowest in least.items()})
        sizes = self.allowed_batch_sizes
        if list(sizes) != sorted(set(sizes)) or (sizes and sizes[0] < 1):
            yield Problem("allowed_batch_sizes", f"is {list(sizes)}; write numbers of 1 or more that rise")
        if sizes and sizes[-1] != self.max_batch_size:
            yield Problem("allowed_batch_sizes", f"ends in {sizes[-1]}; end it in max_batch_size")


def models_config(name: str, base_path: str, versions: Versions) -> str:
    """A ``ModelServerConfig`` of one model."""
    if versions.specific:
        policy = f"specific {{ {' '.join(f'versions: {version}' for version in versions.specific)} }}"
    else:
        policy = f"latest {{ num_versions: {versions.latest} }}"
    lines = [
        f"name: {_quoted(name)}",
        f"base_path: {_quoted(base_path)}",
        'model_platform: "tensorflow"',
        f"model_version_policy {{ {policy} }}",
        *(f"version_labels {{ key: {_quoted(key)} value: {value} }}" for key, value in sorted(versions.labels.items())),
    ]
    return _block("model_config_list", _block("config", _lines(lines)))


def batching_config(batching: Batching) -> str:
    """``BatchingParameters``."""
    wrapped = {
        "max_batch_size": batching.max_batch_size,
        "batch_timeout_micros": batching.batch_timeout_micros,
        "max_enqueued_batches": batching.max_enqueued_batches,
        "num_batch_threads": batching.num_batch_threads,
    }

    def lines() -> Iterator[str]:
        for name, value in wrapped.items():
            if value is not None:
                yield f"{name} {{ value: {value} }}"
        for size in batching.allowed_batch_sizes:
            yield f"allowed_batch_sizes: {size}"
        # Always something: the server maps the file into its memory, and cannot map an empty one.
        yield f"pad_variable_length_inputs: {str(batching.pad_variable_length_inputs).lower()}"

    return _lines(lines())


def monitoring_config(path: str) -> str:
    """A ``MonitoringConfig`` with metrics for Prometheus at ``path``."""
    return _block("prometheus_config", _lines(["enable: true", f"path: {_quoted(path)}"]))


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _lines(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _block(name: str, content: str) -> str:
    return f"{name} {{\n{_lines(f'  {line}' for line in content.splitlines())}}}\n"
