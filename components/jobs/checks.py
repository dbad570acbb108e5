"""What arguments of jobs must not say: they are checked as the settings that would say the same."""

import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import pulumi
from pydantic import ValidationError
from pydantic.alias_generators import to_camel

from components.errors import Problem, refuse_arguments
from components.jobs.job import JobArgs, RunPolicy
from components.jobs.pods import Pods
from components.schema.core import CoreSettings
from components.schema.job_checks import JOBS, job_problems
from components.schema.jobs import JobsSettings
from components.schema.storage import StorageSettings
from components.schema.wording import problem, step

_OF_PODS = ("image", "image_gpu", "command", "args", "env", "secret_env", "volumes", "node_selector", "tolerations")
_OF_ACCOUNTS = ("service_account", "run_as_user")
_OF_RESOURCES = ("cpu", "memory", "cpu_limit", "memory_limit")
_MAY_BE_NONE = ("image_gpu", "cpu_limit", "memory_limit", "service_account")
_NO_VALUES = ("", "null")
"""What stands for no value in settings, where stack files of ksonnet's hold it, and nowhere else."""
_ARGUMENTS = {
    **{to_camel(name): f"pods.{name}" for name in (*_OF_PODS, *_OF_ACCOUNTS)},
    **{f"resources.{to_camel(name)}": f"pods.{name}" for name in _OF_RESOURCES},
    **{f"runPolicy.{to_camel(each.name)}": f"run_policy.{each.name}" for each in fields(RunPolicy)},
    "wait": "wait.stage",
    "waitTimeoutSeconds": "wait.timeout_seconds",
}
"""The arguments whose settings are elsewhere, by these; the others have the settings' names."""
_LATER = "known-later"
"""Stands for what is known when the job is made; the API server checks that."""


def refuse_mistakes(group: str, args: JobArgs, pods: Pods, own: Mapping[str, Any]) -> None:
    """Refuses a job that the settings would refuse as well.

    Args:
        group: where the settings would have it, such as ``tfJobs``.
        args: what jobs of all kinds take.
        pods: what its pods are made of.
        own: what jobs of this kind take besides, by their names here.

    Raises:
        ArgumentsError: that names each argument, what is wrong with it, and what to do.
    """
    path, whole = f"{JOBS}.{group}{step(args.job_name)}", type(args).__name__
    settings = {**_settings(args, pods), **{to_camel(name): value for name, value in own.items()}}
    if group == "tfCnn":  # whose command is its own
        settings = {key: value for key, value in settings.items() if key not in ("command", "args")}
    try:
        jobs = JobsSettings.model_validate({group: {args.job_name: settings}})
        found = [*job_problems(CoreSettings(), StorageSettings(), jobs)]
    except ValidationError as error:
        found, whole = [problem("jobs", JobsSettings, details) for details in error.errors()], "job_name"
    problems = [
        Problem(_argument(each.path.removeprefix(path)) or whole, _in_arguments(each.sentence, path)) for each in found
    ]
    optional = {**{f"pods.{name}": getattr(pods, name) for name in _MAY_BE_NONE}, **own}
    problems += [
        Problem(name, f'"{value}" is no value; leave it out') for name, value in optional.items() if value in _NO_VALUES
    ]
    if args.wait.stage != "none" and args.watcher is None:
        problems.append(Problem("watcher", "is None, so that nobody would wait; give one, or leave wait out"))
    refuse_arguments(f"The job {args.job_name}", problems)


def _settings(args: JobArgs, pods: Pods) -> dict[str, Any]:
    """What the settings would say."""
    policy = {to_camel(each.name): getattr(args.run_policy, each.name) for each in fields(RunPolicy)}
    return {
        "image": _known(pods.image),
        "imageGpu": _known(pods.image_gpu),
        "command": [_known(each) for each in pods.command],
        "args": [_known(each) for each in pods.args],
        "env": {name: value if isinstance(value, str) else "" for name, value in pods.env.items()},
        "secretEnv": {name: {"secret": _known(each.secret), "key": each.key} for name, each in pods.secret_env.items()},
        "volumes": {
            name: {"claim": _known(each.claim), "mountPath": each.mount_path, "readOnly": each.read_only}
            for name, each in pods.volumes.items()
        },
        "nodeSelector": dict(pods.node_selector),
        "tolerations": [dict(each) for each in pods.tolerations],
        "serviceAccount": pods.service_account,
        "runAsUser": pods.run_as_user,
        "resources": {to_camel(name): getattr(pods, name) for name in _OF_RESOURCES},
        "runPolicy": policy,
        "wait": args.wait.stage,
        "waitTimeoutSeconds": args.wait.timeout_seconds,
    }


def _known(value: pulumi.Input[str] | None) -> object:
    return value if isinstance(value, str) or value is None else _LATER


def _argument(path: str) -> str:
    """The argument that a setting below a job's path stands for."""
    path = path.removeprefix(".")
    for setting in sorted(_ARGUMENTS, key=len, reverse=True):
        if path == setting or path.startswith((f"{setting}.", f"{setting}[")):
            return f"{_ARGUMENTS[setting]}{path[len(setting) :].replace('.mountPath', '.mount_path')}"
    return path


def _in_arguments(sentence: str, path: str) -> str:
    """A sentence about settings as one about arguments."""
    sentence = re.sub(rf"{re.escape(path)}(\.[\w.-]+)", lambda match: _argument(match[1]), sentence)
    return sentence.replace("remove the key", "leave it out")
