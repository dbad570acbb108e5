"""Objects of others: never taken over, changed or deleted, on a real API server by the real engine."""

import json

from components.installation import ID_LABEL
from tests.engine.conftest import MakeStack, Stack
from tests.support.recorder import WITHOUT_OPERATOR


def strangers(stack: Stack, *objects: str) -> dict[str, str]:
    """Makes a namespace of others, with objects of theirs in it; each object as it is."""
    stack.cluster.kubectl("create", "namespace", stack.namespace)
    for each in objects:
        stack.cluster.kubectl("create", *each.split(), f"--namespace={stack.namespace}")
    return everything(stack)


def everything(stack: Stack) -> dict[str, str]:
    """The namespace and what is in it, as JSON."""
    kinds = "configmaps,services,deployments,networkpolicies,roles,rolebindings,serviceaccounts,secrets,pvc"
    items = [stack.cluster.get("namespace", stack.namespace), *stack.get(kinds)["items"]]
    return {
        f"{item['kind']}/{item['metadata']['name']}": json.dumps(
            {part: item.get(part) for part in ("spec", "data")} | {"labels": item["metadata"].get("labels")}
        )
        for item in items
    }


def refused(stack: Stack) -> str:
    """What an update says that refuses to go on, without the preview that would have refused it before."""
    update = stack.workspace.pulumi("up", "--yes", "--skip-preview", check=False)
    assert update.returncode != 0
    assert "Traceback" not in update.stdout + update.stderr
    return update.stdout


def test_a_strangers_namespace_is_refused_and_can_be_used_as_it_is(stack: Stack) -> None:
    before = strangers(
        *(stack, "configmap theirs --from-literal=a=b", "deployment theirs --image=busybox"),
        *("service clusterip hub --tcp=1:1", "deployment proxy --image=busybox", "serviceaccount hub"),
    )
    said = refused(stack)
    assert f"Namespace {stack.namespace}: was made by somebody else with kubectl-create" in said
    assert "kubeflow:core.createNamespace" in said
    for name in ("Service hub", "Deployment proxy", "ServiceAccount hub"):
        assert f"{name} in the namespace {stack.namespace}: was made by somebody else" in said
    assert everything(stack) == before

    for name in ("service/hub", "deployment/proxy", "serviceaccount/hub"):
        stack.cluster.kubectl("delete", name, f"--namespace={stack.namespace}")
    before = everything(stack)
    stack.up({"createNamespace": False})
    after = everything(stack)
    assert {name: after[name] for name in before} == before
    policy = stack.get("networkpolicy", "default-deny")
    installation = stack.workspace.outputs()["installationId"]
    assert policy["spec"]["podSelector"] == {"matchLabels": {ID_LABEL: installation}}
    stack.workspace.destroy_with_data()
    assert set(everything(stack)) == set(before)


def test_a_copied_stack_file_is_refused_and_the_first_stack_left_alone(make_stack: MakeStack) -> None:
    first, second = make_stack(WITHOUT_OPERATOR), make_stack(WITHOUT_OPERATOR)
    first.workspace.up()
    before = everything(first)
    second.configure({"namespace": first.namespace})
    said = refused(second)
    assert f"Namespace {first.namespace}: belongs to the stack nocloud" in said
    assert f"Deployment hub in the namespace {first.namespace}: belongs to the stack nocloud" in said
    assert everything(first) == before
    second.workspace.destroy_with_data()
    assert everything(first) == before


def test_an_object_that_its_owner_labels_is_taken_over(stack: Stack) -> None:
    stack.cluster.kubectl("create", "namespace", stack.namespace)
    installation = "nocloud-0123456789abcdef"
    stack.configure({"installationId": installation})
    assert f"{ID_LABEL}={installation}" in refused(stack)
    stack.cluster.kubectl("label", "namespace", stack.namespace, f"{ID_LABEL}={installation}")
    stack.workspace.up()
    labels = stack.cluster.get("namespace", stack.namespace)["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
