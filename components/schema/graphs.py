"""The shape of a graph of models: who is whose child, and what may be.

A graph is a map of units, each of which names its children. Its root is the one that nobody names.
"""

from collections.abc import Iterator, Mapping, Sequence

Children = Mapping[str, Sequence[str]]
"""The children of each unit, by its name."""


def root_of(children: Children) -> str:
    """The unit that requests come to.

    Raises:
        ValueError: if the units are no tree.
    """
    for unit, sentence in shape_faults(children):
        raise ValueError(f"{unit} {sentence}" if unit else sentence)
    return _roots(children)[0]


def shape_faults(children: Children) -> Iterator[tuple[str, str]]:
    """What keeps units from being a tree: the unit, empty for all of them, and a sentence to be read after it."""
    known = ", ".join(sorted(children))
    parents: dict[str, str] = {}
    for unit, named in children.items():
        for child in named:
            if child not in children:
                yield unit, f"has the child {child}, which is not a unit; there are {known}"
            elif child in parents:
                again = "twice" if parents[child] == unit else f"of {parents[child]} as well"
                yield unit, f"has the child {child}, which is a child {again}; a unit has one parent: write another one"
            parents.setdefault(child, unit)
    roots = _roots(children)
    if len(roots) > 1:
        yield (
            "",
            f"has {len(roots)} units that are nobody's children, {' and '.join(roots)}; requests come to one: make the "
            f"others its children, or a predictor each",
        )
    if circle := _circle(parents):
        yield circle[0], f"is below itself: {' > '.join([*circle, circle[0]])}; leave one of these children out"


def _roots(children: Children) -> list[str]:
    named = {child for each in children.values() for child in each}
    return sorted(set(children) - named)


def _circle(parents: Mapping[str, str]) -> list[str]:
    """Units each of which is a child of the one before, the last one the first one's parent; none if there are none."""
    for start in sorted(parents):
        above = [start]
        while above[-1] in parents:
            above.append(parents[above[-1]])
            if above[-1] == start:
                return above[:0:-1]
            if above[-1] in above[:-1]:
                break
    return []
