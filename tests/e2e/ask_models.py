# Asks a model server again and again, by REST and by gRPC, until a file is there; then says what came of it.
#   ask_models.py SERVICE MODEL FILE
# REST takes a connection for each request, gRPC keeps one, as clients of each do. Run in a pod, beside model_server.py.
import json
import sys
import threading
import time
import urllib.request
from collections import Counter
from pathlib import Path

import grpc
from model_server import FLOAT, PREDICT, PredictRequest, PredictResponse

service, model, end = sys.argv[1:]
done = threading.Event()
answers: dict[str, Counter[float]] = {"rest": Counter(), "grpc": Counter()}
failures: list[str] = []


def rest() -> float:
    request = urllib.request.Request(
        f"http://{service}:8000/v1/models/{model}:predict", data=json.dumps({"instances": [2.0]}).encode()
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)["predictions"][0]


channel = grpc.insecure_channel(f"{service}:9000")
call = channel.unary_unary(
    PREDICT, request_serializer=PredictRequest.SerializeToString, response_deserializer=PredictResponse.FromString
)


def by_grpc() -> float:
    request = PredictRequest()
    request.model_spec.name = model
    entry = request.inputs.add(key="x")
    entry.value.dtype = FLOAT
    entry.value.shape.dim.add(size=1)
    entry.value.float_val.append(2.0)
    return call(request, timeout=10).outputs[0].value.float_val[0]


def ask(kind: str, once) -> None:
    while not done.is_set():
        try:
            answers[kind][once()] += 1
        except Exception as error:  # whatever it is, the request is lost
            failures.append(
                f"{kind} at {time.time():.1f}: {type(error).__name__}: {' '.join(str(error).split())[:300]}"
            )
        time.sleep(0.01)


threads = [threading.Thread(target=ask, args=each) for each in [("rest", rest), ("rest", rest), ("grpc", by_grpc)]]
for thread in threads:
    thread.start()
while not Path(end).exists():
    time.sleep(0.2)
done.set()
for thread in threads:
    thread.join()
print(json.dumps({"answers": {kind: dict(count) for kind, count in answers.items()}, "failures": failures}))
