"""``kubeflow:cluster``: where the stack runs."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator

from components.schema.types import RegistryPrefix, Section, Unset


def _without_cloud(value: object) -> object:
    # Kubeflow 0.1 took any text but aks and acsengine for "no cloud", and its guide wrote these.
    return "none" if value in ("", "null", "nocloud", "minikube", None) else value


class ClusterSettings(Section):
    """The cluster, named by a context of the kubeconfig, and what it runs on."""

    context: Annotated[str | None, Unset] = Field(
        default=None,
        description="The context of your kubeconfig that the stack deploys to. It has no default: a stack never falls "
        "on whatever cluster happens to be current.",
    )
    cloud: Annotated[Literal["none", "gke", "aks"], BeforeValidator(_without_cloud)] = Field(
        default="none",
        description="The cloud whose disks, storage classes and access the stack provisions. `none` takes any cluster "
        "as it is; `gke` and `aks` are refused by this release.",
    )
    registry_mirror: Annotated[RegistryPrefix | None, Unset] = Field(
        default=None,
        description="Where every image is pulled through, as `host[:port][/path]`. The whole reference follows it: "
        "`quay.io/a/b:1` becomes `MIRROR/quay.io/a/b:1`.",
    )

    @field_validator("cloud", mode="before")
    @classmethod
    def _no_acs_engine(cls, value: object) -> object:
        if value == "acsengine":
            raise ValueError("is gone: acs-engine was retired in 2020; use none for a cluster that you run yourself")
        return value
