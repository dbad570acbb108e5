"""Runs the benchmark's training with workers that have two devices: two CPUs, where a GPU node has GPUs.

Arguments: the script's folder, and free ports for the one that leads, the parameter server and a worker. Its clock goes
on by a second each time that it is looked at.
"""

import functools
import itertools
import multiprocessing
import sys
import types

TWO = ("/device:CPU:0", "/device:CPU:1")


def script(folder):
    sys.path.insert(0, folder)
    import train_cnn

    return train_cnn


def serve(folder, cluster, task, index):
    tf = script(folder).tensorflow()
    two = tf.compat.v1.ConfigProto(device_count={"CPU": len(TWO)})
    tf.distribute.Server = functools.partial(tf.distribute.Server, config=two)
    script(folder).serve(cluster, task, index)


def main():
    folder, *ports = sys.argv[1:]
    cluster = {task: [f"127.0.0.1:{port}"] for task, port in zip(("chief", "ps", "worker"), ports, strict=True)}
    spawn = multiprocessing.get_context("spawn")
    for task in ("ps", "worker"):
        spawn.Process(target=serve, args=(folder, cluster, task, 0), daemon=True).start()

    benchmark = script(folder)
    sys.argv = ["train_cnn.py", "--model=trivial", "--batch_size=4", "--num_batches=20"]
    options = benchmark.arguments()
    benchmark.tensorflow()
    from tensorflow.python.distribute.parameter_server_strategy_v2 import ParameterServerStrategyV2Extended

    def count_devices(extended) -> None:
        extended._num_gpus_per_worker = len(TWO)

    ParameterServerStrategyV2Extended._set_num_gpus = count_devices
    ParameterServerStrategyV2Extended.worker_devices = TWO
    benchmark.time = types.SimpleNamespace(monotonic=itertools.count().__next__)
    benchmark.train(cluster, options)


if __name__ == "__main__":
    main()
