"""Pools of unlike units in the linear program, and the shares of a finished plan."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import pulp

from advisor.errors import bad_input
from advisor.selection.formulation import CONSTRAINTS, Expression, Model, Row, Variable, constraint, row_name
from advisor.selection.judge import PoolPlan
from advisor.selection.problem import TOLERANCE, Aggregation, Pool
from advisor.selection.space import Space

if TYPE_CHECKING:
    from advisor.selection.session import CountingSession

SMALLEST_SHARE = 1e-12
MOST_UNITS = 1_000_000


def load_of(pool: Pool, unit: str) -> dict[str, float]:
    """Return class -> units of a type that serving the whole class takes, for the classes that it can serve."""
    return {c.name: c.demand / c.throughput[unit] for c in pool.classes if c.demand > 0 and unit in c.throughput}


def most_units(space: Space, pool: Pool, unit: str) -> int:
    """Return a number of units of a type beyond which more of them are of no use.

    That is enough for all classes it serves, and, where a limit or the goal asks for much of something, what limits
    from above leave room for. Raises :class:`~advisor.errors.InputError` when nothing bounds it.
    """
    load = sum(load_of(pool, unit).values())
    if load > MOST_UNITS:
        raise bad_input(
            f"the load of '{unit}' is {load:.3g} units; up to {MOST_UNITS:,} can be planned", path=pool.name
        )
    most = math.ceil(load + 1e-9)
    for limit in space.problem.limits:
        stated = pool.units[unit].get(limit.attribute, 0.0)
        if limit.sense != "<=" and stated > 0 and limit.bound > 0:
            most += math.ceil(min(limit.bound / stated, MOST_UNITS))
    for goal in space.goals:
        if goal.maximize and pool.units[unit].get(goal.attribute, 0.0) > 0:
            return _room(space, pool, unit, goal.attribute)
    return most


def _room(space: Space, pool: Pool, unit: str, attribute: str) -> int:
    """Return how many units the limits from above leave room for."""
    rooms = []
    for limit in space.problem.limits:
        stated = pool.units[unit].get(limit.attribute, 0.0)
        sums = space.problem.aggregations[limit.attribute] is Aggregation.SUM
        if limit.sense != ">=" and stated > 0 and sums:
            pairs = sum(min(0.0, pair.values.get(limit.attribute, 0.0)) for pair in space.problem.pairs)
            least = sum(space.best(role, limit.attribute, lowest=True) for role in space.options) + pairs
            rooms.append(max(0, math.floor(min((limit.bound - least) / stated + 1e-6, MOST_UNITS))))
    if not rooms:
        message = f"{attribute} grows without end with more units of '{unit}'; set a limit on what they use"
        raise bad_input(message, path=pool.name)
    return min(rooms)


def add(model: Model, pool: Pool) -> None:
    """Add a pool's shares and rows to a model."""
    shares = {
        (c.name, unit): model.variable("share", 1)
        for c in pool.classes
        for unit in sorted(pool.units)
        if unit in c.throughput and c.demand > 0
    }
    model.shares |= {(pool.name, *key): share for key, share in shares.items()}
    model.add(CONSTRAINTS["served"](model, pool, shares))
    model.add(CONSTRAINTS["capacity"](model, pool, shares))


Shares = Mapping[tuple[str, str], Variable]


@constraint("served")
def served(model: Model, pool: Pool, shares: Shares) -> Iterator[Row]:
    """The shares of a class add up to 1, or, where demand with a priority may be left, to at most 1."""
    for number, one in enumerate(pool.classes):
        terms = [(shares[one.name, unit], 1.0) for unit in sorted(pool.units) if (one.name, unit) in shares]
        if terms:
            some = model.space.problem.partial and one.priority is not None
            row = Expression(terms) <= 1 if some else Expression(terms) == 1
            row.name = f"served__{_number(model, pool)}__{number:04d}"
            yield row


@constraint("capacity")
def capacity(model: Model, pool: Pool, shares: Shares) -> Iterator[Row]:
    """The work that the units of a type are given is at most what they carry."""
    for number, unit in enumerate(sorted(pool.units)):
        terms = [(shares[name, unit], load) for name, load in load_of(pool, unit).items()]
        if terms:
            most = max(1.0, *(load for _, load in terms))
            scaled = [(z, load / most) for z, load in terms]
            row = Expression([*scaled, (model.units[pool.name, unit], -1.0 / most)]) <= 0
            row.name = f"capacity__{_number(model, pool)}__{number:04d}"
            yield row


