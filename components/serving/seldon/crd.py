"""The definition of SeldonDeployments of Seldon Core 1.17, with a schema of our own.

Upstream's has 1.8 MB, since each of its three versions spells out Kubernetes' pod template with its documentation. This
one names the same fields everywhere else, of the same types, and of the pod template what users get wrong most.
"""

from pulumi_kubernetes import apiextensions

from components.crd_schemas import (
    Properties,
    Schema,
    array,
    boolean,
    int32,
    mapping,
    open_record,
    quantity,
    record,
    text,
)
from components.schema.seldon import MOST_PREDICTORS

GROUP = "machinelearning.seldon.io"
KIND = "SeldonDeployment"
PLURAL = "seldondeployments"
DEFINITION = f"{PLURAL}.{GROUP}"
VERSION = "v1"
OLD_VERSIONS = ("v1alpha2", "v1alpha3")
"""What manifests of Seldon's first years are written in, many of upstream's examples too; the fields are v1's."""
TYPES = ("UNKNOWN_TYPE", "ROUTER", "COMBINER", "MODEL", "TRANSFORMER", "OUTPUT_TRANSFORMER")
METHODS = ("TRANSFORM_INPUT", "TRANSFORM_OUTPUT", "ROUTE", "AGGREGATE", "SEND_FEEDBACK")
NAMED_GENERATIONS = 2
"""How deep the units of a graph are described: a schema cannot repeat itself. What is deeper is kept as it is."""


def custom_resource_definition() -> apiextensions.v1.CustomResourceDefinitionSpecArgs:
    """The definition of SeldonDeployments."""
    return apiextensions.v1.CustomResourceDefinitionSpecArgs(
        group=GROUP,
        scope="Namespaced",
        names=apiextensions.v1.CustomResourceDefinitionNamesArgs(
            kind=KIND, list_kind=f"{KIND}List", plural=PLURAL, singular=KIND.lower(), short_names=["sdep"]
        ),
        versions=[_version(name) for name in (VERSION, *OLD_VERSIONS)],
    )


def _version(name: str) -> apiextensions.v1.CustomResourceDefinitionVersionArgs:
    column = apiextensions.v1.CustomResourceColumnDefinitionArgs
    return apiextensions.v1.CustomResourceDefinitionVersionArgs(
        name=name,
        served=True,
        storage=name == VERSION,
        deprecated=True if name in OLD_VERSIONS else None,
        additional_printer_columns=[
            column(name="State", type="string", json_path=".status.state"),
            column(name="Replicas", type="integer", json_path=".status.replicas"),
            column(name="Age", type="date", json_path=".metadata.creationTimestamp"),
        ],
        subresources=apiextensions.v1.CustomResourceSubresourcesArgs(
            status={},
            scale=apiextensions.v1.CustomResourceSubresourceScaleArgs(
                spec_replicas_path=".spec.replicas", status_replicas_path=".status.replicas"
            ),
        ),
        schema=apiextensions.v1.CustomResourceValidationArgs(open_apiv3_schema=_deployment()),
    )


def _deployment() -> Schema:
    spec = {
        **{name: text() for name in ("name", "oauth_key", "oauth_secret")},
        "annotations": mapping(text()),
        "protocol": text("seldon", "tensorflow", "kfserving", "v2"),
        "transport": text("rest", "grpc"),
        "serverType": text("rpc", "kafka"),
        "replicas": int32(minimum=0),
        "predictors": array(
            _predictor(),
            keys=["name"],
            min_items=1,
            max_items=MOST_PREDICTORS,
            x_kubernetes_validations=_traffic_rules(),
        ),
    }
    return record(
        {
            "apiVersion": text(),
            "kind": text(),
            "metadata": Schema(type="object"),
            "spec": record(spec, "predictors"),
            "status": _status(),
        },
        "spec",
    )


def _traffic_rules() -> list[apiextensions.v1.ValidationRuleArgs]:
    """What the operator's webhook demands too, as long as it is up."""
    rule = apiextensions.v1.ValidationRuleArgs
    shadow = "has(p.shadow) && p.shadow"
    traffic = "(has(p.traffic) ? p.traffic : 0)"
    return [
        rule(rule=f"self.filter(p, {shadow}).size() < 2", message="at most one predictor is a shadow"),
        rule(rule=f"self.exists(p, !({shadow}))", message="a shadow needs a predictor whose traffic it sees"),
        rule(
            rule=f"self.filter(p, !({shadow})).size() < 2"
            f" || self.filter(p, !({shadow})).map(p, {traffic}).sum() == 100",
            message="the traffic of several predictors, without that of a shadow, is 100 in all",
        ),
    ]


