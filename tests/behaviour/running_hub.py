"""JupyterHub and its proxy, run on this machine with what the program deployed to the real API server.

The versions are those of the images (components/images.py): the dependency group ``hub`` and ``proxy/package.json``.
Configuration, secrets and the ServiceAccount's token are read from the cluster; only addresses of Services, which
nothing routes on this machine, are replaced on the command line.
"""

import base64
import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from tests.conftest import Cluster
from tests.support.hub_client import HubClient
from tests.support.kubelet import Kubelet
from tests.support.waiting import wait_for
from tests.support.workspace import Workspace
from tools import places

PROXY = Path(__file__).parent / "proxy"


@dataclass(frozen=True, kw_only=True)
class RunningHub:
    """The hub behind its proxy."""

    url: str
    namespace: str
    cluster: Cluster
    log: Path
    kubeconfig: Path
    """Of the hub's ServiceAccount."""

    def client(self, user: str) -> HubClient:
        """A user's session."""
        return HubClient(self.url, user)

    def pod(self, name: str) -> dict[str, Any]:
        """A pod of the hub's namespace."""
        return self.cluster.get("pod", name, f"--namespace={self.namespace}")


@contextmanager
def running_hub(
    cluster: Cluster, core: dict[str, Any], secrets: dict[str, str], claims: list[dict[str, Any]]
) -> Generator[RunningHub]:
    """Deploys a stack with the settings ``core`` and ``secrets``, and runs what it deployed.

    Args:
        cluster: where the stack goes.
        core: the settings, with a namespace of the caller's own.
        secrets: secret configuration keys.
        claims: further objects that notebooks need.
    """
    namespace: str = core["namespace"]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hub-")))
        workspace = Workspace.create(folder / "workspace", cluster.environment)
        workspace.init()
        for key, value in secrets.items():
            workspace.set_secret(key, value)
        workspace.configure({"kubeflow:cluster": {"context": cluster.context}, "kubeflow:core": core})
        stack.callback(workspace.destroy_with_data)
        workspace.up()
        for claim in claims:
            cluster.kubectl("apply", f"--namespace={namespace}", "--filename=-", stdin=json.dumps(claim))
        pod = cluster.get("deployment", "hub", f"--namespace={namespace}")["spec"]["template"]["spec"]
        mounts = _mounted(cluster, namespace, pod, folder)
        kubeconfig = _kubeconfig(cluster, namespace, pod["serviceAccountName"], folder)
        stack.enter_context(_proxy(cluster, namespace, folder))
        log = folder / "hub.log"
        stack.enter_context(_hub(namespace, pod["containers"][0], mounts, kubeconfig, log))
        stack.enter_context(Kubelet(cluster.environment, namespace, folder))
        url = "http://127.0.0.1:8000"
        try:
            wait_for("the hub behind its proxy", lambda: _answers(f"{url}/hub/health"))
        except AssertionError as error:
            raise AssertionError(f"{error}\n{log.read_text()[-4000:]}") from None
        yield RunningHub(url=url, namespace=namespace, cluster=cluster, log=log, kubeconfig=kubeconfig)


def _mounted(cluster: Cluster, namespace: str, pod: dict[str, Any], folder: Path) -> dict[str, Path]:
    """The hub's ConfigMap and Secret as files, by their mount paths."""
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    mounts: dict[str, Path] = {}
    for mount in pod["containers"][0]["volumeMounts"]:
        volume = volumes[mount["name"]]
        target = folder / mount["name"]
        target.mkdir()
        mounts[mount["mountPath"]] = target
        if "configMap" in volume:
            data = cluster.get("configmap", volume["configMap"]["name"], f"--namespace={namespace}")["data"]
            for name, text in data.items():
                (target / name).write_text(text)
        if "secret" in volume:
            data = cluster.get("secret", volume["secret"]["secretName"], f"--namespace={namespace}")["data"]
            for name, text in data.items():
                (target / name).write_bytes(base64.b64decode(text))
    return mounts


