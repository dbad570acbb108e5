"""Which images users may type, and of which registries."""

from ipaddress import ip_network

import pytest

from components.core.jupyterhub.hub_settings import hub_settings
from components.image_rules import ImageRules, is_public
from components.network import NOT_PUBLIC_IPV4
from components.registry import complete
from components.schema.core import CoreSettings
from components.schema.storage import StorageSettings


def rules_of(notebook: dict[str, object], mirror: str | None = None) -> ImageRules:
    settings = hub_settings(CoreSettings.model_validate({"notebook": notebook}), StorageSettings(), mirror)
    return ImageRules(**settings["image_rules"])


@pytest.mark.parametrize(
    "host",
    [
        *("169.254.169.254", "169.254.169.254:80", "127.0.0.1", "10.1.2.3:5000", "172.16.0.1", "192.168.1.1:443"),
        *("100.64.0.1", "168.63.129.16", "240.0.0.1", "224.0.0.1", "0.1.2.3", "255.255.255.255", "192.0.0.192"),
        # Some resolvers take numbers for addresses.
        *("2852039166:80", "0xa9fea9fe:80", "0XA9FEA9FE:80", "127.1", "0x7f.1", "0177.0.0.1", "127.0.0.1.1", "a.0x1"),
        *("localhost", "localhost:5000", "LocalHost:5000", "a.localhost", "metadata.google.internal", "metadata:80"),
        *("registry:5000", "printer.local", "hub.kubeflow.svc", "hub.kubeflow.svc.cluster.local", "nas.home.arpa"),
        *("node.lan", "git.corp"),
    ],
)
def test_registries_within_a_network_are_refused(host: str) -> None:
    assert not is_public(host)
    refusal = rules_of({}).refusal(f"{host}/a:1")
    assert refusal
    assert host in refusal


@pytest.mark.parametrize("network", NOT_PUBLIC_IPV4)
def test_registries_are_refused_wherever_notebooks_reach_nobody(network: str) -> None:
    addresses = ip_network(network)
    assert not is_public(str(addresses[0]))
    assert not is_public(f"{addresses[-1]}:5000")


@pytest.mark.parametrize("host", ["quay.io", "docker.io", "registry.example.com:5000", "8.8.8.8", "1.1.1.1:443"])
def test_registries_at_public_addresses_are_taken(host: str) -> None:
    assert is_public(host)
    assert rules_of({}).refusal(f"{host}/a:1") is None


@pytest.mark.parametrize(
    ("notebook", "mirror"),
    [
        ({"images": {"team": {"title": "Team", "image": "10.0.0.5:5000/team/notebook:7"}}}, None),
        ({"imagePatterns": ["*", "10.0.0.5:5000/team/*"]}, None),
        ({}, "10.0.0.5:5000/mirror"),
    ],
)
def test_registries_that_the_settings_name_may_be_anywhere(notebook: dict[str, object], mirror: str | None) -> None:
    rules = rules_of(notebook, mirror)
    assert rules.refusal("10.0.0.5:5000/team/notebook:8") is None
    assert rules.refusal("10.0.0.6:5000/team/notebook:8")
    assert rules.refusal("10.0.0.5:80/team/notebook:8")


@pytest.mark.parametrize(
    ("image", "taken"),
    [
        ("quay.io/jupyter/scipy-notebook:1", True),
        ("python", True),
        ("docker.io/library/python:3", True),
        ("quay.io/other/notebook", False),
        ("ada/notebook", False),
        ("quay.io.example.com/jupyter/a", False),
        ("quay.io:80/jupyter/a", False),
    ],
)
def test_only_images_that_are_like_a_pattern_may_be_typed(image: str, taken: bool) -> None:
    rules = rules_of({"imagePatterns": ["quay.io/jupyter/*", "docker.io/library/*"]})
    assert (rules.refusal(complete(image)) is None) == taken


def test_without_patterns_the_list_alone_is_taken() -> None:
    rules = rules_of({"imagePatterns": [], "images": {"team": {"title": "Team", "image": "ada/notebook:7"}}}, "m.io/x")
    assert rules.refusal("docker.io/ada/notebook:7") is None
    assert rules.refusal("m.io/x/docker.io/ada/notebook:7") is None
    assert "Choose one of the list." in (rules.refusal("docker.io/ada/notebook:8") or "")
