"""Finds the programs that the project runs: on PATH, in the cache, by download, or built from their Go modules.

Built and downloaded programs go to the cache, in a folder named by the hash of what they are made from: a changed lock
file makes a new folder, an unchanged one is never looked at again.
"""

import fcntl
import hashlib
import os
import platform
import re
import shutil
import subprocess
import tempfile
from collections.abc import Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from tools import places
from tools.downloads import download
from tools.go_build import build
from tools.programs import KUBERNETES_PROVIDER, MODULES, PROVIDER, Toolset
from tools.say import ToolError, say


def ensure(*toolsets: Toolset) -> dict[str, Path]:
    """The folders of every program of ``toolsets``, by program, installed if need be.

    Raises:
        ToolError: if a toolset can neither be found, downloaded nor built.
    """
    # Two at a time: one is downloaded or linked while the other is compiled.
    with ThreadPoolExecutor(max_workers=2) as pool:
        return {program: folder for found in pool.map(_ensure, toolsets) for program, folder in found.items()}


def install_provider(environment: Mapping[str, str]) -> None:
    """Makes the Kubernetes provider one of Pulumi's installed plugins, as the engine itself would by a download.

    A provider on PATH is used from there.

    Args:
        environment: in which ``pulumi`` is found.
    """
    if has_provider(environment):
        return
    (folder,) = ensure(PROVIDER).values()
    if folder.is_relative_to(places.cache()):
        arguments = ["plugin", "install", "resource", "kubernetes", KUBERNETES_PROVIDER, "--file"]
        done = subprocess.run(
            ["pulumi", *arguments, str(folder / PROVIDER.programs[0])],
            env=dict(environment),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise ToolError(f"The Kubernetes provider could not be installed:\n{done.stderr}")


def has_provider(environment: Mapping[str, str]) -> bool:
    """Whether the Kubernetes provider is one of Pulumi's installed plugins."""
    home = Path(environment.get("PULUMI_HOME") or Path.home() / ".pulumi")
    return (home / "plugins" / f"resource-kubernetes-v{KUBERNETES_PROVIDER}").is_dir()


def with_path(folders: Mapping[str, Path], environment: Mapping[str, str]) -> dict[str, str]:
    """``environment`` with a PATH on which every program is found first where ``folders`` says."""
    first = dict.fromkeys(str(folder) for folder in folders.values())
    return {**environment, "PATH": os.pathsep.join([*first, environment.get("PATH", os.defpath)])}


def key(toolset: Toolset) -> str:
    """Names the toolset's folder: it changes with its modules' locked content, its versions and the machine's kind."""
    digest = hashlib.sha256(f"{toolset} {platform.system()} {platform.machine()}".encode())
    for each in toolset.builds:
        for file in sorted((MODULES / each.module).rglob("*")):
            if file.suffix in (".mod", ".sum", ".go"):
                digest.update(file.name.encode() + file.read_bytes())
    return f"{toolset.programs[0]}-{digest.hexdigest()[:16]}"


def _ensure(toolset: Toolset) -> dict[str, Path]:
    if found := _on_path(toolset):
        return found
    folder = places.cache() / "programs" / key(toolset)
    if not folder.is_dir():
        with _lock(folder):
            if not folder.is_dir():
                _install(toolset, folder)
    return dict.fromkeys(toolset.programs, folder)


def _on_path(toolset: Toolset) -> dict[str, Path] | None:
    found = {program: shutil.which(program) for program in toolset.programs}
    folders = {program: Path(path).parent for program, path in found.items() if path}
    if len(folders) < len(found):
        return None
    if toolset.version_of and _older(toolset.version_of, toolset.version):
        say(f"The {toolset.version_of} on PATH is older than {toolset.version}: using {toolset.version} beside it.")
        return None
    return folders


def _older(program: str, version: str) -> bool:
    output = subprocess.run([program, "version"], capture_output=True, text=True, check=False).stdout
    numbers = re.search(r"(\d+)\.(\d+)\.(\d+)", output)
    return not numbers or tuple(map(int, numbers.groups())) < tuple(map(int, version.split(".")))


@contextmanager
def _lock(folder: Path) -> Generator[None]:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another command is installing the same programs; waiting for it.")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _install(toolset: Toolset, folder: Path) -> None:
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".new-") as scratch:
        new = Path(scratch) / "bin"
        new.mkdir()
        if not download(toolset, new):
            build(toolset, new)
        new.rename(folder)
