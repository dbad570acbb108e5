"""Stacks that between them have everything the program can make, and what they register."""

from functools import cache
from typing import Any

from tests.support.recorder import Recording, record

SUBSCRIPTION = "01234567-89ab-cdef-0123-456789abcdef"
GKE: dict[str, Any] = {
    "cluster": {
        "context": "",
        "platform": "gke",
        "gke": {
            "project": "acme-ml",
            "location": "europe-west4",
            "create": True,
            "zones": ["europe-west4-a", "europe-west4-b"],
            "endpoint": "private",
            "authorizedNetworks": {"office": "192.0.2.0/24"},
            "authenticatorGroup": "gke-security-groups@example.com",
            "nodePools": {
                "system": {"minNodes": 1},
                "gpu": {"machineType": "g2-standard-8", "gpu": {"type": "nvidia-l4"}, "zones": ["europe-west4-b"]},
                "spot": {"spot": True, "labels": {"team": "vision"}},
            },
        },
    },
    "storage": {
        "disks": {
            "data": {"create": True, "sizeGib": 100, "zone": "europe-west4-a"},
            "models": {"create": True, "sizeGib": 2048, "backend": "filestore", "zone": "europe-west4-a"},
        },
        "classes": {
            "homes": {"default": True, "insteadOf": ["standard-rwo"]},
            "files": {"kind": "file"},
            "fast": {"kind": "local"},
        },
    },
    "access": {
        "clusterAdmins": {"users": ["ada@example.com"], "groups": ["ml-admins@example.com"]},
        "namespaces": {"kubeflow": {"edit": {"users": ["bob@example.com"]}}, "default": {"view": {"users": ["c@d.e"]}}},
    },
    "core": {"jupyterNotebookPVCMount": "/home/jovyan"},
}
AKS: dict[str, Any] = {
    "cluster": {
        "context": "",
        "platform": "aks",
        "azure": {"subscriptionId": SUBSCRIPTION, "resourceGroup": "ml", "location": "westeurope"},
        "aks": {
            "create": True,
            "adminGroups": [SUBSCRIPTION],
            "authorizedNetworks": {"office": "192.0.2.0/24"},
            "nodePools": {
                "system": {"mode": "System", "minNodes": 1, "zones": ["1", "2"]},
                "gpu": {"vmSize": "Standard_NC4as_T4_v3", "gpu": {}},
                "spot": {"spot": True, "labels": {"team": "vision"}},
            },
        },
    },
    "storage": {
        "disks": {
            "data": {"create": True, "sizeGib": 100, "zone": "1"},
            "models": {"create": True, "sizeGib": 200, "backend": "azureFiles"},
        },
        "classes": {"homes": {"default": True, "insteadOf": ["default"]}, "files": {"kind": "file"}},
    },
    "access": {
        "clusterAdmins": {"users": ["ada@example.com"], "groups": ["0a000000-0000-4000-8000-00000000000a"]},
        "objectIds": {"ada@example.com": "0a000000-0000-4000-8000-00000000000b"},
    },
}
JOBS: dict[str, Any] = {
    "tfJobs": {
        "mnist": {
            "image": "registry.example.com/team/mnist:3",
            "imageGpu": "registry.example.com/team/mnist:3-gpu",
            "command": ["python3", "/opt/mnist.py"],
            "args": "--steps=1000,--out=/mnt/data/model",
            "numPs": 1,
            "numWorkers": 2,
            "numGpus": 1,
            "env": {"LEVEL": "info"},
            "secretEnv": {"API_TOKEN": {"secret": "team", "key": "token"}},
            "disks": ["data", "old"],
            "volumes": {"scratch": {"claim": "team-scratch"}, "sets": {"claim": "sets", "readOnly": True}},
            "resources": {"cpu": "2", "memory": "4Gi", "cpuLimit": "4", "memoryLimit": "8Gi"},
            "nodeSelector": {"team": "vision"},
            "tolerations": [{"key": "spot", "operator": "Equal", "value": "true"}],
            "serviceAccount": "trainer",
            "runPolicy": {
                "cleanPodPolicy": "None",
                "backoffLimit": 2,
                "activeDeadlineSeconds": 3600,
                "ttlSecondsAfterFinished": 60,
            },
            "wait": "created",
        },
        "paused": {"image": "registry.example.com/team/mnist:3", "runPolicy": {"suspend": True}},
    },
    "tfCnn": {"cnn": {"numPs": 2, "numWorkers": 2, "numGpus": 2, "env": {"LEVEL": "debug"}, "disks": ["data"]}},
    "pytorchJobs": {
        "bert": {
            "image": f"registry.example.com/bert@sha256:{'0a' * 32}",
            "numWorkers": 3,
            "numGpus": 4,
            "gpusOnMaster": True,
            "nprocPerNode": 4,
        },
        "dist": {
            "image": "docker.io/pytorch/pytorch:2.9.0-cuda12.8-cudnn9-runtime",
            "numWorkers": 1,
            "numGpus": 1,
            "secretEnv": {"API_TOKEN": {"secret": "team", "key": "token"}},
            "runPolicy": {"cleanPodPolicy": "All"},
        },
    },
}
MODELS: dict[str, Any] = {
    "tfServing": {
        "inception": {"modelPath": "gs://kubeflow-models/inception"},
        "resnet": {
            "modelName": "resnet-50",
            "modelPath": "gs://acme-models/resnet",
            "versions": [3, 4],
            "versionLabels": {"stable": 3, "canary": 4},
            "numGpus": 1,
            "spot": True,
            "serviceType": "LoadBalancer",
            "autoscaling": {"minReplicas": 2, "maxReplicas": 8},
            "batching": {"maxBatchSize": 32, "batchTimeoutMicros": 2000, "allowedBatchSizes": [8, 32]},
            "workloadIdentity": {"googleServiceAccount": "reader@acme-ml.iam.gserviceaccount.com"},
            "warmUp": {"iterations": 3},
            "labels": {"team": "vision"},
        },
        "bert": {
            "modelPath": "s3://acme-models/bert",
            "versions": [7],
            "replicas": 3,
            "s3SecretName": "s3",
            "s3Endpoint": "minio.minio.svc:9000",
            "s3UseHttps": "false",
            "clientNamespaces": ["shop", "monitoring"],
            "grpc": True,
            "args": ["--rest_api_timeout_in_ms=60000"],
        },
        "public": {"modelPath": "s3://open-models/gpt", "monitoring": {"enabled": False}, "batching": {}},
        "inception-nfs": {
            "modelPath": "/mnt/var/nfs/general/inception",
            "modelStorageType": "nfs",
            "nfsPVC": "nfs",
            "gcpCredentialSecretName": "gcp",
        },
        "shared": {
            "modelPath": "/mnt/data/models/shared",
            "disks": ["data"],
            "volumes": {"own": {"claim": "vocabulary"}},
            "nodeSelector": {"team": "vision"},
            "tolerations": [{"key": "vision"}],
            "serviceAccount": "reader",
        },
    }
}
GRAPHS: dict[str, Any] = {
    "mnist": {"image": "registry.example.com/team/mnist:3", "replicas": 2},
    "words": {"image": "registry.example.com/team/words:1", "endpoint": "GRPC", "waitSeconds": 600},
    "iris": {
        "predictors": {
            "main": {
                "traffic": 90,
                "replicas": 2,
                "units": {
                    "iris": {
                        "implementation": "SKLEARN_SERVER",
                        "modelUri": "s3://models/iris",
                        "envSecretRefName": "models",
                        "storageEndpoint": "http://minio.minio.svc:9000",
                        "serviceAccountName": "reader",
                    }
                },
            },
            "canary": {
                "traffic": 10,
                "units": {"iris": {"implementation": "XGBOOST_SERVER", "modelUri": "pvc://team-models/iris/2"}},
            },
            "dark": {
                "shadow": True,
                "units": {"iris": {"implementation": "MLFLOW_SERVER", "modelUri": "gs://models/iris"}},
            },
        }
    },
    "pipeline": {
        "predictors": {
            "main": {
                "units": {
                    "clean": {
                        "type": "TRANSFORMER",
                        "image": "registry.example.com/clean:1",
                        "children": ["explain"],
                        "env": {"LEVEL": "info"},
                        "secretEnv": {"TOKEN": {"secret": "team", "key": "token"}},
                    },
                    "explain": {
                        "type": "OUTPUT_TRANSFORMER",
                        "image": "registry.example.com/explain:1",
                        "children": ["vote"],
                    },
                    "vote": {
                        "type": "COMBINER",
                        "image": "registry.example.com/vote:1",
                        "children": ["split", "digits"],
                        "parameters": {"weight": 0.5, "rounds": 3, "strict": True, "mode": "mean"},
                    },
                    "split": {"implementation": "RANDOM_ABTEST", "parameters": {"ratioA": 0.7}, "children": ["a", "b"]},
                    "a": {
                        "image": "registry.example.com/a:1",
                        "numGpus": 1,
                        "resources": {"cpu": "1", "memory": "2Gi", "cpuLimit": "2", "memoryLimit": "4Gi"},
                    },
                    "b": {"type": "ROUTER", "image": "registry.example.com/b:1", "children": ["c"]},
                    "c": {"image": "registry.example.com/c:1", "modelUri": "gs://models/c"},
                    "digits": {"implementation": "TENSORFLOW_SERVER", "modelUri": "gs://models/digits"},
                }
            }
        }
    },
    "images": {
        "protocol": "tensorflow",
        "predictors": {
            "main": {
                "nodeSelector": {"team": "vision"},
                "tolerations": [{"key": "vision"}],
                "units": {
                    "resnet": {"implementation": "TENSORFLOW_SERVER", "modelUri": "gs://models/resnet", "numGpus": 1}
                },
            }
        },
    },
    "texts": {
        "protocol": "v2",
        "endpoint": "GRPC",
        "predictors": {
            "main": {
                "units": {
                    "gpt": {"implementation": "HUGGINGFACE_SERVER", "parameters": {"task": "text-generation"}},
                }
            }
        },
    },
    "fast": {
        "protocol": "v2",
        "predictors": {"main": {"units": {"net": {"implementation": "TRITON_SERVER", "modelUri": "gs://models/net"}}}},
    },
}
STACKS: dict[str, dict[str, Any]] = {
    "gke": GKE,
    "aks": AKS,
    "disks of the cluster's own": {
        "storage": {
            "disks": {"data": {"storageClass": "standard", "sizeGib": 10}, "old": {"path": "/srv", "node": "n"}}
        },
        "access": {"clusterAdmins": {"users": ["ada"]}, "openshiftAnyuid": True},
        "cluster": {"gpuDevicePlugin": "install"},
    },
    "jobs": {
        "storage": {
            "disks": {
                "data": {"storageClass": "standard", "sizeGib": 10},
                "old": {"path": "/srv", "node": "n", "readOnly": True},
            }
        },
        "jobs": JOBS,
    },
    "models": {
        "cluster": GKE["cluster"],
        "storage": {"disks": {"data": {"create": True, "sizeGib": 100, "zone": "europe-west4-a"}}},
        "serving": MODELS,
    },
    "an operator for all": {
        "core": {
            "trainingOperator": {
                "watch": "cluster",
                "replicas": 2,
                "kinds": ["tfJob", "pytorchJob", "mpiJob", "xgboostJob", "paddleJob", "jaxJob"],
            }
        }
    },
    "graphs": {"serving": {"seldon": {"enabled": True, "deployments": GRAPHS}}},
    "graphs through a mirror": {
        "core": {"namespace": "ml"},
        "cluster": {"registryMirror": "mirror.example.com"},
        "serving": {"seldon": {"enabled": True, "deployments": GRAPHS}},
    },
    "no operator": {"core": {"trainingOperator": {"enabled": False}}},
    "defaults": {},
    "everything": {
        "core": {
            "namespace": "ml",
            "jupyterHubServiceType": "LoadBalancer",
            "jupyterNotebookPVCMount": "/home/jovyan",
            "reportUsage": True,
            "usageCollectorUrl": "https://collector.example.com:8443/v1",
            "notebook": {"volumes": {"data": {"claim": "data"}}},
        },
        "sharedPassword": "correct horse battery",
    },
    "memory": {"core": {"hub": {"database": "memory"}, "culler": {"enabled": False}}},
    "github": {
        "core": {
            "jupyterHubAuthenticator": "github",
            "login": {
                "clientId": "id",
                "callbackUrl": "https://hub.example.com/hub/oauth_callback",
                "allowedOrganizations": ["org"],
            },
        },
        "oauthClientSecret": "s3cret",
    },
}


@cache
def recorded(name: str) -> Recording:
    """What the stack ``name`` registers, recorded once: nobody changes it."""
    return record(**STACKS[name])
