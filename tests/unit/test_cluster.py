"""Clusters, access and storage classes, as the program registers them."""

import json
from types import SimpleNamespace

import pytest
import yaml

from components.cluster.default_class import refuse_second_default
from components.cluster.gke_access import member
from components.cluster.kubeconfig import aks_kubeconfig, gke_kubeconfig
from components.errors import StackError
from components.schema.storage import StorageClassSettings
from tests.support.recorder import SECRET, record
from tests.support.stacks import AKS, GKE, recorded


@pytest.mark.parametrize("stack", ["gke", "aks"])
def test_provider_waits_for_nodes_and_keeps_its_kubeconfig_secret(stack: str) -> None:
    recording = recorded(stack)
    (provider,) = [r for r in recording.resources if r.type == "pulumi:providers:kubernetes"]
    assert SECRET in provider.inputs["kubeconfig"]
    pools = {r.urn for r in (*recording.of_type("NodePool"), *recording.of_type("AgentPool"))}
    assert pools <= set(provider.dependencies)
    content = str(provider.inputs["kubeconfig"]["value"])
    assert "exec" in content
    assert "token" not in content.replace("get-token", "")


def test_kubeconfigs_log_in_by_the_clouds_plugins() -> None:
    google = yaml.safe_load(gke_kubeconfig("gke_a", "192.0.2.1", "QUJD"))
    azure = yaml.safe_load(aks_kubeconfig("aks", "https://aks.example.com:443", "QUJD", "msi"))
    assert google["users"][0]["user"]["exec"]["command"] == "gke-gcloud-auth-plugin"
    assert azure["users"][0]["user"]["exec"]["args"][-2:] == ["--login", "msi"]
    for config in (google, azure):
        (context,) = config["contexts"]
        assert config["current-context"] == context["name"]
        assert set(config["users"][0]["user"]) == {"exec"}


def test_new_clusters_enforce_policies_and_know_workload_identity() -> None:
    (cluster,) = recorded("gke").of_type("Cluster")
    assert cluster.inputs["datapathProvider"] == "ADVANCED_DATAPATH"
    assert cluster.inputs["workloadIdentityConfig"]["workloadPool"] == "acme-ml.svc.id.goog"
    assert cluster.inputs["privateClusterConfig"]["enablePrivateEndpoint"] is True
    assert cluster.inputs["deletionProtection"] is True
    assert cluster.protect
    (managed,) = recorded("aks").of_type("ManagedCluster")
    assert managed.inputs["networkProfile"]["networkPolicy"] == "cilium"
    assert managed.inputs["disableLocalAccounts"] is True
    assert managed.protect


def test_cluster_is_not_protected_if_the_settings_say_so() -> None:
    open_to_deletion = {
        **GKE,
        "cluster": {**GKE["cluster"], "gke": {**GKE["cluster"]["gke"], "deletionProtection": False}},
    }
    (cluster,) = record(**open_to_deletion).of_type("Cluster")
    assert not cluster.protect
    assert cluster.inputs["deletionProtection"] is False


def test_gpu_nodes_have_drivers_and_where_the_cloud_brings_none_a_device_plugin() -> None:
    google, azure = recorded("gke"), recorded("aks")
    (gpu,) = google.one("NodePool", "gke-gpu-pool").inputs["nodeConfig"]["guestAccelerators"]
    assert gpu["gpuDriverInstallationConfig"] == {"gpuDriverVersion": "DEFAULT"}
    assert google.of_type("DaemonSet") == []
    assert azure.one("AgentPool", "aks-gpu-pool").inputs["gpuProfile"] == {"driver": "Install"}
    plugin = azure.one("DaemonSet", "gpu-device-plugin").inputs["spec"]["template"]["spec"]
    assert azure.one("AgentPool", "aks-gpu-pool").inputs["nodeTaints"]
    assert plugin["tolerations"] == [{"operator": "Exists"}]


