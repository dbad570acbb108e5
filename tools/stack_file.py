"""A stack's file, ``Pulumi.NAME.yaml``, as far as the tools read and write it."""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml
from pydantic import ValidationError

from components.schema.areas import INCLUDE
from components.schema.cluster import ClusterSettings
from components.settings_files import MOST_BYTES, bytes_for_the_engine, included, merge
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
            size = bytes_for_the_engine(self._config())
        except yaml.YAMLError as error:
            raise ToolError(f"{self.path.name} is not a stack file: {error}") from None
        if size > MOST_BYTES:
            raise ToolError(
                f"The settings in {self.path.name} are {size >> 10} KiB, and the engine hands over at most "
                f"{MOST_BYTES >> 10}. Move a part of them, such as kubeflow:serving, to a file beside it, below "
                f"config: as here, and name that file in {INCLUDE}; see docs/operations.md."
            )

    def _config(self) -> dict[str, Any]:
        content: Any = yaml.safe_load(self.path.read_text())
        found = cast("dict[str, Any]", content).get("config") if isinstance(content, dict) else None
        return cast("dict[str, Any]", found) if isinstance(found, dict) else {}

    def restore(self, content: bytes) -> None:
        """Gives it back the content that it had, in one step."""
        if self.path.read_bytes() != content:
            new = self.path.with_name(f".{self.path.name}.new")
            new.write_bytes(content)
            shutil.copymode(self.path, new)
            new.replace(self.path)

    def settings(self, area: str) -> dict[str, Any]:
        """The object ``kubeflow:area``, empty if it is none: what is wrong with it, the program says."""
        config = self._config()
        found: dict[str, Any] = {f"kubeflow:{area}": config.get(f"kubeflow:{area}") or {}}
        if names := config.get(INCLUDE):
            more, _ = included(self.path.parent, names)
            merge(found, {key: value for key, value in more.items() if key in found}, "two files")
        content = found[f"kubeflow:{area}"]
        return cast("dict[str, Any]", content) if isinstance(content, dict) else {}

    @property
    def context(self) -> str | None:
        """The context that it names."""
        return self.settings("cluster").get("context") or None

    @property
    def namespace(self) -> str:
        """The stack's namespace."""
        return str(self.settings("core").get("namespace", "kubeflow"))

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
        self.restore(text.encode())
