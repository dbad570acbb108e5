"""Ends commands of ``make`` at random moments, and sees whether the next one finishes what they began.

``python -m tools.faults --seed 1 --moments 40`` does so on a control plane of its own, with a copy of the program. It
touches nothing else, and prints a table.
"""

import argparse
import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tools import drift, leftovers, places, processes, signals, toolchain
from tools.api import Objects, Ref, open_objects
from tools.embedded import ControlPlane
from tools.programs import CLI, KUBECTL, PROVIDER
from tools.recorded import State, read_state
from tools.say import ToolError, say
from tools.stack import Stack
from tools.stack_file import StackFile

NAMESPACE = "faults"
PROGRAM = ("__main__.py", "components", "policy", "tools", "Pulumi.yaml", "pyproject.toml", "uv.lock", "README.md")
LIMIT_SECONDS = 400
"""How long a command may take."""
AWAY_SECONDS = (20.0, 180.0)
"""How long the API server does not answer."""
SECOND_SIGNAL_SECONDS = 2.5
"""When Ctrl-C is pressed again: what comes sooner counts as the same."""
HOME = Ref("PersistentVolumeClaim", NAMESPACE, "claim-ada", "v1")
"""A user's files, as the hub claims room for them."""
KEPT = (
    Ref("Namespace", "", NAMESPACE, "v1"),
    Ref("PersistentVolumeClaim", NAMESPACE, "hub-db-dir", "v1"),
    HOME,
)
"""Objects that no fault may touch."""
CORE: dict[str, Any] = {"trainingOperator": {"enabled": False}}
"""Settings of the core in each case. The operator has objects of the same kinds, and would double the time."""
SETTINGS: tuple[dict[str, Any], ...] = (
    {},
    {
        "notebook": {"cpu": "1"},
        "reportUsage": True,
        "usageCollectorUrl": "http://collector.example.com/v1",
    },
)
"""Settings of the core that an update goes to and fro between: it makes, changes, replaces and deletes objects."""
KILLED: dict[str, tuple[str, ...]] = {
    "engine killed": ("pulumi",),
    "provider killed": ("pulumi-resource-",),
    "language host killed": ("pulumi-language-",),
    "machine gone": ("",),
}
"""What is killed, by the beginning of the programs' names."""
SIGNALS: dict[str, tuple[signal.Signals, ...]] = {
    "Ctrl-C": (signal.SIGINT,),
    "Ctrl-C twice": (signal.SIGINT, signal.SIGINT),
    "terminal closed": (signal.SIGHUP,),
}
AWAY = {f"API server away for {seconds:.0f} s": seconds for seconds in AWAY_SECONDS}
TWICE = "two at once"


@dataclass(frozen=True, kw_only=True)
class Case:
    """A command, and what happens to it."""

    command: str
    """first up, update or down."""
    fault: str
    moment: float
    """When, as a part of the time that the command takes by itself."""
    then: str
    """The command that has to finish it."""


@dataclass(kw_only=True)
class Result:
    """How a case went."""

    case: Case
    after: float = 0
    """When the fault came, in seconds."""
    faults: list[str] = field(default_factory=list[str])
    """What was wrong at the end; nothing if all was well."""
    missed: bool = False
    """Whether the command had ended before there was anything to kill."""
    deleted: int = 0
    """How many objects the next command deleted, which the one that was ended had made and not recorded."""


