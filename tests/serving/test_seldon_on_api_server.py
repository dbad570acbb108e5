"""Our definition of SeldonDeployments, on a real API server."""

import copy
import json
from collections.abc import Generator
from typing import Any

import pytest

from components.schema.seldon import SeldonSettings
from components.serving.seldon.crd import DEFINITION, OLD_VERSIONS, custom_resource_definition
from components.serving.seldon.deployment import SeldonDeploymentArgs, deployment_spec
from components.serving.seldon.deployments import predictors_of
from tests.conftest import Cluster
from tests.support.definitions import Send, defined
from tests.support.seldon import EXAMPLES, MODEL, STATUS, Node, container, deployment, predictor
from tests.support.stacks import GRAPHS
from tests.support.training.crds import as_sent
from tests.support.training.jobs import lost

NAMESPACE = "seldon-definition"
SHADOWS = [predictor(name, MODEL, shadow=name != "a", traffic=100) for name in ("a", "b", "c")]
ONE = predictor("a", MODEL, container("digits"))


def with_graph(graph: Node) -> list[Node]:
    return [predictor("a", graph)]


MISTAKES: dict[str, tuple[Node, str]] = {
    "no-predictors": ({}, "spec.predictors: Required value"),
    "empty-predictors": ({"predictors": []}, "spec.predictors: Invalid value"),
    "no-graph": ({"predictors": [{"name": "a"}]}, "spec.predictors[0].graph: Required value"),
    "two-of-one-name": ({"predictors": [ONE, ONE]}, "spec.predictors[1]: Duplicate value"),
    "no-such-protocol": ({"predictors": [ONE], "protocol": "http"}, 'supported values: "seldon"'),
    "no-such-transport": ({"predictors": [ONE], "transport": "REST"}, 'supported values: "rest"'),
    "misspelt-field": ({"predictors": [{**ONE, "trafic": 5}]}, 'unknown field "spec.predictors[0].trafic"'),
    "no-such-type": ({"predictors": with_graph({"name": "m", "type": "MODELL"})}, "graph.type: Unsupported value"),
    "no-such-type-of-a-child": (
        {"predictors": with_graph({"name": "m", "children": [{"name": "c", "type": "MODELL"}]})},
        "graph.children[0].type: Unsupported value",
    ),
    "misspelt-uri": ({"predictors": with_graph({"name": "m", "modelURI": "gs://m"})}, "unknown field"),
    "no-such-endpoint": (
        {"predictors": with_graph({"name": "m", "endpoint": {"type": "HTTP"}})},
        "graph.endpoint.type: Unsupported value",
    ),
    "number-as-a-parameter": (
        {"predictors": with_graph({"name": "m", "parameters": [{"name": "a", "value": 1, "type": "INT"}]})},
        "parameters[0].value",
    ),
    "traffic-beyond-all": ({"predictors": [{**ONE, "traffic": 101}]}, "predictors[0].traffic"),
    "traffic-that-is-not-all": (
        {"predictors": [{**ONE, "traffic": 50}, {**ONE, "name": "b", "traffic": 40}]},
        "is 100 in all",
    ),
    "two-shadows": ({"predictors": SHADOWS}, "at most one predictor is a shadow"),
    "shadow-alone": ({"predictors": [{**ONE, "shadow": True}]}, "a shadow needs a predictor"),
    "replicas-as-text": ({"predictors": [{**ONE, "replicas": "two"}]}, "predictors[0].replicas"),
    "number-in-the-environment": (
        {"predictors": [predictor("a", MODEL, container("digits", env=[{"name": "A", "value": 8}]))]},
        "containers[0].env[0].value",
    ),
    "amount-that-is-none": (
        {"predictors": [predictor("a", MODEL, container("digits", resources={"limits": {"cpu": "1 core"}}))]},
        "resources.limits.cpu",
    ),
    "autoscaler-without-a-limit": (
        {"predictors": [{**ONE, "componentSpecs": [{"hpaSpec": {"minReplicas": 1}}]}]},
        "hpaSpec.maxReplicas: Required value",
    ),
}
"""The spec, and what the answer has to name."""


@pytest.fixture(scope="module")
def send(cluster: Cluster) -> Generator[Send]:
    """Runs ``kubectl`` in a namespace of its own, with an object if one is given."""
    with defined(cluster, [as_sent(DEFINITION, custom_resource_definition())], NAMESPACE, "--server-side") as run:
        yield run


def create(send: Send, manifest: Node) -> Node:
    """What the API server made of it. The client's check is off: unknown fields would be dropped, not refused."""
    done = send("create", "--validate=ignore", "--filename=-", "--output=json", stdin=manifest)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_shape_comes_back_whole(example: str, send: Send) -> None:
    sent = copy.deepcopy(EXAMPLES[example])
    assert not list(lost(sent["spec"], create(send, sent)["spec"]))


@pytest.mark.parametrize("version", OLD_VERSIONS)
def test_old_versions_have_the_same_fields(version: str, send: Send) -> None:
    sent = {**EXAMPLES["deep"], "apiVersion": f"machinelearning.seldon.io/{version}", "metadata": {"name": version}}
    made = create(send, sent)
    assert made["apiVersion"] == sent["apiVersion"]
    assert not list(lost(sent["spec"], made["spec"]))
    stored = json.loads(send("get", "seldondeployments.v1.machinelearning.seldon.io", version, "--output=json").stdout)
    assert not list(lost(sent["spec"], stored["spec"]))


def test_what_the_settings_make_comes_back_whole(send: Send) -> None:
    settings = SeldonSettings.model_validate({"deployments": GRAPHS})
    for name, each in settings.deployments.items():
        args = SeldonDeploymentArgs(
            namespace=NAMESPACE,
            deployment_name=name,
            predictors=predictors_of(each, None, "nocloud"),
            protocol=each.protocol,
            transport="grpc" if each.endpoint == "GRPC" else "rest",
        )
        spec = deployment_spec(args)
        sent = {**deployment(f"settings-{name}"), "spec": spec}
        # The stricter check, as Pulumi's provider has it.
        done = send("create", "--validate=strict", "--filename=-", "--output=json", stdin=sent)
        assert done.returncode == 0, done.stderr
        assert not list(lost(spec, json.loads(done.stdout)["spec"]))


def test_everything_that_the_operator_says_comes_back(send: Send) -> None:
    create(send, {**EXAMPLES["simple"], "metadata": {"name": "told"}})
    status = json.dumps({"status": STATUS})
    patched = send(
        "patch", "sdep", "told", "--subresource=status", "--type=merge", f"--patch={status}", "--output=json"
    )
    assert patched.returncode == 0, patched.stderr
    assert not list(lost(STATUS, json.loads(patched.stdout)["status"]))
    header, row = send("get", "sdep", "told").stdout.splitlines()
    assert header.split() == ["NAME", "STATE", "REPLICAS", "AGE"]
    assert row.split()[:3] == ["told", "Available", "2"]


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistake_is_refused_and_named(mistake: str, send: Send) -> None:
    spec, message = MISTAKES[mistake]
    done = send("create", "--filename=-", stdin={**deployment("mistaken"), "spec": spec})
    assert done.returncode != 0
    assert message in done.stderr


def test_it_scales(send: Send) -> None:
    create(send, {**EXAMPLES["simple"], "metadata": {"name": "scaled"}})
    done = send("scale", "sdep/scaled", "--replicas=3")
    assert done.returncode == 0, done.stderr
    got: dict[str, Any] = json.loads(send("get", "sdep", "scaled", "--output=json").stdout)
    assert got["spec"]["replicas"] == 3
