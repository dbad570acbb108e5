"""A disk as a PersistentVolume, and the claim that is bound to it and to nothing else."""

import pulumi
from pulumi_kubernetes import core

from components.cluster.disks.volume import DiskVolume


def volume_spec(
    volume: DiskVolume, *, storage_class: str, claim: str, namespace: pulumi.Input[str]
) -> core.v1.PersistentVolumeSpecArgs:
    """A PersistentVolume for one claim alone. The disk is kept when the claim goes."""
    terms = [
        core.v1.NodeSelectorRequirementArgs(key=key, operator="In", values=[value])
        for key, value in sorted(volume.node_labels.items())
    ]
    return core.v1.PersistentVolumeSpecArgs(
        capacity={"storage": volume.capacity},
        access_modes=[volume.access_mode],
        persistent_volume_reclaim_policy="Retain",
        storage_class_name=storage_class or None,
        mount_options=list(volume.mount_options) or None,
        csi=volume.csi,
        local=core.v1.LocalVolumeSourceArgs(path=volume.local_path) if volume.local_path else None,
        claim_ref=core.v1.ObjectReferenceArgs(
            api_version="v1", kind="PersistentVolumeClaim", namespace=namespace, name=claim
        ),
        node_affinity=core.v1.VolumeNodeAffinityArgs(
            required=core.v1.NodeSelectorArgs(
                node_selector_terms=[core.v1.NodeSelectorTermArgs(match_expressions=terms)]
            )
        )
        if terms
        else None,
    )


def claim_spec(
    volume: DiskVolume, *, storage_class: str, volume_name: pulumi.Input[str] | None
) -> core.v1.PersistentVolumeClaimSpecArgs:
    """The claim of the whole of a disk.

    Args:
        volume: the disk.
        storage_class: the class of both; empty for none.
        volume_name: the PersistentVolume; None if the class makes one.
    """
    return core.v1.PersistentVolumeClaimSpecArgs(
        access_modes=[volume.access_mode],
        # A larger disk makes a larger claim, by which its driver lets the filesystem grow.
        resources=core.v1.VolumeResourceRequirementsArgs(requests={"storage": volume.capacity}),
        storage_class_name=storage_class,
        volume_name=volume_name,
    )
