"""Who we are to a cluster: headers, and a client's certificate."""

import base64
import binascii
import json
import re
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from components.kube.kubeconfig import AuthProvider, Context
from components.kube.plugin import run_plugin
from components.kube.refusals import refusal

Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True, kw_only=True)
class Login:
    """What requests and connections carry."""

    headers: Headers = field(default_factory=list[tuple[bytes, bytes]], repr=False)
    certificate: bytes | None = None
    key: bytes | None = field(default=None, repr=False)


def log_in(context: Context) -> Login:
    """What the kubeconfig has for it; a plugin is run.

    Raises:
        StackError: if a file is not there, or a plugin gives nothing.
    """
    user = context.user
    certificate = context.data("client-certificate", user.client_certificate_data, user.client_certificate)
    key = context.data("client-key", user.client_key_data, user.client_key)
    token = _token(context)
    userinfo = urlsplit(context.cluster.server).netloc.rpartition("@")[0]
    basic = f"{user.username}:{user.password}" if user.username else unquote(userinfo)
    if not token and user.plugin and not user.username:
        given = run_plugin(context, user.plugin)
        token = given.token
        certificate = given.certificate.encode() if given.certificate else certificate
        key = given.key.encode() if given.key else key
    headers: Headers = []
    if token:
        headers.append((b"Authorization", _header(context, "token", f"Bearer {token}")))
    elif basic:
        headers.append((b"Authorization", b"Basic " + base64.b64encode(basic.encode())))
    return Login(headers=[*headers, *_impersonation(context)], certificate=certificate, key=key)


def _token(context: Context) -> str | None:
    user = context.user
    if user.token_file:
        # It is younger than a token beside it: whoever hands it out writes it anew before it runs out.
        token = (context.data("token", None, user.token_file) or b"").decode(errors="replace").strip()
        if not token and not user.token:
            raise refusal(f"{context.name!r} cannot log in: the file {user.token_file} is empty; log in again")
        return token or user.token
    if user.token:
        return user.token
    return _of_provider(context, user.auth_provider) if user.auth_provider else None


def _of_provider(context: Context, provider: AuthProvider) -> str:
    token = provider.config.get("id-token", "")
    if provider.name != "oidc":
        raise refusal(
            f"{context.name!r} cannot log in: the auth-provider {provider.name} is gone from kubectl since 1.26; write "
            f"the kubeconfig anew, with a credential plugin"
        )
    if not token or _has_run_out(token):
        raise refusal(
            f"{context.name!r} cannot log in: the id-token of its auth-provider is missing or has run out; renew it "
            f"with kubectl --context {context.name} version, and try again"
        )
    return token


def _has_run_out(token: str) -> bool:
    try:
        claims: Any = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
        return bool(claims["exp"] < time.time())
    except (ValueError, LookupError, TypeError, binascii.Error):
        return False  # the API server knows better


def _header(context: Context, what: str, value: str) -> bytes:
    value = value.strip(" \t")
    if re.search(r"[\x00-\x08\x0a-\x1f\x7f]", value):
        raise refusal(
            f"{context.name!r} cannot log in: its {what} holds a line break or another character that cannot be sent; "
            f"write it in one line in the kubeconfig"
        )
    return value.encode()


def _impersonation(context: Context) -> Headers:
    user = context.user
    wanted = [
        *([("Impersonate-User", user.impersonated)] if user.impersonated else []),
        *([("Impersonate-Uid", user.impersonated_uid)] if user.impersonated_uid else []),
        *(("Impersonate-Group", group) for group in user.impersonated_groups),
        *(
            (f"Impersonate-Extra-{quote(key, safe='')}", value)
            for key, values in user.impersonated_extra.items()
            for value in values
        ),
    ]
    return [(name.encode(), _header(context, "user to act as", value)) for name, value in wanted]
