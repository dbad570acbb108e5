"""The stack on a cluster whose nodes run containers, which ``make e2e CONTEXT=NAME`` names.

Everything lives in a namespace of its own and is removed at the end.
"""

import os
import re
import socket
import subprocess
import tempfile
import threading
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

import pytest

from components import images
from components.preflight import OPERATOR_WEBHOOK
from tests.support.hub_client import HubClient
from tests.support.recorder import WITHOUT_OPERATOR
from tests.support.waiting import wait_for
from tests.support.workspace import Workspace

NAMESPACE = "kubeflow-e2e"
IMAGES = {
    "HUB_IMAGE": (images.HUB, ("k8s-hub", "hub")),
    "PROXY_IMAGE": (images.PROXY, ("configurable-http-proxy", "chp")),
    "NOTEBOOK_IMAGE": (images.NOTEBOOKS[images.DEFAULT_NOTEBOOK].image, ("tensorflow-notebook", "notebook")),
    "OPERATOR_IMAGE": ("", ("training-operator",)),
    "INIT_IMAGE": (images.WAIT_FOR_MASTER, ("alpine", "busybox", "python", "k8s-hub", "hub")),
    "MODEL_SERVER_IMAGE": ("", ("model-server", "serving")),
    "JOB_IMAGE": (images.HUB, ("python", "k8s-hub", "hub")),
}
"""The variables that name images, each with its default and with the names of images that do as well.

Without the operator's, or the model server's, what needs it is skipped.
"""
HOW_TO_MAKE = {
    "OPERATOR_IMAGE": (
        "CGO_ENABLED=0 go -C tools/modules/training-operator build -o /tmp/manager "
        "github.com/kubeflow/training-operator/cmd/training-operator.v1 && "
        "printf 'FROM scratch\\nCOPY manager /manager\\n' | docker build --tag training-operator:1 --file - /tmp"
    ),
    "MODEL_SERVER_IMAGE": (
        "printf 'FROM python:3.11-slim\\nRUN pip install grpcio protobuf\\n"
        "COPY --chmod=755 model_server.py /usr/bin/tensorflow_model_server\\n' | "
        "docker build --tag model-server:1 --file - tests/e2e"
    ),
}
"""Commands that make images of those that have no default; a node has to be given them, as by ``kind load``."""
OPERATOR_DEFINITION = "tfjobs.kubeflow.org"


class RealCluster:
    """The cluster, and the stack on it."""

    def __init__(self, context: str, environment: dict[str, str], workspace: Workspace) -> None:
        self.context, self.environment, self.workspace = context, environment, workspace
        self.images = _images(context, environment)
        self.url = ""

    def configure(
        self, core: Mapping[str, Any], jobs: Mapping[str, Any] | None = None, models: Mapping[str, Any] | None = None
    ) -> None:
        """Replaces the stack's settings: the usual ones, with what ``core`` says, ``jobs`` and ``models``."""
        usual = {
            "namespace": NAMESPACE,
            "jupyterNotebookPVCMount": "/home/jovyan/work",
            "jupyterHubImage": self.images["HUB_IMAGE"],
            "proxyImage": self.images["PROXY_IMAGE"],
            "notebook": {"images": {"notebook": {"title": "Notebook", "image": self.images["NOTEBOOK_IMAGE"]}}},
        }
        self.workspace.configure(
            {
                "kubeflow:cluster": {"context": self.context},
                "kubeflow:core": {**usual, **core},
                "kubeflow:jobs": dict(jobs or {}),
                "kubeflow:serving": {"tfServing": dict(models or {})},
            }
        )

    def image(self, variable: str) -> str:
        """The image of a variable without a default; skips the test if there is none."""
        if not self.images[variable]:
            pytest.skip(
                f"no node holds an image for {variable}: name one, or make one that the nodes are given:\n"
                f"{HOW_TO_MAKE[variable]}"
            )
        return self.images[variable]

    def kubectl(self, *arguments: str, stdin: bytes | None = None) -> str:
        """Runs ``kubectl`` in the stack's namespace."""
        command = ["kubectl", f"--context={self.context}", f"--namespace={NAMESPACE}", *arguments]
        done = subprocess.run(command, env=self.environment, input=stdin, capture_output=True, check=False)
        assert done.returncode == 0, f"{' '.join(command)}: {done.stderr.decode()}"
        return done.stdout.decode()

    def api_server(self) -> str:
        """The address by which pods find the API server."""
        return self.kubectl(
            "get", "service", "kubernetes", "--namespace=default", "--output=jsonpath={.spec.clusterIP}"
        )

    def client(self, user: str) -> HubClient:
        """A logged-in user."""
        client = HubClient(self.url, user)
        assert client.login("any password").url.endswith("/hub/home")
        return client


