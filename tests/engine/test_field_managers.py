"""Every object that the program can make can be taken up again by whoever applies it.

A field that is one value to server-side apply, such as a reference or a list of rules, is in conflict if it holds a
default of the API server that the program leaves out. Each object is sent twice, under two names and without force.
"""

import json
from collections.abc import Generator
from typing import Any, cast

import pytest

from components.kube.kubeconfig import find_context
from tests.conftest import Cluster
from tests.support.leftovers import remove
from tests.support.recorder import SECRET, Registered
from tests.support.stacks import STACKS, recorded
from tests.support.waiting import wait_for
from tools.api import Objects, Ref, Send, at_once, open_sender

PREFIX = "twice-"
FIXED_NAMES = {"CustomResourceDefinition", "Namespace"}
LAST = "ValidatingWebhookConfiguration"
"""What would keep other objects from being made, since nobody answers for the operators."""


def plain(value: Any) -> Any:
    """A value as the API server gets it, without the engine's envelopes."""
    if isinstance(value, dict):
        found = cast("dict[str, Any]", value)
        if SECRET in found:
            return plain(found["value"])
        dashed = {key: key.replace("_", "-") if key.startswith("x_kubernetes_") else key for key in found}
        return {dashed[key]: plain(each) for key, each in found.items()}
    if isinstance(value, list):
        return [plain(each) for each in cast("list[Any]", value)]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def as_sent(registered: Registered) -> dict[str, Any]:
    manifest = plain(registered.inputs)
    metadata = manifest["metadata"]
    # The provider's own, which say under which name it applies.
    annotations: dict[str, str] = metadata.pop("annotations", {})
    if theirs := {key: value for key, value in annotations.items() if not key.startswith("pulumi.com/")}:
        metadata["annotations"] = theirs
    if manifest["kind"] == "Namespace":
        metadata["name"] = f"{PREFIX}{metadata['name']}"
    if "namespace" in metadata:
        metadata["namespace"] = f"{PREFIX}{metadata['namespace']}"
    return manifest


def everything() -> list[dict[str, Any]]:
    """Every object of the recorded stacks, once, under a name of its own.

    An object whose name the provider draws is never met again, and a patch is of somebody else's object.
    """
    registered = [each for stack in STACKS for each in recorded(stack).kubernetes() if "Patch" not in each.type]
    sent = [as_sent(each) for each in registered if each.physical_name]
    found = list({json.dumps(manifest, sort_keys=True): manifest for manifest in sent}.values())
    for number, manifest in enumerate(found):
        if manifest["kind"] not in FIXED_NAMES:
            manifest["metadata"]["name"] = f"{manifest['metadata']['name'][:55]}-{number}"
    return found


@pytest.fixture
def send(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Generator[Send]:
    monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))
    with open_sender(find_context(cluster.context)) as send:
        yield send


def test_nothing_that_the_program_makes_conflicts_with_itself(cluster: Cluster, send: Send) -> None:
    objects, manifests = Objects(send), everything()
    namespaces = {manifest["metadata"].get("namespace", "") for manifest in manifests} - {""}

    def apply(manifest: dict[str, Any], manager: str) -> tuple[int, str]:
        metadata = manifest["metadata"]
        ref = Ref(manifest["kind"], metadata.get("namespace", ""), metadata["name"], manifest["apiVersion"])
        path = objects.path(ref)
        assert path, ref
        status, answer = send(
            "PATCH", path, params={"fieldManager": manager}, content=manifest, media="application/apply-patch+yaml"
        )
        return status, f"{ref}: {answer.get('message')}"

    def of(*kinds: str) -> list[dict[str, Any]]:
        return [manifest for manifest in manifests if manifest["kind"] in kinds]

    try:
        for manifest in of("CustomResourceDefinition", "Namespace"):
            status, message = apply(manifest, "first")
            assert status in (200, 201), message
        for namespace in namespaces:
            cluster.kubectl("create", "namespace", namespace, check=False)
            # Pods are not what this is about, and starting them takes a while.
            cluster.kubectl("create", "quota", "none", "--hard=pods=0", f"--namespace={namespace}")
        wait_for("the kinds", lambda: all(Objects(send).path(kind_of(each)) for each in manifests))
        others = [manifest for manifest in manifests if manifest["kind"] not in (*FIXED_NAMES, LAST)]
        for status, message in at_once(lambda manifest: apply(manifest, "first"), others):
            assert status in (200, 201), message
        answers = at_once(lambda manifest: apply(manifest, "second"), [*of(*FIXED_NAMES), *others])
        for manifest in of(LAST):
            answers += [apply(manifest, "first"), apply(manifest, "second")]
            cluster.kubectl("delete", LAST, manifest["metadata"]["name"])
        assert len(answers) > 200
        refused = [message for status, message in answers if status not in (200, 201)]
        assert not refused, "\n".join(refused)
    finally:
        remove(cluster, *namespaces, *(manifest["metadata"]["name"] for manifest in of("Namespace")))


def kind_of(manifest: dict[str, Any]) -> Ref:
    return Ref(manifest["kind"], "", "", manifest["apiVersion"])
