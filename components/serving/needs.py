"""What model servers and graphs use that the stack does not make, for the preflight to look after."""

from collections.abc import Iterator

from components.preflight import DefinitionNeed, ObjectNeed
from components.schema.seldon import SeldonSettings, UnitSettings
from components.schema.seldon_checks import SELDON
from components.schema.seldon_unit_checks import claim_of
from components.schema.serving import ServingSettings
from components.schema.storage import StorageSettings
from components.schema.tf_serving import TfServingSettings
from components.schema.tf_serving_checks import TF_SERVING


def object_needs(serving: ServingSettings, storage: StorageSettings, namespace: str) -> list[ObjectNeed]:
    """The Secrets, claims and ServiceAccounts that settings name.

    Args:
        serving: the model servers and graphs.
        storage: the stack's disks, whose claims it makes.
        namespace: where pods run.
    """
    # The stack makes a ServiceAccount for each of these.
    accounts = {name for name, server in serving.tf_serving.items() if server.workload_identity is not None}
    made = {("PersistentVolumeClaim", disk) for disk in storage.disks} | {("ServiceAccount", name) for name in accounts}
    named = [
        *(
            need
            for name, server in sorted(serving.tf_serving.items())
            for need in _of_server(f"{TF_SERVING}.{name}", server, namespace)
        ),
        *(
            need
            for name, deployment in sorted(serving.seldon.deployments.items())
            for predictor, settings in sorted(deployment.predictors.items())
            for unit, each in sorted(settings.units.items())
            for need in _of_unit(f"{SELDON}.deployments.{name}.predictors.{predictor}.units.{unit}", each, namespace)
        ),
    ]
    return [need for need in named if (need.kind, need.name) not in made]


def definition_needs(settings: SeldonSettings) -> list[DefinitionNeed]:
    """The CRD of graphs, unless the stack makes it or has no graphs."""
    if settings.create_definition or not settings.enabled:
        return []
    return [DefinitionNeed(setting=f"{SELDON}.createDefinition", name="seldondeployments.machinelearning.seldon.io")]


def _of_unit(path: str, unit: UnitSettings, namespace: str) -> Iterator[ObjectNeed]:
    if secret := unit.env_secret_ref_name:
        yield ObjectNeed(setting=f"{path}.envSecretRefName", namespace=namespace, kind="Secret", name=secret)
    for variable, value in sorted(unit.secret_env.items()):
        yield ObjectNeed(
            setting=f"{path}.secretEnv.{variable}",
            namespace=namespace,
            kind="Secret",
            name=value.secret,
            keys=(value.key,),
        )
    if claim := claim_of(unit.model_uri):
        yield ObjectNeed(setting=f"{path}.modelUri", namespace=namespace, kind="PersistentVolumeClaim", name=claim)
    if account := unit.service_account_name:
        yield ObjectNeed(setting=f"{path}.serviceAccountName", namespace=namespace, kind="ServiceAccount", name=account)


def _of_server(path: str, server: TfServingSettings, namespace: str) -> Iterator[ObjectNeed]:
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
