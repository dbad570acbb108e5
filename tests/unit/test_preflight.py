"""What model servers need of a cluster, and what the preflight asks for it; bad_input/cases has what it refuses."""

import shlex
from itertools import pairwise
from typing import Any

import pytest

from components import preflight
from components.errors import StackError
from components.preflight import ClusterFacts, ObjectNeed, StorageNeed
from components.schema.serving import ServingSettings
from components.schema.storage import StorageSettings
from components.serving.needs import object_needs
from tests.bad_input.cases import sentences
from tests.bad_input.stand_in import stand_in
from tests.support.stacks import STACKS

STORAGE = StorageSettings.model_validate(STACKS["models"]["storage"])
VERSION = {"gitVersion": "v1.33.1"}
REFUSED = 403
NOTHING: dict[str, Any] = {"items": []}
KUBECONFIG = """
contexts: [{{name: stand-in, context: {{cluster: stand-in, user: nobody}}}}]
clusters: [{{name: stand-in, cluster: {{server: "{server}"}}}}]
users: [{{name: nobody, user: {{}}}}]
"""


def needs_of(servers: dict[str, Any], storage: StorageSettings = STORAGE) -> list[ObjectNeed]:
    settings = ServingSettings.model_validate({"tfServing": servers})
    return object_needs(settings, storage, "kubeflow")


def ask(needs: list[ObjectNeed | StorageNeed], answers: dict[str, Any]) -> ClusterFacts:
    """What the preflight finds in a cluster that gives these answers, and refuses all other questions."""
    with stand_in() as server:
        server.answers = {"/version": VERSION, "others": REFUSED, **answers}
        return preflight.inspect_kubeconfig(KUBECONFIG.format(server=server.url), "stand-in", needs)


def there(need: ObjectNeed) -> dict[str, Any]:
    """The answer that has what is needed."""
    return {"items": [{"metadata": {"name": need.name}, "data": dict.fromkeys(need.keys, "")}]}


@pytest.fixture
def needs() -> list[ObjectNeed]:
    return needs_of(STACKS["models"]["serving"]["tfServing"])


def test_whatever_servers_use_that_the_stack_does_not_make_is_needed(needs: list[ObjectNeed]) -> None:
    assert {(need.setting.removeprefix("kubeflow:serving.tfServing."), need.kind, need.name) for need in needs} == {
        ("bert.s3SecretName", "Secret", "s3"),
        ("inception-nfs.gcpCredentialSecretName", "Secret", "gcp"),
        ("inception-nfs.nfsPVC", "PersistentVolumeClaim", "nfs"),
        ("shared.serviceAccount", "ServiceAccount", "reader"),
        ("shared.volumes.own.claim", "PersistentVolumeClaim", "vocabulary"),
    }


def test_the_claim_of_a_disk_is_made_by_the_stack_however_a_server_names_it() -> None:
    server = {"modelPath": "/mnt/models/bert", "volumes": {"models": {"claim": "data"}}}
    assert not needs_of({"bert": server})
    assert [need.name for need in needs_of({"bert": server}, StorageSettings())] == ["data"]


def test_the_command_that_makes_a_secret_makes_the_keys_that_are_needed() -> None:
    names = {"s3SecretAccesskeyidKeyName": "id", "s3SecretSecretaccesskeyKeyName": "key"}
    servers = {
        "a": {"modelPath": "s3://models/a", "s3SecretName": "s3"},
        "b": {"modelPath": "s3://models/b", "s3SecretName": "s3", **names},
        "c": {"modelPath": "gs://models/c", "gcpCredentialSecretName": "gcp"},
    }
    for need in needs_of(servers):
        *command, secret, flag, namespace = shlex.split(need.how_to_make.partition(" --from-file")[0])
        assert command == ["kubectl", "create", "secret", "generic"]
        assert (secret, flag, namespace) == (need.name, "--namespace", need.namespace)
        # Of a file kubectl takes the name as the key.
        words = shlex.split(need.how_to_make)
        keys = [word for before, word in pairwise(words) if before == "--from-file"]
        assert keys == list(need.keys)


def test_what_is_there_is_taken(needs: list[ObjectNeed]) -> None:
    facts = ask([*needs], {need.path: there(need) for need in needs})
    assert facts.namespaces is None


def test_what_nobody_may_look_for_is_taken_as_it_comes(needs: list[ObjectNeed]) -> None:
    ask([*needs], {})


def test_each_object_that_is_missing_is_told_and_others_are_not(needs: list[ObjectNeed]) -> None:
    missing = [need for need in needs if need.kind == "PersistentVolumeClaim"]
    answers = {**{need.path: there(need) for need in needs}, **{need.path: NOTHING for need in missing}}
    with pytest.raises(StackError) as refused:
        ask([*needs], answers)
    assert [line.partition(": ")[0] for line in sentences(str(refused.value))] == sorted(
        need.setting for need in missing
    )


