"""What the settings of Seldon must not say: what the operator would refuse, or what would answer nobody."""

from collections.abc import Iterator, Mapping
from typing import Protocol

from components.errors import Problem
from components.schema.graphs import root_of, shape_faults
from components.schema.jobs import JobsSettings
from components.schema.names import is_own_name
from components.schema.pod_checks import resource_problems, spot_problems, toleration_problems
from components.schema.seldon import PredictorSettings, SeldonDeploymentSettings
from components.schema.seldon_unit_checks import AB_TEST, UnitLike, unit_problems
from components.schema.serving import ServingSettings

SELDON = "kubeflow:serving.seldon"
LONGEST_NAME = 63
"""The operator replaces names of Deployments and Services that are longer by a number that nobody knows."""
ALL_TRAFFIC = 100
SINGLE_PREDICTOR, SINGLE_UNIT = "default", "model"
"""What a single model's predictor and unit are called."""
ALONE = {"TENSORFLOW_SERVER": "seldon", "TRITON_SERVER": "v2"}
"""Servers that have ports of their own in a pod, so that it has room for one, with the protocol in which they do."""

_OR_ELSE = {"TENSORFLOW_SERVER": ", or set protocol to tensorflow"}


class PredictorLike(Protocol):
    """A predictor, as settings or as a program has it."""

    @property
    def units(self) -> Mapping[str, UnitLike]: ...
    @property
    def replicas(self) -> int: ...
    @property
    def traffic(self) -> int | None: ...
    @property
    def shadow(self) -> bool: ...


def seldon_problems(serving: ServingSettings, jobs: JobsSettings, platform: str | None) -> Iterator[Problem]:
    """What clashes about Seldon.

    Args:
        serving: the graphs, and the model servers beside them.
        jobs: the training jobs, whose Services have names too.
        platform: the kind of cluster; None if the settings do not tell it.
    """
    seldon = serving.seldon
    if seldon.deployments and not seldon.enabled:
        yield Problem(f"{SELDON}.deployments", f"has nobody to run it, since {SELDON}.enabled is false; set it to true")
    taken: dict[str, str] = {}
    for name, deployment in seldon.deployments.items():
        path = f"{SELDON}.deployments.{name}"
        yield from _deployment_problems(path, deployment)
        for predictor, settings in deployment.predictors.items():
            yield from _pod_problems(f"{path}.predictors.{predictor}", settings, platform)
        for predictor, units in _units(deployment).items():
            below = f"{path}.predictors.{predictor}" if deployment.predictors else path
            yield from name_problems(below, name, predictor, units, single=not deployment.predictors)
            services = [f"{name}-{predictor}", *(f"{name}-{predictor}-{unit}" for unit in units)]
            if clash := next((service for service in services if service in taken), None):
                yield Problem(below, f"wants the Service {clash}, and so does {taken[clash]}; rename one")
            if own := next((service for service in services if is_own_name(service, jobs)), None):
                yield Problem(below, f"wants the Service {own}, which is another part's of the stack; rename it")
            taken |= dict.fromkeys(services, below)


def _units(deployment: SeldonDeploymentSettings) -> dict[str, list[str]]:
    """The units of each predictor, the root first; none of those that are no graph."""
    if not deployment.predictors:
        return {SINGLE_PREDICTOR: [SINGLE_UNIT]}
    return {name: units for name, each in deployment.predictors.items() if (units := root_first(each.units))}


def root_first(units: Mapping[str, UnitLike]) -> list[str]:
    """The names of units, the root's first; none if they are no graph."""
    children = {name: unit.children for name, unit in units.items()}
    if any(shape_faults(children)):
        return []
    root = root_of(children)
    return [root, *(unit for unit in units if unit != root)]


def name_problems(
    path: str, deployment: str, predictor: str, units: list[str], *, single: bool = False
) -> Iterator[Problem]:
    """Names that the operator would make too long.

    Args:
        path: the setting.
        deployment: what the SeldonDeployment is called.
        predictor: what the predictor is called.
        units: its units, the root first.
        single: whether it is a single model's, whose predictor and unit nobody has named.
    """
    names = [f"{deployment}-{predictor}-0-{units[0]}", *(f"{deployment}-{predictor}-{unit}" for unit in units)]
    longest = max(names, key=len)
    if len(longest) > LONGEST_NAME:
        over = len(longest) - LONGEST_NAME
        mend = (
            f"take {over} or more from that of the deployment"
            if single
            else "shorten that of the deployment, the predictor or the unit"
        )
        yield Problem(
            path,
            f"has the name {longest} made of its own, which has {len(longest)} characters, and Kubernetes allows "
            f"{LONGEST_NAME}; {mend}",
        )


