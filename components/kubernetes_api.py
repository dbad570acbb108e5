"""The cluster's API, asked through a kubeconfig, with words for whatever keeps that from working."""

import asyncio
import concurrent.futures
import contextlib
import json
import math
import socket
import threading
import time
from collections.abc import Callable, Coroutine, Hashable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar, cast

from components.kube.faults import Place, Said, content, explained
from components.kube.kubeconfig import Context, find_context, read_context
from components.kube.login import log_in
from components.kube.proxy import proxy_of
from components.kube.tls import tls_context

if TYPE_CHECKING:
    from httpx2 import AsyncClient as HttpClient

TIMEOUT_SECONDS = 10
"""How long an answer may take, from the first step of the connection to the last byte."""
WEBHOOK_TIMEOUT_SECONDS = 15
"""Longer than the API server waits for a webhook that does not answer, so that it says so."""
LONGEST_ANSWER = 64 * 1024 * 1024
"""How many bytes an answer may have; a list of 10,000 namespaces has a tenth of them."""
MOST_AT_ONCE = 64
"""How many questions are under way at once; the API server queues more than a few hundred."""
_GRACE_SECONDS = 1
"""How long the loop has to end once every answer's time is over."""
_METADATA_ONLY = (
    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,"
    "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json"
)

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question to the API server, which changes nothing."""

    path: str
    key: str = "items"
    """What the answer has, if it is what it should be: ``items`` of a list, ``metadata`` of an object."""
    metadata_only: bool = False
    """Whether the object, or those of a list, are wanted without their specs, which may be large."""
    review: Mapping[str, Any] | None = None
    """What is sent, if the question is a review; a server that cannot answer it then gives a status other than 201."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the API server says to a question."""

    status: int
    """200, or 201 of a review; 403 if we may not ask; 404 if there is no such object, or no such kind. All else is an
    error, unless the question is a review."""
    content: dict[str, Any] | None = None
    """What was asked for, if the server gives it."""

    @property
    def forbidden(self) -> bool:
        """Whether we may not ask."""
        return self.status == HTTPStatus.FORBIDDEN

    @property
    def items(self) -> list[dict[str, Any]] | None:
        """The objects of a list; None if we may not read it, or there is no such kind."""
        return None if self.content is None else self.content["items"]


@dataclass(frozen=True, kw_only=True)
class _Connection:
    place: Place
    client: "HttpClient"
    extensions: dict[str, Any]
    """What each request says of its connection: the name that the server's certificate is to have."""
    seconds: float
    """How long an answer may take."""

    async def send(self, method: str, path: str, **arguments: Any) -> Said:
        """Sends a request, which is to change nothing, and returns the answer."""
        import httpx2

        with explained(self.place, path, self.seconds):
            async with asyncio.timeout(self.seconds):
                try:
                    return await self._send(method, path, **arguments)
                except (httpx2.RemoteProtocolError, httpx2.ReadError):
                    # As kubectl does: an API server that restarts ends its connections.
                    return await self._send(method, path, **arguments)

    async def _send(self, method: str, path: str, **arguments: Any) -> Said:
        async with self.client.stream(method, path, extensions=self.extensions, **arguments) as answer:
            body = bytearray()
            async for part in answer.aiter_bytes():
                body += part
                if len(body) > LONGEST_ANSWER:
                    raise self.place.refusal(
                        f"{self.place.server} answers {path} with more than {LONGEST_ANSWER >> 20} MiB, as no API "
                        f"server does; correct the address in the kubeconfig"
                    )
            return Said(answer.status_code, answer.headers, bytes(body))


class _Loop(asyncio.SelectorEventLoop):
    """A loop that does not wait for names which nobody resolves, neither here nor when the program ends."""

    async def getaddrinfo(self, host: Any, port: Any, **arguments: Any) -> Any:
        found: asyncio.Future[Any] = self.create_future()

        def settle(set_result: Callable[[Any], None], result: Any) -> None:
            if not found.done():
                set_result(result)

        def resolve() -> None:
            try:
                outcome = (found.set_result, socket.getaddrinfo(host, port, **arguments))
            except OSError as error:
                outcome = (found.set_exception, error)
            with contextlib.suppress(RuntimeError):  # the loop is closed, and nobody waits any longer
                self.call_soon_threadsafe(settle, *outcome)

        threading.Thread(target=resolve, daemon=True).start()
        return await found


def ask_all(context: Context, questions: Mapping[K, Question]) -> dict[K, Answer]:
    """Asks everything at once, and returns the answers by the questions' keys.

    It takes as long as the slowest answer, and no longer than ``TIMEOUT_SECONDS`` for each ``MOST_AT_ONCE``; before
    that, a credential plugin is given its own time.

    Raises:
        StackError: if the cluster cannot be reached, or gives an answer that no API server gives.
    """

    async def everything(connection: _Connection) -> dict[K, Answer]:
        free = asyncio.Semaphore(MOST_AT_ONCE)
        tasks = {key: asyncio.create_task(_answer(connection, question, free)) for key, question in questions.items()}
        try:
            # Of several errors the first question's is told, which says most, and is the same each time.
            return {key: await task for key, task in tasks.items()}
        finally:
            # Python would print the others.
            for task in tasks.values():
                task.cancel()
            await asyncio.gather(*tasks.values(), return_exceptions=True)

    return _connected(context, everything, TIMEOUT_SECONDS, waves=math.ceil(len(questions) / MOST_AT_ONCE))


