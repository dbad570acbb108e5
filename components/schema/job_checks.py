"""What the settings of jobs must not say, alone or beside those of the operator and of storage."""

from collections.abc import Iterator

from components.errors import Problem
from components.model_path import TEMPORARY_FOLDER
from components.schema.core import CoreSettings
from components.schema.jobs import JobSettings, JobsSettings, PytorchJobSettings, TfJobSettings
from components.schema.mount_checks import nested_problems, pod_mounts
from components.schema.pod_checks import (
    argument_secret_problems,
    named_secret_problems,
    scheduling_problems,
    volume_problems,
)
from components.schema.storage import StorageSettings

JOBS = "kubeflow:jobs"
OPERATOR = "kubeflow:core.trainingOperator"
OF_PODS = ("shared-memory", "tf-cnn")
"""Volumes that the program gives pods itself."""
LEAST_TTL_SECONDS = 60
"""A job that is deleted sooner may be gone before anybody has looked at it."""
_KINDS = {"tfJobs": "tfJob", "tfCnn": "tfJob", "pytorchJobs": "pytorchJob"}
RESERVED_ENVIRONMENT = {
    "tfJob": ("TF_CONFIG",),
    "pytorchJob": (
        "MASTER_ADDR",
        "MASTER_PORT",
        "WORLD_SIZE",
        "RANK",
        "PET_MASTER_ADDR",
        "PET_MASTER_PORT",
        "PET_NODE_RANK",
        "PET_NNODES",
        "PET_NPROC_PER_NODE",
        "PYTHONUNBUFFERED",
    ),
}
"""What the operator sets in pods of a kind."""
_INSTEAD = {"PET_NPROC_PER_NODE": "set nprocPerNode instead", "PYTHONUNBUFFERED": "remove it"}


def _kinds_problems(core: CoreSettings) -> Iterator[Problem]:
    """What clashes about what runs jobs."""
    operator = core.training_operator
    if operator.enabled and operator.watch == "namespace" and "mpiJob" in operator.kinds:
        yield Problem(
            f"{OPERATOR}.kinds",
            "has mpiJob, but the operator runs jobs in the stack's namespace alone, which refuses pods as it makes "
            "them for launchers of MPIJobs; take mpiJob out, or set watch to cluster and make MPIJobs in another "
            "namespace",
        )


def job_problems(core: CoreSettings, storage: StorageSettings, jobs: JobsSettings) -> Iterator[Problem]:
    """What clashes about jobs, and about what runs them."""
    yield from _kinds_problems(core)
    groups: dict[str, dict[str, JobSettings]] = {
        "tfJobs": dict(jobs.tf_jobs),
        "tfCnn": dict(jobs.tf_cnn),
        "pytorchJobs": dict(jobs.pytorch_jobs),
    }
    first: dict[str, str] = {}
    for group, named in groups.items():
        for name, job in named.items():
            path = f"{JOBS}.{group}.{name}"
            if name in first:
                yield Problem(path, f"has the name of {first[name]}; jobs share names of pods and services: rename one")
            first.setdefault(name, path)
            yield from _operator_problems(path, _KINDS[group], core)
            yield from _environment_problems(path, _KINDS[group], job)
            yield from volume_problems(path, job.disks, job.volumes, storage, taken=OF_PODS)
            yield from _mount_problems(path, job, storage)
            yield from _end_problems(path, job)
            yield from scheduling_problems(path, job.tolerations, job.resources)
    programs: dict[str, dict[str, TfJobSettings | PytorchJobSettings]] = {
        "tfJobs": {**jobs.tf_jobs},
        "pytorchJobs": {**jobs.pytorch_jobs},
    }
    for group, named in programs.items():
        for name, job in named.items():
            for key, arguments in {"command": job.command, "args": job.args}.items():
                yield from argument_secret_problems(f"{JOBS}.{group}.{name}.{key}", arguments)
    for name, job in jobs.tf_jobs.items():
        yield from _tf_job_problems(f"{JOBS}.tfJobs.{name}", job)
    for name, job in jobs.pytorch_jobs.items():
        yield from _pytorch_job_problems(f"{JOBS}.pytorchJobs.{name}", job)


