"""Changes of JupyterHub's later releases that do not apply to the hub, as docs/security.md has them."""

import importlib.metadata
import tomllib
from typing import Any

import pytest
from jupyterhub.roles import get_default_roles
from jupyterhub.scopes import _expand_self_scope  # pyright: ignore[reportPrivateUsage]

from components import images
from components.core.jupyterhub.hub_settings import hub_settings
from components.schema.core import CoreSettings
from components.schema.storage import StorageSettings
from tools.places import CHECKOUT

SETTINGS: list[dict[str, Any]] = [{}, {"login": {"adminUsers": ["ada"]}}, {"culler": {"enabled": False}}]


def test_tests_run_the_versions_of_the_hubs_image() -> None:
    assert images.HUB == "quay.io/jupyterhub/k8s-hub:4.4.0"
    group = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["dependency-groups"]["hub"]
    pinned = dict(each.split("==") for each in group)
    assert pinned["jupyterhub"] == importlib.metadata.version("jupyterhub") == "5.5.0"


@pytest.mark.parametrize("core", SETTINGS)
def test_no_role_shares_servers_or_administers_a_part(core: dict[str, Any]) -> None:
    hub = hub_settings(CoreSettings.model_validate(core), StorageSettings(), None)["traits"]["JupyterHub"]
    ours = [scope for role in hub.get("load_roles", []) for scope in role["scopes"]]
    # GHSA-c4gm-pwx9-9w8j and 5.5.2 are about shares, GHSA-69wv-m5fw-2fhp about admin:users and admin:groups of a group.
    assert not [scope for scope in ours if "shares" in scope or scope.startswith("admin:") or "!" in scope]
    assert {role["name"] for role in hub.get("load_roles", [])} <= {"jupyterhub-idle-culler"}


def test_users_may_not_share_by_default() -> None:
    (user,) = [role for role in get_default_roles() if role["name"] == "user"]
    assert user["scopes"] == ["self"]
    # They may look at what is shared with them, of which there is nothing.
    scopes = _expand_self_scope("ada")
    assert not [scope for scope in scopes if scope.startswith("shares")]
    assert not [scope for scope in scopes if not scope.endswith("!user=ada")]
