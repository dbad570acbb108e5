"""What others change by hand in the cluster is shown and taken back, by the real engine and API server."""

import json

from tests.engine.conftest import Opened, Stack
from tests.support.waiting import wait_for
from tools import drift
from tools.api import open_objects
from tools.recorded import read_state

ANYTHING = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}
MALLORY = {"kind": "User", "name": "mallory", "apiGroup": "rbac.authorization.k8s.io"}
SIDECAR = {"spec": {"template": {"spec": {"containers": [{"name": "sidecar", "image": "busybox:1"}]}}}}
NARROWED = {"spec": {"podSelector": {"matchLabels": {"a": "b"}}}}
PRIVILEGED = {
    "spec": {
        "template": {
            "spec": {
                "hostNetwork": True,
                "containers": [{"name": "hub", "image": "busybox:2", "env": [{"name": "A", "value": "in plain"}]}],
            }
        }
    }
}


def appended(path: str, value: object) -> list[str]:
    return ["--type=json", f"--patch={json.dumps([{'op': 'add', 'path': path, 'value': value}])}"]


def merged(value: object, kind: str = "strategic") -> list[str]:
    return [f"--type={kind}", f"--patch={json.dumps(value)}"]


CHANGES: dict[str, list[str]] = {
    "ClusterRole NAMESPACE-usage-reporter: rules has also": [
        "patch", "clusterrole", "NAMESPACE-usage-reporter", *appended("/rules/-", ANYTHING),
    ],
    "ClusterRoleBinding NAMESPACE-usage-reporter: subjects has also": [
        "patch", "clusterrolebinding", "NAMESPACE-usage-reporter", *appended("/subjects/-", MALLORY),
    ],
    "Role hub in NAMESPACE: rules has also": ["patch", "role", "hub", *appended("/rules/-", ANYTHING)],
    "NetworkPolicy hub in NAMESPACE: spec.ingress has also [{}]": [
        "patch", "networkpolicy", "hub", *appended("/spec/ingress/-", {}),
    ],
    "NetworkPolicy default-deny in NAMESPACE: spec.podSelector.matchLabels was added": [
        "patch", "networkpolicy", "default-deny", *merged(NARROWED, "merge"),
    ],
    "NetworkPolicy singleuser in NAMESPACE: is missing": ["delete", "networkpolicy", "singleuser"],
    "Deployment proxy in NAMESPACE: spec.template.spec.containers[0] was added": [
        "patch", "deployment", "proxy", *merged(SIDECAR),
    ],
    'Deployment hub in NAMESPACE: spec.template.spec.containers[0].image is "busybox:2", not': [
        "patch", "deployment", "hub", *merged(PRIVILEGED),
    ],
    "Deployment hub in NAMESPACE: spec.template.spec.hostNetwork was added: true": [],
    "Deployment hub in NAMESPACE: spec.template.spec.containers[0].env[0] was added, by": [],
    'Namespace NAMESPACE: metadata.labels.pod-security.kubernetes.io/enforce is "privileged", not "restricted"': [
        "label", "namespace", "NAMESPACE", "pod-security.kubernetes.io/enforce=privileged", "--overwrite",
    ],
    'ServiceAccount hub in NAMESPACE: metadata.annotations.eks.amazonaws.com/role-arn was added: "role"': [
        "annotate", "serviceaccount", "hub", "eks.amazonaws.com/role-arn=role",
    ],
    'Service tf-hub-lb in NAMESPACE: spec.externalIPs was added: ["192.0.2.1"]': [
        "patch", "service", "tf-hub-lb", *merged({"spec": {"externalIPs": ["192.0.2.1"]}}, "merge"),
    ],
}  # fmt: skip
"""What is said of a change, and how it is made; some are made together."""


def test_what_others_change_is_shown_with_their_names_and_taken_back(stack: Stack, opened: Opened) -> None:
    reporting = {"reportUsage": True, "usageCollectorUrl": "http://collector.example.com/v1"}
    stack.up(reporting)
    home, database = stack.make_home(), stack.uid("pvc", "hub-db-dir")
    # What the cluster itself writes is no drift, and a restart is none.
    stack.cluster.kubectl("rollout", "restart", "deployment/hub", f"--namespace={stack.namespace}")
    tools_stack = opened(stack)
    state = read_state(tools_stack)
    recorded = state.objects
    with open_objects(tools_stack) as objects:
        wait_for("a cluster that agrees", lambda: drift.compare(objects, recorded) == [])

        secret = next(name for name in stack.names("secrets") if "hub-secret" in name)
        for change in CHANGES.values():
            command = [word.replace("NAMESPACE", stack.namespace) for word in change]
            if command:
                stack.cluster.kubectl(*command, f"--namespace={stack.namespace}")
        stolen = merged({"data": {"cookie-secret": "c3RvbGVu"}}, "merge")
        stack.cluster.kubectl("patch", "secret", secret, *stolen, f"--namespace={stack.namespace}")
        # Whom a binding is to never changes: somebody has made it anew.
        stack.cluster.kubectl("delete", "rolebinding", "hub", f"--namespace={stack.namespace}")
        stack.cluster.kubectl(
            "create", "rolebinding", "hub", "--clusterrole=admin", "--user=mallory", f"--namespace={stack.namespace}"
        )

        found = drift.compare(objects, recorded)
        said = "\n".join(line for finding in found for line in finding.lines())
        for sentence in CHANGES:
            assert sentence.replace("NAMESPACE", stack.namespace) in said, said
        assert f"RoleBinding hub in {stack.namespace}: roleRef" in said
        assert (
            f"Secret {secret} in {stack.namespace}: data.cookie-secret is another value, by kubectl-patch at " in said
        )
        assert "c3RvbGVu" not in said
        assert "in plain" not in said
        assert "kubectl-patch at 20" in said

        drift.mend_all(objects, found, state)
        assert [line for finding in drift.compare(objects, recorded) for line in finding.lines()] == []
    assert stack.get("role", "hub")["rules"][-1]["resources"] == ["events"]
    assert stack.get("rolebinding", "hub")["roleRef"]["name"] == "hub"
    containers = stack.get("deployment", "proxy")["spec"]["template"]["spec"]["containers"]
    assert [container["name"] for container in containers] == ["proxy"]
    assert "hostNetwork" not in stack.get("deployment", "hub")["spec"]["template"]["spec"]
    assert (stack.uid("pvc", "claim-ada"), stack.uid("pvc", "hub-db-dir")) == (home, database)
    assert stack.workspace.preview() == []


def test_a_refresh_shows_what_was_changed_and_up_takes_it_back_without_a_conflict(stack: Stack) -> None:
    stack.workspace.up()
    stack.cluster.kubectl("patch", "deployment", "hub", *merged(PRIVILEGED), f"--namespace={stack.namespace}")
    preview = stack.workspace.pulumi("preview", "--refresh", "--diff").stdout
    assert "busybox:2" in preview
    stack.workspace.pulumi("up", "--yes", "--skip-preview", "--refresh")
    (container,) = stack.get("deployment", "hub")["spec"]["template"]["spec"]["containers"]
    assert "k8s-hub" in container["image"]
