"""Settings that are more than the engine hands over, with the real engine."""

import json
from collections.abc import Callable
from typing import Any

import yaml

from components.settings_files import MOST_BYTES, bytes_for_the_engine, parse
from tests.conftest import Cluster
from tests.support.recorder import WITHOUT_OPERATOR
from tests.support.workspace import Workspace

IMAGES = {
    f"image-{number:04}": {"title": f"Image {number:04}", "image": f"registry.example.com/team/notebook-{number:04}:1"}
    for number in range(1500)
}
PROBE = """
import os, pulumi
pulumi.info(os.environ["PULUMI_CONFIG"])
"""
ODD = """\
config:
  probe:odd:
    - {a: 0600, b: 0o600, c: yes, d: 1:30, e: 2026-01-01T00:00, f: 1_000, g: 0x10, h: off, i: ~, j: .5, k: 1e3, l: 08}
    - {m: Null, n: +5, o: NO, p: 0b11, q: 1.0, r: True, s: "0600", t: '', v: 1., w: 0o9, x: <, y: 1e, z: _1}
    - <<: {a: 1}
      b: &x {c: 1}
      d: *x
      e: |
        text
"""


def test_more_settings_than_the_engine_hands_over_come_from_a_file(
    cluster: Cluster, make_workspace: Callable[[], Workspace]
) -> None:
    workspace = make_workspace()
    core: dict[str, Any] = {"namespace": "many-settings", **WITHOUT_OPERATOR}
    images = {"kubeflow:core": {"notebook": {"images": IMAGES, "defaultImage": "image-0000"}}}
    config = {"kubeflow:cluster": {"context": cluster.context}, "kubeflow:core": core}
    assert bytes_for_the_engine(images) > MOST_BYTES

    workspace.configure({**config, "kubeflow:core": {**core, **images["kubeflow:core"]}})
    done = workspace.pulumi("preview", "--json", check=False)
    assert done.returncode != 0
    assert "argument list too long" in done.stdout + done.stderr

    (workspace.folder / "images.yaml").write_text(yaml.safe_dump({"config": images}))
    workspace.configure({**config, "kubeflow:include": "images.yaml"})
    (settings,) = [step for step in workspace.preview() if step["newState"]["urn"].endswith("::jupyterhub-hub-config")]
    assert "Image 1499" in json.dumps(settings["newState"]["inputs"])


def test_files_are_read_as_the_engine_reads_the_stacks_own(make_workspace: Callable[[], Workspace]) -> None:
    workspace = make_workspace()
    (workspace.folder / "__main__.py").write_text(PROBE)
    file = workspace.folder / f"Pulumi.{workspace.stack}.yaml"
    file.write_text(file.read_text() + ODD)
    printed = workspace.pulumi("preview", "--json").stdout
    (said,) = [each["message"] for each in json.loads(printed)["diagnostics"] if each["severity"] == "info"]
    given = json.loads(json.loads(said)["probe:odd"])
    read, _ = parse(ODD)
    assert read["config"]["probe:odd"] == given
