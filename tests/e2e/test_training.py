"""Jobs whose pods find each other and finish, while ``pulumi up`` waits for them."""

from pathlib import Path
from typing import Any

from tests.e2e.conftest import RealCluster

PROGRAM = (Path(__file__).parent / "greet.py").read_text()
SECONDS = 240


def test_jobs_of_two_kinds_finish_and_update_waits_for_them(real_cluster: RealCluster) -> None:
    chosen, operator = real_cluster.images, real_cluster.image("OPERATOR_IMAGE")
    job: dict[str, Any] = {
        "image": chosen["JOB_IMAGE"],
        "command": ["python3", "-u", "-c", PROGRAM],
        "resources": {"cpu": "50m", "memory": "64Mi"},
        "runPolicy": {"cleanPodPolicy": "None", "backoffLimit": 2},
        "wait": "succeeded",
        "waitTimeoutSeconds": SECONDS,
    }
    real_cluster.configure(
        {"trainingOperator": {"image": operator, "initImage": chosen["INIT_IMAGE"]}},
        {
            "tfJobs": {"greeting": {**job, "numMasters": 0, "numWorkers": 2}},
            "pytorchJobs": {"waving": {**job, "numWorkers": 1}},
        },
    )
    real_cluster.workspace.up()
    states = {name: each["state"] for name, each in real_cluster.workspace.outputs()["jobs"].items()}
    assert set(states) == {"greeting", "waving"}
    assert all(state.startswith("Succeeded") for state in states.values()), states
    for leader in ("greeting-worker-0", "waving-master-0"):
        assert "heard 1" in real_cluster.kubectl("logs", leader)
