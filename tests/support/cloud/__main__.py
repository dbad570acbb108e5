"""Runs the program that a stand-in on PATH is named after: ``python -m tests.support.cloud PROGRAM ...``."""

import os
import sys
from pathlib import Path

from tests.support.cloud import credentials
from tests.support.cloud.cluster import Cluster
from tests.support.cloud.state import Call, State

PLUGINS = ("gke-gcloud-auth-plugin", "kubelogin")
FOLDER = "STAND_IN_CLOUD"
KUBECONFIG = "STAND_IN_CLUSTER"


def main() -> int:
    """Becomes the program."""
    program, *arguments = sys.argv[1:]
    state, cluster = State(Path(os.environ[FOLDER])), Cluster(Path(os.environ[KUBECONFIG]))
    if program in PLUGINS:
        state.log(Call(op="login", type=program, name="", inputs={"arguments": arguments}))
        return credentials.answer(program, arguments, cluster)
    from tests.support.cloud import azure, gcp
    from tests.support.cloud.server import ProviderServer, serve

    providers = {f"pulumi-resource-{each.name}": each for each in (gcp.PROVIDER, azure.PROVIDER)}
    serve(ProviderServer(providers[program], state, cluster))
    return 0


if __name__ == "__main__":
    sys.exit(main())
