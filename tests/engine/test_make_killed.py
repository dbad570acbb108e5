"""Commands of ``make`` that are ended in the middle: nothing is lost, and the next command goes on.

By default this is a few moments. ``KILLS=10 pytest tests/engine/test_make_killed.py`` ends each command at ten moments
by each signal, which takes hours; ``SEED`` chooses others.
"""

import json
import os
import random
import signal
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from tests.engine.conftest import CLAIM
from tests.support.checkout import Checkout
from tests.support.waiting import wait_for
from tools import processes

KILLS = int(os.environ.get("KILLS", "0"))
SEED = int(os.environ.get("SEED", "1"))
COMMANDS = {
    "first up": (["up"], 330, 2),
    "up": (["up"], 1, 12),
    "preview": (["preview"], 1, 10),
    "down": (["down"], 190, 2),
    "down with data": (["down", "DELETE_DATA=yes"], 250, 2),
    "env": (["env"], 1, 5),
}
"""What is run; about how many lines it prints while it works, and for how many seconds it does without a line."""
WAYS = ("SIGHUP", "SIGTERM", "SIGKILL", "SIGKILL of the engine")
"""How it is ended: by a signal to ``make`` and all that a shell runs with it, or to the engine alone."""
A_FEW = [("first up", "SIGKILL"), ("down with data", "SIGHUP")]
CASES = (
    [(command, way, moment) for command in COMMANDS for way in WAYS for moment in range(KILLS)]
    if KILLS
    else [(command, way, 0) for command, way in A_FEW]
)
PROTECTED = ("kubeflow-namespace", "kubeflow-default-deny", "jupyterhub-hub-database", "jupyterhub-notebook-policy")
DATA = {"namespace": "kubeflow", "hub": "hub-db-dir", "home": "claim-ada"}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Generator[Checkout]:
    checkout = Checkout(tmp_path_factory.mktemp("killed"))
    yield checkout
    checkout.make("down", "DELETE_DATA=yes")


def engines(checkout: Checkout) -> list[processes.Process]:
    """The engines and plugins of the checkout, and of the copy in which data are deleted."""
    folders = (checkout.folder, checkout.state / "deleting")
    return [
        each
        for each in processes.ours()
        if each.program.startswith("pulumi") and any(each.folder.is_relative_to(folder) for folder in folders)
    ]


def unprotected(checkout: Checkout) -> list[str]:
    """What the stack's state has and should protect, but does not."""
    file = checkout.state / "embedded" / "pulumi" / ".pulumi" / "stacks" / "kubeflow" / "nocloud.json"
    if not file.exists():
        return []
    latest: dict[str, list[dict[str, Any]]] = json.loads(file.read_text())["checkpoint"]["latest"] or {}
    resources = latest.get("resources") or []
    return [each["urn"] for each in resources if each["urn"].endswith(PROTECTED) and not each.get("protect")]


def uids(checkout: Checkout) -> dict[str, str]:
    """What tells the data that are there from others of their names; what is about to go is not there."""
    kubeconfig = checkout.state / "embedded" / "control-plane" / "kubeconfig"
    if not kubeconfig.exists():
        return {}
    found = checkout.kubectl(
        f"--kubeconfig={kubeconfig}",
        "get",
        f"namespace/{DATA['namespace']}",
        f"persistentvolumeclaim/{DATA['hub']}",
        f"persistentvolumeclaim/{DATA['home']}",
        "--namespace=kubeflow",
        "--ignore-not-found",
        "--output=json",
    )
    content: dict[str, Any] = json.loads(found) if found.strip() else {"items": []}
    items: list[dict[str, Any]] = content.get("items", [content])
    metadata = [each["metadata"] for each in items]
    return {each["name"]: each["uid"] for each in metadata if "deletionTimestamp" not in each}


def run_and_kill(checkout: Checkout, command: str, way: str, chance: random.Random, output: Path) -> str:
    """Ends a command a while after it has said so much; what it said."""
    arguments, lines, seconds = COMMANDS[command]
    enough, later = chance.randrange(lines), chance.uniform(0, seconds)
    begun = checkout.begin(*arguments, output=output)

    def printed() -> int:
        return len(output.read_bytes().splitlines())

    while printed() < enough and begun.poll() is None:
        time.sleep(0.01)
    if begun.poll() is None:
        time.sleep(later)
    which, _, of_the_engine = way.partition(" ")
    if of_the_engine:
        processes.end((each for each in engines(checkout) if each.program == "pulumi"), first=signal.Signals[which])
    elif begun.poll() is None:
        os.killpg(begun.pid, signal.Signals[which])
    begun.wait()
    print(f"{command}: {way} after {printed()} lines, ended with {begun.returncode}")
    return output.read_text()


@pytest.mark.parametrize(("command", "way", "moment"), CASES)
def test_the_next_command_goes_on(command: str, way: str, moment: int, checkout: Checkout, tmp_path: Path) -> None:
    before: dict[str, str] = {}
    if command == "first up":
        checkout.make("down", "DELETE_DATA=yes")
    else:
        checkout.up()
        checkout.shell(f"kubectl apply --namespace kubeflow --filename - <<'END'\n{CLAIM}END")
        before = uids(checkout)
        assert set(before) == set(DATA.values())

    chance = random.Random(f"{SEED} {command} {way} {moment}")  # noqa: S311  # repeated, and no secret
    said = run_and_kill(checkout, command, way, chance, tmp_path / "output")
    assert "Traceback" not in said
    assert not unprotected(checkout)
    if command == "down with data":
        wait_for("the end of engines", lambda: all(each.program != "pulumi" for each in engines(checkout)))
        left = uids(checkout)
        down = checkout.make("down")
        assert not unprotected(checkout)
        assert ("Kept: the namespace kubeflow" in down) is (DATA["namespace"] in left), down
        assert ("hub's database" in down) is (DATA["hub"] in left), down
        assert ("1 other claim" in down) is (DATA["home"] in left), down
    else:
        left = before
    again = checkout.make("up")
    assert "Traceback" not in again
    now = uids(checkout)
    assert {name: now.get(name) for name in left} == left
    assert "52 unchanged" in checkout.make("preview")
    assert not engines(checkout)
