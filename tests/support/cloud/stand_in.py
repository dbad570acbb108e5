"""The cloud as tests see it."""

import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.support.cloud import aks, azure, gcp, operations
from tests.support.cloud.__main__ import FOLDER, KUBECONFIG, PLUGINS
from tests.support.cloud.cluster import Cluster
from tests.support.cloud.kind import Context, Kind, Provider
from tests.support.cloud.state import Call, Failure, Record, State
from tools.places import CHECKOUT

PROVIDERS = (gcp.PROVIDER, azure.PROVIDER)
SCRIPT = """#!/bin/sh
export {folder_name}='{folder}' {kubeconfig_name}='{kubeconfig}' PYTHONPATH='{checkout}'
exec '{python}' -m tests.support.cloud {program} "$@"
"""


class Cloud:
    """A cloud of its own, whose clusters are the control plane of ``kubeconfig``."""

    def __init__(self, folder: Path, kubeconfig: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self.state = State(folder)
        self.cluster = Cluster(kubeconfig)
        programs = folder / "programs"
        programs.mkdir()
        for program in (*PLUGINS, *(f"pulumi-resource-{provider.name}" for provider in PROVIDERS)):
            script = programs / program
            script.write_text(
                SCRIPT.format(
                    folder_name=FOLDER,
                    folder=folder,
                    kubeconfig_name=KUBECONFIG,
                    kubeconfig=kubeconfig,
                    checkout=CHECKOUT,
                    python=sys.executable,
                    program=program,
                )
            )
            script.chmod(0o755)
        path = environment.get("PATH", os.defpath)
        everything = {name: value for name, value in environment.items() if name != "UV_NO_GROUP"}
        self.environment = {**everything, "PATH": f"{programs}{os.pathsep}{path}"}
        """An environment in which the stand-ins are found, and the SDKs of both clouds."""

    def resources(self, kind: str = "") -> list[Record]:
        """What exists, of one type (by its token, or the end of it) or of all."""
        return [record for record in self.state.resources() if record.type.endswith(kind)]

    def ids(self, kind: str = "") -> set[str]:
        """The ids of what exists."""
        return {record.id for record in self.resources(kind)}

    def one(self, kind: str) -> Record:
        """The only resource of its type."""
        (found,) = self.resources(kind)
        return found

    def one_disk(self, name: str) -> Record:
        """The disk whose name ends in ``name``, in whichever cloud."""
        (found,) = [record for record in self.resources(":Disk") if record.id.endswith(f"-{name}")]
        return found

    def calls(self, op: str = "", kind: str = "", preview: bool | None = False) -> list[Call]:
        """The calls of an operation for a type (by its token, or the end of it); those of previews if asked for."""
        return [
            call
            for call in self.state.calls()
            if op in ("", call.op) and call.type.endswith(kind) and preview in (None, call.preview)
        ]

    def fail(
        self,
        kind: str,
        op: str = "create",
        times: int = 1,
        message: str = "the cloud is out of order",
        *,
        name: str = "",
        partial: bool = False,
    ) -> None:
        """Lets the next calls fail: of the type or function ``kind``, and of one logical name if it is given.

        A ``partial`` failure comes when the cloud has done what it was asked for.
        """
        self.state.fail(Failure(type=kind, op=op, times=times, message=message, name=name, partial=partial))

    def seed(self, kind: str, identity: str, **inputs: Any) -> Record:
        """Makes something that the stack does not know, as somebody else would; its type is a token."""
        _, row = _row(kind)
        known = row.parse(identity)
        context = Context(state=self.state, cluster=self.cluster, config=known)
        own = {key: value for key, value in known.items() if key != "subscriptionId"}
        uid = f"5eed{len(self.state.resources()):04}-0000-4000-8000-000000000000"
        full = {**{key: row.defaults[key] for key in row.defaults}, **own, **inputs}
        parents = row.needs(context, full)
        record = Record(type=row.type, id=identity, uid=uid, inputs=full, outputs={}, parents=parents)
        return operations.put(row, context, record)

    def seed_disk(self, identity: str, size: int, **inputs: Any) -> Record:
        """Makes a disk of ``size`` GB; which cloud's is said by its id."""
        if identity.startswith("/subscriptions/"):
            return self.seed(
                "azure-native:compute:Disk",
                identity,
                **{"diskSizeGB": size, "creationData": {"createOption": "Empty"}, "location": "westeurope", **inputs},
            )
        return self.seed("gcp:compute/disk:Disk", identity, size=size, **inputs)

    def seed_cluster(self, identity: str, *, entra: bool = True, **inputs: Any) -> Record:
        """Makes a cluster to adopt; one of AKS is joined to Entra ID unless said otherwise."""
        if identity.startswith("/subscriptions/"):
            profile = {"aadProfile": {"managed": True, "enableAzureRBAC": True}} if entra else {}
            return self.seed(aks.CLUSTER.type, identity, **{"location": "westeurope", **profile, **inputs})
        return self.seed("gcp:container/cluster:Cluster", identity, **{"removeDefaultNodePool": True, **inputs})

    def change(self, identity: str, **inputs: Any) -> Record:
        """Changes something behind the stack's back."""
        record = self._find(identity)
        _, row = _row(record.type)
        changed = replace(record, inputs={**record.inputs, **inputs})
        return operations.put(row, self._context(row, record.id), changed)

    def delete(self, identity: str) -> None:
        """Deletes something behind the stack's back, with all that lies in it."""
        record = self._find(identity)
        provider, row = _row(record.type)
        operations.remove(provider, self._context(row, record.id), record)

    def empty(self) -> None:
        """Deletes everything, whatever the clouds would say, and leaves the control plane as it was."""
        for record in self.state.resources():
            _, row = _row(record.type)
            row.gone(self._context(row, record.id), record)
            self.state.remove(record.id)

    def _find(self, identity: str) -> Record:
        record = self.state.find(identity)
        assert record is not None, f"there is no {identity}"
        return record

    def _context(self, kind: Kind, identity: str) -> Context:
        return Context(state=self.state, cluster=self.cluster, config=kind.parse(identity))


def _row(kind: str) -> tuple[Provider, Kind]:
    return next((provider, provider.kinds[kind]) for provider in PROVIDERS if kind in provider.kinds)
