"""The selection as a mixed-integer linear program. Every constraint kind is one registered function.

Sets: roles R, options O_r, pools P with unit types U_p and classes C_p. Variables: x[r, o] in {0, 1}, option o fills
role r; n[p, u] whole, units of a type; z[p, c, u] >= 0, share of a class that a type serves; y of a pair of options is
1 where both are chosen. Coefficients are constants of the problem.

Rows are scaled, and loosened by more than the judge's tolerance: no design that the judge accepts is cut off, and what
they let through beside those the judge refuses (:mod:`advisor.selection.search`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import pulp

from advisor.selection.problem import SERVED, TOLERANCE, Aggregation, Goal, Limit, Member, Pair, Rule
from advisor.selection.space import Space

Row: TypeAlias = pulp.LpConstraint
Expression: TypeAlias = pulp.LpAffineExpression
Variable: TypeAlias = pulp.LpVariable
CONSTRAINTS: dict[str, Callable[..., Iterator[Row]]] = {}
WHOLE = 1e5  # rows of whole numbers up to this stay as they are, so that the solver can use that they are whole
DECIMALS = 4
SMALLEST_BOUND = 1e-6  # of the largest coefficient: rows in units of a smaller one were taken for infeasible
LOOSE = 1e-6  # of a right side: as much as a solver's tolerance, so that a limit met exactly is not taken for missed


@dataclass
class Model:
    """A PuLP problem with its variables by what they mean."""

    problem: pulp.LpProblem
    space: Space
    x: dict[Member, Variable] = field(default_factory=dict)
    units: dict[tuple[str, str], Variable] = field(default_factory=dict)
    shares: dict[tuple[str, str, str], Variable] = field(default_factory=dict)  # (pool, class, unit type)
    both: dict[tuple[Member, Member], Variable] = field(default_factory=dict)
    totals: dict[tuple[str, bool], Expression] = field(default_factory=dict)  # (attribute, as an upper bound)
    names: dict[str, int] = field(default_factory=dict)
    created: list[Variable] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)

    def variable(self, kind: str, most: float | None, *, whole: bool = False) -> Variable:
        """Return a new variable from 0 to ``most``."""
        number = self.names[kind] = self.names.get(kind, -1) + 1
        category = pulp.LpInteger if whole else pulp.LpContinuous
        self.created.append(self.problem.add_variable(f"{kind}__{number:05d}", 0, most, category))
        return self.created[-1]

    def parts(self, attribute: str) -> Iterator[tuple[Variable, float]]:
        """Yield (variable, number) of everything that an attribute is aggregated from, pools included."""
        for (role, option), x in self.x.items():
            value = self.space.value(role, option, attribute)
            if value is not None:
                yield x, value
        for pair in self.space.pairs:
            if attribute in pair.values:
                yield self.both[pair.source, pair.target], pair.values[attribute]
        for pool in self.space.problem.pools:
            for unit, values in sorted(pool.units.items()):
                if attribute in values:
                    yield self.units[pool.name, unit], values[attribute]
            served = {c.name: c.demand for c in pool.classes if attribute == f"{SERVED}{c.priority}"}
            for (name, one, _), share in self.shares.items():
                if name == pool.name and one in served:
                    yield share, served[one]

    def add(self, rows: Iterator[Row]) -> None:
        """Add rows to the problem."""
        for row in rows:
            self.problem.addConstraint(row)
            self.rows.append(row)


def constraint(kind: str) -> Callable[[Callable[..., Iterator[Row]]], Callable[..., Iterator[Row]]]:
    """Register a constraint kind."""

    def register(function: Callable[..., Iterator[Row]]) -> Callable[..., Iterator[Row]]:
        CONSTRAINTS[kind] = function
        return function

    return register


def bare(space: Space) -> Model:
    """Return a model with the variables of the choice and the units, and no rows."""
    from advisor.selection.pool import most_units

    model = Model(pulp.LpProblem("selection", pulp.LpMinimize), space)
    for number, (role, names) in enumerate(space.options.items()):
        for index, name in enumerate(names):
            model.x[role, name] = model.problem.add_variable(f"use__{number:03d}__{index:05d}", 0, 1, pulp.LpInteger)
    for pool in space.problem.pools:
        for unit in sorted(pool.units):
            model.units[pool.name, unit] = model.variable("units", most_units(space, pool, unit), whole=True)
    for pair in space.pairs:
        model.both[pair.source, pair.target] = model.variable("both", 1, whole=True)
    return model


def formulate(space: Space) -> Model:
    """Return the whole model: all rows of the problem, and a total for each goal that is no plain sum."""
    from advisor.selection import pool, totals

    model = bare(space)
    model.add(CONSTRAINTS["choose_one"](model))
    model.add(CONSTRAINTS["both_chosen"](model))
    for rule in space.problem.rules:
        model.add(CONSTRAINTS[rule.kind](model, rule))
    for one in space.problem.pools:
        pool.add(model, one)
    for goal in space.goals:
        totals.prepare(model, goal.attribute, upper=not goal.maximize)
        model.add(CONSTRAINTS["something_chosen"](model, goal))
    for limit in space.problem.limits:
        model.add(limit_rows(model, limit))
    return loadable(model)


def loadable(model: Model) -> Model:
    """Return the model with an objective that names every variable: PuLP loads no others. Each solve replaces it."""
    model.problem.setObjective(Expression([(x, 1.0) for x in (*model.x.values(), *model.created)]))
    return model


def limit_rows(model: Model, limit: Limit, loose: float = LOOSE) -> Iterator[Row]:
    """Yield the rows of a limit; an equality is one from above and one from below."""
    from advisor.selection import totals

    kind = model.space.problem.aggregations[limit.attribute]
    for sense in ("<=", ">=") if limit.sense == "=" else (limit.sense,):
        one = Limit(limit.attribute, sense, limit.bound)
        if kind is Aggregation.SUM:
            yield from CONSTRAINTS["sum"](model, one, loose)
        elif kind is Aggregation.PRODUCT:
            yield from CONSTRAINTS["product"](model, one, loose)
        elif kind is Aggregation.CRITICAL_PATH:
            totals.prepare(model, limit.attribute, upper=sense == "<=")
            yield from CONSTRAINTS["path"](model, one, loose)
        elif (kind is Aggregation.MAX) == (sense == "<="):
            yield from CONSTRAINTS["every"](model, one)
        else:
            yield from CONSTRAINTS["some"](model, one)


def at_most(terms: Sequence[tuple[Variable, float]], bound: float, slack: float, name: str, loose: float = 0.0) -> Row:
    """Return the row: sum of terms <= bound + slack, as whole numbers where it is one of them, else scaled.

    ``loose``: added to the scaled right side; whole numbers need none.
    """
    largest = max((abs(value) for _, value in terms), default=0.0)
    for digits in range(DECIMALS + 1):
        power = 10.0**digits
        if max(largest, abs(bound)) * power > WHOLE or not all(x.cat == pulp.LpInteger for x, _ in terms):
            break
        if all(_is_whole(value * power) for _, value in terms):
            right = (bound + slack) * power
            right = math.floor(right + 1e-9 * max(1.0, abs(right)))
            return _row([(x, float(round(value * power))) for x, value in terms], float(right), name)
    factor = 1.0 / ((abs(bound) if abs(bound) > SMALLEST_BOUND * largest else largest) or 1.0)
    return _row([(x, value * factor) for x, value in terms], (bound + slack) * factor + loose, name)


def _is_whole(value: float) -> bool:
    return abs(value - round(value)) <= 1e-12 * max(1.0, abs(value))


def _row(terms: Sequence[tuple[Variable, float]], bound: float, name: str) -> Row:
    row = Expression(list(terms)) <= bound
    row.name = name
    return row


def row_name(model: Model, kind: str) -> str:
    """Return a name for a row, numbered within its kind."""
    number = model.names[f"row {kind}"] = model.names.get(f"row {kind}", -1) + 1
    return f"{kind}__{number:04d}"


def number_row(model: Model, terms: Sequence[tuple[Variable, float]], bound: float, kind: str) -> Row:
    """Return the row: sum of terms <= bound, numbered within its kind; variables that come twice are added up."""
    merged: dict[str, tuple[Variable, float]] = {}
    for x, value in terms:
        merged[x.name] = x, value + merged.get(x.name, (x, 0.0))[1]
    return at_most(list(merged.values()), bound, 0.0, row_name(model, kind))


@constraint("choose_one")
def choose_one(model: Model) -> Iterator[Row]:
    """Each role has exactly one option (leaving a role out is an option)."""
    for role, names in model.space.options.items():
        row = Expression([(model.x[role, name], 1.0) for name in names]) == 1
        row.name = row_name(model, "choose_one")
        yield row


@constraint("both_chosen")
def both_chosen(model: Model) -> Iterator[Row]:
    """The variable of a pair is 1 where both of its options are chosen, else 0.

    Between two roles the pairs of one option with all options of the other add up to at most that option; together
    with the rows that force a pair on, this is as tight as a linear program over two roles can be when all are listed.
    """
    for pairs in _between(model).values():
        for end in (0, 1):
            sides: dict[Member, list[Pair]] = {}
            for pair in pairs:
                sides.setdefault((pair.source, pair.target)[end], []).append(pair)
            for member, mine in sides.items():
                here = [(model.both[pair.source, pair.target], 1.0) for pair in mine]
                yield _row([*here, (model.x[member], -1.0)], 0.0, row_name(model, "at_most_chosen"))
                others = [(model.x[(pair.target, pair.source)[end]], 1.0) for pair in mine]
                forced = [*others, (model.x[member], 1.0), *((y, -1.0) for y, _ in here)]
                yield _row(forced, 1.0, row_name(model, "both_chosen"))


def _between(model: Model) -> Mapping[tuple[str, str], list[Pair]]:
    found: dict[tuple[str, str], list[Pair]] = {}
    for pair in model.space.pairs:
        found.setdefault((pair.source[0], pair.target[0]), []).append(pair)
    return found


@constraint("requires")
def requires(model: Model, rule: Rule) -> Iterator[Row]:
    """Where the first option is chosen all others are; an option that was dropped is never chosen."""
    first = model.x.get(rule.members[0])
    for member in rule.members[1:]:
        if first is not None:
            needed = [(model.x[member], -1.0)] if member in model.x else []
            yield _row([(first, 1.0), *needed], 0.0, row_name(model, "requires"))


@constraint("excludes")
def excludes(model: Model, rule: Rule) -> Iterator[Row]:
    """The options are not all chosen together."""
    members = sorted(set(rule.members))
    if all(member in model.x for member in members):
        terms = [(model.x[member], 1.0) for member in members]
        yield _row(terms, len(members) - 1.0, row_name(model, "excludes"))


@constraint("sum")
def total(model: Model, limit: Limit, loose: float = LOOSE) -> Iterator[Row]:
    """What the chosen options, pairs and units add up to is within the limit."""
    sign = 1.0 if limit.sense == "<=" else -1.0
    terms = [(x, sign * value) for x, value in model.parts(limit.attribute) if value]
    yield at_most(terms, sign * limit.bound, TOLERANCE * abs(limit.bound), row_name(model, "sum"), loose)


@constraint("product")
def product(model: Model, limit: Limit, loose: float = LOOSE) -> Iterator[Row]:
    """The product is within the limit: the logarithms add up, in units of the limit's."""
    terms = [(x, -math.log(value)) for x, value in model.parts(limit.attribute) if value < 1]
    if limit.bound <= 0:
        if limit.sense == "<=":  # a product of positive numbers is positive
            yield _row([], -1.0, row_name(model, "product"))
        return
    right = -math.log(limit.bound)
    if limit.sense == ">=":
        yield at_most(terms, right, TOLERANCE, row_name(model, "product"), loose)
    else:
        yield at_most([(x, -value) for x, value in terms], -right, TOLERANCE, row_name(model, "product"), loose)