def _number(model: Model, pool: Pool) -> str:
    return f"{[one.name for one in model.space.problem.pools].index(pool.name):03d}"


@constraint("not_these_units")
def not_these_units(
    model: Model, chosen: list[tuple[str, str]], counts: Mapping[tuple[str, str], int]
) -> Iterator[Row]:
    """This combination of options and units is out: an option is another one, or a count is smaller or larger."""
    differs: list[tuple[Variable, float]] = [(model.x[member], 1.0) for member in chosen]
    for key, count in sorted(counts.items()):
        units = model.units[key]
        most = float(units.upBound)
        for sign, room in ((1.0, most - count + 1), (-1.0, count + 1.0)):
            switch = model.variable("differs", 1, whole=True)
            differs.append((switch, -1.0))
            # switch on: units <= count - 1 (sign 1) or units >= count + 1 (sign -1)
            row = Expression([(units, sign), (switch, room)]) <= sign * count + room - 1
            row.name = f"differs__{switch.name}"
            yield row
    row = Expression(differs) <= len(chosen) - 1
    row.name = row_name(model, "not_these_units")
    yield row


def plan(pool: Pool, units: Mapping[str, int], *, partial: bool = False) -> PoolPlan:
    """Return the plan in which the busiest unit type is as little busy as can be; more than full where too few units.

    Args:
        units: unit type -> whole number of units.
        partial: leave demand that has a priority where units are too few, the least important first.
    """
    from advisor.selection.session import quiet_session

    waiting = {c.name: c.priority for c in pool.classes if partial and c.demand > 0 and c.priority is not None}
    problem = pulp.LpProblem("shares", pulp.LpMinimize)
    busiest = problem.add_variable("busiest", 0, 1 if waiting else None)
    shares = {
        (c.name, unit): problem.add_variable(f"share__{i:04d}__{k:04d}", 0, 1)
        for i, c in enumerate(pool.classes)
        for k, unit in enumerate(sorted(pool.units))
        if unit in c.throughput and c.demand > 0 and units[unit] > 0
    }
    for one in pool.classes:
        mine = [(z, 1.0) for (name, _), z in shares.items() if name == one.name]
        if one.demand > 0 and (mine or one.name not in waiting):
            problem.addConstraint(Expression(mine) <= 1 if one.name in waiting else Expression(mine) == 1)
    for unit in sorted(pool.units):
        loads = [(shares[name, unit], load) for name, load in load_of(pool, unit).items() if (name, unit) in shares]
        if loads:
            problem.addConstraint(Expression([*loads, (busiest, -float(units[unit]))]) <= 0)
    problem.setObjective(Expression([(busiest, 1.0)]))
    session = quiet_session(problem)
    for priority in sorted({p for p in waiting.values() if p is not None}):
        demand = {c.name: c.demand for c in pool.classes if waiting.get(c.name) == priority}
        _keep_most(session, [(z, demand[name]) for (name, _), z in shares.items() if name in demand])
    outcome = session.solve(problem.objective)
    found: dict[str, dict[str, float]] = {c.name: {} for c in pool.classes if c.demand > 0}
    for (name, unit), z in shares.items():
        share = outcome.values.get(z.name, 0.0)
        if share > SMALLEST_SHARE:
            found[name][unit] = share
    cleaned = {name: _cleaned(parts, at_most=name in waiting) for name, parts in found.items()}
    return PoolPlan(dict(sorted(units.items())), cleaned)


def _keep_most(session: CountingSession, served: list[tuple[Variable, float]]) -> None:
    """Make a sum as large as it can be, and keep it there."""
    if not served:
        return
    largest = max(value for _, value in served)
    negative = Expression([(z, -value / largest) for z, value in served])
    outcome = session.solve(negative)
    if outcome.found:
        session.add([negative <= outcome.objective])  # the solver's own tolerance is slack enough


def _cleaned(parts: Mapping[str, float], *, at_most: bool) -> dict[str, float]:
    """Return shares that add up to exactly 1; those that may be less are left alone, but for what rounding adds."""
    whole = math.fsum(parts.values()) or 1.0
    if at_most and whole < 1 - TOLERANCE:
        return dict(parts)
    return {unit: share / whole for unit, share in parts.items()}
