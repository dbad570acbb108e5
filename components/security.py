"""Pods that meet the Pod Security Standard ``restricted``."""

from pulumi_kubernetes import core

RESTRICTED_NAMESPACE_LABELS = {
    f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "audit", "warn")
}
"""Labels that make the API server refuse, log and warn about pods below ``restricted``."""

PRIVILEGED_NAMESPACE_LABELS = {
    "pod-security.kubernetes.io/enforce": "privileged",
    "pod-security.kubernetes.io/audit": "restricted",
    "pod-security.kubernetes.io/warn": "privileged",
}
"""Labels that let pods have any rights. What is below ``restricted`` is written to the API server's audit log."""


def pod_security(*, uid: int, gid: int, fs_group: int | None = None) -> core.v1.PodSecurityContextArgs:
    """The security context of a pod whose processes run as ``uid`` and ``gid``.

    Args:
        uid: the user, never 0.
        gid: the primary group.
        fs_group: the group that owns the pod's volumes, if it has any to write to.
    """
    return core.v1.PodSecurityContextArgs(
        run_as_non_root=True,
        run_as_user=uid,
        run_as_group=gid,
        fs_group=fs_group,
        fs_group_change_policy=None if fs_group is None else "OnRootMismatch",
        seccomp_profile=core.v1.SeccompProfileArgs(type="RuntimeDefault"),
    )


def container_security() -> core.v1.SecurityContextArgs:
    """The security context of a container: no capability, no escalation, a root filesystem that nobody writes to."""
    return core.v1.SecurityContextArgs(
        allow_privilege_escalation=False,
        read_only_root_filesystem=True,
        capabilities=core.v1.CapabilitiesArgs(drop=["ALL"]),
    )
