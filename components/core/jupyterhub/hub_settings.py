"""What the hub's configuration file reads as data: values of traits by class, and the spawn form."""

from collections.abc import Collection
from typing import Any

from components.core.jupyterhub.authenticator import authenticator_traits
from components.core.jupyterhub.names import HUB, HUB_PORT, PROXY_API, PROXY_API_PORT, url
from components.core.jupyterhub.notebook_traits import notebook_traits
from components.registry import mirrored
from components.schema.core import CoreSettings, CullerSettings
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
) -> dict[str, Any]:
    """The content of ``settings.json``.

    Behaviour is Zero to JupyterHub's unless a setting says otherwise: notebooks outlive the hub, activity is looked at
    each minute, five failed starts in a row restart the hub.
    """
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
        },
        "ConfigurableHTTPProxy": {"api_url": url(PROXY_API, PROXY_API_PORT), "should_start": False},
        "KubeSpawner": {"consecutive_failure_limit": 5, **notebook_traits(settings, storage, registry_mirror)},
    }
    for section, values in authenticator_traits(settings, secret_names).items():
        traits.setdefault(section, {}).update(values)
    if settings.culler.enabled:
        traits["JupyterHub"] |= _culler(settings.culler)
    return {
        "traits": traits,
        # The hub does not start without these.
        "secrets": sorted(secret_names),
        "registry_mirror": registry_mirror,
        "form": {
            "images": [
                {"title": entry.title, "image": mirrored(entry.image, registry_mirror)}
                for _, entry in sorted(settings.notebook.images.items())
            ],
            "defaults": {
                IMAGE: mirrored(settings.notebook.default_image_reference, registry_mirror),
                CPU: settings.notebook.cpu,
                MEMORY: settings.notebook.memory,
            },
            "gpu_example": GPU_EXAMPLE,
        },
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
