"""Settings of disks beside what clouds say of the disks and nodes that there are."""

from collections.abc import Callable
from typing import Any
from unittest import mock

import pulumi
import pytest

from components.cluster.azure_place import refuse_disks_without_nodes
from components.cluster.disks.found import find_disks
from components.cluster.disks.volume import FoundDisk
from components.errors import StackError
from components.schema.storage import StorageSettings
from tests.bad_input.cases import sentences

IN_ZONES = "nodes that any pod may run on are in"


def disks_of(**disks: dict[str, Any]) -> StorageSettings:
    """The section ``storage`` for these disks."""
    return StorageSettings.model_validate({"disks": disks})


def refusal(act: Callable[[], object]) -> list[str]:
    """What is said by whoever refuses."""
    with pytest.raises(StackError) as refused:
        act()
    return sentences(str(refused.value))


@pytest.mark.parametrize(
    ("disk", "found", "said"),
    [
        ({"adopt": "old", "zone": "2"}, "1", 'is "2", but the disk is in zone 1; write "1", or remove the key'),
        ({"adopt": "old", "zone": "2"}, None, 'is "2", but the disk is in no zone; remove the key'),
        (
            {"create": True, "zone": "2"},
            "1",
            'is "2", but the disk is in zone 1, which cannot change after the disk was made; write "1", or make '
            "another disk and copy the files",
        ),
        (
            {"create": True},
            "1",
            'is not set, but the disk is in zone 1, which cannot change after the disk was made; write "1", or make '
            "another disk and copy the files",
        ),
        (
            {"create": True, "zone": "2"},
            None,
            'is "2", but the disk is in no zone, which cannot change after the disk was made; remove the key, or make '
            "another disk and copy the files",
        ),
    ],
)
def test_a_disk_of_azure_stays_in_its_zone(disk: dict[str, Any], found: str | None, said: str) -> None:
    disks = disks_of(data=disk).disks
    answer = FoundDisk(size_gib=1, zone=found)
    problems = refusal(lambda: find_disks(disks, lambda _name, _disk: answer, cloud="azure"))
    assert problems == [f"kubeflow:storage.disks.data.zone: {said}"]
    # Google is asked for a disk in a zone, and says of no other.
    assert find_disks(disks, lambda _name, _disk: answer, cloud="gke") == {"data": answer}


@pytest.mark.parametrize(
    ("cloud", "disk", "found", "given"),
    [
        ("gke", {"type": "pd-ssd"}, "pd-standard", 'is "pd-ssd"'),
        ("gke", {}, "pd-ssd", "is not set, which means pd-balanced"),
        ("azure", {}, "StandardSSD_LRS", "is not set, which means Premium_LRS"),
        ("gke", {"backend": "filestore"}, "BASIC_SSD", "is not set, which means BASIC_HDD"),
    ],
)
def test_a_disk_stays_of_its_kind(cloud: str, disk: dict[str, Any], found: str, given: str) -> None:
    disks = disks_of(data={**disk, "create": True}).disks
    problems = refusal(lambda: find_disks(disks, lambda _name, _disk: FoundDisk(size_gib=1, type=found), cloud=cloud))
    assert problems == [
        f"kubeflow:storage.disks.data.type: {given}, but the disk is {found}, which cannot change after the disk was "
        f"made; write {found}, or make another disk and copy the files"
    ]


def test_disks_that_are_as_they_should_be_are_found() -> None:
    disks = disks_of(
        data={"create": True, "sizeGib": 10},
        files={"create": True, "backend": "filestore", "type": "STANDARD"},
        old={"adopt": "pd-1"},
    ).disks
    kinds = {"data": "pd-balanced", "files": "BASIC_HDD", "old": "pd-extreme"}
    found = find_disks(disks, lambda name, _: FoundDisk(size_gib=10, type=kinds[name]), cloud="gke")
    assert {name: disk.type for name, disk in found.items()} == kinds


