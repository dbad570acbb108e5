"""Every image that the stack may run.

The versions move together: the hub's image carries JupyterHub 5.5.0, KubeSpawner 7.0.0 and oauthenticator 17.4.0
(dependency group ``hub`` in pyproject.toml), and the notebook images a JupyterHub of the same major version.
"""

from typing import NamedTuple

HUB = "quay.io/jupyterhub/k8s-hub:4.4.0"
PROXY = "quay.io/jupyterhub/configurable-http-proxy:5.2.0"
TRAINING_OPERATOR = "ghcr.io/kubeflow/training-v1/training-operator:v1-93c5489"
"""Kubeflow's training operator 1.9.4."""
KUBECTL_FOR_MPI = "ghcr.io/kubeflow/training-v1/kubectl-delivery:v1-93c5489"
"""What launchers of MPIJobs get kubectl from, of the same build; the operator's own default has no version."""
WAIT_FOR_MASTER = "docker.io/library/alpine:3.22"
"""What the training operator lets PyTorch's workers wait with; upstream's default is of 2019."""
TENSORFLOW = "docker.io/tensorflow/tensorflow:2.20.0"
TENSORFLOW_GPU = "docker.io/tensorflow/tensorflow:2.20.0-gpu"
TF_SERVING = "docker.io/tensorflow/serving:2.19.1"
TF_SERVING_GPU = "docker.io/tensorflow/serving:2.19.1-gpu"
RCLONE = "docker.io/rclone/rclone:1.75.1"
"""What fetches models from S3, which TensorFlow Serving no longer reads."""
NFS_PROVISIONER = "registry.k8s.io/sig-storage/nfs-provisioner:v4.0.8"
"""An NFS server, and what makes volumes of it (nfs-ganesha-server-and-external-provisioner)."""
SELDON_OPERATOR = "docker.io/seldonio/seldon-core-operator:1.17.1"
SELDON_EXECUTOR = "docker.io/seldonio/seldon-core-executor:1.17.1"
"""Seldon Core 1.17.1, the last release under the Apache License."""
SELDON_STORAGE_INITIALIZER = "docker.io/seldonio/rclone-storage-initializer:1.17.1"
SELDON_EXPLAINER = "docker.io/seldonio/alibiexplainer:1.17.1"
SELDON_EXPLAINER_V2 = "docker.io/seldonio/mlserver:1.3.5-alibi-explain"
SELDON_SERVERS = {
    "SKLEARN_SERVER": {
        "seldon": "docker.io/seldonio/sklearnserver:1.17.1",
        "v2": "docker.io/seldonio/mlserver:1.3.5-sklearn",
    },
    "XGBOOST_SERVER": {
        "seldon": "docker.io/seldonio/xgboostserver:1.17.1",
        "v2": "docker.io/seldonio/mlserver:1.3.5-xgboost",
    },
    "MLFLOW_SERVER": {
        "seldon": "docker.io/seldonio/mlflowserver:1.17.1",
        "v2": "docker.io/seldonio/mlserver:1.3.5-mlflow",
    },
    "TENSORFLOW_SERVER": {
        "seldon": "docker.io/seldonio/tfserving-proxy:1.17.1",
        "tensorflow": TF_SERVING,
    },
    "TRITON_SERVER": {"v2": "nvcr.io/nvidia/tritonserver:21.08-py3"},
    "HUGGINGFACE_SERVER": {"v2": "docker.io/seldonio/mlserver:1.3.5-huggingface"},
    "TEMPO_SERVER": {"v2": "docker.io/seldonio/mlserver:1.3.5-slim"},
}
"""What runs a model of each framework, by the protocol that callers speak."""
GPU_DEVICE_PLUGIN = "nvcr.io/nvidia/k8s-device-plugin:v0.18.0"


class NotebookImage(NamedTuple):
    """An entry of the spawn form."""

    title: str
    image: str
    gpu: bool


NOTEBOOKS = {
    "tensorflow-cpu": NotebookImage("TensorFlow, CPU", "quay.io/jupyter/tensorflow-notebook:2026-07-28", gpu=False),
    "tensorflow-gpu": NotebookImage("TensorFlow, GPU", "quay.io/jupyter/tensorflow-notebook:cuda-2026-07-28", gpu=True),
    "pytorch-cpu": NotebookImage("PyTorch, CPU", "quay.io/jupyter/pytorch-notebook:2026-07-28", gpu=False),
    "pytorch-gpu": NotebookImage("PyTorch, GPU", "quay.io/jupyter/pytorch-notebook:cuda12-2026-07-28", gpu=True),
    "scipy": NotebookImage("SciPy, CPU", "quay.io/jupyter/scipy-notebook:2026-07-28", gpu=False),
}
"""The notebooks that the spawn form offers, unless ``kubeflow:core.notebook.images`` names others."""

DEFAULT_NOTEBOOK = "tensorflow-cpu"
"""What a blank form gets, as in Kubeflow 0.1."""
