"""The kinds of values that settings of clouds are made of, each with an error that says what to write."""

from typing import Annotated

from components.schema.types import matching

GcpProject = Annotated[
    str,
    matching(
        r"([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]",
        "is not the id of a project; it has 6 to 30 lower-case letters, digits and hyphens, a letter first",
    ),
]
"""The id of a project of Google Cloud."""

GcpLocation = Annotated[
    str,
    matching(
        r"[a-z]+-[a-z]+\d{1,2}(-(ai\d)?[a-z])?",
        "is not a zone or region of Google Cloud; write a zone as europe-west4-a, a region as europe-west4",
    ),
]
"""A zone or region of Google Cloud."""

GkeNodePoolName = Annotated[
    str,
    matching(
        r"[a-z]([a-z0-9-]{0,38}[a-z0-9])?",
        "is not a name that GKE allows for a node pool; use at most 40 lower-case letters, digits and hyphens, a "
        "letter first",
    ),
]
"""The name of a node pool of GKE."""

AksNodePoolName = Annotated[
    str,
    matching(
        r"[a-z][a-z0-9]{0,11}",
        "is not a name that AKS allows for a node pool; use at most 12 lower-case letters and digits, a letter first",
    ),
]
"""The name of a node pool of AKS."""

AzureRegion = Annotated[
    str, matching(r"[a-z]+[a-z0-9]*", "is not a region of Azure; write its name without spaces, such as westeurope")
]
"""A region of Azure."""

AzureZone = Annotated[str, matching(r"[1-9]", 'is not a zone of Azure; write "1", "2" or "3", in quotes')]
"""A zone within a region of Azure."""

ResourceGroupName = Annotated[
    str,
    matching(
        r"[\w().-]{0,89}[\w()-]",
        "is not the name of a resource group; use at most 90 letters, digits, and _ ( ) - . but no dot at the end",
    ),
]
"""The name of a resource group of Azure."""

GUID = r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
Guid = Annotated[
    str,
    matching(
        GUID,
        "is not an id of Azure; it looks like 01234567-89ab-cdef-0123-456789abcdef",
    ),
]
"""An id of Azure."""
