"""What a node would do for the operator's pods, which simulated nodes only claim to do: run the real operator.

The control plane's scheduler leaves these pods to us. Each gets a process with its container's own command line,
environment, rights and files; once that is ready, as the container's own probe asks, we bind the pod to a simulated
node, which calls it running and ready. So the Deployment is ready when the operator is, and not before. Then the pod
gets an address of this machine, where the API server finds the webhook: Services do not lead to loopback addresses.
"""

import base64
import json
import os
import re
import shutil
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import requests
import yaml

from components.training.names import CERTIFICATE, CERTIFICATE_FOLDER, OPERATOR, WEBHOOK_PORT
from tests.conftest import Cluster
from tests.support.training.relay import Relay, free_port, machine_address
from tools import toolchain
from tools.programs import TRAINING_OPERATOR

SCHEDULER = "tests"
SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
"""Where a pod finds its namespace; the operator looks there before it chooses a leader."""
_PORT_FLAGS = ("metrics-bind-address", "health-probe-bind-address", "webhook-server-port")


@dataclass(kw_only=True)
class Operator:
    """A process in place of a pod."""

    pod: dict[str, Any]
    process: subprocess.Popen[bytes]
    health: str
    webhook: int
    log: Path
    bound: bool = False
    addressed: bool = False

    @property
    def is_ready(self) -> bool:
        """Whether the container's readiness probe succeeds."""
        path = self.pod["spec"]["containers"][0]["readinessProbe"]["httpGet"]["path"]
        try:
            return requests.get(f"http://{self.health}{path}", timeout=3).ok
        except requests.RequestException:
            return False

    def kill(self) -> None:
        """Ends it, as when its machine does."""
        self.process.kill()
        self.process.wait()


