"""The pod template: what users get wrong most, and all else as it is.

The operator reads jobs into Go's types. A stored one that it cannot read keeps it from reading any other of the kind,
and the next time it starts, from working at all: a number where a text belongs must be refused. The operator's webhook
refuses it too while it is up, but there is none for MPIJobs. What is not named here is left to the webhook.
"""

from components.crd_schemas import (
    Schema,
    array,
    int32,
    int64,
    mapping,
    open_record,
    quantity,
    text,
)


def pod_template() -> Schema:
    """The template of a replica's pods, with at least one container, as the operator demands."""
    metadata = open_record({"labels": mapping(text()), "annotations": mapping(text())})
    return open_record({"metadata": metadata, "spec": _pod()}, "spec")


def _pod() -> Schema:
    containers = open_record({**_program(), **_surroundings()}, "name", "image")
    fields = {
        "containers": array(containers, keys=["name"], min_items=1),
        "initContainers": array(open_record(_program(), "name"), keys=["name"]),
        "volumes": array(open_record({"name": text()}, "name"), keys=["name"]),
        "nodeSelector": mapping(text(), x_kubernetes_map_type="atomic"),
        "tolerations": array(open_record({"value": text(), "tolerationSeconds": int64()})),
        **{name: text() for name in ("priorityClassName", "schedulerName", "serviceAccountName")},
    }
    return open_record(fields, "containers")


def _program() -> dict[str, Schema]:
    variable = open_record({"name": text(), "value": text()}, "name")
    return {
        "name": text(),
        "image": text(),
        "command": array(text()),
        "args": array(text()),
        "env": array(variable, keys=["name"]),
    }


def _surroundings() -> dict[str, Schema]:
    mount = open_record({"name": text(), "mountPath": text()}, "mountPath", "name")
    return {
        "imagePullPolicy": text(),
        "ports": array(open_record({"name": text(), "containerPort": int32()}, "containerPort")),
        "resources": open_record({"limits": mapping(quantity()), "requests": mapping(quantity())}),
        "volumeMounts": array(mount, keys=["mountPath"]),
        "workingDir": text(),
    }
