"""A user's notebook, as the real hub and KubeSpawner make it with what the program deployed."""

import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from tests.behaviour.conftest import ADMIN, ADMIN_PASSWORD, IDLE_SECONDS, NAMESPACE, PASSWORD
from tests.behaviour.running_hub import RunningHub
from tests.support.hub_client import HubClient
from tests.support.waiting import wait_for

Spawn = Callable[[str, dict[str, str]], HubClient]
IAP_USER = "accounts.google.com:user@domain.ext"


def container_of(pod: dict[str, Any]) -> dict[str, Any]:
    (container,) = pod["spec"]["containers"]
    return container


def test_blank_form_gives_the_guides_defaults(hub: RunningHub, spawned: Spawn) -> None:
    client = spawned("blank", {})
    container = container_of(hub.pod("jupyter-blank"))
    assert container["image"] == "quay.io/jupyter/tensorflow-notebook:2026-07-28"
    assert container["resources"] == {"requests": {"cpu": "500m", "memory": "1Gi"}}
    assert "JupyterLab" in client.open_server()
    client.stop()


def test_form_decides_image_and_resources(hub: RunningHub, spawned: Spawn) -> None:
    fields = {
        "image": "registry.example.com/team/notebook:7",
        "cpu_guarantee": " 1.5 ",
        "mem_guarantee": "2.5Gi",
        "extra_resource_limits": '{"nvidia.com/gpu": 2, "memory": "8Gi"}',
    }
    client = spawned("chooser", fields)
    pod = hub.pod("jupyter-chooser")
    container = container_of(pod)
    assert container["image"] == "registry.example.com/team/notebook:7"
    assert container["resources"]["limits"] == {"nvidia.com/gpu": "2", "memory": "8Gi"}
    assert container["resources"]["requests"] == {"cpu": "1500m", "memory": "2560Mi", "nvidia.com/gpu": "2"}
    assert pod["spec"]["nodeName"] == "simulated-gpu"
    client.stop()


def test_pod_is_restricted_and_has_no_token(hub: RunningHub, spawned: Spawn) -> None:
    client = spawned("modest", {})
    pod = hub.pod("jupyter-modest")
    spec, container = pod["spec"], container_of(pod)
    assert spec["automountServiceAccountToken"] is False
    assert spec["enableServiceLinks"] is False
    assert "initContainers" not in spec
    assert spec["securityContext"] == {
        "fsGroup": 100,
        "fsGroupChangePolicy": "OnRootMismatch",
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    security = container["securityContext"]
    assert security["allowPrivilegeEscalation"] is False
    assert security["capabilities"] == {"drop": ["ALL"]}
    assert (security["runAsUser"], security["runAsGroup"], security["runAsNonRoot"]) == (1000, 100, True)
    assert not any("serviceaccount" in mount["mountPath"] for mount in container["volumeMounts"])
    assert pod["metadata"]["labels"]["hub.jupyter.org/network-access-hub"] == "true"
    client.stop()


@pytest.mark.parametrize(
    ("user", "slug"),
    [
        ("jane.doe", "jane-2edoe"),
        (IAP_USER, "accounts-2egoogle-2ecom-3auser-40domain-2eext"),
        ("Mixed-Case", "mixed-2dcase"),
    ],
)
def test_names_follow_the_escape_scheme(hub: RunningHub, user: str, slug: str) -> None:
    client = hub.client(user.lower())
    client.login(PASSWORD)
    client.submit({})
    pod = wait_for(
        f"jupyter-{slug}",
        lambda: hub.cluster.kubectl(
            "get", "pod", f"jupyter-{slug}", f"--namespace={NAMESPACE}", "--output=name", check=False
        ),
    )
    assert pod.strip() == f"pod/jupyter-{slug}"
    claim = hub.cluster.get("pvc", f"claim-{slug}", f"--namespace={NAMESPACE}")
    assert claim["spec"]["resources"]["requests"]["storage"] == "10Gi"
    assert claim["spec"]["accessModes"] == ["ReadWriteOnce"]
    client.wait_until_ready()
    client.stop()


def test_home_is_kept_and_mounted_again_beside_further_volumes(hub: RunningHub, spawned: Spawn) -> None:
    client = spawned("keeper", {})
    claim = hub.cluster.get("pvc", "claim-keeper", f"--namespace={NAMESPACE}")
    client.stop()
    spawned("keeper", {})
    assert (
        hub.cluster.get("pvc", "claim-keeper", f"--namespace={NAMESPACE}")["metadata"]["uid"]
        == claim["metadata"]["uid"]
    )
    pod = hub.pod("jupyter-keeper")
    mounts = {mount["mountPath"]: mount for mount in container_of(pod)["volumeMounts"]}
    claims = {
        volume["name"]: volume["persistentVolumeClaim"]["claimName"]
        for volume in pod["spec"]["volumes"]
        if "persistentVolumeClaim" in volume
    }
    assert claims[mounts["/home/jovyan/work"]["name"]] == "claim-keeper"
    assert claims[mounts["/mnt/datasets"]["name"]] == "datasets"
    assert mounts["/mnt/datasets"]["readOnly"] is True
    client.stop()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"extra_resource_limits": "{'nvidia.com/gpu': 3}"}, "is not JSON"),
        ({"extra_resource_limits": '{"gpu": 1}'}, "Did you mean nvidia.com/gpu?"),
        ({"extra_resource_limits": '{"nvidia.com/gpu": "half"}'}, "is not a whole number"),
        ({"cpu_guarantee": "lots"}, "is not an amount of CPU"),
        ({"mem_guarantee": "2 GB"}, "is not an amount of memory"),
        ({"image": "no spaces please"}, "is not an image reference"),
    ],
)
def test_form_refuses_with_a_sentence_and_keeps_what_was_typed(
    hub: RunningHub, fields: dict[str, str], sentence: str
) -> None:
    client = hub.client("careless")
    client.login(PASSWORD)
    page = client.submit({"mem_guarantee": "3Gi", **fields})
    assert page.status_code == 400
    assert sentence in page.text
    assert 'value="3Gi"' in page.text or "mem_guarantee" in fields
    assert "Traceback" not in page.text
    assert client.servers() == {}


