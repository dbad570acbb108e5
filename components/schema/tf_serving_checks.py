"""What the settings of model servers must not say, alone or beside those of the cluster, of storage and of jobs."""

from collections.abc import Iterator, Mapping
from itertools import pairwise

from components.errors import Problem
from components.labels import NOTEBOOK_LABELS
from components.model_path import (
    CREDENTIALS_FOLDER,
    FETCHED_FOLDER,
    NFS_FOLDER,
    OF_PODS,
    TEMPORARY_FOLDER,
)
from components.schema.cluster import ClusterSettings
from components.schema.jobs import JobsSettings
from components.schema.mount_checks import Mount, nested_problems, pod_mounts
from components.schema.names import is_own_name
from components.schema.pod_checks import (
    claim_problems,
    scheduling_problems,
    spot_problems,
    volume_problems,
)
from components.schema.serving import ServingSettings
from components.schema.storage import StorageSettings
from components.schema.tf_serving import TfServingSettings
from components.schema.tf_serving_flags import flag_problems
from components.schema.tf_serving_store_checks import store_problems
from components.schema.wording import step

TF_SERVING = "kubeflow:serving.tfServing"
OWN_LABELS = ("app.kubernetes.io/", "hub.jupyter.org/", "seldon-app", "seldon-deployment-id", "training.kubeflow.org/")
"""Labels by which policies and selectors of the stack find pods."""


def tf_serving_problems(
    cluster: ClusterSettings, storage: StorageSettings, jobs: JobsSettings, serving: ServingSettings
) -> Iterator[Problem]:
    """What clashes about model servers."""
    for name, server in serving.tf_serving.items():
        path = f"{TF_SERVING}.{name}"
        if _is_taken(name, jobs, serving):
            yield Problem(path, "has the name of another object of the stack's namespace; rename it")
        yield from _path_problems(path, server, storage)
        yield from _nfs_problems(path, server, storage)
        yield from _version_problems(path, server)
        yield from _replica_problems(path, server)
        yield from _batching_problems(path, server)
        yield from _access_problems(path, server)
        yield from store_problems(path, server, cluster.platform)
        yield from flag_problems(f"{path}.args", server.args, is_stock=server.has_stock_image, grpc=server.grpc)
        yield from volume_problems(path, server.disks, server.volumes, storage, taken=OF_PODS)
        yield from _mount_problems(path, server, storage)
        yield from scheduling_problems(path, server.tolerations, server.resources)
        yield from spot_problems(path, cluster.platform, spot=server.spot)


def _is_taken(name: str, jobs: JobsSettings, serving: ServingSettings) -> bool:
    """Whether the stack has, or a job or graph may make, an object of the namespace with this name."""
    is_of_graph = any(name == graph or name.startswith(f"{graph}-") for graph in serving.seldon.deployments)
    return is_of_graph or is_own_name(name, jobs)


def _mounts(path: str, server: TfServingSettings, storage: StorageSettings) -> list[Mount]:
    """What pods mount of disks and of claims by ``volumes``."""
    return pod_mounts(path, server.disks, server.volumes, storage, disks_only_read=True)


def _mount_problems(path: str, server: TfServingSettings, storage: StorageSettings) -> Iterator[Problem]:
    mounts = _mounts(path, server, storage)
    yield from nested_problems(mounts, mounts)
    taken = [TEMPORARY_FOLDER]
    taken += [FETCHED_FOLDER] if server.path.kind == "s3" else []
    taken += [CREDENTIALS_FOLDER] if server.gcp_credential_secret_name else []
    for mount in mounts:
        for folder in taken:
            if mount.is_at_or_over(folder) or (folder != TEMPORARY_FOLDER and _is_below(mount.path, folder)):
                yield Problem(
                    mount.setting, f"{mount.path} is where pods have {folder} of their own; mount it elsewhere"
                )


def _is_below(path: str, folder: str) -> bool:
    """Whether ``path`` is ``folder`` or within it."""
    return f"{path}/".startswith(f"{folder}/")


def _path_problems(path: str, server: TfServingSettings, storage: StorageSettings) -> Iterator[Problem]:
    where = server.path
    folders = {mount.path for mount in _mounts(path, server, storage)}
    if server.nfs_pvc:
        folders.add(NFS_FOLDER)
    within = any(_is_below(where.text, folder) for folder in folders)
    # An image of the user's may hold a model.
    if where.kind == "folder" and not within and server.has_stock_image:
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


def _nfs_problems(path: str, server: TfServingSettings, storage: StorageSettings) -> Iterator[Problem]:
    if server.model_storage_type == "nfs" and not server.nfs_pvc:
        yield Problem(f"{path}.modelStorageType", "is nfs, but there is no claim; name it in nfsPVC")
    if server.model_storage_type == "cloud" and server.nfs_pvc:
        yield Problem(f"{path}.modelStorageType", "is cloud, but nfsPVC names a claim; remove one of the two")
    if server.model_storage_type == "nfs" and server.path.kind != "folder":
        yield Problem(f"{path}.modelStorageType", f"is nfs, but modelPath is {server.path.text}; remove one of the two")
    if not server.nfs_pvc:
        return
    yield from claim_problems(f"{path}.nfsPVC", server.nfs_pvc)
    inner = sorted({mount.path for mount in _mounts(path, server, storage) if _is_below(mount.path, NFS_FOLDER)})
    if inner:
        yield Problem(
            f"{path}.nfsPVC",
            f"is mounted at {NFS_FOLDER}, and {', '.join(inner)} cannot be mounted inside it; mount the claim by "
            f"volumes, at a mountPath of its own",
        )


def _version_problems(path: str, server: TfServingSettings) -> Iterator[Problem]:
    for version in sorted({each for each in server.versions if server.versions.count(each) > 1}):
        yield Problem(f"{path}.versions", f"names {version} twice; remove one")
    if server.versions and "latest_versions" in server.model_fields_set:
        yield Problem(f"{path}.latestVersions", "counts for nothing beside versions; remove one of the two")
    for label, version in server.version_labels.items():
        if version not in server.versions:
            known = ", ".join(map(str, sorted(set(server.versions)))) or "none"
            yield Problem(
                f"{path}.versionLabels{step(label)}",
                f"{version} is not one of versions; there are {known}: add it there",
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
    if server.client_namespaces and server.service_type != "ClusterIP":
        yield Problem(
            f"{path}.clientNamespaces",
            f"means nothing where serviceType is {server.service_type}, which lets anybody in; remove it",
        )
    if f"{server.monitoring.path}/".startswith("/v1/"):
        yield Problem(
            f"{path}.monitoring.path", f"{server.monitoring.path} is where models are asked; write /metrics or the like"
        )
    yield from label_problems(f"{path}.labels", server.labels)


def label_problems(path: str, labels: Mapping[str, str]) -> Iterator[Problem]:
    """What is wrong with labels of users."""
    for label, value in labels.items():
        if label.startswith(OWN_LABELS) or NOTEBOOK_LABELS.get(label) == value:
            yield Problem(f"{path}{step(label)}", "is a label that the stack finds pods by; name it otherwise")
