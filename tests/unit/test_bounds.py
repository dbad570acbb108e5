"""What keeps room for hub and proxy: classes, the notebooks' quota, and what containers get that say nothing."""

from typing import Any

from components.core.jupyterhub.hub_settings import hub_settings
from components.schema.core import CoreSettings
from components.schema.storage import StorageSettings
from tests.support.recorder import WITHOUT_OPERATOR, Recording, record


def recording(core: dict[str, Any]) -> Recording:
    return record({**WITHOUT_OPERATOR, **core})


def settings_of(core: dict[str, Any]) -> dict[str, Any]:
    return hub_settings(CoreSettings.model_validate(core), StorageSettings(), None)


def test_hub_and_proxy_come_before_notebooks_and_whatever_has_no_class() -> None:
    found = recording({"namespace": "ml"})
    values = {each.physical_name: each.inputs["value"] for each in found.of_type("PriorityClass")}
    assert values == {"ml-hub": 1_000_000, "ml-notebooks": 0}
    for name in ("hub", "proxy"):
        deployment = found.one("Deployment", name)
        assert deployment.inputs["spec"]["template"]["spec"]["priorityClassName"] == "ml-hub"
    # A pod of a class that is not there is refused.
    made = {urn.rpartition("::")[2] for urn in found.one("JupyterHub", "jupyterhub").dependencies}
    assert made >= {"bounds-hub-priority", "bounds-notebooks-priority"}
    assert settings_of({"namespace": "ml"})["traits"]["KubeSpawner"]["priority_class_name"] == "ml-notebooks"


def test_quota_counts_notebooks_alone() -> None:
    quota: dict[str, Any] = {"notebooks": 20, "cpu": "40", "memoryLimit": "200Gi"}
    (found,) = recording({"namespace": "ml", "notebook": {"quota": quota}}).of_type("ResourceQuota")
    assert found.inputs["spec"] == {
        "hard": {"pods": "20", "requests.cpu": "40", "limits.memory": "200Gi"},
        "scopeSelector": {
            "matchExpressions": [{"scopeName": "PriorityClass", "operator": "In", "values": ["ml-notebooks"]}]
        },
    }


def test_containers_that_say_nothing_are_guaranteed_something_and_have_the_limits_that_are_set() -> None:
    (unset,) = recording({}).of_type("LimitRange")
    assert unset.inputs["spec"]["limits"] == [
        {"type": "Container", "defaultRequest": {"cpu": "50m", "memory": "64Mi"}},
    ]
    (limited,) = recording({"limitRange": {"cpuLimit": "2", "memoryLimit": "4Gi"}}).of_type("LimitRange")
    assert limited.inputs["spec"]["limits"][0]["default"] == {"cpu": "2", "memory": "4Gi"}


def test_without_classes_nothing_names_one() -> None:
    found = recording({"priorityClasses": False})
    assert not [*found.of_type("PriorityClass"), *found.of_type("ResourceQuota")]
    assert "priorityClassName" not in str([each.inputs for each in found.of_type("Deployment")])
    assert settings_of({"priorityClasses": False})["traits"]["KubeSpawner"]["priority_class_name"] == ""


def test_what_a_blank_form_gets_is_never_more_than_the_most() -> None:
    bounds = settings_of({"notebook": {"cpu": "20", "memoryLimit": "100Gi"}})["bounds"]
    assert bounds["most"]["cpu"] == "20"
    assert bounds["most"]["memory"] == bounds["limits"]["memory"] == "100Gi"


def test_sign_ups_are_bounded_where_nobody_vouches_for_users() -> None:
    github = {"jupyterHubAuthenticator": "github"}
    assert settings_of({})["max_users"] == 100
    assert settings_of({"login": {"maxUsers": 7}})["max_users"] == 7
    assert settings_of(github)["max_users"] is None
    assert settings_of({**github, "login": {"maxUsers": 7}})["max_users"] == 7


def test_subdomains_have_the_proxy_route_by_host_and_change_nothing_else() -> None:
    subdomains = recording({"hub": {"subdomainHost": "https://hub.example.com"}})
    plain = recording({})
    (arguments, before) = (
        each.one("Deployment", "proxy").inputs["spec"]["template"]["spec"]["containers"][0]["args"]
        for each in (subdomains, plain)
    )
    assert set(arguments) - set(before) == {"--host-routing"}
    assert subdomains.outputs["hubUrl"] == "https://hub.example.com"
    assert "subdomain_host" not in str(before)


def test_shared_memory_is_a_volume_of_memory() -> None:
    spawner = settings_of({"notebook": {"sharedMemory": "2Gi"}})["traits"]["KubeSpawner"]
    assert spawner["volumes"] == [
        {"name": "volume-shared-memory", "emptyDir": {"medium": "Memory", "sizeLimit": "2Gi"}}
    ]
    assert spawner["volume_mounts"] == [{"name": "volume-shared-memory", "mountPath": "/dev/shm"}]  # noqa: S108
