"""The areas of the stack's configuration, and its secrets."""

from pydantic import BaseModel

from components.schema.access import AccessSettings
from components.schema.cluster import ClusterSettings
from components.schema.core import CoreSettings
from components.schema.core_checks import ADMIN_PASSWORD, CLIENT_SECRET, SHARED_PASSWORD
from components.schema.jobs import JobsSettings
from components.schema.serving import ServingSettings
from components.schema.storage import StorageSettings

PROJECT = "kubeflow"
AREAS: dict[str, type[BaseModel]] = {
    "cluster": ClusterSettings,
    "storage": StorageSettings,
    "access": AccessSettings,
    "core": CoreSettings,
    "jobs": JobsSettings,
    "serving": ServingSettings,
}
INCLUDE = f"{PROJECT}:include"
"""The key that names files with further settings."""
SECRETS = {SHARED_PASSWORD: 12, ADMIN_PASSWORD: 32, CLIENT_SECRET: 1}
"""The secret keys, and how many characters each has at least; JupyterHub wants 32 of an administrators' password."""
