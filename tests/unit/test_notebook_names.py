"""Whatever a user is called, pod, claim and labels have names that Kubernetes takes, and nobody else's."""

import asyncio
import re
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from kubernetes_asyncio.client import ApiClient
from traitlets.config import Config

from components.notebook_names import USER_NAMES, shortened
from tests.support.hub_config import load, spawner_of

OBJECT = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
LABEL = re.compile(r"([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?")
DOTLESS = "y\u0131lmaz"
users = st.text(min_size=1, max_size=255).map(str.lower).filter(re.compile(USER_NAMES).match)


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    return load({"jupyterNotebookPVCMount": "/home/jovyan"}, tmp_path_factory.mktemp("hub"))


def pods_of(config: Config, *names: str) -> list[dict[str, Any]]:
    async def make() -> list[dict[str, Any]]:
        pods: list[dict[str, Any]] = []
        client: Any = ApiClient()
        for name in names:
            spawner = spawner_of(config, name)
            await spawner._run_apply_user_options({})  # as JupyterHub does before each start
            pods.append(client.sanitize_for_serialization(await spawner.get_pod_manifest()))
            await spawner.api.api_client.close()
        await client.close()
        return pods

    return asyncio.run(make())


def names_of(config: Config, *users: str) -> list[tuple[str, str]]:
    async def make() -> list[tuple[str, str]]:
        spawners = [spawner_of(config, user) for user in users]
        return [(spawner.pod_name, spawner.pvc_name) for spawner in spawners]

    return asyncio.run(make())


def claim_of(pod: dict[str, Any]) -> str:
    (volume,) = pod["spec"]["volumes"]
    return volume["persistentVolumeClaim"]["claimName"]


@settings(max_examples=40, deadline=None)
@given(user=users)
@example(user=DOTLESS)
@example(user="\u017fam\u017f\u017fa")
@example(user="n" * 255)
@example(user="\u6570" * 255)
@example(user="-")
def test_every_name_makes_a_pod_that_kubernetes_takes(config: Config, user: str) -> None:
    (pod,) = pods_of(config, user)
    assert OBJECT.fullmatch(pod["metadata"]["name"])
    assert len(pod["metadata"]["name"]) <= 63
    assert OBJECT.fullmatch(claim_of(pod))
    assert len(claim_of(pod)) <= 150
    assert all(LABEL.fullmatch(value) for value in pod["metadata"]["labels"].values())
    assert [volume["name"] for volume in pod["spec"]["volumes"]] == ["volume-home"]


@settings(max_examples=40, deadline=None)
@given(start=users, first=st.text(min_size=1, max_size=3), second=st.text(min_size=1, max_size=3))
@example(start="n" * 200, first="1", second="2")
@example(start="a", first="-", second="2d")
def test_names_that_begin_alike_stay_apart(config: Config, start: str, first: str, second: str) -> None:
    one, other = f"{start}{first}".lower(), f"{start}{second}".lower()
    (pod, claim), (other_pod, other_claim) = names_of(config, one, other)
    assert (pod == other_pod) == (claim == other_claim) == (one == other)


def test_names_that_fit_stay_as_they_are(config: Config) -> None:
    assert names_of(config, "ada@example.com") == [("jupyter-ada-40example-2ecom", "claim-ada-40example-2ecom")]


@given(name=st.text(alphabet="abc-", min_size=1, max_size=300), longest=st.sampled_from([63, 150]))
def test_shortened_names_are_no_longer_than_asked(name: str, longest: int) -> None:
    short = shortened(name, longest)
    assert len(short) == min(len(name), longest)
    assert short == name or "--" in short


def test_kubernetes_reads_environment_values_as_they_were(config: Config) -> None:
    (pod,) = pods_of(config, "a$$b$(user)")
    (container,) = pod["spec"]["containers"]
    values = {entry["name"]: entry["value"] for entry in container["env"]}
    assert values["JUPYTERHUB_USER"] == "a$$$$b$$(user)"