class Bench:
    """A copy of the program with a state of its own, on a cluster."""

    def __init__(self, folder: Path, context: str, kubeconfig: Path, core: Mapping[str, Any]) -> None:
        """Makes the copy.

        Args:
            folder: where it goes.
            context: the context of the cluster.
            kubeconfig: where that is described.
            core: settings of the core that are the same in each case.
        """
        self._core, self._context = core, context
        self.checkout = folder / "checkout"
        self.checkout.mkdir()
        for name in PROGRAM:
            source = places.CHECKOUT / name
            copy = shutil.copytree if source.is_dir() else shutil.copy
            copy(source, self.checkout / name)
        (self.checkout / ".venv").symlink_to(places.CHECKOUT / ".venv")
        (folder / "backend").mkdir()
        ours = ("PULUMI_", "KUBECONFIG", "KUBEFLOW_STATE", "UV_PROJECT_ENVIRONMENT", "VIRTUAL_ENV")
        clean = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        self.environment = {
            **toolchain.with_path(toolchain.ensure(CLI, PROVIDER, KUBECTL), clean),
            "KUBECONFIG": str(kubeconfig),
            "KUBEFLOW_STATE": str(folder / "state"),
            "KUBEFLOW_CACHE": str(places.cache()),
            "PULUMI_BACKEND_URL": (folder / "backend").as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "of faults",
            "PULUMI_HOME": str(folder / "home"),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "UV_NO_GROUP": "gcp azure",
        }
        os.environ["KUBECONFIG"] = str(kubeconfig)
        self.stack = Stack(
            file=StackFile("nocloud"),
            context=context,
            changes=self.environment,
            control_plane=None,
            folder=self.checkout,
        )
        self.configure({})

    def configure(self, core: Mapping[str, Any]) -> None:
        """Sets the core's settings, and keeps the rest of the stack's file."""
        file = self.checkout / "Pulumi.nocloud.yaml"
        content: dict[str, Any] = yaml.safe_load(file.read_text()) if file.exists() else {}
        settings = {"namespace": NAMESPACE, **self._core, **core}
        content["config"] = {"kubeflow:cluster": {"context": self._context}, "kubeflow:core": settings}
        file.write_text(yaml.safe_dump(content))

    def start(self, command: str) -> "subprocess.Popen[str]":
        """Starts a command of ``make``, as from a terminal of its own."""
        more = ["--delete-data", "yes"] if command == "down with data" else []
        return subprocess.Popen(
            [self.checkout / ".venv" / "bin" / "python", "-m", "tools", command.split(maxsplit=1)[0], *more],
            cwd=self.checkout,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, command: str) -> tuple[int, str]:
        """Runs a command to its end; its exit code, and what it printed."""
        process = self.start(command)
        try:
            printed, _ = process.communicate(timeout=LIMIT_SECONDS)
        finally:
            if process.poll() is None:
                _kill(self.descendants(process.pid))
        return process.returncode, printed

    def state(self) -> State | None:
        """The state; None if there is none, or none that can be read."""
        with contextlib.suppress(ToolError):
            return read_state(self.stack)
        return None

    @contextlib.contextmanager
    def objects(self) -> Generator[Objects]:
        """The cluster's objects."""
        with open_objects(self.stack) as objects:
            yield objects

    def descendants(self, pid: int) -> list[processes.Process]:
        """A process and all that it started."""
        found = processes.ours()
        family = {pid}
        while more := {each.pid for each in found if each.parent in family} - family:
            family |= more
        return [each for each in found if each.pid in family]


