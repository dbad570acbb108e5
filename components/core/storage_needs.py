"""The claims that the stack and its users make, for the preflight to look after."""

from components.preflight import StorageNeed
from components.schema.core import CoreSettings
from components.schema.storage import StorageSettings

CORE = "kubeflow:core"


def storage_needs(settings: CoreSettings, storage: StorageSettings) -> list[StorageNeed]:
    """The claims of the core and of disks whose class the cluster has to have already, for the stack makes it not."""
    has_default = any(each.default for each in storage.classes.values())
    made = {*storage.classes, *([None] if has_default else [])}
    return [need for need in _claims(settings, storage) if need.storage_class not in made]


def _claims(settings: CoreSettings, storage: StorageSettings) -> list[StorageNeed]:
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
    needs += [
        StorageNeed(
            setting=f"kubeflow:storage.disks.{name}.storageClass",
            storage_class=disk.storage_class,
            class_setting=f"kubeflow:storage.disks.{name}.storageClass",
        )
        for name, disk in storage.disks.items()
        if disk.storage_class
    ]
    return needs
