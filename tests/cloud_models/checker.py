"""Whether what the program sends to Google Cloud and Azure is what these clouds' own models know."""

from typing import Any

from tests.cloud_models import azure_tables, google_tables
from tests.cloud_models.azure_fields import azure_message
from tests.cloud_models.google_fields import google_message
from tests.cloud_models.names import misnamed
from tests.cloud_models.shapes import walk
from tests.support.recorder import Recording

CLOUDS = ("gcp:", "azure-native:")


def problems(resource_type: str, inputs: dict[str, Any]) -> list[str]:
    """What a cloud would not understand of a resource, one sentence each."""
    label = resource_type.partition(":")[2]
    if resource_type in google_tables.MODELS:
        message = google_message(resource_type)
    elif resource_type in azure_tables.MODELS:
        message = azure_message(resource_type)
    else:
        return [f"{label}: is not a type that is compared with a cloud's models; add it to their tables"]
    return [f"{label}: {each}" for each in (*walk("", inputs, message), *misnamed(resource_type, inputs))]


def assert_known_to_the_clouds(recording: Recording) -> None:
    """Fails if a cloud would not understand what a run registered, and unless it registered something for one."""
    sent = [resource for resource in recording.resources if resource.type.startswith(CLOUDS)]
    assert sent, "nothing is registered for a cloud"
    found = [f"{resource.name}: {each}" for resource in sent for each in problems(resource.type, resource.inputs)]
    assert not found, "\n".join(found)
