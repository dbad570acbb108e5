"""Sentences for whatever keeps questions to a cluster from an answer, or makes an answer one that no cluster gives."""

import errno
import json
import os
import socket
import ssl
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, NamedTuple, cast
from urllib.parse import urlsplit

from components.errors import LONGEST_REASON, StackError
from components.kube.kubeconfig import Context
from components.kube.proxy import shown as proxy_shown
from components.kube.refusals import refusal

VERSION = "/version"
_WRONG_NAME = (62, 64)
_UNKNOWN_AUTHORITY = (2, 7, 18, 19, 20, 21, 24)
_NOT_YET, _EXPIRED = 9, 10
"""OpenSSL's numbers of what is wrong with a certificate."""
_ALERTS_ABOUT_OURS = ("CERTIFICATE_REQUIRED", "BAD_CERTIFICATE", "UNKNOWN_CA", "CERTIFICATE_UNKNOWN", "ACCESS_DENIED")
_CHECK = "check the network and the kubeconfig"


class Place(NamedTuple):
    """Who is asked, for sentences."""

    context: Context
    proxy: str | None
    has_certificate: bool
    """Whether we show a client's certificate, or the connection is such that nobody asks for one."""

    @property
    def server(self) -> str:
        """The cluster's address, and the way to it."""
        server = self.context.server
        return f"{server}, through the proxy {proxy_shown(self.proxy)}," if self.proxy else server

    def refusal(self, sentence: str) -> StackError:
        """An error about the place."""
        return refusal(f"{self.context.name!r}: {self.context.hide(sentence)}")

    def slow(self, path: str, seconds: float) -> StackError:
        """The error that nothing came in time."""
        return self.refusal(
            f"{self.server} has not answered {path} after {seconds:g} s; wait until the cluster is ready, or {_CHECK}"
        )


@contextmanager
def explained(place: Place, path: str, seconds: float) -> Generator[None]:
    """Puts into words what connections raise."""
    import httpx2

    try:
        yield
    except (TimeoutError, httpx2.TimeoutException):
        raise place.slow(path, seconds) from None
    except httpx2.ProxyError as error:
        raise place.refusal(f"{place.server} is not reached: {_reason(error)}; {_CHECK}") from None
    except (httpx2.RemoteProtocolError, httpx2.NetworkError, ssl.SSLError) as error:
        raise place.refusal(_of_connection(place, path, error)) from None
    except httpx2.DecodingError:
        raise place.refusal(f"{place.server} answers {path} with bytes that cannot be unpacked; {_CHECK}") from None
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError):
        # Its text may hold what was sent.
        raise place.refusal(f"{place.server} cannot be asked; correct the kubeconfig") from None


def _of_connection(place: Place, path: str, error: Exception) -> str:
    server, causes = place.server, [*_causes(error)]
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"{server} has a certificate that {_of_certificate(place, cause)}"
        if isinstance(cause, ssl.SSLError) and not isinstance(cause, ssl.SSLEOFError):
            return _of_tls(server, cause)
        if isinstance(cause, socket.gaierror):
            where = urlsplit(place.proxy or place.context.server).hostname
            return f"{server} does not answer, since the name {where} is not known here; {_CHECK}"
    import httpx2

    if isinstance(error, httpx2.ConnectError):
        numbers = (cause.errno for cause in causes if isinstance(cause, OSError) and cause.errno in errno.errorcode)
        known = next((number for number in numbers if number), None)
        reason = f"[Errno {known}] {os.strerror(known)}" if known else _reason(error)
        return f"{server} does not answer ({reason}); start the cluster, or {_CHECK}"
    # Of a certificate that it wants and does not get, a server may say so too late to be heard.
    certificate = "" if place.has_certificate else ", and whether it wants a client-certificate"
    return (
        f"{server} cuts the connection off before its answer to {path} is whole; wait until the cluster is ready, or "
        f"{_CHECK}{certificate}"
    )


def _of_certificate(place: Place, error: ssl.SSLCertVerificationError) -> str:
    code, host = error.verify_code, place.context.cluster.tls_server_name or urlsplit(place.context.server).hostname
    if code in _WRONG_NAME:
        return f"is not for {host}; correct the address in the kubeconfig, or set tls-server-name to a name that it has"
    if code == _EXPIRED:
        return "has run out; have it renewed, or correct the clock of this machine"
    if code == _NOT_YET:
        return "is not valid yet; correct the clock of this machine, or have it made anew"
    if code in _UNKNOWN_AUTHORITY:
        return (
            "is not signed by the certificate-authority of the kubeconfig, or by one that this machine trusts; correct "
            "the kubeconfig, or log in again"
        )
    return f"is refused ({error.verify_message}); {_CHECK}"


