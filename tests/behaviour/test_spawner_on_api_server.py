"""The hub's spawner and what it takes, beside the real API server."""

import asyncio
import json
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kubernetes_asyncio.config import load_kube_config  # pyright: ignore[reportUnknownVariableType]

from components import spawn_options
from tests.conftest import Cluster
from tests.support.hub_config import load, spawner_of

DEFAULTS = {spawn_options.IMAGE: "quay.io/jupyter/scipy-notebook", spawn_options.CPU: "1", spawn_options.MEMORY: "1Gi"}
numbers = st.from_regex(r"[0-9]{1,18}(\.[0-9]{1,9})?", fullmatch=True) | st.integers(0, 40).map(str)
units = st.sampled_from(["", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"])
amounts = st.builds(str.__add__, numbers, units) | st.integers() | st.floats()
labels = st.from_regex(r"[a-z0-9.-]{1,12}", fullmatch=True)
domains = labels | st.sampled_from(
    ["nvidia.com", "requests.nvidia.com", "kubernetes.io", "a.kubernetes.io", "a" * 250, "a..b", "a-.b"]
)
devices = st.tuples(domains, st.from_regex(r"[A-Za-z0-9_.-]{1,12}", fullmatch=True) | st.just("gpu")).map("/".join)
pages = st.from_regex(r"hugepages-[0-9]{1,3}[KMG]i", fullmatch=True)
counts = st.sampled_from(["0", "1", "8", "9" * 18, "9" * 19]) | st.integers(0, 2**70)
limits = (
    st.tuples(st.sampled_from(["cpu", "memory", "ephemeral-storage", "storage", "pods"]) | pages, amounts)
    | st.tuples(pages, st.integers(1, 64).map("{}Gi".format))
    | st.tuples(devices, counts)
)
images = st.from_regex(r"[a-z0-9.:-]{1,9}(/[a-z0-9_.-]{1,9}){0,2}(:[A-Za-z0-9_.-]{1,9})?", fullmatch=True)
fields = st.fixed_dictionaries(
    {},
    optional={
        spawn_options.IMAGE: images,
        spawn_options.CPU: amounts,
        spawn_options.MEMORY: amounts,
        spawn_options.EXTRA_LIMITS: st.lists(limits, max_size=2).map(dict),
    },
)


def pod_of(number: int, options: spawn_options.SpawnOptions) -> dict[str, Any]:
    """A pod with the resources that KubeSpawner gives one."""
    guaranteed = {"cpu": options.cpu, "memory": options.memory}
    resources = {"requests": guaranteed, "limits": dict(options.extra_limits)}
    container = {"name": "notebook", "image": options.image, "resources": resources}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": f"options-{number}"},
        "spec": {"containers": [container]},
    }


def test_no_options_that_are_taken_are_refused_by_the_api_server(cluster: Cluster) -> None:
    taken: list[dict[str, Any]] = []

    @settings(max_examples=1500, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None)
    @given(asked=fields)
    def collect(asked: dict[str, Any]) -> None:
        try:
            options = spawn_options.parse(asked, DEFAULTS)
        except spawn_options.OptionError:
            return
        taken.append(pod_of(len(taken), options))

    collect()
    assert len(taken) > 100
    pods = {"apiVersion": "v1", "kind": "List", "items": taken}
    cluster.kubectl("create", "--dry-run=server", "--filename=-", "--output=name", stdin=json.dumps(pods))


def test_view_of_pods_that_ended_begins_anew(cluster: Cluster, tmp_path: Path) -> None:
    config = load({"namespace": "default-pods"}, tmp_path)

    async def look_twice() -> None:
        await load_kube_config(config_file=str(cluster.kubeconfig))
        spawner = spawner_of(config, "ada")
        assert await spawner.poll() is not None
        ended = spawner.pod_reflector
        # As it ends by itself when the API server was away for too long.
        ended.watch_task.cancel()
        await asyncio.wait([ended.watch_task])
        await spawner.poll()
        begun = spawner.pod_reflector
        assert begun is not ended
        assert not begun.watch_task.done()
        await spawner.poll()
        assert spawner.pod_reflector is begun
        await spawner._stop_all_reflectors()
        await spawner.api.api_client.close()

    asyncio.run(look_twice())
