"""A user logs in, computes, and finds their work again; and reaches nothing that is not theirs."""

import json
from pathlib import Path

from tests.e2e.conftest import RealCluster
from tests.support.waiting import wait_for

HERE = Path(__file__).parent
ACCURACY = 0.88
"""What the guide's softmax check on MNIST reaches at least."""
FORBIDDEN = ("proxy-api", "another server", "kubernetes")
ALLOWED = ("hub", "dns")


def test_user_computes_and_finds_their_file_after_a_respawn(real_cluster: RealCluster) -> None:
    client = real_cluster.client("ada")
    client.submit({})
    client.wait_until_ready(300)
    assert "JupyterLab" in client.open_server()
    printed = client.run((HERE / "softmax.py").read_text())
    assert float(printed.split("accuracy")[1]) >= ACCURACY
    client.write_file("work/note.txt", printed)
    client.stop()
    client.submit({})
    client.wait_until_ready(300)
    assert client.open_server()
    assert client.read_file("work/note.txt") == printed


def test_policies_keep_a_notebook_to_itself(real_cluster: RealCluster) -> None:
    client, neighbour = real_cluster.client("ada"), real_cluster.client("bob")
    for each in (client, neighbour):
        if not each.servers():
            each.submit({})
        each.wait_until_ready(300)
    client.open_server()
    address = real_cluster.kubectl("get", "pod", "jupyter-bob", "--output=jsonpath={.status.podIP}")
    targets = {
        "proxy-api": "proxy-api:8001",
        "another server": f"{address}:8888",
        "kubernetes": "kubernetes.default.svc:443",
        "hub": "hub:8081",
    }
    code = f"TARGETS = {targets!r}\n{(HERE / 'reach.py').read_text()}"

    def reached() -> dict[str, bool]:
        return json.loads(client.run(code).splitlines()[-1])

    assert reached() == {**dict.fromkeys(FORBIDDEN, False), **dict.fromkeys(ALLOWED, True)}
    real_cluster.kubectl("delete", "networkpolicies", "--all")
    wait_for("everything in reach without policies", lambda: all(reached().values()))
    # What was removed by hand is made again, and works again.
    real_cluster.workspace.pulumi("up", "--yes", "--skip-preview", "--refresh")
    wait_for("nothing but its own in reach", lambda: not any(reached()[target] for target in FORBIDDEN))


def test_restarted_hub_knows_its_users_and_their_running_servers(real_cluster: RealCluster) -> None:
    client = real_cluster.client("ada")
    if not client.servers():
        client.submit({})
    client.wait_until_ready(300)
    real_cluster.kubectl("rollout", "restart", "deployment/hub")
    real_cluster.kubectl("rollout", "status", "deployment/hub", "--timeout=180s")
    wait_for("the running server", lambda: client.servers().get("", {}).get("ready"), 120, every=2)
    assert "JupyterLab" in client.open_server()
