"""Health probes."""

from pulumi_kubernetes import core


def http_probe(path: str, *, delay: int, period: int, failures: int, timeout: int) -> core.v1.ProbeArgs:
    """A probe of ``path`` on the container's port ``http``; times are in seconds.

    A delay of 0 is left out, as the API server leaves it out of what it keeps.
    """
    return core.v1.ProbeArgs(
        http_get=core.v1.HTTPGetActionArgs(path=path, port="http"),
        initial_delay_seconds=delay or None,
        period_seconds=period,
        failure_threshold=failures,
        timeout_seconds=timeout,
    )
