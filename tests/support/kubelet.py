"""What a node would do for notebooks' pods, which simulated nodes only claim to do: run their server.

A server runs with the pod's own command, environment and address: the control plane gives simulated pods addresses of
this machine.
"""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

SELECTOR = "app=jupyterhub,component=singleuser-server"


class Kubelet:
    """Runs the servers of the notebooks in ``namespace`` while its context is open."""

    def __init__(self, environment: dict[str, str], namespace: str, folder: Path) -> None:
        self._environment, self._namespace, self._folder = environment, namespace, folder
        self._servers: dict[str, subprocess.Popen[bytes]] = {}
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()
        for server in self._servers.values():
            server.kill()
            server.wait()

    def _run(self) -> None:
        while not self._done.wait(0.3):
            pods = {pod["metadata"]["uid"]: pod for pod in self._pods()}
            for uid in self._servers.keys() - pods.keys():
                server = self._servers.pop(uid)
                server.kill()
                server.wait()
            for uid, pod in pods.items():
                if uid not in self._servers and pod["status"].get("podIP") and pod["status"]["phase"] == "Running":
                    self._servers[uid] = self._start(pod)

    def _pods(self) -> list[dict[str, Any]]:
        command = [
            "kubectl",
            "get",
            "pods",
            f"--namespace={self._namespace}",
            f"--selector={SELECTOR}",
            "--output=json",
        ]
        done = subprocess.run(command, env=self._environment, capture_output=True, text=True, check=False)
        return json.loads(done.stdout)["items"] if done.returncode == 0 else []

    def _start(self, pod: dict[str, Any]) -> subprocess.Popen[bytes]:
        container = pod["spec"]["containers"][0]
        values: dict[str, str] = {entry["name"]: entry["value"] for entry in container["env"] if "value" in entry}
        address = values["JUPYTERHUB_SERVICE_URL"].replace("$$", "$")
        home = self._folder / "homes" / pod["metadata"]["name"]
        home.mkdir(parents=True, exist_ok=True)
        environment = {
            # A kubelet takes $$ for $, and so would $(NAME) be something else than it is.
            **{
                name: value.replace("http://hub:", "http://127.0.0.1:").replace("$$", "$")
                for name, value in values.items()
            },
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "HOME": str(home),
            "JUPYTERHUB_SERVICE_URL": f"http://{pod['status']['podIP']}:8888{urlsplit(address).path}",
        }
        log = (self._folder / f"{pod['metadata']['name']}.log").open("ab")
        command = [*container["args"], "--allow-root", f"--ServerApp.root_dir={home}"]
        return subprocess.Popen(command, env=environment, cwd=home, stdout=log, stderr=subprocess.STDOUT)
