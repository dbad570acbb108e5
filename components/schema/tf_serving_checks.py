"""What the settings of model servers must not say, alone or beside those of the cluster, of storage and of jobs."""

import re
from collections.abc import Iterator
from itertools import pairwise

from components.errors import Problem
from components.schema.cluster import ClusterSettings
from components.schema.jobs import JobsSettings
from components.schema.pod_checks import claim_problems, scheduling_problems, volume_problems
from components.schema.pods import volumes_of
from components.schema.storage import StorageSettings
from components.schema.tf_serving import TfServingSettings

TF_SERVING = "kubeflow:serving.tfServing"
NFS_FOLDER = "/mnt"
"""Where Kubeflow 0.2 mounted the claim of ``nfsPVC``."""
OF_PODS = ("config", "fetched-model", "gcp-credentials", "nfs", "probe", "tmp")
"""Volumes that the program gives pods itself."""
SPOT_PLATFORMS = ("gke", "aks")
OWN_SERVICES = ("hub", "proxy", "proxy-api", "tf-hub-lb", "usage-reporting")
"""Names that objects of the stack have already."""
OWN_LABELS = ("app.kubernetes.io/", "hub.jupyter.org/", "training.kubeflow.org/")
"""Labels by which policies and selectors of the stack find pods."""
OWN_FLAGS = (
    "allow_version_labels_for_unavailable_models",
    "batching_parameters_file",
    "enable_batching",
    "enable_model_warmup",
    "file_system_poll_wait_seconds",
    "grpc_channel_arguments",
    "model_base_path",
    "model_config_file",
    "model_name",
    "monitoring_config_file",
    "num_request_iterations_for_warmup",
    "port",
    "rest_api_port",
)
"""Flags that the program sets, each from a setting of its own."""
_OF_A_JOB = re.compile(r"(?P<job>.+)-(master|worker|ps)-\d+")


def tf_serving_problems(
    cluster: ClusterSettings, storage: StorageSettings, jobs: JobsSettings, servers: dict[str, TfServingSettings]
) -> Iterator[Problem]:
    """What clashes about model servers."""
    named_jobs = {*jobs.tf_jobs, *jobs.tf_cnn, *jobs.pytorch_jobs}
    for name, server in servers.items():
        path = f"{TF_SERVING}.{name}"
        match = _OF_A_JOB.fullmatch(name)
        if name in OWN_SERVICES or (match and match["job"] in named_jobs):
            yield Problem(path, "has the name that another Service of the stack has; rename it")
        yield from _path_problems(path, server, storage)
        yield from _nfs_problems(path, server)
        yield from _version_problems(path, server)
        yield from _replica_problems(path, server)
        yield from _batching_problems(path, server)
        yield from _access_problems(path, server)
        yield from _s3_problems(path, server)
        yield from _flag_problems(path, server)
        yield from volume_problems(path, server.disks, server.volumes, storage, taken=OF_PODS)
        yield from scheduling_problems(path, server.tolerations, server.resources)
        if server.spot and cluster.platform not in SPOT_PLATFORMS:
            yield Problem(
                f"{path}.spot",
                f"is for the platforms {' and '.join(SPOT_PLATFORMS)}, whose spot nodes have labels that are known; "
                f"set nodeSelector and tolerations instead",
            )


def folders_of(server: TfServingSettings, storage: StorageSettings) -> list[str]:
    """The folders that pods mount."""
    known = [disk for disk in server.disks if disk in storage.disks]
    mounts = [volume.mount_path for volume in volumes_of(known, server.volumes, storage).values()]
    return [*mounts, *([NFS_FOLDER] if server.nfs_pvc else [])]


def _path_problems(path: str, server: TfServingSettings, storage: StorageSettings) -> Iterator[Problem]:
    where = server.path
    folders = folders_of(server, storage)
    within = any(f"{where.text}/".startswith(f"{folder}/") for folder in folders)
    # An image of the user's may hold a model.
    if where.kind == "folder" and not within and not server.model_server_image:
        mounted = ", ".join(sorted(folders)) or "nothing"
        yield Problem(
            f"{path}.modelPath",
            f"{where.text} is in no volume of the pods, which mount {mounted}; name a disk in disks, or a claim in "
            f"volumes or nfsPVC",
        )
    last = where.text.rpartition("/")[2]
    if server.versions and last.isdecimal() and int(last) in server.versions:
        yield Problem(
            f"{path}.modelPath",
            f"ends in {last}, which versions names too; write the folder that holds the versions, without it",
        )


