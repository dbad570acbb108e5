"""The names by which the operator, its webhook and its jobs find each other. Some are fixed in the operator."""

OPERATOR = "training-operator"
CERTIFICATE = "training-operator-webhook-cert"
"""The Secret that the operator keeps its webhook's certificate in."""
CERTIFICATE_FOLDER = "/tmp/k8s-webhook-server/serving-certs"
METRICS_PORT = 8080
HEALTH_PORT = 8081
WEBHOOK_PORT = 9443
WEBHOOK_SERVICE_PORT = 443
JOB_LABEL = "training.kubeflow.org/job-name"
"""What the operator puts on every pod of a job."""
