"""How users log in, as values of JupyterHub's traits."""

from collections.abc import Collection
from typing import Any

from components.notebook_names import USER_NAMES
from components.schema.core import CoreSettings

_CLASSES = {
    "oidc": ("generic-oauth", "GenericOAuthenticator"),
    "github": ("github", "GitHubOAuthenticator"),
    "google": ("google", "GoogleOAuthenticator"),
    "azuread": ("azuread", "AzureAdOAuthenticator"),
}
"""The entry point of each authenticator and the class whose traits it reads."""


def authenticator_traits(settings: CoreSettings, secret_names: Collection[str]) -> dict[str, dict[str, Any]]:
    """Traits by class, without secrets: the hub adds those from files.

    Args:
        settings: who may log in, and how.
        secret_names: what the hub finds secrets for; with a shared password, ``dummy`` asks for it.
    """
    login = settings.login
    everybody: dict[str, Any] = {
        "admin_users": sorted(login.admin_users),
        "allowed_users": sorted(login.allowed_users),
        # Whoever comes in can start a notebook.
        "username_pattern": USER_NAMES,
        # Whoever is no longer named is no longer let in, known to the hub or not.
        "allow_existing_users": False,
    }
    kind = settings.jupyter_hub_authenticator
    if kind == "dummy":
        allow_all = login.allow_all or not login.allowed_users
        entry_point = "shared-password" if "shared-password" in secret_names else "dummy"
        return {
            "JupyterHub": {"authenticator_class": entry_point},
            "Authenticator": {**everybody, "allow_all": allow_all},
        }
    entry_point, section = _CLASSES[kind]
    # A hosted domain narrows whom Google vouches for, and whoever is left comes in unless users are named.
    allow_all = login.allow_all or (kind == "google" and bool(login.hosted_domains) and not login.allowed_users)
    provider: dict[str, Any] = {
        "client_id": login.client_id,
        "oauth_callback_url": login.callback_url,
    }
    match kind:
        case "github":
            provider["allowed_organizations"] = sorted(login.allowed_organizations)
            if login.allowed_organizations:
                provider["scope"] = ["read:org"]
        case "google":
            # Names keep their domain: with it cut off, a second domain would give somebody else's home away.
            provider |= {"hosted_domain": sorted(login.hosted_domains), "strip_domain": False}
        case "azuread":
            # By default users would be known by their display names, which two may share, and a home with it. What is
            # unique comes with the second version of the endpoints and its scopes.
            endpoints = f"https://login.microsoftonline.com/{login.tenant_id}/oauth2/v2.0"
            provider |= {
                "tenant_id": login.tenant_id,
                "authorize_url": f"{endpoints}/authorize",
                "token_url": f"{endpoints}/token",
                "username_claim": login.username_claim,
                "scope": login.scopes,
            }
        case _:
            provider |= {
                "authorize_url": login.authorize_url,
                "token_url": login.token_url,
                "userdata_url": login.userdata_url,
                "username_claim": login.username_claim,
                "scope": login.scopes,
                "login_service": "OpenID Connect",
            }
    return {
        "JupyterHub": {"authenticator_class": entry_point},
        "Authenticator": {**everybody, "allow_all": allow_all},
        section: provider,
    }
