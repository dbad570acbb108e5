"""The probes of a model server: the real script as Kubernetes calls it, and answers such as TensorFlow Serving's."""

import json
import os
import subprocess
import threading
import time
from collections.abc import Generator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal

import pytest

from components.serving.tf_serving.pod import CONFIG_FOLDER, PROBE, REST_PORT
from tests.support.recorder import Recording
from tests.support.stacks import recorded
from tests.support.training.relay import free_port

NAMED, LATEST = "resnet", "inception"
"""Servers of the recorded stack: one of versions 3 and 4, one of whatever is the latest."""
MODELS = {NAMED: "resnet-50", LATEST: "inception"}
Probe = Literal["startupProbe", "readinessProbe"]


class ModelServer(ThreadingHTTPServer):
    """Answers for one model."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.model, self.status, self.body = "", 200, b""
        self.has_length, self.hangs, self.cut_off = True, False, 0

    def serve(self, model: str, *versions: dict[str, Any], indent: int | None = 1) -> None:
        """From now on these are the states of the versions of ``model``."""
        self.model, self.body = model, json.dumps({"model_version_status": versions}, indent=indent).encode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, ModelServer)
        if server.hangs:
            time.sleep(60)
        if self.path == f"/v1/models/{server.model}":
            self._answer(server.status, server.body)
        else:
            unknown = self.path.rpartition("/")[2]
            said = f"Could not find any versions of model {unknown}"
            self._answer(404, json.dumps({"error": said}).encode())

    def _answer(self, status: int, body: bytes) -> None:
        assert isinstance(self.server, ModelServer)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        if self.server.has_length:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) - self.server.cut_off])
        self.close_connection = not self.server.has_length or bool(self.server.cut_off)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name in the base class
        pass


@dataclass(kw_only=True)
class Pod:
    """A pod of the recorded stack, whose probes ask the test's server."""

    recording: Recording = field(default_factory=lambda: recorded("models"))
    folder: Path
    port: int

    def command(self, server: str, probe: Probe) -> list[str]:
        """What the kubelet runs."""
        config = self.recording.one("ConfigMap", f"serving-{server}-config").inputs["data"]
        (self.folder / PROBE).write_text(config[PROBE])
        (container,) = self.recording.one("Deployment", server).inputs["spec"]["template"]["spec"]["containers"]
        command: list[str] = container[probe]["exec"]["command"]
        ours = {f"{CONFIG_FOLDER}/{PROBE}": str(self.folder / PROBE), str(REST_PORT): str(self.port)}
        return [ours.get(each, each) for each in command]

    def ask(self, server: str, probe: Probe) -> tuple[bool, str]:
        """Whether the probe succeeds, and what it says."""
        # As in the image there is no locale.
        environment = {"PATH": os.environ["PATH"]}
        done = subprocess.run(
            self.command(server, probe), capture_output=True, text=True, check=False, timeout=5, env=environment
        )
        return done.returncode == 0, done.stdout

    def states(self, server: str) -> tuple[bool, bool]:
        """Whether the pod has started, and is ready."""
        return self.ask(server, "startupProbe")[0], self.ask(server, "readinessProbe")[0]


@pytest.fixture
def server() -> Generator[ModelServer]:
    with ModelServer() as made:
        thread = threading.Thread(target=made.serve_forever, args=[0.02])
        thread.start()
        yield made
        made.shutdown()
        thread.join()


@pytest.fixture
def pod(server: ModelServer, tmp_path: Path) -> Pod:
    return Pod(folder=tmp_path, port=server.server_port)


def version(number: int, state: str, error: str = "") -> dict[str, Any]:
    """A version as the API tells of it: numbers of 64 bits are texts."""
    code = "UNKNOWN" if error else "OK"
    return {"version": str(number), "state": state, "status": {"error_code": code, "error_message": error}}


def test_nobody_listens(tmp_path: Path) -> None:
    pod = Pod(folder=tmp_path, port=free_port())
    for probe in ("startupProbe", "readinessProbe"):
        succeeds, said = pod.ask(LATEST, probe)
        assert not succeeds
        assert said == f"inception: nobody answers on port {pod.port} yet\n"


def test_the_server_does_not_know_the_model(server: ModelServer, pod: Pod) -> None:
    server.serve("inception-v3", version(1, "AVAILABLE"))
    succeeds, said = pod.ask(LATEST, "readinessProbe")
    assert not succeeds
    assert said == 'inception is not loaded: {"error": "Could not find any versions of model inception"}\n'