def test_people_get_the_clouds_role_that_lets_them_reach_the_cluster() -> None:
    google, azure = recorded("gke"), recorded("aks")
    viewers = {r.inputs["member"] for r in google.of_type("IAMMember") if "clusterViewer" in r.inputs["role"]}
    assert viewers == {"user:ada@example.com", "user:bob@example.com", "user:c@d.e", "group:ml-admins@example.com"}
    users = {
        (r.inputs["principalType"], r.inputs["principalId"])
        for r in azure.of_type("RoleAssignment")
        if r.name.startswith("cloud-access")
    }
    assert users == {
        ("User", "0a000000-0000-4000-8000-00000000000b"),
        ("Group", "0a000000-0000-4000-8000-00000000000a"),
    }
    without = record(**{**GKE, "access": {**GKE["access"], "cloudIam": False}})
    assert not [r for r in without.of_type("IAMMember") if r.name.startswith("cloud-access")]


def test_pipelines_are_members_as_service_accounts() -> None:
    assert member("user", "ci@acme-ml.iam.gserviceaccount.com").startswith("serviceAccount:")
    assert member("group", "ml@example.com") == "group:ml@example.com"


def test_bindings_name_people_in_an_order_of_their_own() -> None:
    orders = [["bob", "ada"], ["ada", "bob"]]
    bound = [
        record(access={"clusterAdmins": {"users": order}}).one("ClusterRoleBinding", "kubeflow-default-admin").inputs
        for order in orders
    ]
    assert bound[0]["subjects"] == bound[1]["subjects"]
    assert bound[0]["roleRef"]["name"] == "cluster-admin"


def test_openshift_lets_images_have_their_users_by_option() -> None:
    assert not [r for r in record().of_type("RoleBinding") if "anyuid" in r.name]
    binding = record(access={"openshiftAnyuid": True}).one("RoleBinding", "kubeflow-anyuid")
    assert binding.inputs["roleRef"]["name"] == "system:openshift:scc:anyuid"
    assert {subject["name"] for subject in binding.inputs["subjects"]} == {"default", "hub", "usage-reporter"}


def test_classes_wait_for_pods_grow_and_keep_data() -> None:
    for name, settings in {"gke": GKE, "aks": AKS}.items():
        recording = recorded(name)
        for each in ("homes", "files"):
            made = recording.one("StorageClass", each).inputs
            assert made["volumeBindingMode"] == "WaitForFirstConsumer"
            assert made["allowVolumeExpansion"] is True
            assert made["reclaimPolicy"] == "Retain"
        patch = recording.one("StorageClassPatch", settings["storage"]["classes"]["homes"]["insteadOf"][0])
        key = "storageclass.kubernetes.io/is-default-class"
        assert patch.inputs["metadata"]["annotations"][key] == "false"
        assert recording.one("StorageClass", "homes").inputs["metadata"]["annotations"][key] == "true"


@pytest.mark.parametrize(
    ("found", "instead_of", "refused"),
    [
        ({"standard": True}, [], "standard"),
        ({"standard": True, "other": False}, ["standard"], None),
        ({"standard": False}, ["gone"], "gone"),
        ({"homes": True}, [], None),
        (None, [], None),
    ],
    ids=["a second default", "it takes over", "from none", "its own", "not asked"],
)
def test_a_cluster_keeps_one_default_class(
    found: dict[str, bool] | None, instead_of: list[str], refused: str | None
) -> None:
    classes = {"homes": StorageClassSettings.model_validate({"default": True, "insteadOf": instead_of})}
    if refused is None:
        refuse_second_default(classes, found)
        return
    with pytest.raises(StackError) as raised:
        refuse_second_default(classes, found)
    assert refused in str(raised.value)


def test_notebooks_tolerate_and_select_what_the_settings_say() -> None:
    taint = {
        "key": "kubernetes.azure.com/scalesetpriority",
        "operator": "Equal",
        "value": "spot",
        "effect": "NoSchedule",
    }
    recording = record({"notebook": {"nodeSelector": {"pool": "gpu"}, "tolerations": [taint, {"key": "any"}]}})
    traits = SimpleNamespace(
        **json.loads(recording.one("ConfigMap", "jupyterhub-hub-config").inputs["data"]["settings.json"])["traits"][
            "KubeSpawner"
        ]
    )
    assert traits.node_selector == {"pool": "gpu"}
    assert traits.tolerations == [taint, {"key": "any", "operator": "Exists"}]
