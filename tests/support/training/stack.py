"""A stack with the operator and jobs, and what plays the node's part for both."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from subprocess import CompletedProcess
from typing import Any

from tests.conftest import Cluster
from tests.support.training.operator_node import OperatorNode
from tests.support.waiting import wait_for
from tests.support.workspace import Workspace

Node = dict[str, Any]
JOB_LABEL = "training.kubeflow.org/job-name"


@dataclass(frozen=True)
class Update:
    """What an update did, as the engine tells it."""

    done: CompletedProcess[str]

    @property
    def events(self) -> list[Node]:
        """The engine's events, in order."""
        return [json.loads(line) for line in self.done.stdout.splitlines() if line.startswith("{")]

    @property
    def messages(self) -> list[str]:
        """What it said, without colours."""
        said = [event["diagnosticEvent"] for event in self.events if "diagnosticEvent" in event]
        return [re.sub(r"<\{%.*?%\}>", "", it["message"]).strip() for it in said if it["severity"] != "debug"]

    @property
    def changes(self) -> dict[str, int]:
        """The number of resources by what was done to them, but for those that stayed."""
        summary = next(event["summaryEvent"]["resourceChanges"] for event in self.events if "summaryEvent" in event)
        return {op: count for op, count in summary.items() if op != "same"}

    def moment(self, event: str, name: str, op: str = "create") -> int:
        """When the engine began (``resourcePreEvent``) or ended (``resOutputsEvent``) what it did to a resource."""
        return next(
            index
            for index, each in enumerate(self.events)
            if event in each
            and each[event]["metadata"]["urn"].endswith(f"::{name}")
            and each[event]["metadata"]["op"] == op
        )


@dataclass(frozen=True, kw_only=True)
class TrainingStack:
    """The stack, and the operator that runs in place of its pod."""

    workspace: Workspace
    cluster: Cluster
    node: OperatorNode
    namespace: str

    def configure(self, jobs: Mapping[str, Any], operator: Mapping[str, Any] | None = None, **core: Any) -> None:
        """Replaces its settings."""
        self.workspace.configure(
            {
                "kubeflow:cluster": {"context": self.cluster.context},
                "kubeflow:core": {"namespace": self.namespace, "trainingOperator": dict(operator or {}), **core},
                "kubeflow:jobs": dict(jobs),
            }
        )

    def up(self, *options: str, check: bool = True) -> Update:
        """Updates it."""
        done = self.workspace.pulumi("up", "--yes", "--skip-preview", "--json", *options, check=False)
        update = Update(done)
        assert done.returncode == 0 or not check, f"{update.messages}\n{done.stderr}\n{self.node.logs()}"
        return update

    def preview(self) -> dict[str, str]:
        """What an update would do to which resource."""
        return {step["urn"].rpartition("::")[2]: step["op"] for step in self.workspace.preview()}

    def get(self, *arguments: str) -> Node:
        """An object of the stack's namespace, or a list of them."""
        return self.cluster.get(*arguments, f"--namespace={self.namespace}")

    def parts(self, kind: str, job: str) -> dict[str, Node]:
        """The pods or services of a job by their names."""
        found = self.get(kind, f"--selector={JOB_LABEL}={job}")["items"]
        return {each["metadata"]["name"]: each for each in found}

    def conditions(self, kind: str, job: str) -> dict[str, str]:
        """The message of each condition of a job that holds."""
        printed = self.cluster.kubectl(
            *("get", kind, job, f"--namespace={self.namespace}", "--output=json", "--ignore-not-found")
        )
        found = json.loads(printed or "{}").get("status", {}).get("conditions", [])
        return {each["type"]: each["message"] for each in found if each["status"] == "True"}

    def reaches(self, kind: str, job: str, condition: str, seconds: float = 20) -> str:
        """The message of a condition, once it holds."""
        return wait_for(f"{job} {condition}", lambda: self.conditions(kind, job).get(condition), seconds)

    def end(self, pod: str, code: int = 0) -> None:
        """Ends a pod's containers, as the kubelet says when programs have exited."""
        containers = self.get("pod", pod)["status"]["containerStatuses"]
        ended = {"exitCode": code, "reason": "Error" if code else "Completed"}
        status = {
            "phase": "Failed" if code else "Succeeded",
            "containerStatuses": [
                {**each, "ready": False, "started": False, "state": {"terminated": ended}} for each in containers
            ],
        }
        self._patch(pod, status)

    def restart(self, pod: str, times: int) -> None:
        """Lets a pod's containers have been restarted in place, as the kubelet does with those that exit in error."""
        containers = self.get("pod", pod)["status"]["containerStatuses"]
        self._patch(pod, {"containerStatuses": [{**each, "restartCount": times} for each in containers]})

    def _patch(self, pod: str, status: Mapping[str, Any]) -> None:
        self.cluster.kubectl(
            *("patch", "pod", pod, f"--namespace={self.namespace}", "--subresource=status", "--type=merge"),
            f"--patch={json.dumps({'status': status})}",
        )
