"""Reads configuration files as TensorFlow Serving does: ``parse.py MESSAGE``, with a message of its own.

Each line of stdin holds a file's text as JSON, and gets one on stdout: the message, or why the server would not start.
"""

import importlib
import json
import sys

from google.protobuf import json_format, text_format

# Two packages have them, which one process cannot load beside each other.
OTHERS = "pythie_serving.tensorflow_proto.tensorflow_serving"
MODULES = {
    "ModelServerConfig": "tensorflow_serving.config.model_server_config_pb2",
    "MonitoringConfig": f"{OTHERS}.config.monitoring_config_pb2",
    "BatchingParameters": f"{OTHERS}.servables.tensorflow.session_bundle_config_pb2",
}

message = getattr(importlib.import_module(MODULES[sys.argv[1]]), sys.argv[1])


def parse(text: str) -> dict[str, object]:
    if not text:
        # PosixFileSystem::NewReadOnlyMemoryRegionFromFile() calls mmap(), which refuses a length of 0.
        return {"error": "an empty file cannot be mapped"}
    try:
        parsed = text_format.Parse(text, message())
    except text_format.ParseError as error:
        return {"error": str(error)}
    return {"message": json_format.MessageToDict(parsed, preserving_proto_field_name=True)}


for line in sys.stdin:
    print(json.dumps(parse(json.loads(line))), flush=True)
