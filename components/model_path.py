"""Where a model is: in Google Cloud Storage, in S3, or in a folder of its pod."""

import re
from typing import Literal, NamedTuple

BUCKET = re.compile(r"[a-z0-9]([a-z0-9._-]{0,220}[a-z0-9])?")
_PART = re.compile(r"[^\s/*?\[\]{}\\\x00-\x1f\x7f]+")

FETCHED_FOLDER = "/models"
"""Where pods have a model that is fetched from S3."""
CREDENTIALS_FOLDER = "/secret/gcp-credentials"
TEMPORARY_FOLDER = "/tmp"
CONFIG_VOLUME = "tf-serving-config"
CREDENTIALS_VOLUME = "tf-serving-gcp-credentials"
FETCHED_VOLUME = "tf-serving-fetched-model"
NFS_VOLUME = "tf-serving-nfs"
TEMPORARY_VOLUME = "tf-serving-tmp"
OF_PODS = (CONFIG_VOLUME, CREDENTIALS_VOLUME, FETCHED_VOLUME, NFS_VOLUME, TEMPORARY_VOLUME)
"""Volumes that pods have besides those that settings name: named so that no disk is likely to have their names."""
NFS_FOLDER = "/mnt"
"""Where Kubeflow 0.2 mounted the claim of ``nfsPVC``."""


class ModelPath(NamedTuple):
    """A parsed path."""

    kind: Literal["gs", "s3", "folder"]
    text: str
    """The whole path, without a slash at its end."""

    @property
    def in_bucket(self) -> str:
        """Bucket and path, as ``bucket/path``."""
        return self.text.partition("://")[2]


def parse_model_path(text: str) -> ModelPath:
    """Reads a model's path.

    Raises:
        ValueError: with what is wrong with it, and what to write.
    """
    if text != text.strip():
        raise ValueError("begins or ends in a space; write it without")
    scheme, separator, rest = text.partition("://")
    if separator and scheme not in ("gs", "s3"):
        raise ValueError(
            f"has the scheme {scheme}://, which model servers cannot read; write gs://BUCKET/PATH, s3://BUCKET/PATH, "
            f"or a path below what pods mount, such as /mnt/models/inception"
        )
    if not separator and not text.startswith("/"):
        raise ValueError(
            "is no path of a model; write gs://BUCKET/PATH, s3://BUCKET/PATH, or a path below what pods mount, such as "
            "/mnt/models/inception"
        )
    bucket, *parts = (rest if separator else text.removeprefix("/")).rstrip("/").split("/")
    if separator and "@" in bucket:
        shown = f"{scheme}://...@{bucket.rpartition('@')[2]}"
        raise ValueError(f'"{shown}" holds a user name or password, which everybody could read; leave it out')
    if separator and not BUCKET.fullmatch(bucket):
        raise ValueError("names no bucket; write it as gs://BUCKET/PATH or s3://BUCKET/PATH, the bucket in lower case")
    if not separator:
        parts = [bucket, *parts]
    if any(part in (".", "..") or not _PART.fullmatch(part) for part in parts):
        raise ValueError("has an empty part, . or .., a space or one of *?[]{}\\; write the path without them")
    if separator:
        return ModelPath("gs" if scheme == "gs" else "s3", text.rstrip("/"))
    return ModelPath("folder", text.rstrip("/"))
