"""A deployer who is administrator of one namespace, by the real engine and the real RBAC."""

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from tests.engine.conftest import Stack
from tests.support.recorder import WITHOUT_OPERATOR
from tests.support.waiting import wait_for


@pytest.fixture
def deployer(stack: Stack, tmp_path: Path) -> Stack:
    """The stack in the hands of an account that is administrator of the stack's namespace, which is there."""
    cluster, namespace = stack.cluster, stack.namespace
    account = f"--serviceaccount={namespace}:deployer"
    cluster.kubectl("create", "namespace", namespace)
    cluster.kubectl("create", "serviceaccount", "deployer", f"--namespace={namespace}")
    cluster.kubectl("create", "rolebinding", "deployer", "--clusterrole=admin", account, f"--namespace={namespace}")
    user = f"--as=system:serviceaccount:{namespace}:deployer"
    ask = ("auth", "can-i", "create", "configmaps", f"--namespace={namespace}", user)
    wait_for("the binding", lambda: cluster.kubectl(*ask, check=False).strip() == "yes")
    content = yaml.safe_load(cluster.kubeconfig.read_text())
    token = cluster.kubectl("create", "token", "deployer", f"--namespace={namespace}").strip()
    content["users"] = [{"name": each["name"], "user": {"token": token}} for each in content["users"]]
    file = tmp_path / "kubeconfig"
    file.write_text(yaml.safe_dump(content))
    environment = {**stack.workspace.environment, "KUBECONFIG": str(file)}
    return replace(stack, workspace=replace(stack.workspace, environment=environment))


def test_an_administrator_of_one_namespace_deploys_there_and_is_told_what_lacks_elsewhere(deployer: Stack) -> None:
    elsewhere = f"{deployer.namespace}-2"
    deployer.configure({"namespace": elsewhere, **WITHOUT_OPERATOR})
    done = deployer.workspace.pulumi("preview", check=False)
    said = " ".join(done.stdout.split())
    assert "Rights are missing that the deployment takes, so nothing is deployed." in said
    assert f"logs in as system:serviceaccount:{deployer.namespace}:deployer, who lacks" in said
    assert "in the whole cluster: to get, create, patch, delete namespaces" in said
    assert '- {apiGroups: ["apps"], resources: [deployments], verbs: [get, list, watch, create, patch, delete]}' in said
    assert "set kubeflow:core.createNamespace to false" in said

    assert "kubeflow:core.priorityClasses to false" in said

    within = {"createNamespace": False, "priorityClasses": False, **WITHOUT_OPERATOR}
    assert set(deployer.up(within)) == {"create"}
