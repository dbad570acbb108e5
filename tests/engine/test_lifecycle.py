"""A stack from nothing, through changes, to nothing, by the real engine on a real API server."""

import base64
import json
import re

from tests.engine.conftest import Stack, changed
from tests.support.waiting import wait_for
from tests.support.workspace import PASSPHRASE

PASSWORD = "correct horse battery"


def test_first_up_makes_everything_and_the_second_nothing(default_stack: Stack) -> None:
    stack = default_stack
    assert set(stack.workspace.up()) == {"create"}
    assert stack.names("deployments") == {"hub", "proxy"}
    assert stack.names("services") == {"hub", "proxy-api", "tf-hub-lb"}
    assert stack.names("networkpolicies") == {"default-deny", "hub", "proxy", "singleuser", "training-jobs"}
    for deployment in stack.get("deployments")["items"]:
        assert deployment["status"]["readyReplicas"] == 1
    assert set(stack.workspace.up()) == {"same"}
    assert stack.workspace.preview() == []
    assert "unchanged" in stack.workspace.pulumi("preview", "--expect-no-changes").stdout


def test_preview_shows_a_change_and_up_rolls_only_what_it_touches(stack: Stack) -> None:
    stack.workspace.up()
    proxy, hub = stack.get("deployment", "proxy"), stack.get("deployment", "hub")
    own = ["203.0.0.0/16", "2001:4860::/32", "fd00::/8"]
    stack.configure({"notebook": {"cpu": "1"}}, {"privateRanges": own})
    assert set(changed(stack.workspace.preview())) == {
        "jupyterhub-hub-config",
        "jupyterhub-hub-deployment",
        "jupyterhub-notebook-policy",
    }
    stack.workspace.up()
    blocks = [peer["ipBlock"] for peer in stack.get("networkpolicy", "singleuser")["spec"]["egress"][-1]["to"]]
    # Private networks are closed in any case.
    assert [each for block in blocks for each in block["except"] if each in own] == own[:2]
    assert stack.get("deployment", "proxy")["metadata"]["generation"] == proxy["metadata"]["generation"]
    assert stack.get("deployment", "hub")["metadata"]["generation"] > hub["metadata"]["generation"]
    (config,) = [item for item in stack.get("configmaps")["items"] if item["metadata"]["name"] != "kube-root-ca.crt"]
    assert json.loads(config["data"]["settings.json"])["form"]["defaults"]["cpu_guarantee"] == "1"
    assert set(stack.workspace.up()) == {"same"}


def test_service_type_switches_in_place(stack: Stack) -> None:
    stack.workspace.up()
    stack.workspace.set_secret("kubeflow:sharedPassword", PASSWORD)
    uid = stack.uid("service", "tf-hub-lb")
    for kind, url in {
        "NodePort": "http://ADDRESS-OF-ANY-NODE:3",
        "LoadBalancer": "http://127.0.0.1",
        "ClusterIP": "http://127.0.0.1:8000",
    }.items():
        stack.configure({"jupyterHubServiceType": kind})
        assert "replace" not in changed(stack.workspace.preview()).get("jupyterhub-proxy-public-service", "")
        stack.workspace.up()
        service = stack.get("service", "tf-hub-lb")
        assert (service["spec"]["type"], service["metadata"]["uid"]) == (kind, uid)
        assert stack.workspace.outputs()["hubUrl"].startswith(url)
        assert set(stack.workspace.up()) == {"same"}
    stack.up({"jupyterHubServiceType": "LoadBalancer"})
    stack.workspace.destroy("--exclude-protected")
    assert stack.names("services") == set()


def test_persistence_on_and_off_leaves_homes_alone(stack: Stack) -> None:
    stack.up({"jupyterNotebookPVCMount": "/home/jovyan/work"})
    home = stack.make_home()
    stack.up({"jupyterNotebookPVCMount": ""})
    assert stack.uid("pvc", "claim-ada") == home
    stack.up({"jupyterNotebookPVCMount": "/home/jovyan"})
    assert stack.uid("pvc", "claim-ada") == home


def test_database_is_not_dropped_by_a_setting(stack: Stack) -> None:
    stack.workspace.up()
    database = stack.uid("pvc", "hub-db-dir")
    stack.configure({"hub": {"database": "memory"}})
    refused = stack.workspace.pulumi("up", "--yes", check=False)
    assert refused.returncode != 0
    assert "protected" in refused.stdout
    assert stack.uid("pvc", "hub-db-dir") == database
    volumes = stack.get("deployment", "hub")["spec"]["template"]["spec"]["volumes"]
    assert any("persistentVolumeClaim" in volume for volume in volumes)


def test_hub_runs_without_a_claim_from_the_start(stack: Stack) -> None:
    stack.up({"hub": {"database": "memory"}})
    assert stack.names("pvc") == set()
    assert stack.get("deployment", "hub")["status"]["readyReplicas"] == 1
    stack.workspace.destroy_with_data()


def test_namespace_does_not_move(stack: Stack) -> None:
    stack.workspace.up()
    stack.configure({"namespace": f"{stack.namespace}-new"})
    refused = stack.workspace.pulumi("up", "--yes", check=False)
    assert refused.returncode != 0
    assert "marked for protection" in refused.stdout
    assert stack.names("deployments") == {"hub", "proxy"}


