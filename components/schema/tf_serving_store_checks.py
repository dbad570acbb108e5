"""What the settings of model servers must not say of buckets, and of who reads them."""

from collections.abc import Iterator

from components.errors import Problem
from components.schema.tf_serving import TfServingSettings

CLOUDS = ("gke", "aks")
"""Platforms that are not AWS."""


def store_problems(path: str, server: TfServingSettings, platform: str) -> Iterator[Problem]:
    """What clashes about the store of a model.

    Args:
        path: the server's setting.
        server: the server.
        platform: the kind of cluster.
    """
    yield from _identity_problems(path, server, platform)
    yield from _s3_problems(path, server)


def _identity_problems(path: str, server: TfServingSettings, platform: str) -> Iterator[Problem]:
    identity, kind = server.workload_identity, server.path.kind
    if kind == "gs" and platform != "gke":
        yield from _identities_elsewhere(path, server, platform)
    if identity is None:
        return
    if kind == "folder":
        yield Problem(f"{path}.workloadIdentity", f"is for buckets, but modelPath is {server.path.text}; remove it")
        return
    if kind == "s3" and not identity.aws_role_arn and not identity.google_service_account:
        yield Problem(f"{path}.workloadIdentity", "names nobody whom S3 knows; set awsRoleArn in it, or s3SecretName")
    if kind == "gs" and server.gcp_credential_secret_name:
        yield Problem(
            f"{path}.gcpCredentialSecretName", "would be used in place of workloadIdentity; remove one of the two"
        )
    google, aws = f"{path}.workloadIdentity.googleServiceAccount", f"{path}.workloadIdentity.awsRoleArn"
    if identity.google_service_account and kind != "gs":
        yield Problem(google, f"is for models in gs://, but modelPath is {server.path.text}; remove it")
    if identity.aws_role_arn:
        if kind != "s3":
            yield Problem(aws, f"is for models in s3://, but modelPath is {server.path.text}; remove it")
        if platform in CLOUDS:
            yield Problem(aws, f"is for EKS, but kubeflow:cluster.platform is {platform}; use s3SecretName instead")
        if server.s3_secret_name:
            yield Problem(
                f"{path}.s3SecretName", "would be used in place of workloadIdentity.awsRoleArn; remove one of the two"
            )


def _identities_elsewhere(path: str, server: TfServingSettings, platform: str) -> Iterator[Problem]:
    """Identities of Google Cloud on clusters that may not be Google's: the way to them may lead to the node's own."""
    identity = server.workload_identity
    is_named = bool(identity and identity.google_service_account) and platform != "aks"
    accounts = {"serviceAccount": server.service_account, "workloadIdentity": identity}
    for key in (key for key, value in accounts.items() if value is not None and not is_named):
        yield Problem(
            f"{path}.{key}",
            f"is for GKE, but kubeflow:cluster.platform is {platform}; use gcpCredentialSecretName instead, or set "
            f"platform to that of the cluster",
        )


def _s3_problems(path: str, server: TfServingSettings) -> Iterator[Problem]:
    is_s3 = server.path.kind == "s3"
    if server.s3_enable is not None and server.s3_enable != is_s3:
        yield Problem(
            f"{path}.s3Enable",
            f"is {str(server.s3_enable).lower()}, but modelPath is {server.path.text}; remove it: the path says it",
        )
    given = sorted(
        TfServingSettings.model_fields[field].alias or field
        for field in server.model_fields_set
        if field.startswith("s3_") and field != "s3_enable" and getattr(server, field) is not None
    )
    for name in given if not is_s3 else []:
        yield Problem(f"{path}.{name}", f"is for models in S3, but modelPath is {server.path.text}; remove it")
    if is_s3 and not server.s3_use_https and not server.s3_endpoint:
        yield Problem(
            f"{path}.s3UseHttps", "is false, but AWS speaks https; name another store in s3Endpoint, or remove it"
        )
    scheme, separator, _ = (server.s3_endpoint or "").partition("://")
    if separator and "s3_use_https" in server.model_fields_set and server.s3_use_https != (scheme == "https"):
        yield Problem(
            f"{path}.s3UseHttps",
            f"is {str(server.s3_use_https).lower()}, but s3Endpoint is {server.s3_endpoint}; remove it: the "
            f"address says it",
        )
    named = {
        "s3SecretAccesskeyidKeyName": server.s3_secret_accesskeyid_key_name,
        "s3SecretSecretaccesskeyKeyName": server.s3_secret_secretaccesskey_key_name,
    }
    for name in (name for name, value in named.items() if is_s3 and value and not server.s3_secret_name):
        yield Problem(f"{path}.{name}", "is a key of a Secret that is not named; set s3SecretName")
    if server.s3_secret_name and len(set(server.s3_keys)) == 1:
        yield Problem(
            f"{path}.s3SecretSecretaccesskeyKeyName",
            f"{server.s3_keys[1]} is the key of the access key's id too; name the key that holds the secret access key",
        )
