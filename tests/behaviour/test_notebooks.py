"""A user's notebook, as the real hub and KubeSpawner make it with what the program deployed."""

import json
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.behaviour.conftest import (
    ADMIN,
    ADMIN_PASSWORD,
    DATASETS,
    IDLE_SECONDS,
    MAX_USERS,
    NAMESPACE,
    PASSWORD,
)
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
    assert container["resources"] == {
        "requests": {"cpu": "500m", "memory": "1Gi", "ephemeral-storage": "0"},
        "limits": {"cpu": "4", "memory": "8Gi", "ephemeral-storage": "20Gi"},
    }
    assert "JupyterLab" in client.open_server()
    client.stop()


def test_form_decides_image_and_resources(hub: RunningHub, spawned: Spawn) -> None:
    fields = {
        "image": "registry.example.com/team/notebook:7",
        "cpu_guarantee": " 1.5 ",
        "mem_guarantee": "2.5Gi",
        "extra_resource_limits": '{"nvidia.com/gpu": 2, "memory": "6Gi"}',
    }
    client = spawned("chooser", fields)
    pod = hub.pod("jupyter-chooser")
    container = container_of(pod)
    assert container["image"] == "registry.example.com/team/notebook:7"
    assert container["resources"]["limits"] == {
        "cpu": "4",
        "memory": "6Gi",
        "nvidia.com/gpu": "2",
        "ephemeral-storage": "20Gi",
    }
    assert container["resources"]["requests"] == {
        "cpu": "1500m",
        "memory": "2560Mi",
        "nvidia.com/gpu": "2",
        "ephemeral-storage": "0",
    }
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


def notebook_of(hub: RunningHub, user: str) -> dict[str, Any]:
    """The pod of a user's notebook, which carries the whole name."""
    pods = hub.cluster.get("pods", f"--namespace={NAMESPACE}", "--selector=component=singleuser-server")["items"]
    (pod,) = [pod for pod in pods if pod["metadata"]["annotations"]["hub.jupyter.org/username"] == user]
    return pod


def home_of(pod: dict[str, Any]) -> str:
    (home,) = [volume for volume in pod["spec"]["volumes"] if volume["name"] == "volume-home"]
    return home["persistentVolumeClaim"]["claimName"]


def test_names_of_any_length_and_script_get_notebooks_of_their_own(hub: RunningHub) -> None:
    address = "firstname.lastname.verylongname@department-of-physics.subdomain.example-university.edu"
    long = "n" * 247
    users = [address, f"{long}1", f"{long}2", "数据科学" * 50, "y\u0131ld\u0131z $$ $(home) {x}"]
    clients = [hub.client(user) for user in users]
    for client in clients:
        assert client.login(PASSWORD).url.endswith("/hub/home"), client.user
        client.submit({})
    for client in clients:
        client.wait_until_ready()
        assert "JupyterLab" in client.open_server()
    pods = {user: notebook_of(hub, user) for user in users}
    assert len({pod["metadata"]["name"] for pod in pods.values()}) == len(users)
    assert len({home_of(pod) for pod in pods.values()}) == len(users)
    assert all(len(pod["metadata"]["name"]) <= 63 for pod in pods.values())
    escaped = address.replace("-", "-2d").replace(".", "-2e").replace("@", "-40")
    assert home_of(pods[address]) == f"claim-{escaped}"
    for client in clients:
        client.stop()


def test_claim_that_was_made_under_a_long_name_is_found(hub: RunningHub) -> None:
    user = "m" * 200
    claim = {**DATASETS, "metadata": {"name": f"claim-{user}"}}
    hub.cluster.kubectl("apply", f"--namespace={NAMESPACE}", "--filename=-", stdin=json.dumps(claim))
    client = hub.client(user)
    client.login(PASSWORD)
    client.submit({})
    client.wait_until_ready()
    assert home_of(notebook_of(hub, user)) == f"claim-{user}"
    client.stop()


FORGED: list[Any] = [
    {"image": "NOT AN IMAGE"},
    {"image": "169.254.169.254/latest/meta-data"},
    {"cpu_guarantee": "1000"},
    {"extra_resource_limits": {"amd.com/gpu": 1}},
    {"extra_resource_limits": {"__jupyterhub_bytes__": True, "data": "%"}},
    ["image"],
    "image",
]


def test_refused_starts_keep_nobody_else_from_starting(hub: RunningHub, spawned: Spawn) -> None:
    mallory = hub.client("mallory")
    mallory.login(PASSWORD)
    with ThreadPoolExecutor() as pool:
        path = "/hub/api/users/mallory/server"
        refused = [pool.submit(mallory.call, "POST", path, FORGED[each % len(FORGED)]) for each in range(100)]
        spawned("bystander", {}).stop()
        assert {answer.result().status_code for answer in refused} == {400}
    assert mallory.servers() == {}
    # Nothing of it was begun: neither options, nor tokens of servers are kept.
    tokens = mallory.call("GET", "/hub/api/users/mallory/tokens").json()["api_tokens"]
    assert not [token for token in tokens if "Server" in token["note"]]
    spawned("mallory", {}).stop()


