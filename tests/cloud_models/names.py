"""What the clouds' models do not say of names, roles and members, and the clouds' documentation does."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple, cast

from tests.cloud_models.shapes import below, plain


class Rule(NamedTuple):
    """What a text must match, and that in words."""

    pattern: str
    words: str


RFC1035 = Rule(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?", "at most 63 lower-case letters, digits and hyphens, a letter first")
GKE = Rule(r"[a-z]([-a-z0-9]{0,38}[a-z0-9])?", "at most 40 lower-case letters, digits and hyphens, a letter first")
ACCOUNT_ID = Rule(r"[a-z][-a-z0-9]{4,28}[a-z0-9]", "6 to 30 lower-case letters, digits and hyphens, a letter first")
SHARE = Rule(r"[A-Za-z]\w{0,62}", "at most 63 letters, digits and underscores, a letter first")
LABEL_KEY = Rule(r"[a-z][-_a-z0-9]{0,62}", "a key of a label of Google Cloud")
LABEL = Rule(r"[-_a-z0-9]{0,63}", "a label of Google Cloud")
ROLE = Rule(r"(roles|projects/[^/]+/roles|organizations/[^/]+/roles)/[\w.]+", "a role, such as roles/viewer")
MEMBER = Rule(
    r"(user|group|serviceAccount):.+|principal(Set)?://.+",
    "a member, which begins with user:, group:, serviceAccount: or principal",
)
AKS = Rule(r"[a-zA-Z0-9]([-\w]{0,61}[a-zA-Z0-9])?", "a cluster's name, at most 63 letters, digits, _ and hyphens")
AKS_POOL = Rule(r"[a-z][a-z0-9]{0,11}", "at most 12 lower-case letters and digits, a letter first")
AZURE = Rule(r"[a-zA-Z0-9]([-\w.]{0,78}\w)?", "at most 80 letters, digits, _, dots and hyphens")
GROUP = Rule(r"[-\w.()]{0,89}[-\w()]", "at most 90 letters, digits, _, dots, parentheses and hyphens")
IDENTITY = Rule(r"[a-zA-Z0-9][-\w]{2,127}", "3 to 128 letters, digits, _ and hyphens")
STORAGE = Rule(r"[a-z0-9]{3,24}", "3 to 24 lower-case letters and digits")
AZURE_SHARE = Rule(r"(?!.*--)[a-z0-9][-a-z0-9]{1,61}[a-z0-9]", "3 to 63 lower-case letters, digits and single hyphens")
GUID = Rule(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", "a GUID")
AZURE_ROLE = Rule(rf"/.*/roleDefinitions/{GUID.pattern}", "the id of a role's definition")

_LABELS = {"labels{keys}": LABEL_KEY, "labels{values}": LABEL}
_NODES = {"nodeConfig.resourceLabels{keys}": LABEL_KEY, "nodeConfig.resourceLabels{values}": LABEL}

RULES: dict[str, dict[str, Rule]] = {
    "gcp:compute/network:Network": {"name": RFC1035},
    "gcp:compute/subnetwork:Subnetwork": {"name": RFC1035, "secondaryIpRanges[].rangeName": RFC1035},
    "gcp:compute/router:Router": {"name": RFC1035},
    "gcp:compute/routerNat:RouterNat": {"name": RFC1035},
    "gcp:compute/disk:Disk": {"name": RFC1035, **_LABELS},
    "gcp:serviceaccount/account:Account": {"accountId": ACCOUNT_ID},
    "gcp:projects/iAMMember:IAMMember": {"role": ROLE, "member": MEMBER},
    "gcp:container/cluster:Cluster": {
        "name": GKE,
        "nodePools[].name": GKE,
        "resourceLabels{keys}": LABEL_KEY,
        "resourceLabels{values}": LABEL,
        **_NODES,
    },
    "gcp:container/nodePool:NodePool": {"name": GKE, **_NODES},
    "gcp:filestore/instance:Instance": {"name": RFC1035, "fileShares.name": SHARE, **_LABELS},
    "azure-native:resources:ResourceGroup": {"resourceGroupName": GROUP},
    "azure-native:network:VirtualNetwork": {"virtualNetworkName": AZURE, "subnets[].name": AZURE},
    "azure-native:network:Subnet": {"subnetName": AZURE},
    "azure-native:managedidentity:UserAssignedIdentity": {"resourceName": IDENTITY},
    "azure-native:authorization:RoleAssignment": {
        "roleAssignmentName": GUID,
        "roleDefinitionId": AZURE_ROLE,
    },
    "azure-native:containerservice:ManagedCluster": {"resourceName": AKS, "agentPoolProfiles[].name": AKS_POOL},
    "azure-native:containerservice:AgentPool": {"agentPoolName": AKS_POOL},
    "azure-native:compute:Disk": {"diskName": AZURE},
    "azure-native:storage:StorageAccount": {"accountName": STORAGE},
    "azure-native:storage:FileShare": {"shareName": AZURE_SHARE},
}
"""The rules of each resource, by path: ``[]`` is each element of a list, ``{keys}`` each key of a map."""


def misnamed(resource: str, inputs: dict[str, Any]) -> Iterator[str]:
    """The texts of a resource that break a rule, each as a sentence that begins with its path."""
    for path, rule in RULES.get(resource, {}).items():
        for where, text in texts(inputs, path):
            if not re.fullmatch(rule.pattern, text, re.ASCII):
                yield f"{where} is the text {text!r}, not {rule.words}"


def texts(inputs: dict[str, Any], path: str) -> Iterator[tuple[str, str]]:
    """The texts at a rule's path, each with where it is."""
    yield from _at("", inputs, re.findall(r"\w+|\[\]|\{\w+\}", path))


def _at(path: str, value: Any, steps: list[str]) -> Iterator[tuple[str, str]]:
    """What is not there or has another shape is found elsewhere."""
    value = plain(value)
    if not steps:
        if isinstance(value, str):
            yield path, value
        return
    step, *rest = steps
    if step == "[]" and isinstance(value, list):
        for index, item in enumerate(cast(list[Any], value)):
            yield from _at(f"{path}[{index}]", item, rest)
    elif isinstance(value, dict) and step in ("{keys}", "{values}"):
        for key, item in cast(dict[str, Any], value).items():
            yield from _at(f"{path}[{key}]", key if step == "{keys}" else item, rest)
    elif isinstance(value, dict):
        yield from _at(below(path, step), cast(dict[str, Any], value).get(step), rest)
