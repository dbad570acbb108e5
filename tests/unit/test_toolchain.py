"""How programs are found, downloaded and told apart; that they build is shown by every test that runs them."""

import hashlib
import io
import shutil
import subprocess
import tarfile
import threading
from collections.abc import Generator
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tools import downloads, go_build, toolchain
from tools.programs import CLI, Build, Download, Toolset
from tools.say import ToolError

SCRIPT = b"#!/bin/sh\necho v9.9.9\n"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KUBEFLOW_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Path]:
    """A folder whose files a real server hands out in the place of the official ones."""
    folder = tmp_path / "mirror"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("KUBEFLOW_DOWNLOAD_MIRROR", f"http://127.0.0.1:{server.server_port}")
    yield folder
    server.shutdown()
    server.server_close()


def toolset(*downloads: Download) -> Toolset:
    return Toolset(name="a tool", programs=("a-tool",), downloads=downloads, builds=())


def test_download_is_unpacked_once_and_runs(cache: Path, mirror: Path) -> None:
    archive = mirror / "example.com" / "tool.tar.gz"
    archive.parent.mkdir()
    with tarfile.open(archive, "w:gz") as tar:
        member = tarfile.TarInfo("inner/a-tool")
        member.size = len(SCRIPT)
        tar.addfile(member, io.BytesIO(SCRIPT))
    tool = toolset(Download(url="https://example.com/tool.tar.gz", members={"a-tool": "inner/a-tool"}, checksums=None))
    folder = toolchain.ensure(tool)["a-tool"]
    assert folder.is_relative_to(cache)
    assert subprocess.run([folder / "a-tool"], capture_output=True, check=True).stdout == b"v9.9.9\n"
    archive.unlink()
    assert toolchain.ensure(tool)["a-tool"] == folder


def test_plain_file_is_a_program(cache: Path, mirror: Path) -> None:
    (mirror / "example.com").mkdir()
    (mirror / "example.com" / "a-tool").write_bytes(SCRIPT)
    folder = toolchain.ensure(
        toolset(Download(url="https://example.com/a-tool", members={"a-tool": ""}, checksums=None))
    )["a-tool"]
    assert subprocess.run([folder / "a-tool"], capture_output=True, check=True).stdout == b"v9.9.9\n"
    assert folder.is_relative_to(cache)


def offer(mirror: Path, name: str, content: bytes, checksums: str) -> Download:
    """A program that the mirror has, with what its publisher says of checksums."""
    folder = mirror / "example.com"
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(content)
    (folder / "SUMS").write_text(checksums)
    return Download(url=f"https://example.com/{name}", members={"a-tool": ""}, checksums="https://example.com/SUMS")


RIGHT, WRONG = hashlib.sha256(SCRIPT).hexdigest(), "0" * 64


@pytest.mark.parametrize(
    "checksums",
    [f"{RIGHT}\n", f"{WRONG}  other\n{RIGHT}  tool\n", f"{RIGHT} *./tool\n", f"{RIGHT}"],
    ids=["the sum alone", "a list", "a list of binary files", "no end of line"],
)
@pytest.mark.usefixtures("cache")
def test_download_with_its_publishers_checksum_is_used(checksums: str, mirror: Path) -> None:
    folder = toolchain.ensure(toolset(offer(mirror, "tool", SCRIPT, checksums)))["a-tool"]
    assert (folder / "a-tool").read_bytes() == SCRIPT


@pytest.mark.parametrize(
    ("checksums", "said"),
    [
        (f"{WRONG}  tool\n", f"its SHA-256 is {RIGHT}, but https://example.com/SUMS has {WRONG}"),
        (f"{RIGHT}  another-tool\n", "has no SHA-256 for it"),
        ("<html>", "has no SHA-256 for it"),
    ],
    ids=["another sum", "a sum of another file", "no sums"],
)
@pytest.mark.usefixtures("cache")
def test_download_without_its_publishers_checksum_is_not_used(
    checksums: str, said: str, mirror: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ToolError, match="Install a-tool, or Go"):
        toolchain.ensure(toolset(offer(mirror, "tool", SCRIPT, checksums)))
    assert said in capsys.readouterr().err


