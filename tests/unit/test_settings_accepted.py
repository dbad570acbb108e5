"""Settings that look odd, or are many, and are taken for what they mean."""

import json
from collections.abc import Generator
from typing import Any

import pytest
from pulumi.runtime.config import set_all_config

from components.schema.cluster_checks import node_zones
from components.settings import Settings, load

GUID = "01234567-89ab-cdef-0123-456789abcdef"
AZURE = {"subscriptionId": GUID, "resourceGroup": "team-ml", "location": "westeurope"}
ZONAL = {"project": "team-ml", "location": "europe-west4-a"}


@pytest.fixture(autouse=True)
def no_configuration_afterwards() -> Generator[None]:
    yield
    set_all_config({}, [])


def loaded(**areas: Any) -> Settings:
    """The settings of a stack file with these areas."""
    set_all_config({f"kubeflow:{area}": json.dumps(values) for area, values in areas.items()}, [])
    return load()


@pytest.mark.parametrize("text", ["pd-1,pd-2", "pd-1, pd-2", " pd-1 ,pd-2 "])
def test_the_disks_of_kubeflow_0_1_are_adopted_under_their_names(text: str) -> None:
    disks = loaded(cluster={"platform": "gke", "gke": ZONAL}, storage={"disks": text}).storage.disks

    assert {name: disk.adopt for name, disk in disks.items()} == {"pd-1": "pd-1", "pd-2": "pd-2"}


@pytest.mark.parametrize("text", ["", "null", {}])
def test_no_disks_are_none_however_they_are_written(text: Any) -> None:
    assert loaded(cluster={"context": "kind"}, storage={"disks": text}).storage.disks == {}


@pytest.mark.parametrize("text", ["none", "minikube", "", "null", None, "nocloud"])
def test_what_kubeflow_0_1_called_no_cloud_is_no_cloud(text: str | None) -> None:
    assert loaded(cluster={"context": "minikube", "platform": text}).cluster.platform == "nocloud"


def test_switches_may_be_the_texts_that_ksonnet_wrote() -> None:
    settings = loaded(
        cluster={"context": "kind", "gke": {"create": "false"}},
        access={"cloudIam": "False", "openshiftAnyuid": "TRUE"},
    )

    assert not settings.cluster.gke.create
    assert not settings.access.cloud_iam
    assert settings.access.openshift_anyuid


def test_areas_and_sections_may_be_without_content() -> None:
    settings = loaded(
        cluster={"context": "kind", "gke": None, "aks": None, "azure": None},
        storage=None,
        access={"clusterAdmins": None, "namespaces": {"team": None}},
    )

    assert not settings.access.everybody().anybody


def test_sections_of_other_platforms_may_hold_their_defaults() -> None:
    # As the stack files that the repository comes with do.
    cluster = loaded(
        cluster={
            "context": "kind",
            "gke": {"project": "", "location": "", "name": "kubeflow", "create": False},
            "azure": {"subscriptionId": "", "resourceGroup": "", "location": "null"},
            "aks": {"name": "kubeflow", "create": False, "adminGroups": []},
        }
    ).cluster

    assert cluster.gke.project is None
    assert cluster.azure.location is None