def _pod_problems(path: str, predictor: PredictorSettings, platform: str | None) -> Iterator[Problem]:
    """What contradicts itself about what the pods of settings are made of."""
    yield from toleration_problems(path, predictor.tolerations)
    yield from spot_problems(path, platform, spot=predictor.spot)
    for name, unit in predictor.units.items():
        yield from resource_problems(f"{path}.units.{name}", unit.resources)
        if unit.implementation == AB_TEST and "resources" in unit.model_fields_set:
            yield Problem(
                f"{path}.units.{name}.resources", f"is set, but {AB_TEST} is no container of its own; remove it"
            )
    accounts = {unit.service_account_name for unit in predictor.units.values() if unit.service_account_name}
    if len(accounts) > 1:
        yield Problem(
            f"{path}.units",
            f"names the ServiceAccounts {' and '.join(sorted(accounts))}, but the units share their pods, which have "
            f"one; name the same in all",
        )


def _deployment_problems(path: str, deployment: SeldonDeploymentSettings) -> Iterator[Problem]:
    if deployment.wait_seconds:
        replicas = {f"{path}.predictors.{name}.replicas": each.replicas for name, each in deployment.predictors.items()}
        for setting, count in {f"{path}.replicas": deployment.replicas, **replicas}.items():
            if count == 0:
                yield Problem(setting, "is 0, so that nobody ever answers, but waitSeconds waits for it; remove that")
    if not deployment.predictors:
        if deployment.image is None:
            yield Problem(path, "has neither an image nor predictors to answer with; set one of the two")
        elif deployment.protocol != "seldon":
            yield Problem(
                f"{path}.protocol",
                f"{deployment.protocol} is for predictors; remove it, or write a predictor whose unit has the image",
            )
        return
    for key, value in {"image": deployment.image, "replicas": deployment.replicas}.items():
        if value is not None:
            yield Problem(
                f"{path}.{key}", "is for a single model, but there are predictors, which say it themselves; remove it"
            )
    yield from predictors_problems(f"{path}.predictors", deployment.predictors, deployment.protocol)


def predictors_problems(path: str, predictors: Mapping[str, PredictorLike], protocol: str) -> Iterator[Problem]:
    """What is wrong with the graphs of a deployment, whose setting is at ``path``."""
    yield from _traffic_problems(path, predictors)
    for name, predictor in predictors.items():
        yield from _predictor_problems(f"{path}.{name}", predictor, protocol)


def _traffic_problems(path: str, predictors: Mapping[str, PredictorLike]) -> Iterator[Problem]:
    shadows = sorted(name for name, each in predictors.items() if each.shadow)
    seen = {name: each.traffic for name, each in predictors.items() if not each.shadow}
    if len(shadows) > 1:
        yield Problem(path, f"has {len(shadows)} shadows, {' and '.join(shadows)}, and may have one; unset shadow")
    if not seen:
        yield Problem(path, "has shadows alone, whose answers nobody sees; add a predictor that is none")
    total = sum(traffic or 0 for traffic in seen.values())
    if len(seen) > 1 and total != ALL_TRAFFIC:
        shares = ", ".join(f"{name} {'none' if traffic is None else traffic}" for name, traffic in sorted(seen.items()))
        yield Problem(path, f"has a traffic of {total} in all ({shares}), not {ALL_TRAFFIC}; set traffic so")
    if len(seen) == 1 and (traffic := next(iter(seen.values()))) not in (None, ALL_TRAFFIC):
        yield Problem(
            f"{path}.{next(iter(seen))}.traffic",
            f"is {traffic}, but there is nobody else to answer the rest; remove it",
        )


def _predictor_problems(path: str, predictor: PredictorLike, protocol: str) -> Iterator[Problem]:
    children = {name: unit.children for name, unit in predictor.units.items()}
    for unit, sentence in shape_faults(children):
        yield Problem(f"{path}.units.{unit}.children" if unit else f"{path}.units", sentence)
    for name, unit in predictor.units.items():
        yield from unit_problems(f"{path}.units.{name}", name, unit, protocol)
    for server, spoken in ALONE.items():
        several = sorted(name for name, unit in predictor.units.items() if unit.implementation == server)
        if protocol == spoken and len(several) > 1:
            yield Problem(
                f"{path}.units",
                f"has {len(several)} units of {server}, {' and '.join(several)}, of which a predictor can have one; "
                f"put the others into predictors of their own{_OR_ELSE.get(server, '')}",
            )
    if all(unit.implementation == AB_TEST for unit in predictor.units.values()):
        yield Problem(f"{path}.units", "has no unit that answers; add models as children of it")
