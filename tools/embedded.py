"""The embedded control plane: a real API server, scheduler and controllers on this machine, with simulated nodes."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from httpx2 import HTTPError, Timeout
from lightkube import ApiError, Client, KubeConfig
from lightkube.codecs import load_all_yaml  # pyright: ignore[reportUnknownVariableType]  # part of its signature
from lightkube.resources.core_v1 import Namespace

from tools import places, toolchain
from tools.programs import CONTROL_PLANE
from tools.say import ToolError, say

NAME = "kubeflow"
FILES = places.CHECKOUT / "tools" / "embedded"
START_SECONDS = 90
LEASE_SECONDS = 8
"""How long the nodes of a stopped control plane wait for it: started again, it is somebody else to them."""
SERVICE_ADDRESSES = "10.96.0.0/12"
POD_ADDRESSES = "10.244.0.1/16"
"""Simulated pods get these addresses, and nobody answers there."""


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

    def start(self) -> None:
        """Makes it, starts it again, or finds it running.

        Raises:
            ToolError: if it does not come up.
        """
        folders = toolchain.ensure(CONTROL_PLANE)
        if self.is_running():
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.exists():
            say("Starting the embedded control plane again, with what it held.")
            self._kwokctl(folders, "start", "cluster", "--wait", f"{START_SECONDS}s")
            return
        say("Starting the embedded control plane: a real API server with simulated nodes.")
        binaries = {
            "etcd": "etcd",
            "kube-apiserver": "kube-apiserver",
            "kube-controller-manager": "kube-controller-manager",
            "kube-scheduler": "kube-scheduler",
            "kwok-controller": "kwok",
        }
        self._kwokctl(
            folders,
            "create",
            "cluster",
            *(f"--{flag}-binary={folders[program] / program}" for flag, program in binaries.items()),
            f"--kubeconfig={self.kubeconfig}",
            f"--config={FILES / 'kwokctl.yaml'}",
            f"--wait={START_SECONDS}s",
            "--extra-args=kube-controller-manager=enable-hostpath-provisioner=true",
            f"--extra-args=kube-apiserver=service-cluster-ip-range={SERVICE_ADDRESSES}",
            f"--extra-args=kwok-controller=cidr={self.pod_addresses}",
            f"--extra-args=kwok-controller=node-lease-duration-seconds={LEASE_SECONDS}",
            # Nothing routes Services' addresses here: the API server asks webhooks at their pods' own. It stands last,
            # since kwokctl 0.8.0 loses count if components alternate.
            "--extra-args=kube-apiserver=enable-aggregator-routing=true",
        )
        with (FILES / "cluster.yaml").open() as file, self._client() as client:
            for thing in load_all_yaml(file):
                client.create(thing)

    def stop(self) -> None:
        """Ends its processes and keeps its data."""
        if self.exists():
            self._kwokctl(toolchain.ensure(CONTROL_PLANE), "stop", "cluster")

    def delete(self) -> None:
        """Ends its processes and removes its data, and with it every disk that it simulated."""
        if self.exists():
            self._kwokctl(toolchain.ensure(CONTROL_PLANE), "delete", "cluster")
        shutil.rmtree(self.folder, ignore_errors=True)

    def is_running(self) -> bool:
        """Whether its API server answers."""
        if not self.exists():
            return False
        try:
            with self._client() as client:
                client.get(Namespace, "kube-system")
        except (HTTPError, ApiError):
            return False
        return True

    def environment(self) -> dict[str, str]:
        """What programs need to reach it."""
        return {"KUBECONFIG": str(self.kubeconfig)}

    def _client(self) -> Client:
        config = KubeConfig.from_file(self.kubeconfig).get(self.context)
        return Client(config, timeout=Timeout(10), trust_env=False)

    def exists(self) -> bool:
        """Whether it has been made, running or not."""
        return (self.folder / "clusters" / self.name / "kwok.yaml").is_file()

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