def _predictor() -> Schema:
    engine = {"resources": open_record(), "env": array(_variable()), "replicas": int32(minimum=0)}
    fields = {
        "name": text(),
        "graph": _unit(NAMED_GENERATIONS),
        "componentSpecs": array(_pods()),
        "replicas": int32(minimum=0),
        "annotations": mapping(text()),
        "labels": mapping(text()),
        "engineResources": open_record(),
        "svcOrchSpec": record(engine),
        "traffic": Schema(type="integer", format="int32", minimum=0, maximum=100),
        "shadow": boolean(),
        "explainer": _explainer(),
        "ssl": record({"certSecretName": text()}),
        "progressDeadlineSeconds": int32(minimum=0),
    }
    return record(fields, "name", "graph")


def _unit(generations: int) -> Schema:
    child = _unit(generations - 1) if generations > 1 else open_record({"name": text()}, "name")
    parameter = {"name": text(), "value": text(), "type": text("INT", "FLOAT", "DOUBLE", "STRING", "BOOL")}
    fields = {
        **{
            name: text()
            for name in (
                "name",
                "implementation",
                "modelUri",
                "serviceAccountName",
                "envSecretRefName",
                "storageInitializerImage",
            )
        },
        "type": text(*TYPES),
        "methods": array(text(*METHODS)),
        "endpoint": _endpoint(),
        "parameters": array(record(parameter, "name", "value", "type")),
        "logger": record({"url": text(), "mode": text("all", "request", "response")}),
        "children": array(child),
    }
    return record(fields, "name")


def _endpoint() -> Schema:
    ports = {name: int32(minimum=0) for name in ("service_port", "httpPort", "grpcPort")}
    return record({"service_host": text(), "type": text("REST", "GRPC"), **ports})


def _explainer() -> Schema:
    texts = ("type", "modelUri", "serviceAccountName", "envSecretRefName", "storageInitializerImage", "initParameters")
    fields = {
        **{name: text() for name in texts},
        "containerSpec": open_record({"name": text(), "image": text(), "env": array(_variable())}),
        "config": mapping(text()),
        "endpoint": _endpoint(),
        "replicas": int32(minimum=0),
    }
    return record(fields)


def _pods() -> Schema:
    metric = array(open_record({"type": text()}, "type"))
    autoscaler = {
        "minReplicas": int32(minimum=0),
        "maxReplicas": int32(minimum=1),
        "metrics": metric,
        "metricsv2": metric,
    }
    either = Schema(x_kubernetes_int_or_string=True)
    return record(
        {
            "metadata": open_record({"name": text(), "labels": mapping(text()), "annotations": mapping(text())}),
            "spec": _pod(),
            "hpaSpec": record(autoscaler, "maxReplicas"),
            "kedaSpec": open_record({"triggers": array(open_record({"type": text()}))}),
            "pdbSpec": record({"minAvailable": either, "maxUnavailable": either}),
            "replicas": int32(minimum=0),
        }
    )


def _pod() -> Schema:
    """A pod, of which the operator makes what is not said: a container of a server needs no image."""
    container: Properties = {
        **{name: text() for name in ("name", "image", "imagePullPolicy")},
        "command": array(text()),
        "args": array(text()),
        "env": array(_variable()),
        "resources": open_record({"limits": mapping(quantity()), "requests": mapping(quantity())}),
        "volumeMounts": array(open_record({"name": text(), "mountPath": text()}, "name", "mountPath")),
    }
    fields: Properties = {
        "containers": array(open_record(container, "name"), keys=["name"]),
        "volumes": array(open_record({"name": text()}, "name"), keys=["name"]),
        "nodeSelector": mapping(text(), x_kubernetes_map_type="atomic"),
        "serviceAccountName": text(),
    }
    return open_record(fields)


def _variable() -> Schema:
    return open_record({"name": text(), "value": text()}, "name")


def _status() -> Schema:
    deployment = {
        **{name: text() for name in ("name", "status", "description", "explainerFor")},
        **{name: int32() for name in ("replicas", "availableReplicas")},
    }
    service = {name: text() for name in ("svcName", "httpEndpoint", "grpcEndpoint", "explainerFor")}
    return record(
        {
            "state": text(),
            "description": text(),
            "replicas": int32(),
            "deploymentStatus": mapping(record(deployment)),
            "serviceStatus": mapping(record(service)),
            "address": record({"url": text()}),
            "annotations": mapping(text()),
            "conditions": array(open_record({"type": text(), "status": text()}, "type", "status")),
            "observedGeneration": Schema(type="integer", format="int64"),
        }
    )
