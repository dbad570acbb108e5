"""What the whole program registers."""

import json
import re
import shlex

import pytest

from components.training.names import CERTIFICATE
from tests.support.recorder import FACTS, SECRET, Recording, Registered, record
from tests.support.stacks import STACKS, recorded


@pytest.fixture(params=STACKS, scope="module")
def recording(request: pytest.FixtureRequest) -> Recording:
    return recorded(request.param)


def text_of(resource: Registered) -> str:
    return str(resource.inputs)


def test_every_object_goes_to_the_explicit_provider(recording: Recording) -> None:
    providers = {
        r.type.rpartition(":")[2]: r.urn for r in recording.resources if r.type.startswith("pulumi:providers:")
    }
    for resource in recording.resources:
        package = resource.type.partition(":")[0]
        if package in ("kubernetes", "gcp", "azure-native"):
            assert resource.provider.startswith(providers[package]), resource.name


def test_provider_tells_clusters_apart_by_what_they_are_and_not_by_their_context() -> None:
    for context in ("one", "another"):
        recording = record(cluster={"context": context})
        (provider,) = [each for each in recording.resources if each.type == "pulumi:providers:kubernetes"]
        assert provider.inputs["clusterIdentifier"] == FACTS.identity


def test_every_resource_has_a_component_as_its_parent(recording: Recording) -> None:
    components = {r.urn for r in recording.resources if not r.custom}
    assert all(r.parent in components for r in recording.resources if r.custom)


def test_every_child_is_named_after_its_component(recording: Recording) -> None:
    names = {r.urn: r.name for r in recording.resources}
    assert all(r.name.startswith(f"{names[r.parent]}-") for r in recording.resources if r.custom)


def test_every_component_registers_its_outputs(recording: Recording) -> None:
    assert {r.urn for r in recording.resources if not r.custom} <= recording.closed


def test_data_is_protected_and_what_leads_to_it_and_nothing_else(recording: Recording) -> None:
    policies = {r.physical_name for r in recording.of_type("NetworkPolicy") if r.protect}
    assert policies == {"default-deny", "singleuser"}
    holds_data = {"PersistentVolumeClaim", "PersistentVolume", "Disk", "Instance", "StorageAccount", "FileShare"}
    # With the definition of a kind of jobs goes every job in the cluster.
    holds_data.add("CustomResourceDefinition")
    kinds = {r.type.rpartition(":")[2] for r in recording.resources if r.protect}
    assert kinds - holds_data <= {
        "Namespace", "NetworkPolicy", "Service", "Cluster", "ManagedCluster", "ResourceGroup", "Stash",
    }  # fmt: skip
    assert {r.name for r in recording.of_type("Stash") if r.protect} == {"installation-id"}
    assert all(r.protect for r in recording.resources if r.custom and r.type.rpartition(":")[2] in holds_data)
    # The address of an export's Service stands in the volumes of its claims.
    assert {r.name for r in recording.of_type("Service") if r.protect} == {
        r.name.replace("provisioner", "service") for r in recording.of_type("Deployment") if "provisioner" in r.name
    }
    with_claims = {r.namespace for r in recording.of_type("PersistentVolumeClaim")}
    namespaces = {r.physical_name for r in recording.of_type("Namespace") if r.protect}
    assert namespaces >= with_claims
    # The operator can be made anew: what it keeps is a certificate of its own making.
    assert not [name for name in namespaces if name.endswith("-training")]


def test_everything_is_in_a_namespace_of_the_stack(recording: Recording) -> None:
    own = {r.physical_name for r in recording.of_type("Namespace") if r.custom}
    cluster_wide = {
        "Namespace", "ClusterRole", "ClusterRoleBinding", "PersistentVolume", "StorageClass", "StorageClassPatch",
        "CustomResourceDefinition", "ValidatingWebhookConfiguration", "PriorityClass",
    }  # fmt: skip
    elsewhere = {
        (r.type.rpartition(":")[2], r.namespace)
        for r in recording.kubernetes()
        if r.type.rpartition(":")[2] not in cluster_wide and r.namespace not in own
    }
    # People may be let into namespaces that are not the stack's.
    assert elsewhere <= {("RoleBinding", "default")}


