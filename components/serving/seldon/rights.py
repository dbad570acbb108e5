"""What the operator may do, in the stack's namespace and nowhere else.

Upstream's role also has every Secret and ServiceAccount, to find credentials for downloads: the stack's graphs name the
Secret themselves. The rest of it is for gateways and autoscalers that are switched off here.
"""

from pulumi_kubernetes import rbac

from components.rights import rule
from components.serving.seldon.crd import GROUP, PLURAL
from components.serving.seldon.names import CONFIG

_READ = ("get", "list", "watch")
_OWN = (*_READ, "create", "update", "delete")


def operator_rules() -> list[rbac.v1.PolicyRuleArgs]:
    """For deployments of graphs, and what they are made of."""
    return [
        rule(GROUP, [PLURAL], *_READ),
        rule(GROUP, [f"{PLURAL}/status"], "get", "update", "patch"),
        rule(GROUP, [f"{PLURAL}/finalizers"], "update"),
        rule("apps", ["deployments"], *_OWN),
        rule("", ["services"], *_OWN),
        rule("autoscaling", ["horizontalpodautoscalers"], *_OWN),
        rule("policy", ["poddisruptionbudgets"], *_OWN),
        rule("", ["events"], "create", "patch"),
        # It keeps a copy of those that it reads one of.
        rule("", ["configmaps"], "list", "watch"),
        rule("", ["configmaps"], "get", names=[CONFIG]),
    ]
