"""Texts that look like secrets: by the name of what holds them, or by their own shape."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import cast

_WORDS = ("PASSWORD", "PASSWD", "PASSPHRASE", "SECRET", "CREDENTIAL", "CREDENTIALS", "APIKEY")
_BEFORE_KEY = ("API", "ACCESS", "PRIVATE", "SECRET", "ENCRYPTION", "SIGNING", "ACCOUNT")
"""Words before KEY in the names of secret keys, as in API_KEY."""
_ABOUT_SECRETS = (
    *("ID", "NAME", "TYPE", "FILE", "PATH", "DIR", "FOLDER", "URL", "URI", "ENDPOINT", "HOST", "PORT", "USER"),
    *("LENGTH", "SIZE", "COUNT", "LIMIT", "TTL", "TIMEOUT", "SECONDS", "MODE", "ENABLED", "REF"),
)
"""The last word of names of what is no secret itself, such as TOKEN_URL."""
_HARMLESS = re.compile(
    r"|true|false|yes|no|on|off|none|null|auto|default|-?\d{1,5}(\.\d+)?"
    r"|<[^<>]*>|\[[^\[\]]*\]"  # tokens of a language model, such as <pad> and [MASK]
    r"|\$\(\w+\)"  # another variable
    r"|(/|\.{1,2}/|~/|[a-z][a-z0-9+.-]*://)\S*",  # a place
    re.IGNORECASE | re.ASCII,
)
"""Values that no secret has, whatever their name."""
_SHAPES = {
    "a private key": r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|\Z)",
    "a key of Google Cloud": r'"private_key\\?"\s*:\s*\\?"[^"\\]+|\bAIza[0-9A-Za-z_-]{35}|\bya29\.[0-9A-Za-z_-]{20,}',
    "a key of AWS": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "a key of Azure": r"\b(?:AccountKey|SharedAccessKey)=[A-Za-z0-9+/=]{20,}",
    "a token of GitHub": r"\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_[A-Za-z0-9_]{20,}",
    "a token of GitLab": r"\bglpat-[A-Za-z0-9_-]{20,}",
    "a token of Hugging Face": r"\bhf_[A-Za-z0-9]{20,}",
    "a token of Slack": r"\bxox[abeprs]-[A-Za-z0-9-]{10,}",
    "an API key": r"\bsk-(?:[A-Za-z0-9]{20,}|(?:proj|ant|svcacct|admin)-[A-Za-z0-9_-]{20,})",
    "a JSON web token": r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*",
    "a URL with a password": r"\b[A-Za-z][A-Za-z0-9+.-]{0,30}://[^\s/:@]*:(?!\$\(\w+\)@)[^\s/@]+@",
}
"""Patterns of secrets of well-known kinds, wherever they are."""
_ANY_SHAPE = re.compile("|".join(f"(?:{shape})" for shape in _SHAPES.values()))


def is_secret_name(name: str) -> bool:
    """Says whether what is called so is usually secret, as ``HF_TOKEN`` is and ``MAX_TOKENS`` is not."""
    words = [word.upper() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)]
    if not words or words[-1] in _ABOUT_SECRETS:
        return False
    # In other places of a name a token is one of a language model's, as in TOKEN_EMBEDDING.
    if words[-1] == "TOKEN" or any(word in _WORDS for word in words):
        return True
    return any(last == "KEY" and first in _BEFORE_KEY for first, last in pairwise(words))


def is_named_secret(name: str, value: str) -> bool:
    """Says whether ``value`` is a secret by its name, and not one of those that no secret has."""
    return is_secret_name(name) and not _HARMLESS.fullmatch(value.strip())


def shape_of(text: str) -> str | None:
    """The kind of secret that is in ``text``; None if there is none of a known kind."""
    if not _ANY_SHAPE.search(text):
        return None
    return next(kind for kind, shape in _SHAPES.items() if re.search(shape, text))


def concealed(text: str) -> str:
    """The text with an ellipsis in place of each secret of a known kind."""
    return _ANY_SHAPE.sub("...", text)


def secrets_in(value: object) -> Iterator[tuple[list[str | int], str]]:
    """Finds the secrets of known kinds in a value, as JSON has it: the path of each, and its kind."""
    left: list[tuple[list[str | int], object]] = [([], value)]
    while left:
        path, each = left.pop()
        if isinstance(each, dict):
            left += [([*path, str(key)], inner) for key, inner in cast("dict[str, object]", each).items()]
        elif isinstance(each, list):
            left += [([*path, index], inner) for index, inner in enumerate(cast("list[object]", each))]
        elif isinstance(each, str) and (kind := shape_of(each)):
            yield path, kind