def test_secrets_reach_the_engine_as_secrets(recording: Recording) -> None:
    for secret in recording.of_type("Secret"):
        data = secret.inputs.get("stringData")
        if data is None:
            # The operator writes it, so that the engine must neither know it nor take it away.
            assert secret.physical_name == CERTIFICATE
            assert "data" not in secret.inputs
            assert set(secret.ignore_changes) == {"data", "stringData"}
            continue
        assert SECRET in data or all(SECRET in value for value in data.values())
    for stash in recording.of_type("Stash"):
        if not stash.name.startswith(("usage", "installation")):
            assert SECRET in stash.inputs["input"]


def test_secrets_stand_nowhere_else(recording: Recording) -> None:
    values = ("correct horse battery", "s3cret")
    for resource in recording.resources:
        if resource.type != "kubernetes:core/v1:Secret":
            assert not any(value in text_of(resource) for value in values)
    assert not any(value in str(recording.outputs) for value in values)


def test_what_is_generated_once_is_never_made_again(recording: Recording) -> None:
    assert all(stash.ignore_changes == ("input",) for stash in recording.of_type("Stash"))


def test_selectors_find_their_own_pods_alone(recording: Recording) -> None:
    pods = {r.name: r.inputs["spec"]["template"]["metadata"]["labels"] for r in recording.of_type("Deployment")}
    for deployment in recording.of_type("Deployment"):
        selector = deployment.inputs["spec"]["selector"]["matchLabels"]
        found = [name for name, labels in pods.items() if selector.items() <= labels.items()]
        assert found == [deployment.name]
    for service in recording.of_type("Service"):
        selector = service.inputs["spec"]["selector"]
        assert len([name for name, labels in pods.items() if selector.items() <= labels.items()]) == 1


RUN_PODS = ("Deployment", "CronJob", "DaemonSet", "TFJob", "PyTorchJob")


def images_of(recording: Recording) -> set[str]:
    """Every image that pods are made of, those included that the operator puts into pods."""
    texts = [text_of(resource) for kind in RUN_PODS for resource in recording.of_type(kind)]
    return {image for text in texts for image in re.findall(r"(?:'image': '|-container-image=)([^']+)'", text)}


def test_images_are_told_and_complete(recording: Recording) -> None:
    assert images_of(recording) <= set(recording.outputs["images"])


@pytest.mark.parametrize("stack", ["everything", "jobs", "an operator for all"])
def test_registry_mirror_changes_every_image(stack: str) -> None:
    mirror = "mirror.example.com/pull"
    images = images_of(recorded(stack))
    recording = record(**STACKS[stack] | {"cluster": {"registryMirror": mirror}})
    assert images_of(recording) == {f"{mirror}/{image}" for image in images}
    settings = recording.one("ConfigMap", "jupyterhub-hub-config").inputs["data"]["settings.json"]
    assert '"image": "quay.io' not in settings
    assert {f"{mirror}/{image}" for image in recorded(stack).outputs["images"]} == set(recording.outputs["images"])


def test_usage_is_not_reported_unless_asked() -> None:
    assert not record().of_type("CronJob")
    assert not record({"usageCollectorUrl": "https://collector.example.com"}).of_type("CronJob")


def test_usage_goes_to_the_named_collector_under_a_kept_id() -> None:
    recording = record(**STACKS["everything"])
    job = text_of(recording.one("CronJob", "usage-reporter"))
    assert "https://collector.example.com:8443/v1" in job
    assert ".kubeflow.org" not in job
    assert [stash for stash in recording.of_type("Stash") if stash.name == "usage-reporting-id"]
    given = record({**STACKS["everything"]["core"], "usageId": "mine", "jupyterHubServiceType": "ClusterIP"})
    assert "'value': 'mine'" in text_of(given.one("CronJob", "usage-reporter"))
    assert not [stash for stash in given.of_type("Stash") if stash.name == "usage-reporting-id"]


def test_hub_has_no_claim_when_its_database_is_in_memory() -> None:
    recording = record(**STACKS["memory"])
    assert not recording.of_type("PersistentVolumeClaim")
    volumes = recording.one("Deployment", "hub").inputs["spec"]["template"]["spec"]["volumes"]
    assert {volume["name"] for volume in volumes if "emptyDir" in volume} == {"database", "tmp"}


def test_config_change_restarts_the_hub_and_not_the_proxy() -> None:
    before, after = record(), record({"notebook": {"cpu": "1"}})
    assert text_of(before.one("Deployment", "hub")) != text_of(after.one("Deployment", "hub"))
    assert text_of(before.one("Deployment", "proxy")) == text_of(after.one("Deployment", "proxy"))


