"""What the settings of access must not say beside those of the cluster."""

import re
from collections.abc import Iterator

from components.errors import Problem
from components.schema.access import AccessSettings, SubjectSettings
from components.schema.cluster import ClusterSettings

ACCESS = "kubeflow:access"
_GUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


def access_problems(cluster: ClusterSettings, access: AccessSettings) -> Iterator[Problem]:
    """What clashes about access."""
    named = {f"{ACCESS}.clusterAdmins": access.cluster_admins}
    named |= {
        f"{ACCESS}.namespaces.{namespace}.{role}": subjects
        for namespace, roles in access.namespaces.items()
        for role, subjects in roles.by_role().items()
    }
    for path, subjects in named.items():
        yield from _twice(path, subjects)
        if cluster.platform == "gke":
            yield from _not_addresses(path, subjects)
        if cluster.platform == "aks":
            yield from _not_ids(path, subjects, access)
    knows_groups = not (cluster.platform == "gke" and cluster.gke.create) or cluster.gke.authenticator_group
    if access.everybody().groups and not knows_groups:
        yield Problem(
            ACCESS,
            "names groups, which GKE knows only below one group; set kubeflow:cluster.gke.authenticatorGroup to "
            "gke-security-groups@YOUR-DOMAIN",
        )


def _twice(path: str, subjects: SubjectSettings) -> Iterator[Problem]:
    for key, names in {"users": subjects.users, "groups": subjects.groups}.items():
        yield from (
            Problem(f"{path}.{key}[{index}]", f'"{name}" is named twice; name everybody once')
            for index, name in enumerate(names)
            if name in names[:index]
        )


def _not_addresses(path: str, subjects: SubjectSettings) -> Iterator[Problem]:
    for key, names in {"users": subjects.users, "groups": subjects.groups}.items():
        for index, name in enumerate(names):
            if not re.fullmatch(r"[^@:]+@[^@:]+", name):
                yield Problem(
                    f"{path}.{key}[{index}]", f'"{name}" is not an e-mail address, by which GKE names people; write it'
                )


def _not_ids(path: str, subjects: SubjectSettings, access: AccessSettings) -> Iterator[Problem]:
    for index, name in enumerate(subjects.groups):
        if not _GUID.fullmatch(name):
            yield Problem(
                f"{path}.groups[{index}]", f'"{name}" is not an object id, by which AKS names groups; write that'
            )
    for index, name in enumerate(subjects.users):
        if access.cloud_iam and not _GUID.fullmatch(name) and name not in access.object_ids:
            yield Problem(
                f"{path}.users[{index}]",
                f'"{name}" has no object id, which Azure gives roles to; add it to {ACCESS}.objectIds, or set '
                f"{ACCESS}.cloudIam to false",
            )
