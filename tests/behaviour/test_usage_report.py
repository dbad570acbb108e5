"""The usage reporter, run with the rights that it has in the cluster, and what reaches the collector."""

import base64
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Generator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import Cluster
from tests.support.recorder import WITHOUT_OPERATOR
from tests.support.workspace import Workspace

NAMESPACE = "usage"


class Collector(HTTPServer):
    """Keeps what it is sent."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.reports: list[dict[str, Any]] = []


class _Handler(BaseHTTPRequestHandler):
    server: Collector  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_POST(self) -> None:  # http.server's name
        self.server.reports.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing: tests ask for the reports."""


@pytest.fixture
def collector() -> Generator[Collector]:
    collector = Collector()
    threading.Thread(target=collector.serve_forever, daemon=True).start()
    yield collector
    collector.shutdown()
    collector.server_close()


def test_report_counts_nodes_and_names_nothing(
    cluster: Cluster, make_workspace: Callable[[], Workspace], collector: Collector, tmp_path: Path
) -> None:
    url = f"http://127.0.0.1:{collector.server_port}/v1"
    workspace = make_workspace()
    core = {
        **WITHOUT_OPERATOR,
        "namespace": NAMESPACE,
        "reportUsage": True,
        "usageCollectorUrl": url,
        "usageId": "a-cluster",
    }
    workspace.configure({"kubeflow:cluster": {"context": cluster.context}, "kubeflow:core": core})
    workspace.up()

    done = _run_as_deployed(cluster, tmp_path)
    assert done.returncode == 0, done.stderr
    (report,) = collector.reports
    assert report["clusterID"] == "a-cluster"
    nodes = cluster.get("nodes")["items"]
    assert len(report["nodes"]) == len(nodes)
    assert any({"resource": "nvidia.com/gpu", "value": "4"} in node["capacity"] for node in report["nodes"])
    sent = json.dumps(report)
    assert not any(node["metadata"]["name"] in sent for node in nodes)

    collector.shutdown()
    collector.server_close()
    failed = _run_as_deployed(cluster, tmp_path)
    assert failed.returncode == 1
    assert "did not take the report" in failed.stderr
    assert "Traceback" not in failed.stderr


def _run_as_deployed(cluster: Cluster, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Runs the CronJob's script with its environment and its ServiceAccount's token."""
    pod = cluster.get("cronjob", "usage-reporter", f"--namespace={NAMESPACE}")["spec"]["jobTemplate"]["spec"][
        "template"
    ]
    (container,) = pod["spec"]["containers"]
    (volume,) = pod["spec"]["volumes"]
    scripts = cluster.get("configmap", volume["configMap"]["name"], f"--namespace={NAMESPACE}")["data"]
    script = folder / Path(container["command"][-1]).name
    script.write_text(scripts[script.name])
    account = pod["spec"]["serviceAccountName"]
    token = cluster.kubectl("create", "token", account, f"--namespace={NAMESPACE}")
    (folder / "token").write_text(token)
    server = yaml.safe_load(cluster.kubeconfig.read_text())["clusters"][0]["cluster"]
    authority = server.get("certificate-authority-data")
    (folder / "ca.crt").write_bytes(
        base64.b64decode(authority) if authority else Path(server["certificate-authority"]).read_bytes()
    )
    environment = {entry["name"]: entry["value"] for entry in container["env"]}
    return subprocess.run(
        [sys.executable, str(script)],
        env={**os.environ, **environment, "KUBERNETES_API": server["server"], "SERVICE_ACCOUNT": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
