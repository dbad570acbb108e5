"""The rules hold for every object of every stack, and each of them can be broken."""

import copy
from dataclasses import dataclass
from fnmatch import fnmatchcase
from types import SimpleNamespace
from typing import Any

import pytest

from policy.rules import EXCEPTIONS, RULES, Rule
from tests.support.recorder import SECRET, Recording
from tests.support.stacks import STACKS, recorded


@dataclass(kw_only=True)
class Resource:
    """A resource as rules see it."""

    resource_type: str
    props: dict[str, Any]
    opts: Any


def violations(rule: Rule, resource: Resource) -> list[str]:
    found: list[str] = []
    rule.validate(resource, found.append)
    return found


@pytest.fixture(params=STACKS, scope="module")
def recording(request: pytest.FixtureRequest) -> Recording:
    return recorded(request.param)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_object_keeps_the_rule(rule: Rule, recording: Recording) -> None:
    for registered in recording.resources:
        resource = Resource(
            resource_type=registered.type, props=registered.inputs, opts=SimpleNamespace(protect=registered.protect)
        )
        assert violations(rule, resource) == [], registered.name


POD: dict[str, Any] = {
    "serviceAccountName": "own",
    "securityContext": {"runAsNonRoot": True, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}},
    "containers": [
        {
            "name": "main",
            "image": "registry.example.com/main:1",
            "ports": [{"containerPort": 1}],
            "livenessProbe": {},
            "readinessProbe": {},
            "resources": {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"cpu": "1", "memory": "1Gi"}},
            "env": [{"name": "API_TOKEN", "valueFrom": {}}, {"name": "TOKEN_FILE", "value": "/run/token"}],
            "securityContext": {
                "allowPrivilegeEscalation": False,
                "capabilities": {"drop": ["ALL"]},
                "readOnlyRootFilesystem": True,
            },
        }
    ],
}


def deployment(path: str, value: Any) -> Resource:
    """A Deployment that keeps every rule but where ``path`` of its pod is ``value``."""
    pod = copy.deepcopy(POD)
    *parents, last = path.split(".")
    at: Any = pod
    for part in parents:
        at = at[int(part)] if part.isdigit() else at[part]
    if value is None:
        del at[last]
    else:
        at[int(last) if last.isdigit() else last] = value
    spec = {"template": {"spec": pod}}
    return thing("apps/v1:Deployment", protect=False, spec=spec)


def training_job(path: str, value: Any, part: str = "") -> Resource:
    """A TFJob whose second sort of pods is like a Deployment's, ``value`` included."""
    templates = {"PS": deployment(MAIN, POD["containers"][0]), "Worker": deployment(path, value)}
    replicas = {role: {"template": each.props["spec"]["template"]} for role, each in templates.items()}
    metadata = {"labels": {"app.kubernetes.io/name": part}}
    return thing("kubeflow.org/v1:TFJob", metadata=metadata, spec={"tfReplicaSpecs": replicas, "runPolicy": {}})


def thing(kind: str, protect: bool = True, metadata: dict[str, Any] | None = None, **props: Any) -> Resource:
    """An object that is some installation's."""
    given: dict[str, str] = (metadata or {}).get("labels") or {}
    labels = {"kubeflow.org/installation-id": "x-0123456789abcdef", **given}
    return Resource(
        resource_type=f"kubernetes:{kind}",
        props={"metadata": {"labels": labels}, **props},
        opts=SimpleNamespace(protect=protect),
    )


