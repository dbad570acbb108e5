"""``kubeflow:core.login``: who may log in."""

from typing import Annotated

from pydantic import Field

from components.schema.types import Boolean, Domain, Section, Unset, Url, UserName, Word


class LoginSettings(Section):
    """Users, and the application that an OAuth or OpenID provider knows the hub as."""

    allowed_users: list[UserName] = Field(
        default_factory=list[str],
        description="Who may log in, beside the members of what the provider's keys name. With `dummy`, "
        "everybody unless it names somebody.",
    )
    admin_users: list[UserName] = Field(
        default_factory=list[str],
        description="Who may log in and administer the hub: stop and open others' servers. With `dummy` they log "
        "in with the secret `kubeflow:adminPassword`.",
    )
    max_users: int | None = Field(
        default=None,
        ge=1,
        description="The most users that the hub takes in; whoever `allowedUsers` and `adminUsers` name comes in all "
        "the same. Unset: 100 with `dummy`, which vouches for nobody, and no bound with a provider.",
    )
    allow_all: Boolean = Field(default=False, description="Whether everybody whom the provider knows may log in.")
    client_id: Annotated[Word | None, Unset] = Field(
        default=None, description="The application's client id. Its secret is `kubeflow:oauthClientSecret`."
    )
    callback_url: Annotated[Url | None, Unset] = Field(
        default=None, description="The hub's public URL followed by `/hub/oauth_callback`, as the provider knows it."
    )
    allowed_organizations: list[Word] = Field(
        default_factory=list[str], description="`github`: the organisations whose members may log in."
    )
    hosted_domains: list[Domain] = Field(
        default_factory=list[str],
        description="`google`: the Workspace domains whose users may log "
        "in, all of them unless `allowedUsers` names some.",
    )
    tenant_id: Annotated[Word | None, Unset] = Field(default=None, description="`azuread`: the directory (tenant) id.")
    authorize_url: Annotated[Url | None, Unset] = Field(default=None, description="`oidc`: the authorization endpoint.")
    token_url: Annotated[Url | None, Unset] = Field(default=None, description="`oidc`: the token endpoint.")
    userdata_url: Annotated[Url | None, Unset] = Field(default=None, description="`oidc`: the userinfo endpoint.")
    username_claim: Word = Field(
        default="preferred_username",
        min_length=1,
        description="`oidc`, `azuread`: the claim that becomes the user's "
        "name. It has to be one that no two people share.",
    )
    scopes: list[Word] = Field(
        default_factory=lambda: ["openid", "profile", "email"], description="`oidc`, `azuread`: the scopes to ask for."
    )
