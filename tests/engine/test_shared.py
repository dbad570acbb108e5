"""Deleting a stack's data leaves the namespaces and CRDs that others use by now."""

import json

import pytest

from components.installation import ID_LABEL
from tests.engine.conftest import Opened, Stack
from tools import deletion

JOB = {
    "apiVersion": "kubeflow.org/v1",
    "kind": "TFJob",
    "metadata": {"name": "theirs"},
    "spec": {
        "tfReplicaSpecs": {"Worker": {"template": {"spec": {"containers": [{"name": "tensorflow", "image": "a:1"}]}}}}
    },
}


def test_deleting_data_leaves_what_others_use_and_says_so(
    default_stack: Stack, opened: Opened, capsys: pytest.CaptureFixture[str]
) -> None:
    stack, cluster = default_stack, default_stack.cluster
    stack.workspace.up()
    outputs = stack.workspace.outputs()
    stack.make_home()
    cluster.kubectl("label", "pvc", "claim-ada", f"{ID_LABEL}={outputs['installationId']}", f"-n={stack.namespace}")
    cluster.kubectl("create", "configmap", "theirs", f"--namespace={stack.namespace}")
    # In another namespace the stack's webhook is not asked.
    cluster.kubectl("create", "--filename=-", "--namespace=default", stdin=json.dumps(JOB))
    try:
        deletion.destroy(opened(stack), outputs, with_data=True)
        said = capsys.readouterr().err
        assert f"Left: Namespace {stack.namespace}, which holds objects of others: ConfigMap theirs" in said
        assert "Left: CustomResourceDefinition tfjobs.kubeflow.org, which holds objects of others: TFJob theirs" in said
        assert stack.names("configmaps") == {"theirs", "kube-root-ca.crt"}
        assert stack.names("pvc") == stack.names("deployments") == stack.names("networkpolicies") == set()
        assert ID_LABEL not in cluster.get("namespace", stack.namespace)["metadata"]["labels"]
        definitions = cluster.kubectl("get", "customresourcedefinitions", "--output=name")
        assert "tfjobs.kubeflow.org" in definitions
        assert "pytorchjobs.kubeflow.org" not in definitions
        assert f"{stack.namespace}-training" not in cluster.kubectl("get", "namespaces", "--output=name")
    finally:
        cluster.kubectl("delete", "tfjob", "theirs", "--namespace=default")
