"""A stack whose state was cut off, is old or lost, or says what is not so: all of it comes together again."""

import json
import re
from pathlib import Path

import pytest

from tests.engine.conftest import Opened, Stack
from tools import exports, strangers
from tools.recover import recover_stack
from tools.say import ToolError

REPORTING = {"reportUsage": True, "usageCollectorUrl": "http://collector.example.com/v1"}
CUT_OFF_AT = 64 * 1024


def state_files(stack: Stack) -> list[Path]:
    folder = stack.workspace.folder.parent / "backend" / ".pulumi" / "stacks" / "kubeflow"
    return [folder / "nocloud.json", folder / "nocloud.json.bak"]


def generated(stack: Stack) -> set[tuple[str, str]]:
    """The generated values in all Secrets of the namespace."""
    return {item for secret in stack.get("secrets")["items"] for item in secret["data"].items()}


def uids(stack: Stack) -> dict[str, str]:
    """What tells the objects of fixed names from others of the same names."""
    kinds = "deployments,services,networkpolicies,roles,rolebindings,serviceaccounts,pvc,cronjobs"
    found = {f"{item['kind']}/{item['metadata']['name']}": item for item in stack.get(kinds)["items"]}
    return {name: item["metadata"]["uid"] for name, item in found.items() if name != "ServiceAccount/default"}


def test_a_lost_state_and_a_lost_passphrase_are_made_up_for_by_what_is_in_the_cluster(
    stack: Stack, opened: Opened, capsys: pytest.CaptureFixture[str]
) -> None:
    stack.up(REPORTING)
    stack.make_home()
    before, secrets, outputs = uids(stack), generated(stack), stack.workspace.outputs()
    installation = outputs["installationId"]

    # A copied stack file would have two stacks share the objects.
    file = stack.workspace.folder / "Pulumi.nocloud.yaml"
    (stack.workspace.folder / "Pulumi.two.yaml").write_text(file.read_text())
    stack.workspace.pulumi("stack", "init", "two", "--no-select")
    with pytest.raises(ToolError, match="belongs to the stack nocloud"):
        recover_stack(opened(stack, "two"), adopt=installation)
    stack.workspace.pulumi("stack", "rm", "two", "--yes", "--force")

    for lost in state_files(stack):
        lost.unlink()
    stack.workspace.init()
    with pytest.raises(ToolError, match=f"ADOPT={installation}"):
        recover_stack(opened(stack))
    recover_stack(opened(stack), adopt=installation)
    assert uids(stack) == before
    assert generated(stack) == secrets
    assert stack.workspace.outputs() == outputs
    assert len(stack.names("secrets")) == 2
    assert "Cluster and state agree." in capsys.readouterr().err
    assert set(stack.workspace.up()) == {"same"}

    another = {"PULUMI_CONFIG_PASSPHRASE": "another"}
    with pytest.raises(ToolError, match="encryptionsalt"):
        recover_stack(opened(stack, **another))
    file.write_text(re.sub(r"^encryptionsalt:.*\n", "", file.read_text(), flags=re.MULTILINE))
    recover_stack(opened(stack, **another), adopt=installation)
    assert uids(stack) == before
    assert generated(stack) == secrets


def test_a_state_that_was_cut_off_is_replaced_by_the_last_good_copy_and_catches_up(
    stack: Stack, opened: Opened, capsys: pytest.CaptureFixture[str]
) -> None:
    stack.workspace.up()
    secrets = generated(stack)
    exports.keep(opened(stack))
    # What the copy knows nothing of: another configuration, and objects that came meanwhile.
    stack.up({**REPORTING, "notebook": {"cpu": "2"}})
    before, outputs = uids(stack), stack.workspace.outputs()
    # A copy that an update has left, as far as anybody can tell, and what only bears the id.
    for name, more in {"copy-1a2b3c4d": {"pulumi.com/autonamed": "true"}, "by-hand": {}}.items():
        labels = {"kubeflow.org/installation-id": outputs["installationId"]}
        manifest = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": name, "labels": labels, "annotations": more},
        }
        stack.cluster.kubectl("create", f"--namespace={stack.namespace}", "--filename=-", stdin=json.dumps(manifest))
    for file in state_files(stack):
        assert file.stat().st_size > CUT_OFF_AT
        file.write_bytes(file.read_bytes()[:CUT_OFF_AT])
    # And what goes while no state is there to notice.
    stack.cluster.kubectl("delete", "networkpolicy,role", "hub", f"--namespace={stack.namespace}")

    recover_stack(opened(stack))
    said = capsys.readouterr().err
    assert "Took the copy of the state" in said
    assert "Cluster and state agree." in said
    after = uids(stack)
    assert set(after) == set(before)
    assert {name for name in before if before[name] != after[name]} == {"NetworkPolicy/hub", "Role/hub"}
    assert generated(stack) == secrets
    assert len([name for name in stack.names("configmaps") if "hub-config" in name]) == 1
    # It was drawn after the copy was made.
    assert stack.workspace.outputs()["usageId"] == outputs["usageId"]
    assert f"Deleted ConfigMap copy-1a2b3c4d in {stack.namespace}" in said
    assert f"Left over: ConfigMap by-hand in {stack.namespace}" in said
    assert "copy-1a2b3c4d" not in stack.names("configmaps")
    assert "by-hand" in stack.names("configmaps")
    assert set(stack.workspace.up()) == {"same"}

    stack.workspace.pulumi("stack", "rename", "another")
    renamed = stack.workspace.folder / "Pulumi.another.yaml"
    assert renamed.exists()
    preview = stack.workspace.pulumi("preview", "--stack", "another", "--expect-no-changes")
    assert "unchanged" in preview.stdout


def test_what_somebody_else_made_anew_under_a_name_of_the_stacks_is_left_alone(
    stack: Stack, opened: Opened, capsys: pytest.CaptureFixture[str]
) -> None:
    stack.workspace.up()
    namespace = f"--namespace={stack.namespace}"
    stack.cluster.kubectl("delete", "networkpolicy,serviceaccount", "hub", namespace)
    stack.cluster.kubectl("create", "serviceaccount", "hub", namespace)
    # It lost its label, and is the same object.
    stack.cluster.kubectl("label", "role", "hub", "kubeflow.org/installation-id-", namespace)
    theirs = stack.uid("serviceaccount", "hub")
    strangers.forget(opened(stack))
    assert f"Left alone: ServiceAccount hub in {stack.namespace}" in capsys.readouterr().err
    with pytest.raises(ToolError):
        recover_stack(opened(stack))
    assert stack.uid("serviceaccount", "hub") == theirs
    stack.workspace.destroy("--exclude-protected")
    assert stack.uid("serviceaccount", "hub") == theirs
    assert stack.names("roles") == set()