def test_api_refuses_what_the_form_refuses(hub: RunningHub) -> None:
    client = hub.client("scripted")
    client.login(PASSWORD)
    answer = client.call("POST", "/hub/api/users/scripted/server", {"cpu_guarantee": ["many"]})
    assert answer.status_code == 400
    assert "neither a text nor a number" in answer.text
    assert client.servers() == {}


def test_idle_server_is_culled_and_its_claim_stays(hub: RunningHub, spawned: Spawn) -> None:
    client = spawned("sleeper", {})
    wait_for("the culler", lambda: not client.servers(), seconds=IDLE_SECONDS + 60, every=2)
    pods = hub.cluster.get("pods", f"--namespace={NAMESPACE}", "--selector=hub.jupyter.org/username=sleeper")
    assert pods["items"] == []
    assert hub.cluster.get("pvc", "claim-sleeper", f"--namespace={NAMESPACE}")["metadata"]["name"] == "claim-sleeper"


@pytest.mark.parametrize(
    "arguments",
    [
        ("get", "secrets"),
        ("get", "configmaps"),
        ("create", "deployment", "miner", "--image=x"),
        ("get", "pods", "--namespace=kube-system"),
        ("get", "nodes"),
        ("create", "rolebinding", "more", "--clusterrole=admin", f"--serviceaccount={NAMESPACE}:hub"),
    ],
)
def test_hubs_token_is_refused_what_the_hub_does_not_do(hub: RunningHub, arguments: tuple[str, ...]) -> None:
    environment = {**hub.cluster.environment, "KUBECONFIG": str(hub.kubeconfig)}
    command = ["kubectl", *arguments]
    if not any(argument.startswith("--namespace") for argument in arguments):
        command.append(f"--namespace={NAMESPACE}")
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "orbidden" in done.stderr


def test_namespace_refuses_a_privileged_pod(hub: RunningHub) -> None:
    command = ["kubectl", "run", "root", "--image=x", "--privileged", f"--namespace={NAMESPACE}", "--dry-run=server"]
    done = subprocess.run(command, env=hub.cluster.environment, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert 'violates PodSecurity "restricted' in done.stderr


def test_removing_a_user_keeps_their_files(hub: RunningHub, spawned: Spawn) -> None:
    spawned("leaver", {}).stop()
    admin = hub.client(ADMIN)
    admin.login(ADMIN_PASSWORD)
    assert admin.call("DELETE", "/hub/api/users/leaver").status_code == 204
    claim = hub.cluster.get("pvc", "claim-leaver", f"--namespace={NAMESPACE}")
    assert "deletionTimestamp" not in claim["metadata"]


def test_shared_password_is_asked_for(hub: RunningHub) -> None:
    page = hub.client("stranger").login("guess")
    assert "Invalid username or password" in page.text
    assert hub.client("stranger").login(PASSWORD).url.endswith("/hub/home")


def test_users_password_makes_no_administrator(hub: RunningHub) -> None:
    assert "Invalid username or password" in hub.client(ADMIN).login(PASSWORD).text


def test_user_is_no_administrator(hub: RunningHub) -> None:
    client = hub.client("curious")
    client.login(PASSWORD)
    assert client.call("GET", "/hub/api/users").status_code == 403
