"""The claims that the core makes, for the preflight to look after."""

from components.preflight import StorageNeed
from components.schema.core import CoreSettings

CORE = "kubeflow:core"


def storage_needs(settings: CoreSettings) -> list[StorageNeed]:
    """The hub's database and the users' homes, if they are on claims."""
    needs: list[StorageNeed] = []
    if settings.hub.database == "pvc":
        needs.append(
            StorageNeed(
                setting=f"{CORE}.hub.database",
                storage_class=settings.hub.database_storage_class,
                class_setting=f"{CORE}.hub.databaseStorageClass",
            )
        )
    if settings.jupyter_notebook_pvc_mount:
        needs.append(
            StorageNeed(
                setting=f"{CORE}.jupyterNotebookPVCMount",
                storage_class=settings.notebook.storage_class,
                class_setting=f"{CORE}.notebook.storageClass",
            )
        )
    return needs
