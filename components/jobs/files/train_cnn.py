"""Trains a convolutional network on made-up images, with parameter servers, and says how fast it is.

The operator gives every pod TF_CONFIG: all addresses, and which of them it is. The first worker leads: beside its own
server for the work, which all pods have, it runs what hands out the work. When that is done it tells the other pods, at
the port after their own, and all end. A pod whose server ends too early fails, and starts anew.
"""

import argparse
import importlib
import json
import multiprocessing
import os
import signal
import socket
import sys
import time
from contextlib import suppress
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from typing import Any

START_SECONDS = 1800
"""How long the leader waits for the others: their nodes may have to pull the image."""
EVERY_SECONDS = 2
WARM_UP = 3
"""Batches that are not timed: in them TensorFlow makes its plans."""
CLASSES = 1000
DONE = b"done"


def main() -> None:
    """Plays this pod's part."""
    # The first process of a container is not ended by a signal that it has no handler for.
    signal.signal(signal.SIGTERM, end)
    options = arguments()
    config: dict[str, Any] = json.loads(os.environ["TF_CONFIG"])
    cluster: dict[str, list[str]] = {task: config["cluster"][task] for task in ("worker", "ps")}
    task, index = config["task"]["type"], int(config["task"]["index"])
    chief = "{}:{}".format(*second_address(cluster["worker"][0]))
    server = start(serve, {**cluster, "chief": [chief]}, task, index)
    if (task, index) == ("worker", 0):
        lead(cluster, chief, server, options)
    else:
        follow(cluster[task][index], server)


def end(_number: int, _frame: object) -> None:
    """Ends this process, and with it those that it started."""
    sys.exit("Told to end.")


def arguments() -> argparse.Namespace:
    """What to train, and how long."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="resnet50")
    parser.add_argument("--batch_size", type=int, default=32)
    parser.add_argument("--num_batches", type=int, default=100)
    return parser.parse_args()


def start(part: Any, *args: object) -> BaseProcess:
    """Runs ``part`` in a process of its own, which ends with this one."""
    process = multiprocessing.get_context("spawn").Process(target=part, args=args, daemon=True)
    process.start()
    return process


def lead(cluster: dict[str, list[str]], chief: str, server: BaseProcess, options: argparse.Namespace) -> None:
    """Has the network trained by everybody, and tells the others when that is done."""
    everybody = [*cluster["worker"], *cluster["ps"]]
    for address in everybody:
        wait_for(address, server)
    trainer = start(train, {**cluster, "chief": [chief]}, options)
    # Without its own server the leader would wait for ever.
    if trainer.sentinel not in wait([trainer.sentinel, server.sentinel]):
        sys.exit("The server has ended.")
    trainer.join()
    if trainer.exitcode:
        sys.exit("The training has failed.")
    for address in everybody[1:]:
        # One that is just starting anew goes with the job.
        with suppress(OSError), socket.create_connection(second_address(address), EVERY_SECONDS) as connection:
            connection.sendall(DONE)


def follow(address: str, server: BaseProcess) -> None:
    """Works, until the leader says that it is done."""
    with socket.create_server(("", second_address(address)[1])) as listener:
        listener.settimeout(EVERY_SECONDS)
        while server.is_alive():
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            with suppress(OSError), connection:
                connection.settimeout(EVERY_SECONDS)
                if connection.recv(len(DONE)) == DONE:
                    print("The leader is done.", flush=True)
                    return
    sys.exit("The server has ended.")


def second_address(address: str) -> tuple[str, int]:
    """The host and the port after the one of ``address``, which is TensorFlow's."""
    host, _, port = address.rpartition(":")
    return host, int(port) + 1


def wait_for(address: str, server: BaseProcess) -> None:
    """Waits until somebody listens at ``address``."""
    host, _, port = address.rpartition(":")
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and server.is_alive():
        try:
            socket.create_connection((host, int(port)), timeout=EVERY_SECONDS).close()
        except OSError:
            time.sleep(EVERY_SECONDS)
        else:
            return
    sys.exit(f"Nobody listens at {address}, or the server has ended.")


def tensorflow() -> Any:
    """TensorFlow, which takes seconds to import, and only the processes that work need."""
    return importlib.import_module("tensorflow")


def serve(cluster: dict[str, list[str]], task: str, index: int) -> None:
    """Does what the leader hands out, until the process is ended."""
    tf = tensorflow()
    tf.distribute.Server(tf.train.ClusterSpec(cluster), job_name=task, task_index=index, protocol="grpc").join()


def train(cluster: dict[str, list[str]], options: argparse.Namespace) -> None:
    """Trains, and prints images per second at each tenth."""
    # This process only hands out work: what GPUs the pod has are its server's, whose memory two could not share.
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    tf = tensorflow()
    resolver = tf.distribute.cluster_resolver.SimpleClusterResolver(
        tf.train.ClusterSpec(cluster), task_type="chief", task_id=0, rpc_layer="grpc"
    )
    strategy = tf.distribute.ParameterServerStrategy(resolver)
    coordinator = tf.distribute.coordinator.ClusterCoordinator(strategy)
    size = 32 if options.model == "trivial" else 224
    with strategy.scope():
        model = network(tf, options.model, size)
        optimizer = tf.keras.optimizers.SGD(learning_rate=0.01)
        optimizer.build(model.trainable_variables)

    @tf.function(autograph=False)
    def step() -> Any:
        def replica() -> Any:
            images = tf.random.uniform((options.batch_size, size, size, 3))
            answers = tf.random.uniform((options.batch_size,), maxval=CLASSES, dtype=tf.int32)
            with tf.GradientTape() as tape:
                logits = model(images, training=True)
                losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=answers, logits=logits)
                loss = tf.reduce_mean(losses)
            gradients = tape.gradient(loss, model.trainable_variables)
            optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
            return loss

        # A worker trains one replica on each of its GPUs.
        return strategy.reduce("MEAN", strategy.run(replica), axis=None)

    for _ in range(WARM_UP):
        coordinator.schedule(step)
    coordinator.join()
    images_of_a_step = options.batch_size * strategy.num_replicas_in_sync
    tenth = max(options.num_batches // 10, 1)
    done, began = 0, time.monotonic()
    while done < options.num_batches:
        some = min(tenth, options.num_batches - done)
        last = [coordinator.schedule(step) for _ in range(some)][-1]
        coordinator.join()
        done += some
        speed = done * images_of_a_step / (time.monotonic() - began)
        print(f"{done}\timages/sec: {speed:.1f}\tloss: {float(last.fetch()):.3f}", flush=True)
    print(f"total images/sec: {done * images_of_a_step / (time.monotonic() - began):.2f}", flush=True)


def network(tf: Any, name: str, size: int) -> Any:
    """The network ``name``, for images of ``size`` by ``size``, untrained."""
    shape = (size, size, 3)
    if name == "trivial":
        return tf.keras.Sequential(
            [tf.keras.layers.Input(shape), tf.keras.layers.Flatten(), tf.keras.layers.Dense(CLASSES)]
        )
    makers = {
        "resnet50": tf.keras.applications.ResNet50,
        "vgg16": tf.keras.applications.VGG16,
        "inception3": tf.keras.applications.InceptionV3,
        "mobilenet": tf.keras.applications.MobileNetV2,
    }
    return makers[name](weights=None, input_shape=shape, classes=CLASSES, classifier_activation=None)


if __name__ == "__main__":
    main()