def test_destroy_keeps_data_unless_told_and_then_leaves_the_cluster_as_it_was(default_stack: Stack) -> None:
    stack = default_stack
    # The cluster's controllers give each of its namespaces an account and a certificate, a moment after it starts.
    before = stack.cluster.settled()
    stack.workspace.up()
    home, database = stack.make_home(), stack.uid("pvc", "hub-db-dir")

    refused = stack.workspace.pulumi("destroy", "--yes", check=False)
    assert refused.returncode != 0
    assert "protected" in refused.stdout
    assert stack.names("deployments") == {"hub", "proxy"}

    stack.workspace.destroy("--exclude-protected")
    assert stack.names("deployments") == stack.names("services") == stack.names("secrets") == set()
    # A notebook that is still running is still kept to itself.
    assert stack.names("networkpolicies") == {"default-deny", "singleuser"}
    assert (stack.uid("pvc", "claim-ada"), stack.uid("pvc", "hub-db-dir")) == (home, database)

    assert set(stack.workspace.up()) == {"create", "same"}
    assert (stack.uid("pvc", "claim-ada"), stack.uid("pvc", "hub-db-dir")) == (home, database)

    stack.workspace.destroy_with_data()
    # Volumes go a moment after their claims, by the cluster's own controllers.
    wait_for("the cluster as it was", lambda: not stack.cluster.everything() - before)


def test_renamed_context_changes_nothing(default_stack: Stack) -> None:
    stack = default_stack
    stack.workspace.up()
    stack.cluster.kubectl(
        "config", "set-context", "alias", f"--cluster={stack.cluster.context}", f"--user={stack.cluster.context}"
    )
    try:
        stack.configure(cluster={"context": "alias"})
        assert changed(stack.workspace.preview()) == {}
    finally:
        stack.cluster.kubectl("config", "delete-context", "alias")


def test_what_is_removed_by_hand_is_made_again(stack: Stack) -> None:
    stack.workspace.up()
    stack.cluster.kubectl("delete", "networkpolicy", "default-deny", f"--namespace={stack.namespace}")
    stack.workspace.pulumi("up", "--yes", "--skip-preview", "--refresh")
    assert "default-deny" in stack.names("networkpolicies")


def test_usage_reporter_comes_and_goes_with_its_setting(stack: Stack) -> None:
    before = stack.cluster.everything()
    reporting = {"reportUsage": True, "usageCollectorUrl": "http://collector.example.com/v1"}
    stack.up(reporting)
    usage_id = stack.workspace.outputs()["usageId"]
    assert stack.names("cronjobs") == {"usage-reporter"}
    stack.cluster.kubectl("create", "job", "now", "--from=cronjob/usage-reporter", f"--namespace={stack.namespace}")
    stack.cluster.kubectl(
        "wait", "job/now", "--for=condition=Complete", "--timeout=60s", f"--namespace={stack.namespace}"
    )
    stack.up({**reporting, "usageCollectorUrl": "http://collector.example.com/v2"})
    assert stack.workspace.outputs()["usageId"] == usage_id
    stack.up()
    assert stack.names("cronjobs") == set()
    left = stack.cluster.everything() - before
    assert not [name for name in left if "usage-reporter" in name and not name.startswith(("Job", "Pod"))]
    stack.up(reporting)
    stack.workspace.destroy("--exclude-protected")
    assert stack.names("cronjobs") == set()


def test_secrets_are_kept_and_never_readable(stack: Stack) -> None:
    admins = {"login": {"adminUsers": ["ada"]}}
    stack.configure(admins)
    stack.workspace.set_secret("kubeflow:sharedPassword", PASSWORD)
    stack.workspace.set_secret("kubeflow:adminPassword", f"{PASSWORD} staple of the administrators")
    stack.workspace.up()

    def secrets() -> set[str]:
        """Every value of every Secret, as the API server has it and as it is."""
        encoded = {value for item in stack.get("secrets")["items"] for value in item["data"].values()}
        return encoded | {base64.b64decode(value).decode() for value in encoded}

    first = secrets()
    assert PASSWORD in first
    assert len([value for value in first if re.fullmatch("[0-9a-f]{64}", value)]) == 2
    stack.configure({**admins, "notebook": {"memory": "2Gi"}})
    # As much of the engine's log as docs/security.md calls safe.
    log = ("--diff", "--debug", "--verbose=5", "--logtostderr", "--logflow")
    up, preview = stack.workspace.pulumi("up", "--yes", *log), stack.workspace.pulumi("preview", *log)
    assert secrets() == first
    backend = stack.workspace.folder.parent / "backend"
    kept = [file.read_text(errors="replace") for file in backend.rglob("*") if file.is_file()]
    told = [stack.workspace.pulumi("stack", *each).stdout for each in (["export"], ["output", "--json"])]
    for text in (up.stdout, up.stderr, preview.stdout, preview.stderr, *kept, *told):
        assert not [value for value in (*first, PASSPHRASE) if value in text]


def test_policy_pack_passes_and_refuses_what_breaks_a_rule(default_stack: Stack) -> None:
    stack = default_stack
    passed = stack.workspace.pulumi("preview", "--policy-pack", "policy")
    assert "kubeflow" in passed.stdout
    security = stack.workspace.folder / "components" / "security.py"
    security.write_text(
        security.read_text().replace("read_only_root_filesystem=True", "read_only_root_filesystem=False")
    )
    refused = stack.workspace.pulumi("preview", "--policy-pack", "policy", check=False)
    assert refused.returncode != 0
    assert "hub may write to its image" in refused.stdout
