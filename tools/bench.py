"""Times our program beside two others that make the same objects: a flat Pulumi program, and ``kubectl apply``.

All take turns in the same run on a control plane of their own, so that what is compared is ratios, not the machine. The
flat program is written from what ours deployed: one raw resource for each object, names fixed, no components, no
settings, no checks. It comes with the provider's default waits, and with the waits that ours has ("lean").
"""

import json
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml

from tools import places, toolchain
from tools.embedded import ControlPlane
from tools.programs import CLI, KUBECTL, PROVIDER
from tools.say import say

ROUNDS = 3
NAMESPACE = "kubeflow"
ENVIRONMENT_FILES = ("pyproject.toml", "uv.lock", "README.md")
SKIP = "pulumi.com/skipAwait"
START = """
import runpy, sys, time
import pulumi
def report(self, *_):
    print("registered", time.monotonic())
    raise SystemExit(0)
pulumi.ComponentResource.__init__ = report
pulumi.runtime.config.set_all_config({config!r}, [])
sys.path.insert(0, ".")
runpy.run_path("__main__.py")
"""


@dataclass(frozen=True)
class Cost:
    """What a command took, in seconds."""

    wall: float
    cpu: float


@dataclass(frozen=True, kw_only=True)
class Contestant:
    """A way to make the objects."""

    name: str
    up: Callable[[], object]
    again: Callable[[], object] | None
    """Finds out that there is nothing to do."""
    down: Callable[[], object]


class Runner:
    """Runs commands in one environment and folder, and adds up what they cost."""

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        self.environment, self.folder = environment, folder

    def __call__(self, *command: str, text: str | None = None) -> str:
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment, input=text, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}\n{done.stderr}")
        return done.stdout


def main() -> int:
    """Prints the table."""
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        folder = Path(scratch)
        control_plane = ControlPlane(folder=folder / "control-plane", name=f"bench-{os.getpid()}")
        environment = toolchain.with_path(toolchain.ensure(CLI, PROVIDER, KUBECTL), dict(os.environ))
        try:
            control_plane.start()
            environment |= control_plane.environment()
            _compare(folder, environment, control_plane.context)
        finally:
            control_plane.delete()
    return 0


def _compare(folder: Path, environment: dict[str, str], context: str) -> None:
    ours = _workspace(folder / "ours", environment, _copy_program, context)
    ours("pulumi", "up", "--yes", "--skip-preview")
    objects = _objects(ours)
    say(f"{len(objects)} objects, besides {_others(ours)} components, secrets in the state and the provider")
    _delete(ours)
    start = [_first_registration(ours, context) for _ in range(ROUNDS)]
    say(f"program start to first registration: {statistics.median(start):.2f} s")
    say(_imports(ours))

    flat = _workspace(folder / "flat", environment, lambda to: _write_flat(to, objects, lean=False), context)
    lean = _workspace(folder / "lean", environment, lambda to: _write_flat(to, objects, lean=True), context)
    manifests = "---\n".join(yaml.safe_dump(thing) for _, thing in objects)
    contestants = [
        _pulumi("ours", ours),
        _pulumi("flat Pulumi program, lean waits", lean),
        _pulumi("flat Pulumi program, default waits", flat),
        _kubectl(Runner(environment, folder), manifests),
    ]
    costs: dict[tuple[str, str], list[Cost]] = {}
    for number in range(ROUNDS):
        for each in contestants[number % len(contestants) :] + contestants[: number % len(contestants)]:
            say(f"round {number + 1} of {ROUNDS}: {each.name}")
            costs.setdefault((each.name, "first up"), []).append(_cost(each.up))
            if each.again:
                costs.setdefault((each.name, "no change"), []).append(_cost(each.again))
            costs.setdefault((each.name, "destroy"), []).append(_cost(each.down))
    _print(costs, [each.name for each in contestants])


def _print(costs: dict[tuple[str, str], list[Cost]], names: list[str]) -> None:
    print(f"| medians of {ROUNDS}, wall (CPU) in s | first up | no change | destroy |\n|---|---|---|---|")
    for name in names:
        cells = [
            f"{statistics.median(c.wall for c in costs[name, what]):.2f} "
            f"({statistics.median(c.cpu for c in costs[name, what]):.2f})"
            for what in ("first up", "no change", "destroy")
        ]
        print(f"| {name} | {' | '.join(cells)} |")

    def ratio(what: str, other: str) -> float:
        pairs = zip(costs["ours", what], costs[other, what], strict=True)
        return statistics.median(mine.wall / theirs.wall for mine, theirs in pairs)

    print(f"no change, ours / flat with lean waits: {ratio('no change', names[1]):.2f}")
    print(f"first up, ours / flat with default waits: {ratio('first up', names[2]):.2f}")


def _cost(action: Callable[[], object]) -> Cost:
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    action()
    wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def _pulumi(name: str, run: Runner) -> Contestant:
    return Contestant(
        name=name,
        up=lambda: run("pulumi", "up", "--yes", "--skip-preview"),
        again=lambda: run("pulumi", "preview", "--expect-no-changes"),
        down=lambda: _delete(run),
    )


