"""How a load balancer is reached, whatever it answers with."""

import pytest
from pulumi_kubernetes.core.v1 import outputs

from components.services import load_balancer_address


def status(hostname: str | None = None, ip: str | None = None) -> outputs.ServiceStatus:
    ingress = outputs.LoadBalancerIngress(hostname=hostname, ip=ip)
    return outputs.ServiceStatus(load_balancer=outputs.LoadBalancerStatus(ingress=[ingress]))


@pytest.mark.parametrize(
    ("answer", "address"),
    [
        (status(ip="192.0.2.7"), "192.0.2.7"),
        (status(ip="2001:db8::7"), "[2001:db8::7]"),
        (status(hostname="a.elb.example.com", ip="192.0.2.7"), "a.elb.example.com"),
    ],
)
def test_a_load_balancer_is_named_as_a_url_has_it(answer: outputs.ServiceStatus, address: str) -> None:
    assert load_balancer_address(answer) == address


@pytest.mark.parametrize("answer", [None, outputs.ServiceStatus()])
def test_an_address_that_is_not_known_yet_is_said_to_be_one(answer: outputs.ServiceStatus | None) -> None:
    assert load_balancer_address(answer) == "ADDRESS-OF-THE-LOAD-BALANCER"
