"""Fetching a model from S3, which TensorFlow Serving no longer reads: rclone copies it, then compares both sides."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes import core, networking

from components import images
from components.errors import Problem, refuse_arguments
from components.model_path import FETCHED_FOLDER, FETCHED_VOLUME, TEMPORARY_FOLDER, TEMPORARY_VOLUME
from components.network import store_egress
from components.pods import SecretValue
from components.security import container_security


@dataclass(frozen=True, kw_only=True)
class S3:
    """How a store is reached that speaks as S3 does."""

    region: str = "us-west-1"
    endpoint: str | None = None
    """Its URL, or host and port; AWS if it is None."""
    use_https: bool = True
    """Whether an endpoint without a scheme speaks https."""
    verify_ssl: bool = True
    access_key_id: SecretValue | None = None
    secret_access_key: SecretValue | None = None
    """The access key; without one pods act as their ServiceAccount, or as the public does."""
    compare_contents: bool = False
    """Whether what was fetched is compared byte by byte, which fetches it twice; else by checksum, or by size where the
    store has none."""
    image: pulumi.Input[str] = images.RCLONE

    def __post_init__(self) -> None:
        if (self.access_key_id is None) != (self.secret_access_key is None):
            refuse_arguments(
                "A store", [Problem("access_key_id", "goes with secret_access_key; give both, or neither")]
            )

    @property
    def url(self) -> str | None:
        """The endpoint in full."""
        if self.endpoint is None or "://" in self.endpoint:
            return self.endpoint
        return f"{'https' if self.use_https else 'http'}://{self.endpoint}"

    def egress(self) -> list[networking.v1.NetworkPolicyEgressRuleArgs]:
        """What pods have to reach besides public addresses."""
        return store_egress(self.url) if self.url else []


def containers(
    source: str, model: str, s3: S3, *, versions: Sequence[int], has_identity: bool
) -> list[core.v1.ContainerArgs]:
    """The init containers that put the model below ``FETCHED_FOLDER``.

    Args:
        source: the model's bucket and path, as ``bucket/path``.
        model: what it is called.
        s3: the store.
        versions: which versions are fetched; all if there are none.
        has_identity: whether the pod's ServiceAccount is somebody to the cloud.
    """
    remote, local = f":s3:{source}", f"{FETCHED_FOLDER}/{model}"
    # The server takes a folder 0007 for version 7, and so did exporters.
    filters = [f"--include=/{{{{0*{version}}}}}/**" for version in versions]
    # A store that does not answer is told of within half a minute: Kubernetes tries again, with what is there already.
    patience = "--low-level-retries=3"
    common = ["--config=", patience, *filters, *([] if s3.verify_ssl else ["--no-check-certificate"])]
    commands = {
        # A failed file is tried again; what is still not whole fails the container, and Kubernetes starts it anew. What
        # an earlier try has left is removed.
        "fetch-model": ["sync", remote, local, "--verbose", "--stats=30s", "--stats-one-line"],
        # To S3 a folder that is not there is an empty one. Here it is none, and an error.
        "verify-model": ["check", local, remote, *(["--download"] if s3.compare_contents else [])],
    }
    return [
        core.v1.ContainerArgs(
            name=name,
            image=s3.image,
            image_pull_policy="IfNotPresent",
            command=["rclone", *command],
            args=common,
            env=_environment(s3, has_identity=has_identity),
            resources=core.v1.ResourceRequirementsArgs(
                requests={"cpu": "100m", "memory": "128Mi"}, limits={"cpu": "2", "memory": "1Gi"}
            ),
            security_context=container_security(),
            volume_mounts=[
                core.v1.VolumeMountArgs(
                    name=FETCHED_VOLUME, mount_path=FETCHED_FOLDER, read_only=name == "verify-model" or None
                ),
                core.v1.VolumeMountArgs(name=TEMPORARY_VOLUME, mount_path=TEMPORARY_FOLDER),
            ],
        )
        for name, command in commands.items()
    ]


def _environment(s3: S3, *, has_identity: bool) -> list[core.v1.EnvVarArgs]:
    plain = {
        "HOME": TEMPORARY_FOLDER,
        "RCLONE_S3_PROVIDER": "AWS" if s3.endpoint is None else "Other",
        # Without a key and an identity, rclone asks as the public does.
        "RCLONE_S3_ENV_AUTH": str(has_identity or s3.access_key_id is not None).lower(),
        "RCLONE_S3_REGION": s3.region,
        **({"RCLONE_S3_ENDPOINT": s3.url} if s3.url else {}),
    }
    secret = {"AWS_ACCESS_KEY_ID": s3.access_key_id, "AWS_SECRET_ACCESS_KEY": s3.secret_access_key}
    return [
        *(core.v1.EnvVarArgs(name=name, value=value) for name, value in plain.items()),
        *(
            core.v1.EnvVarArgs(
                name=name,
                value_from=core.v1.EnvVarSourceArgs(
                    secret_key_ref=core.v1.SecretKeySelectorArgs(name=each.secret, key=each.key)
                ),
            )
            for name, each in secret.items()
            if each
        ),
    ]
