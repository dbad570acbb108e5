"""The embedded control plane: a real API server, scheduler and controllers on this machine, with simulated nodes."""

import fcntl
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import yaml
from httpx2 import HTTPError, Timeout
from lightkube import ApiError, Client, KubeConfig
from lightkube.codecs import load_all_yaml  # pyright: ignore[reportUnknownVariableType]  # part of its signature
from lightkube.core.exceptions import ConfigError
from lightkube.resources.core_v1 import Namespace

from tools import places, private, processes, toolchain
from tools.programs import CONTROL_PLANE
from tools.say import ToolError, say

NAME = "kubeflow"
FILES = places.CHECKOUT / "tools" / "embedded"
START_SECONDS = 90
READY_SECONDS = 30
POD_ADDRESSES = "10.244.0.1/16"
"""Simulated pods get these addresses, and nobody answers there."""
PARTS = {
    "etcd": "etcd",
    "kube-apiserver": "kube-apiserver",
    "kube-controller-manager": "kube-controller-manager",
    "kube-scheduler": "kube-scheduler",
    "kwok-controller": "kwok",
}
"""Its parts, as kwokctl calls them, and their programs."""


@dataclass(frozen=True, kw_only=True)
class ControlPlane:
    """A control plane called ``name``, whose data lies in ``folder``."""

    folder: Path
    name: str = NAME
    pod_addresses: str = POD_ADDRESSES

    @property
    def context(self) -> str:
        """Its context in ``kubeconfig``."""
        return f"kwok-{self.name}"

    @property
    def kubeconfig(self) -> Path:
        """A kubeconfig of its own: the user's is left alone."""
        return self.folder / "kubeconfig"

    @property
    def _cluster(self) -> Path:
        """Where kwokctl keeps it, and where all its parts run."""
        return self.folder / "clusters" / self.name

    def start(self) -> None:
        """Makes it, finishes what a command began that was ended, starts what has ended of it, or finds it running.

        Raises:
            ToolError: if it does not come up.
        """
        folders = toolchain.ensure(CONTROL_PLANE)
        with self._alone():
            private.folder(self.folder)
            if not self._is_made():
                # The configuration is whole before the first part starts, so that nothing is lost with a part of it.
                self._remove()
                private.folder(self.folder)
                say("Starting the embedded control plane: a real API server with simulated nodes.")
                self._bring_up(folders)
            else:
                self._write_kubeconfig()
                if not self.is_running():
                    ended = sorted(set(PARTS) - set(self._running()))
                    if len(ended) == len(PARTS):
                        say("Starting the embedded control plane again, with what it held.")
                    elif ended:
                        say(
                            f"Of the embedded control plane some parts have ended, and start again: {', '.join(ended)}."
                        )
                    else:
                        say("The embedded control plane does not answer; waiting for it.")
                    self._bring_up(folders)
            self._furnish()

    def stop(self) -> None:
        """Ends its processes and keeps its data."""
        if self.exists():
            with self._alone():
                self._end_parts(*PARTS)

    def delete(self) -> None:
        """Ends its processes and removes its data, and with it every disk that it simulated."""
        with self._alone():
            self._remove()

    def is_running(self) -> bool:
        """Whether all its parts run and its API server answers."""
        if set(self._running()) != set(PARTS):
            return False
        try:
            with self._client() as client:
                client.get(Namespace, "kube-system")
        except (HTTPError, ApiError, ConfigError, OSError):
            return False
        return True

    def environment(self) -> dict[str, str]:
        """What programs need to reach it."""
        return {"KUBECONFIG": str(self.kubeconfig)}

    def exists(self) -> bool:
        """Whether there is anything of it, running or not."""
        return (self._cluster / "kwok.yaml").is_file()

    def _client(self) -> Client:
        config = KubeConfig.from_file(self.kubeconfig).get(self.context)
        return Client(config, timeout=Timeout(10), trust_env=False)

    @contextmanager
    def _alone(self) -> Generator[None]:
        """Keeps other commands from starting or ending it meanwhile, and ends what one that was killed has left."""
        above = private.folder(self.folder.parent)
        descriptor = os.open(above, os.O_RDONLY)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say("Another command starts or ends the embedded control plane; waiting for it.")
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            left = [process for process in processes.ours() if process.program == "kwokctl"]
            processes.end(
                each for each in left if processes.environment(each.pid).get("KWOK_WORKDIR") == str(self.folder)
            )
            yield
        finally:
            os.close(descriptor)

    def _is_made(self) -> bool:
        """Whether its configuration has all its parts.

        Raises:
            ToolError: if it has not, but there are data.
        """
        try:
            configuration: Any = next(yaml.safe_load_all((self._cluster / "kwok.yaml").read_text()), None)
            if len(configuration["components"]) == len(PARTS):
                return True
        except (OSError, yaml.YAMLError, KeyError, TypeError):
            pass
        if (self._cluster / "etcd" / "member").exists():
            raise ToolError(
                f"The embedded control plane's configuration, {self._cluster / 'kwok.yaml'}, cannot be read, although "
                f"there are data in {self._cluster / 'etcd'}. Put the file back, or give up the data: remove "
                f"{self.folder.parent} and try again."
            )
        return False

    def _running(self) -> dict[str, processes.Process]:
        """Its parts that run."""
        binaries = {str(self._cluster / "bin" / part): part for part in PARTS}
        return {
            binaries[process.arguments[0]]: process for process in processes.ours() if process.arguments[0] in binaries
        }

    def _bring_up(self, folders: Mapping[str, Path]) -> None:
        """Makes what is not there of it, and starts what does not run."""
        for _ in range(2):
            if self._is_made():
                self._configure_anew()
                self._tell_kwokctl(folders)
            self._kwokctl(
                folders,
                "create",
                "cluster",
                *(f"--{part}-binary={folders[program] / program}" for part, program in PARTS.items()),
                f"--kubeconfig={self.kubeconfig}",
                f"--config={FILES / 'kwokctl.yaml'}",
                f"--timeout={START_SECONDS}s",
                f"--wait={READY_SECONDS}s",
                f"--extra-args=kwok-controller=cidr={self.pod_addresses}",
            )
            self._write_kubeconfig()
            if self._comes_up():
                return
        ended = sorted(set(PARTS) - set(self._running()))
        logs = [self._cluster / "logs" / f"{part}.log" for part in ended or PARTS]
        raise ToolError(
            f"The embedded control plane does not come up: {', '.join(ended) or 'its API server does not answer'}. "
            f"Its logs say why:\n" + "\n".join(f"  {log}" for log in logs)
        )

    def _comes_up(self) -> bool:
        """Waits until it runs, or one of its parts has ended."""
        until = time.monotonic() + START_SECONDS
        while not self.is_running():
            if set(self._running()) != set(PARTS) or time.monotonic() > until:
                return False
            time.sleep(0.2)
        return True

    def _tell_kwokctl(self, folders: Mapping[str, Path]) -> None:
        """Corrects what kwokctl believes: it trusts what it wrote when it started the parts.

        Parts may have ended since, and others have their numbers; or it was killed before it could write them down; or
        their programs are elsewhere by now.
        """
        running = self._running()
        for part, program in PARTS.items():
            file = self._cluster / "pids" / f"{part}.pid"
            file.unlink(missing_ok=True)
            if part in running:
                file.write_text(str(running[part].pid))
            binary = self._cluster / "bin" / part
            binary.unlink(missing_ok=True)
            binary.symlink_to(folders[program] / program)

    def _write_kubeconfig(self) -> None:
        """Writes the kubeconfig anew if it is not what kwokctl made, such as after a command that was killed."""
        made = (self._cluster / "kubeconfig.yaml").read_text()
        if not self.kubeconfig.is_file() or self.kubeconfig.read_text() != made:
            private.write(self.kubeconfig, made)

    def _end_parts(self, *parts: str) -> None:
        """Ends parts at once, as kwokctl does: what etcd has acknowledged is on the disk, the others have no data."""
        running = self._running()
        processes.end((running[part] for part in parts if part in running), first=signal.SIGKILL)

    def _furnish(self) -> None:
        """Makes its nodes and its StorageClass, as far as they are not there."""
        with (FILES / "cluster.yaml").open() as file, self._client() as client:
            for thing in load_all_yaml(file):
                try:
                    client.create(thing)
                except ApiError as error:
                    if error.status.code != HTTPStatus.CONFLICT:
                        raise ToolError(
                            f"The embedded control plane refuses its {thing.kind}: {error.status.message}"
                        ) from None

    def _configure_anew(self) -> None:
        """Changes in its configuration what cannot stay as it was."""
        file = self._cluster / "kwok.yaml"
        before = text = file.read_text()
        # The etcd of a control plane that an earlier version made listens where everybody can ask it.
        for patch in _patches():
            for argument in patch["extraArgs"]:
                if argument.get("override"):
                    text = re.sub(rf"(?m)^(\s*- --{argument['key']})=http://\S+$", rf"\1={argument['value']}", text)
        if text != before:
            # They would still look for each other at the old addresses.
            self._end_parts("etcd", "kube-apiserver")
        kubeconfig = (self._cluster / "kubeconfig.yaml").read_text()
        running = self._running()
        for part in next(yaml.safe_load_all(text))["components"]:
            # Another control plane may have taken the port of a part that has ended.
            for port in (each["port"] for each in part["ports"] if part["name"] not in running):
                if _is_taken(port):
                    free = str(_free_port())
                    text, kubeconfig = (re.sub(rf"\b{port}\b", free, each) for each in (text, kubeconfig))
                    if part["name"] == "kube-apiserver":
                        self._end_parts(*PARTS)
        if text != before:
            private.write(self._cluster / "kubeconfig.yaml", kubeconfig)
            private.write(file, text)
            self._write_kubeconfig()

    def _remove(self) -> None:
        """Ends what runs of it, and removes its folder in one step before all that is in it."""
        self._end_parts(*PARTS)
        gone = Path(tempfile.mkdtemp(dir=self.folder.parent, prefix=f".{self.folder.name}-"))
        if self.folder.exists():
            self.folder.rename(gone / "gone")
        for each in self.folder.parent.glob(f".{self.folder.name}-*"):
            shutil.rmtree(each, ignore_errors=True)

    def _kwokctl(self, folders: Mapping[str, Path], *arguments: str) -> None:
        environment = {
            **toolchain.with_path(folders, os.environ),
            "KWOK_WORKDIR": str(self.folder),
            "KUBECONFIG": str(self.kubeconfig),
        }
        done = subprocess.run(
            [str(folders["kwokctl"] / "kwokctl"), f"--name={self.name}", *arguments],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise ToolError(f"The embedded control plane failed ({' '.join(arguments[:2])}):\n{_messages(done.stderr)}")


def default() -> ControlPlane:
    """The control plane that ``make up`` starts."""
    return ControlPlane(folder=places.state() / "embedded" / "control-plane")


def _patches() -> list[dict[str, Any]]:
    """What the parts' arguments have that kwokctl's own have not."""
    return next(yaml.safe_load_all((FILES / "kwokctl.yaml").read_text()))["componentsPatches"]


def _is_taken(port: int) -> bool:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def _messages(log: str) -> str:
    """The last lines of kwokctl's JSON log, as text."""
    messages: list[str] = []
    for line in log.splitlines()[-12:]:
        try:
            entry = json.loads(line)
            messages.append(" ".join(str(entry[part]) for part in ("msg", "err") if part in entry))
        except ValueError:
            messages.append(line)
    return "\n".join(messages)
