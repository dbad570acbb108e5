"""The benchmark's own program, with the real TensorFlow."""

import importlib.util
import os
import subprocess
from argparse import Namespace
from types import ModuleType

import pytest

from tests.support.serving.tensorflow import command, environment
from tests.support.training.relay import free_port
from tools.places import CHECKOUT

FOLDER = CHECKOUT / "components" / "jobs" / "files"


@pytest.fixture
def benchmark() -> ModuleType:
    spec = importlib.util.spec_from_file_location("train_cnn", FOLDER / "train_cnn.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_workers_with_two_devices_train_on_both_and_all_images_count() -> None:
    ports = [str(free_port()) for _ in range(3)]
    done = subprocess.run(
        command("train_on_two_devices.py", str(FOLDER), *ports),
        env=environment(),
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    assert done.returncode == 0, done.stderr[-4000:]
    # Two steps in each second of its clock, of four images on each of two devices; the last look takes a second more.
    assert [line[:2] for line in lines[:-1]] == [[str(2 * tenth), "images/sec: 16.0"] for tenth in range(1, 11)]
    assert lines[-1] == ["total images/sec: 14.55"]
    assert all(0 < float(line[2].removeprefix("loss: ")) < 20 for line in lines[:-1])


def test_what_hands_out_the_work_leaves_gpus_to_the_server_beside_it(
    benchmark: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    seen: list[str] = []

    def tensorflow() -> None:
        seen.append(os.environ["CUDA_VISIBLE_DEVICES"])
        raise InterruptedError

    monkeypatch.setattr(benchmark, "tensorflow", tensorflow)
    with pytest.raises(InterruptedError):
        benchmark.train({}, Namespace())
    assert seen == [""]
