"""The names, labels and ports by which Seldon's parts find each other. Most are fixed in the operator."""

OPERATOR = "seldon-controller-manager"
CONFIG = "seldon-config"
"""The ConfigMap that the operator takes images from, in the namespace that it looks after."""
CERTIFICATE_FOLDER = "/tmp/k8s-webhook-server/serving-certs"
WEBHOOK_SERVICE = "seldon-webhook-service"
WEBHOOK_PORT = 4443
WEBHOOK_SERVICE_PORT = 443
METRICS_PORT = 8080

DEPLOYMENT_LABEL = "seldon-deployment-id"
"""What the operator puts on every pod of a deployment."""
APP_LABEL = "seldon-app"
"""What the Service of a predictor finds its pods by."""

EXECUTOR = "seldon-container-engine"
"""The container that takes callers' requests through the graph."""
HTTP_PORT = 8000
GRPC_PORT = 5001
FIRST_UNIT_HTTP_PORT = 9000
FIRST_UNIT_GRPC_PORT = 9500
FIRST_UNIT_METRICS_PORT = 6000
METRICS_PATH = "/prometheus"

TF_SERVING = "tfserving"
"""The container of TensorFlow Serving beside the one that speaks Seldon's protocol for it."""
TF_SERVING_GRPC_PORT = 2000
TF_SERVING_HTTP_PORT = 2001

MODEL_FOLDER = "/mnt/models"
POD_INFO_VOLUME = "seldon-podinfo"
POD_INFO_FOLDER = "/etc/podinfo"
USER_ID = 8888
"""The user of Seldon's images."""


def predictor_service(deployment: str, predictor: str) -> str:
    """The Service by which callers reach a predictor."""
    return f"{deployment}-{predictor}"