@pytest.mark.parametrize(
    ("reason", "warned"),
    [
        ("googleapi: Error 404: The resource 'pd-1' was not found, notFound", False),
        ('Status=404 Code="ResourceNotFound"', False),
        ('Code="ShareNotFound" Message="The specified share does not exist."', False),
        ("googleapi: Error 403: Required 'compute.disks.get' permission", True),
        ("dial tcp: i/o timeout", True),
    ],
)
def test_only_a_disk_that_is_not_there_goes_without_a_warning(reason: str, warned: bool) -> None:
    look_up = mock.Mock(side_effect=Exception(reason))
    with mock.patch.object(pulumi.log, "warn") as warn:
        assert find_disks(disks_of(data={"create": True}).disks, look_up, cloud="gke") == {}
    said = f"kubeflow:storage.disks.data: could not be compared with the disk that may be there ({reason})."
    assert [call.args for call in warn.call_args_list] == ([(said,)] if warned else [])
    (problem,) = refusal(lambda: find_disks(disks_of(data={"adopt": "pd-1"}).disks, look_up, cloud="gke"))
    assert problem.startswith("kubeflow:storage.disks.data.adopt: 'pd-1' cannot be looked up (")


@pytest.mark.parametrize(
    ("disk", "found", "pools", "said"),
    [
        (
            {"create": True, "zone": "3"},
            None,
            [{"1"}, {"2"}],
            f'zone: "3" has no node that could attach the disk: {IN_ZONES} 1, 2; choose one of these, or give a node '
            f"pool the disk's zone",
        ),
        (
            {"create": True},
            None,
            [{"1"}, set[str]()],
            f"zone: is not set, but {IN_ZONES} zones, where a disk in none cannot be attached; choose one of 1, or the "
            f"type Premium_ZRS for a new disk",
        ),
        (
            {"adopt": "old"},
            FoundDisk(size_gib=1, zone="3"),
            [{"1"}],
            f"adopt: 'old' is in zone 3, but {IN_ZONES} 1; give a node pool the disk's zone",
        ),
        (
            {"adopt": "old"},
            FoundDisk(size_gib=1, zone="3"),
            [set[str]()],
            f"adopt: 'old' is in zone 3, but {IN_ZONES} no zone; give a node pool the disk's zone",
        ),
        (
            {"adopt": "old"},
            FoundDisk(size_gib=1, type="Premium_LRS"),
            [{"1"}],
            f"adopt: 'old' is in no zone, and {IN_ZONES} zones, where it cannot be attached; make a snapshot of it, "
            f"and adopt a disk that is made from that in one of 1",
        ),
    ],
)
def test_no_disk_is_taken_that_nodes_of_azure_could_not_attach(
    disk: dict[str, Any], found: FoundDisk | None, pools: list[set[str]], said: str
) -> None:
    storage, disks = disks_of(data=disk), {"data": found} if found else {}
    problems = refusal(lambda: refuse_disks_without_nodes(storage, disks, pools))
    assert problems == [f"kubeflow:storage.disks.data.{said}"]
    refuse_disks_without_nodes(storage, disks, [])  # nobody knows where the nodes are


@pytest.mark.parametrize(
    ("disk", "found", "pools"),
    [
        ({"create": True, "zone": "1"}, None, [{"1"}, set[str]()]),
        ({"create": True}, None, [set[str]()]),
        ({"create": True, "type": "Premium_ZRS"}, None, [{"1"}]),
        ({"adopt": "old"}, FoundDisk(size_gib=1, type="Premium_ZRS"), [{"1"}]),
        ({"adopt": "old"}, FoundDisk(size_gib=1, zone="1"), [{"1", "2"}]),
        ({"adopt": "old"}, FoundDisk(size_gib=1), [{"1"}, set[str]()]),
        ({"adopt": "a/share", "backend": "azureFiles"}, FoundDisk(size_gib=1), [{"1"}]),
    ],
)
def test_disks_that_nodes_of_azure_can_attach_are_taken(
    disk: dict[str, Any], found: FoundDisk | None, pools: list[set[str]]
) -> None:
    refuse_disks_without_nodes(disks_of(data=disk), {"data": found} if found else {}, pools)
