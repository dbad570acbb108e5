"""The registry mirror. The hub runs this file as it stands, for the images that users type."""


def mirrored(image: str, mirror: str | None) -> str:
    """``image`` as pulled through ``mirror``.

    The whole reference, its registry included, follows the mirror's prefix, so that images of different registries
    cannot meet: ``quay.io/jupyterhub/k8s-hub:4.4.0`` becomes ``mirror.corp/quay.io/jupyterhub/k8s-hub:4.4.0``.

    Args:
        image: an image reference; short Docker Hub names are completed first.
        mirror: ``host[:port][/path]``, or None for no mirror.
    """
    if not mirror or image.startswith(f"{mirror}/"):
        return image
    return f"{mirror}/{complete(image)}"


def complete(image: str) -> str:
    """``image`` with its registry, which short names of Docker Hub leave out."""
    first, slash, _ = image.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        return image
    return f"docker.io/{image}" if slash else f"docker.io/library/{image}"
