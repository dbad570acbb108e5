"""What a run of the program registers, seen as the engine sees it; the only mocks there are.

The raw requests are kept, since mocks hide what matters most: protection, parents, providers, secrets.
"""

import base64
import json
import runpy
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast
from unittest import mock

import pulumi
from google.protobuf import json_format
from pulumi.runtime import mocks
from pulumi.runtime.config import set_all_config
from pulumi.runtime.proto.source_pb2 import StackTrace

from components import installation, preflight
from components.errors import StackError
from components.jobs.waiting import Watcher
from components.kubernetes_api import Answer
from components.ownership import Found, Ownership
from tools.places import CHECKOUT

SECRET = "4dabf18193072939515e22adb298388d"
"""The key that marks a secret in what the engine receives."""
WITHOUT_OPERATOR = {"trainingOperator": {"enabled": False}}
"""The core without the training operator: registering its definitions takes half of a recording's time."""
FACTS = preflight.ClusterFacts(
    identity="0b9f1d2e-uid-of-kube-system", api_ports=(443, 6443), storage_classes={"standard": True}
)
KUBECONFIG_OF_AZURE = """
clusters: [{name: aks, cluster: {server: "https://aks.example.com:443", certificate-authority-data: QUJD}}]
"""
CREDENTIALS = {"kubeconfigs": [{"name": "user", "value": base64.b64encode(KUBECONFIG_OF_AZURE.encode()).decode()}]}
ANSWERS: dict[str, dict[str, Any]] = {
    "azure-native:containerservice:listManagedClusterUserCredentials": CREDENTIALS,
}
"""What clouds answer to any stack; there is nothing else in them, unless a test says so."""
NOTHING_THERE = Found(there=[], who=Answer(status=201), rights={})
COMPUTED: dict[str, dict[str, Any]] = {
    "gcp:container/cluster:Cluster": {
        "endpoint": "192.0.2.1",
        "masterAuth": {"clusterCaCertificate": "QUJD"},
    },
    "gcp:serviceaccount/account:Account": {"email": "nodes@example.com", "member": "serviceAccount:nodes@example.com"},
    "gcp:filestore/instance:Instance": {"networks": [{"ipAddresses": ["192.0.2.2"], "modes": [], "network": ""}]},
    # Azure takes a list of identities, and answers with what they are.
    "azure-native:containerservice:ManagedCluster": {
        "identity": {"type": "UserAssigned", "userAssignedIdentities": {}, "principalId": "", "tenantId": ""}
    },
    "azure-native:managedidentity:UserAssignedIdentity": {"principalId": "5f1e6c3a-0000-4000-8000-000000000001"},
}
"""What clouds make up for resources, as far as the program reads it."""


@dataclass(frozen=True, kw_only=True)
class Registered:
    """One registration."""

    urn: str
    type: str
    name: str
    parent: str
    protect: bool
    provider: str
    custom: bool
    ignore_changes: tuple[str, ...]
    replace_on_changes: tuple[str, ...]
    delete_before_replace: bool
    dependencies: tuple[str, ...]
    inputs: dict[str, Any]
    """As sent, secrets in their envelope."""

    @property
    def physical_name(self) -> str:
        """The name in the cluster, if it is fixed."""
        return self.inputs.get("metadata", {}).get("name", "")

    @property
    def namespace(self) -> str:
        """The namespace in the cluster."""
        return self.inputs.get("metadata", {}).get("namespace", "")


@dataclass
class Recording:
    """All registrations of a run, in order, and the stack's outputs."""

    resources: list[Registered] = field(default_factory=list[Registered])
    closed: set[str] = field(default_factory=set[str])
    """URNs of components that registered outputs."""
    outputs: dict[str, Any] = field(default_factory=dict[str, Any])

    def of_type(self, kind: str) -> list[Registered]:
        """The resources whose type ends in ``kind``, such as ``Deployment``."""
        return [resource for resource in self.resources if resource.type.rpartition(":")[2] == kind]

    def one(self, kind: str, name: str) -> Registered:
        """The resource of ``kind`` with this physical or logical name."""
        (found,) = [r for r in self.of_type(kind) if name in (r.physical_name, r.name)]
        return found

    def kubernetes(self) -> Iterator[Registered]:
        """The objects of the cluster."""
        return (r for r in self.resources if r.type.startswith("kubernetes:"))


class _Mocks(mocks.Mocks):
    def __init__(self, answers: Mapping[str, Any]) -> None:
        self.answers = {**ANSWERS, **answers}

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        state: dict[str, Any] = {**args.inputs}  # pyright: ignore[reportUnknownMemberType]
        if args.typ == "pulumi:index:Stash":
            state["output"] = state["input"]
        if args.typ.startswith("kubernetes:"):
            # The provider names what has no name.
            state["metadata"] = {"name": f"{args.name}-1a2b3c4d", **state.get("metadata", {})}
        return f"{args.name}-id", {**state, **COMPUTED.get(args.typ, {})}

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        asked = cast("dict[str, Any]", args.args)  # pyright: ignore[reportUnknownMemberType]
        answer = self.answers.get(args.token)
        found = cast("dict[str, Any] | None", answer(asked) if callable(answer) else answer)
        return (found, []) if found else ({}, [("", f"there is no {args.token} like {asked}")])


