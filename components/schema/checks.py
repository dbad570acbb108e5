"""What settings must not say together."""

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from components.errors import Problem
from components.schema.cluster import ClusterSettings
from components.schema.core import CoreSettings
from components.schema.login import LoginSettings

CLUSTER, CORE = "kubeflow:cluster", "kubeflow:core"
SHARED_PASSWORD, CLIENT_SECRET = "kubeflow:sharedPassword", "kubeflow:oauthClientSecret"

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
_REQUIRED_OF_PROVIDER = {"azuread": ("tenantId",), "oidc": ("authorizeUrl", "tokenUrl", "userdataUrl")}
_SYSTEM_FOLDERS = ("bin", "boot", "dev", "etc", "lib", "lib64", "proc", "run", "sbin", "sys", "usr")
_RETIRED_COLLECTOR = "stats-collector.kubeflow.org"


def cluster_problems(cluster: ClusterSettings) -> Iterator[Problem]:
    """What keeps the program from knowing where to deploy."""
    if cluster.cloud != "none":
        yield Problem(
            f"{CLUSTER}.cloud",
            f"{cluster.cloud} is not supported by this release, which provisions nothing in a cloud; set it to none "
            f"and name the context of your {cluster.cloud.upper()} cluster in {CLUSTER}.context",
        )
    if cluster.context is None:
        yield Problem(
            f"{CLUSTER}.context",
            "is not set; name the kubeconfig context to deploy to, one of those that kubectl config get-contexts "
            "lists, or let make up start a cluster on this machine",
        )


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
    yield from _storage_problems(core)
    yield from _usage_problems(core)


def _dummy_problems(core: CoreSettings, secrets: set[str]) -> Iterator[Problem]:
    if CLIENT_SECRET in secrets:
        yield Problem(CLIENT_SECRET, f"is set, but {CORE}.jupyterHubAuthenticator is dummy, which has no use for it")
    if SHARED_PASSWORD in secrets:
        return
    remedy = f"set one with pulumi config set --secret {SHARED_PASSWORD}, or choose another jupyterHubAuthenticator"
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
    if SHARED_PASSWORD in secrets:
        yield Problem(SHARED_PASSWORD, f"is set, but {CORE}.jupyterHubAuthenticator is {kind}; only dummy uses it")
    if CLIENT_SECRET not in secrets:
        yield Problem(
            CLIENT_SECRET, f"is not set, but {kind} needs it; set it with pulumi config set --secret {CLIENT_SECRET}"
        )
    required = {"clientId": login.client_id, "callbackUrl": login.callback_url}
    required |= {key: _KEYS_OF_PROVIDERS[key](login) for key in _REQUIRED_OF_PROVIDER.get(kind, ())}
    for key, value in required.items():
        if not value:
            yield Problem(f"{CORE}.login.{key}", f"is not set, but {kind} needs it")
    members = login.allowed_organizations if kind == "github" else login.hosted_domains if kind == "google" else []
    if not (login.allow_all or login.allowed_users or login.admin_users or members):
        yield Problem(f"{CORE}.login", f"lets nobody in through {kind}; set allowedUsers, adminUsers or allowAll")


def _login_key_problems(core: CoreSettings) -> Iterator[Problem]:
    kind = core.jupyter_hub_authenticator
    for key, value_of in _KEYS_OF_PROVIDERS.items():
        provider = _PROVIDER_OF_KEY[key]
        if value_of(core.login) and provider != kind:
            yield Problem(
                f"{CORE}.login.{key}", f"is for {provider}, but {CORE}.jupyterHubAuthenticator is {kind}; remove it"
            )
    if kind == "dummy":
        for key, value in {"clientId": core.login.client_id, "callbackUrl": core.login.callback_url}.items():
            if value:
                yield Problem(
                    f"{CORE}.login.{key}",
                    "is set, but dummy asks no provider; remove it or choose one of oidc, "
                    "github, google, azuread as jupyterHubAuthenticator",
                )
    callback = core.login.callback_url
    if callback and not urlsplit(callback).path.endswith("/hub/oauth_callback"):
        yield Problem(f"{CORE}.login.callbackUrl", "has to end in /hub/oauth_callback, where the hub listens")


def _storage_problems(core: CoreSettings) -> Iterator[Problem]:
    mounts = {f"{CORE}.notebook.volumes.{name}.mountPath": path for name, path in core.notebook.mount_paths().items()}
    home = core.jupyter_notebook_pvc_mount
    if home:
        mounts = {f"{CORE}.jupyterNotebookPVCMount": home, **mounts}
    elif core.notebook.storage_class:
        yield Problem(
            f"{CORE}.notebook.storageClass",
            f"is set, but notebooks have no claim; set {CORE}.jupyterNotebookPVCMount, such as /home/jovyan/work",
        )
    first_at: dict[str, str] = {}
    for setting, path in mounts.items():
        if path.split("/")[1] in _SYSTEM_FOLDERS:
            yield Problem(setting, f"{path} would hide a folder of the image's system; mount it below /home or /mnt")
        if path in first_at:
            yield Problem(setting, f"{path} is where {first_at[path]} is mounted; give each a path of its own")
        first_at.setdefault(path, setting)
    if core.hub.database == "memory" and core.hub.database_storage_class:
        yield Problem(
            f"{CORE}.hub.databaseStorageClass", "is set, but the database is in memory; set hub.database to pvc"
        )


def _usage_problems(core: CoreSettings) -> Iterator[Problem]:
    if core.report_usage and not core.usage_collector_url:
        yield Problem(
            f"{CORE}.reportUsage",
            f"is on, but nobody is named to report to; set {CORE}.usageCollectorUrl. Kubeflow's collector of 2018 is "
            f"gone",
        )
    if core.usage_collector_url and urlsplit(core.usage_collector_url).hostname == _RETIRED_COLLECTOR:
        yield Problem(
            f"{CORE}.usageCollectorUrl",
            f"names {_RETIRED_COLLECTOR}, which Kubeflow gave up; name a collector of yours",
        )
