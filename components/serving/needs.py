"""What model servers use that the stack does not make, for the preflight to look after."""

from collections.abc import Iterator, Mapping

from components.preflight import ObjectNeed
from components.schema.storage import StorageSettings
from components.schema.tf_serving import TfServingSettings
from components.schema.tf_serving_checks import TF_SERVING


def object_needs(
    servers: Mapping[str, TfServingSettings], storage: StorageSettings, namespace: str
) -> list[ObjectNeed]:
    """The Secrets, claims and ServiceAccounts that settings name.

    Args:
        servers: the model servers.
        storage: the stack's disks, whose claims it makes.
        namespace: where pods run.
    """
    return [
        need
        for name, server in sorted(servers.items())
        for need in _needs(f"{TF_SERVING}.{name}", server, namespace)
        if need.kind != "PersistentVolumeClaim" or need.name not in storage.disks
    ]


def _needs(path: str, server: TfServingSettings, namespace: str) -> Iterator[ObjectNeed]:
    if secret := server.gcp_credential_secret_name:
        yield ObjectNeed(
            setting=f"{path}.gcpCredentialSecretName",
            namespace=namespace,
            kind="Secret",
            name=secret,
            keys=("key.json",),
            how_to_make=f"kubectl create secret generic {secret} --namespace {namespace} --from-file key.json",
        )
    if secret := server.s3_secret_name:
        key_id, access_key = server.s3_keys
        yield ObjectNeed(
            setting=f"{path}.s3SecretName",
            namespace=namespace,
            kind="Secret",
            name=secret,
            keys=(key_id, access_key),
            how_to_make=f"kubectl create secret generic {secret} --namespace {namespace} --from-file {key_id} "
            f"--from-file {access_key}",
        )
    claims = {
        **({f"{path}.nfsPVC": server.nfs_pvc} if server.nfs_pvc else {}),
        **{f"{path}.volumes.{name}.claim": volume.claim for name, volume in server.volumes.items()},
    }
    for setting, claim in claims.items():
        yield ObjectNeed(setting=setting, namespace=namespace, kind="PersistentVolumeClaim", name=claim)
    if account := server.service_account:
        yield ObjectNeed(setting=f"{path}.serviceAccount", namespace=namespace, kind="ServiceAccount", name=account)