MAIN = "containers.0"
ANYWHERE = {"to": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8"]}}]}
IPV6 = {"to": [{"ipBlock": {"cidr": "::/0"}}]}
BROKEN: list[tuple[str, Resource]] = [
    ("restricted-pods", deployment("securityContext.runAsNonRoot", False)),
    ("restricted-pods", deployment("securityContext.runAsUser", 0)),
    ("restricted-pods", deployment("securityContext.seccompProfile", None)),
    ("restricted-pods", deployment("hostNetwork", True)),
    ("restricted-pods", deployment("volumes", [{"name": "v", "hostPath": {"path": "/"}}])),
    ("restricted-pods", deployment(f"{MAIN}.securityContext.allowPrivilegeEscalation", None)),
    ("restricted-pods", deployment(f"{MAIN}.securityContext.privileged", True)),
    ("restricted-pods", deployment(f"{MAIN}.securityContext.capabilities.add", ["NET_ADMIN"])),
    ("restricted-pods", deployment(f"{MAIN}.securityContext.readOnlyRootFilesystem", False)),
    ("requests-and-limits", deployment(f"{MAIN}.resources.limits", {"cpu": "1"})),
    ("requests-and-limits", deployment(f"{MAIN}.resources", None)),
    ("pinned-images", deployment(f"{MAIN}.image", "registry.example.com:5000/main")),
    ("pinned-images", deployment(f"{MAIN}.image", "main:latest")),
    ("probes", deployment(f"{MAIN}.readinessProbe", None)),
    ("no-idle-tokens", deployment("serviceAccountName", None)),
    ("no-plain-secrets", deployment(f"{MAIN}.env", [{"name": "API_TOKEN", "value": "abc"}])),
    ("no-wildcards", thing("rbac.authorization.k8s.io/v1:Role", rules=[{"resources": ["*"]}])),
    ("no-wildcards", thing("rbac.authorization.k8s.io/v1:ClusterRole", rules=[{"verbs": ["escalate"]}])),
    (
        "no-cluster-admin",
        thing(
            "rbac.authorization.k8s.io/v1:ClusterRoleBinding",
            roleRef={"name": "cluster-admin"},
            subjects=[{"kind": "User", "name": "ada"}, {"kind": "ServiceAccount", "name": "hub"}],
        ),
    ),
    ("restricted-namespaces", thing("core/v1:Namespace", metadata={"labels": {}})),
    ("protected-data", thing("core/v1:PersistentVolumeClaim", protect=False)),
    ("protected-data", thing("core/v1:PersistentVolume", protect=False)),
    ("protected-data", thing("apiextensions.k8s.io/v1:CustomResourceDefinition", protect=False)),
    ("restricted-pods", training_job("securityContext.runAsNonRoot", None)),
    ("restricted-pods", training_job(f"{MAIN}.securityContext.capabilities", None, "training-job")),
    ("restricted-pods", training_job(f"{MAIN}.securityContext.readOnlyRootFilesystem", None)),
    ("pinned-images", training_job(f"{MAIN}.image", "docker.io/tensorflow/tensorflow", "training-job")),
    ("no-idle-tokens", training_job("serviceAccountName", None, "training-job")),
    (
        "no-plain-secrets",
        training_job(f"{MAIN}.env", [{"name": "API_TOKEN", "value": "abc"}], "training-job"),
    ),
    ("no-metadata-server", thing("networking.k8s.io/v1:NetworkPolicy", spec={"egress": [ANYWHERE]})),
    ("no-metadata-server", thing("networking.k8s.io/v1:NetworkPolicy", spec={"egress": [{}]})),
    ("no-metadata-server", thing("networking.k8s.io/v1:NetworkPolicy", spec={"egress": [IPV6]})),
    ("owned", thing("core/v1:Secret", metadata={"labels": {"kubeflow.org/installation-id": ""}})),
]


@pytest.mark.parametrize(("name", "resource"), BROKEN)
def test_rule_finds_what_breaks_it_and_no_other_does(name: str, resource: Resource) -> None:
    assert {rule.name for rule in RULES if violations(rule, resource)} == {name}


def test_every_rule_can_be_broken() -> None:
    assert {name for name, _ in BROKEN} == {rule.name for rule in RULES}


def test_secret_envelopes_do_not_hide_objects_from_rules(recording: Recording) -> None:
    for registered in recording.kubernetes():
        assert SECRET not in registered.inputs.get("spec", {})


@pytest.mark.parametrize(
    "part", ["nfs-provisioner", "gpu-device-plugin", "training-operator", "seldon-controller-manager"]
)
def test_exceptions_are_of_the_part_that_has_the_label_and_of_no_other(part: str) -> None:
    def found(label: str) -> set[str]:
        restricted = "it does not enforce the Pod Security Standard restricted" not in EXCEPTIONS[part]
        labels = {"app.kubernetes.io/name": label, "pod-security.kubernetes.io/enforce": "restricted"}
        namespace = thing(
            "core/v1:Namespace",
            metadata={"labels": labels if restricted else {"app.kubernetes.io/name": label}},
            protect="it holds data and is not protected" not in EXCEPTIONS[part],
        )
        return {violation for rule in RULES for violation in violations(rule, namespace)}

    assert found(part) == set()
    assert found(f"{part}-2")
    assert found(f"{part}-2") <= set(EXCEPTIONS[part])


def test_jobs_may_write_to_their_images_and_use_idle_cpu() -> None:
    container: dict[str, Any] = {
        **POD["containers"][0],
        "name": "tensorflow",
        "resources": {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"memory": "1Gi"}},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    job, other = (training_job(MAIN, container, part) for part in ("training-job", "training-operator"))
    assert not [found for rule in RULES for found in violations(rule, job)]
    assert {found for rule in RULES for found in violations(rule, other)} <= set(EXCEPTIONS["training-job"])
    assert len({rule.name for rule in RULES if violations(rule, other)}) == 2


def test_every_exception_is_needed() -> None:
    kept = {part: dict(sentences) for part, sentences in EXCEPTIONS.items()}
    seen: dict[str, set[str]] = {part: set() for part in kept}
    EXCEPTIONS.clear()
    try:
        for name in STACKS:
            for registered in recorded(name).kubernetes():
                part = registered.inputs.get("metadata", {}).get("labels", {}).get("app.kubernetes.io/name", "")
                opts = SimpleNamespace(protect=registered.protect)
                resource = Resource(resource_type=registered.type, props=registered.inputs, opts=opts)
                seen.setdefault(part, set()).update(found for rule in RULES for found in violations(rule, resource))
    finally:
        EXCEPTIONS.update(kept)
    for part, found in seen.items():
        exceptions = kept.get(part, {})
        assert {each for each in found if not any(fnmatchcase(each, one) for one in exceptions)} == set(), part
        assert {one for one in exceptions if not any(fnmatchcase(each, one) for each in found)} == set(), part
