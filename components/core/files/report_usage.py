"""Sends anonymous facts about the cluster's nodes to a collector, once, in the form that Spartakus sent them.

A node is known by a hash of its name under the usage id; no name, address, label or user leaves the cluster.
"""

import hashlib
import json
import os
import ssl
import sys
import urllib.error
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ACCOUNT = Path(os.environ.get("SERVICE_ACCOUNT", "/var/run/secrets/kubernetes.io/serviceaccount"))
TIMEOUT_SECONDS = 30
NODE_FACTS = (
    "architecture",
    "containerRuntimeVersion",
    "kernelVersion",
    "kubeletVersion",
    "operatingSystem",
    "osImage",
)


def from_api(path: str) -> dict[str, Any]:
    """The object at ``path`` of the cluster's API."""
    request = urllib.request.Request(
        f"{os.environ['KUBERNETES_API']}{path}",
        headers={"Authorization": f"Bearer {(ACCOUNT / 'token').read_text().strip()}"},
    )
    context = ssl.create_default_context(cafile=str(ACCOUNT / "ca.crt"))
    with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS, context=context) as answer:
        return json.load(answer)


def report(usage_id: str, version: dict[str, Any], nodes: dict[str, Any]) -> dict[str, Any]:
    """What is sent: facts of the version and of each node, and nothing that names either."""
    return {
        "version": "v1.0.0",
        "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
        "clusterID": usage_id,
        "masterVersion": version["gitVersion"],
        "nodes": [node_facts(usage_id, node) for node in nodes["items"]],
    }


def node_facts(usage_id: str, node: dict[str, Any]) -> dict[str, Any]:
    """What is sent of a node."""
    info, capacity = node["status"]["nodeInfo"], node["status"].get("capacity", {})
    name = hashlib.sha256(f"{usage_id}/{node['metadata']['name']}".encode()).hexdigest()
    return {
        "id": name[:32],
        **{fact: info.get(fact, "") for fact in NODE_FACTS},
        "capacity": [{"resource": resource, "value": value} for resource, value in sorted(capacity.items())],
    }


def main() -> int:
    """Sends one report; 0 if the collector took it."""
    collector, usage_id = os.environ["COLLECTOR_URL"], os.environ["USAGE_ID"]
    body = json.dumps(report(usage_id, from_api("/version"), from_api("/api/v1/nodes"))).encode()
    request = urllib.request.Request(collector, body, {"Content-Type": "application/json"}, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:
            print(f"Sent {len(body)} bytes to {collector}: HTTP {answer.status}.")
    except urllib.error.URLError as error:
        print(f"{collector} did not take the report: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
