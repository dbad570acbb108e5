#!/usr/bin/env python3
"""Plays ``tensorflow_model_server`` where its image cannot be had: the flags, files and answers that a stack relies on.

It loads folders laid out as SavedModels are, of a function x / 2 + OFFSET, whose offset stands in
``assets.extra/stand_in.json``. As the real one it listens once its model is loaded, and ends at once when it is told to.
Python, grpcio and protobuf are all that its image needs.
"""

import json
import os
import re
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

FLOAT = 1
PREDICT = "/tensorflow.serving.PredictionService/Predict"


def messages():
    """The messages of Predict, with the fields that are used and TensorFlow's numbers for them."""
    field, types = (
        descriptor_pb2.FieldDescriptorProto,
        {
            "ModelSpec": [("name", 1, "string", ""), ("version", 2, "int64_value", "")],
            "Int64": [("value", 1, "int64", "")],
            "Dim": [("size", 1, "int64", "")],
            "Shape": [("dim", 2, "*Dim", "")],
            "Tensor": [("dtype", 1, "int32", ""), ("shape", 2, "Shape", ""), ("float_val", 5, "*float", "")],
            "Entry": [("key", 1, "string", ""), ("value", 2, "Tensor", "")],
            "PredictRequest": [("model_spec", 1, "ModelSpec", ""), ("inputs", 2, "*Entry", "")],
            "PredictResponse": [("outputs", 1, "*Entry", ""), ("model_spec", 2, "ModelSpec", "")],
        },
    )
    scalars = {
        "string": field.TYPE_STRING,
        "int64": field.TYPE_INT64,
        "int32": field.TYPE_INT32,
        "float": field.TYPE_FLOAT,
    }
    file = descriptor_pb2.FileDescriptorProto(name="stand_in.proto", package="stand_in", syntax="proto3")
    for name, fields in types.items():
        message = file.message_type.add(name=name)
        for key, number, kind, _ in fields:
            kind = {"int64_value": "Int64"}.get(kind, kind)
            repeated, kind = kind.startswith("*"), kind.lstrip("*")
            part = message.field.add(
                name=key, number=number, label=field.LABEL_REPEATED if repeated else field.LABEL_OPTIONAL
            )
            if kind in scalars:
                part.type = scalars[kind]
            else:
                part.type, part.type_name = field.TYPE_MESSAGE, f".stand_in.{kind}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    made = {name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"stand_in.{name}")) for name in types}
    return made["PredictRequest"], made["PredictResponse"]


PredictRequest, PredictResponse = messages()


class Model:
    """What is served: the latest version, or the latest of those that the configuration names."""

    def __init__(self, configuration):
        self.name, base = (re.search(rf'{key}: "(.*)"', configuration)[1] for key in ("name", "base_path"))
        asked = re.search(r"specific \{(.*?)\}", configuration)
        wanted = set(re.findall(r"\d+", asked[1])) if asked else None
        while True:
            found = [
                path for path in Path(base).iterdir() if path.name.isdecimal() and (path / "saved_model.pb").is_file()
            ]
            versions = sorted(
                (path for path in found if not wanted or path.name in wanted), key=lambda path: int(path.name)
            )
            if versions:
                break
            print(f"No versions of servable {self.name} found under base path {base}", flush=True)
            time.sleep(1)
        self.version, loaded = versions[-1].name, json.loads((versions[-1] / "assets.extra/stand_in.json").read_text())
        time.sleep(loaded.get("seconds", 0))
        self.offset = loaded["offset"]

    def predict(self, values):
        return [value / 2 + self.offset for value in values]

    def status(self):
        state = {"version": self.version, "state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}
        return {"model_version_status": [state]}


def rest(model, port):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            known = {
                f"/v1/models/{model.name}": model.status(),
                f"/v1/models/{model.name}/metadata": {"model_spec": {"name": model.name}},
            }
            self.answer(known.get(self.path))

        def do_POST(self):
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            is_ours = self.path == f"/v1/models/{model.name}:predict"
            self.answer({"predictions": model.predict(asked["instances"])} if is_ours else None)

        def answer(self, content):
            body = json.dumps(content or {"error": f"Servable not found for request: {self.path}"}, indent=1).encode()
            self.send_response(200 if content else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            """Says nothing."""

    ThreadingHTTPServer.request_queue_size = 128
    return ThreadingHTTPServer(("", port), Handler)


def predictions(model):
    def predict(request, _):
        answer = PredictResponse()
        answer.model_spec.name = model.name
        answer.model_spec.version.value = int(model.version)
        for entry in request.inputs:
            values = model.predict(entry.value.float_val)
            made = answer.outputs.add(key="y")
            made.value.dtype = FLOAT
            made.value.shape.dim.add(size=len(values))
            made.value.float_val.extend(values)
        return answer

    handler = grpc.unary_unary_rpc_method_handler(
        predict, request_deserializer=PredictRequest.FromString, response_serializer=PredictResponse.SerializeToString
    )
    service, _, method = PREDICT[1:].partition("/")
    return grpc.method_handlers_generic_handler(service, {method: handler})


def main():
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    flags = dict(flag.removeprefix("--").split("=", 1) for flag in sys.argv[1:])
    model = Model(Path(flags["model_config_file"]).read_text())
    options = [pair.split("=") for pair in flags.get("grpc_channel_arguments", "").split(",") if pair]
    server = grpc.server(ThreadPoolExecutor(8), options=[(key, int(value)) for key, value in options])
    server.add_generic_rpc_handlers([predictions(model)])
    everywhere = "[::]" if Path("/proc/net/if_inet6").exists() else "0.0.0.0"
    # As the real one, it listens to gRPC somewhere, or does not start.
    where = f"unix:{flags['grpc_socket_path']}" if flags["port"] == "0" else f"{everywhere}:{flags['port']}"
    server.add_insecure_port(where)
    server.start()
    print(f"Running gRPC ModelServer at {where}", flush=True)
    threading.Thread(target=rest(model, int(flags["rest_api_port"])).serve_forever, daemon=True).start()
    signal.pause()


if __name__ == "__main__":
    main()
