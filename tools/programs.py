"""Every program that the project runs beside Python: where it is downloaded from, and what it is built from.

The Go modules below ``tools/modules`` pin each program and all that it is made of; ``go get`` renews
them. A download has the same version.
"""

import platform
from dataclasses import dataclass

from tools.places import CHECKOUT

MODULES = CHECKOUT / "tools" / "modules"
PULUMI = "3.246.0"
LANGUAGE_HOST = "3.187.0"
KUBERNETES_PROVIDER = "4.25.0"
KUBERNETES = "1.36.1"
KWOK = "0.8.0"
ETCD = "3.6.8"
RCLONE_VERSION = "1.75.1"

_OS = platform.system().lower()
_MACHINE = {"x86_64": "amd64", "aarch64": "arm64", "arm64": "arm64"}.get(platform.machine(), platform.machine())


@dataclass(frozen=True, kw_only=True)
class Download:
    """A file that holds programs: an archive, or one program as it is."""

    url: str
    members: dict[str, str]
    """Paths within the archive, by the programs' names; the empty path is the file itself."""
    checksums: str | None
    """Where the publisher has the SHA-256 of the file; None if it publishes none."""


@dataclass(frozen=True, kw_only=True)
class Build:
    """What ``go build`` makes of a module below ``tools/modules``."""

    module: str
    packages: dict[str, str]
    """Go packages by the programs' names."""
    stamps: dict[str, str]
    """Values of variables that hold versions."""
    minutes: int
    """How long it takes on two cores, with another build beside it, for the user to know."""


@dataclass(frozen=True, kw_only=True)
class Toolset:
    """Programs that are found, downloaded or built together."""

    name: str
    programs: tuple[str, ...]
    downloads: tuple[Download, ...]
    builds: tuple[Build, ...]
    version_of: str | None = None
    """The program whose version has to be ``version`` or later if it is taken from PATH."""
    version: str = ""


def _kube(program: str) -> Download:
    url = f"https://dl.k8s.io/release/v{KUBERNETES}/bin/{_OS}/{_MACHINE}/{program}"
    return Download(url=url, members={program: ""}, checksums=f"{url}.sha256")


def _kwok(program: str) -> Download:
    return Download(
        url=f"https://github.com/kubernetes-sigs/kwok/releases/download/v{KWOK}/{program}-{_OS}-{_MACHINE}",
        members={program: ""},
        checksums=None,
    )


def _k8s_version() -> dict[str, str]:
    major, minor, _ = KUBERNETES.split(".")
    base = "k8s.io/component-base/version"
    return {f"{base}.gitVersion": f"v{KUBERNETES}", f"{base}.gitMajor": major, f"{base}.gitMinor": minor}


_CLI_PROGRAMS = (
    "pulumi",
    "pulumi-language-python",
    "pulumi-language-python-exec",
    "pulumi-analyzer-policy-python",
)

CLI = Toolset(
    name="Pulumi",
    programs=_CLI_PROGRAMS,
    downloads=(
        Download(
            url=f"https://get.pulumi.com/releases/sdk/pulumi-v{PULUMI}-{_OS}-{_MACHINE.replace('amd64', 'x64')}.tar.gz",
            members={program: f"pulumi/{program}" for program in _CLI_PROGRAMS},
            checksums=f"https://github.com/pulumi/pulumi/releases/download/v{PULUMI}/pulumi-{PULUMI}-checksums.txt",
        ),
    ),
    builds=(
        Build(
            module="pulumi",
            packages={"pulumi": "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"},
            stamps={"github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": f"v{PULUMI}"},
            minutes=5,
        ),
        Build(
            module="pulumi-language-python",
            packages={"pulumi-language-python": "github.com/pulumi/pulumi/sdk/python/cmd/pulumi-language-python/v3"},
            stamps={"github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": f"v{LANGUAGE_HOST}"},
            minutes=1,
        ),
    ),
    version_of="pulumi",
    version=PULUMI,
)

PROVIDER = Toolset(
    name="the Kubernetes provider",
    programs=("pulumi-resource-kubernetes",),
    downloads=(
        Download(
            url="https://get.pulumi.com/releases/plugins/"
            f"pulumi-resource-kubernetes-v{KUBERNETES_PROVIDER}-{_OS}-{_MACHINE}.tar.gz",
            members={"pulumi-resource-kubernetes": "pulumi-resource-kubernetes"},
            checksums="https://github.com/pulumi/pulumi-kubernetes/releases/download/"
            f"v{KUBERNETES_PROVIDER}/pulumi-kubernetes_{KUBERNETES_PROVIDER}_checksums.txt",
        ),
    ),
    builds=(
        Build(
            module="pulumi-resource-kubernetes",
            packages={"pulumi-resource-kubernetes": "."},
            stamps={"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/version.Version": KUBERNETES_PROVIDER},
            minutes=3,
        ),
    ),
)

CONTROL_PLANE = Toolset(
    name="the embedded control plane",
    programs=("kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd", "kwok", "kwokctl"),
    downloads=(
        *(_kube(program) for program in ("kube-apiserver", "kube-controller-manager", "kube-scheduler")),
        *(_kwok(program) for program in ("kwok", "kwokctl")),
        Download(
            url=f"https://github.com/etcd-io/etcd/releases/download/v{ETCD}/etcd-v{ETCD}-{_OS}-{_MACHINE}.tar.gz",
            members={"etcd": f"etcd-v{ETCD}-{_OS}-{_MACHINE}/etcd"},
            checksums=f"https://github.com/etcd-io/etcd/releases/download/v{ETCD}/SHA256SUMS",
        ),
    ),
    builds=(
        Build(
            module="kubernetes",
            packages={
                "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
                "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
                "kube-scheduler": "k8s.io/kubernetes/cmd/kube-scheduler",
                "etcd": "go.etcd.io/etcd/server/v3",
                "kwok": "sigs.k8s.io/kwok/cmd/kwok",
                "kwokctl": "sigs.k8s.io/kwok/cmd/kwokctl",
            },
            stamps=_k8s_version(),
            minutes=8,
        ),
    ),
)

KUBECTL = Toolset(
    name="kubectl",
    programs=("kubectl",),
    downloads=(_kube("kubectl"),),
    builds=(
        Build(
            module="kubernetes",
            packages={"kubectl": "k8s.io/kubernetes/cmd/kubectl"},
            stamps=_k8s_version(),
            minutes=1,
        ),
    ),
)

ACTIONLINT = Toolset(
    name="actionlint",
    programs=("actionlint",),
    downloads=(),
    builds=(
        Build(
            module="actionlint",
            packages={"actionlint": "github.com/rhysd/actionlint/cmd/actionlint"},
            stamps={},
            minutes=1,
        ),
    ),
)

TRAINING_OPERATOR = Toolset(
    name="the training operator",
    programs=("training-operator.v1",),
    downloads=(),
    builds=(
        Build(
            module="training-operator",
            packages={"training-operator.v1": "github.com/kubeflow/training-operator/cmd/training-operator.v1"},
            stamps={},
            minutes=2,
        ),
    ),
)

RCLONE = Toolset(
    name="rclone",
    programs=("rclone",),
    downloads=(),
    builds=(Build(module="rclone", packages={"rclone": "."}, stamps={}, minutes=1),),
    version_of="rclone",
    version=RCLONE_VERSION,
)
