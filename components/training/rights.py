"""What the operator may do: of upstream's one ClusterRole, what it takes for the kinds of jobs that it runs.

Where it runs jobs it has the first rules, in its own namespace the second, and everywhere the third.
"""

from collections.abc import Iterable

from pulumi_kubernetes import rbac

from components.preflight import OPERATOR_WEBHOOK
from components.rights import rule
from components.training.crds import JobKind
from components.training.names import CERTIFICATE

_ALL = ("get", "list", "watch", "create", "update", "patch", "delete")
_READ = ("get", "list", "watch")
_GANGS = ("scheduling.volcano.sh", "scheduling.x-k8s.io")
"""Where a scheduler of gangs has brought its groups of pods, the operator watches them, though it makes none."""


def job_rules(kinds: Iterable[JobKind]) -> list[rbac.v1.PolicyRuleArgs]:
    """For jobs, and what they are made of. No Secret can be read by these."""
    chosen = sorted(kinds, key=lambda kind: kind.plural)
    plurals = [kind.plural for kind in chosen]
    rules = [
        rule("kubeflow.org", plurals, *_ALL),
        rule("kubeflow.org", [f"{plural}/status" for plural in plurals], "get", "update", "patch"),
        rule("kubeflow.org", [f"{plural}/finalizers" for plural in plurals], "update"),
        rule("", ["pods"], *_ALL),
        rule("", ["services"], *_READ, "create", "delete"),
        rule("", ["events"], "create", "patch"),
        *(rule(group, ["podgroups"], "list", "watch") for group in _GANGS),
    ]
    names = {kind.singular for kind in chosen}
    if "pytorchjob" in names:
        rules.append(rule("autoscaling", ["horizontalpodautoscalers"], *_ALL))
    if "mpijob" in names:
        # The launcher starts its workers by kubectl exec, as an account that the operator makes for it.
        rules += [
            rule("", ["pods/exec"], "create"),
            rule("", ["configmaps"], "list", "watch", "create", "update"),
            rule("", ["serviceaccounts"], *_READ, "create"),
            rule("rbac.authorization.k8s.io", ["roles", "rolebindings"], "list", "watch", "create", "update"),
        ]
    return rules


def own_rules() -> list[rbac.v1.PolicyRuleArgs]:
    """For its certificate, in a namespace where there is no other Secret; and for choosing a leader."""
    return [
        rule("", ["secrets"], "list", "watch"),
        rule("", ["secrets"], "get", "update", names=[CERTIFICATE]),
        rule("coordination.k8s.io", ["leases"], "get", "create", "update"),
        rule("", ["events"], "create", "patch"),
    ]


def webhook_rules() -> list[rbac.v1.PolicyRuleArgs]:
    """For telling the API server by which authority its certificate is."""
    group = "admissionregistration.k8s.io"
    return [
        rule(group, ["validatingwebhookconfigurations"], "list", "watch"),
        rule(group, ["validatingwebhookconfigurations"], "get", "update", names=[OPERATOR_WEBHOOK]),
    ]
