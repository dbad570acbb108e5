"""The embedded control plane, after parts of it have ended and commands that start or end it were killed."""

import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path

import pytest
import yaml

from tests.conftest import one_at_a_time
from tests.support.waiting import wait_for
from tools import places, processes, toolchain
from tools.embedded import PARTS, ControlPlane
from tools.programs import CONTROL_PLANE, KUBECTL
from tools.say import ToolError

START = """
import sys
from pathlib import Path
from tools.embedded import ControlPlane
ControlPlane(folder=Path(sys.argv[1]), name="killed").start()
"""


@pytest.fixture(scope="module")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Generator[ControlPlane]:
    toolchain.ensure(CONTROL_PLANE)
    made = ControlPlane(folder=tmp_path_factory.mktemp("embedded") / "control-plane", name="killed")
    start(made)
    yield made
    made.delete()


def start(control_plane: ControlPlane) -> None:
    with one_at_a_time():
        control_plane.start()


def parts(control_plane: ControlPlane) -> dict[str, int]:
    """The parts that run, and the numbers of their processes."""
    folder = control_plane.folder / "clusters" / control_plane.name
    found = [each for each in processes.ours() if each.folder == folder]
    return {Path(each.arguments[0]).name: each.pid for each in found}


def kubectl(control_plane: ControlPlane, *arguments: str) -> str:
    program = toolchain.ensure(KUBECTL)["kubectl"] / "kubectl"
    command = [program, f"--kubeconfig={control_plane.kubeconfig}", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def identity(control_plane: ControlPlane) -> str:
    return kubectl(control_plane, "get", "namespace", "kube-system", "--output=jsonpath={.metadata.uid}")


def furniture(control_plane: ControlPlane) -> set[str]:
    return set(kubectl(control_plane, "get", "nodes,storageclasses", "--output=name").split())


FURNITURE = {"node/simulated-cpu", "node/simulated-gpu", "storageclass.storage.k8s.io/standard"}


@pytest.mark.parametrize(
    "ended",
    [["kube-controller-manager", "kube-scheduler"], ["etcd", "kwok-controller"], ["kube-apiserver"], list(PARTS)],
    ids=" and ".join,
)
def test_parts_that_have_ended_start_again(ended: list[str], control_plane: ControlPlane) -> None:
    before, running = identity(control_plane), parts(control_plane)
    processes.end((found for part in ended if (found := processes.find(running[part]))), first=signal.SIGKILL)
    assert not control_plane.is_running()
    start(control_plane)
    now = parts(control_plane)
    assert set(now) == set(PARTS)
    assert all((now[part] == running[part]) is (part not in ended) for part in PARTS)
    assert identity(control_plane) == before


def test_nodes_and_the_storage_class_come_back(control_plane: ControlPlane) -> None:
    kubectl(control_plane, "delete", "node/simulated-cpu", "storageclass/standard")
    control_plane.start()
    assert furniture(control_plane) == FURNITURE
    wait_for(
        "a ready node", lambda: "True" in kubectl(control_plane, "get", "node", "simulated-cpu", f"--output={READY}")
    )


READY = 'jsonpath={.status.conditions[?(@.type=="Ready")].status}'


def test_a_port_that_was_taken_meanwhile_is_left_to_whoever_has_it(control_plane: ControlPlane) -> None:
    before = identity(control_plane)
    control_plane.stop()
    configuration = control_plane.folder / "clusters" / control_plane.name / "kwok.yaml"
    components = next(yaml.safe_load_all(configuration.read_text()))["components"]
    port = next(each["ports"][0]["port"] for each in components if each["name"] == "kube-apiserver")
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        start(control_plane)
        assert identity(control_plane) == before


def test_etcd_listens_where_nobody_else_comes(control_plane: ControlPlane) -> None:
    folder = control_plane.folder / "clusters" / control_plane.name
    etcd = parts(control_plane)["etcd"]
    opened = {str(link.readlink()) for link in Path(f"/proc/{etcd}/fd").iterdir()}
    sockets = {name.removeprefix("socket:[").removesuffix("]") for name in opened if name.startswith("socket:[")}
    listening = "0A"
    for table in ("tcp", "tcp6"):
        rows = [line.split() for line in Path(f"/proc/{etcd}/net/{table}").read_text().splitlines()[1:]]
        assert not [row for row in rows if row[3] == listening and row[9] in sockets]
    assert (folder / "etcd.sock").is_socket()
    assert control_plane.folder.stat().st_mode & 0o077 == 0


def test_what_was_half_made_is_made(tmp_path: Path) -> None:
    """Each moment in which the first start may be killed, as far as one can tell them apart from outside."""
    toolchain.ensure(CONTROL_PLANE)
    control_plane = ControlPlane(folder=tmp_path / "embedded" / "control-plane", name="killed")
    cluster = control_plane.folder / "clusters" / "killed"
    moments = ("kwok.yaml", "etcd/member", "pids/kube-apiserver.pid", "pids/kwok-controller.pid")
    try:
        for moment in moments:
            with one_at_a_time():
                command = [sys.executable, "-c", START, str(control_plane.folder)]
                begun = subprocess.Popen(
                    command, cwd=places.CHECKOUT, start_new_session=True, stderr=subprocess.DEVNULL
                )
                until = time.monotonic() + 60
                while not (cluster / moment).exists() and begun.poll() is None and time.monotonic() < until:
                    time.sleep(0.001)
                begun.kill()
                begun.wait()
            assert (cluster / moment).exists()
            start(control_plane)
            assert control_plane.is_running()
            assert furniture(control_plane) == FURNITURE
            control_plane.delete()
            assert not parts(control_plane)
            assert not list(control_plane.folder.parent.iterdir())
    finally:
        control_plane.delete()


def test_data_are_not_removed_because_the_configuration_cannot_be_read(control_plane: ControlPlane) -> None:
    configuration = control_plane.folder / "clusters" / control_plane.name / "kwok.yaml"
    kept = configuration.with_suffix(".kept")
    shutil.copy(configuration, kept)
    try:
        configuration.write_text("")
        with pytest.raises(ToolError, match="cannot be read, although"):
            control_plane.start()
    finally:
        kept.replace(configuration)
    control_plane.start()
