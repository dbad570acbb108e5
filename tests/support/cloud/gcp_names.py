"""How Google Cloud names, links and labels things."""

from typing import cast

from tests.support.cloud.kind import Context
from tests.support.cloud.state import Record
from tests.support.cloud.values import Properties

API = "https://www.googleapis.com/compute/v1"
CREATED = "2025-01-01T00:00:00.000-08:00"
_REFERENCES = ("network", "subnetwork", "router")


def resolve(context: Context, inputs: Properties) -> Properties:
    """Inputs with the place that the provider's configuration names, and names where there may be ids or links."""
    place = {key: context.config[key] for key in ("project", "region", "zone") if key in context.config}
    place = {**place, **{key: value for key, value in inputs.items() if value}}
    if "zone" in place:
        place.setdefault("region", str(place["zone"]).rpartition("-")[0])
    place.setdefault("location", place.get("zone") or place.get("region"))
    for key in _REFERENCES:
        if key in place:
            place[key] = str(place[key]).rpartition("/")[2]
    return place


def missing(identity: str) -> str:
    """What the cloud says of an id that it does not know."""
    return f"googleapi: Error 404: The resource '{identity}' was not found, notFound"


def labelled(record: Record, key: str) -> Properties:
    """The labels, with those that the provider adds."""
    labels = {**cast("dict[str, str]", record.inputs.get(key, {})), "goog-pulumi-provisioned": "true"}
    return {"effectiveLabels": labels, "pulumiLabels": labels}


def numbered(record: Record) -> str:
    """A number that stays with it."""
    return str(int(record.uid.replace("-", "")[:14], 16))
