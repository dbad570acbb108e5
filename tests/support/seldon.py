"""SeldonDeployments of every shape, as users of Seldon write them."""

from typing import Any

Node = dict[str, Any]


def deployment(named: str, *predictors: Node, **spec: Any) -> Node:
    """A SeldonDeployment with these predictors."""
    return {
        "apiVersion": "machinelearning.seldon.io/v1",
        "kind": "SeldonDeployment",
        "metadata": {"name": named},
        "spec": {**spec, "predictors": list(predictors)},
    }


def predictor(name: str, graph: Node, *containers: Node, **more: Any) -> Node:
    """A predictor whose containers are in one pod."""
    pods = {"componentSpecs": [{"spec": {"containers": list(containers)}}]} if containers else {}
    return {"name": name, "graph": graph, **pods, **more}


def container(name: str, **more: Any) -> Node:
    """A container of a unit of the same name."""
    return {"name": name, "image": f"registry.example.com/{name}:1", **more}


def server(implementation: str, **more: Any) -> Node:
    """A unit that loads a model."""
    return {"name": "net", "implementation": implementation, "modelUri": "gs://models/net", **more}


MODEL: Node = {"name": "digits", "type": "MODEL"}
AUTOSCALED: Node = {
    "hpaSpec": {
        "minReplicas": 1,
        "maxReplicas": 4,
        "metricsv2": [
            {
                "type": "Resource",
                "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}},
            }
        ],
    },
    "pdbSpec": {"maxUnavailable": "50%"},
    "metadata": {"labels": {"team": "vision"}, "annotations": {"note": "1"}, "creationTimestamp": None},
    "spec": {
        "terminationGracePeriodSeconds": 1,
        "nodeSelector": {"team": "vision"},
        "tolerations": [{"key": "spot", "operator": "Exists"}],
        "securityContext": {"runAsUser": 8888},
        "volumes": [{"name": "scratch", "emptyDir": {}}],
        "containers": [
            container(
                "digits",
                env=[{"name": "LEVEL", "value": "1"}, {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "a"}}}],
                resources={"requests": {"cpu": "500m", "memory": "1Gi"}, "limits": {"nvidia.com/gpu": 1}},
                volumeMounts=[{"name": "scratch", "mountPath": "/scratch"}],
                livenessProbe={"tcpSocket": {"port": "http"}, "periodSeconds": 5},
                ports=[{"name": "http", "containerPort": 9000}],
            )
        ],
    },
}
DEEP: Node = {
    "name": "a",
    "type": "TRANSFORMER",
    "children": [
        {
            "name": "b",
            "type": "ROUTER",
            "children": [
                {
                    "name": "c",
                    "type": "COMBINER",
                    "children": [
                        {
                            "name": "d",
                            "type": "OUTPUT_TRANSFORMER",
                            "endpoint": {"type": "REST"},
                            "children": [{"name": "e", "type": "MODEL", "parameters": []}],
                        },
                        {"name": "f", "type": "MODEL", "logger": {"mode": "all", "url": "http://log.example.com"}},
                    ],
                }
            ],
        }
    ],
}
EXAMPLES: dict[str, Node] = {
    "simple": deployment("simple", predictor("default", MODEL, container("digits"), replicas=1), name="simple"),
    "canary": deployment(
        "canary",
        predictor("main", MODEL, container("digits"), traffic=75, labels={"version": "1"}),
        predictor("next", MODEL, container("digits"), traffic=25, annotations={"note": "new"}),
    ),
    "shadow": deployment(
        "shadow",
        predictor("main", MODEL, container("digits"), traffic=100),
        predictor("dark", MODEL, container("digits"), shadow=True, traffic=20),
    ),
    "combiner": deployment(
        "combiner",
        predictor(
            "default",
            {"name": "vote", "type": "COMBINER", "children": [{"name": "a", "type": "MODEL"}, {"name": "b"}]},
            container("vote"),
            container("a"),
            container("b"),
        ),
    ),
    "router": deployment(
        "router",
        predictor(
            "default",
            {
                "name": "choose",
                "type": "ROUTER",
                "parameters": [{"name": "branches", "value": "2", "type": "INT"}],
                "children": [{"name": "a", "type": "MODEL", "children": []}, {"name": "b", "type": "MODEL"}],
            },
            container("choose"),
            container("a"),
            container("b"),
        ),
    ),
    "ab-test": deployment(
        "ab-test",
        predictor(
            "default",
            {
                "name": "split",
                "implementation": "RANDOM_ABTEST",
                "parameters": [{"name": "ratioA", "value": "0.5", "type": "FLOAT"}],
                "children": [{"name": "a", "type": "MODEL"}, {"name": "b", "type": "MODEL"}],
            },
            container("a"),
            container("b"),
        ),
    ),
    "deep": deployment("deep", predictor("default", DEEP, *(container(name) for name in "abcdef"))),
    "methods": deployment(
        "methods",
        predictor("default", {"name": "own", "methods": ["TRANSFORM_INPUT", "SEND_FEEDBACK"]}, container("own")),
    ),
    "sklearn": deployment("sklearn", predictor("default", server("SKLEARN_SERVER", envSecretRefName="models"))),
    "xgboost": deployment("xgboost", predictor("default", server("XGBOOST_SERVER", serviceAccountName="reader"))),
    "mlflow": deployment("mlflow", predictor("default", server("MLFLOW_SERVER"), replicas=2), protocol="v2"),
    "tensorflow": deployment(
        "tensorflow",
        predictor("default", server("TENSORFLOW_SERVER"), {"name": "net", "resources": {"limits": {"cpu": 1}}}),
        protocol="tensorflow",
        transport="grpc",
    ),
    "huggingface": deployment(
        "huggingface",
        predictor(
            "default",
            {
                "name": "net",
                "implementation": "HUGGINGFACE_SERVER",
                "parameters": [{"name": "task", "type": "STRING", "value": "text-generation"}],
            },
        ),
        protocol="v2",
    ),
    "triton": deployment(
        "triton",
        predictor("default", server("TRITON_SERVER", type="MODEL", children=[], storageInitializerImage="rclone:1")),
        protocol="v2",
        annotations={"seldon.io/no-storage-initializer": "true"},
    ),
    "server-of-ones-own": deployment("server-of-ones-own", predictor("default", server("CUSTOM_INFERENCE_SERVER"))),
    "explainer": deployment(
        "explainer",
        predictor(
            "default",
            server("SKLEARN_SERVER"),
            explainer={
                "type": "AnchorTabular",
                "modelUri": "gs://models/explainer",
                "config": {"threshold": "0.9"},
                "containerSpec": {"name": "explainer", "resources": {"limits": {"memory": "4Gi"}}},
                "endpoint": {"type": "REST", "service_port": 9000},
                "replicas": 1,
                "initParameters": "{}",
            },
        ),
    ),
    "autoscaled": deployment("autoscaled", {"name": "default", "graph": MODEL, "componentSpecs": [AUTOSCALED]}),
    "scaled-by-keda": deployment(
        "scaled-by-keda",
        {
            "name": "default",
            "graph": MODEL,
            "componentSpecs": [
                {
                    "replicas": 2,
                    "kedaSpec": {
                        "pollingInterval": 15,
                        "maxReplicaCount": 5,
                        "triggers": [{"type": "prometheus", "metadata": {"threshold": "10"}}],
                    },
                    "spec": {"containers": [container("digits")]},
                }
            ],
        },
    ),
    "orchestrator": deployment(
        "orchestrator",
        predictor(
            "default",
            MODEL,
            container("digits"),
            svcOrchSpec={
                "replicas": 1,
                "env": [{"name": "SELDON_LOG_LEVEL", "value": "DEBUG"}],
                "resources": {"requests": {"cpu": "1"}, "limits": {"memory": "1Gi"}},
            },
            engineResources={"requests": {"cpu": "0.1"}},
            ssl={"certSecretName": "certificate"},
            progressDeadlineSeconds=900,
        ),
        annotations={"seldon.io/engine-separate-pod": "true"},
        replicas=2,
        oauth_key="key",
        oauth_secret="secret",
    ),
    "kafka": deployment(
        "kafka",
        predictor(
            "default",
            MODEL,
            container("digits"),
            svcOrchSpec={"env": [{"name": "KAFKA_BROKER", "value": "kafka:9092"}]},
        ),
        serverType="kafka",
        protocol="kfserving",
        transport="rest",
    ),
}
"""By what each shows."""
STATUS: Node = {
    "state": "Available",
    "description": "all is well",
    "replicas": 2,
    "address": {"url": "http://simple-default.ml.svc.cluster.local:8000/api/v1.0/predictions"},
    "annotations": {"note": "1"},
    "observedGeneration": 3,
    "conditions": [
        {"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z", "reason": "r"}
    ],
    "deploymentStatus": {
        "simple-default-0-digits": {
            "name": "n", "status": "s", "description": "d", "replicas": 2, "availableReplicas": 2, "explainerFor": "e",
        }
    },
    "serviceStatus": {
        "simple-default": {
            "svcName": "simple-default", "httpEndpoint": "h:8000", "grpcEndpoint": "g:5001", "explainerFor": "e",
        }
    },
}  # fmt: skip
"""What the operator may say."""
