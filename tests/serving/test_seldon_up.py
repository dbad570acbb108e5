"""A stack with graphs of models, by the real engine on a real API server; nobody plays the operator."""

import base64
import copy
import json
from collections.abc import Generator
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store

from components.serving.seldon.crd import DEFINITION
from tests.conftest import Cluster
from tests.support.recorder import WITHOUT_OPERATOR
from tests.support.seldon import Node
from tests.support.stacks import GRAPHS
from tests.support.workspace import Workspace

NAMESPACE = "seldon-up"
SERVICE = f"seldon-webhook-service.{NAMESPACE}-seldon.svc"
UNANSWERED = {name: each for name, each in GRAPHS.items() if "waitSeconds" not in each}
"""Those that nobody waits for."""

NEEDED = """
apiVersion: v1
kind: Secret
metadata: {name: models}
---
apiVersion: v1
kind: Secret
metadata: {name: team}
stringData: {token: a token}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: reader}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: team-models}
spec: {accessModes: [ReadWriteMany], resources: {requests: {storage: 1Gi}}}
"""
"""What they use, and who has a model makes."""


def configure(workspace: Workspace, cluster: Cluster, graphs: dict[str, Any]) -> None:
    workspace.configure(
        {
            "kubeflow:cluster": {"context": cluster.context},
            "kubeflow:core": {**WITHOUT_OPERATOR, "namespace": NAMESPACE},
            "kubeflow:serving": {"seldon": {"enabled": True, "deployments": graphs}},
        }
    )


@pytest.fixture(scope="module")
def workspace(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Generator[Workspace]:
    """A stack that is up."""
    made = Workspace.create(tmp_path_factory.mktemp("seldon"), cluster.environment)
    made.init()
    configure(made, cluster, {})
    try:
        assert set(made.up()) == {"create"}
        cluster.kubectl("apply", f"--namespace={NAMESPACE}", "--filename=-", stdin=NEEDED)
        configure(made, cluster, UNANSWERED)
        assert set(made.up()) == {"create", "same"}
        yield made
    finally:
        made.destroy_with_data()


def test_second_up_changes_nothing_and_keeps_the_certificate(workspace: Workspace, cluster: Cluster) -> None:
    before = cluster.get("secrets", f"--namespace={NAMESPACE}-seldon")["items"]
    assert set(workspace.up()) == {"same"}
    assert workspace.preview() == []
    assert cluster.get("secrets", f"--namespace={NAMESPACE}-seldon")["items"] == before


def told(cluster: Cluster) -> tuple[x509.Certificate, x509.Certificate]:
    """The operator's certificate, and the authority that the API server is told."""
    (secret,) = cluster.get("secrets", f"--namespace={NAMESPACE}-seldon")["items"]
    assert set(secret["data"]) == {"tls.crt", "tls.key"}
    configuration = cluster.get("validatingwebhookconfiguration", f"{NAMESPACE}-seldon-controller-manager")
    authority = configuration["webhooks"][0]["clientConfig"]["caBundle"]
    certificate, bundle = (
        x509.load_pem_x509_certificate(base64.b64decode(each)) for each in (secret["data"]["tls.crt"], authority)
    )
    return certificate, bundle


@pytest.mark.usefixtures("workspace")
def test_api_server_is_told_whose_certificate_the_operator_shows(cluster: Cluster) -> None:
    certificate, authority = told(cluster)
    verifier = PolicyBuilder().store(Store([authority])).build_server_verifier(x509.DNSName(SERVICE))
    assert verifier.verify(certificate, [])


def test_private_key_is_encrypted_in_the_state(workspace: Workspace) -> None:
    state = workspace.pulumi("stack", "export").stdout
    assert "PRIVATE KEY" not in state
    assert "PRIVATE" in workspace.pulumi("stack", "export", "--show-secrets").stdout


def test_outputs_have_a_line_for_each_predictor(workspace: Workspace, cluster: Cluster) -> None:
    lines = workspace.outputs()["graphs"]
    assert set(lines) == set(UNANSWERED)
    assert lines["iris"]["canary"]["portForward"] == (
        f"kubectl --context {cluster.context} port-forward --namespace {NAMESPACE} service/iris-canary 8003:8000"
    )


def pods(cluster: Cluster) -> dict[str, Node]:
    """The pods that the operator would make of the stack's graphs, by graph and predictor."""
    info: Node = {"name": "seldon-podinfo", "downwardAPI": {"items": []}}
    found: dict[str, Node] = {}
    for each in cluster.get("seldondeployments", f"--namespace={NAMESPACE}")["items"]:
        for predictor in each["spec"]["predictors"]:
            name = f"{each['metadata']['name']}-{predictor['name']}"
            spec = predictor["componentSpecs"][0]["spec"]
            # No account of the cluster's is looked up: it would have to be there.
            spec = {key: value for key, value in spec.items() if key != "serviceAccountName"}
            found[name] = {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"name": name, "namespace": NAMESPACE},
                "spec": {**spec, "volumes": [*spec.get("volumes", []), info]},
            }
    return found


@pytest.mark.usefixtures("workspace")
def test_namespace_admits_the_pods_of_every_graph(cluster: Cluster) -> None:
    made = pods(cluster)
    assert len(made) == 8
    for pod in made.values():
        cluster.kubectl("create", "--dry-run=server", "--filename=-", stdin=json.dumps(pod))


@pytest.mark.usefixtures("workspace")
def test_namespace_refuses_an_executor_as_the_operator_adds_it(cluster: Cluster) -> None:
    pod = copy.deepcopy(pods(cluster)["mnist-default"])
    pod["spec"]["containers"][-1]["securityContext"] = {"runAsUser": 8888, "allowPrivilegeEscalation": False}
    said = cluster.kubectl("create", "--dry-run=server", "--filename=-", stdin=json.dumps(pod), check=False)
    assert said == ""


def test_changed_graph_changes_nothing_else(workspace: Workspace, cluster: Cluster) -> None:
    configure(workspace, cluster, {**UNANSWERED, "mnist": {**UNANSWERED["mnist"], "replicas": 3}})
    (step,) = workspace.preview()
    assert (step["op"], step["urn"].rpartition("::")[2]) == ("update", "graphs-mnist-deployment")
    workspace.up()
    mnist = cluster.get("seldondeployment", "mnist", f"--namespace={NAMESPACE}")
    assert mnist["spec"]["predictors"][0]["replicas"] == 3


def test_certificate_is_renewed_when_its_keeper_is_replaced(workspace: Workspace, cluster: Cluster) -> None:
    old, _ = told(cluster)
    urns = workspace.pulumi("stack", "--show-urns").stdout.split()
    (keeper,) = [urn for urn in urns if urn.endswith("::seldon-certificate-stash")]
    workspace.pulumi("up", "--yes", "--skip-preview", "--replace", keeper)
    new, authority = told(cluster)
    assert new != old
    new.verify_directly_issued_by(authority)
    assert set(workspace.up()) == {"same"}


def test_graph_that_leaves_the_settings_goes_and_the_definition_stays(workspace: Workspace, cluster: Cluster) -> None:
    configure(workspace, cluster, {})
    workspace.up()
    assert cluster.get("seldondeployments", f"--namespace={NAMESPACE}")["items"] == []
    assert cluster.get("customresourcedefinition", DEFINITION)
