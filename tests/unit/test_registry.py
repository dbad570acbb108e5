"""The registry mirror."""

import pytest

from components.registry import mirrored


@pytest.mark.parametrize(
    ("image", "pulled"),
    [
        ("quay.io/jupyterhub/k8s-hub:4.4.0", "mirror.example.com/pull/quay.io/jupyterhub/k8s-hub:4.4.0"),
        ("python:3.12", "mirror.example.com/pull/docker.io/library/python:3.12"),
        ("jupyter/base", "mirror.example.com/pull/docker.io/jupyter/base"),
        ("localhost:5000/a:1", "mirror.example.com/pull/localhost:5000/a:1"),
        ("mirror.example.com/pull/a:1", "mirror.example.com/pull/a:1"),
    ],
)
def test_mirror_prefixes_the_whole_reference_once(image: str, pulled: str) -> None:
    assert mirrored(image, "mirror.example.com/pull") == pulled
    assert mirrored(image, None) == image
