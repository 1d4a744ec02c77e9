"""Which of several optimal designs is returned: the first in the order of names.

Options that the relaxation shows to cost more than the optimum are closed first; mostly one is left for each role.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from advisor.optimizer.solver import Status
from advisor.selection import totals
from advisor.selection.formulation import Expression, Model, Row
from advisor.selection.judge import Judged
from advisor.selection.problem import Goal
from advisor.selection.search import Condition, OutOfTimeError, Search, at_least_as_good

WEIGHT = 10_000  # largest weight by which one solve decides the order of several roles
MOST_NODES = 500  # a proof that took more branch-and-bound nodes is not repeated to settle ties by name


def first_by_name(search: Search, goal: Goal, best: Judged) -> Judged:
    """Return, of all designs that tie with an optimum, the first in the order of names (roles in order of names).

    After the options, pools have as few units as can be of their types in the order of names. A proof that was hard
    is not repeated for this; which of several optima is returned is then up to the solver, the same each time.
    """
    if search.session.nodes > MOST_NODES:
        return best
    search.most_nodes = search.session.most_nodes = MOST_NODES
    try:
        close = _close(search, goal, best)
        other = _other(search, goal, best, close)
        if other is None:
            return best
        return _lexicographic(search, goal, min(best, other, key=lambda judged: judged.loss(goal)), close)
    except OutOfTimeError:
        return best


def _close(search: Search, goal: Goal, best: Judged) -> dict[str, tuple[str, ...]]:
    """Return role -> the options that the relaxation does not show to cost more than an optimum."""
    search.load([at_least_as_good(search.space, goal, best)])
    relaxed = search.session.relax(totals.loss(search.model, goal))
    if relaxed is None:
        return {role: (best.chosen[role],) for role in search.space.options}
    bound, prices = relaxed
    reach = search.worth(goal, best, bound)
    return {
        role: tuple(n for n in names if prices[search.model.x[role, n].name] <= reach or n == best.chosen[role])
        for role, names in search.space.options.items()
    }


def _only(search: Search, options: Mapping[str, Sequence[str]]) -> None:
    search.allow(search.model.x[role, name].name for role, names in options.items() for name in names)


def _other(search: Search, goal: Goal, best: Judged, close: Mapping[str, Sequence[str]]) -> Judged | None:
    """Return a design that is at least as good as one that is known, None when there is no other."""
    _only(search, close)
    search.cut(best, always=False)
    outcome, other = search.solve(totals.loss(search.model, goal))
    return other if outcome.status is Status.OPTIMAL else None


def _lexicographic(search: Search, goal: Goal, best: Judged, close: Mapping[str, tuple[str, ...]]) -> Judged:
    """Settle the roles one group after the other, each at its first option that leaves an optimal design."""
    search.load([at_least_as_good(search.space, goal, best)])
    left, found = dict(close), best
    for group in _groups(close):
        _only(search, left)
        ranks: list[tuple[object, float]] = []
        for role, weight in group:
            ranks += [(search.model.x[role, name], weight * i) for i, name in enumerate(close[role])]
        outcome, first = search.solve(Expression(ranks))
        if first is None or outcome.status is not Status.OPTIMAL:
            return best
        found = first
        left |= {role: (found.chosen[role],) for role, _ in group}
    _only(search, left)
    return _fewest_units(search, found) if search.model.units else found


def _fewest_units(search: Search, best: Judged) -> Judged:
    """Make the unit counts as small as can be, one type after the other in the order of names."""
    for key in sorted(search.model.units):
        outcome, found = search.solve(Expression([(search.model.units[key], 1.0)]))
        if found is None or outcome.status is not Status.OPTIMAL:
            return best
        best, count = found, found.pools[key[0]].units[key[1]]
        search.require(_no_more_units(key, count))
    return best


def _no_more_units(key: tuple[str, str], count: int) -> Condition:
    def rows(model: Model) -> Iterator[Row]:
        yield Expression([(model.units[key], 1.0)]) <= float(count)

    return Condition(rows, lambda judged: judged.pools[key[0]].units[key[1]] <= count)


def _groups(options: Mapping[str, Sequence[str]]) -> Iterator[list[tuple[str, float]]]:
    """Yield groups of (role, weight): within a group earlier roles outweigh all later ones together.

    >>> list(_groups({"a": "xy", "b": "x", "c": "xyz"}))
    [[('a', 3.0), ('c', 1.0)]]
    """
    group: list[str] = []
    size = 1
    for role, names in options.items():
        if len(names) > 1:
            if group and size * len(names) > WEIGHT:
                yield _weighted(group, options)
                group, size = [], 1
            group.append(role)
            size *= len(names)
    if group:
        yield _weighted(group, options)


def _weighted(group: Sequence[str], options: Mapping[str, Sequence[str]]) -> list[tuple[str, float]]:
    weights, weight = [], 1
    for role in reversed(group):
        weights.append((role, float(weight)))
        weight *= len(options[role])
    return weights[::-1]
