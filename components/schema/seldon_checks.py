"""What the settings of Seldon must not say: what the operator would refuse, or what would answer nobody."""

from collections.abc import Iterator, Mapping

from components.errors import Problem
from components.schema.graphs import root_of, shape_faults
from components.schema.seldon import PredictorSettings, SeldonDeploymentSettings, SeldonSettings
from components.schema.seldon_unit_checks import unit_problems

SELDON = "kubeflow:serving.seldon"
LONGEST_NAME = 63
"""The operator replaces names of Deployments and Services that are longer by a number that nobody knows."""
ALL_TRAFFIC = 100
SINGLE_PREDICTOR, SINGLE_UNIT = "default", "model"
"""What a single model's predictor and unit are called."""


def seldon_problems(seldon: SeldonSettings) -> Iterator[Problem]:
    """What clashes about Seldon."""
    if seldon.deployments and not seldon.enabled:
        yield Problem(f"{SELDON}.deployments", f"has nobody to run it, since {SELDON}.enabled is false; set it to true")
    taken: dict[str, str] = {}
    for name, deployment in seldon.deployments.items():
        path = f"{SELDON}.deployments.{name}"
        yield from _deployment_problems(path, deployment)
        for predictor, units in _units(deployment).items():
            below = f"{path}.predictors.{predictor}" if deployment.predictors else path
            yield from _name_problems(below, name, predictor, units)
            services = [f"{name}-{predictor}", *(f"{name}-{predictor}-{unit}" for unit in units)]
            if clash := next((service for service in services if service in taken), None):
                yield Problem(below, f"wants the Service {clash}, and so does {taken[clash]}; rename one")
            taken |= dict.fromkeys(services, below)


def _units(deployment: SeldonDeploymentSettings) -> dict[str, list[str]]:
    """The units of each predictor, the root first; none of those that are no graph."""
    if not deployment.predictors:
        return {SINGLE_PREDICTOR: [SINGLE_UNIT]}
    found: dict[str, list[str]] = {}
    for name, predictor in deployment.predictors.items():
        children = {unit: each.children for unit, each in predictor.units.items()}
        if not any(shape_faults(children)):
            root = root_of(children)
            found[name] = [root, *(unit for unit in predictor.units if unit != root)]
    return found


def _name_problems(path: str, deployment: str, predictor: str, units: list[str]) -> Iterator[Problem]:
    names = [f"{deployment}-{predictor}-0-{units[0]}", *(f"{deployment}-{predictor}-{unit}" for unit in units)]
    longest = max(names, key=len)
    if len(longest) > LONGEST_NAME:
        yield Problem(
            path,
            f"has the name {longest} made of its own, which has {len(longest)} characters, and Kubernetes allows "
            f"{LONGEST_NAME}; shorten that of the deployment, the predictor or the unit",
        )


def _deployment_problems(path: str, deployment: SeldonDeploymentSettings) -> Iterator[Problem]:
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
    yield from _traffic_problems(path, deployment.predictors)
    for name, predictor in deployment.predictors.items():
        yield from _predictor_problems(f"{path}.predictors.{name}", predictor, deployment.protocol)


def _traffic_problems(path: str, predictors: Mapping[str, PredictorSettings]) -> Iterator[Problem]:
    shadows = sorted(name for name, each in predictors.items() if each.shadow)
    seen = {name: each.traffic for name, each in predictors.items() if not each.shadow}
    if len(shadows) > 1:
        yield Problem(
            f"{path}.predictors", f"has {len(shadows)} shadows, {' and '.join(shadows)}, and may have one; unset shadow"
        )
    if not seen:
        yield Problem(
            f"{path}.predictors", "has shadows alone, whose answers nobody sees; add a predictor that is none"
        )
    total = sum(traffic or 0 for traffic in seen.values())
    if len(seen) > 1 and total != ALL_TRAFFIC:
        shares = ", ".join(f"{name} {'none' if traffic is None else traffic}" for name, traffic in sorted(seen.items()))
        yield Problem(
            f"{path}.predictors", f"has a traffic of {total} in all ({shares}), not {ALL_TRAFFIC}; set traffic so"
        )
    if len(seen) == 1 and (traffic := next(iter(seen.values()))) not in (None, ALL_TRAFFIC):
        yield Problem(
            f"{path}.predictors.{next(iter(seen))}.traffic",
            f"is {traffic}, but there is nobody else to answer the rest; remove it",
        )


def _predictor_problems(path: str, predictor: PredictorSettings, protocol: str) -> Iterator[Problem]:
    children = {name: unit.children for name, unit in predictor.units.items()}
    for unit, sentence in shape_faults(children):
        yield Problem(f"{path}.units.{unit}.children" if unit else f"{path}.units", sentence)
    for name, unit in predictor.units.items():
        yield from unit_problems(f"{path}.units.{name}", name, unit, protocol)
    accounts = {unit.service_account_name for unit in predictor.units.values() if unit.service_account_name}
    if len(accounts) > 1:
        yield Problem(
            f"{path}.units",
            f"names the ServiceAccounts {' and '.join(sorted(accounts))}, but the units share their pods, which have "
            f"one; name the same in all",
        )
    proxied = sorted(name for name, unit in predictor.units.items() if unit.implementation == "TENSORFLOW_SERVER")
    if protocol == "seldon" and len(proxied) > 1:
        yield Problem(
            f"{path}.units",
            f"has {len(proxied)} units of TENSORFLOW_SERVER, {' and '.join(proxied)}, of which a predictor can have "
            f"one; put the others into predictors of their own, or set protocol to tensorflow",
        )
    if all(unit.implementation == "RANDOM_ABTEST" for unit in predictor.units.values()):
        yield Problem(f"{path}.units", "has no unit that answers; add models as children of it")
