"""What the hub's configuration file reads as data: values of traits by class, and the spawn form."""

from collections.abc import Collection
from typing import Any

from components.core.jupyterhub.authenticator import authenticator_traits
from components.core.jupyterhub.names import HUB, HUB_PORT, PROXY_API, PROXY_API_PORT, url
from components.core.jupyterhub.notebook_traits import notebook_traits
from components.installation import ID_LABEL
from components.registry import complete, mirrored
from components.schema.core import CoreSettings, CullerSettings
from components.schema.notebook import NotebookSettings
from components.schema.storage import StorageSettings
from components.spawn_options import CPU, IMAGE, MEMORY

DATABASE_FOLDER = "/srv/jupyterhub"
GPU_EXAMPLE = '{"nvidia.com/gpu": "1"}'
CULLER = "jupyterhub-idle-culler"
CULLER_SCOPES = ["list:users", "read:users:activity", "read:servers", "delete:servers"]
"""What the culler has to do its work, and nothing else."""
CULLER_CONCURRENCY = 10


def hub_settings(
    settings: CoreSettings,
    storage: StorageSettings,
    registry_mirror: str | None,
    secret_names: Collection[str] = (),
    installation_id: str = "",
) -> dict[str, Any]:
    """The content of ``settings.json``.

    Pods and claims of users bear the installation's id, as all that the stack makes.

    Behaviour is Zero to JupyterHub's unless a setting says otherwise: notebooks outlive the hub, and activity is looked
    at each minute. But failed starts never end the hub, where five in a row would: any user can cause them, by an image
    that cannot be pulled or an amount that no node has. What ends is KubeSpawner's view of pods, if the API server was
    away for long, and that begins anew by itself.
    """
    notebook = settings.notebook
    traits: dict[str, dict[str, Any]] = {
        "JupyterHub": {
            "hub_bind_url": f"http://:{HUB_PORT}",
            "hub_connect_url": url(HUB, HUB_PORT),
            "db_url": f"sqlite:///{DATABASE_FOLDER}/jupyterhub.sqlite"
            if settings.hub.database == "pvc"
            else "sqlite://",
            "upgrade_db": True,
            "cleanup_servers": False,
            "last_activity_interval": 60,
            "tornado_settings": {"slow_spawn_timeout": 0},
            "concurrent_spawn_limit": settings.hub.concurrent_spawn_limit,
            "active_server_limit": settings.hub.active_server_limit,
            "subdomain_host": settings.hub.subdomain_host or "",
        },
        "ConfigurableHTTPProxy": {"api_url": url(PROXY_API, PROXY_API_PORT), "should_start": False},
        "KubeSpawner": {
            "consecutive_failure_limit": 0,
            "priority_class_name": settings.notebook_priority_class or "",
            **notebook_traits(settings, storage, registry_mirror),
        },
    }
    for section, values in authenticator_traits(settings, secret_names).items():
        traits.setdefault(section, {}).update(values)
    if settings.culler.enabled:
        traits["JupyterHub"] |= _culler(settings.culler)
    if installation_id:
        spawner = traits["KubeSpawner"]
        for labels in ("extra_labels", "storage_extra_labels"):
            spawner[labels] = {**spawner.get(labels, {}), ID_LABEL: installation_id}
    return {
        "traits": traits,
        # The hub does not start without these.
        "secrets": sorted(secret_names),
        "registry_mirror": registry_mirror,
        "max_users": settings.max_users,
        "bounds": {"limits": notebook.limits, "most": notebook.most},
        "image_rules": _image_rules(notebook, registry_mirror),
        "form": {
            "images": [
                {"title": entry.title, "image": mirrored(entry.image, registry_mirror)}
                for _, entry in sorted(notebook.images.items())
            ],
            "patterns": notebook.image_patterns,
            "defaults": {
                IMAGE: mirrored(notebook.default_image_reference, registry_mirror),
                CPU: notebook.cpu,
                MEMORY: notebook.memory,
            },
            "limits": {CPU: notebook.limits["cpu"], MEMORY: notebook.limits["memory"]},
            "most": {CPU: notebook.most["cpu"], MEMORY: notebook.most["memory"]},
            "gpu_example": GPU_EXAMPLE,
        },
    }


def _image_rules(notebook: NotebookSettings, registry_mirror: str | None) -> dict[str, list[str]]:
    """The fields of ``ImageRules``: what the settings name may be anywhere."""
    listed = {complete(entry.image) for entry in notebook.images.values()}
    named = {*listed, *notebook.image_patterns, *([f"{registry_mirror}/"] if registry_mirror else [])}
    return {
        "listed": sorted(listed | {mirrored(image, registry_mirror) for image in listed}),
        "patterns": notebook.image_patterns,
        "registries": sorted({host for host, slash, _ in (each.partition("/") for each in named) if slash}),
    }


def _culler(culler: CullerSettings) -> dict[str, Any]:
    return {
        "services": [
            {
                "name": CULLER,
                "command": [
                    "python3",
                    "-m",
                    "jupyterhub_idle_culler",
                    f"--url=http://localhost:{HUB_PORT}/hub/api",
                    f"--timeout={culler.timeout_seconds}",
                    f"--cull-every={culler.every_seconds}",
                    f"--max-age={culler.max_age_seconds}",
                    f"--concurrency={CULLER_CONCURRENCY}",
                ],
            }
        ],
        "load_roles": [{"name": CULLER, "scopes": CULLER_SCOPES, "services": [CULLER]}],
    }