@pytest.mark.parametrize("state", ["UNKNOWN", "START", "LOADING", "UNLOADING", "END"])
def test_a_version_that_is_not_available_does_not_count(state: str, server: ModelServer, pod: Pod) -> None:
    error = "cannot read saved_model.pb" if state == "END" else ""
    server.serve(MODELS[LATEST], version(1, state, error))
    assert pod.states(LATEST) == (False, False)
    said = pod.ask(LATEST, "startupProbe")[1]
    assert f'"version": "1", "state": "{state}", ' in said
    assert f'"error_message": "{error}"' in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("indent", [None, 0, 1, 4])
def test_a_version_that_is_available_is_enough_without_a_number(
    indent: int | None, server: ModelServer, pod: Pod
) -> None:
    server.serve(MODELS[LATEST], version(2, "LOADING"), version(1, "AVAILABLE"), indent=indent)
    assert pod.states(LATEST) == (True, True)


@pytest.mark.parametrize("indent", [None, 1])
def test_a_pod_has_started_once_each_version_is_available_and_is_ready_with_any(
    indent: int | None, server: ModelServer, pod: Pod
) -> None:
    server.serve(MODELS[NAMED], version(4, "LOADING"), version(3, "AVAILABLE"), indent=indent)
    assert pod.states(NAMED) == (False, True)
    server.serve(MODELS[NAMED], version(4, "AVAILABLE"), version(3, "AVAILABLE"), indent=indent)
    assert pod.states(NAMED) == (True, True)


def test_a_number_within_another_is_not_that_version(server: ModelServer, pod: Pod) -> None:
    server.serve(MODELS[NAMED], version(3, "AVAILABLE"), version(44, "AVAILABLE"), version(14, "AVAILABLE"))
    assert pod.states(NAMED) == (False, True)
    server.serve(MODELS[NAMED], version(3, "AVAILABLE"), version(44, "AVAILABLE"), version(4, "AVAILABLE"))
    assert pod.states(NAMED) == (True, True)


def test_what_an_error_says_is_no_state(server: ModelServer, pod: Pod) -> None:
    lies = 'it was "state": "AVAILABLE", {"version": "4", "state": "AVAILABLE"}'
    server.serve(MODELS[NAMED], version(3, "END", lies), version(4, "END", lies))
    assert pod.states(NAMED) == (False, False)
    server.serve(MODELS[LATEST], version(1, "END", lies))
    assert pod.states(LATEST) == (False, False)


def test_only_an_answer_that_is_one_counts(server: ModelServer, pod: Pod) -> None:
    server.serve(MODELS[LATEST], version(1, "AVAILABLE"))
    server.status = 503
    assert pod.states(LATEST) == (False, False)
    server.status, server.body = 200, b""
    assert pod.states(LATEST) == (False, False)
    server.body = b'{"model_version_status": []}'
    assert pod.states(LATEST) == (False, False)


def test_an_answer_without_its_length_or_cut_off_ends_with_the_connection(server: ModelServer, pod: Pod) -> None:
    server.serve(MODELS[LATEST], version(1, "AVAILABLE"))
    server.has_length = False
    assert pod.states(LATEST) == (True, True)
    server.has_length, server.cut_off = True, len(server.body) - 40
    assert pod.states(LATEST) == (False, False)


def test_many_versions_are_read_to_the_end_and_told_in_part(server: ModelServer, pod: Pod) -> None:
    ended = [version(number, "END", "ä" * 1000) for number in range(100, 200)]
    server.serve(MODELS[NAMED], *ended, version(3, "AVAILABLE"), version(4, "AVAILABLE"))
    assert pod.states(NAMED) == (True, True)
    server.serve(MODELS[NAMED], *ended)
    succeeds, said = pod.ask(NAMED, "startupProbe")
    assert not succeeds
    assert len(said) < 600


def test_a_server_that_hangs_is_waited_for_until_the_kubelet_ends_the_probe(server: ModelServer, pod: Pod) -> None:
    server.serve(MODELS[LATEST], version(1, "AVAILABLE"))
    server.hangs = True
    probe = subprocess.Popen(pod.command(LATEST, "readinessProbe"), stdout=subprocess.PIPE)
    with pytest.raises(subprocess.TimeoutExpired):
        probe.wait(1)
    # No other process of its own, which would live on.
    children = Path(f"/proc/{probe.pid}/task/{probe.pid}/children")
    assert not children.exists() or not children.read_text()
    probe.terminate()
    assert probe.wait(2) != 0
    assert probe.communicate()[0] == b""
