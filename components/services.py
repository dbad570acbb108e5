"""What Services have alike: how they are awaited, where they are reached, and how Prometheus finds metrics."""

from typing import Literal

import pulumi
from pulumi_kubernetes import core

ServiceType = Literal["ClusterIP", "NodePort", "LoadBalancer"]
SKIP_AWAIT = {"pulumi.com/skipAwait": "true"}
"""For a Service whose Deployment is awaited, which proves what waiting for endpoints would at 10 s a Service."""
LOAD_BALANCER_TIMEOUT = "5m"
"""How long a cloud may take to hand out an address."""


def await_annotations(kind: ServiceType) -> dict[str, str] | None:
    """Annotations by which only the address of a load balancer is awaited."""
    return None if kind == "LoadBalancer" else SKIP_AWAIT


def await_timeouts(kind: ServiceType) -> pulumi.CustomTimeouts | None:
    """How long that address is awaited."""
    if kind != "LoadBalancer":
        return None
    return pulumi.CustomTimeouts(create=LOAD_BALANCER_TIMEOUT, update=LOAD_BALANCER_TIMEOUT)


def load_balancer_address(status: core.v1.outputs.ServiceStatus | None) -> str:
    """A load balancer's name or address as URLs have it; a preview of the change to LoadBalancer knows none yet."""
    balancer = status.load_balancer if status else None
    ingress = balancer.ingress if balancer else None
    if not ingress:
        return "ADDRESS-OF-THE-LOAD-BALANCER"
    address = ingress[0].hostname or ingress[0].ip or ""
    return f"[{address}]" if ":" in address else address


def scraped(port: int, path: str = "/metrics") -> dict[str, str]:
    """Annotations by which Prometheus finds metrics."""
    return {"prometheus.io/scrape": "true", "prometheus.io/path": path, "prometheus.io/port": str(port)}


def operator_ports(*, metrics: int, webhook: int) -> list[core.v1.ServicePortArgs]:
    """The ports of an operator's Service, to those of its container that have the same names."""
    ports = {"metrics": metrics, "webhook": webhook}
    return [core.v1.ServicePortArgs(name=name, port=port, target_port=name) for name, port in ports.items()]
