"""What happens to an engine when ``make`` is ended, and to what an engine leaves behind, with real processes.

A shell plays the engine: its program is called as the engine's is, and so is that of its plugin.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.waiting import wait_for
from tools import engine, places, processes, signals
from tools.say import ToolError

ENGINE = """
trap 'echo asked >> said; sleep 0.5; echo done >> said; exit 1' INT
trap 'echo hung up >> said' HUP TERM
echo begun >> said
for i in $(seq 100); do sleep 0.1; done
"""
TOOL = """
import os, sys
from pathlib import Path
from tools import engine, signals
signals.handle()
folder = Path(sys.argv[1])
try:
    engine.run((str(folder / "pulumi"), "engine"), folder, os.environ, quiet=False)
except signals.Ended as ended:
    sys.exit(ended.exit_code)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Generator[Path]:
    """A project, with programs that are called as the engine and a plugin are; nothing goes on there after the test."""
    shutil.copy("/bin/bash", tmp_path / "pulumi")
    shutil.copy("/bin/sleep", tmp_path / "pulumi-resource-example")
    (tmp_path / "engine").write_text(ENGINE)
    yield tmp_path
    processes.end(running(tmp_path), first=signal.SIGKILL)


def running(folder: Path) -> list[processes.Process]:
    return [each for each in processes.ours() if each.folder == folder]


def said(folder: Path) -> list[str]:
    file = folder / "said"
    return file.read_text().splitlines() if file.exists() else []


@pytest.mark.parametrize("which", [*signals.ENDING, signal.SIGKILL])
def test_the_engine_is_asked_once_and_ends_what_it_has_begun(which: signal.Signals, folder: Path) -> None:
    tool = subprocess.Popen(
        [sys.executable, "-c", TOOL, str(folder)],
        cwd=places.CHECKOUT,
        start_new_session=True,
        stderr=subprocess.DEVNULL,
    )
    wait_for("the engine", lambda: said(folder) or None)
    os.killpg(tool.pid, which)
    if which is not signal.SIGKILL:
        # Each of those around the tool hands on what it gets.
        os.kill(tool.pid, which)
    code = tool.wait()
    assert code == (-which if which is signal.SIGKILL else 128 + which)
    wait_for("the engine's end", lambda: said(folder)[-1] == "done" or None)
    assert said(folder) == ["begun", "asked", "done"]


def start_plugin(folder: Path, command: str) -> int:
    subprocess.Popen([folder / "pulumi", "-c", command], cwd=folder)

    def find() -> int | None:
        return next((each.pid for each in running(folder) if each.program == "pulumi-resource-example"), None)

    return wait_for("the plugin", find)


def test_a_plugin_whose_engine_is_gone_is_ended(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plugin = start_plugin(folder, "./pulumi-resource-example 60 &")
    wait_for("the engine's end", lambda: {each.program for each in running(folder)} == {"pulumi-resource-example"})
    engine.end_leftovers(folder / "elsewhere")
    assert processes.exists(plugin)
    engine.end_leftovers(folder)
    assert not processes.exists(plugin)
    assert "pulumi-resource-example" in capsys.readouterr().err


def test_a_plugin_whose_engine_is_at_work_is_left_alone(folder: Path) -> None:
    plugin = start_plugin(folder, "./pulumi-resource-example 60; true")
    engine.end_leftovers(folder)
    assert processes.exists(plugin)


def write_lock(folder: Path, pid: int, *, host: str = "", when: datetime | None = None) -> str:
    """A lock as the engine writes it; the backend."""
    file = folder / ".pulumi" / "locks" / "organization" / "kubeflow" / "one" / "an-id.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    content = {"pid": pid, "username": "ada", "hostname": host or socket.gethostname()}
    file.write_text(json.dumps({**content, "timestamp": (when or datetime.now(UTC)).isoformat()}))
    return folder.as_uri()


def an_ended_process() -> int:
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


def test_a_lock_is_left_over_if_its_process_is_gone(folder: Path) -> None:
    backend = write_lock(folder, an_ended_process())
    assert engine.wait_for_others(backend, "kubeflow", "one")
    assert not engine.wait_for_others(backend, "kubeflow", "another")


def test_a_lock_is_left_over_if_another_program_has_its_number(folder: Path) -> None:
    assert engine.wait_for_others(write_lock(folder, os.getpid()), "kubeflow", "one")


def test_a_lock_is_left_over_if_a_later_engine_has_its_number(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "WAIT_SECONDS", 0)
    process = subprocess.Popen([folder / "pulumi", "-c", "sleep 60; true"], cwd=folder)
    now = datetime.now(UTC)
    assert engine.wait_for_others(write_lock(folder, process.pid, when=now - timedelta(hours=1)), "kubeflow", "one")
    with pytest.raises(ToolError, match=f"kill -INT {process.pid}"):
        engine.wait_for_others(write_lock(folder, process.pid, when=now), "kubeflow", "one")


def test_an_engine_at_work_is_waited_for(folder: Path) -> None:
    process = subprocess.Popen([folder / "pulumi", "-c", "sleep 1; true"], cwd=folder)
    backend, begun = write_lock(folder, process.pid), time.monotonic()
    assert engine.wait_for_others(backend, "kubeflow", "one")
    assert time.monotonic() - begun >= 1


def test_a_lock_of_another_machine_is_none_of_ours(folder: Path) -> None:
    assert not engine.wait_for_others(write_lock(folder, an_ended_process(), host="elsewhere"), "kubeflow", "one")


@pytest.mark.parametrize(("backup", "left"), [("{}", "{}"), ("", None), (None, None)])
def test_an_empty_state_gives_way_to_its_backup_or_to_nothing(
    backup: str | None, left: str | None, tmp_path: Path
) -> None:
    folder = tmp_path / ".pulumi" / "stacks" / "kubeflow"
    folder.mkdir(parents=True)
    file = folder / "nocloud.json"
    file.touch()
    if backup is not None:
        (folder / "nocloud.json.bak").write_text(backup)
    engine.mend_empty_state(tmp_path.as_uri(), "kubeflow", "nocloud")
    assert (file.read_text() if file.exists() else None) == left
    file.write_text("content")
    engine.mend_empty_state(tmp_path.as_uri(), "kubeflow", "nocloud")
    assert file.read_text() == "content"
