"""Runs a pod's init containers as the kubelet does: one after another, until one of them fails."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from components.model_path import FETCHED_FOLDER
from tools import toolchain
from tools.programs import RCLONE


@dataclass(frozen=True, kw_only=True)
class Fetching:
    """The init containers of a registered pod, whose volume for models is a folder of this machine."""

    pod: dict[str, Any]
    folder: Path
    secrets: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])

    def run(self, name: str) -> subprocess.CompletedProcess[str]:
        """What the init container ``name`` prints, and how it ends."""
        (container,) = [each for each in self.pod["initContainers"] if each["name"] == name]
        # The certificates of the pod's image, and a home as it may be there: not a folder at all.
        environment = {"PATH": str(toolchain.ensure(RCLONE)["rclone"]), **self._environment(container)}
        command = [
            each.replace(f"{FETCHED_FOLDER}/", f"{self.folder}/")
            for each in (*container["command"], *container["args"])
        ]
        return subprocess.run(
            command,
            env={**environment, "HOME": os.devnull},
            cwd="/",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=300,
        )

    def run_all(self) -> subprocess.CompletedProcess[str]:
        """What all of them print, and how the last that ran ended."""
        said = ""
        for container in self.pod["initContainers"]:
            done = self.run(container["name"])
            said += done.stdout
            if done.returncode:
                return subprocess.CompletedProcess(container["name"], done.returncode, said)
        return subprocess.CompletedProcess("all", 0, said)

    def _environment(self, container: dict[str, Any]) -> dict[str, str]:
        found: dict[str, str] = {}
        for each in container["env"]:
            reference = each.get("valueFrom", {}).get("secretKeyRef")
            found[each["name"]] = self.secrets[reference["name"]][reference["key"]] if reference else each["value"]
        return found