def test_a_new_cluster_of_gke_with_all_that_belongs_to_it() -> None:
    settings = loaded(
        cluster={
            "context": "",
            "platform": "gke",
            "gke": {
                "project": "example.com:team-ml",
                "location": "europe-west4",
                "name": "ml",
                "create": True,
                "zones": ["europe-west4-a", "europe-west4-b"],
                "endpoint": "private",
                "authorizedNetworks": {"vpn": "10.200.0.0/16", "office": "203.0.113.7/32", "all": "0.0.0.0/0"},
                "network": {"nodes": "10.16.0.0/20", "pods": "10.32.0.0/14", "services": "10.17.0.0/20"},
                "releaseChannel": "STABLE",
                "authenticatorGroup": "gke-security-groups@example.com",
                "nodePools": {
                    "system": {"minNodes": 1, "labels": {"example.com/pool": "system", "empty": ""}},
                    "gpu": {
                        "machineType": "g2-standard-8",
                        "gpu": {"type": "nvidia-l4", "count": 1, "driver": "LATEST"},
                        "zones": ["europe-west4-c"],
                        "spot": True,
                        "minNodes": 0,
                        "maxNodes": 8,
                    },
                    "one": {"minNodes": 1, "maxNodes": 1, "diskType": "hyperdisk-balanced"},
                },
                "deletionProtection": "false",
            },
        },
        storage={
            "disks": {
                "data": {
                    "create": True,
                    "sizeGib": 500,
                    "type": "pd-ssd",
                    "zone": "europe-west4-a",
                    "fsType": "xfs",
                },
                "models": {"adopt": "pd-1", "zone": "europe-west4-b", "readOnly": True, "mountPath": "/models"},
                "team": {"backend": "filestore", "create": True, "sizeGib": 1024, "zone": "europe-west4-c"},
                "old": {"backend": "filestore", "adopt": "files-1/vol_1", "zone": "europe-west4-a"},
                "everywhere": {"backend": "filestore", "create": True, "sizeGib": 1024, "type": "ENTERPRISE"},
            },
            "classes": {
                "fast": {"type": "hyperdisk-balanced", "default": True, "insteadOf": ["standard-rwo"]},
                "files": {"kind": "file", "type": "enterprise", "reclaimPolicy": "Delete"},
                "local": {"kind": "local"},
            },
            "nfsNamespace": "exports",
        },
        access={
            "clusterAdmins": {"users": ["ada@example.com", "ci@team-ml.iam.gserviceaccount.com"]},
            "namespaces": {"kubeflow": {"edit": {"groups": ["team@example.com"]}}},
        },
        core={"jupyterNotebookPVCMount": "/home/jovyan"},
    )

    assert settings.storage.mounts()["models"] == "/models"
    assert settings.cluster.gke.node_pools["gpu"].gpu is not None


def test_a_cluster_of_gke_that_there_is_by_its_context() -> None:
    zone = {"project": "team-ml", "location": "us-central1-ai1a"}
    settings = loaded(
        cluster={"context": "gke", "platform": "gke", "gke": zone},
        storage={"disks": {"data": {"create": True, "sizeGib": 10}}},
        access={"clusterAdmins": {"groups": ["admins@example.com"]}},
    )

    assert settings.cluster.has_context
    assert not settings.cluster.is_created


def test_a_zonal_cluster_of_gke_that_there_is_may_have_nodes_and_disks_in_other_zones() -> None:
    storage = {"disks": {"data": {"adopt": "pd-1", "zone": "europe-west4-b"}, "pd-2": {"adopt": "pd-2"}}}
    settings = loaded(cluster={"platform": "gke", "gke": ZONAL}, storage=storage)
    assert node_zones(settings.cluster) is None

    storage = {"disks": {"data": {"adopt": "pd-1", "zone": "europe-west4-b"}}}
    zoned = {**ZONAL, "zones": ["europe-west4-b", "europe-west4-c"]}
    settings = loaded(cluster={"platform": "gke", "gke": zoned}, storage=storage)
    assert node_zones(settings.cluster) == {"europe-west4-b", "europe-west4-c"}


def test_mounts_inside_each_other_where_folders_can_be_made() -> None:
    settings = loaded(
        cluster={"context": "kind"},
        storage={
            "disks": {
                "home": {"path": "/srv/home", "node": "node-1", "mountPath": "/home"},
                "data": {"path": "/srv/data", "node": "node-1", "mountPath": "/home/jovyan/data", "readOnly": True},
                "data-2": {"path": "/srv/data", "node": "node-1", "mountPath": "/home/jovyan/data-2"},
                "cache": {"path": "/srv/cache", "node": "node-1", "mountPath": "/root/cache"},
            }
        },
        core={"jupyterNotebookPVCMount": "/home/jovyan"},
    )

    assert settings.storage.mounts()["home"] == "/home"


