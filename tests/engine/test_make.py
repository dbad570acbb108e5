"""The commands of the README, on a checkout and a home directory that have seen nothing yet."""

import shlex
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.conftest import Cluster, one_at_a_time
from tests.support.checkout import Checkout
from tests.support.waiting import wait_for
from tools import places


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Generator[Checkout]:
    checkout = Checkout(tmp_path_factory.mktemp("make"))
    yield checkout
    checkout.make("down", "DELETE_DATA=yes")


def test_up_from_nothing_says_where_things_are_and_again_changes_nothing(checkout: Checkout) -> None:
    with one_at_a_time():
        first = checkout.make("up")
    assert "Kubeflow is up in the namespace kubeflow." in first
    assert "nodes are simulated" in first
    assert "make up CONTEXT=minikube" in first
    assert first.count("\n  ", first.index("Next:")) == 3
    assert "from $PATH" not in first
    again = checkout.make("up")
    assert "52 unchanged" in again
    assert (checkout.state / "passphrase").stat().st_mode & 0o077 == 0
    assert "no changes" in checkout.make("preview") or "52 unchanged" in checkout.make("preview")


def test_env_gives_a_shell_where_plain_pulumi_and_kubectl_work(checkout: Checkout) -> None:
    checkout.up()
    assert "52 unchanged" in checkout.shell("pulumi preview --expect-no-changes --non-interactive")
    names = checkout.shell("kubectl get deployments --namespace kubeflow --output name")
    assert names.split() == ["deployment.apps/hub", "deployment.apps/proxy"]


def test_down_keeps_data_and_up_finds_it_again(checkout: Checkout) -> None:
    checkout.up()
    query = "kubectl get pvc hub-db-dir --namespace kubeflow --output 'jsonpath={.metadata.uid}'"
    uid = checkout.shell(query)
    down = checkout.make("down")
    assert "make down DELETE_DATA=yes" in down
    assert "Kept: the namespace kubeflow" in down
    checkout.up()
    assert checkout.shell(query) == uid


def test_own_backend_and_passphrase_win(checkout: Checkout, tmp_path: Path) -> None:
    stack_file = checkout.folder / "Pulumi.cloud.yaml"
    before = stack_file.read_text()
    own = {"PULUMI_BACKEND_URL": tmp_path.as_uri(), "PULUMI_CONFIG_PASSPHRASE": "mine"}
    printed = checkout.make("env", "STACK=cloud", environment=own)
    assert (tmp_path / ".pulumi" / "stacks" / "kubeflow" / "cloud.json").exists()
    assert "PULUMI_BACKEND_URL" not in printed
    assert not (checkout.state / "pulumi" / ".pulumi" / "stacks" / "kubeflow" / "cloud.json").exists()
    stack_file.write_text(before)


def test_unknown_context_is_refused_before_anything_is_written(checkout: Checkout) -> None:
    stack_file = checkout.folder / "Pulumi.nocloud.yaml"
    before = stack_file.read_text()
    refused = checkout.make("up", "CONTEXT=nowhere", check=False)
    assert "kubeflow:cluster.context: 'nowhere'" in refused
    assert "Traceback" not in refused
    assert stack_file.read_text() == before


def test_another_cluster_gets_a_deployment_of_its_own_and_down_stays_there(
    checkout: Checkout, cluster: Cluster
) -> None:
    checkout.up()
    stack_file = checkout.folder / "Pulumi.nocloud.yaml"
    embedded = stack_file.read_text()
    kubeconfig = checkout.home / ".kube" / "config"
    kubeconfig.parent.mkdir(exist_ok=True)
    kubeconfig.write_text(cluster.kubeconfig.read_text())
    cluster.kubectl("config", "set-context", "elsewhere", "--cluster=none", f"--kubeconfig={kubeconfig}")
    cluster.kubectl("config", "use-context", "elsewhere", f"--kubeconfig={kubeconfig}")
    # Also in the shell that make env gave: what it says is about the stack that is up.
    preview = checkout.shell(f"make preview CONTEXT={cluster.context} 2>&1")
    assert "52 to create" in preview
    assert stack_file.read_text() == embedded

    up = checkout.make("up", f"CONTEXT={cluster.context}")
    assert f"kubectl --context {cluster.context} port-forward" in up
    assert "simulated" not in up
    assert checkout.shell("kubectl config current-context").strip() == cluster.context
    assert checkout.shell("kubectl get deployment hub --namespace kubeflow --output name") == "deployment.apps/hub\n"

    checkout.make("down", "DELETE_DATA=yes")
    assert "kubeflow" not in cluster.kubectl("get", "namespaces", "--output=name")
    assert "52 unchanged" in checkout.make("up", "CONTEXT=kwok-kubeflow")


def refusal(checkout: Checkout, old: str, new: str) -> str:
    """What ``make up`` says of a stack that is up, with ``new`` in the place of ``old`` in its file."""
    checkout.up()
    stack_file = checkout.folder / "Pulumi.nocloud.yaml"
    before = stack_file.read_text()
    stack_file.write_text(before.replace(old, new))
    refused = checkout.make("up", check=False)
    stack_file.write_text(before)
    return refused