def test_starts_that_the_cluster_refuses_say_why_and_keep_nobody_from_starting(hub: RunningHub, spawned: Spawn) -> None:
    greedy = hub.client("greedy")
    greedy.login(PASSWORD)
    for _ in range(7):
        greedy.submit({"mem_guarantee": "41Gi"})
        page = wait_for("the refusal", lambda: _refusal(greedy.get("/hub/spawn-pending/greedy").text))
        assert "exceeded quota: notebooks" in page
        assert "requested: requests.memory=41Gi" in page
    spawned("greedy", {"mem_guarantee": "2Gi"}).stop()


def _refusal(page: str) -> str:
    return page if "The cluster refused the notebook" in page else ""


def filler(name: str, priority_class: str | None) -> dict[str, Any]:
    """A pod that fills most of a simulated node."""
    security = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    amounts = {"cpu": "11", "memory": "1Mi", "ephemeral-storage": "0"}
    resources = {"requests": amounts, "limits": amounts}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"filler": "true"}},
        "spec": {
            "priorityClassName": priority_class,
            "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [{"name": "filler", "image": "x", "resources": resources, "securityContext": security}],
        },
    }


def test_hub_finds_room_among_notebooks_and_they_take_none_of_its(hub: RunningHub) -> None:
    def fill(name: str, priority_class: str | None) -> None:
        pod = json.dumps(filler(name, priority_class))
        hub.cluster.kubectl("apply", f"--namespace={NAMESPACE}", "--filename=-", stdin=pod)

    def placed() -> set[str]:
        pods = hub.cluster.get("pods", f"--namespace={NAMESPACE}", "--selector=filler=true")["items"]
        return {pod["metadata"]["name"] for pod in pods if pod["spec"].get("nodeName")}

    fill("notebook-1", f"{NAMESPACE}-notebooks")
    fill("notebook-2", f"{NAMESPACE}-notebooks")
    wait_for("notebooks on both nodes", lambda: placed() == {"notebook-1", "notebook-2"})
    fill("hub-1", f"{NAMESPACE}-hub")
    fill("hub-2", f"{NAMESPACE}-hub")
    wait_for("the hub in their place", lambda: placed() == {"hub-1", "hub-2"})
    fill("notebook-3", f"{NAMESPACE}-notebooks")
    fill("job", None)
    seen = "--field-selector=reason=FailedScheduling"
    wait_for("the scheduler's look", lambda: "pod/job" in hub.cluster.kubectl("get", "events", "-n", NAMESPACE, seen))
    assert placed() == {"hub-1", "hub-2"}
    hub.cluster.kubectl("delete", "pods", f"--namespace={NAMESPACE}", "--selector=filler=true", "--now")


def test_users_have_one_server_each(hub: RunningHub) -> None:
    client = hub.client("collector")
    client.login(PASSWORD)
    answer = client.call("POST", "/hub/api/users/collector/servers/second", {})
    assert answer.status_code == 400
    assert "Named servers are not enabled" in answer.text


def test_bodies_are_bounded(hub: RunningHub) -> None:
    client = hub.client("verbose")
    client.login(PASSWORD)
    try:
        answer = client.call("POST", "/hub/api/users/verbose/server", {"image": "x" * 2**21})
        assert answer.status_code >= 400
    except requests.ConnectionError:
        pass
    assert client.servers() == {}


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


@pytest.mark.parametrize("name", [ADMIN.upper(), ADMIN.capitalize()])
def test_users_password_is_refused_for_an_administrator_in_capitals(hub: RunningHub, name: str) -> None:
    assert "Invalid username or password" in hub.client(name).login(PASSWORD).text
    assert hub.client(name).login(ADMIN_PASSWORD).url.endswith("/hub/home")


@pytest.mark.parametrize("name", ["..", ".", "%2e%2e", "n" * 256])
def test_names_that_could_have_no_notebook_do_not_log_in(hub: RunningHub, name: str) -> None:
    assert "Invalid username or password" in hub.client(name).login(PASSWORD).text


def test_sign_ups_are_bounded(hub: RunningHub) -> None:
    admin = hub.client(ADMIN)
    admin.login(ADMIN_PASSWORD)
    known = {user["name"] for user in admin.call("GET", "/hub/api/users").json()}
    news = [f"new-{each}" for each in range(MAX_USERS + 1)]
    answers = [hub.client(name).login(PASSWORD) for name in news]
    assert sum(answer.status_code == 200 for answer in answers) == MAX_USERS - len(known)
    assert "takes no more" in answers[-1].text
    # Whoever is known already, and whoever is named, still comes in.
    assert hub.client("new-0").login(PASSWORD).url.endswith("/hub/home")
    assert hub.client(ADMIN).login(ADMIN_PASSWORD).url.endswith("/hub/home")
    for name in news:
        admin.call("DELETE", f"/hub/api/users/{name}")


def test_user_is_no_administrator(hub: RunningHub) -> None:
    client = hub.client("curious")
    client.login(PASSWORD)
    assert client.call("GET", "/hub/api/users").status_code == 403
