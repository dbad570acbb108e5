"""What the operator's ServiceAccount may do, as the API server answers: what it needs, and nothing else."""

from collections.abc import Iterable

import pytest

from tests.support.training.stack import TrainingStack

OPERATORS = "training-tests-training"
OPERATOR = f"system:serviceaccount:{OPERATORS}:training-operator"
HERE, THERE, EVERYWHERE = "training-tests", OPERATORS, ""
DENIED = (
    ("get", "secrets", HERE),
    ("list", "secrets", HERE),
    ("get", "secrets/another", THERE),
    ("update", "secrets/another", THERE),
    ("create", "secrets", THERE),
    ("delete", "secrets", THERE),
    ("create", "pods/exec", HERE),
    ("get", "pods/log", HERE),
    ("create", "pods", THERE),
    ("get", "configmaps", HERE),
    ("create", "serviceaccounts", HERE),
    ("create", "serviceaccounts/token", THERE),
    ("create", "roles.rbac.authorization.k8s.io", HERE),
    ("create", "rolebindings.rbac.authorization.k8s.io", HERE),
    ("update", "services", HERE),
    ("delete", "persistentvolumeclaims", HERE),
    ("list", "mpijobs.kubeflow.org", HERE),
    ("list", "leases.coordination.k8s.io", THERE),
    ("list", "pods", "default"),
    ("create", "pods", "default"),
    ("list", "tfjobs.kubeflow.org", "default"),
    ("get", "secrets", "kube-system"),
    ("list", "pods", EVERYWHERE),
    ("list", "secrets", EVERYWHERE),
    ("list", "nodes", EVERYWHERE),
    ("list", "namespaces", EVERYWHERE),
    ("delete", "customresourcedefinitions.apiextensions.k8s.io", EVERYWHERE),
    ("update", "customresourcedefinitions.apiextensions.k8s.io", EVERYWHERE),
    ("update", "validatingwebhookconfigurations.admissionregistration.k8s.io/another", EVERYWHERE),
    ("create", "validatingwebhookconfigurations.admissionregistration.k8s.io", EVERYWHERE),
    ("delete", "validatingwebhookconfigurations.admissionregistration.k8s.io", EVERYWHERE),
    ("list", "mutatingwebhookconfigurations.admissionregistration.k8s.io", EVERYWHERE),
)
ALL = "create delete get list patch update watch"
ALLOWED = {
    "default": {
        ("validatingwebhookconfigurations.admissionregistration.k8s.io", "", "list watch"),
        (
            "validatingwebhookconfigurations.admissionregistration.k8s.io",
            "validator.training-operator.kubeflow.org",
            "get update",
        ),
    },
    THERE: {
        ("secrets", "", "list watch"),
        ("secrets", "training-operator-webhook-cert", "get update"),
        ("leases.coordination.k8s.io", "", "create get update"),
        ("events", "", "create patch"),
    },
    HERE: {
        ("tfjobs.kubeflow.org", "", ALL),
        ("pytorchjobs.kubeflow.org", "", ALL),
        ("tfjobs.kubeflow.org/status", "", "get patch update"),
        ("pytorchjobs.kubeflow.org/status", "", "get patch update"),
        ("tfjobs.kubeflow.org/finalizers", "", "update"),
        ("pytorchjobs.kubeflow.org/finalizers", "", "update"),
        ("pods", "", ALL),
        ("services", "", "create delete get list watch"),
        ("events", "", "create patch"),
        ("podgroups.scheduling.volcano.sh", "", "list watch"),
        ("podgroups.scheduling.x-k8s.io", "", "list watch"),
        ("horizontalpodautoscalers.autoscaling", "", ALL),
    },
}
"""What it may do, by namespace; what it may do in any is what it may do everywhere."""


def rules(training: TrainingStack, namespace: str, user: str) -> set[tuple[str, str, str]]:
    """What a user may do in a namespace: to which resources, of which names, and what."""
    printed = training.cluster.kubectl(
        "auth", "can-i", "--list", "--no-headers", f"--as={user}", "--as-group=system:authenticated", "-n", namespace
    )
    found: set[tuple[str, str, str]] = set()
    for line in printed.splitlines():
        # Columns: resources, URLs in brackets, names in brackets, verbs in brackets.
        resource, *parts = line.replace("]", "").split("[")
        if resource.strip():
            found.add((resource.strip(), parts[1].strip(), " ".join(sorted(parts[2].split()))))
    return found


def flat(allowed: Iterable[tuple[str, str, str]]) -> set[tuple[str, str, str]]:
    """One entry for each verb, however rules group them."""
    return {(resource, name, verb) for resource, name, verbs in allowed for verb in verbs.split()}


@pytest.mark.parametrize("namespace", ALLOWED)
def test_operator_may_do_exactly_this(training: TrainingStack, namespace: str) -> None:
    nobody = flat(rules(training, namespace, "nobody"))
    expected = flat(ALLOWED["default"] | ALLOWED[namespace])
    assert flat(rules(training, namespace, OPERATOR)) - nobody == expected


@pytest.mark.parametrize(("verb", "resource", "namespace"), DENIED)
def test_operator_may_not(training: TrainingStack, verb: str, resource: str, namespace: str) -> None:
    kind, slash, name = resource.partition("/")
    subresource = name in ("exec", "log", "token")
    target = [kind, f"--subresource={name}"] if subresource else [f"{kind}{slash}{name}"]
    where = f"--namespace={namespace}" if namespace else "--all-namespaces"
    answer = training.cluster.kubectl("auth", "can-i", verb, *target, where, f"--as={OPERATOR}", check=False)
    assert answer.split()[0] == "no"