def _kubeconfig(cluster: Cluster, namespace: str, account: str, folder: Path) -> Path:
    """A kubeconfig with nothing but the ServiceAccount's token."""
    token = cluster.kubectl("create", "token", account, f"--namespace={namespace}", "--duration=1h").strip()
    admin = yaml.safe_load(cluster.kubeconfig.read_text())
    file = folder / "kubeconfig"
    file.write_text(
        yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": "hub",
                "clusters": [{"name": "hub", "cluster": admin["clusters"][0]["cluster"]}],
                "users": [{"name": "hub", "user": {"token": token}}],
                "contexts": [{"name": "hub", "context": {"cluster": "hub", "user": "hub"}}],
            }
        )
    )
    return file


def _proxy(cluster: Cluster, namespace: str, folder: Path) -> ExitStack:
    """configurable-http-proxy with the deployed arguments and token, on this machine's loopback addresses."""
    container = cluster.get("deployment", "proxy", f"--namespace={namespace}")["spec"]["template"]["spec"][
        "containers"
    ][0]
    reference = container["env"][0]["valueFrom"]["secretKeyRef"]
    secret = cluster.get("secret", reference["name"], f"--namespace={namespace}")["data"][reference["key"]]
    local = {"--ip=": "--ip=127.0.0.1", "--api-ip=": "--api-ip=127.0.0.1"}
    given: list[str] = container["args"]
    arguments = [local.get(it) or it.replace("http://hub:", "http://127.0.0.1:") for it in given]
    _refuse_used_ports(8000, 8001, 8081)
    return _process(
        [str(_installed_proxy()), *arguments],
        {**os.environ, "CONFIGPROXY_AUTH_TOKEN": base64.b64decode(secret).decode()},
        folder / "proxy.log",
    )


def _hub(namespace: str, container: dict[str, Any], mounts: dict[str, Path], kubeconfig: Path, log: Path) -> ExitStack:
    values = {entry["name"]: entry.get("value", namespace) for entry in container["env"]}
    config = container["args"][container["args"].index("--config") + 1]
    environment = {
        **os.environ,
        **values,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "JUPYTERHUB_SECRETS": str(mounts[values["JUPYTERHUB_SECRETS"]]),
        "KUBECONFIG": str(kubeconfig),
    }
    return _process(
        [
            *("jupyterhub", "--config", str(mounts[str(Path(config).parent)] / Path(config).name)),
            "--JupyterHub.hub_bind_url=http://127.0.0.1:8081",
            "--JupyterHub.hub_connect_url=http://127.0.0.1:8081",
            "--ConfigurableHTTPProxy.api_url=http://127.0.0.1:8001",
            f"--JupyterHub.db_url=sqlite:///{mounts['/srv/jupyterhub']}/jupyterhub.sqlite",
        ],
        environment,
        log,
    )


def _process(command: list[str], environment: dict[str, str], log: Path) -> ExitStack:
    stack = ExitStack()
    output = stack.enter_context(log.open("w"))
    process = subprocess.Popen(command, env=environment, cwd=log.parent, stdout=output, stderr=subprocess.STDOUT)

    def end() -> None:
        process.terminate()
        process.wait(timeout=20)

    stack.callback(end)
    return stack


def _installed_proxy() -> Path:
    """configurable-http-proxy of the lock file, installed once."""
    lock = (PROXY / "package-lock.json").read_bytes()
    folder = places.cache() / "npm" / f"proxy-{hashlib.sha256(lock).hexdigest()[:16]}"
    if not folder.is_dir():
        assert shutil.which("npm"), "the behaviour tests run configurable-http-proxy: install Node.js 20 or later"
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
            new = Path(shutil.copytree(PROXY, Path(scratch) / "proxy"))
            subprocess.run(
                ["npm", "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=new, check=True
            )
            new.rename(folder)
    return folder / "node_modules" / ".bin" / "configurable-http-proxy"


def _refuse_used_ports(*ports: int) -> None:
    """The deployed configuration names its ports, so nobody else may have them on this machine."""
    for port in ports:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                pytest.fail(f"the behaviour tests need the port {port} of 127.0.0.1, which another program uses")


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).ok
    except requests.RequestException:
        return False
