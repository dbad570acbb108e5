"""What the operator may do: of upstream's one ClusterRole, what it takes for the kinds of jobs that it runs.

Where it runs jobs it has the first rules, in its own namespace the second, and everywhere the third.
"""

from collections.abc import Iterable

from pulumi_kubernetes import rbac

from components.training.crds import JobKind
from components.training.names import CERTIFICATE, WEBHOOK

_ALL = ("get", "list", "watch", "create", "update", "patch", "delete")
_READ = ("get", "list", "watch")


def job_rules(kinds: Iterable[JobKind]) -> list[rbac.v1.PolicyRuleArgs]:
    """For jobs, and what they are made of. No Secret can be read by these."""
    chosen = sorted(kinds, key=lambda kind: kind.plural)
    plurals = [kind.plural for kind in chosen]
    rules = [
        _rule("kubeflow.org", plurals, *_ALL),
        _rule("kubeflow.org", [f"{plural}/status" for plural in plurals], "get", "update", "patch"),
        _rule("kubeflow.org", [f"{plural}/finalizers" for plural in plurals], "update"),
        _rule("", ["pods"], *_ALL),
        _rule("", ["services"], *_READ, "create", "delete"),
        _rule("", ["events"], "create", "patch"),
    ]
    names = {kind.singular for kind in chosen}
    if "pytorchjob" in names:
        rules.append(_rule("autoscaling", ["horizontalpodautoscalers"], *_ALL))
    if "mpijob" in names:
        # The launcher starts its workers by kubectl exec, as an account that the operator makes for it.
        rules += [
            _rule("", ["pods/exec"], "create"),
            _rule("", ["configmaps"], "list", "watch", "create", "update"),
            _rule("", ["serviceaccounts"], *_READ, "create"),
            _rule("rbac.authorization.k8s.io", ["roles", "rolebindings"], "list", "watch", "create", "update"),
        ]
    return rules


def own_rules(replicas: int) -> list[rbac.v1.PolicyRuleArgs]:
    """For its certificate, in a namespace where there is no other Secret; and for choosing a leader."""
    rules = [
        _rule("", ["secrets"], "list", "watch"),
        _rule("", ["secrets"], "get", "update", names=[CERTIFICATE]),
    ]
    if replicas > 1:
        rules += [
            _rule("coordination.k8s.io", ["leases"], "get", "create", "update"),
            _rule("", ["events"], "create", "patch"),
        ]
    return rules


def webhook_rules() -> list[rbac.v1.PolicyRuleArgs]:
    """For telling the API server by which authority its certificate is."""
    group = "admissionregistration.k8s.io"
    return [
        _rule(group, ["validatingwebhookconfigurations"], "list", "watch"),
        _rule(group, ["validatingwebhookconfigurations"], "get", "update", names=[WEBHOOK]),
    ]


def _rule(group: str, resources: list[str], *verbs: str, names: list[str] | None = None) -> rbac.v1.PolicyRuleArgs:
    return rbac.v1.PolicyRuleArgs(api_groups=[group], resources=resources, verbs=list(verbs), resource_names=names)
