"""Programs built from the Go modules below ``tools/modules``."""

import json
import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from tools.programs import KUBERNETES_PROVIDER, MODULES, Build, Toolset
from tools.say import ToolError, clock, say

PROGRESS_SECONDS = 15
COMPILER = {"CGO_ENABLED": "0", "GOGC": "400", "GOMEMLIMIT": "1500MiB"}
"""A compiler that collects garbage less often takes a fifth less for large packages; the limit is each process's."""
_PROVIDER = "github.com/pulumi/pulumi-kubernetes/provider/v4"
_SDK = "github.com/pulumi/pulumi-kubernetes/sdk/v4"
_EMBEDS = {"schema.json": "schema-embed.json", "terraform-mapping.json": "terraform-mapping-embed.json"}
"""Files that the provider's program embeds, made from files of its module."""
_OF_THE_SDK = (".", "utilities", "helm/v4")
"""Packages of the provider's Go SDK that the provider itself needs."""
_LAUNCHERS = ("cmd/pulumi-language-python-exec", "dist/pulumi-analyzer-policy-python")


def build(toolset: Toolset, folder: Path) -> None:
    """Builds the programs of ``toolset`` into ``folder``.

    Raises:
        ToolError: if there is no Go, or if a module cannot be built.
    """
    go = shutil.which("go")
    if go is None:
        raise ToolError(
            f"{toolset.name} is neither on PATH nor to be downloaded, and without Go it cannot be built. Install "
            f"{', '.join(toolset.programs)}, or Go 1.26 or later from your package manager."
        )
    minutes = sum(build.minutes for build in toolset.builds)
    say(f"Building {toolset.name} from its Go modules, once: about {minutes} min on two cores.")
    began = time.monotonic()
    for each in toolset.builds:
        _build_module(go, each, folder)
    say(f"{toolset.name}: built in {clock(time.monotonic() - began)}.")


def _build_module(go: str, build: Build, folder: Path) -> None:
    with tempfile.TemporaryDirectory(prefix=f"{build.module}-") as scratch:
        # Files are made beside the module's own: never in the checkout.
        module = Path(shutil.copytree(MODULES / build.module, Path(scratch) / build.module))
        if prepare := _PREPARATIONS.get(build.module):
            prepare(go, module, folder)
        stamps = " ".join(["-s", "-w", *(f"-X {variable}={value}" for variable, value in build.stamps.items())])
        packages = list(build.packages.values())
        total = len(_go(go, module, "list", "-deps", *packages).splitlines())
        # All at once, so that one program is linked while another's packages are compiled.
        new = Path(scratch) / "bin"
        new.mkdir()
        # Nobody debugs them: without what debuggers read, a tenth less is compiled.
        _compile(
            go,
            module,
            ["-gcflags=all=-dwarf=false", "-ldflags", stamps, "-o", f"{new}/", *packages],
            build.module,
            total,
        )
        for program, package in build.packages.items():
            shutil.move(new / _default_name(package, build.module), folder / program)


def _default_name(package: str, module: str) -> str:
    """What ``go build`` calls the program of a package: the last part of its path that is no major version."""
    parts = package.split("/") if package != "." else [module]
    is_version = parts[-1][:1] == "v" and parts[-1][1:].isdigit()
    return parts[-2] if is_version and len(parts) > 1 else parts[-1]


def _compile(go: str, module: Path, arguments: list[str], what: str, total: int) -> None:
    process = subprocess.Popen(
        [go, "build", "-mod=readonly", "-buildvcs=false", "-v", *arguments],
        cwd=module,
        env={**COMPILER, **os.environ},
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
            say(f"  {what}: {len(lines)} of at most {total} packages, {clock(last - began)}")
    reader.join()
    if process.returncode:
        raise ToolError(f"{what} could not be built:\n{''.join(lines[-20:])}")


def _prepare_language_host(go: str, module: Path, folder: Path) -> None:
    """Copies the scripts that the language host starts."""
    source = _module_folder(go, module, "github.com/pulumi/pulumi/sdk/v3")
    for launcher in _LAUNCHERS:
        copy = folder / Path(launcher).name
        shutil.copyfile(source / "python" / launcher, copy)
        copy.chmod(0o755)


def _prepare_provider(go: str, module: Path, _: Path) -> None:
    """Makes the files that the provider embeds, and a small copy of its Go SDK.

    The SDK has a package for each version of each API. The provider imports them all for one function, which picks the
    type of an object, and would be compiled with them for four minutes longer. ``yaml_v2`` has that function for every
    kind of object.
    """
    source = _module_folder(go, module, _PROVIDER)
    for name, embed in _EMBEDS.items():
        content = json.loads((source / "cmd" / "pulumi-resource-kubernetes" / name).read_text())
        if name == "schema.json":
            content["version"] = KUBERNETES_PROVIDER
        (module / embed).write_text(json.dumps(content, separators=(",", ":")))
    sdk, copy = _module_folder(go, module, _SDK), module / "sdk"
    packages = Path("go", "kubernetes")
    copy.mkdir()
    shutil.copyfile(sdk / "go.mod", copy / "go.mod")
    for package in _OF_THE_SDK:
        (copy / packages / package).mkdir(parents=True, exist_ok=True)
        for file in (sdk / packages / package).glob("*.go"):
            shutil.copyfile(file, copy / packages / package / file.name)
    (module / "yaml_v2").rename(_made(copy / packages / "yaml") / "v2")
    _go(go, module, "mod", "edit", f"-replace={_SDK}=./sdk")


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


_PREPARATIONS: dict[str, Callable[[str, Path, Path], None]] = {
    "pulumi-language-python": _prepare_language_host,
    "pulumi-resource-kubernetes": _prepare_provider,
}
"""What a module needs beside its own files, by its name."""


def _module_folder(go: str, module: Path, path: str) -> Path:
    _go(go, module, "mod", "download", path)
    return Path(_go(go, module, "list", "-m", "-f", "{{.Dir}}", path).strip())


def _go(go: str, module: Path, *arguments: str) -> str:
    done = subprocess.run([go, *arguments], cwd=module, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ToolError(f"go {' '.join(arguments)} failed:\n{done.stderr[-2000:]}")
    return done.stdout
