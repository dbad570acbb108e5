"""The operator's ConfigMap: the images of what it puts into graphs that name none."""

import json

from components.serving.seldon.images import GraphImages


def operator_config(images: GraphImages) -> dict[str, str]:
    """Its keys; each holds JSON."""
    servers = {
        name: {"protocols": {protocol: _image(image) for protocol, image in each.items()}}
        for name, each in images.servers.items()
    }
    initializer = {
        "image": images.storage_initializer,
        "cpuRequest": "100m",
        "cpuLimit": "1",
        "memoryRequest": "100Mi",
        "memoryLimit": "1Gi",
    }
    values = {
        # Names of keys within Secrets, without which the operator does not start a download.
        "credentials": {
            "gcs": {"gcsCredentialFileName": "gcloud-application-credentials.json"},
            "s3": {"s3AccessKeyIDName": "awsAccessKeyID", "s3SecretAccessKeyName": "awsSecretAccessKey"},
        },
        "explainer": {"image": images.explainer, "image_v2": images.explainer_v2},
        "predictor_servers": servers,
        "storageInitializer": initializer,
    }
    return {key: json.dumps(value, sort_keys=True) for key, value in values.items()}


def _image(image: str) -> dict[str, str]:
    """An image as the operator puts it together again; a digest has no tag beside it."""
    if "@" in image:
        return {"image": image, "defaultImageVersion": ""}
    name, _, tag = image.rpartition(":")
    return {"image": name, "defaultImageVersion": tag}