@pytest.fixture(scope="session")
def real_cluster(request: pytest.FixtureRequest, program_environment: dict[str, str]) -> Generator[RealCluster]:
    """The stack with its default settings, but for images' names, the namespace and a home that persists."""
    context = request.config.getoption("--context")
    if not context:
        pytest.skip("needs a cluster whose nodes run containers: make e2e CONTEXT=its kubeconfig context")
    environment = dict(program_environment)
    if "KUBECONFIG" in os.environ:
        environment["KUBECONFIG"] = os.environ["KUBECONFIG"]
    _skip_if_occupied(context, environment)
    with tempfile.TemporaryDirectory(prefix="e2e-") as folder:
        workspace = Workspace.create(Path(folder) / "workspace", environment)
        workspace.init()
        cluster = RealCluster(context, environment, workspace)
        cluster.configure(WITHOUT_OPERATOR)
        try:
            workspace.up()
            with _port_forward(cluster) as url:
                cluster.url = url
                yield cluster
        finally:
            workspace.destroy_with_data()


def _skip_if_occupied(context: str, environment: dict[str, str]) -> None:
    """Skips all tests on a cluster where somebody else's installation could be met."""
    command = ["kubectl", f"--context={context}", "get", "--ignore-not-found", "--output=name"]

    def there(*what: str) -> bool:
        done = subprocess.run([*command, *what], env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{context} cannot be asked for {' '.join(what)}: {done.stderr}"
        return bool(done.stdout)

    if there("namespace", NAMESPACE):
        pytest.skip(f"the cluster has the namespace {NAMESPACE}, perhaps of a run that goes on: delete it, or wait")
    if there("validatingwebhookconfiguration", OPERATOR_WEBHOOK) or there("crd", OPERATOR_DEFINITION):
        pytest.skip(
            "the cluster has a training operator, or the definitions of its jobs, and can have no second one: "
            "name a cluster without"
        )


def _images(context: str, environment: dict[str, str]) -> dict[str, str]:
    """The images to run: as the variables say; else, on nodes without a registry, what they hold; else the defaults."""
    command = [
        "kubectl",
        f"--context={context}",
        "get",
        "nodes",
        "--output=jsonpath={.items[*].status.images[*].names[*]}",
    ]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    held = [name for name in re.findall(r'[^\s"\[\],]+', done.stdout) if "@" not in name]
    chosen: dict[str, str] = {}
    for variable, (default, names) in IMAGES.items():
        alike = [image for name in names for image in held if image.rpartition("/")[2].partition(":")[0] == name]
        chosen[variable] = os.environ.get(variable) or (default if default in held or not alike else alike[0])
    return chosen


class _port_forward:  # noqa: N801  # it is a context manager
    """The stack's own port-forward line, on a free port of this machine."""

    def __init__(self, cluster: RealCluster) -> None:
        self._cluster = cluster

    def __enter__(self) -> str:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        line = re.sub(r" 8000:", f" {port}:", self._cluster.workspace.outputs()["portForward"])
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._forward, args=[line.split()])
        self._thread.start()
        wait_for("the port-forward", lambda: _listens(port))
        return f"http://127.0.0.1:{port}"

    def _forward(self, command: list[str]) -> None:
        # kubectl ends when a connection breaks, as those of the policies' tests do.
        while not self._ended.is_set():
            process = subprocess.Popen(command, env=self._cluster.environment, stdout=subprocess.DEVNULL)
            while process.poll() is None and not self._ended.wait(0.2):
                continue
            process.terminate()
            process.wait()

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
