"""A provider plugin for a cloud that a table describes."""
# ruff: noqa: N802, ARG002  # the protocol's names and arguments

import os
import signal
import traceback
from collections.abc import Generator
from concurrent import futures
from contextlib import contextmanager
from threading import Event
from typing import Any

import grpc
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2

from tests.support.cloud import operations
from tests.support.cloud.cluster import Cluster
from tests.support.cloud.kind import FILLED_IN, CloudError, Context, Kind, Provider, differences
from tests.support.cloud.state import Call, State
from tests.support.cloud.values import plain, struct

Request = Any
Response = Any
_KINDS = provider_pb2.PropertyDiff
_UNKNOWN = 2


class ProviderServer(provider_pb2_grpc.ResourceProviderServicer):
    """Answers the engine. It takes no secrets: the engine then sends them plain, and marks what comes back itself."""

    def __init__(self, provider: Provider, state: State, cluster: Cluster) -> None:
        self.provider = provider
        self.context = Context(state=state, cluster=cluster, config={})
        self.cancelled = Event()

    def Handshake(self, request: Request, context: grpc.ServicerContext) -> Response:
        return provider_pb2.ProviderHandshakeResponse(accept_resources=True)

    def Attach(self, request: Request, context: grpc.ServicerContext) -> Response:
        return Empty()

    def GetPluginInfo(self, request: Request, context: grpc.ServicerContext) -> Response:
        return plugin_pb2.PluginInfo(version=self.provider.version)

    def CheckConfig(self, request: Request, context: grpc.ServicerContext) -> Response:
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Request, context: grpc.ServicerContext) -> Response:
        old, new = plain(request.old_inputs), plain(request.news)
        changed = sorted(key for key in {*old, *new} if old.get(key) != new.get(key))
        return _diff(changed, [key for key in changed if key in self.provider.replaced_by])

    def Configure(self, request: Request, context: grpc.ServicerContext) -> Response:
        self.context = Context(state=self.context.state, cluster=self.context.cluster, config=plain(request.args))
        return provider_pb2.ConfigureResponse(acceptResources=True, supportsPreview=True)

    def Check(self, request: Request, context: grpc.ServicerContext) -> Response:
        with self._answering(request, context) as kind:
            inputs = operations.fill_in(
                self.provider,
                kind,
                self.context,
                urn=request.urn,
                new=plain(request.news),
                old=plain(request.olds),
                seed=request.randomSeed,
            )
            self._log("check", kind, request, inputs)
            failures = [
                provider_pb2.CheckFailure(property=key, reason=reason)
                for key, reason in operations.complaints(kind, inputs)
            ]
            return provider_pb2.CheckResponse(inputs=struct(inputs), failures=failures)

    def Diff(self, request: Request, context: grpc.ServicerContext) -> Response:
        with self._answering(request, context) as kind:
            old, new = plain(request.old_inputs), plain(request.news)
            also = set(kind.also_replaces(old, new))
            details: dict[str, Any] = {}
            replaces: list[str] = []
            for path, before, after in differences(old, new):
                top = path.partition(".")[0].partition("[")[0]
                if replaced := top in also or kind.replaced_by(path):
                    replaces.append(top)
                change = "ADD" if before is None else "DELETE" if after is None else "UPDATE"
                value = _KINDS.Kind.Value(f"{change}_REPLACE" if replaced else change)
                details[path] = _KINDS(kind=value, inputDiff=True)
            answer = _diff(sorted({path.partition(".")[0].partition("[")[0] for path in details}), replaces)
            answer.deleteBeforeReplace = operations.deletes_first(self.provider, kind, old, new, replaces)
            answer.hasDetailedDiff = True
            for path, detail in details.items():
                answer.detailedDiff[path].CopyFrom(detail)
            return answer

    def Create(self, request: Request, context: grpc.ServicerContext) -> Response:
        with self._answering(request, context) as kind:
            inputs = plain(request.properties)
            self._log("create", kind, request, inputs)
            if request.preview:
                outputs = operations.preview(kind, inputs, known={})
                return provider_pb2.CreateResponse(properties=struct(outputs))
            record = operations.create(self.provider, kind, self.context, inputs, _name(request))
            return provider_pb2.CreateResponse(id=record.id, properties=struct(record.outputs))

    def Read(self, request: Request, context: grpc.ServicerContext) -> Response:
        with self._answering(request, context) as kind:
            self._log("read", kind, request, {})
            record = operations.read(kind, self.context, request.id, _name(request))
            if record is None:
                return provider_pb2.ReadResponse()
            return provider_pb2.ReadResponse(
                id=record.id, inputs=struct(record.inputs), properties=struct(record.outputs)
            )

    def Update(self, request: Request, context: grpc.ServicerContext) -> Response:
        with self._answering(request, context) as kind:
            inputs = plain(request.news)
            self._log("update", kind, request, inputs)
            if request.preview:
                known = plain(request.olds)
                if self.provider.stable is not None:
                    known = {key: value for key, value in known.items() if key in self.provider.stable}
                return provider_pb2.UpdateResponse(properties=struct(operations.preview(kind, inputs, known)))
            record = operations.update(
                self.provider, kind, self.context, identity=request.id, inputs=inputs, name=_name(request)
            )
            return provider_pb2.UpdateResponse(properties=struct(record.outputs))

    def Delete(self, request: Request, context: grpc.ServicerContext) -> Response:
        with self._answering(request, context) as kind:
            self._log("delete", kind, request, {})
            state = {**plain(request.old_inputs), **plain(request.properties)}
            operations.delete(self.provider, kind, self.context, identity=request.id, state=state, name=_name(request))
            return Empty()

    def Invoke(self, request: Request, context: grpc.ServicerContext) -> Response:
        arguments = plain(request.args)
        self.context.state.log(Call(op="invoke", type=request.tok, name="", preview=request.preview, inputs=arguments))
        with _refusals(context):
            operations.fail_if_asked(self.context, "invoke", request.tok, "")
            if request.tok not in self.provider.functions:
                raise CloudError(f"{request.tok} is not one of the functions that this stand-in knows")
            answer = provider_pb2.InvokeResponse()
            getattr(answer, "return").CopyFrom(struct(self.provider.functions[request.tok](self.context, arguments)))
            return answer

    def Cancel(self, request: Request, context: grpc.ServicerContext) -> Response:
        self.cancelled.set()
        return Empty()

    @contextmanager
    def _answering(self, request: Request, context: grpc.ServicerContext) -> Generator[Kind]:
        token = request.urn.split("::")[2].rpartition("$")[2]
        with _refusals(context):
            if token not in self.provider.kinds:
                raise CloudError(f"{token} is not one of the types that this stand-in knows")
            yield self.provider.kinds[token]

    def _log(self, op: str, kind: Kind, request: Request, inputs: dict[str, Any]) -> None:
        shown = {key: value for key, value in inputs.items() if key != FILLED_IN}
        preview = getattr(request, "preview", False)
        self.context.state.log(Call(op=op, type=kind.type, name=_name(request), preview=preview, inputs=shown))


