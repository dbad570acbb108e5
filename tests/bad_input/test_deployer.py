"""Whoever lacks a right to deploy is told of all that lack, and the rules that are told suffice; by the real RBAC."""

import json
import uuid
from collections.abc import Generator

import pytest
import yaml

from components.deployer import EVERYTHING, WHO, Target, is_granted, questions, refuse_lacking
from components.errors import StackError
from components.kube.kubeconfig import Context, find_context, read_context
from components.kubernetes_api import ask_all
from tests.bad_input.stand_in import stand_in
from tests.conftest import Cluster
from tests.support.waiting import wait_for

STAND_IN = 'clusters: [{{name: c, cluster: {{server: "{url}"}}}}]\ncontexts: [{{name: c, context: {{cluster: c}}}}]\n'


@pytest.fixture
def namespace(cluster: Cluster) -> Generator[str]:
    name = f"team-{uuid.uuid4().hex[:8]}"
    cluster.kubectl("create", "namespace", name)
    cluster.kubectl("create", "serviceaccount", "deployer", f"--namespace={name}")
    yield name
    cluster.kubectl("delete", "clusterrole,clusterrolebinding", name, "--ignore-not-found")
    cluster.kubectl("delete", "namespace", name, "--wait=false")


@pytest.fixture
def deployer(cluster: Cluster, namespace: str) -> Context:
    """An account in the namespace, which is its administrator and nothing else."""
    account = f"--serviceaccount={namespace}:deployer"
    cluster.kubectl("create", "rolebinding", "deployer", "--clusterrole=admin", account, f"--namespace={namespace}")
    content = yaml.safe_load(cluster.kubeconfig.read_text())
    token = cluster.kubectl("create", "token", "deployer", f"--namespace={namespace}").strip()
    content["users"] = [{"name": each["name"], "user": {"token": token}} for each in content["users"]]
    context = read_context(yaml.safe_dump(content), cluster.context)
    # Authorizers learn of a binding a little later.
    known = questions([Target(group="", plural="configmaps", namespaces=(namespace,))])
    wait_for("the binding", lambda: all(map(is_granted, ask_all(context, known).values())))
    return context


def targets(namespace: str) -> list[Target]:
    return [
        Target(group="", plural="namespaces", name=namespace),
        Target(group="apiextensions.k8s.io", plural="customresourcedefinitions", name="tfjobs.kubeflow.org"),
        Target(group="", plural="configmaps", namespaces=(namespace,)),
        Target(group="apps", plural="deployments", namespaces=("kube-system", namespace)),
        Target(group="", plural="resourcequotas", namespaces=(namespace,)),
        Target(group="kubeflow.org", plural="tfjobs", namespaces=(namespace,)),
    ]


def refusal(context: Context, namespace: str) -> list[str]:
    asked = {"everything": EVERYTHING, "who": WHO, **questions(targets(namespace))}
    answers = ask_all(context, asked)
    rights = {key: answers[key] for key in questions(targets(namespace))}
    assert not is_granted(answers["everything"])
    with pytest.raises(StackError) as refused:
        refuse_lacking("team", answers["who"], rights)
    return str(refused.value).splitlines()


def test_an_administrator_of_one_namespace_is_told_what_lacks_and_what_grants_it(
    cluster: Cluster, deployer: Context, namespace: str
) -> None:
    user = f"system:serviceaccount:{namespace}:deployer"
    grants = "An administrator grants it by these rules of"
    _, said, of_cluster, *rest = refusal(deployer, namespace)
    assert said == (
        f"  kubeflow:cluster.context: 'team' logs in as {user}, who lacks, in the whole cluster: to create, patch, "
        f"delete namespaces and to get, create, patch, delete customresourcedefinitions.apiextensions.k8s.io; in the "
        f"namespace {namespace}: to create, patch, delete resourcequotas and to get, create, patch, delete "
        f"tfjobs.kubeflow.org"
    )
    assert of_cluster == f"{grants} a ClusterRole, bound to {user}:"
    cut = rest.index(f"{grants} a Role of the namespace {namespace}, bound to {user}:")
    account = [{"kind": "ServiceAccount", "name": "deployer", "namespace": namespace}]
    for kind, rules in (("ClusterRole", rest[:cut]), ("Role", rest[cut + 1 :])):
        role = {"metadata": {"name": namespace, **({"namespace": namespace} if kind == "Role" else {})}}
        group = "rbac.authorization.k8s.io"
        ref = {"kind": kind, "name": namespace, "apiGroup": group}
        for each in (
            {**role, "kind": kind, "rules": yaml.safe_load("\n".join(rules))},
            {**role, "kind": f"{kind}Binding", "subjects": account, "roleRef": ref},
        ):
            cluster.kubectl("apply", "--filename=-", stdin=json.dumps({"apiVersion": f"{group}/v1", **each}))
    asked = questions(targets(namespace))

    def is_enough() -> bool:
        try:
            refuse_lacking("team", ask_all(deployer, {0: WHO})[0], ask_all(deployer, asked))
        except StackError:
            return False
        return True

    wait_for("the rules", is_enough)


def test_an_administrator_of_the_cluster_may_do_everything(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))
    assert is_granted(ask_all(find_context(cluster.context), {0: EVERYTHING})[0])


def test_a_cluster_that_answers_no_review_refuses_nothing(namespace: str) -> None:
    with stand_in() as server:
        server.answers = {"others": 404}
        context = read_context(STAND_IN.format(url=server.url), "c")
        answers = ask_all(context, {"who": WHO, **questions(targets(namespace))})
        refuse_lacking("c", answers.pop("who"), {k: v for k, v in answers.items() if not isinstance(k, str)})
