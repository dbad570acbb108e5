"""A few moments of `make faults`: commands that are killed, and what finishes them, on a real API server."""

import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.conftest import Cluster
from tests.support.leftovers import remove
from tests.support.recorder import WITHOUT_OPERATOR
from tests.support.report import engine_started
from tools import faults, processes

SEED = 5
"""Of the run that is short; `make faults` takes any."""
LENGTHS = {"first up": 9.0, "update": 9.0, "down": 6.0}
"""Seconds, on a machine that has little else to do; `make faults` measures them."""


@pytest.fixture
def bench(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Generator[faults.Bench]:
    monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))
    for variable in ("PATH", "UV_NO_GROUP"):
        monkeypatch.setenv(variable, cluster.environment[variable])
    folder = Path(tempfile.mkdtemp(prefix="kubeflow-faults-"))
    try:
        yield faults.Bench(folder, cluster.context, cluster.kubeconfig, WITHOUT_OPERATOR)
    finally:
        remove(cluster, faults.NAMESPACE)
        shutil.rmtree(folder)


def api_server() -> processes.Process:
    raise AssertionError("no case of the short run is about the API server")


def test_what_was_killed_is_finished_by_the_next_command(bench: faults.Bench) -> None:
    matrix = faults.Matrix(bench, api_server, LENGTHS)
    cases = faults.cases(SEED, 3)
    assert [case.command for case in cases] == ["first up", "update", "down"]
    for case in cases:
        engine_started()
        result = matrix.run(case)
        assert not result.faults, faults.table([result])
        assert result.after > 0


def test_a_seed_draws_the_same_cases_and_each_kind_of_fault_as_often() -> None:
    cases = faults.cases(1, 40)
    assert cases == faults.cases(1, 40)
    assert cases != faults.cases(2, 40)
    for fault in faults.KILLED:
        assert sum(case.fault == fault for case in cases) == 10
    for command in ("first up", "update", "down"):
        assert sum(case.command == command for case in cases) >= 13
    assert {case.then for case in cases} == {"up", "recover", "down"}
    assert {case.fault for case in faults.others(1)} == {*faults.SIGNALS, *faults.AWAY, faults.TWICE}
