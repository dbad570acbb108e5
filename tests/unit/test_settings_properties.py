"""Whatever the stack's configuration or a spawn form holds, it is taken, or refused in words."""

import json
import re
from collections.abc import Generator, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pulumi.runtime.config import set_all_config

from components import spawn_options
from components.errors import StackError
from components.schema.core import A_YEAR
from components.settings import SECRETS, json_schema, load
from tests.bad_input.cases import as_engine_passes

EXAMPLES = settings(max_examples=200, deadline=None)
LINE = re.compile(r"  kubeflow:.*?: \S.{10,}")
SCHEMA = json_schema()
AREAS: dict[str, Any] = SCHEMA["properties"]["config"]["properties"]

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=10**300)
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["", "null", "true", "0", "none", "dummy", "github", "500m", "1Gi", "/mnt", "http://[", "[", "{"])
    | st.sampled_from(
        ["gke", "pd-1,pd-2", ";", ",", "10.0.0.0/8", "10.0.0.0/99", "/0", "system:", "C:\\data", "\ud800", "💾"]
    )
)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
)


NAMES = ["a", "b", "A_B", "", "[key]", "gpu", "users", "a\nb", "\ud800", "💾"]


def of_shape(schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """Values that are shaped as the schema says in places, and in others not at all."""
    if reference := schema.get("$ref"):
        return of_shape(SCHEMA["$defs"][reference.rpartition("/")[2]])
    if choices := schema.get("anyOf"):
        return st.one_of([of_shape(choice) for choice in choices])
    if properties := schema.get("properties"):
        known = st.fixed_dictionaries({}, optional={key: of_shape(value) for key, value in properties.items()})
        unknown = st.dictionaries(st.text(max_size=9), anything, max_size=1)
        return anything | st.tuples(known, unknown).map(lambda both: {**both[0], **both[1]})
    if entry := schema.get("additionalProperties"):
        return anything | st.dictionaries(st.sampled_from(NAMES), of_shape(entry), max_size=2)
    if entry := schema.get("items"):
        return anything | st.lists(of_shape(entry), max_size=2)
    return anything


name = st.from_regex(r"[a-z]([a-z0-9-]{0,9}[a-z0-9])?", fullmatch=True)
image = st.from_regex(r"[a-z][a-z0-9]{0,8}(/[a-z][a-z0-9]{0,8}){0,2}(:[a-z0-9][a-z0-9.-]{0,8})?", fullmatch=True)
names = st.lists(name, max_size=3)
switches = st.booleans()


def object_of(**keys: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects with any of the keys."""
    return st.fixed_dictionaries({}, optional=keys)


ZONES = ["europe-west4-a", "europe-west4-b", "us-central1-a"]
NETWORKS = ["10.0.0.0/8", "10.0.0.0/20", "10.4.0.0/14", "10.8.0.0/29", "172.16.0.0/28", "0.0.0.0/0", "10.9.0.1/32"]
GUIDS = ["01234567-89ab-cdef-0123-456789abcdef", "01234567-89AB-cdef-0123-456789abcdef"]
PEOPLE = ["ada@example.com", "Ada@example.com", "grace@example.com", "ada", "The Team", *GUIDS]
TEXTS: dict[str, list[str]] = {
    "context": ["", "null", "kind"],
    "registryMirror": ["", "registry.example.com"],
    "project": ["", "team-ml"],
    "location": ["", "europe-west4", "europe-west4-a", "westeurope"],
    "zones": [*ZONES, "europe-west4"],
    "zone": ["", *ZONES, "europe-west4", "1", "2", "westeurope-1"],
    "name": ["kubeflow", "k8", "1st", "k" * 60],
    "authorizedNetworks": NETWORKS,
    "nodes": NETWORKS,
    "pods": NETWORKS,
    "services": NETWORKS,
    "controlPlane": NETWORKS,
    "authenticatorGroup": ["", "team", "gke-security-groups@example.com"],
    "subscriptionId": ["", *GUIDS],
    "resourceGroup": ["", "team-ml"],
    "adminGroups": GUIDS,
    "objectIds": GUIDS,
    "users": PEOPLE,
    "groups": PEOPLE,
    "disks": ["pd-1,pd-2", "", "null"],
    "adopt": ["", "pd-1", "Data_1", "kubeflow-a", "files/share", "/dev/sdb", "C:\\data", "💾"],
    "type": ["", "pd-ssd", "BASIC_SSD", "REGIONAL", "Premium_LRS", "Premium_ZRS", "gp3"],
    "storageClass": ["", "standard"],
    "path": ["", "/srv/data"],
    "node": ["", "node-1"],
    "mountPath": ["", "/mnt/a", "/mnt/a/b", "/home", "/home/jovyan", "/root", "/opt/data"],
    "diskType": ["", "hyperdisk-balanced", "Premium_LRS"],
    "insteadOf": ["standard-rwo", "default", "fast", "a"],
    "namespace": ["kubeflow", "n" * 55, "n" * 60],
    "nfsNamespace": ["", "kubeflow", "kubeflow-gpu", "kube-system", "exports"],
    "labels": ["", "a"],
}
"""What each setting may be: each of them is right somewhere."""
ENTRIES = {
    "disks": ["a", "b", "claim-a", "hub-db-dir", "d" * 51],
    "classes": ["fast", "a-nfs", "default", "standard-rwo", "kubeflow-disks"],
    "objectIds": PEOPLE,
}


def of_type(key: str, schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """Values that are right by themselves, or nearly so, but may clash with others."""
    if reference := schema.get("$ref"):
        schema = SCHEMA["$defs"][reference.rpartition("/")[2]]
    if choices := schema.get("anyOf"):
        return st.one_of([of_type(key, choice) for choice in choices])
    if properties := schema.get("properties"):
        return object_of(**{each: of_type(each, value) for each, value in properties.items()})
    if entry := schema.get("additionalProperties"):
        names = st.sampled_from(ENTRIES.get(key, ["a", "system"]))
        return st.dictionaries(names, of_type(key, entry), min_size=schema.get("minProperties", 0), max_size=3)
    if entry := schema.get("items"):
        return st.lists(of_type(key, entry), max_size=3)
    texts = schema.get("enum") or TEXTS.get(key, ["e2-standard-4"])
    scalars_of_type: dict[str, st.SearchStrategy[Any]] = {
        "integer": st.integers(schema.get("minimum", 0), schema.get("maximum", 9)),
        "boolean": st.booleans(),
        "null": st.none(),
        "string": st.sampled_from(texts),
    }
    return scalars_of_type[schema["type"]]


clashing = {
    "kubeflow:cluster": of_type("cluster", AREAS["kubeflow:cluster"]),
    "kubeflow:storage": of_type("storage", AREAS["kubeflow:storage"]),
    "kubeflow:access": of_type("access", AREAS["kubeflow:access"]),
    "kubeflow:core": object_of(
        namespace=st.sampled_from(["kubeflow", "1st", "n" * 62]),
        jupyterNotebookPVCMount=st.sampled_from(["", "/home/jovyan", "/mnt/a"]),
        notebook=object_of(volumes=st.dictionaries(st.sampled_from(["a", "v"]), st.just({"claim": "a"}), max_size=2)),
    ),
}
good_core = object_of(
    namespace=name.map(lambda text: f"team-{text}"),
    jupyterHubServiceType=st.sampled_from(["ClusterIP", "NodePort", "LoadBalancer"]),
    jupyterHubImage=image,
    jupyterNotebookPVCMount=name.map(lambda text: f"/home/{text}"),
    reportUsage=st.just(value=False),
    usageCollectorUrl=name.map(lambda text: f"https://{text}.example.com:8443/v1"),
    usageId=name,
    login=object_of(allowedUsers=names, adminUsers=names, allowAll=switches),
    hub=object_of(
        database=st.just("pvc"),
        databaseSizeGib=st.integers(1, 1024),
        databaseStorageClass=name,
        concurrentSpawnLimit=st.integers(1),
        activeServerLimit=st.integers(0),
    ),
    culler=object_of(enabled=switches, timeoutSeconds=st.integers(1, A_YEAR), maxAgeSeconds=st.integers(0, A_YEAR)),
    notebook=object_of(
        images=st.dictionaries(
            name,
            st.fixed_dictionaries({"title": st.text(min_size=1, max_size=80), "image": image}),
            min_size=1,
            max_size=3,
        ),
        cpu=st.integers(1, 64_000).map(lambda amount: f"{amount}m"),
        memory=st.integers(1, 4096).map(lambda amount: f"{amount}Mi"),
        storageGib=st.integers(1, 65536),
        volumes=st.dictionaries(
            name, st.fixed_dictionaries({"claim": name}, optional={"readOnly": switches}), max_size=3
        ),
        internetAccess=switches,
    ),
)
NO_ADDRESS_FOR_THE_DNS = {
    "kubeflow:cluster": {"platform": "aks", "aks": {"create": True, "network": {"services": "10.8.0.0/30"}}}
}
PASSWORD = "correct horse battery staple"


@pytest.fixture(autouse=True)
def no_configuration_afterwards() -> Generator[None]:
    yield
    set_all_config({}, [])


def load_or_refuse(areas: Mapping[str, Any], secrets: Mapping[str, str]) -> None:
    """Reads the configuration, and looks at what is said of it if it is refused."""
    config = {key: as_engine_passes(value) for key, value in areas.items()}
    set_all_config({**config, **secrets}, list(secrets))
    try:
        load()
    except StackError as error:
        message = str(error)
        _, *lines, _ = message.split("\n")
        assert lines
        assert all(LINE.match(line) for line in lines)
        assert message.replace("\n", "").isprintable()
        assert len(lines) == len(set(lines))


@EXAMPLES
@given(
    areas=st.fixed_dictionaries({}, optional={key: of_shape(schema) for key, schema in AREAS.items()}),
    others=st.dictionaries(st.text(max_size=9).map(lambda key: f"kubeflow:{key}"), scalars, max_size=1),
    secrets=st.dictionaries(st.sampled_from([*SECRETS, *AREAS]), st.text(max_size=20), max_size=2),
)
@example(areas={"kubeflow:core": '{"namespace": ' + "[" * 100_000}, others={}, secrets={})
@example(areas={"kubeflow:core": '{"storageGib": ' + "9" * 5_000 + "}"}, others={}, secrets={})
@example(areas={"kubeflow:core": "[" * 900 + "]" * 900}, others={}, secrets={})
@example(areas={"kubeflow:storage": '{"disks": "\\ud800", "a\\ud800": 1}'}, others={}, secrets={})
@example(areas={"kubeflow:core": {"jupyterHubImage": "a\nb\x1f"}}, others={}, secrets={})
@example(areas={"kubeflow:storage": {"disks": {"[key]": {"[key]": 1}}}}, others={}, secrets={})
@example(areas={"kubeflow:core": {"a\nb": 1}}, others={"kubeflow:a\nb": 1}, secrets={})
def test_no_configuration_raises_anything_but_errors_that_name_its_settings(
    areas: dict[str, Any], others: dict[str, Any], secrets: dict[str, str]
) -> None:
    load_or_refuse({**others, **areas}, secrets)


@settings(EXAMPLES, suppress_health_check=[HealthCheck.too_slow])
@given(areas=st.fixed_dictionaries(clashing))
@example(areas=NO_ADDRESS_FOR_THE_DNS)
def test_no_settings_that_clash_raise_anything_but_errors_that_name_them(areas: dict[str, Any]) -> None:
    load_or_refuse(areas, {})


@EXAMPLES
@given(context=name, mirror=st.none() | name.map(lambda host: f"{host}.example.com"), core=good_core)
def test_good_settings_load_as_they_were_written(context: str, mirror: str | None, core: dict[str, Any]) -> None:
    cluster = {"context": context, "registryMirror": mirror}
    secrets = {"kubeflow:sharedPassword": PASSWORD}
    if core.get("login", {}).get("adminUsers"):
        secrets["kubeflow:adminPassword"] = f"{PASSWORD}, and that of administrators"
    areas = {"kubeflow:cluster": json.dumps(cluster), "kubeflow:core": json.dumps(core)}
    set_all_config({**areas, **secrets}, list(secrets))

    loaded = load()

    assert loaded.cluster.model_dump(by_alias=True, exclude_unset=True) == cluster
    assert loaded.core.model_dump(by_alias=True, exclude_unset=True) == core


DEFAULTS = {spawn_options.IMAGE: "quay.io/jupyter/scipy-notebook", spawn_options.CPU: "1", spawn_options.MEMORY: "1Gi"}
amounts = st.sampled_from(["1", "0.5", "500m", "1Gi", "3", 2, 0.25]) | scalars
resources = st.sampled_from(["cpu", "memory", "nvidia.com/gpu", "hugepages-2Mi"]) | st.text(max_size=9)
limits = st.dictionaries(resources, amounts, max_size=3)


@EXAMPLES
@given(
    fields=st.fixed_dictionaries(
        {},
        optional={
            spawn_options.IMAGE: image | anything,
            spawn_options.CPU: amounts | anything,
            spawn_options.MEMORY: amounts | anything,
            spawn_options.EXTRA_LIMITS: limits | limits.map(json.dumps) | anything,
        },
    )
)
@example(fields={spawn_options.EXTRA_LIMITS: "[" * 100_000})
@example(fields={spawn_options.EXTRA_LIMITS: '{"cpu": ' + "9" * 5_000 + "}"})
@example(fields={spawn_options.EXTRA_LIMITS: {"hugepages-٢Mi": "1Gi"}})
def test_no_spawn_form_raises_anything_but_option_errors(fields: dict[str, Any]) -> None:
    try:
        options = spawn_options.parse(fields, DEFAULTS)
    except spawn_options.OptionError:
        return
    again = {
        spawn_options.IMAGE: options.image,
        spawn_options.CPU: options.cpu,
        spawn_options.MEMORY: options.memory,
        spawn_options.EXTRA_LIMITS: options.extra_limits,
    }
    assert spawn_options.parse(again, DEFAULTS) == options