def test_a_stack_does_not_move_by_a_setting(checkout: Checkout) -> None:
    refused = refusal(checkout, "namespace: kubeflow", "namespace: elsewhere")
    assert "is deployed in the namespace kubeflow, with its users' data, and stays there" in refused
    assert "protect" not in refused


def test_the_database_is_not_dropped_by_a_setting(checkout: Checkout) -> None:
    refused = refusal(checkout, "  kubeflow:core:\n", "  kubeflow:core:\n    hub: {database: memory}\n")
    assert "kubeflow:core.hub.database is memory, but the hub's users" in refused
    assert "pulumi state unprotect 'urn:pulumi:nocloud::kubeflow::" in refused


def test_a_second_stack_shares_the_control_plane_and_leaves_it_to_the_first(checkout: Checkout) -> None:
    checkout.up()
    first, second = (checkout.folder / f"Pulumi.{name}.yaml" for name in ("nocloud", "second"))
    # A cluster has one training operator.
    without = "namespace: second\n    trainingOperator: {enabled: false}"
    second.write_text(first.read_text().replace("namespace: kubeflow", without))
    try:
        checkout.make("up", "STACK=second")
        ended = checkout.make("down", "STACK=second", "DELETE_DATA=yes")
        assert "goes on, for nocloud" in ended
        again = checkout.make("up")
        assert " unchanged" in again
        assert " created" not in again
    finally:
        second.unlink()


def test_drift_is_shown_and_taken_back_and_recover_finds_nothing_left(checkout: Checkout) -> None:
    checkout.up()
    assert "Cluster and state agree." in checkout.make("drift")
    patch = """[{"op": "add", "path": "/spec/ingress/-", "value": {}}]"""
    checkout.shell(f"kubectl patch networkpolicy hub --namespace kubeflow --type json --patch '{patch}'")
    checkout.shell("kubectl create rolebinding theirs --clusterrole=view --user=ada --namespace kubeflow")
    shown = checkout.make("drift", check=False)
    checkout.shell("kubectl delete rolebinding theirs --namespace kubeflow")
    assert "not looked into: RoleBinding theirs in kubeflow" in shown
    assert "NetworkPolicy hub in kubeflow: spec.ingress has also [{}], by kubectl-patch at " in shown
    assert "make drift MEND=yes" in shown
    refused = checkout.make("drift", "MEND=YES", check=False)
    assert "write MEND=yes" in refused
    assert "Cluster and state agree." in checkout.make("drift", "MEND=yes")
    recovered = checkout.make("recover")
    assert "Cluster and state agree." in recovered
    assert "The stack nocloud is recovered." in recovered


def test_delete_data_has_to_be_said_in_so_many_words(checkout: Checkout) -> None:
    checkout.up()
    refused = checkout.make("down", "DELETE_DATA=YES", check=False)
    assert "write DELETE_DATA=yes" in refused
    assert "52 unchanged" in checkout.make("up")


def test_nothing_is_left_when_data_is_deleted_once_what_holds_it_lets_go(checkout: Checkout, tmp_path: Path) -> None:
    stack_file = checkout.folder / "Pulumi.nocloud.yaml"
    checkout.up()
    checkout.shell("kubectl create configmap held --namespace kubeflow")
    # Namespaces that hold objects of others are left.
    mark = "kubeflow.org/installation-id=$(pulumi stack output installationId)"
    checkout.shell(f"kubectl label configmap held --namespace kubeflow {mark}")
    hold = """--type merge --patch '{"metadata":{"finalizers":["example.com/hold"]}}'"""
    checkout.shell(f"kubectl patch configmap held --namespace kubeflow {hold}")
    output = tmp_path / "output"
    deletion = checkout.begin("down", "DELETE_DATA=yes", output=output)
    let_go = wait_for(
        "the command that helps",
        lambda: next((line for line in output.read_text().splitlines() if line.startswith("  kubectl patch")), None),
        seconds=180,
    )
    program, *arguments = shlex.split(let_go)
    assert program == "kubectl"
    assert "held" in arguments
    checkout.kubectl(f"--kubeconfig={checkout.state}/embedded/control-plane/kubeconfig", *arguments)
    assert deletion.wait() == 0, output.read_text()
    assert stack_file.read_text() == (places.CHECKOUT / stack_file.name).read_text()
    assert not list((checkout.state / "embedded").iterdir())
    assert not list((checkout.state / "exports").iterdir())
    assert "Nothing is up" in checkout.make("down")


def test_unknown_stack_is_refused_with_those_there_are(checkout: Checkout) -> None:
    refused = checkout.make("up", "STACK=production", check=False)
    assert "STACK is one of cloud, nocloud" in refused
    assert "Traceback" not in refused


def test_cloud_stack_says_what_it_has_to_know(checkout: Checkout) -> None:
    refused = checkout.make("up", "STACK=cloud", check=False)
    assert "kubeflow:cluster.gke.project: is not set, but platform gke needs it" in refused
    assert "Traceback" not in refused


def test_help_lists_the_commands(checkout: Checkout) -> None:
    listed = checkout.make()
    assert all(
        f"make {command} " in listed
        for command in ("up", "preview", "down", "recover", "drift", "env", "check", "test", "e2e")
    )