def _nfs_problems(path: str, server: TfServingSettings) -> Iterator[Problem]:
    if server.model_storage_type == "nfs" and not server.nfs_pvc:
        yield Problem(f"{path}.modelStorageType", "is nfs, but there is no claim; name it in nfsPVC")
    if server.model_storage_type == "cloud" and server.nfs_pvc:
        yield Problem(f"{path}.modelStorageType", "is cloud, but nfsPVC names a claim; remove one of the two")
    if not server.nfs_pvc:
        return
    yield from claim_problems(f"{path}.nfsPVC", server.nfs_pvc)
    inner = [*server.disks, *(name for name, volume in server.volumes.items() if _below_nfs(name, volume.mount_path))]
    if inner:
        yield Problem(
            f"{path}.nfsPVC",
            f"is mounted at {NFS_FOLDER}, where {', '.join(inner)} would have to be mounted inside it; mount the claim "
            f"by volumes, at a mountPath of its own",
        )


def _below_nfs(name: str, mount_path: str | None) -> bool:
    return f"{mount_path or f'{NFS_FOLDER}/{name}'}/".startswith(f"{NFS_FOLDER}/")


def _version_problems(path: str, server: TfServingSettings) -> Iterator[Problem]:
    for version in sorted({each for each in server.versions if server.versions.count(each) > 1}):
        yield Problem(f"{path}.versions", f"names {version} twice; remove one")
    if server.versions and "latest_versions" in server.model_fields_set:
        yield Problem(f"{path}.latestVersions", "counts for nothing beside versions; remove one of the two")
    for label, version in server.version_labels.items():
        if version not in server.versions:
            known = ", ".join(map(str, sorted(server.versions))) or "none"
            yield Problem(
                f"{path}.versionLabels.{label}", f"{version} is not one of versions; there are {known}: add it there"
            )


def _replica_problems(path: str, server: TfServingSettings) -> Iterator[Problem]:
    scaling, rolling = server.autoscaling, server.rolling_update
    if scaling and server.replicas is not None:
        yield Problem(f"{path}.replicas", "is what autoscaling changes; remove it, or autoscaling")
    if scaling and scaling.max_replicas < scaling.min_replicas:
        yield Problem(
            f"{path}.autoscaling.maxReplicas",
            f"{scaling.max_replicas} is less than minReplicas, {scaling.min_replicas}; set it to that or more",
        )
    if not rolling.max_surge and not rolling.max_unavailable:
        yield Problem(
            f"{path}.rollingUpdate", "allows neither one pod more nor one less, so that none could ever change; set one"
        )


def _batching_problems(path: str, server: TfServingSettings) -> Iterator[Problem]:
    batching = server.batching
    if batching is None or not batching.allowed_batch_sizes:
        return
    sizes, setting = batching.allowed_batch_sizes, f"{path}.batching.allowedBatchSizes"
    if sizes[0] < 1 or any(later <= earlier for earlier, later in pairwise(sizes)):
        yield Problem(setting, "is not in order; write sizes from small to large, each once, the first 1 or more")
    elif batching.max_batch_size is None:
        yield Problem(setting, f"needs maxBatchSize, which is its last; set that to {sizes[-1]}")
    elif sizes[-1] != batching.max_batch_size:
        yield Problem(
            setting, f"ends in {sizes[-1]}, but maxBatchSize is {batching.max_batch_size}; make them the same"
        )


def _access_problems(path: str, server: TfServingSettings) -> Iterator[Problem]:
    if server.workload_identity is not None and server.service_account:
        yield Problem(
            f"{path}.serviceAccount", "is in place of workloadIdentity, which makes one; remove one of the two"
        )
    identity = server.workload_identity
    if identity is not None and identity.google_service_account and server.gcp_credential_secret_name:
        yield Problem(
            f"{path}.gcpCredentialSecretName",
            "would be used in place of workloadIdentity.googleServiceAccount; remove one of the two",
        )
    if server.client_namespaces and server.service_type != "ClusterIP":
        yield Problem(
            f"{path}.clientNamespaces",
            f"means nothing where serviceType is {server.service_type}, which lets anybody in",
        )
    for label in server.labels:
        if label.startswith(OWN_LABELS):
            yield Problem(f"{path}.labels.{label}", "is a label that the stack finds pods by; name it otherwise")


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
    if not is_s3 and given:
        yield Problem(f"{path}.{given[0]}", f"is for models in S3, but modelPath is {server.path.text}; remove it")
    if not server.s3_secret_name:
        for name, value in {
            "s3SecretAccesskeyidKeyName": server.s3_secret_accesskeyid_key_name,
            "s3SecretSecretaccesskeyKeyName": server.s3_secret_secretaccesskey_key_name,
        }.items():
            if is_s3 and value:
                yield Problem(f"{path}.{name}", "is a key of a Secret that is not named; set s3SecretName")
    elif is_s3 and server.workload_identity is not None and server.workload_identity.aws_role_arn:
        yield Problem(
            f"{path}.s3SecretName", "would be used in place of workloadIdentity.awsRoleArn; remove one of the two"
        )


def _flag_problems(path: str, server: TfServingSettings) -> Iterator[Problem]:
    for index, flag in enumerate(server.args):
        name = flag.removeprefix("--").partition("=")[0]
        if name in OWN_FLAGS:
            yield Problem(
                f"{path}.args[{index}]", f"--{name} is what the stack sets; use the setting for it, or leave it"
            )