@constraint("every")
def every(model: Model, limit: Limit) -> Iterator[Row]:
    """No option or pair is on the wrong side of the bound of a smallest or largest value."""
    beyond = [(x, 1.0) for x, value in model.parts(limit.attribute) if not limit.holds(value)]
    if beyond:
        yield _row(beyond, 0.0, row_name(model, "every"))


@constraint("some")
def some(model: Model, limit: Limit) -> Iterator[Row]:
    """At least one chosen option or pair is on the right side of the bound."""
    within = [(x, -1.0) for x, value in model.parts(limit.attribute) if limit.holds(value)]
    yield _row(within, -1.0, row_name(model, "some"))


@constraint("path")
def path(model: Model, limit: Limit, loose: float = LOOSE) -> Iterator[Row]:
    """The longest path is within the limit."""
    upper = limit.sense == "<="
    longest = model.totals[limit.attribute, upper]
    terms = [(x, value if upper else -value) for x, value in longest.items()]
    bound = limit.bound if upper else -limit.bound
    yield at_most(terms, bound, TOLERANCE * abs(bound), row_name(model, "path"), loose)


@constraint("something_chosen")
def something_chosen(model: Model, goal: Goal) -> Iterator[Row]:
    """A smallest or largest value that is the goal is one of something."""
    if model.space.problem.aggregations[goal.attribute] in (Aggregation.MIN, Aggregation.MAX):
        yield _row([(x, -1.0) for x, _ in model.parts(goal.attribute)], -1.0, row_name(model, "something_chosen"))


@constraint("not_this_design")
def not_this_design(model: Model, chosen: Sequence[Member]) -> Iterator[Row]:
    """This combination of options is out."""
    yield _row([(model.x[member], 1.0) for member in chosen], len(chosen) - 1.0, row_name(model, "not_this_design"))


@constraint("kept")
def kept(model: Model, objective: Expression, most: float, slack: float) -> Iterator[Row]:
    """An expression that was minimised before stays at what it reached."""
    yield at_most(list(objective.items()), most - (objective.constant or 0.0), slack, row_name(model, "kept"), LOOSE)
