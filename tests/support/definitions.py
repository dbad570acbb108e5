"""Definitions of kinds, put into a real API server for a while."""

import json
import subprocess
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Any

from tests.conftest import Cluster

Send = Callable[..., subprocess.CompletedProcess[str]]


@contextmanager
def defined(cluster: Cluster, definitions: Sequence[dict[str, Any]], namespace: str, *apply: str) -> Generator[Send]:
    """Yields what runs ``kubectl`` in a namespace of its own, with an object if one is given.

    Args:
        cluster: where the definitions are put, and deleted afterwards.
        definitions: the definitions, as the API server gets them.
        namespace: the namespace, which is made and deleted too.
        apply: further arguments of ``kubectl apply``.
    """
    names = [f"customresourcedefinition/{definition['metadata']['name']}" for definition in definitions]

    def run(*arguments: str, stdin: dict[str, Any] | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["kubectl", *arguments, f"--namespace={namespace}"],
            env=cluster.environment,
            input=json.dumps(stdin) if stdin else None,
            capture_output=True,
            text=True,
            check=False,
        )

    items = {"apiVersion": "v1", "kind": "List", "items": list(definitions)}
    try:
        cluster.kubectl("apply", *apply, "--filename=-", stdin=json.dumps(items))
        cluster.kubectl("wait", "--for=condition=Established", "--timeout=60s", *names)
        cluster.kubectl("create", "namespace", namespace)
        yield run
    finally:
        cluster.kubectl("delete", "--ignore-not-found", "--wait", *names)
        cluster.kubectl("delete", "--ignore-not-found", "--wait=false", "namespace", namespace)
