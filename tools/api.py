"""Objects of a cluster, as the tools read, compare and write them."""

import json
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar, cast

import httpx2
import yaml

from components.errors import StackError
from components.kube.faults import Place, explained
from components.kube.kubeconfig import Context, find_context, read_context
from components.kube.login import log_in
from components.kube.proxy import proxy_of
from components.kube.tls import tls_context
from tools.say import ToolError
from tools.stack import Stack

AT_ONCE = 16
"""How many requests are sent at once."""
TIMEOUT_SECONDS = 30
"""How long an answer may take: webhooks are asked meanwhile, each for up to ten seconds."""
JSON = "application/json"
Send = Callable[..., tuple[int, "Object"]]
"""Sends a request, and returns HTTP status and the answer's object: see ``open_sender``."""
Object = dict[str, Any]
T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, order=True)
class Ref:
    """The names by which an object is known."""

    kind: str
    namespace: str
    """Empty for an object of the whole cluster."""
    name: str
    api_version: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}{f' in {self.namespace}' if self.namespace else ''}"


class RefusedError(Exception):
    """The API server refuses a request."""

    def __init__(self, status: int, answer: Object) -> None:
        super().__init__(str(answer.get("message") or f"HTTP {status}"))
        self.status = status


class Objects:
    """The objects of one cluster."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._kinds: dict[str, dict[str, Object]] = {}

    def get(self, ref: Ref) -> Object | None:
        """The object; None if there is none, or not even its kind."""
        path = self.path(ref)
        return self._ask("GET", path) if path else None

    def apply(self, ref: Ref, manifest: Mapping[str, Any], manager: str, *, dry_run: bool) -> Object:
        """What the API server makes of the object if ``manager`` applies ``manifest`` and takes what is its own.

        Raises:
            RefusedError: if the API server refuses.
        """
        params = {"fieldManager": manager, "force": "true", **({"dryRun": "All"} if dry_run else {})}
        path = self.path(ref)
        if path is None:
            raise RefusedError(
                HTTPStatus.NOT_FOUND, {"message": f"the cluster knows no {ref.kind} of {ref.api_version}"}
            )
        return self._do("PATCH", path, params=params, content=manifest, media="application/apply-patch+yaml")

    def change(self, ref: Ref, operations: Sequence[Object]) -> Object:
        """The object after the operations of a JSON patch.

        Raises:
            RefusedError: if the API server refuses, or the object is no longer what an operation tests.
        """
        return self._do("PATCH", str(self.path(ref)), content=list(operations), media="application/json-patch+json")

    def delete(self, ref: Ref, uid: str) -> None:
        """Deletes the object, and no other that has its name by now.

        Raises:
            RefusedError: if the API server refuses.
        """
        options = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"uid": uid}}
        self._do("DELETE", str(self.path(ref)), content=options)

    def listed(self, api_version: str, kind: str, namespace: str, selector: str) -> list[Object]:
        """The objects of a kind that have certain labels, in a namespace or, if that is empty, in all."""
        path = self.path(Ref(kind, namespace, "", api_version))
        found = self._ask("GET", path, params={"labelSelector": selector}) if path else None
        items: list[Object] = (found or {}).get("items") or []
        return [{"apiVersion": api_version, "kind": kind, **item} for item in items]

    def namespaced_kinds(self) -> list[tuple[str, str]]:
        """The kinds of objects that are in namespaces and can be deleted, as API version and kind."""
        groups: list[Object] = self._do("GET", "/apis")["groups"]
        versions = ["v1", *(str(each["preferredVersion"]["groupVersion"]) for each in groups)]
        found: list[tuple[str, str]] = []
        for version, resources in zip(versions, at_once(self._resources, versions), strict=True):
            for each in resources:
                if each["namespaced"] and {"list", "delete"} <= set(each["verbs"]):
                    found.append((version, each["kind"]))
        return found

    def _resources(self, version: str) -> list[Object]:
        """The kinds of an API version, without their subresources; none if nobody serves it."""
        found: list[Object] = (self._ask("GET", _group(version)) or {}).get("resources") or []
        return [each for each in found if "/" not in each["name"]]

    def path(self, ref: Ref) -> str | None:
        """Where the API server has the object, or lists its kind if it has no name; None if it has no such kind."""
        kinds = self._kinds.get(ref.api_version)
        if kinds is None:
            kinds = {each["kind"]: each for each in self._resources(ref.api_version)}
            self._kinds[ref.api_version] = kinds
        kind = kinds.get(ref.kind)
        if kind is None:
            return None
        where = f"/namespaces/{ref.namespace}" if kind["namespaced"] and ref.namespace else ""
        return f"{_group(ref.api_version)}{where}/{kind['name']}{f'/{ref.name}' if ref.name else ''}"

    def _ask(self, method: str, path: str, **more: Any) -> Object | None:
        try:
            return self._do(method, path, **more)
        except RefusedError as refused:
            if refused.status == HTTPStatus.NOT_FOUND:
                return None
            raise

    def _do(self, method: str, path: str, **more: Any) -> Object:
        status, answer = self._send(method, path, **more)
        if status >= HTTPStatus.BAD_REQUEST:
            raise RefusedError(status, answer)
        return answer


def _group(version: str) -> str:
    """Where the API server has the kinds of an API version."""
    return f"/{'apis' if '/' in version else 'api'}/{version}"


@contextmanager
def open_sender(context: Context) -> Generator[Send]:
    """Yields what sends a request of any kind.

    Raises:
        StackError: if the cluster cannot be reached. What the API server refuses is an answer.
    """
    proxy, login = proxy_of(context), log_in(context)
    place = Place(context, proxy, bool(login.certificate) or context.server.startswith("http:"))
    tls = tls_context(context, login)
    name = context.cluster.tls_server_name
    with explained(place, "", TIMEOUT_SECONDS):
        client = httpx2.Client(
            base_url=context.server,
            headers=[(b"Accept", JSON.encode()), *login.headers],
            verify=tls,
            # The proxy is known, and Go reads the environment in another way than Python.
            trust_env=False,
            proxy=httpx2.Proxy(proxy, ssl_context=tls if proxy.startswith("https:") else None) if proxy else None,
            timeout=TIMEOUT_SECONDS,
        )
    with client:

        def send(
            method: str, path: str, *, params: Mapping[str, str] | None = None, content: Any = None, media: str = JSON
        ) -> tuple[int, Object]:
            """HTTP status and the answer's object; ``content`` is sent as JSON of the type ``media``."""
            body = None if content is None else json.dumps(content).encode()
            with explained(place, path, TIMEOUT_SECONDS):
                answer = client.request(
                    method,
                    path,
                    params=params,
                    content=body,
                    headers={"Content-Type": media},
                    extensions={"sni_hostname": name} if name else {},
                )
            try:
                found: object = answer.json()
            except ValueError:
                found = {"message": answer.text}
            return answer.status_code, cast("Object", found) if isinstance(found, dict) else {}

        yield send


@contextmanager
def open_objects(stack: Stack) -> Generator[Objects]:
    """Yields the objects of the cluster that the stack is deployed to.

    Raises:
        ToolError: if the cluster does not answer, or refuses what has to be asked.
    """
    try:
        if stack.context:
            config = find_context(stack.context)
        else:
            kubeconfig = stack.kubeconfig(stack.outputs())
            if kubeconfig is None:
                raise ToolError(f"The stack {stack.name} has no cluster yet.")
            text = kubeconfig.read_text()
            config = read_context(text, current_context(text))
        with open_sender(config) as send:
            yield Objects(send)
    except StackError as error:
        raise ToolError(str(error)) from None
    except RefusedError as error:
        raise ToolError(f"The API server refuses: {error}") from None


def current_context(kubeconfig: str) -> str:
    """The context that the text of a kubeconfig is set to."""
    return str(yaml.safe_load(kubeconfig)["current-context"])


def at_once(do: Callable[[T], R], things: Iterable[T]) -> list[R]:
    """What ``do`` returns for each thing, in their order; several run at once."""
    with ThreadPoolExecutor(max_workers=AT_ONCE) as threads:
        return list(threads.map(do, things))
