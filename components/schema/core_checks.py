"""What the settings of the core must not say together."""

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from components.errors import Problem
from components.schema.core import CoreSettings
from components.schema.login import LoginSettings
from components.schema.mount_checks import SYSTEM_FOLDERS, core_mounts, nested_problems
from components.schema.notebook_checks import notebook_problems
from components.schema.pod_checks import owner_of, toleration_problems
from components.schema.subdomain_checks import subdomain_problems

CORE = "kubeflow:core"
SHARED_PASSWORD, ADMIN_PASSWORD = "kubeflow:sharedPassword", "kubeflow:adminPassword"
CLIENT_SECRET = "kubeflow:oauthClientSecret"

_KEYS_OF_PROVIDERS: dict[str, Callable[[LoginSettings], object]] = {
    "allowedOrganizations": lambda login: login.allowed_organizations,
    "hostedDomains": lambda login: login.hosted_domains,
    "tenantId": lambda login: login.tenant_id,
    "authorizeUrl": lambda login: login.authorize_url,
    "tokenUrl": lambda login: login.token_url,
    "userdataUrl": lambda login: login.userdata_url,
}
_PROVIDER_OF_KEY = {
    "allowedOrganizations": "github",
    "hostedDomains": "google",
    "tenantId": "azuread",
    "authorizeUrl": "oidc",
    "tokenUrl": "oidc",
    "userdataUrl": "oidc",
}
_MEMBERS_KEY_OF_PROVIDER = {"github": "allowedOrganizations", "google": "hostedDomains"}
_MEANING_OF_KEY = {
    "clientId": "the id that the provider gave the application",
    "callbackUrl": "the hub's public URL followed by /hub/oauth_callback, as the provider knows it",
    "tenantId": "the id of the directory (tenant)",
    "authorizeUrl": "the provider's authorization endpoint",
    "tokenUrl": "the provider's token endpoint",
    "userdataUrl": "the provider's userinfo endpoint",
}
_NAMED_BY_CLAIMS = ("azuread", "oidc")
_REQUIRED_OF_PROVIDER = {"azuread": ("tenantId",), "oidc": ("authorizeUrl", "tokenUrl", "userdataUrl")}
_RETIRED_COLLECTOR = "stats-collector.kubeflow.org"


def core_problems(core: CoreSettings, secrets: set[str]) -> Iterator[Problem]:
    """What clashes within the core.

    Args:
        core: the settings.
        secrets: the paths of the secrets that the stack holds.
    """
    if core.jupyter_hub_authenticator == "dummy":
        yield from _dummy_problems(core, secrets)
    else:
        yield from _oauth_problems(core, secrets)
    yield from _login_key_problems(core)
    yield from _image_problems(core)
    yield from _storage_problems(core)
    yield from _usage_problems(core)
    yield from notebook_problems(core)
    yield from subdomain_problems(core)
    yield from toleration_problems(f"{CORE}.notebook", core.notebook.tolerations)


def _dummy_problems(core: CoreSettings, secrets: set[str]) -> Iterator[Problem]:
    if CLIENT_SECRET in secrets:
        yield Problem(
            CLIENT_SECRET,
            f"is set, but {CORE}.jupyterHubAuthenticator is dummy, which has no use for it; remove it with pulumi "
            f"config rm {CLIENT_SECRET}, or choose another authenticator",
        )
    if ADMIN_PASSWORD in secrets and not (SHARED_PASSWORD in secrets and core.login.admin_users):
        yield Problem(
            ADMIN_PASSWORD,
            f"is set, but is of use only with {SHARED_PASSWORD} and {CORE}.login.adminUsers; set both, or remove it "
            f"with pulumi config rm {ADMIN_PASSWORD}",
        )
    if SHARED_PASSWORD in secrets:
        if core.login.admin_users and ADMIN_PASSWORD not in secrets:
            yield Problem(
                f"{CORE}.login.adminUsers",
                f"names administrators, who need a password that not everybody knows; set it with pulumi config set "
                f"--secret {ADMIN_PASSWORD}",
            )
        return
    remedy = (
        f"set one for all with pulumi config set --secret {SHARED_PASSWORD}, or choose another "
        f"{CORE}.jupyterHubAuthenticator"
    )
    if core.jupyter_hub_service_type != "ClusterIP":
        yield Problem(
            f"{CORE}.jupyterHubServiceType",
            f"{core.jupyter_hub_service_type} opens the hub beyond the cluster while dummy lets everybody in with any "
            f"password; {remedy}",
        )
    if core.login.admin_users:
        yield Problem(
            f"{CORE}.login.adminUsers", f"names administrators while dummy takes any password for them; {remedy}"
        )


