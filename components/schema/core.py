"""``kubeflow:core``: the namespace, JupyterHub and usage reporting.

The keys of Kubeflow 0.1's prototype ``kubeflow-core`` keep their names.
"""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from components import images
from components.schema.login import LoginSettings
from components.schema.notebook import NotebookSettings
from components.schema.training import TrainingOperatorSettings
from components.schema.types import (
    Boolean,
    ContainerPath,
    Cpu,
    DnsLabel,
    DnsName,
    Image,
    Memory,
    Section,
    Unset,
    Url,
    UsageId,
    matching,
)

ServiceType = Literal["ClusterIP", "NodePort", "LoadBalancer"]
Authenticator = Literal["dummy", "oidc", "github", "google", "azuread"]
DATABASE_CLAIM = "hub-db-dir"
"""The claim of the hub's database."""
MAX_DUMMY_USERS = 100
"""How many users log in by `dummy` unless the settings say: each of them may have a notebook and a claim."""
A_YEAR = 365 * 24 * 3600
RESERVED_NAMESPACES = ("default", "kube-system", "kube-public", "kube-node-lease")


InstallationId = Annotated[
    str,
    matching(
        r"[A-Za-z0-9][A-Za-z0-9._-]{0,45}-[0-9a-f]{16}",
        "is not an id of an installation; take it from the label kubeflow.org/installation-id of its objects",
    ),
]
"""The stack's name, perhaps cut off, and 16 hexadecimal digits."""


class HubSettings(Section):
    """The hub itself."""

    database: Literal["pvc", "memory"] = Field(
        default="pvc",
        description="Where the hub keeps users and running servers: `pvc` in sqlite on the claim `hub-db-dir`, or "
        "`memory`, lost whenever the hub restarts.",
    )
    database_size_gib: int = Field(
        default=1, ge=1, le=1024, description="The size of the hub's database claim, in GiB. It can grow, never shrink."
    )
    database_storage_class: Annotated[DnsName | None, Unset] = Field(
        default=None,
        description="The StorageClass of the hub's database claim; the cluster's default unless set. It cannot change "
        "after the first deployment.",
    )
    concurrent_spawn_limit: int = Field(
        default=64, ge=1, description="How many servers may be starting at once (Zero to JupyterHub's default)."
    )
    subdomain_host: Annotated[Url | None, Unset] = Field(
        default=None,
        description="The hub's public URL, such as `https://hub.example.com`. Each user's notebook then has a host of "
        "its own below it, such as `ada.hub.example.com`. Unset, all notebooks and the hub are one origin to browsers. "
        "The DNS, and the certificate of what speaks HTTPS, have to know `*.hub.example.com` too.",
    )
    active_server_limit: int = Field(default=0, ge=0, description="How many servers may run at once; 0 for no limit.")


class CullerSettings(Section):
    """What stops idle notebooks."""

    enabled: Boolean = Field(default=True, description="Whether idle notebooks are stopped. Their files stay.")
    timeout_seconds: int = Field(default=3600, ge=1, le=A_YEAR, description="How long a notebook may be idle.")
    every_seconds: int = Field(default=600, ge=1, le=A_YEAR, description="How often the hub looks for idle notebooks.")
    max_age_seconds: int = Field(
        default=0, ge=0, le=A_YEAR, description="How long a notebook may run, idle or not; 0 for no limit."
    )


class LimitRangeSettings(Section):
    """What a container in the namespace gets that says nothing itself, such as one of a graph of models."""

    cpu: Cpu = Field(default="50m", description="The CPU that it is guaranteed.")
    memory: Memory = Field(default="64Mi", description="The memory that it is guaranteed.")
    cpu_limit: Annotated[Cpu | None, Unset] = Field(
        default=None,
        description="The most CPU that it uses; no limit unless set. A ResourceQuota of yours may ask for one.",
    )
    memory_limit: Annotated[Memory | None, Unset] = Field(
        default=None, description="The most memory that it uses; no limit unless set."
    )


