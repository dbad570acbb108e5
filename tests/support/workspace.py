"""A copy of the program with a backend, a stack and a passphrase of its own, driven by the real CLI."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml

from tests.support.report import engine_started
from tools.places import CHECKOUT

PASSPHRASE = "for this test alone"
PROGRAM = ("__main__.py", "Pulumi.yaml", "components", "policy", "pyproject.toml", "uv.lock", "README.md")
TIMEOUT_SECONDS = 300
ENGINE = ("preview", "up", "destroy", "refresh")
"""The commands that start the engine."""


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """A folder that ``pulumi`` runs in, and the environment it runs with."""

    folder: Path
    environment: dict[str, str]
    stack: str = "nocloud"

    @classmethod
    def create(cls, folder: Path, environment: Mapping[str, str], venv: str = ".venv") -> "Workspace":
        """Copies the program to ``folder`` and gives it an empty backend beside it.

        Args:
            folder: where it goes.
            environment: what its commands run with.
            venv: the Python environment in the checkout that it runs in, which Pulumi keeps in step with the stack's
                dependency groups.
        """
        program, backend = folder / "program", folder / "backend"
        program.mkdir(parents=True)
        backend.mkdir()
        for name in PROGRAM:
            source = CHECKOUT / name
            if source.is_dir():
                shutil.copytree(source, program / name, ignore=shutil.ignore_patterns("__pycache__"))
            elif source.exists():
                shutil.copy(source, program / name)
        # With its compiled files: a new one for each test would take seconds.
        (program / ".venv").symlink_to(CHECKOUT / venv)
        return cls(
            folder=program,
            environment={
                **environment,
                "PULUMI_BACKEND_URL": backend.as_uri(),
                "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
                "PULUMI_HOME": str(folder / "home"),
                "PULUMI_SKIP_UPDATE_CHECK": "true",
                "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            },
        )

    def configure(self, config: Mapping[str, Any]) -> None:
        """Replaces the stack's configuration, and keeps its salt."""
        file = self.folder / f"Pulumi.{self.stack}.yaml"
        kept = cast("dict[str, Any]", yaml.safe_load(file.read_text()) or {}) if file.exists() else {}
        old = cast("dict[str, Any]", kept.get("config") or {})
        secure = {key: value for key, value in old.items() if "'secure'" in str(value)}
        file.write_text(yaml.safe_dump({**kept, "config": {**secure, **config}}))

    def pulumi(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Runs ``pulumi`` and returns what it said; fails with its whole output unless ``check`` is off."""
        if arguments[0] in ENGINE:
            engine_started()
        done = subprocess.run(
            ["pulumi", *arguments, "--non-interactive"],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
        assert not check or done.returncode == 0, f"pulumi {' '.join(arguments)}:\n{done.stdout}\n{done.stderr}"
        return done

    def init(self) -> None:
        """Makes the stack."""
        self.pulumi("stack", "init", self.stack)

    def set_secret(self, key: str, value: str) -> None:
        """Encrypts ``value`` into the stack's configuration."""
        self.pulumi("config", "set", "--secret", key, value)

    def up(self) -> dict[str, int]:
        """Updates the stack; the number of resources by what was done to them."""
        return self._summary("up", "--yes", "--skip-preview", "--json")

    def preview(self) -> list[dict[str, Any]]:
        """The steps of a preview that change something."""
        steps: list[dict[str, Any]] = json.loads(self.pulumi("preview", "--json").stdout)["steps"]
        return [step for step in steps if step["op"] != "same"]

    def destroy(self, *arguments: str) -> None:
        """Destroys the stack's resources."""
        self.pulumi("destroy", "--yes", "--skip-preview", *arguments)

    def destroy_with_data(self) -> None:
        """Destroys everything, protected or not, as a user does who says so."""
        self.pulumi("state", "unprotect", "--all", "--yes", check=False)
        self.destroy()

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs, secrets hidden."""
        return json.loads(self.pulumi("stack", "output", "--json").stdout)

    def _summary(self, *arguments: str) -> dict[str, int]:
        lines = self.pulumi(*arguments).stdout.splitlines()
        events = [json.loads(line) for line in lines if line.startswith("{")]
        return next(event["summaryEvent"]["resourceChanges"] for event in events if "summaryEvent" in event)