def test_an_object_that_two_servers_share_is_told_of_both() -> None:
    servers = {name: {"modelPath": "s3://models/a", "s3SecretName": "s3"} for name in ("a", "b")}
    first, second = needs_of(servers)
    assert first.path == second.path
    with pytest.raises(StackError) as refused:
        ask([first, second], {first.path: NOTHING})
    assert len(sentences(str(refused.value))) == 2


def test_storage_is_looked_at_beside_objects(needs: list[ObjectNeed]) -> None:
    storage = StorageNeed(setting="kubeflow:core.hub.database", storage_class="fast", class_setting="kubeflow:a.class")
    classes = {"items": [{"metadata": {"name": "standard"}}]}
    answers = {"/apis/storage.k8s.io/v1/storageclasses": classes, **{need.path: there(need) for need in needs}}
    with pytest.raises(StackError, match="'fast' is not a StorageClass of the cluster"):
        ask([storage, *needs], answers)


@pytest.mark.parametrize(
    ("modes", "one_node"),
    [
        (["ReadWriteOnce"], True),
        (["ReadWriteOncePod"], True),
        (["ReadWriteOnce", "ReadOnlyMany"], False),
        (None, False),
    ],
)
def test_a_claim_that_one_node_alone_can_mount_is_told(modes: list[str] | None, one_node: bool) -> None:
    (need,) = needs_of({"a": {"modelPath": "/mnt/own/a", "volumes": {"own": {"claim": "team"}}}})
    answer = there(need)
    answer["items"][0]["spec"] = {"accessModes": modes} if modes else {}
    assert (need.name in ask([need], {need.path: answer}).one_node_claims) == one_node


def test_what_graphs_use_that_the_stack_does_not_make_is_needed() -> None:
    units = {
        "a": {"implementation": "SKLEARN_SERVER", "modelUri": "s3://models/a", "envSecretRefName": "models"},
        "b": {"implementation": "SKLEARN_SERVER", "modelUri": "pvc://team/b", "serviceAccountName": "reader"},
        "c": {"implementation": "SKLEARN_SERVER", "modelUri": "pvc://data/c"},
        "d": {"image": "m:1", "secretEnv": {"TOKEN": {"secret": "team", "key": "token"}}},
    }
    graph = {"predictors": {"main": {"units": units}}}
    settings = ServingSettings.model_validate({"seldon": {"enabled": True, "deployments": {"iris": graph}}})
    needs = object_needs(settings, STORAGE, "kubeflow")
    prefix = "kubeflow:serving.seldon.deployments.iris.predictors.main.units."
    assert {(need.setting.removeprefix(prefix), need.kind, need.name, need.keys) for need in needs} == {
        ("a.envSecretRefName", "Secret", "models", ()),
        ("b.modelUri", "PersistentVolumeClaim", "team", ()),
        ("b.serviceAccountName", "ServiceAccount", "reader", ()),
        ("d.secretEnv.TOKEN", "Secret", "team", ("token",)),
    }


def test_an_account_that_another_server_brings_is_not_looked_for() -> None:
    identity = {"workloadIdentity": {"googleServiceAccount": "a@b.iam.gserviceaccount.com"}}
    path = {"modelPath": "gs://models/a"}
    found = needs_of(
        {"a": {**path, **identity}, "b": {**path, "serviceAccount": "a"}, "c": {**path, "serviceAccount": "d"}}
    )
    assert [need.name for need in found] == ["d"]


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/api/v1/namespaces/kube-system", {"metadata": {"name": "kube-system"}}),
        (
            "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes",
            {"metadata": {"name": "kubernetes"}, "ports": [{"name": "https"}]},
        ),
        (preflight.OPERATOR_WEBHOOK, {"metadata": {"name": "x"}, "webhooks": [{"name": "x"}]}),
        (preflight.OPERATOR_WEBHOOK, {"metadata": {"name": "x"}, "webhooks": "none"}),
    ],
)
def test_objects_that_no_api_server_gives_are_told(path: str, answer: dict[str, Any]) -> None:
    webhooks = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
    whole = path if path.startswith("/") else f"{webhooks}/{path}"
    with pytest.raises(StackError, match="gives objects that no Kubernetes API server gives"):
        ask([], {whole: answer})


def test_lists_of_nothing_may_be_null() -> None:
    facts = ask([], {"/api/v1/namespaces": {"items": None}, "/apis/storage.k8s.io/v1/storageclasses": {"items": None}})
    assert (facts.namespaces, facts.storage_classes) == ({}, {})