@pytest.mark.parametrize(
    ("kind", "url"),
    [("ClusterIP", "http://127.0.0.1:8000"), ("NodePort", "http://ADDRESS-OF-ANY-NODE:")],
)
def test_service_type_decides_where_users_find_the_hub(kind: str, url: str) -> None:
    recording = record({"jupyterHubServiceType": kind}, sharedPassword="correct horse battery")
    service = recording.one("Service", "tf-hub-lb")
    assert service.inputs["spec"]["type"] == kind
    assert service.inputs["spec"]["ports"] == [{"name": "http", "port": 80, "targetPort": "http"}]
    assert recording.outputs["hubUrl"].startswith(url)


def test_a_load_balancer_is_awaited_and_nothing_that_a_deployment_proves() -> None:
    recording = record({"jupyterHubServiceType": "LoadBalancer"}, sharedPassword="correct horse battery")
    skipped = {
        service.physical_name
        for service in recording.of_type("Service")
        if service.inputs["metadata"].get("annotations", {}).get("pulumi.com/skipAwait") == "true"
    }
    assert skipped == {"hub", "proxy-api", "training-operator"}


def test_the_hub_never_runs_twice_nor_takes_notebooks_with_it() -> None:
    recording = record()
    for name in ("hub", "proxy"):
        spec = recording.one("Deployment", name).inputs["spec"]
        assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})
    traits = json.loads(recording.one("ConfigMap", "jupyterhub-hub-config").inputs["data"]["settings.json"])["traits"]
    assert traits["JupyterHub"]["cleanup_servers"] is False
    assert traits["KubeSpawner"]["delete_pvc"] is False


def test_the_hub_is_told_which_secrets_it_has_to_have() -> None:
    further: dict[str, set[str]] = {
        "defaults": set(),
        "everything": {"shared-password"},
        "github": {"oauth-client-secret"},
    }
    for name, names in further.items():
        recording = record(**STACKS[name])
        settings = json.loads(recording.one("ConfigMap", "jupyterhub-hub-config").inputs["data"]["settings.json"])
        assert set(settings["secrets"]) == {"cookie-secret", "proxy-token", *names}
        (secret,) = [s for s in recording.of_type("Secret") if s.name == "jupyterhub-hub-secret"]
        data = secret.inputs["stringData"]
        assert set(data.get("value", data)) >= set(settings["secrets"])


def test_jobs_and_their_states_are_told_if_there_are_any() -> None:
    assert "jobs" not in recorded("defaults").outputs
    told = recorded("jobs").outputs["jobs"]
    assert set(told) == {"mnist", "paused", "cnn", "bert", "dist"}
    assert told["cnn"]["state"] == "not there"
    assert told["cnn"]["follow"].startswith("kubectl --context recorded logs --namespace kubeflow --follow ")
    assert told["cnn"]["follow"].endswith("--selector training.kubeflow.org/job-name=cnn")


def test_commands_are_fit_for_a_shell_whatever_the_context_is_called() -> None:
    context = "my context; $(id)"
    outputs = record(cluster={"context": context}, jobs={"tfCnn": {"cnn": {}}}).outputs
    for command in (outputs["portForward"], outputs["jobs"]["cnn"]["follow"]):
        assert shlex.split(command)[:3] == ["kubectl", "--context", context]


def test_no_pod_starts_before_its_policies() -> None:
    recording = record()
    hub, proxy = recording.one("Deployment", "hub"), recording.one("Deployment", "proxy")
    policy = {name: recording.one("NetworkPolicy", name).urn for name in ("hub", "proxy", "singleuser")}
    assert {policy["hub"], policy["singleuser"]} <= set(hub.dependencies)
    assert policy["proxy"] in proxy.dependencies


def test_every_object_is_applied_under_one_name_and_by_force(recording: Recording) -> None:
    for each in recording.kubernetes():
        annotations = each.inputs["metadata"].get("annotations", {})
        # What patches somebody else's object has a name of its own, since two stacks may patch one.
        manager = None if each.type.endswith("Patch") else "kubeflow-on-pulumi"
        assert annotations.get("pulumi.com/patchFieldManager") == manager, each.urn
        assert annotations["pulumi.com/patchForce"] == "true", each.urn