def ask(context: str, kubeconfig: str | None, question: Question) -> Answer:
    """Asks one question, as ``ask_all`` does.

    Args:
        context: the context of ``kubeconfig``, or of the user's.
        kubeconfig: a kubeconfig's text; None for the user's.
        question: the question.
    """
    return ask_all(context_of(context, kubeconfig), {None: question})[None]


def try_create(context: str, kubeconfig: str | None, path: str, manifest: Mapping[str, Any]) -> tuple[int, str]:
    """What the API server says to an object that it is to check, and not to make: HTTP status and message.

    Webhooks are asked as for an object that is made.

    Args:
        context: as ``ask`` takes it.
        kubeconfig: as ``ask`` takes it.
        path: where the API server lists objects of this kind.
        manifest: the object.

    Raises:
        StackError: if the cluster cannot be reached.
    """

    async def post(connection: _Connection) -> Said:
        return await connection.send("POST", path, params={"dryRun": "All"}, json=dict(manifest))

    said = _connected(context_of(context, kubeconfig), post, WEBHOOK_TIMEOUT_SECONDS)
    try:
        found: object = json.loads(said.body)
    except ValueError:
        found = None
    message = cast("dict[str, Any]", found).get("message") if isinstance(found, dict) else None
    return said.status, str(message or said.body.decode(errors="replace"))


def context_of(context: str, kubeconfig: str | None) -> Context:
    """What ``kubeconfig``, or the user's if that is None, says of ``context``."""
    return find_context(context) if kubeconfig is None else read_context(kubeconfig, context)


def _connected(
    context: Context, use: Callable[[_Connection], Coroutine[Any, Any, T]], seconds: float, waves: int = 1
) -> T:
    """Logs in, and does something with the connection in a thread of its own: the engine's loop runs in this one.

    Args:
        context: the cluster.
        use: what is done.
        seconds: how long an answer may take.
        waves: how often as many answers as are waited for at once.
    """
    import httpx2

    proxy, login = proxy_of(context), log_in(context)
    place = Place(context, proxy, bool(login.certificate) or context.server.startswith("http:"))
    tls = tls_context(context, login)
    to_proxy = tls_context(context, login) if proxy and proxy.startswith("https:") else None
    name = context.cluster.tls_server_name
    extensions = {"sni_hostname": name} if name else {}

    async def connect() -> T:
        with explained(place, "", seconds):
            client = httpx2.AsyncClient(
                base_url=context.server,
                headers=[(b"Accept", b"application/json"), *login.headers],
                verify=tls,
                # The proxy is known, and Go reads the environment in another way than Python.
                trust_env=False,
                # Many questions take one connection, and one greeting.
                http2=True,
                proxy=httpx2.Proxy(proxy, ssl_context=to_proxy) if proxy else None,
                # Each question has its own.
                timeout=None,
                limits=httpx2.Limits(max_connections=MOST_AT_ONCE),
            )
        async with client:
            return await use(_Connection(place=place, client=client, extensions=extensions, seconds=seconds))

    done: concurrent.futures.Future[T] = concurrent.futures.Future()

    def run() -> None:
        try:
            with asyncio.Runner(loop_factory=_Loop) as runner:
                done.set_result(runner.run(connect()))
        except BaseException as error:  # noqa: BLE001  # raised where it is waited for
            done.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    try:
        return done.result(timeout=waves * seconds + _GRACE_SECONDS)
    except TimeoutError:
        raise place.slow("", waves * seconds) from None


async def _answer(connection: _Connection, question: Question, free: asyncio.Semaphore) -> Answer:
    arguments: dict[str, Any] = {"json": dict(question.review)} if question.review is not None else {}
    if question.metadata_only:
        arguments["headers"] = {"Accept": _METADATA_ONLY}
    method = "GET" if question.review is None else "POST"
    async with free:
        begun = time.monotonic()
        while True:
            said = await connection.send(method, question.path, **arguments)
            # kubectl does as it is told here too: a busy API server says when it has time.
            is_busy = said.status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
            pause = _pause(said.headers) if is_busy else None
            if pause is None or time.monotonic() + pause > begun + TIMEOUT_SECONDS:
                break
            await asyncio.sleep(pause)
    if question.review is not None and said.status != HTTPStatus.CREATED:
        return Answer(status=said.status)
    return Answer(status=said.status, content=content(connection.place, said, question.path, question.key))


def _pause(headers: Mapping[str, str]) -> float | None:
    """How many seconds the server asks us to wait; None if it does not."""
    wanted = headers.get("retry-after", "")
    return max(1, int(wanted)) if wanted.isdecimal() else None