@pytest.mark.usefixtures("cache")
def test_download_whose_checksums_cannot_be_had_is_not_used(mirror: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    tool = offer(mirror, "tool", SCRIPT, RIGHT)
    (mirror / "example.com" / "SUMS").unlink()
    with pytest.raises(ToolError, match="Install a-tool, or Go"):
        toolchain.ensure(toolset(tool))


@pytest.mark.usefixtures("cache")
def test_pinned_checksum_counts_whatever_the_publisher_says_later(
    mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads, "PINS", tmp_path / "checksums.txt")
    monkeypatch.setattr(downloads, "CHECKOUT", tmp_path)
    tool = toolset(offer(mirror, "tool", SCRIPT, f"{RIGHT}  tool\n"))
    downloads.pin(tool)
    assert downloads.pins() == {"https://example.com/tool": RIGHT}
    # Whoever can change the file can change its checksum beside it.
    offer(mirror, "tool", SCRIPT + b"evil", hashlib.sha256(SCRIPT + b"evil").hexdigest())
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ToolError, match="Install a-tool, or Go"):
        toolchain.ensure(tool)
    offer(mirror, "tool", SCRIPT, WRONG)
    assert toolchain.ensure(tool)


def test_program_on_path_comes_first(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a-tool").write_bytes(SCRIPT)
    (tmp_path / "a-tool").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert toolchain.ensure(toolset()) == {"a-tool": tmp_path}
    assert not cache.exists()


def test_old_program_on_path_is_passed_over(
    cache: Path, mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a-tool").write_bytes(SCRIPT)
    (tmp_path / "a-tool").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    (mirror / "example.com").mkdir()
    (mirror / "example.com" / "a-tool").write_bytes(SCRIPT)
    needed = replace(
        toolset(Download(url="https://example.com/a-tool", members={"a-tool": ""}, checksums=None)),
        version_of="a-tool",
        version="10.0.0",
    )
    assert toolchain.ensure(needed)["a-tool"].is_relative_to(cache)
    assert "older than 10.0.0" in capsys.readouterr().err
    assert toolchain.ensure(replace(needed, version="9.9.9"))["a-tool"] == tmp_path


@pytest.mark.usefixtures("mirror")
def test_without_download_and_go_the_error_says_what_to_install(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    tool = toolset(Download(url="https://example.com/gone", members={"a-tool": ""}, checksums=None))
    with pytest.raises(ToolError, match="Install a-tool, or Go"):
        toolchain.ensure(tool)
    assert not [folder for folder in (cache / "programs").iterdir() if folder.is_dir()]


def test_failed_build_leaves_nothing_and_says_why(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = tmp_path / "modules" / "broken"
    module.mkdir(parents=True)
    (module / "go.mod").write_text("module broken\n\ngo 1.26\n")
    (module / "main.go").write_text("package main\n\nfunc main() { missing() }\n")
    monkeypatch.setattr(toolchain, "MODULES", tmp_path / "modules")
    monkeypatch.setattr(go_build, "MODULES", tmp_path / "modules")
    build = Build(module="broken", packages={"a-tool": "."}, stamps={}, minutes=1)
    with pytest.raises(ToolError, match="undefined: missing"):
        toolchain.ensure(replace(toolset(), builds=(build,)))
    assert not [folder for folder in (cache / "programs").iterdir() if folder.is_dir()]


def test_folder_follows_the_lock_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = toolchain.key(CLI)
    assert toolchain.key(CLI) == before
    copy = tmp_path / "modules"
    shutil.copytree(toolchain.MODULES, copy)
    monkeypatch.setattr(toolchain, "MODULES", copy)
    assert toolchain.key(CLI) == before
    lock = copy / "pulumi" / "go.sum"
    lock.write_text(lock.read_text() + "\n")
    assert toolchain.key(CLI) != before