def _kubectl(run: Runner, manifests: str) -> Contestant:
    def apply() -> None:
        run("kubectl", "apply", "--server-side", "--filename=-", text=manifests)
        run("kubectl", "wait", "deployments", "--all", f"--namespace={NAMESPACE}", "--for=condition=Available")

    return Contestant(
        name="kubectl apply --server-side, then wait",
        up=apply,
        again=apply,
        down=lambda: run("kubectl", "delete", "--wait", "--filename=-", text=manifests),
    )


def _delete(run: Runner) -> None:
    run("pulumi", "state", "unprotect", "--all", "--yes")
    run("pulumi", "destroy", "--yes", "--skip-preview")


def _workspace(folder: Path, environment: dict[str, str], fill: Callable[[Path], None], context: str) -> Runner:
    program, backend = folder / "program", folder / "backend"
    program.mkdir(parents=True)
    backend.mkdir()
    fill(program)
    (program / ".venv").symlink_to(places.CHECKOUT / ".venv")
    run = Runner(
        {
            **environment,
            "PULUMI_BACKEND_URL": backend.as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "for this run alone",
            "PULUMI_HOME": str(folder / "home"),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        },
        program,
    )
    run("pulumi", "stack", "init", "nocloud")
    run("pulumi", "config", "set", "--path", "kubeflow:cluster.context", context)
    return run


def _copy_program(to: Path) -> None:
    for name in ("__main__.py", "Pulumi.yaml", "Pulumi.nocloud.yaml", *ENVIRONMENT_FILES):
        shutil.copy(places.CHECKOUT / name, to)
    shutil.copytree(places.CHECKOUT / "components", to / "components")


def _objects(run: Runner) -> list[tuple[str, dict[str, Any]]]:
    """What was deployed, as logical name and manifest, in the order of its making."""
    state = json.loads(run("pulumi", "stack", "export", "--show-secrets"))
    objects: list[tuple[str, dict[str, Any]]] = []
    for each in state["deployment"]["resources"]:
        if each["type"].startswith("kubernetes:"):
            manifest = _plain(each["inputs"])
            annotations = manifest["metadata"].pop("annotations", {})
            kept = {key: value for key, value in annotations.items() if key != "pulumi.com/autonamed"}
            manifest["metadata"] |= {"annotations": kept} if kept else {}
            objects.append((each["urn"].rpartition("::")[2], manifest))
    return objects


def _plain(value: Any) -> Any:
    """``value`` without the envelopes of secrets."""
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        if "plaintext" in fields:
            return json.loads(fields["plaintext"])
        return {key: _plain(inner) for key, inner in fields.items() if key != "__defaults"}
    return [_plain(inner) for inner in cast("list[Any]", value)] if isinstance(value, list) else value


def _others(run: Runner) -> int:
    state = json.loads(run("pulumi", "stack", "export"))
    return sum(not each["type"].startswith("kubernetes:") for each in state["deployment"]["resources"])


def _write_flat(to: Path, objects: list[tuple[str, dict[str, Any]]], *, lean: bool) -> None:
    for name in ENVIRONMENT_FILES:
        shutil.copy(places.CHECKOUT / name, to)
    options = "{toolchain: uv, virtualenv: .venv}"
    (to / "Pulumi.yaml").write_text(f"name: kubeflow\nruntime: {{name: python, options: {options}}}\n")
    lines = ["import pulumi", "import pulumi_kubernetes as k8s", ""]
    namespace = ""
    for name, thing in objects:
        fields = {key: value for key, value in thing.items() if key not in ("apiVersion", "kind")}
        if not lean and SKIP in fields["metadata"].get("annotations", {}):
            fields["metadata"] = {key: value for key, value in fields["metadata"].items() if key != "annotations"}
        group, _, version = thing["apiVersion"].rpartition("/")
        module = {"": "core", "rbac.authorization.k8s.io": "rbac"}.get(group, group.removesuffix(".k8s.io"))
        arguments = ", ".join(f"{_snake(key)}={value!r}" for key, value in fields.items())
        after = f", opts=pulumi.ResourceOptions(depends_on=[{namespace}])" if namespace else ""
        variable = _snake(name.replace("-", "_"))
        lines.append(f"{variable} = k8s.{module}.{version}.{thing['kind']}({name!r}, {arguments}{after})")
        if thing["kind"] == "Namespace":
            namespace = variable
    (to / "__main__.py").write_text("\n".join(lines))


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def _first_registration(run: Runner, context: str) -> float:
    config = {"kubeflow:cluster": json.dumps({"context": context})}
    began = time.monotonic()
    printed = run(str(places.CHECKOUT / ".venv" / "bin" / "python"), "-c", START.format(config=config))
    return float(printed.split("registered ")[1]) - began


def _imports(run: Runner) -> str:
    """How long the modules that the program imports take, by their packages."""
    python = str(places.CHECKOUT / ".venv" / "bin" / "python")
    shown: list[str] = []
    for module in ("pulumi", "pulumi_kubernetes.core.v1", "pydantic", "httpx2"):
        times: list[float] = []
        for _ in range(ROUNDS):
            began = time.monotonic()
            run(python, "-c", f"import {module}")
            times.append(time.monotonic() - began)
        shown.append(f"{module} {statistics.median(times):.2f} s")
    return f"import, each in a process of its own: {', '.join(shown)}"


if __name__ == "__main__":
    sys.exit(main())