def cases(seed: int, moments: int) -> list[Case]:
    """As many cases as there are moments, the same for the same seed: each kind of fault, at moments that are drawn."""
    drawn = random.Random(seed)  # noqa: S311  # chance, not secrecy
    killed = [*KILLED] * -(-moments // len(KILLED))
    drawn.shuffle(killed)
    commands = ("first up", "update", "down")
    return [_case(drawn, commands[number % len(commands)], fault) for number, fault in enumerate(killed[:moments])]


def others(seed: int) -> list[Case]:
    """Signals, an API server that does not answer, and two commands at once: one case each for an update."""
    drawn = random.Random(seed)  # noqa: S311
    return [_case(drawn, "update", fault) for fault in (*SIGNALS, *AWAY, TWICE)]


def _case(drawn: random.Random, command: str, fault: str) -> Case:
    then = drawn.choice(("down", "up", "recover") if command == "down" else ("up", "recover"))
    return Case(command=command, fault=fault, moment=drawn.uniform(0.05, 0.98), then=then)


class Matrix:
    """Runs cases one after another on one bench."""

    def __init__(
        self,
        bench: Bench,
        api_server: Callable[[], processes.Process],
        lengths: Mapping[str, float] | None = None,
    ) -> None:
        """Takes where the cases run.

        Args:
            bench: the program and its state.
            api_server: finds the process of the API server.
            lengths: how many seconds commands take, as far as that is known.
        """
        self._bench, self._api_server = bench, api_server
        self._lengths = dict(lengths or {})
        self._settings = 0
        self._is_up = False

    def run(self, case: Case) -> Result:
        """Runs a case."""
        self._prepare(case.command)
        before = self._kept()
        length = self._length(case.command)
        result = Result(case=case)
        process = self._bench.start(_plain(case.command))
        try:
            result.after = self._hurt(process, case, length * case.moment)
            result.missed = case.fault in KILLED and process.poll() == 0
            process.communicate(timeout=LIMIT_SECONDS)
        finally:
            _kill(self._bench.descendants(process.pid))
        drawn = dict(state.drawn) if (state := self._bench.state()) else {}
        code, printed = self._bench.run(case.then)
        if code:
            result.faults.append(f"{case.then} ended with {code}: {printed[-600:]}")
        result.deleted = printed.count("  Deleted ")
        self._is_up = case.then != "down" and code == 0
        self._check(case, result, before, drawn)
        return result

    def _prepare(self, command: str) -> None:
        """Brings the stack where the command starts."""
        if command == "first up":
            self._must("down with data")
            return
        if not self._is_up:
            self._must("up")
        self._make_home()
        if command == "update":
            self._change()

    def _change(self) -> None:
        """Changes the settings, so that the next update has something to do."""
        self._settings = 1 - self._settings
        self._bench.configure(SETTINGS[self._settings])

    def _must(self, command: str) -> float:
        begin = time.monotonic()
        code, printed = self._bench.run(command)
        if code:
            raise ToolError(f"{command} fails by itself:\n{printed}")
        return time.monotonic() - begin

    def _length(self, command: str) -> float:
        """How long a command takes by itself; it is run once to find out, and undone."""
        if command not in self._lengths:
            self._lengths[command] = self._must(_plain(command))
            if command == "first up":
                self._must("down with data")
            elif command == "update":
                self._change()
            else:
                self._must("up")
        return self._lengths[command]

    def _make_home(self) -> None:
        with self._bench.objects() as objects:
            manifest = {
                "apiVersion": HOME.api_version,
                "kind": HOME.kind,
                # As KubeSpawner labels it, with what the stack has it add.
                "metadata": {"name": HOME.name, "labels": {"app": "jupyterhub", **self._id()}},
                "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
            }
            objects.apply(HOME, manifest, "hub", dry_run=False)

    def _id(self) -> dict[str, str]:
        state = self._bench.state()
        return {leftovers.ID_LABEL: str(state.installation)} if state else {}

    def _kept(self) -> dict[Ref, str]:
        with self._bench.objects() as objects:
            found = {ref: objects.get(ref) for ref in KEPT}
        return {ref: each["metadata"]["uid"] for ref, each in found.items() if each}

    def _hurt(self, process: "subprocess.Popen[str]", case: Case, after: float) -> float:
        """Does what the case says after so many seconds, or as soon as there is something to do it to."""
        begin = time.monotonic()
        time.sleep(after)
        if case.fault in KILLED:
            _kill(self._victims(process, KILLED[case.fault]))
        elif case.fault in SIGNALS:
            for number, which in enumerate(SIGNALS[case.fault]):
                time.sleep(SECOND_SIGNAL_SECONDS if number else 0)
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, which)
        elif case.fault in AWAY:
            server = self._api_server()
            os.kill(server.pid, signal.SIGSTOP)
            try:
                time.sleep(AWAY[case.fault])
            finally:
                os.kill(server.pid, signal.SIGCONT)
        else:
            self._bench.run("up")
        return time.monotonic() - begin if case.fault in KILLED else after

    def _victims(self, process: "subprocess.Popen[str]", programs: Sequence[str]) -> list[processes.Process]:
        while process.poll() is None:
            found = [
                each
                for each in self._bench.descendants(process.pid)
                if each.program.startswith(tuple(programs))
                and (programs != ("pulumi",) or not each.program.startswith("pulumi-"))
            ]
            if found:
                return found
            time.sleep(0.02)
        return []

    def _check(self, case: Case, result: Result, before: Mapping[Ref, str], drawn: Mapping[str, Any]) -> None:
        state = self._bench.state()
        if state is None:
            result.faults.append("the state cannot be read")
            return
        for ref, uid in before.items():
            if self._kept().get(ref) != uid:
                result.faults.append(f"{ref} is another, or gone")
        kept = ("installation-id",) if case.then == "down" else tuple(drawn)
        # A value that the new settings have no use for is gone, and none is another.
        result.faults += [
            f"{name} is another" for name in kept if state.drawn.get(name, drawn.get(name)) != drawn.get(name)
        ]
        with self._bench.objects() as objects:
            found = leftovers.labelled(objects, str(state.installation))
            result.faults += [f"left over: {leftovers.ref_of(each)}" for each in leftovers.unknown(found, state)]
            findings = drift.compare(objects, state.objects)
        result.faults += [line for finding in findings for line in finding.lines()]
        deployments = [each.ref for each in state.objects if each.ref.kind == "Deployment"]
        if (case.then == "down") == bool(deployments):
            result.faults.append(f"there are {len(deployments)} Deployments")
        left = [each for each in processes.ours() if each.folder == self._bench.checkout]
        result.faults += [f"still running: {each.program}" for each in left]


