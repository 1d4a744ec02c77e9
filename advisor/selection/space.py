"""What is left to choose from: options that can be part of an answer, in the order of names.

An option is dropped when it breaks a limit whatever else is chosen, or when another option of its role is at least as
good in everything that matters: goals, limits, and what pairs and rules say about it. Of options that are equal in all
that the first by name stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from advisor.selection.problem import NONE, TOLERANCE, Aggregation, Goal, Limit, Pair, SelectionProblem

EXTREMES = (Aggregation.MIN, Aggregation.MAX)


@dataclass(frozen=True)
class Space:
    """A problem, the goals that matter, and the options left.

    Attributes:
        options: role -> option names, both in the order of names.
    """

    problem: SelectionProblem
    goals: tuple[Goal, ...]
    options: Mapping[str, tuple[str, ...]]

    def value(self, role: str, option: str, attribute: str) -> float | None:
        """Return what an option states, None where it states nothing."""
        return self.problem.values[role][option].get(attribute)

    @cached_property
    def pairs(self) -> tuple[Pair, ...]:
        """The pairs whose options are left."""
        left = {(role, name) for role, names in self.options.items() for name in names}
        found = [pair for pair in self.problem.pairs if pair.source in left and pair.target in left]
        return tuple(sorted(found, key=lambda pair: (pair.source, pair.target)))

    @cached_property
    def directions(self) -> Mapping[str, tuple[int, ...]]:
        """Attribute -> the signs with which it is better smaller: 1, -1, or both."""
        found: dict[str, set[int]] = {}
        for goal in self.goals:
            found.setdefault(goal.attribute, set()).add(-1 if goal.maximize else 1)
        for limit in self.problem.limits:
            found.setdefault(limit.attribute, set()).update({"<=": {1}, ">=": {-1}, "=": {1, -1}}[limit.sense])
        return {attribute: tuple(sorted(signs)) for attribute, signs in found.items()}

    @cached_property
    def _least(self) -> dict[tuple[str, str, bool], float]:
        return {}

    def best(self, role: str, attribute: str, lowest: bool) -> float:
        """Return the lowest or highest value of a role's options in a sum."""
        key = role, attribute, lowest
        if key not in self._least:
            values = [self.value(role, name, attribute) or 0.0 for name in self.options[role]] or [0.0]
            self._least[key] = min(values) if lowest else max(values)
        return self._least[key]

    @cached_property
    def _signatures(self) -> Mapping[tuple[str, str], tuple[object, ...]]:
        found: dict[tuple[str, str], list[object]] = {}
        for pair in self.problem.pairs:
            values = tuple(sorted(pair.values.items()))
            found.setdefault(pair.source, []).append((0, pair.target, values))
            found.setdefault(pair.target, []).append((1, pair.source, values))
        for number, rule in enumerate(self.problem.rules):
            for position, member in enumerate(rule.members):
                found.setdefault(member, []).append((2, number, position if rule.kind == "requires" else 0))
        return {member: tuple(sorted(items, key=repr)) for member, items in found.items()}

    def signature(self, role: str, option: str) -> object:
        """Return what pairs and rules say of an option; leaving a role out has a signature of its own for extremes."""
        extreme = any(self.problem.aggregations[goal.attribute] in EXTREMES for goal in self.goals)
        return option == NONE and extreme, self._signatures.get((role, option), ())

    @property
    def empty(self) -> bool:
        """Whether a role has no option left."""
        return any(not names for names in self.options.values())

    @property
    def coupled(self) -> bool:
        """Whether anything but sums and products over single options is left to be decided."""
        problem = self.problem
        named = [goal.attribute for goal in self.goals] + [limit.attribute for limit in self.open_limits]
        return bool(problem.pools or problem.rules or self.pairs) or any(
            problem.aggregations[attribute] not in (Aggregation.SUM, Aggregation.PRODUCT) for attribute in named
        )

    @property
    def open_limits(self) -> tuple[Limit, ...]:
        """The limits that do not already hold because every option left obeys them by itself."""
        in_pairs = {attribute for pair in self.pairs for attribute in pair.values}
        every = {(Aggregation.MAX, "<="), (Aggregation.MIN, ">=")}
        return tuple(
            limit
            for limit in self.problem.limits
            if (self.problem.aggregations[limit.attribute], limit.sense) not in every or limit.attribute in in_pairs
        )


def space(problem: SelectionProblem, goals: Sequence[Goal]) -> Space:
    """Return all options of a problem in order, those dropped that no answer needs."""
    options = {
        role.name: tuple(sorted(option.name for option in role.options))
        for role in sorted(problem.roles, key=lambda role: role.name)
    }
    full = Space(problem, tuple(goals), options)
    possible = Space(problem, tuple(goals), {role: _possible(full, role) for role in options})
    return Space(problem, tuple(goals), {role: _undominated(possible, role) for role in options})


def _possible(full: Space, role: str) -> tuple[str, ...]:
    """Return a role's options that break no limit by themselves."""
    names = full.options[role]
    for limit in full.problem.limits:
        most = _room(full, role, limit)
        if most is not None:
            names = tuple(name for name in names if _fits(full.value(role, name, limit.attribute), limit.sense, most))
    return names


def _fits(value: float | None, sense: str, most: float) -> bool:
    slack = TOLERANCE * max(abs(most), abs(value or 0.0))
    return value is None or (value <= most + slack if sense == "<=" else value >= most - slack)


def _room(full: Space, role: str, limit: Limit) -> float | None:
    """Return what a role's value may be at most (or at least) under a limit; None where that is not known."""
    kind = full.problem.aggregations[limit.attribute]
    upper = limit.sense == "<="
    if (kind, limit.sense) in ((Aggregation.MAX, "<="), (Aggregation.MIN, ">=")):
        return limit.bound
    if (kind, limit.sense) in ((Aggregation.CRITICAL_PATH, "<="), (Aggregation.PRODUCT, ">=")):
        return limit.bound
    adds = limit.attribute in {a for pair in full.problem.pairs for a in pair.values}
    if kind is not Aggregation.SUM or limit.sense == "=" or adds or (full.problem.pools and not upper):
        return None
    others = [full.best(other, limit.attribute, upper) for other in full.options if other != role]
    return limit.bound - sum(others)


def _undominated(possible: Space, role: str) -> tuple[str, ...]:
    """Return a role's options that no other one beats, compared only where pairs and rules treat them alike."""
    from advisor.models.undominated import undominated

    names = possible.options[role]
    if len(names) < 2:
        return names
    alike: dict[object, list[str]] = {}
    for name in names:
        alike.setdefault(possible.signature(role, name), []).append(name)
    kept: set[str] = set()
    for group in alike.values():
        rows = [list(_losses(possible, role, name)) for name in group]
        kept |= {group[index] for index in undominated(rows)}
    return tuple(name for name in names if name in kept)


def _losses(possible: Space, role: str, name: str) -> Iterator[float]:
    """Yield numbers of which each is better smaller; what must be hit exactly comes with both signs."""
    for attribute, signs in possible.directions.items():
        value = possible.value(role, name, attribute)
        kind = possible.problem.aggregations[attribute]
        for sign in signs:
            if value is None:
                yield _neutral(kind, sign)
            else:
                yield sign * value


def _neutral(kind: Aggregation, sign: int) -> float:
    """Return what stating nothing is worth: 0 in a sum, 1 in a product, and never the extreme of several."""
    if kind in EXTREMES:
        return float("inf") * (1 if kind is Aggregation.MIN else -1) * sign
    return sign * (1.0 if kind is Aggregation.PRODUCT else 0.0)
