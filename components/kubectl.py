"""kubectl's command line, for commands that the stack tells people to run."""

import shlex


def kubectl(context: str) -> str:
    """The beginning of a command on the cluster that kubectl calls ``context``, fit for a shell."""
    return f"kubectl --context {shlex.quote(context)}"