def _plain(command: str) -> str:
    """The command of ``make`` that a case is about."""
    return "down" if command == "down" else "up"


def _kill(victims: Sequence[processes.Process]) -> None:
    for each in victims:
        with contextlib.suppress(ProcessLookupError):
            os.kill(each.pid, signal.SIGKILL)


def table(results: Sequence[Result]) -> str:
    """The results as a table of Markdown."""
    lines = ["| Command | Fault | After, s | Then | Result |", "|---|---|---|---|---|"]
    for result in results:
        case = result.case
        good = f"finished; {result.deleted} copies removed" if result.deleted else "finished"
        outcome = "; ".join(result.faults) or ("had ended" if result.missed else good)
        lines.append(f"| {case.command} | {case.fault} | {result.after:.1f} | {case.then} | {outcome} |")
    return "\n".join(lines)


def run(matrix: Matrix, wanted: Sequence[Case]) -> list[Result]:
    """Runs cases, and says how each went."""
    results: list[Result] = []
    for case in wanted:
        result = matrix.run(case)
        results.append(result)
        say(table([result]).splitlines()[-1])
    return results


def _own_api_server(control_plane: ControlPlane) -> processes.Process:
    return next(
        each
        for each in processes.ours()
        if each.program == "kube-apiserver" and str(control_plane.folder) in each.arguments[0]
    )


def main() -> int:
    """Runs the whole matrix; 0 if each case was finished."""
    parser = argparse.ArgumentParser(prog="python -m tools.faults", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--moments", type=int, default=40)
    arguments = parser.parse_args()
    signals.handle()
    folder = Path(tempfile.mkdtemp(prefix="kubeflow-faults-"))
    control_plane = ControlPlane(folder=folder / "control-plane", name="faults")
    try:
        control_plane.start()
        bench = Bench(folder, control_plane.context, control_plane.kubeconfig, CORE)
        matrix = Matrix(bench, lambda: _own_api_server(control_plane))
        results = run(matrix, [*others(arguments.seed), *cases(arguments.seed, arguments.moments)])
    except ToolError as error:
        say(f"error: {error}")
        return 1
    except signals.Ended as ended:
        return ended.exit_code
    finally:
        control_plane.delete()
        shutil.rmtree(folder, ignore_errors=True)
    print(f"Seed {arguments.seed}, {len(results)} cases\n\n{table(results)}")
    return 1 if any(result.faults for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
