"""What the settings of access must not say beside those of the cluster."""

import re
from collections.abc import Iterator, Mapping

from components.errors import Problem
from components.schema.access import AccessSettings, SubjectSettings
from components.schema.cloud_types import GUID
from components.schema.cluster import ClusterSettings
from components.schema.shown import shown

ACCESS = "kubeflow:access"


def access_problems(cluster: ClusterSettings, access: AccessSettings) -> Iterator[Problem]:
    """What clashes about access."""
    # A cluster of the kubeconfig whose account is not told is Kubernetes' alone.
    gives_roles = (
        cluster.platform == "aks"
        and access.cloud_iam
        and not (cluster.has_context and cluster.azure.subscription_id is None)
    )
    named = {f"{ACCESS}.clusterAdmins": access.cluster_admins}
    named |= {
        f"{ACCESS}.namespaces.{namespace}.{role}": subjects
        for namespace, roles in access.namespaces.items()
        for role, subjects in roles.by_role().items()
    }
    for path, subjects in named.items():
        if cluster.platform == "gke":
            yield from _not_addresses(path, subjects)
        else:
            yield from _twice(path, subjects)
        if cluster.platform == "aks":
            yield from _not_ids(path, subjects, access, gives_roles=gives_roles)
    if cluster.platform == "gke":
        yield from _twice_whatever_the_case(named)
    if gives_roles:
        yield from _same_ids(access)
        if cluster.has_context and access.everybody().anybody and "name" not in cluster.aks.model_fields_set:
            yield Problem(
                "kubeflow:cluster.aks.name",
                f"is not set, and a context does not tell the name by which Azure gives people a role on the cluster; "
                f"set it, or set {ACCESS}.cloudIam to false",
            )
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
            Problem(f"{path}.{key}[{index}]", f"{shown(name)} is named twice; name everybody once")
            for index, name in enumerate(names)
            if name in names[:index]
        )


def _twice_whatever_the_case(named: Mapping[str, SubjectSettings]) -> Iterator[Problem]:
    """Google takes no notice of case: a second spelling, in whichever list, is the same person or group."""
    spellings: dict[tuple[str, str], str] = {}
    seen: set[tuple[str, str, str]] = set()
    for path, subjects in named.items():
        for key, names in {"users": subjects.users, "groups": subjects.groups}.items():
            for index, name in enumerate(names):
                setting, folded = f"{path}.{key}[{index}]", name.casefold()
                first = spellings.setdefault((key, folded), name)
                if (path, key, folded) in seen:
                    what = "" if name == first else f", as {shown(first)}, since Google takes no notice of case"
                    yield Problem(setting, f"{shown(name)} is named twice{what}; name everybody once")
                elif name != first:
                    yield Problem(
                        setting,
                        f"{shown(name)} is {shown(first)} elsewhere, and Google takes no notice of case; write both "
                        f"alike",
                    )
                seen.add((path, key, folded))


def _not_addresses(path: str, subjects: SubjectSettings) -> Iterator[Problem]:
    for key, names in {"users": subjects.users, "groups": subjects.groups}.items():
        for index, name in enumerate(names):
            if not re.fullmatch(r"[^@:\s]+@[^@:\s]+\.[^@:\s.]+", name):
                example = "ada@example.com" if key == "users" else "team@example.com"
                yield Problem(
                    f"{path}.{key}[{index}]",
                    f"{shown(name)} is not an e-mail address, by which GKE names {key}; write one such as {example}",
                )


def _not_ids(path: str, subjects: SubjectSettings, access: AccessSettings, *, gives_roles: bool) -> Iterator[Problem]:
    for index, name in enumerate(subjects.groups):
        if not re.fullmatch(GUID, name):
            yield Problem(
                f"{path}.groups[{index}]",
                f"{shown(name)} is not an object id, by which AKS names groups; write the group's, such as "
                f"01234567-89ab-cdef-0123-456789abcdef",
            )
    for index, name in enumerate(subjects.users):
        if gives_roles and not re.fullmatch(GUID, name) and name not in access.object_ids:
            yield Problem(
                f"{path}.users[{index}]",
                f"{shown(name)} has no object id, which Azure gives roles to; add it to {ACCESS}.objectIds, or set "
                f"{ACCESS}.cloudIam to false",
            )


def _same_ids(access: AccessSettings) -> Iterator[Problem]:
    people = access.everybody()
    named = [*(("user", name) for name in people.users), *(("group", name) for name in people.groups)]
    first: dict[str, str] = {}
    for kind, name in named:
        principal = access.object_ids.get(name, name).lower()
        if not re.fullmatch(GUID, principal):
            continue  # said where it is named
        if principal in first:
            yield Problem(
                ACCESS,
                f"names {principal} as the {first[principal]} and as the {kind} {shown(name)}, but Azure gives a role "
                f"once; keep one of the two",
            )
        first.setdefault(principal, f"{kind} {shown(name)}")
