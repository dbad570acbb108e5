"""A clone of the project, as somebody has it who works with ``make`` alone."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.conftest import one_at_a_time
from tests.support.report import engine_started
from tools import places, toolchain
from tools.programs import KUBECTL

TIMEOUT_SECONDS = 900


class Checkout:
    """A clone of the project, and a user who has nothing but the programs that are built already."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "checkout"
        tracked = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
            cwd=places.CHECKOUT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split("\0")
        for name in filter(None, tracked):
            if (places.CHECKOUT / name).is_file():
                (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(places.CHECKOUT / name, self.folder / name)
        self.home = home = folder / "home"
        home.mkdir()
        # Nor is the user's shell one of make's own: there make adds lines about folders to what it prints.
        foreign = ("PULUMI_", "KUBE", "UV_", "VIRTUAL_ENV", "MAKE", "MFLAGS")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        self.environment = {
            **kept,
            "HOME": str(home),
            "KUBEFLOW_CACHE": str(places.cache()),
            "UV_CACHE_DIR": str(places.cache() / "uv-packages"),
        }
        self.state = home / ".local" / "state" / "kubeflow-on-pulumi"
        self._is_up = False

    def make(self, *arguments: str, check: bool = True, environment: Mapping[str, str] | None = None) -> str:
        """Runs ``make`` and returns all that it printed."""
        if arguments[:1] in (("up",), ("preview",), ("down",)):
            engine_started()
        if check and arguments[:1] in (("up",), ("down",)):
            self._is_up = False
        done = subprocess.run(
            ["make", *arguments],
            cwd=self.folder,
            env={**self.environment, **(environment or {})},
            timeout=TIMEOUT_SECONDS,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert (done.returncode == 0) is check, done.stdout
        return done.stdout

    def up(self) -> None:
        """Runs ``make up``, unless the stack is up already."""
        if not self._is_up:
            # A control plane may be started.
            with one_at_a_time():
                self.make("up")
            self._is_up = True

    def shell(self, command: str) -> str:
        """What a shell prints after ``eval "$(make env)"``."""
        done = subprocess.run(
            ["bash", "-c", f'eval "$(make env 2>/dev/null)" && {command}'],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def kubectl(self, *arguments: str) -> str:
        """What kubectl prints."""
        program = toolchain.ensure(KUBECTL)["kubectl"] / "kubectl"
        done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def begin(self, *arguments: str, output: Path) -> subprocess.Popen[bytes]:
        """Begins ``make`` in a group of processes, as a shell does."""
        engine_started()
        self._is_up = False
        with output.open("wb") as file:
            return subprocess.Popen(
                ["make", *arguments],
                cwd=self.folder,
                env=self.environment,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
