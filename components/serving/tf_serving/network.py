"""Whom a model server talks to, and who to it."""

from collections.abc import Mapping, Sequence

from pulumi_kubernetes import meta, networking

from components.labels import NOTEBOOK_LABELS
from components.model_path import ModelPath
from components.network import dns_egress, google_identity_egress, ingress_from, internet_egress, namespaces, pods
from components.serving.tf_serving.pod import pod_ports
from components.serving.tf_serving.s3_fetch import S3


def policy_spec(
    selector: Mapping[str, str],
    *,
    path: ModelPath,
    s3: S3,
    private_ranges: Sequence[str],
    google_identity: bool,
    grpc: bool,
    is_public: bool,
    client_namespaces: Sequence[str],
) -> networking.v1.NetworkPolicySpecArgs:
    """What is open for the pods that ``selector`` selects.

    Args:
        selector: the pods' labels.
        path: where the model is. A server that reads a volume talks to nobody.
        s3: the store, if it is there.
        private_ranges: public addresses that are out of reach all the same.
        google_identity: whether pods get credentials of Google Cloud from GKE.
        grpc: whether the server answers gRPC.
        is_public: whether anybody may ask the server; else only notebooks and the namespaces below.
        client_namespaces: whose pods may.
    """
    clients = [] if is_public else [pods(NOTEBOOK_LABELS), *namespaces(*client_namespaces)]
    return networking.v1.NetworkPolicySpecArgs(
        pod_selector=meta.v1.LabelSelectorArgs(match_labels=dict(selector)),
        policy_types=["Ingress", "Egress"],
        ingress=[ingress_from(clients, *pod_ports(grpc=grpc).values())],
        egress=_egress(path, s3, private_ranges, google_identity=google_identity) or None,
    )


def _egress(
    path: ModelPath, s3: S3, private_ranges: Sequence[str], *, google_identity: bool
) -> list[networking.v1.NetworkPolicyEgressRuleArgs]:
    public = [dns_egress(), internet_egress(private_ranges)]
    match path.kind:
        case "gs":
            return [*public, *(google_identity_egress() if google_identity else [])]
        case "s3":
            return [*public, *s3.egress()]
        case "folder":
            return []
