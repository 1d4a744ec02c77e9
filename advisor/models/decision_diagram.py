"""A tree of named parts as a binary decision diagram: every part is decided once, however often its name occurs.

    P(up) = a P(up | part up) + (1 - a) P(up | part down)

is pivotal decomposition; a diagram does it for one part after another and keeps each remaining question only once.
Where no name is repeated it has about as many states as the tree has parts. Where many are, the number can explode:
then it refuses.

Every probability is a sum of positive terms, so availability and unavailability both keep full relative precision.

Source: Bryant, Graph-Based Algorithms for Boolean Function Manipulation (1986); Rauzy, New Algorithms for Fault Trees
Analysis (1993).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from advisor.models.reliability_structure import All, AtLeast, Part, Plain, leaves, repeated

MOST_STATES = 100_000
DOWN, UP = 0, 1  # the two states in which everything is decided


class TooManyStates(ValueError):  # noqa: N818 - a ValueError with a reason, as every bad argument here
    """The diagram needs more states than allowed."""


class Diagram:
    """A reduced ordered diagram with one root.

    Attributes:
        order: names of the parts, in the order in which they are decided.
        levels, highs, lows: for each state the part that it decides, and the states that follow when that part is up
        or down.
            A state comes after those that follow from it.
        root: the state from which everything is decided.
    """

    def __init__(self, order: Sequence[str]) -> None:
        self.order = tuple(order)
        self.levels, self.highs, self.lows = [len(order)] * 2, [DOWN, UP], [DOWN, UP]
        self.root = UP
        self._place = {name: level for level, name in enumerate(order)}
        self._states: dict[tuple[int, int, int], int] = {}
        self._choices: dict[tuple[int, int, int], int] = {}
        self._built: dict[Plain, int] = {}

    def state(self, level: int, high: int, low: int) -> int:
        """Return the state that decides a part; none is needed when the part makes no difference."""
        if high == low:
            return high
        key = (level, high, low)
        if key not in self._states:
            if len(self.levels) >= MOST_STATES:
                raise TooManyStates(f"the exact calculation must do with {MOST_STATES} states, found more")
            self._states[key] = len(self.levels)
            self.levels.append(level)
            self.highs.append(high)
            self.lows.append(low)
        return self._states[key]

    def choose(self, condition: int, then: int, otherwise: int) -> int:
        """Return the state for: if ``condition`` is up then ``then``, else ``otherwise``."""
        if condition in (UP, DOWN) or then == otherwise:
            return otherwise if condition == DOWN else then
        if (then, otherwise) == (UP, DOWN):
            return condition
        key = (condition, then, otherwise)
        if key not in self._choices:
            level = min(self.levels[state] for state in key)
            highs = [self.highs[s] if self.levels[s] == level else s for s in key]
            lows = [self.lows[s] if self.levels[s] == level else s for s in key]
            self._choices[key] = self.state(level, self.choose(*highs), self.choose(*lows))
        return self._choices[key]

    def build(self, structure: Plain) -> int:
        """Return the state for a tree."""
        if structure not in self._built:
            self._built[structure] = self._build(structure)
        return self._built[structure]

    def _build(self, structure: Plain) -> int:
        if isinstance(structure, Part):
            return self.state(self._place[structure.name], UP, DOWN)
        # From the last child to the first: with parts in order each step then only adds in front of what is there.
        found = [self.build(child) for child in structure.parts][::-1]  # type: ignore[arg-type]
        if isinstance(structure, AtLeast):
            return self._at_least(structure.k, found)
        state = UP if isinstance(structure, All) else DOWN
        for child in found:
            state = self.choose(child, state, DOWN) if isinstance(structure, All) else self.choose(child, UP, state)
        return state

    def _at_least(self, k: int, found: Sequence[int]) -> int:
        """Return the state for at least k: needs[j] is at least j of the children seen so far."""
        needs = [UP] + [DOWN] * k
        for place, child in enumerate(found, 1):
            # More than there were so far cannot be up; less than the rest leaves open is not asked for.
            for j in range(min(k, place), max(0, k - len(found) + place - 1), -1):
                needs[j] = self.choose(child, needs[j - 1], needs[j])
        return needs[k]

    def reachable(self) -> list[int]:
        """Return the states that the root leads to, itself last, without the two decided ones."""
        seen = {self.root} - {UP, DOWN}
        for state in range(self.root, UP, -1):
            if state in seen:
                seen |= {self.highs[state], self.lows[state]} - {UP, DOWN}
        return sorted(seen)


def diagram(structure: Plain) -> Diagram:
    """Return the diagram of a tree, deciding parts in the order in which they stand, or else repeated ones first.

    Raises:
        ValueError: too many repeated names: neither order does with a hundred thousand states.

    >>> from advisor.models.reliability_structure import Any
    >>> shared = Part("identity", 0.99)
    >>> found = diagram(Any(All(shared, Part("a", 0.9)), All(shared, Part("b", 0.9))))
    >>> found.order, len(found.reachable())
    (('identity', 'a', 'b'), 3)
    """
    names = list(dict.fromkeys(part.name for part in leaves(structure)))
    often = repeated(structure)
    for order in (names, often + [name for name in names if name not in often]):
        found = Diagram(order)
        try:
            found.root = found.build(structure)
        except TooManyStates:
            continue
        return found
    shared = f"; {len(often)} names stand in several places ({', '.join(often[:5])}, ...)" if often else ""
    raise ValueError(
        f"a tree must need at most {MOST_STATES} states for an exact answer, found more{shared}: merge parts that only "
        "occur together into one, and equal units by k_of_n"
    )


def chances(found: Diagram, parts: Mapping[str, Part]) -> tuple[list[float], list[float]]:
    """Return for each state the probabilities that the system is up, and down, from there on.

    >>> found = diagram(All(Part("a", 0.5), Part("b", 0.75)))
    >>> up, down = chances(found, {"a": Part("a", 0.5), "b": Part("b", 0.75)})
    >>> up[found.root], down[found.root]
    (0.375, 0.625)
    """
    up, down = [0.0, 1.0] + [0.0] * (len(found.levels) - 2), [1.0, 0.0] + [0.0] * (len(found.levels) - 2)
    for state in found.reachable():
        part = parts[found.order[found.levels[state]]]
        high, low = found.highs[state], found.lows[state]
        up[state] = part.availability * up[high] + part.down * up[low]
        down[state] = part.availability * down[high] + part.down * down[low]
    return up, down


def differences(found: Diagram, parts: Mapping[str, Part]) -> dict[str, float]:
    """Return for each part P(system up | part up) - P(system up | part down), Birnbaum's importance.

    Sums, over the states that decide the part, how likely it is to get there times what the part changes from there.

    >>> differences(diagram(All(Part("a", 0.5), Part("b", 0.75))), {"a": Part("a", 0.5), "b": Part("b", 0.75)})
    {'a': 0.75, 'b': 0.5}
    """
    up, down = chances(found, parts)
    arrive = [0.0] * len(found.levels)
    arrive[found.root] = 1.0
    result = dict.fromkeys(found.order, 0.0)
    for state in reversed(found.reachable()):
        part = parts[found.order[found.levels[state]]]
        high, low = found.highs[state], found.lows[state]
        arrive[high] += arrive[state] * part.availability
        arrive[low] += arrive[state] * part.down
        # The side with the smaller numbers loses fewer digits in the difference.
        change = up[high] - up[low] if up[high] < down[low] else down[low] - down[high]
        result[part.name] += arrive[state] * change
    return result


def cut_sets(found: Diagram) -> tuple[list[str], list[tuple[str, str]]]:
    """Return the parts, and the pairs of parts, whose failure alone takes the system down; no pair holds such a part.

    The system below a state is cut by what cuts it when the part is up, or by the part together with what cuts the
    rest.

    >>> from advisor.models.reliability_structure import Any
    >>> cut_sets(diagram(All(Part("a", 0.9), Any(Part("b", 0.9), Part("c", 0.9)))))
    (['a'], [('b', 'c')])
    """
    nothing: frozenset[int] = frozenset()
    singles = {UP: nothing, DOWN: nothing}
    pairs: dict[int, frozenset[tuple[int, int]]] = {UP: frozenset(), DOWN: frozenset()}
    for state in found.reachable():
        level, high, low = found.levels[state], found.highs[state], found.lows[state]
        singles[state] = singles[high] | ({level} if low == DOWN else nothing)
        new = nothing if low == DOWN else singles[low] - singles[high]
        pairs[state] = pairs[high] | {(level, other) for other in new}
    ones = [found.order[level] for level in sorted(singles[found.root])]
    return ones, [(found.order[one], found.order[other]) for one, other in sorted(pairs[found.root])]
