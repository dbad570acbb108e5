# Run in every pod of a job: all greet the first over its Service, as the operator's variables say where it is.
import json
import os
import socket
import time

if "TF_CONFIG" in os.environ:
    config = json.loads(os.environ["TF_CONFIG"])
    first, _, port = config["cluster"]["worker"][0].rpartition(":")
    rank, size = config["task"]["index"], len(config["cluster"]["worker"])
else:
    first, port = os.environ["MASTER_ADDR"], os.environ["MASTER_PORT"]
    rank, size = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])


def connect() -> socket.socket:
    for _ in range(90):
        try:
            return socket.create_connection((first, int(port)), timeout=5)
        except OSError:
            time.sleep(2)
    raise SystemExit(f"{first}:{port} does not answer")


if rank:
    with connect() as leader:
        leader.sendall(str(rank).encode())
        print("answer:", leader.recv(64).decode())
else:
    with socket.create_server(("", int(port))) as server:
        for _ in range(size - 1):
            peer, _ = server.accept()
            with peer:
                print("heard", peer.recv(64).decode())
                peer.sendall(f"we are {size}".encode())
