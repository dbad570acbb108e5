"""Values as sentences about settings show them."""

import json

from components.secret_texts import concealed

LONGEST_SHOWN = 80


def shown(value: object) -> str:
    """A value as JSON on one line: cut short if it is long, and without what a terminal would obey."""
    try:
        text = json.dumps(value, default=str, ensure_ascii=False)
    except RecursionError:
        return "a value within hundreds of others"
    # Before it is cut: what is left of a secret would not look like one.
    text = concealed(text)
    return in_print(text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 3]}...")


def in_print(text: str) -> str:
    """A text with all that cannot be seen written as Python does."""
    return "".join(character if character.isprintable() else ascii(character)[1:-1] for character in text)