def serve(server: ProviderServer) -> None:
    """Answers until the engine cancels or ends."""
    options = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
    listener = grpc.server(futures.ThreadPoolExecutor(max_workers=16), options=options)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(server, listener)
    port = listener.add_insecure_port("127.0.0.1:0")
    listener.start()
    engine = os.getppid()

    def cancel(_number: int, _frame: object) -> None:
        server.cancelled.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, cancel)
    print(port, flush=True)
    while not server.cancelled.wait(1) and os.getppid() == engine:
        pass
    listener.stop(grace=0)


def _name(request: Request) -> str:
    return request.urn.split("::", 3)[3]


def _diff(changed: list[str], replaces: list[str]) -> provider_pb2.DiffResponse:
    changes = provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE
    return provider_pb2.DiffResponse(changes=changes, diffs=changed, replaces=replaces)


@contextmanager
def _refusals(context: grpc.ServicerContext) -> Generator[None]:
    """Tells the engine of refusals; and of what exists in spite of one, as the protocol has it."""
    try:
        yield
    except operations.PartialError as error:
        record = error.record
        detail = provider_pb2.ErrorResourceInitFailed(
            id=record.id, inputs=struct(record.inputs), properties=struct(record.outputs), reasons=[str(error)]
        )
        _abort(context, str(error), detail)
    except CloudError as error:
        _abort(context, str(error))
    except Exception:  # noqa: BLE001  # whatever it is, the engine has to show it
        _abort(context, f"the stand-in is broken:\n{traceback.format_exc()}")


def _abort(context: grpc.ServicerContext, message: str, detail: Message | None = None) -> None:
    if detail is not None:
        status = status_pb2.Status(code=_UNKNOWN, message=message)
        status.details.add().Pack(detail)
        context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(grpc.StatusCode.UNKNOWN, message)
