"""A stack for each test, on the session's control plane."""

import uuid
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import tools.stack
from tests.conftest import Cluster
from tests.support.leftovers import remove
from tests.support.recorder import WITHOUT_OPERATOR
from tests.support.workspace import Workspace
from tools import places
from tools.stack_file import StackFile

CLAIM = """
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: claim-ada}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
"""


@dataclass(frozen=True, kw_only=True)
class Stack:
    """A stack with a namespace of its own."""

    workspace: Workspace
    cluster: Cluster
    namespace: str
    usual: Mapping[str, Any]
    """What the core's settings say unless a test says otherwise."""

    def configure(
        self,
        core: Mapping[str, Any] | None = None,
        cluster: Mapping[str, Any] | None = None,
        models: Mapping[str, Any] | None = None,
    ) -> None:
        """Replaces its settings."""
        self.workspace.configure(
            {
                "kubeflow:cluster": {"context": self.cluster.context, **(cluster or {})},
                "kubeflow:core": {"namespace": self.namespace, **self.usual, **(core or {})},
                **({"kubeflow:serving": {"tfServing": dict(models)}} if models else {}),
            }
        )

    def up(self, core: Mapping[str, Any] | None = None) -> dict[str, int]:
        """Updates it to new settings; the number of resources by what was done to them."""
        self.configure(core)
        return self.workspace.up()

    def get(self, *arguments: str) -> dict[str, Any]:
        """An object of its namespace, or a list of them."""
        return self.cluster.get(*arguments, f"--namespace={self.namespace}")

    def names(self, kind: str) -> set[str]:
        """The names of its objects of a kind."""
        return {item["metadata"]["name"] for item in self.get(kind)["items"]}

    def uid(self, kind: str, name: str) -> str:
        """What tells an object from another of the same name."""
        return self.get(kind, name)["metadata"]["uid"]

    def make_home(self) -> str:
        """A user's claim, as the hub makes them; its UID."""
        self.cluster.kubectl("apply", f"--namespace={self.namespace}", "--filename=-", stdin=CLAIM)
        return self.uid("pvc", "claim-ada")


Opened = Callable[..., tools.stack.Stack]
MakeStack = Callable[[Mapping[str, Any]], Stack]


@pytest.fixture
def make_stack(cluster: Cluster, make_workspace: Callable[[], Workspace]) -> Generator[MakeStack]:
    """Makes stacks that are not up yet. After the test nothing is left of them in the cluster."""
    made: list[Stack] = []

    def make(usual: Mapping[str, Any]) -> Stack:
        namespace = f"kf-{uuid.uuid4().hex[:8]}"
        stack = Stack(workspace=make_workspace(), cluster=cluster, namespace=namespace, usual=usual)
        stack.configure()
        made.append(stack)
        return stack

    yield make
    remove(cluster, *(f"{stack.namespace}{part}" for stack in made for part in ("", "-training")))


@pytest.fixture
def stack(make_stack: MakeStack) -> Stack:
    """A stack without the training operator: of a core alone, which is faster."""
    return make_stack(WITHOUT_OPERATOR)


@pytest.fixture
def default_stack(make_stack: MakeStack) -> Stack:
    """A stack with default settings."""
    return make_stack({})


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Opened:
    """Opens a stack for the tools, as ``make`` does; the name of another stack of the same project may be given."""
    monkeypatch.setenv("KUBEFLOW_STATE", str(tmp_path / "state"))

    def open_it(stack: Stack, name: str = "nocloud", **environment: str) -> tools.stack.Stack:
        monkeypatch.setattr(places, "CHECKOUT", stack.workspace.folder)
        monkeypatch.setenv("KUBECONFIG", str(stack.cluster.kubeconfig))
        return tools.stack.Stack(
            file=StackFile(name),
            context=stack.cluster.context,
            changes={**stack.workspace.environment, **environment},
            control_plane=None,
            folder=stack.workspace.folder,
        )

    return open_it


def changed(steps: list[dict[str, Any]]) -> dict[str, str]:
    """What a preview does to which resource, components and the stack left out."""
    return {
        step["urn"].rpartition("::")[2]: step["op"]
        for step in steps
        if step["op"] not in ("same", "read") and "kubernetes:" in step["urn"].split("::")[2].rpartition("$")[2]
    }