class _Monitor(mocks.MockMonitor):
    def __init__(self, recording: Recording, answers: Mapping[str, Any]) -> None:
        super().__init__(_Mocks(answers))
        self.recording = recording

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802  # the protocol's name
        response: Any = super().RegisterResource(request)  # pyright: ignore[reportUnknownMemberType]
        if request.type == "pulumi:pulumi:Stack":
            return response
        urns = {resource.urn for resource in self.recording.resources}
        assert response.urn not in urns, f"{response.urn} is registered twice"
        self.recording.resources.append(
            Registered(
                urn=response.urn,
                type=request.type,
                name=request.name,
                parent=request.parent,
                protect=request.protect,
                provider=request.provider,
                custom=request.custom,
                ignore_changes=tuple(request.ignoreChanges),
                replace_on_changes=tuple(request.replaceOnChanges),
                delete_before_replace=request.deleteBeforeReplace,
                dependencies=tuple(request.dependencies),
                inputs=json_format.MessageToDict(request.object),
            )
        )
        return response

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802
        self.recording.closed.add(request.urn)
        return super().RegisterResourceOutputs(request)  # pyright: ignore[reportUnknownMemberType]


@contextmanager
def configured(config: Mapping[str, Any], secrets: Sequence[str] = ()) -> Generator[None]:
    """The stack's configuration, as the engine hands it over: objects as JSON, with the keys of secrets named."""
    values = {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}
    set_all_config(values, list(secrets))
    try:
        yield
    finally:
        set_all_config({}, [])


def record(
    core: Mapping[str, Any] | None = None, *, answers: Mapping[str, Any] | None = None, **more: Any
) -> Recording:
    """Runs ``__main__.py`` with ``kubeflow:core`` as given, and whatever ``more`` says under ``kubeflow:``.

    Args:
        core: the core's settings.
        answers: what a cloud answers, by the token of what is asked; a function gets what it is asked.
        more: settings of other areas; keys whose value is text are secrets.
    """
    cluster = {"context": "recorded", **more.pop("cluster", {})}
    areas = {f"kubeflow:{key}": value for key, value in more.items() if not isinstance(value, str)}
    config = {**areas, "kubeflow:cluster": cluster, "kubeflow:core": dict(core or {})}
    secrets = {f"kubeflow:{key}": value for key, value in more.items() if isinstance(value, str)}
    with (
        mock.patch.object(preflight, "inspect", return_value=FACTS),
        mock.patch.object(preflight, "inspect_kubeconfig", return_value=FACTS),
    ):
        return _record({**config, **secrets}, list(secrets), answers or {}, Recording())


def refused(config: Mapping[str, str], secrets: Mapping[str, str]) -> tuple[str, list[Registered]]:
    """What ``__main__.py`` says of a configuration that it refuses, and what it has registered until then.

    The cluster is asked as the configuration has it.

    Args:
        config: values as the engine hands them over.
        secrets: those of secret keys.
    """
    recording = Recording()
    try:
        _record({**config, **secrets}, list(secrets), {}, recording)
    except StackError as error:
        return str(error), recording.resources
    raise AssertionError("nothing was refused")


def _record(
    config: Mapping[str, Any], secrets: Sequence[str], answers: Mapping[str, Any], recording: Recording
) -> Recording:
    with (
        configured(config, secrets),
        # There is neither an engine that calls hooks, nor a cluster to look at.
        mock.patch.object(Watcher, "hooks", return_value=None),
        mock.patch.object(Watcher, "jobs", return_value={}),
        mock.patch.object(Ownership, "_look", return_value=NOTHING_THERE),
        # Two recordings differ by their settings alone.
        mock.patch.object(installation, "new_id", return_value="nocloud-0123456789abcdef"),
        # Where in the program a resource is registered: nobody reads it, and it takes a fifth of the time.
        mock.patch("pulumi.runtime.resource._get_stack_trace", return_value=StackTrace()),
    ):
        monitor = _Monitor(recording, answers)
        mocks.set_mocks(monitor.mocks, project="kubeflow", stack="nocloud", monitor=monitor)
        outputs: dict[str, Any] = {}
        with mock.patch.object(pulumi, "export", side_effect=outputs.__setitem__):
            mocks.test(lambda: _run(outputs, recording))()  # pyright: ignore[reportUnknownMemberType]
    return recording


def _run(outputs: dict[str, Any], recording: Recording) -> pulumi.Output[None]:
    runpy.run_path(str(CHECKOUT / "__main__.py"))
    return pulumi.Output.all(**outputs).apply(recording.outputs.update)