def _oauth_problems(core: CoreSettings, secrets: set[str]) -> Iterator[Problem]:
    kind, login = core.jupyter_hub_authenticator, core.login
    for path in sorted({SHARED_PASSWORD, ADMIN_PASSWORD} & secrets):
        yield Problem(
            path,
            f"is set, but {CORE}.jupyterHubAuthenticator is {kind}, and only dummy uses it; remove it with pulumi "
            f"config rm {path}",
        )
    if CLIENT_SECRET not in secrets:
        yield Problem(
            CLIENT_SECRET, f"is not set, but {kind} needs it; set it with pulumi config set --secret {CLIENT_SECRET}"
        )
    required = {"clientId": login.client_id, "callbackUrl": login.callback_url}
    required |= {key: _KEYS_OF_PROVIDERS[key](login) for key in _REQUIRED_OF_PROVIDER.get(kind, ())}
    for key, value in required.items():
        if not value:
            yield Problem(f"{CORE}.login.{key}", f"is not set, but {kind} needs it; set it to {_MEANING_OF_KEY[key]}")
    members_key = _MEMBERS_KEY_OF_PROVIDER.get(kind)
    members = members_key and _KEYS_OF_PROVIDERS[members_key](login)
    if not (login.allow_all or login.allowed_users or login.admin_users or members):
        keys = ["allowedUsers", "adminUsers", *([members_key] if members_key else [])]
        yield Problem(f"{CORE}.login", f"lets nobody in through {kind}; set {', '.join(keys)} or allowAll in it")


def _login_key_problems(core: CoreSettings) -> Iterator[Problem]:
    kind = core.jupyter_hub_authenticator
    for key, value_of in _KEYS_OF_PROVIDERS.items():
        provider = _PROVIDER_OF_KEY[key]
        if value_of(core.login) and provider != kind:
            yield Problem(
                f"{CORE}.login.{key}",
                f"is for {provider}, but {CORE}.jupyterHubAuthenticator is {kind}; remove the key, or choose "
                f"{provider}",
            )
    if kind not in _NAMED_BY_CLAIMS:
        for key, name in {"usernameClaim": "username_claim", "scopes": "scopes"}.items():
            if name in core.login.model_fields_set:
                yield Problem(
                    f"{CORE}.login.{key}",
                    f"is for {' and '.join(_NAMED_BY_CLAIMS)}, but {CORE}.jupyterHubAuthenticator is {kind}; remove "
                    f"the key",
                )
    if kind == "dummy":
        for key, value in {"clientId": core.login.client_id, "callbackUrl": core.login.callback_url}.items():
            if value:
                yield Problem(
                    f"{CORE}.login.{key}",
                    f"is set, but dummy asks no provider; remove the key, or choose oidc, github, google or azuread as "
                    f"{CORE}.jupyterHubAuthenticator",
                )
    callback = core.login.callback_url
    if callback and not urlsplit(callback).path.endswith("/hub/oauth_callback"):
        slash = " without a slash after it" if callback.endswith("/hub/oauth_callback/") else ""
        yield Problem(
            f"{CORE}.login.callbackUrl",
            f'"{callback}" does not end in /hub/oauth_callback, where the hub listens; write the hub\'s public URL '
            f"followed by it{slash}",
        )


def _image_problems(core: CoreSettings) -> Iterator[Problem]:
    default, images = core.notebook.default_image, core.notebook.images
    if default is not None and default not in images:
        yield Problem(
            f"{CORE}.notebook.defaultImage",
            f'"{default}" is not an entry of {CORE}.notebook.images; there are {", ".join(sorted(images))}',
        )


def _storage_problems(core: CoreSettings) -> Iterator[Problem]:
    mounts = {f"{CORE}.notebook.volumes.{name}.mountPath": path for name, path in core.notebook.mount_paths().items()}
    home = core.jupyter_notebook_pvc_mount
    if home:
        mounts = {f"{CORE}.jupyterNotebookPVCMount": home, **mounts}
    elif core.notebook.storage_class:
        yield Problem(
            f"{CORE}.notebook.storageClass",
            f"is set, but notebooks have no claim; remove the key, or set {CORE}.jupyterNotebookPVCMount, such as to "
            f"/home/jovyan",
        )
    for name, volume in core.notebook.volumes.items():
        path = f"{CORE}.notebook.volumes.{name}"
        if owner := owner_of(volume.claim):
            yield Problem(f"{path}.claim", f'"{volume.claim}" is {owner}, not for every notebook; name another claim')
        if name.startswith("volume-"):
            yield Problem(path, "has a name like those that the hub gives; name it otherwise than volume-")
    first_at: dict[str, str] = {}
    for setting, path in mounts.items():
        if path.split("/")[1] in SYSTEM_FOLDERS:
            yield Problem(setting, f"{path} would hide a folder of the image's system; mount it below /home or /mnt")
        if path in first_at:
            yield Problem(setting, f"{path} is where {first_at[path]} is mounted; give each a path of its own")
        first_at.setdefault(path, setting)
    yield from nested_problems(core_mounts(core), core_mounts(core))
    if core.hub.database == "memory" and core.hub.database_storage_class:
        yield Problem(
            f"{CORE}.hub.databaseStorageClass",
            f"is set, but the database is in memory; remove the key, or set {CORE}.hub.database to pvc",
        )


def _usage_problems(core: CoreSettings) -> Iterator[Problem]:
    if core.report_usage and not core.usage_collector_url:
        yield Problem(
            f"{CORE}.reportUsage",
            f"is on, but nobody is named to report to; turn it off, or set {CORE}.usageCollectorUrl to a collector of "
            f"yours, for Kubeflow's of 2018 is gone",
        )
    if core.usage_collector_url and urlsplit(core.usage_collector_url).hostname == _RETIRED_COLLECTOR:
        yield Problem(
            f"{CORE}.usageCollectorUrl",
            f"names {_RETIRED_COLLECTOR}, which Kubeflow gave up; name a collector of yours",
        )
