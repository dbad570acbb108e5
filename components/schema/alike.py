"""Words that are nearly another, and letters that look like another's."""

import re
import unicodedata
from collections.abc import Iterable, Iterator

_SCRIPTS = ("CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU", "FULLWIDTH", "HALFWIDTH", "MATHEMATICAL")
"""Those with letters that look like Latin ones, as their letters' names begin."""
_PUNCTUATION = ("Pd", "Pi", "Pf", "Po", "Sm", "Sk", "Zs")
"""Categories of what word processors write for -, ', " and the space."""
_SHORTEST = 4
"""How many letters a word has at least that may lack its ending."""
_MOST = 3
"""How many characters a sentence names."""


def close(word: str, known: Iterable[str]) -> str | None:
    """The one of ``known`` that ``word`` is a slip of: a few letters, or a part that it has in common with no other."""
    names = list(known)
    folded = word.lower()
    nearest = min(names, key=lambda each: _edits(folded, each.lower()), default=None)
    if nearest is not None and (_edits(folded, nearest.lower()) <= _slips(folded) or _begins(folded, nearest.lower())):
        return nearest
    parts = set(_parts(word))
    having = [each for each in names if parts < set(_parts(each)) and 2 * len(parts) >= len(_parts(each))]
    return having[0] if len(having) == 1 else None


def _slips(word: str) -> int:
    """How many letters may be wrong: one of four, and no more than two."""
    return min(2, len(word) // 4)


def _begins(one: str, other: str) -> bool:
    """Whether one is the other with an ending of one or two letters."""
    shorter, longer = sorted((one, other), key=len)
    return len(shorter) >= _SHORTEST and longer.startswith(shorter) and len(longer) <= len(shorter) + 2


def _parts(word: str) -> list[str]:
    """The words in a camelCase or snake_case name."""
    return [each.lower() for each in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+", word)]


def _edits(one: str, other: str) -> int:
    """How many letters are left out, added, wrong or changed places, to come from one word to the other."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for number, letter in enumerate(one, start=1):
        before, above, row = row, before, [number]
        for column, another in enumerate(other, start=1):
            best = min(before[column] + 1, row[-1] + 1, before[column - 1] + (letter != another))
            swapped = number > 1 and column > 1 and letter == other[column - 2] and another == one[number - 2]
            row.append(min(best, above[column - 2] + 1) if swapped else best)
    return row[-1]


def look_alikes(text: str) -> str:
    """Names the characters of a text that look like others, or like nothing; empty if there are none."""
    found = list(dict.fromkeys(_strange(text)))
    named = [f"{_code(each)} ({unicodedata.name(each, 'a control character')})" for each in found[:_MOST]]
    return ", ".join(named) + (f" and {len(found) - _MOST} more" if len(found) > _MOST else "")


def plain(text: str) -> str:
    """A text with what its characters look like, as far as Unicode knows it."""
    kept = (each for each in text if unicodedata.category(each) not in ("Cf", "Cc"))
    return "".join(_LATIN[each] if each in _LATIN else unicodedata.normalize("NFKC", each) for each in kept)


def _strange(text: str) -> Iterator[str]:
    # Who writes all in another script means it.
    mixed = any(each.isascii() and each.isalnum() for each in text) or plain(text).isascii()
    for each in text:
        name, category = unicodedata.name(each, ""), unicodedata.category(each)
        foreign = mixed and (name.startswith(_SCRIPTS) or category == "Nd")
        looks = category in (*_PUNCTUATION, "Mn") or name.startswith("FULLWIDTH") or foreign
        if not each.isprintable() or (looks and not each.isascii()):
            yield each


def _code(character: str) -> str:
    return f"U+{ord(character):04X}"


_LATIN: dict[str, str] = dict(
    zip(
        "аеорсухіјѕһԁԛԝАВЕКМНОРСТУХІЈЅοαενρτυικΑΒΕΖΗΙΚΜΝΟΡΤΥΧ‐‑‒–—−’‘“”",  # noqa: RUF001  # which is the point
        "aeopcyxijshdqwABEKMHOPCTYXIJSoaevptuikABEZHIKMNOPTYX------''\"\"",
        strict=False,
    )
)
