"""A stack with a job of each kind, whose operator is the real program."""

import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Cluster
from tests.support.training.operator_node import OperatorNode
from tests.support.training.stack import TrainingStack, Update
from tests.support.workspace import Workspace

NAMESPACE = "training-tests"
SMALL: dict[str, Any] = {"image": "registry.example/trainer:1", "resources": {"cpu": "10m", "memory": "16Mi"}}
JOBS: dict[str, Any] = {
    "tfJobs": {
        "words": {
            **SMALL,
            "command": ["python3", "words.py"],
            "numMasters": 0,
            "numWorkers": 2,
            "env": {"EPOCHS": "2"},
            "wait": "running",
        }
    },
    "tfCnn": {"cnn": {"numPs": 1, "numWorkers": 2, "resources": SMALL["resources"]}},
    "pytorchJobs": {"faces": {**SMALL, "numWorkers": 2, "wait": "created"}},
}
"""The jobs of the first update."""


@pytest.fixture(scope="package")
def new_stack(cluster: Cluster) -> Generator[TrainingStack]:
    """A stack that is not up yet, and is deleted after the tests."""
    with tempfile.TemporaryDirectory(prefix="training-") as scratch:
        folder = Path(scratch)
        workspace = Workspace.create(folder / "workspace", cluster.environment)
        workspace.init()
        (folder / "node").mkdir()
        with OperatorNode(cluster, NAMESPACE, folder / "node") as node:
            stack = TrainingStack(workspace=workspace, cluster=cluster, node=node, namespace=NAMESPACE)
            stack.configure(JOBS)
            yield stack
            workspace.destroy_with_data()


@pytest.fixture(scope="package")
def first_update(new_stack: TrainingStack) -> Update:
    """What its first update did."""
    return new_stack.up()


@pytest.fixture
def training(new_stack: TrainingStack, first_update: Update) -> TrainingStack:
    """The stack after its first update, with settings as in the beginning."""
    assert first_update.changes
    new_stack.configure(JOBS)
    return new_stack
