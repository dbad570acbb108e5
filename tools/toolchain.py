"""Finds the programs that the project runs: on PATH, in the cache, by download, or built from their Go modules.

Built and downloaded programs go to the cache, in a folder named by the hash of what they are made from: a changed lock
file makes a new folder, an unchanged one is never looked at again.
"""

import fcntl
import hashlib
import http.client
import io
import json
import os
import platform
import re
import shutil
import subprocess
import tarfile
import tempfile
import threading
import time
import urllib.request
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tools import places
from tools.programs import KUBERNETES_PROVIDER, MODULES, PROVIDER, Build, Download, Toolset
from tools.say import ToolError, say

REACH_SECONDS = 10
PROGRESS_SECONDS = 15
_EMBEDS = {"schema.json": "schema-embed.json", "terraform-mapping.json": "terraform-mapping-embed.json"}
"""Files that the provider's program embeds, made from files of its module."""


def ensure(*toolsets: Toolset) -> dict[str, Path]:
    """The folders of every program of ``toolsets``, by program, installed if need be.

    Raises:
        ToolError: if a toolset can neither be found, downloaded nor built.
    """
    return {program: folder for toolset in toolsets for program, folder in _ensure(toolset).items()}


def install_provider(environment: Mapping[str, str]) -> None:
    """Makes the Kubernetes provider one of Pulumi's installed plugins, as the engine itself would by a download.

    A provider on PATH is used from there.

    Args:
        environment: in which ``pulumi`` is found.
    """
    home = Path(environment.get("PULUMI_HOME") or Path.home() / ".pulumi")
    if (home / "plugins" / f"resource-kubernetes-v{KUBERNETES_PROVIDER}").is_dir():
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


def with_path(folders: Mapping[str, Path], environment: Mapping[str, str]) -> dict[str, str]:
    """``environment`` with a PATH on which every program is found first where ``folders`` says."""
    first = dict.fromkeys(str(folder) for folder in folders.values())
    return {**environment, "PATH": os.pathsep.join([*first, environment.get("PATH", os.defpath)])}


def key(toolset: Toolset) -> str:
    """Names the toolset's folder: it changes with its modules' locked content, its versions and the machine's kind."""
    digest = hashlib.sha256(f"{toolset} {platform.system()} {platform.machine()}".encode())
    for build in toolset.builds:
        for file in sorted((MODULES / build.module).iterdir()):
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
        if not _download(toolset, new):
            _build(toolset, new)
        new.rename(folder)


def _download(toolset: Toolset, folder: Path) -> bool:
    """Whether the official programs could be had."""
    if not toolset.downloads:
        return False
    mirror = os.environ.get("KUBEFLOW_DOWNLOAD_MIRROR", "").rstrip("/")
    for download in toolset.downloads:
        url = f"{mirror}/{download.url.removeprefix('https://')}" if mirror else download.url
        try:
            with urllib.request.urlopen(url, timeout=REACH_SECONDS) as answer:
                content: bytes = answer.read()
            _unpack(download, content, folder)
        except (OSError, http.client.HTTPException, KeyError, tarfile.TarError) as error:
            reason = getattr(error, "reason", error)
            say(f"{toolset.name} cannot be downloaded from {url} ({reason}).")
            return False
    say(f"{toolset.name}: downloaded.")
    return True


def _unpack(download: Download, content: bytes, folder: Path) -> None:
    for program, member in download.members.items():
        if member:
            with tarfile.open(fileobj=io.BytesIO(content)) as archive:
                file = archive.extractfile(member)
                if file is None:
                    raise KeyError(member)
                content_of_program = file.read()
        else:
            content_of_program = content
        (folder / program).write_bytes(content_of_program)
        (folder / program).chmod(0o755)


def _build(toolset: Toolset, folder: Path) -> None:
    go = shutil.which("go")
    if go is None:
        raise ToolError(
            f"{toolset.name} is neither on PATH nor to be downloaded, and without Go it cannot be built. Install "
            f"{', '.join(toolset.programs)}, or Go 1.26 or later from your package manager."
        )
    minutes = sum(build.minutes for build in toolset.builds)
    say(f"Building {toolset.name} from its Go modules, once: about {minutes} min on two cores.")
    began = time.monotonic()
    for build in toolset.builds:
        _go_build(go, build, folder)
    say(f"{toolset.name}: built in {_clock(time.monotonic() - began)}.")


def _go_build(go: str, build: Build, folder: Path) -> None:
    with tempfile.TemporaryDirectory(prefix=f"{build.module}-") as scratch:
        # Files are made beside the module's own: never in the checkout.
        module = Path(shutil.copytree(MODULES / build.module, Path(scratch) / build.module))
        if build.module == "pulumi-resource-kubernetes":
            _write_embeds(go, module)
        if build.module == "pulumi-language-python":
            source = _module_folder(go, module, "github.com/pulumi/pulumi/sdk/v3")
            for launcher in ("cmd/pulumi-language-python-exec", "dist/pulumi-analyzer-policy-python"):
                copy = folder / Path(launcher).name
                shutil.copyfile(source / "python" / launcher, copy)
                copy.chmod(0o755)
        stamps = " ".join(["-s", "-w", *(f"-X {variable}={value}" for variable, value in build.stamps.items())])
        packages = list(build.packages.values())
        total = len(_go(go, module, "list", "-deps", *packages).splitlines())
        for program, package in build.packages.items():
            _go_build_one(go, module, ["-ldflags", stamps, "-o", str(folder / program), package], build.module, total)


def _go_build_one(go: str, module: Path, arguments: list[str], what: str, total: int) -> None:
    process = subprocess.Popen(
        [go, "build", "-mod=readonly", "-buildvcs=false", "-v", *arguments],
        cwd=module,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    lines: list[str] = []

    def read() -> None:
        assert process.stderr is not None
        lines.extend(process.stderr)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    began = last = time.monotonic()
    while process.poll() is None:
        time.sleep(0.2)
        if time.monotonic() - last >= PROGRESS_SECONDS:
            last = time.monotonic()
            say(f"  {what}: {len(lines)} of at most {total} packages, {_clock(last - began)}")
    reader.join()
    if process.returncode:
        raise ToolError(f"{what} could not be built:\n{''.join(lines[-20:])}")


def _write_embeds(go: str, module: Path) -> None:
    source = _module_folder(go, module, "github.com/pulumi/pulumi-kubernetes/provider/v4")
    for name, embed in _EMBEDS.items():
        content = json.loads((source / "cmd" / "pulumi-resource-kubernetes" / name).read_text())
        if name == "schema.json":
            content["version"] = KUBERNETES_PROVIDER
        (module / embed).write_text(json.dumps(content, separators=(",", ":")))


def _module_folder(go: str, module: Path, path: str) -> Path:
    _go(go, module, "mod", "download", path)
    return Path(_go(go, module, "list", "-m", "-f", "{{.Dir}}", path).strip())


def _go(go: str, module: Path, *arguments: str) -> str:
    done = subprocess.run([go, *arguments], cwd=module, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ToolError(f"go {' '.join(arguments)} failed:\n{done.stderr[-2000:]}")
    return done.stdout


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d} min"
