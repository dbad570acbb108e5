"""The settings that the guides show are settings that the program takes."""

import re
from typing import Any, cast

import pytest
import yaml

from tests.unit.test_settings_accepted import ZONAL, loaded, no_configuration_afterwards
from tools.places import CHECKOUT

__all__ = ["no_configuration_afterwards"]

GKE = {"platform": "gke", "gke": ZONAL}
CLUSTERS = {"cloud": GKE, "storage": GKE}
"""The cluster of a guide's examples that do not say of which they are; other guides are for any."""
BLOCK = re.compile(r"(?:^ {4}.*\n|^\n(?= {4}))+", re.MULTILINE)


def examples() -> list[Any]:
    """The settings that the guides show, each with the guide's name."""
    found: list[Any] = []
    for guide in sorted((CHECKOUT / "docs").glob("*.md")):
        for block in BLOCK.findall(guide.read_text()):
            if areas := settings(block):
                cluster = areas.get("cluster", CLUSTERS.get(guide.stem, {}))
                areas["cluster"] = cluster if "platform" in cluster else {"context": "kind", **cluster}
                found.append(pytest.param(areas, id=f"{guide.stem}-{'-'.join(areas)}"))
    return found


def settings(block: str) -> dict[str, Any]:
    """The areas of settings in a block of a guide; none if it shows something else."""
    try:
        values: Any = yaml.safe_load(block)
    except yaml.YAMLError:
        return {}
    keys = cast("dict[str, Any]", values) if isinstance(values, dict) else {}
    graphs: dict[str, Any] = {
        key: value for key, value in keys.items() if isinstance(value, dict) and "predictors" in value
    }
    if graphs:
        return {"serving": {"seldon": {"enabled": True, "deployments": graphs}}}
    keys = keys.get("config", keys)
    return {key.removeprefix("kubeflow:"): value for key, value in keys.items() if key.startswith("kubeflow:")}


@pytest.mark.parametrize("areas", examples())
def test_examples_of_the_guides_are_accepted(areas: dict[str, Any]) -> None:
    loaded(**areas)