def _of_tls(server: str, error: ssl.SSLError) -> str:
    reason = error.reason or ""
    if any(alert in reason for alert in _ALERTS_ABOUT_OURS):
        return f"{server} refuses our certificate ({reason}); log in again, or correct the kubeconfig"
    return (
        f"{server} does not speak TLS as it should ({reason or _reason(error)}); correct the address in the "
        f"kubeconfig, which may have to begin with http://"
    )


class Said(NamedTuple):
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def content(place: Place, said: Said, path: str, key: str) -> dict[str, Any] | None:
    """The answer as an object that has ``key``; None if it is not there, or we may not read it.

    Raises:
        StackError: if it is no answer of an API server's, or none to this question.
    """
    status, headers, body = said
    if status == HTTPStatus.UNAUTHORIZED:
        raise place.refusal(f"{place.server} refuses the login (HTTP 401); log in again")
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        raise place.refusal(f"{place.server} has too many requests (HTTP 429); try again in a minute")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise place.refusal(
            f"{place.server} answers {path} with HTTP {status}; wait until the cluster is ready, and try again"
        )
    if _is_web_page(headers, body):
        raise place.refusal(
            f"{place.server} answers {path} with a web page (HTTP {status}), as a proxy, a login page or another "
            f"server does; correct the address in the kubeconfig, or let the proxy pass it"
        )
    if status == HTTPStatus.FORBIDDEN or (status == HTTPStatus.NOT_FOUND and path != VERSION):
        return None
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        target = urlsplit(headers.get("location", ""))
        where = f" to {target.scheme}://{target.netloc.rpartition('@')[2]}" if target.netloc else ""
        raise place.refusal(
            f"{place.server} sends us away{where} (HTTP {status}), as no API server does; correct the address in the "
            f"kubeconfig"
        )
    if status == HTTPStatus.BAD_REQUEST and b"HTTP request to an HTTPS server" in body:
        raise place.refusal(f"{place.server} speaks TLS; let the address in the kubeconfig begin with https://")
    found = _parsed(place, status, body, path)
    if not isinstance(found, dict) or key not in found or status not in (HTTPStatus.OK, HTTPStatus.CREATED):
        raise place.refusal(
            f"{place.server} is no Kubernetes API server, since it answers {path} with HTTP {status} and no {key}; "
            f"correct the address in the kubeconfig"
        )
    whole = cast("dict[str, Any]", found)
    if key == "items" and whole["items"] is None:
        whole["items"] = []  # as Go writes a list that nothing was put into
    if not _is_as_expected(whole, key):
        raise place.refusal(
            f"{place.server} answers {path} with {key} that no API server gives; correct the address in the "
            f"kubeconfig, or see what stands between us and the cluster"
        )
    return whole


def _is_web_page(headers: Mapping[str, str], body: bytes) -> bool:
    return "text/html" in headers.get("content-type", "") or body.lstrip()[:1] == b"<"


def _parsed(place: Place, status: int, body: bytes, path: str) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        if status == HTTPStatus.OK and body.lstrip()[:1] == b"{":
            raise place.refusal(
                f"{place.server} answers {path} with JSON that is cut short or wrong; try again, and see what stands "
                f"between us and the cluster"
            ) from None
        return None


def _is_as_expected(whole: dict[str, Any], key: str) -> bool:
    if key == "items":
        return isinstance(whole["items"], list) and all(map(_is_object, cast("list[object]", whole["items"])))
    return _is_object(whole) if key == "metadata" else True


def _is_object(found: object) -> bool:
    metadata: Any = cast("dict[str, Any]", found).get("metadata") if isinstance(found, dict) else None
    if not isinstance(metadata, dict):
        return False
    of_object = cast("dict[str, Any]", metadata)
    texts: list[object] = [of_object.get("labels"), of_object.get("annotations")]
    return isinstance(of_object.get("name"), str) and all(each is None or isinstance(each, dict) for each in texts)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        if isinstance(error, BaseExceptionGroup):  # of several addresses
            for each in cast("BaseExceptionGroup[BaseException]", error).exceptions:
                yield from _causes(each)
        yield error
        error = error.__cause__ or error.__context__


def _reason(error: BaseException) -> str:
    return " ".join(str(error).split())[:LONGEST_REASON] or type(error).__name__
