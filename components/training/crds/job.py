"""What the jobs of all kinds have in common."""

from collections.abc import Sequence

from pulumi_kubernetes import apiextensions

from components.crd_schemas import (
    Schema,
    array,
    boolean,
    constant_text,
    int32,
    int64,
    mapping,
    moment,
    open_record,
    quantity,
    record,
    text,
)
from components.training.crds.pod import pod_template

MANAGERS = ("kubeflow.org/training-operator", "kueue.x-k8s.io/multikueue")


def clean_pod_policy() -> Schema:
    """Which pods go when the job is done."""
    return text("All", "Running", "None")


def run_policy() -> Schema:
    """How a job runs and ends."""
    scheduling = {
        "minAvailable": int32(),
        "minResources": mapping(quantity()),
        "priorityClass": text(),
        "queue": constant_text("spec.runPolicy.schedulingPolicy.queue"),
        "scheduleTimeoutSeconds": int32(),
    }
    return record(
        {
            "activeDeadlineSeconds": int64(minimum=1),
            "backoffLimit": int32(minimum=0),
            "cleanPodPolicy": clean_pod_policy(),
            "managedBy": text(*MANAGERS),
            "schedulingPolicy": record(scheduling),
            "suspend": boolean(default=False),
            "ttlSecondsAfterFinished": int32(minimum=0),
        }
    )


def replica_specs(types: Sequence[str], *, any_case: bool) -> Schema:
    """The replicas of a job by their type.

    Args:
        types: those that the kind has.
        any_case: whether the operator takes the types' names in small letters too.
    """
    names = [name.lower() for name in types] if any_case else list(types)
    key = "name.lowerAscii()" if any_case else "name"
    rule = apiextensions.v1.ValidationRuleArgs(
        rule=f"self.all(name, {key} in {names})", message=f"the types of replicas are {', '.join(types)}"
    )
    replica = {
        "replicas": int32(minimum=0),
        "restartPolicy": text("Always", "OnFailure", "Never", "ExitCode"),
        "template": pod_template(),
    }
    # The limit is for the rule too: its cost is reckoned for as many entries as there may be.
    return mapping(record(replica, "template"), x_kubernetes_validations=[rule], max_properties=len(types))


def metrics() -> Schema:
    """What a HorizontalPodAutoscaler measures: its own API knows the rest."""
    return array(open_record({"type": text()}, "type"))


def status() -> Schema:
    """What the operator says of a job."""
    condition = {
        **{name: text() for name in ("message", "reason", "status", "type")},
        **{name: moment() for name in ("lastTransitionTime", "lastUpdateTime")},
    }
    replica = {
        **{name: int32() for name in ("active", "failed", "succeeded")},
        "labelSelector": open_record(x_kubernetes_map_type="atomic"),
        "selector": text(),
    }
    return record(
        {
            "conditions": array(record(condition, "status", "type")),
            "replicaStatuses": mapping(record(replica)),
            **{name: moment() for name in ("completionTime", "lastReconcileTime", "startTime")},
        }
    )