def _operator_problems(path: str, kind: str, core: CoreSettings) -> Iterator[Problem]:
    if not core.training_operator.enabled:
        yield Problem(path, f"has nobody to run it, since {OPERATOR}.enabled is false; set it to true")
    elif kind not in core.training_operator.kinds:
        yield Problem(path, f"has nobody to run it, since {OPERATOR}.kinds lacks {kind}; add it")


def _environment_problems(path: str, kind: str, job: JobSettings) -> Iterator[Problem]:
    for key, names in {"env": job.env, "secretEnv": job.secret_env}.items():
        for name in names:
            if name in RESERVED_ENVIRONMENT[kind]:
                remedy = _INSTEAD.get(name, "name it otherwise")
                yield Problem(f"{path}.{key}.{name}", f"is what the training operator sets in pods; {remedy}")
    yield from named_secret_problems(f"{path}.env", job.env)
    for name in sorted(set(job.env) & set(job.secret_env)):
        yield Problem(f"{path}.secretEnv.{name}", "is set in env as well; remove one of the two")


def _mount_problems(path: str, job: JobSettings, storage: StorageSettings) -> Iterator[Problem]:
    mounts = pod_mounts(path, job.disks, job.volumes, storage)
    for name, volume in job.volumes.items():
        if volume.claim in storage.disks and storage.disks[volume.claim].read_only and not volume.read_only:
            yield Problem(
                f"{path}.volumes.{name}.claim",
                f'"{volume.claim}" is a disk that can only be read; list it in disks instead, or set readOnly',
            )
    yield from nested_problems(mounts, mounts)
    for mount in mounts:
        if mount.read_only and mount.is_at_or_over(TEMPORARY_FOLDER):
            yield Problem(
                mount.setting,
                f"{mount.path} is where programs of each pod keep files of their own, and could only be read; mount it "
                f"below /home or /mnt",
            )


def _end_problems(path: str, job: JobSettings) -> Iterator[Problem]:
    if job.wait in ("running", "succeeded") and job.run_policy.suspend:
        yield Problem(
            f"{path}.wait",
            f'"{job.wait}" cannot come while runPolicy.suspend is true; set wait to created, or suspend to false',
        )
    ttl = job.run_policy.ttl_seconds_after_finished
    if job.wait != "none" and ttl is not None and ttl < LEAST_TTL_SECONDS:
        yield Problem(
            f"{path}.runPolicy.ttlSecondsAfterFinished",
            f"{ttl} is too short for wait, which may find the job gone; set it to {LEAST_TTL_SECONDS} or more, or wait "
            f"to none",
        )


def _tf_job_problems(path: str, job: TfJobSettings) -> Iterator[Problem]:
    if job.num_masters + job.num_workers < 1:
        yield Problem(
            path, "has neither a master nor a worker to do the work; set numMasters to 1, or numWorkers to 1 or more"
        )
    elif job.num_gpus and not job.num_workers:
        yield Problem(f"{path}.numGpus", "is for workers, of which there are none; set numWorkers, or remove the key")
    if job.success_policy and not job.num_workers:
        yield Problem(f"{path}.successPolicy", "is AllWorkers, but there is no worker; remove the key")
    elif job.success_policy and job.num_masters:
        yield Problem(
            f"{path}.successPolicy", "is AllWorkers, but the job has a master, which decides alone; set numMasters to 0"
        )


def _pytorch_job_problems(path: str, job: PytorchJobSettings) -> Iterator[Problem]:
    if job.gpus_on_master and not job.num_gpus:
        yield Problem(f"{path}.gpusOnMaster", "is true, but numGpus is 0; set numGpus, or remove the key")
    if job.num_gpus and not job.num_workers and not job.gpus_on_master:
        yield Problem(
            f"{path}.numGpus", "is for workers, of which there are none; set gpusOnMaster to true, or numWorkers"
        )
