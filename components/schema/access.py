"""``kubeflow:access``: who may do what in the cluster."""

from pydantic import Field

from components.schema.cloud_types import Guid
from components.schema.types import Boolean, DnsLabel, Section, Subject


class SubjectSettings(Section):
    """People, as the cluster's login names them: no service account is meant here."""

    users: list[Subject] = Field(
        default_factory=list[str],
        description="Users: e-mail addresses on GKE, principal names or object ids on AKS, whatever the login says "
        "elsewhere.",
    )
    groups: list[Subject] = Field(
        default_factory=list[str], description="Groups: e-mail addresses on GKE, object ids on AKS."
    )

    @property
    def anybody(self) -> bool:
        """Whether it names somebody."""
        return bool(self.users or self.groups)


class NamespaceAccessSettings(Section):
    """Who may do what in a namespace."""

    view: SubjectSettings = Field(default_factory=SubjectSettings, description="Who may look, but at no Secret.")
    edit: SubjectSettings = Field(
        default_factory=SubjectSettings, description="Who may change everything but roles and their bindings."
    )
    admin: SubjectSettings = Field(default_factory=SubjectSettings, description="Who may change roles as well.")

    def by_role(self) -> dict[str, SubjectSettings]:
        """Those who are named, by Kubernetes' role."""
        roles = {"view": self.view, "edit": self.edit, "admin": self.admin}
        return {role: subjects for role, subjects in roles.items() if subjects.anybody}


class AccessSettings(Section):
    """Who may do what in the cluster. What is not listed here is left as it is."""

    cluster_admins: SubjectSettings = Field(
        default_factory=SubjectSettings,
        description="Who administers the cluster: the binding `default-admin` of Kubeflow's guide, under the name "
        "`NAMESPACE-default-admin`.",
    )
    namespaces: dict[DnsLabel, NamespaceAccessSettings] = Field(
        default_factory=dict[str, NamespaceAccessSettings],
        description="Who may do what in a namespace, the stack's own or another that there is.",
    )
    cloud_iam: Boolean = Field(
        default=True,
        description="Whether the same people get the cloud's role that lets them reach the cluster at all: "
        "`roles/container.clusterViewer` on GKE, `Azure Kubernetes Service Cluster User Role` on AKS.",
    )
    object_ids: dict[Subject, Guid] = Field(
        default_factory=dict[str, str],
        description="The object ids of users on AKS, by their principal names: Azure gives roles to ids alone.",
    )
    openshift_anyuid: Boolean = Field(
        default=False,
        description="Whether the pods of the stack and of notebooks may run as the users of their images on OpenShift, "
        "which the binding to `system:openshift:scc:anyuid` allows.",
    )

    def everybody(self) -> SubjectSettings:
        """All who are named anywhere, each once, in alphabetical order."""
        named = [self.cluster_admins]
        named += [subjects for access in self.namespaces.values() for subjects in access.by_role().values()]
        return SubjectSettings.model_construct(
            users=sorted({user for subjects in named for user in subjects.users}),
            groups=sorted({group for subjects in named for group in subjects.groups}),
        )
