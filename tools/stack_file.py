"""A stack's file, ``Pulumi.NAME.yaml``, as far as the tools read and write it."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml
from pydantic import ValidationError

from components.schema.cluster import ClusterSettings
from tools import places
from tools.say import ToolError


@dataclass(frozen=True)
class StackFile:
    """The file of the stack ``name``."""

    name: str

    @property
    def path(self) -> Path:
        """Where it is."""
        return places.CHECKOUT / f"Pulumi.{self.name}.yaml"

    def check(self) -> None:
        """Refuses a stack that has no file, or none that can be read.

        Raises:
            ToolError: with the stacks that there are, or what is wrong with the file.
        """
        known = sorted(file.name.split(".")[1] for file in places.CHECKOUT.glob("Pulumi.*.yaml"))
        if not self.path.is_file():
            raise ToolError(
                f"There is no stack {self.name!r}: STACK is one of {', '.join(known)}, or make Pulumi.{self.name}.yaml."
            )
        try:
            yaml.safe_load(self.path.read_text())
        except yaml.YAMLError as error:
            raise ToolError(f"{self.path.name} is not a stack file: {error}") from None

    def settings(self, area: str) -> dict[str, Any]:
        """The object ``kubeflow:area``, empty if it is none: what is wrong with it, the program says."""
        content: Any = yaml.safe_load(self.path.read_text())
        for key in ("config", f"kubeflow:{area}"):
            content = cast("dict[str, Any]", content).get(key) if isinstance(content, dict) else None
        return cast("dict[str, Any]", content) if isinstance(content, dict) else {}

    @property
    def context(self) -> str | None:
        """The context that it names."""
        return self.settings("cluster").get("context") or None

    @property
    def platform(self) -> str:
        """What its cluster runs on; what is wrong with it, the program says."""
        return str(self.settings("cluster").get("platform") or "nocloud")

    @property
    def cluster_identity(self) -> str | None:
        """What tells the cluster that the stack creates from others; None if it creates none, or does not say which."""
        try:
            return ClusterSettings.model_validate(self.settings("cluster")).identity
        except ValidationError:  # which the program puts into words
            return None

    @property
    def protects_cluster(self) -> bool:
        """Whether it says that the stack creates a cluster, and not that it may be deleted."""
        found: Any = self.settings("cluster").get(self.platform)
        cluster = cast("dict[str, Any]", found) if isinstance(found, dict) else {}
        return cluster.get("create") is True and cluster.get("deletionProtection", True) is not False

    def forget_cluster(self) -> None:
        """Removes the context, and the salt if nothing is encrypted with it, as before the first ``up``."""
        text = re.sub(r"^(\s+context:).*$", r'\1 ""', self.path.read_text(), count=1, flags=re.MULTILINE)
        if "secure:" not in text:
            text = re.sub(r"^encryptionsalt:.*\n", "", text, flags=re.MULTILINE)
        self.path.write_text(text)
