"""``kubeflow:storage``: shared disks and storage classes."""

import re
from collections import Counter
from typing import Annotated, ClassVar, Literal, cast

from pydantic import BeforeValidator, Field

from components.schema.shown import shown
from components.schema.types import Boolean, ContainerPath, DiskName, DnsLabel, DnsName, Section, Unset, Word

Backend = Literal["nfs", "filestore", "azureFiles"]
FileSystem = Literal["ext4", "xfs"]
DEFAULT_FILE_SYSTEM: FileSystem = "ext4"


class DiskSettings(Section):
    """A disk that notebooks, jobs and model servers share."""

    from_text: ClassVar[bool] = False
    """Whether it is one of those that a text names, which has no keys to set."""

    backend: Backend = Field(
        default="nfs",
        description="How it is shared: `nfs` exports a disk from the cluster; `filestore` is Google's service, "
        "`azureFiles` Azure's.",
    )
    adopt: Annotated[Word | None, Unset] = Field(
        default=None,
        description="The name of a disk that there is, which the stack neither creates nor deletes. Its files stay: "
        "only a blank disk gets a file system. For `filestore` INSTANCE/SHARE, for `azureFiles` ACCOUNT/SHARE.",
    )
    create: Boolean = Field(
        default=False,
        description="Whether the stack creates the disk, and protects it. In a cloud it is this or `adopt`.",
    )
    size_gib: int | None = Field(
        default=None, ge=1, le=65536, description="The size of a disk to create, in GiB. It can grow, never shrink."
    )
    type: Annotated[Word | None, Unset] = Field(
        default=None,
        description="The kind of a disk to create: `pd-balanced` on GKE and `Premium_LRS` on Azure unless set; "
        "`BASIC_HDD` for `filestore`.",
    )
    zone: Annotated[Word | None, Unset] = Field(
        default=None,
        description='The zone of the disk, such as `europe-west4-a` on GKE or `"1"` on Azure; on GKE that of a zonal '
        "cluster unless set. It cannot change.",
    )
    fs_type: Annotated[FileSystem | None, Unset] = Field(
        default=None,
        description="The file system of a disk in a cloud, which a blank one gets; `ext4` unless set. It cannot "
        "change.",
    )
    storage_class: Annotated[DnsName | None, Unset] = Field(
        default=None,
        description="Without a cloud: the StorageClass of a claim that the stack makes, of `sizeGib`, and exports.",
    )
    path: Annotated[ContainerPath | None, Unset] = Field(
        default=None, description="Without a cloud: the folder of a node that is exported. It has to be there."
    )
    node: Annotated[DnsName | None, Unset] = Field(default=None, description="The node that has `path`.")
    mount_path: Annotated[ContainerPath | None, Unset] = Field(
        default=None, description="Where notebooks find it; `/mnt/NAME` unless set."
    )
    read_only: Boolean = Field(default=False, description="Whether notebooks may only read it.")


class _DiskOfText(DiskSettings):
    """A disk that a text names."""

    from_text: ClassVar[bool] = True


class StorageClassSettings(Section):
    """A StorageClass that the stack makes. Volumes are made where their first pod runs, and can grow."""

    kind: Literal["block", "file", "local"] = Field(
        default="block",
        description="`block` is the cloud's disks, for one node at a time; `file` the cloud's shared files; `local` "
        "volumes that an administrator makes on nodes.",
    )
    type: Annotated[Word | None, Unset] = Field(
        default=None,
        description="The kind of disk or file: `pd-balanced` and `BASIC_HDD` on GKE, else `Premium_LRS`.",
    )
    reclaim_policy: Literal["Retain", "Delete"] = Field(
        default="Retain",
        description="What becomes of a volume whose claim is deleted. `Delete` deletes the data with the claim.",
    )
    default: Boolean = Field(
        default=False,
        description="Whether claims that name no class get this one, such as homes. The cluster may have no other "
        "default, unless `insteadOf` names it.",
    )
    instead_of: list[DnsName] = Field(
        default_factory=list[str], description="Default classes of the cluster from which this one takes over."
    )


def _from_list(value: object) -> object:
    """The comma-separated names of Kubeflow 0.1, as disks to adopt."""
    if not isinstance(value, str):
        return value
    if value in ("", "null"):
        return {}
    names = [name.strip() for name in value.split(",")]
    if not all(names) or any(re.search(r"[;\s]", name) for name in names):
        raise ValueError("is not a list of disks; separate their names by commas, as in pd-1,pd-2")
    twice = sorted(name for name, count in Counter(names).items() if count > 1)
    if twice:
        raise ValueError(f"names {shown(twice[0])} twice; name each disk once")
    for name in names:
        if not re.fullmatch(r"[\w.-]{1,80}", name, re.ASCII):
            raise ValueError(
                f"holds {shown(name)}, which is not the name of a disk; write names alone, as in pd-1,pd-2"
            )
        if not re.fullmatch(r"[a-z]([a-z0-9-]{0,49}[a-z0-9])?", name):
            raise ValueError(
                f"holds {name}, which Kubernetes would not take for a name; write an object instead, with a name of "
                f'your choice for each disk, as in {{"data": {{"adopt": "{name}"}}}}'
            )
    return {name: _DiskOfText(adopt=name) for name in names}


class StorageSettings(Section):
    """Shared disks, and storage classes."""

    disks: Annotated[
        dict[DiskName, DiskSettings],
        BeforeValidator(_from_list, json_schema_input_type=cast("type", dict[DiskName, DiskSettings] | str)),
    ] = Field(
        default_factory=dict[str, DiskSettings],
        description="Shared disks, by the names that Kubernetes and users see. The text `pd-1,pd-2`, as Kubeflow 0.1 "
        "had it, adopts the disks of these names.",
    )
    classes: dict[DnsLabel, StorageClassSettings] = Field(
        default_factory=dict[str, StorageClassSettings], description="Storage classes that the stack makes."
    )
    nfs_namespace: Annotated[DnsLabel | None, Unset] = Field(
        default=None,
        description="The namespace of what exports disks, which needs rights that the stack's own namespace refuses; "
        "`NAMESPACE-nfs` unless set. It cannot change after the first deployment.",
    )

    def mounts(self) -> dict[str, str]:
        """Where notebooks find each disk, by its name."""
        return {name: disk.mount_path or f"/mnt/{name}" for name, disk in self.disks.items()}

    @property
    def exported(self) -> list[str]:
        """The names of the disks that are exported over NFS from the cluster."""
        return [name for name, disk in self.disks.items() if disk.backend == "nfs"]