def test_a_new_cluster_of_aks_with_all_that_belongs_to_it() -> None:
    settings = loaded(
        cluster={
            "context": "null",
            "platform": "aks",
            "azure": AZURE,
            "aks": {
                "create": True,
                "authorizedNetworks": {"office": "203.0.113.0/24"},
                "adminGroups": [GUID],
                "network": {"services": "10.8.0.0/28"},
                "upgradeChannel": "none",
                "nodePools": {
                    "system": {"mode": "System", "minNodes": 1, "zones": ["1", "2"]},
                    "gpu": {"vmSize": "Standard_NC4as_T4_v3", "gpu": {}, "zones": ["3"]},
                    "spot": {"spot": True},
                },
            },
        },
        storage={
            "disks": {
                "data": {"create": True, "sizeGib": 32, "zone": "1", "type": "PremiumV2_LRS"},
                "everywhere": {"create": True, "sizeGib": 32, "type": "Premium_ZRS"},
                "old": {"adopt": "Data_1", "zone": "2"},
                "share": {"backend": "azureFiles", "create": True, "sizeGib": 100},
                "files": {"backend": "azureFiles", "adopt": "teamml/share-1"},
            },
            "classes": {"fast": {"default": True, "insteadOf": ["default"]}, "files": {"kind": "file"}},
        },
        access={
            "clusterAdmins": {"groups": [GUID]},
            "namespaces": {"team": {"view": {"users": ["ada@example.com", "22222222-89ab-cdef-0123-456789abcdef"]}}},
            "objectIds": {"ada@example.com": "11111111-89ab-cdef-0123-456789abcdef"},
        },
    )

    assert settings.cluster.is_created
    assert settings.cluster.aks.node_pools["gpu"].gpu is not None


def test_a_cluster_of_aks_that_the_context_alone_names() -> None:
    # Without an account no role of Azure is given, and nobody's id is asked for.
    access = {"clusterAdmins": {"users": ["ada@example.com"]}}

    assert loaded(cluster={"context": "aks", "platform": "aks"}, access=access).access.everybody().users


def test_a_cluster_of_ones_own_on_azure_with_its_disks() -> None:
    settings = loaded(
        cluster={"context": "acs", "platform": "acsengine", "azure": AZURE},
        storage={
            "disks": {"pd-1": {"adopt": "pd-1"}, "new": {"create": True, "sizeGib": 128, "zone": "1"}},
            "classes": {"fast": {"type": "StandardSSD_LRS"}},
        },
    )

    assert settings.cluster.on_azure


def test_storage_classes_of_a_cluster_of_ones_own_need_no_account() -> None:
    storage = {"classes": {"fast": {"default": True, "insteadOf": ["standard"]}}}

    assert loaded(cluster={"context": "acs", "platform": "acsengine"}, storage=storage).storage.classes["fast"].default


def test_disks_without_a_cloud() -> None:
    settings = loaded(
        cluster={"context": "kind"},
        storage={
            "disks": {
                "claim": {"storageClass": "standard", "sizeGib": 10},
                "folder": {"path": "/srv/data", "node": "node-1.example.com", "mountPath": "/data"},
                # Another disk of the same folder, for those who may only read it.
                "reading": {"path": "/srv/data", "node": "node-1.example.com", "readOnly": True},
            },
            "classes": {"ssd": {"kind": "local", "default": True, "insteadOf": ["standard"]}},
        },
        access={"namespaces": {"kubeflow": {"view": {"groups": ["Data Science Team"], "users": ["CN=Ada Lovelace"]}}}},
    )

    assert settings.storage.mounts() == {"claim": "/mnt/claim", "folder": "/data", "reading": "/mnt/reading"}
