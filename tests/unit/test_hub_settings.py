"""The hub's settings are values of traits that the classes of its image really have."""

import importlib
import importlib.metadata
from typing import Any

import pytest
from traitlets.config import Config

from components.core.jupyterhub.hub_settings import hub_settings
from components.schema.core import CoreSettings
from components.schema.storage import StorageSettings

CALLBACK = "https://hub.example.com/hub/oauth_callback"
LOGIN = {"clientId": "id", "callbackUrl": CALLBACK, "allowAll": True}
CLASSES = {
    "JupyterHub": "jupyterhub.app",
    "Authenticator": "jupyterhub.auth",
    "ConfigurableHTTPProxy": "jupyterhub.proxy",
    "KubeSpawner": "kubespawner",
    "GitHubOAuthenticator": "oauthenticator.github",
    "GoogleOAuthenticator": "oauthenticator.google",
    "AzureAdOAuthenticator": "oauthenticator.azuread",
    "GenericOAuthenticator": "oauthenticator.generic",
}
SETTINGS: dict[str, dict[str, Any]] = {
    "defaults": {},
    "volumes": {
        "jupyterNotebookPVCMount": "/home/jovyan",
        "notebook": {"storageClass": "fast", "volumes": {"data": {"claim": "data", "readOnly": True}}},
    },
    "memory": {"hub": {"database": "memory"}, "culler": {"enabled": False}},
    "github": {"jupyterHubAuthenticator": "github", "login": {**LOGIN, "allowedOrganizations": ["org"]}},
    "google": {"jupyterHubAuthenticator": "google", "login": {**LOGIN, "hostedDomains": ["example.com"]}},
    "azuread": {"jupyterHubAuthenticator": "azuread", "login": {**LOGIN, "tenantId": "tenant"}},
    "oidc": {
        "jupyterHubAuthenticator": "oidc",
        "login": {
            **LOGIN,
            **dict.fromkeys(("authorizeUrl", "tokenUrl", "userdataUrl"), "https://id.example.com/x"),
        },
    },
}


def traits_of(core: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return hub_settings(CoreSettings.model_validate(core), StorageSettings(), None)["traits"]


@pytest.mark.parametrize("name", SETTINGS)
def test_every_value_is_taken_by_the_trait_of_its_class(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONFIGPROXY_AUTH_TOKEN", "the proxy is not made without one")
    for section, values in traits_of(SETTINGS[name]).items():
        cls = getattr(importlib.import_module(CLASSES[section]), section)
        unknown = set(values) - set(cls.class_traits(config=True))
        assert not unknown, (section, unknown)
        # Traits check the type of each value when they take it.
        config = Config({section: {**values, "services": [], "load_roles": []} if section == "JupyterHub" else values})
        if section not in ("JupyterHub", "KubeSpawner"):
            cls(config=config)


@pytest.mark.parametrize(
    ("kind", "entry_point"), [("oidc", "generic-oauth"), ("github", "github"), ("azuread", "azuread")]
)
def test_authenticator_is_one_that_the_image_registers(kind: str, entry_point: str) -> None:
    found = importlib.metadata.entry_points(group="jupyterhub.authenticators", name=entry_point)
    assert found
    assert traits_of(SETTINGS[kind])["JupyterHub"]["authenticator_class"] == entry_point


def test_hosted_domain_lets_its_members_in_and_named_users_narrow_it() -> None:
    login: dict[str, Any] = {**LOGIN, "allowAll": False, "hostedDomains": ["example.com"]}
    google: dict[str, Any] = {"jupyterHubAuthenticator": "google", "login": login}
    assert traits_of(google)["Authenticator"]["allow_all"] is True
    named = {**google, "login": {**login, "allowedUsers": ["ada"]}}
    assert traits_of(named)["Authenticator"]["allow_all"] is False


def test_named_users_narrow_a_dummy_login() -> None:
    assert traits_of({})["Authenticator"]["allow_all"] is True
    narrowed = traits_of({"login": {"allowedUsers": ["Ada"]}})["Authenticator"]
    assert narrowed["allow_all"] is False
    assert narrowed["allowed_users"] == ["ada"]


@pytest.mark.parametrize("name", SETTINGS)
def test_whoever_is_no_longer_named_is_no_longer_let_in(name: str) -> None:
    assert traits_of(SETTINGS[name])["Authenticator"]["allow_existing_users"] is False


def test_a_shared_password_is_asked_for_by_the_authenticator_that_has_one() -> None:
    traits = hub_settings(CoreSettings(), StorageSettings(), None, ["shared-password"])["traits"]
    assert traits["JupyterHub"]["authenticator_class"] == "shared-password"
    assert importlib.metadata.entry_points(group="jupyterhub.authenticators", name="shared-password")


def test_further_volumes_are_added_to_the_home() -> None:
    spawner = traits_of(SETTINGS["volumes"])["KubeSpawner"]
    assert [mount["mountPath"] for mount in spawner["volume_mounts"]] == ["/home/jovyan", "/mnt/data"]
    assert spawner["storage_class"] == "fast"
    assert spawner["storage_capacity"] == "10Gi"


def test_nothing_persists_unless_asked() -> None:
    spawner = traits_of({})["KubeSpawner"]
    assert spawner["volumes"] == spawner["volume_mounts"] == []
    assert spawner["storage_pvc_ensure"] is False


def test_culler_has_the_scopes_it_needs_and_no_other() -> None:
    hub = traits_of({"culler": {"timeoutSeconds": 60, "maxAgeSeconds": 7200}})["JupyterHub"]
    (role,) = hub["load_roles"]
    assert set(role["scopes"]) == {"list:users", "read:users:activity", "read:servers", "delete:servers"}
    assert {"--timeout=60", "--max-age=7200"} <= set(hub["services"][0]["command"])
    assert "services" not in traits_of({"culler": {"enabled": False}})["JupyterHub"]


def test_pods_and_claims_of_users_bear_the_installations_id() -> None:
    spawner = hub_settings(CoreSettings(), StorageSettings(), None, installation_id="nocloud-1")["traits"][
        "KubeSpawner"
    ]
    for labels in ("extra_labels", "storage_extra_labels"):
        assert spawner[labels]["kubeflow.org/installation-id"] == "nocloud-1"
