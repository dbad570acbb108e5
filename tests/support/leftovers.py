"""Removes what a test's stack has left in the control plane, faster than ``pulumi destroy`` does."""

from tests.conftest import Cluster

KINDS = (
    "persistentvolumes,storageclasses,clusterroles,clusterrolebindings,validatingwebhookconfigurations,priorityclasses"
)
SELECTOR = "--selector=app.kubernetes.io/managed-by=pulumi"


def remove(cluster: Cluster, *namespaces: str) -> None:
    """Deletes namespaces, without waiting for that, and what stacks have outside of any, which another would meet."""
    for namespace in namespaces:
        cluster.kubectl("delete", "namespace", namespace, "--ignore-not-found", "--wait=false")
    cluster.kubectl("delete", KINDS, SELECTOR, "--wait=false")
    cluster.kubectl("delete", "customresourcedefinitions", SELECTOR, "--timeout=60s")