class CoreSettings(Section):
    """Kubeflow's core."""

    namespace: DnsLabel = Field(
        default="kubeflow",
        description="The stack's namespace. It cannot change after the first deployment.",
    )
    create_namespace: Boolean = Field(
        default=True,
        description="Whether the stack makes the namespace and owns it. If false, it has to be there, and nothing of "
        "it changes: neither labels nor the traffic of pods that are not the stack's. The stack never deletes it.",
    )
    installation_id: Annotated[InstallationId | None, Unset] = Field(
        default=None,
        description="The id of the installation whose objects the stack takes up, for a stack without a state: "
        "objects bear it in the label `kubeflow.org/installation-id`. Unset: the first deployment makes a new one.",
    )
    jupyter_hub_service_type: ServiceType = Field(
        default="ClusterIP", description="The type of the Service `tf-hub-lb`, where users find the hub."
    )
    jupyter_hub_image: Image = Field(default=images.HUB, description="The hub's image.")
    proxy_image: Image = Field(default=images.PROXY, description="The image of configurable-http-proxy.")
    jupyter_hub_authenticator: Authenticator = Field(
        default="dummy",
        description="How users log in. `dummy` takes any name, and any password or the shared one in "
        "`kubeflow:sharedPassword`; `oidc` is any OpenID Connect provider.",
    )
    jupyter_notebook_pvc_mount: Annotated[ContainerPath | None, Unset] = Field(
        default=None,
        alias="jupyterNotebookPVCMount",
        description="Where notebooks find their user's own claim `claim-USERNAME`, which outlives them. Unset: nothing "
        "in a notebook persists.",
    )
    report_usage: Boolean = Field(
        default=False, description="Whether anonymous facts about the nodes go to `usageCollectorUrl` once a day."
    )
    usage_id: Annotated[UsageId | None, Unset] = Field(
        default=None, description="The id under which usage is reported; made once and kept unless set."
    )
    usage_collector_url: Annotated[Url | None, Unset] = Field(
        default=None, description="Where usage is sent. There is no default: nothing leaves the cluster unasked."
    )
    priority_classes: Boolean = Field(
        default=True,
        description="Whether the stack makes the PriorityClasses `NAMESPACE-hub` and `NAMESPACE-notebooks`, so that "
        "notebooks and jobs never push hub and proxy off a node, and `notebook.quota` knows notebooks. The classes are "
        "the whole cluster's.",
    )
    limit_range: LimitRangeSettings = Field(
        default_factory=LimitRangeSettings,
        description="What containers in the namespace get that say nothing themselves.",
    )
    login: LoginSettings = Field(default_factory=LoginSettings, description="Who may log in.")
    hub: HubSettings = Field(default_factory=HubSettings, description="The hub itself.")
    culler: CullerSettings = Field(default_factory=CullerSettings, description="What stops idle notebooks.")
    training_operator: TrainingOperatorSettings = Field(
        default_factory=TrainingOperatorSettings, description="What runs training jobs."
    )
    notebook: NotebookSettings = Field(default_factory=NotebookSettings, description="What users get.")

    @property
    def max_users(self) -> int | None:
        """The most users that the hub takes in."""
        if self.login.max_users is None and self.jupyter_hub_authenticator == "dummy":
            return MAX_DUMMY_USERS
        return self.login.max_users

    @property
    def hub_priority_class(self) -> str | None:
        """The PriorityClass of hub and proxy; None without one."""
        return f"{self.namespace}-hub" if self.priority_classes else None

    @property
    def notebook_priority_class(self) -> str | None:
        """The PriorityClass of notebooks; None without one."""
        return f"{self.namespace}-notebooks" if self.priority_classes else None

    @field_validator("namespace")
    @classmethod
    def _own_namespace(cls, value: str) -> str:
        if value in RESERVED_NAMESPACES:
            raise ValueError("belongs to Kubernetes; name a namespace that the stack can own, such as kubeflow")
        return value

    @field_validator("jupyter_hub_authenticator", mode="before")
    @classmethod
    def _known_authenticator(cls, value: object) -> object:
        if value == "iap":
            raise ValueError(
                "needs the gateway of the cloud stack, which is not part of this release; use google or oidc"
            )
        return "dummy" if value in ("", "null", None) else value