class OperatorNode:
    """Runs the operators of the stack in ``installation`` while its context is open."""

    def __init__(self, cluster: Cluster, installation: str, folder: Path) -> None:
        self.namespace = f"{installation}-training"
        self.operators: dict[str, Operator] = {}
        """By their pods' names."""
        self._cluster, self._folder = cluster, folder
        self._program = toolchain.ensure(TRAINING_OPERATOR)["training-operator.v1"] / "training-operator.v1"
        self._certificate = ""
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        policy, binding = _leave_pods_to_us(self.namespace)
        self._cluster.kubectl("apply", "--filename=-", stdin=json.dumps(policy))
        self._cluster.kubectl("apply", "--filename=-", stdin=json.dumps(binding))
        self._relay = Relay(WEBHOOK_PORT, self._webhook)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()
        for operator in self.operators.values():
            operator.kill()
        self._relay.close()
        for made in _leave_pods_to_us(self.namespace):
            self._cluster.kubectl("delete", "--ignore-not-found", made["kind"], made["metadata"]["name"])
        shutil.rmtree(Path(CERTIFICATE_FOLDER).parent, ignore_errors=True)
        if can_choose_leader():
            shutil.rmtree(SERVICE_ACCOUNT.parent, ignore_errors=True)

    def logs(self) -> str:
        """The end of what every operator has printed."""
        return "\n".join(f"{file.name}:\n{file.read_text()[-4000:]}" for file in sorted(self._folder.glob("*.log")))

    def _webhook(self) -> int | None:
        running = [each for each in self.operators.values() if each.bound and each.process.poll() is None]
        return running[-1].webhook if running else None

    def _run(self) -> None:
        while not self._done.wait(0.3):
            pods = {pod["metadata"]["name"]: pod for pod in self._list("pods", f"--selector={_SELECTOR}")}
            for name in self.operators.keys() - pods.keys():
                self.operators.pop(name).kill()
            if pods:
                self._mount_certificate()
            for name, pod in pods.items():
                try:
                    self._tend(name, pod)
                except AssertionError:
                    # A Deployment may delete a pod, such as a surplus one of an old template, as soon as it is listed.
                    if self._stays(name):
                        raise

    def _tend(self, name: str, pod: dict[str, Any]) -> None:
        """Takes a pod one step on: starts its process, binds it to the node, gives it an address."""
        operator = self.operators.get(name)
        if not operator:
            if "deletionTimestamp" not in pod["metadata"]:
                self.operators[name] = self._start(pod)
        elif not operator.bound and operator.is_ready:
            self._bind(name)
            operator.bound = True
        elif operator.bound and not operator.addressed:
            operator.addressed = self._address(pod)

    def _stays(self, name: str) -> bool:
        """Whether there is a pod that nobody has deleted."""
        found = self._list("pods", f"--field-selector=metadata.name={name}")
        return any("deletionTimestamp" not in pod["metadata"] for pod in found)

    def _list(self, *arguments: str) -> list[dict[str, Any]]:
        printed = self._cluster.kubectl(
            "get", *arguments, f"--namespace={self.namespace}", "--output=json", "--ignore-not-found"
        )
        return json.loads(printed)["items"] if printed else []

    def _get(self, kind: str, name: str) -> dict[str, Any]:
        return self._cluster.get(kind, name, f"--namespace={self.namespace}")

    def _bind(self, name: str) -> None:
        binding = {
            "apiVersion": "v1",
            "kind": "Binding",
            "metadata": {"name": name},
            "target": {"apiVersion": "v1", "kind": "Node", "name": "simulated-cpu"},
        }
        path = f"/api/v1/namespaces/{self.namespace}/pods/{name}/binding"
        self._cluster.kubectl("create", f"--raw={path}", "--filename=-", stdin=json.dumps(binding))

    def _address(self, pod: dict[str, Any]) -> bool:
        """Gives a running pod its address; whether it runs."""
        if pod["status"]["phase"] != "Running":
            return False
        address = machine_address()
        status = {"status": {"podIP": address, "podIPs": [{"ip": address}]}}
        self._cluster.kubectl(
            *("patch", "pod", pod["metadata"]["name"], f"--namespace={self.namespace}", "--subresource=status"),
            *("--type=merge", f"--patch={json.dumps(status)}"),
        )
        return True

    def _mount_certificate(self) -> None:
        """As the kubelet does with a Secret that pods mount, when it has changed."""
        found = self._list("secrets", f"--field-selector=metadata.name={CERTIFICATE}")
        data: dict[str, str] = found[0].get("data") or {} if found else {}
        if json.dumps(data) == self._certificate:
            return
        self._certificate = json.dumps(data)
        folder = Path(CERTIFICATE_FOLDER)
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in data.items():
            new = folder / f".{name}"
            new.touch(mode=0o600)
            new.write_bytes(base64.b64decode(content))
            new.rename(folder / name)

    def _start(self, pod: dict[str, Any]) -> Operator:
        name, container = pod["metadata"]["name"], pod["spec"]["containers"][0]
        assert pod["spec"]["schedulerName"] == SCHEDULER, "the scheduler has taken the operator's pod"
        folder = self._folder / name
        folder.mkdir()
        health, webhook = f"127.0.0.1:{free_port()}", free_port()
        ours: dict[str, str] = dict(zip(_PORT_FLAGS, (f"127.0.0.1:{free_port()}", health, str(webhook)), strict=True))
        arguments = [re.sub(r"^--([^=]+)=.*", lambda it: _with_value(it, ours), each) for each in container["args"]]
        for path, local in self._mounted_templates(pod, folder).items():
            arguments = [each.replace(path, str(local)) for each in arguments]
        fields = {"metadata.name": name, "metadata.namespace": self.namespace}
        environment = {each["name"]: fields[each["valueFrom"]["fieldRef"]["fieldPath"]] for each in container["env"]}
        kubeconfig = self._kubeconfig(pod["spec"]["serviceAccountName"], folder)
        if not can_choose_leader():
            arguments.remove("--leader-elect")
        else:
            SERVICE_ACCOUNT.mkdir(parents=True, exist_ok=True)
            (SERVICE_ACCOUNT / "namespace").write_text(self.namespace)
        log = self._folder / f"{name}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [str(self._program), *arguments],
                env={"PATH": os.defpath, "KUBECONFIG": str(kubeconfig), **environment},
                cwd=folder,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        return Operator(pod=pod, process=process, health=health, webhook=webhook, log=log)

    def _mounted_templates(self, pod: dict[str, Any], folder: Path) -> dict[str, Path]:
        """The pod's ConfigMaps as files, by their mount paths."""
        maps = {each["name"]: each["configMap"]["name"] for each in pod["spec"]["volumes"] if "configMap" in each}
        mounts: dict[str, Path] = {}
        for mount in pod["spec"]["containers"][0]["volumeMounts"]:
            if mount["name"] in maps:
                mounts[mount["mountPath"]] = folder / mount["name"]
                mounts[mount["mountPath"]].mkdir()
                for file, text in self._get("configmap", maps[mount["name"]])["data"].items():
                    (mounts[mount["mountPath"]] / file).write_text(text)
        return mounts

    def _kubeconfig(self, account: str, folder: Path) -> Path:
        """A kubeconfig with nothing but the ServiceAccount's token."""
        token = self._cluster.kubectl("create", "token", account, f"--namespace={self.namespace}").strip()
        config = yaml.safe_load(self._cluster.kubeconfig.read_text())
        config["users"] = [{"name": config["contexts"][0]["context"]["user"], "user": {"token": token}}]
        file = folder / "kubeconfig"
        file.write_text(yaml.safe_dump(config))
        return file


def can_choose_leader() -> bool:
    """Whether this machine lets us write what a pod has at ``SERVICE_ACCOUNT``, and is no pod itself."""
    return os.geteuid() == 0 and not (SERVICE_ACCOUNT / "token").exists()


_SELECTOR = f"app.kubernetes.io/name={OPERATOR}"


def _with_value(flag: re.Match[str], values: dict[str, str]) -> str:
    return f"--{flag[1]}={values[flag[1]]}" if flag[1] in values else flag[0]


def _leave_pods_to_us(namespace: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What gives the operator's pods another scheduler than the control plane's."""
    api, name = "admissionregistration.k8s.io/v1", f"{namespace}-is-run-by-tests"
    policy = {
        "apiVersion": api,
        "kind": "MutatingAdmissionPolicy",
        "metadata": {"name": name},
        "spec": {
            "matchConstraints": {
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
                "resourceRules": [
                    {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}
                ],
            },
            "failurePolicy": "Fail",
            "reinvocationPolicy": "Never",
            "mutations": [
                {
                    "patchType": "ApplyConfiguration",
                    "applyConfiguration": {
                        "expression": f'Object{{spec: Object.spec{{schedulerName: "{SCHEDULER}"}}}}'
                    },
                }
            ],
        },
    }
    binding = {
        "apiVersion": api,
        "kind": "MutatingAdmissionPolicyBinding",
        "metadata": {"name": name},
        "spec": {"policyName": name},
    }
    return policy, binding
