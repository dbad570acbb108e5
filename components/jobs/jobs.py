"""The jobs of the settings, each as a component, and what the stack tells of them."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from components.base import Component
from components.jobs import pytorch_job, tf_job
from components.jobs.job import Job, RunPolicy, plural_of
from components.jobs.pods import Pods
from components.jobs.pytorch_job import PytorchJob, PytorchJobArgs
from components.jobs.tf_cnn import TfCnn, TfCnnArgs
from components.jobs.tf_job import TfJob, TfJobArgs
from components.jobs.waiting import Wait, Watcher, is_there, line
from components.kubectl import kubectl
from components.pods import SecretValue
from components.registry import mirrored
from components.schema.jobs import JobSettings, JobsSettings, PytorchJobSettings, TfJobSettings
from components.schema.notebook import toleration
from components.schema.pods import volumes_of
from components.schema.storage import StorageSettings
from components.site import Site

MOST_PODS = 5000
"""More than a job can have; kubectl follows 5 unless it is told."""


@dataclass(frozen=True)
class JobsArgs:
    """The jobs, and where they run."""

    settings: JobsSettings
    storage: StorageSettings
    """The shared disks, which jobs may mount."""
    site: Site
    context: str
    """What kubectl calls the cluster."""
    kubeconfig: pulumi.Input[str] | None
    """A kubeconfig of the stack's own; None for the user's."""
    after: Sequence[pulumi.Resource]
    """What has to be there before the first job."""


class Jobs(Component, token="kubeflow:jobs:Jobs"):
    """Owns the jobs. One that leaves the settings goes, with its pods and services."""

    states: pulumi.Output[dict[str, dict[str, str]]]
    """For each job what the operator says of it, and the command that follows it."""
    images: list[str]
    """Every image that the jobs run."""

    def __init__(self, name: str, args: JobsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._name, self._args = name, args
        self._watcher = Watcher(namespace=args.site.installation, context=args.context, kubeconfig=args.kubeconfig)
        settings = args.settings
        made: list[tuple[str, str, Job]] = []
        for job, each in sorted(settings.tf_jobs.items()):
            job_args = TfJobArgs(
                **self._common(job, each),
                pods=self._pods(each, each.image, each),
                num_masters=each.num_masters,
                num_ps=each.num_ps,
                num_workers=each.num_workers,
                num_gpus=each.num_gpus,
                success_policy=each.success_policy,
            )
            made.append((tf_job.KIND, job, TfJob(f"{name}-{job}", job_args, self._options(TfJob))))
        for job, each in sorted(settings.tf_cnn.items()):
            cnn_args = TfCnnArgs(
                **self._common(job, each),
                pods=self._pods(each, each.image),
                model=each.model,
                batch_size=each.batch_size,
                num_batches=each.num_batches,
                num_ps=each.num_ps,
                num_workers=each.num_workers,
                num_gpus=each.num_gpus,
            )
            made.append((tf_job.KIND, job, TfCnn(f"{name}-{job}", cnn_args, self._options(TfCnn))))
        for job, each in sorted(settings.pytorch_jobs.items()):
            pytorch_args = PytorchJobArgs(
                **self._common(job, each),
                pods=self._pods(each, each.image, each),
                num_workers=each.num_workers,
                num_gpus=each.num_gpus,
                gpus_on_master=each.gpus_on_master,
                nproc_per_node=each.nproc_per_node,
            )
            made.append((pytorch_job.KIND, job, PytorchJob(f"{name}-{job}", pytorch_args, self._options(PytorchJob))))
        self.images = images_of(settings, args.site.registry_mirror)
        self.states = self._states(made)
        self.register_outputs({"states": self.states})

    def _options(self, component: type[Job]) -> pulumi.ResourceOptions:
        """A job of another group had this name if one had: it is that job, changed, and is replaced."""
        others = (each for each in (TfJob, TfCnn, PytorchJob) if each is not component)
        return self.child(aliases=[pulumi.Alias(type_=each.token) for each in others])

    def _common(self, job: str, settings: JobSettings) -> dict[str, Any]:
        policy = settings.run_policy
        return {
            "namespace": self._args.site.namespace,
            "job_name": job,
            "run_policy": RunPolicy(
                clean_pod_policy=policy.clean_pod_policy,
                backoff_limit=policy.backoff_limit,
                active_deadline_seconds=policy.active_deadline_seconds,
                ttl_seconds_after_finished=policy.ttl_seconds_after_finished,
                suspend=policy.suspend,
            ),
            "wait": wait_of(settings),
            "watcher": self._watcher,
            "after": self._args.after,
        }

    def _pods(
        self, settings: JobSettings, image: str, program: TfJobSettings | PytorchJobSettings | None = None
    ) -> Pods:
        mirror = self._args.site.registry_mirror
        return Pods(
            image=mirrored(image, mirror),
            image_gpu=mirrored(settings.image_gpu, mirror) if settings.image_gpu else None,
            command=program.command if program else (),
            args=program.args if program else (),
            env=settings.env,
            secret_env={
                name: SecretValue(secret=each.secret, key=each.key) for name, each in settings.secret_env.items()
            },
            volumes=volumes_of(settings.disks, settings.volumes, self._args.storage),
            cpu=settings.resources.cpu,
            memory=settings.resources.memory,
            cpu_limit=settings.resources.cpu_limit,
            memory_limit=settings.resources.memory_limit or settings.resources.memory,
            node_selector=settings.node_selector,
            tolerations=[toleration(each) for each in settings.tolerations],
            service_account=settings.service_account,
            run_as_user=settings.run_as_user,
        )

    def _states(self, made: Sequence[tuple[str, str, Job]]) -> pulumi.Output[dict[str, dict[str, str]]]:
        watcher, waits = self._watcher, {job: wait_of(each) for job, each in self._args.settings.by_name().items()}
        plurals = {job: plural_of(kind) for kind, job, _ in made}

        def find(kubeconfig: str | None) -> dict[str, dict[str, Any]]:
            kinds = {plural: watcher.jobs(plural, kubeconfig) for plural in sorted(set(plurals.values()))}
            return {job: kinds[plural][job] for job, plural in plurals.items() if job in kinds[plural]}

        async def tell(known: Mapping[str, Any]) -> dict[str, dict[str, str]]:
            kubeconfig: str | None = known["kubeconfig"]
            found = find(kubeconfig)
            # A wait that an earlier update has not seen the end of goes on; what is deleted by now was there once.
            late = [job for job, each in found.items() if not is_there(each, waits[job])]
            if late and not pulumi.runtime.is_dry_run():
                await asyncio.gather(*(watcher.until_there(plurals[job], job, waits[job], kubeconfig) for job in late))
                found = find(kubeconfig)
            return {
                job: {
                    "state": line(found[job]) if job in found else "not there",
                    "follow": follow(watcher.context, known["namespace"], job),
                }
                for job in plurals
            }

        return pulumi.Output.all(
            made=[each.made for _, _, each in made],
            kubeconfig=watcher.kubeconfig,
            namespace=self._args.site.namespace,
        ).apply(tell)


def wait_of(settings: JobSettings) -> Wait:
    """How far ``pulumi up`` waits for a job."""
    return Wait(stage=settings.wait, timeout_seconds=settings.wait_timeout_seconds)


def follow(context: str, namespace: str, job: str) -> str:
    """The command that shows what a job's pods print, from the beginning, however many they are."""
    label = f"training.kubeflow.org/job-name={job}"
    return (
        f"{kubectl(context)} logs --namespace {namespace} --follow --prefix --tail -1 --ignore-errors "
        f"--max-log-requests {MOST_PODS} --selector {label}"
    )


def images_of(settings: JobsSettings, registry_mirror: str | None) -> list[str]:
    """Every image that jobs name."""
    jobs: list[tuple[str, JobSettings]] = [
        (each.image, each)
        for group in (settings.tf_jobs, settings.tf_cnn, settings.pytorch_jobs)
        for each in group.values()
    ]
    named = {image for image, _ in jobs} | {each.image_gpu for _, each in jobs if each.image_gpu and each.num_gpus}
    return sorted(mirrored(image, registry_mirror) for image in named)
