"""How Azure names things, and what it says of all of them."""

from tests.support.cloud.kind import CloudError, Context, Kind
from tests.support.cloud.state import Record
from tests.support.cloud.values import Properties

GROUP = "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
IN_GROUP = f"{GROUP}/providers"
TENANT = "11111111-0000-4000-8000-000000000000"
CLIENT = "22222222-0000-4000-8000-000000000000"


def resolve(context: Context, inputs: Properties) -> Properties:
    """Inputs with the provider's subscription."""
    return {"subscriptionId": context.config.get("subscriptionId"), **inputs}


def steady(_context: Context, record: Record) -> Properties:
    """What every resource says of itself."""
    _, _, path = record.id.rpartition("/providers/")
    space, *parts = path.split("/") if path != record.id else ["Microsoft.Resources", "resourceGroups", ""]
    kind = record.inputs.get("type") or "/".join([space, *parts[::2]])
    own = {"name": record.id.rpartition("/")[2], "type": kind, "azureApiVersion": "2025-01-01"}
    return {**own, "provisioningState": "Succeeded", "etag": record.uid}


def missing(identity: str) -> str:
    """What Azure says of an id that it does not know."""
    name = identity.rpartition("/")[2]
    if "/providers/" not in identity:
        return f'Status=404 Code="ResourceGroupNotFound" Message="Resource group \'{name}\' could not be found."'
    return f'Status=404 Code="ResourceNotFound" Message="The Resource \'{identity}\' was not found."'


def find(kind: Kind, context: Context, arguments: Properties) -> Properties:
    """What a function finds.

    Raises:
        CloudError: if it is not there.
    """
    return {**found(kind, context, arguments).outputs, "id": kind.identify(context, arguments)}


def found(kind: Kind, context: Context, arguments: Properties) -> Record:
    """The resource that the arguments of a function name.

    Raises:
        CloudError: if it is not there.
    """
    identity = kind.identify(context, arguments)
    record = context.state.find(identity)
    if record is None:
        raise CloudError(f"request failed {identity}: {missing(identity)}")
    return record
