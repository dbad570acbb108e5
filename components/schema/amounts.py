"""Amounts of CPU and memory that are too large to be meant."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from pydantic import BeforeValidator

from components.spawn_options import OptionError

MOST_CPU, MOST_MEMORY = "100000", "1Pi"
"""More than any node has, or a namespace of any cluster; a slip of the keyboard is soon more."""
_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)([A-Za-z]*)", re.ASCII)


def at_most(parse: Callable[[str, str], Any], most: str) -> BeforeValidator:
    """A check that an amount is not too large, whatever the number of its digits."""
    highest = parse(most, "")

    def check(value: object) -> object:
        match = _AMOUNT.fullmatch(value) if isinstance(value, str) else None
        if match:
            try:
                size = Decimal(match[1]) * parse(f"1{match[2]}", "")
            except OptionError:  # of a unit that there is not
                return value
            if size > highest:
                raise ValueError(f"is too large; the most is {most}")
        return value

    return BeforeValidator(check)
