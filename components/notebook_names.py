"""Names of notebooks' pods and claims that fit, whatever the user is called.

The hub runs this file as it stands (it travels in the hub's ConfigMap), so it needs nothing but the standard library.
"""

import hashlib

LONGEST_POD = 63
"""A pod's name is its host's, which has 63 characters at most, and part of the folder of its logs."""
LONGEST_CLAIM = 150
"""What makes volumes of folders calls one after the claim, its namespace and its volume, with 255 characters in all."""
USER_NAMES = r"(?!(?:\.|%2e)+\Z)[^\x00-\x1f\x7f-\x9f/]{1,255}\Z"
"""Users' names that can have a notebook: not so long that no cookie holds them, without control characters, and no
``..``, which is another folder in a URL."""
_DIGITS = 20


def shortened(name: str, longest: int) -> str:
    """``name``, or its beginning and a hash of the whole if it has more than ``longest`` characters.

    KubeSpawner's scheme ``escape`` writes ``-`` before two hexadecimal digits alone, so that no name which is short
    enough holds the ``--`` before the hash: two users never share one.
    """
    if len(name) <= longest:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:_DIGITS]
    return f"{name[: longest - _DIGITS - 2]}--{digest}"
