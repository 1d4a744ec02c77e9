"""The mixed-integer linear program: sets, variables, constraints. Every constraint kind is one registered function.

Sets: roles R, candidates C_r, and what is counted: clouds, vendors, systems of our own. Variables: x[r, c] in {0, 1},
candidate c fills role r; y[m, k], one of them (k of those that metric m counts) is used.
All coefficients are constants of the candidates.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import pulp

from advisor.candidates.candidate import Candidate
from advisor.candidates.compatibility import all_needs
from advisor.candidates.shared import counted_once
from advisor.evaluation.evaluate import needed_roles
from advisor.optimizer.linear import Linear, Pool, mean_time
from advisor.optimizer.tails import Cut, Tail
from advisor.scenario.load import Scenario
from advisor.scenario.pairs import Member, Pair
from advisor.scenario.requirements import CARDS, COST, COUNTS, OPERATIONS, QUALITY, Bound

Row: TypeAlias = pulp.LpConstraint
CONSTRAINTS: dict[str, Callable[..., Iterator[Row]]] = {}


@dataclass(frozen=True)
class Model:
    """A PuLP problem with its variables by name of what they mean."""

    problem: pulp.LpProblem
    pool: Pool
    scenario: Scenario
    x: Mapping[tuple[str, str], pulp.LpVariable]
    y: Mapping[tuple[str, str], pulp.LpVariable]

    def chosen(self, values: Mapping[str, float]) -> dict[str, Candidate]:
        """Return role -> candidate of a solution's values."""
        return {role: max(found, key=lambda c: values[self.x[role, c.id].name]) for role, found in self.pool.items()}

    def expression(self, total: Linear) -> pulp.LpAffineExpression:
        """Return a sum over the chosen candidates as an expression."""
        terms = [
            (self.x[role, c.id], float(value))
            for role, values in total.weights.items()
            for c, value in zip(self.pool[role], values, strict=True)
        ]
        terms += [(used, total.per_count[metric]) for (metric, _), used in self.y.items() if metric in total.per_count]
        return pulp.LpAffineExpression(terms, total.constant)

    def total(
        self, weight: Callable[[Candidate], float], roles: Sequence[str] | None = None
    ) -> pulp.LpAffineExpression:
        """Return the sum of a constant of the chosen candidates."""
        return pulp.LpAffineExpression(
            [(self.x[role, c.id], weight(c)) for role in (roles or self.pool) for c in self.pool[role]]
        )


def constraint(kind: str) -> Callable[[Callable[..., Iterator[Row]]], Callable[..., Iterator[Row]]]:
    """Register a constraint kind."""

    def register(function: Callable[..., Iterator[Row]]) -> Callable[..., Iterator[Row]]:
        CONSTRAINTS[kind] = function
        return function

    return register


def formulate(pool: Pool, scenario: Scenario, requirements: Sequence[Bound | Pair]) -> Model:
    """Return the model over a pool of candidates with the pairs and the bounds that are linear in the choice."""
    problem = pulp.LpProblem("advisor", pulp.LpMinimize)
    x = {
        (role, c.id): problem.add_variable(f"use__{role}__{index:04d}", 0, 1, pulp.LpInteger)
        for role, found in pool.items()
        for index, c in enumerate(found)
    }
    y = {
        (metric, one): problem.add_variable(f"{metric}__{index:03d}", 0, 1, pulp.LpInteger)
        for index, (metric, one) in enumerate(sorted({key for _, _, key in distinct(pool)}))
    }
    model = Model(problem, pool, scenario, x, y)
    problem.setObjective(model.total(lambda c: 0.0))
    names: set[str] = set()
    for kind in ("choose_one", "behind_cache", "shared", "works_with", "beside", "in_use"):
        _add(model, CONSTRAINTS[kind](model), names)
    for requirement in requirements:
        if linear_kind := kind_of(requirement):
            _add(model, CONSTRAINTS[linear_kind](model, requirement), names)
    return model


def distinct(pool: Pool) -> Iterator[tuple[str, Candidate, tuple[str, str]]]:
    """Yield each candidate with its role and each (metric, name) that it counts for (a cloud, a vendor)."""
    for role, found in pool.items():
        for c in found:
            yield from ((role, c, (metric, one)) for metric in COUNTS for one in c.distinct(metric))


def _add(model: Model, rows: Iterator[Row], names: set[str]) -> None:
    """Add rows; of two with one name, as of two bounds on one metric, the later one is numbered."""
    for row in rows:
        if row.name in names:
            row.name = f"{row.name}__{len(names)}"
        names.add(row.name)
        model.problem.addConstraint(row)


def kind_of(bound: Bound | Pair) -> str | None:
    """Return the constraint kind of a pair or of a bound that is linear in the choice, None for percentiles."""
    if isinstance(bound, Pair):
        return bound.kind
    simple = {COST: "cost", OPERATIONS: "operations", QUALITY: "quality", **dict.fromkeys(COUNTS, "count")}
    last = bound.metric.rpartition(".")[2]
    if bound.metric.startswith(CARDS):
        return "cards"
    return simple.get(bound.metric) or {"availability": "availability", "mean": "mean"}.get(last)


def _named(row: Row, *name: str) -> Row:
    row.name = "__".join(part.replace(".", "_").replace("-", "_").replace("[", "_").replace("]", "_") for part in name)
    return row


@constraint("choose_one")
def choose_one(model: Model) -> Iterator[Row]:
    """Each role has exactly one candidate (leaving an optional role out is a candidate)."""
    for role, found in model.pool.items():
        yield _named(pulp.lpSum(model.x[role, c.id] for c in found) == 1, "choose_one", role)


@constraint("behind_cache")
def behind_cache(model: Model) -> Iterator[Row]:
    """A candidate sized for what a cache lets through needs that cache; one sized for the full load excludes it."""
    for role, found in model.pool.items():
        for cache in sorted({cache for c in found for cache in c.behind}):
            used = pulp.lpSum(model.x[cache, c.id] for c in model.pool[cache] if not c.is_none)
            with_it = pulp.lpSum(model.x[role, c.id] for c in found if c.behind.get(cache) is True)
            without = pulp.lpSum(model.x[role, c.id] for c in found if c.behind.get(cache) is False)
            yield _named(with_it - used <= 0, "behind_cache", role, cache)
            yield _named(without + used <= 1, "in_place_of_cache", role, cache)


@constraint("shared")
def shared(model: Model) -> Iterator[Row]:
    """Units that serve several roles are chosen in all of them or in none."""
    chosen: dict[tuple[tuple[str, ...], str], dict[str, list[pulp.LpVariable]]] = {}
    for role, found in model.pool.items():
        for c in found:
            if c.shared:
                chosen.setdefault((c.shared, c.system), {}).setdefault(role, []).append(model.x[role, c.id])
    for number, ((group, _), in_role) in enumerate(chosen.items()):
        first, *others = group
        for role in others:
            same = pulp.lpSum(in_role.get(first, [])) - pulp.lpSum(in_role.get(role, []))
            yield _named(same == 0, "shared", first, role, str(number))


@constraint("works_with")
def works_with(model: Model) -> Iterator[Row]:
    """What works with some components of another role only is not beside another one."""
    for number, need in enumerate(all_needs(c for found in model.pool.values() for c in found)):
        unfit = [model.x[need.role, c.id] for c in model.pool[need.role] if not need.met_by(c)]
        for role, found in model.pool.items():
            having = [model.x[role, c.id] for c in found if need in all_needs([c])]
            if having and unfit:
                yield _named(pulp.lpSum(having) + pulp.lpSum(unfit) <= 1, "works_with", role, need.role, str(number))


@constraint("beside")
def beside(model: Model) -> Iterator[Row]:
    """A copy that counts on a caller being in certain places needs one of the caller's candidates that is there."""
    counting: dict[tuple[str, str, frozenset[str]], list[pulp.LpVariable]] = {}
    for role, found in model.pool.items():
        for c in found:
            for caller, places in c.beside.items():
                counting.setdefault((role, caller, places), []).append(model.x[role, c.id])
    for (role, caller, places), copies in counting.items():
        there = pulp.lpSum(
            model.x[caller, c.id] for c in model.pool[caller] if ("none" if c.is_none else c.place) in places
        )
        yield _named(pulp.lpSum(copies) - there <= 0, "beside", role, caller, "_".join(sorted(places)))


@constraint("in_use")
def in_use(model: Model) -> Iterator[Row]:
    """A candidate in a cloud uses that cloud; the same goes for vendors and for systems of our own."""
    with_it: dict[tuple[tuple[str, str], str], list[pulp.LpVariable]] = {}
    for role, c, key in distinct(model.pool):
        with_it.setdefault((key, role), []).append(model.x[role, c.id])
    for (key, role), chosen in sorted(with_it.items(), key=lambda item: item[0]):
        used = model.y[key]
        yield _named(pulp.lpSum(chosen) - used <= 0, "in_use", used.name, role)


def share_of(bound: Bound, scenario: Scenario) -> Callable[[Candidate], float] | None:
    """Return what a candidate uses up of a bound, as a share: the shares of all roles may add up to at most 1.

    None for bounds that are no sum over candidates. Logarithms turn products into sums; dividing by the limit keeps
    numbers near 1, where unscaled error budgets would be below a solver's tolerance. Of a limit of 0 whatever uses
    something uses too much.
    """
    if bound.metric == COST:
        return lambda c: _share(c.cost_usd_per_month, bound.limit)
    if bound.metric == OPERATIONS:
        return lambda c: _share(c.operations_h_per_month, bound.limit)
    if bound.metric == QUALITY and bound.limit < 1:
        return lambda c: math.log(c.quality) / math.log(bound.limit)
    if bound.metric.endswith(".availability"):
        needs = needed_roles(scenario.blueprint.flows[bound.metric.split(".")[1]], scenario)
        spent = math.log(bound.limit)
        return lambda c: (
            math.log(max(c.availability, 1e-9)) / spent if c.role in needs and not counted_once(c, needs) else 0.0
        )
    return None


def _share(used: float, limit: float) -> float:
    return used / limit if limit else 2.0 * (used > 0)


def _at_most_all(model: Model, bound: Bound, name: str) -> Iterator[Row]:
    share = share_of(bound, model.scenario)
    assert share is not None
    yield _named(model.total(share) <= 1, name, *([bound.metric] if name == "availability" else []))


@constraint("cost")
def cost(model: Model, bound: Bound) -> Iterator[Row]:
    """Bills and operations of all roles add up to at most the budget (in units of the budget)."""
    yield from _at_most_all(model, bound, "cost")


@constraint("operations")
def operations(model: Model, bound: Bound) -> Iterator[Row]:
    """Operations hours add up to at most the limit (in units of the limit)."""
    yield from _at_most_all(model, bound, "operations")


@constraint("quality")
def quality(model: Model, bound: Bound) -> Iterator[Row]:
    """The product of the quality factors is at least the bound: a sum of logarithms (in units of the bound's)."""
    if bound.limit < 1:
        yield from _at_most_all(model, bound, "quality")
    else:
        yield _named(model.total(lambda c: -math.log(c.quality)) <= 1e-12, "quality")


@constraint("availability")
def availability(model: Model, bound: Bound) -> Iterator[Row]:
    """The product over the flow's distinct roles is at least the bound: logarithms in units of the error budget."""
    yield from _at_most_all(model, bound, "availability")


@constraint("mean")
def mean(model: Model, bound: Bound) -> Iterator[Row]:
    """Mean times add up to at most the limit (in units of the limit)."""
    time = model.expression(mean_time(model.pool, model.scenario, bound.metric))
    yield _named(time * (1 / bound.limit) <= 1, "mean", bound.metric)


@constraint("count")
def count(model: Model, bound: Bound) -> Iterator[Row]:
    """At most so many different clouds, vendors or systems of our own are used."""
    used = pulp.lpSum(one for (metric, _), one in model.y.items() if metric == bound.metric)
    yield _named(used <= bound.limit, "count", bound.metric)


@constraint("cards")
def cards(model: Model, bound: Bound) -> Iterator[Row]:
    """The accelerators of one type in all roles are at most so many."""
    card = bound.metric.removeprefix(CARDS)
    yield _named(model.total(lambda c: float(c.cards.get(card, 0))) <= bound.limit, bound.metric)


@constraint("apart")
def apart(model: Model, pair: Pair) -> Iterator[Row]:
    """At most one side of a pair is chosen: not in two roles, and not by one candidate that runs both."""
    first, second = (_running(model, member) for member in pair.members)
    for role, other in itertools.product(first, second):
        some, more = first[role], second[other]
        if role != other:
            chosen = pulp.lpSum(some.values()) + pulp.lpSum(more.values())
            yield _named(chosen <= 1, pair.path, role, other)
        elif both := some.keys() & more.keys():
            yield _named(pulp.lpSum(some[name] for name in sorted(both)) <= 0, pair.path, role)


@constraint("together")
def together(model: Model, pair: Pair) -> Iterator[Row]:
    """Where one side of a pair is chosen, the other one is somewhere."""
    sides = [_running(model, member) for member in pair.members]
    for number, (own, others) in enumerate((sides, sides[::-1])):
        somewhere = pulp.lpSum(x for chosen in others.values() for x in chosen.values())
        for role, chosen in own.items():
            yield _named(pulp.lpSum(chosen.values()) - somewhere <= 0, pair.path, str(number), role)


def _running(model: Model, member: Member) -> dict[str, dict[str, pulp.LpVariable]]:
    """Return role -> id -> variable of the candidates that run one side of a pair."""
    found = {
        role: {c.id: model.x[role, c.id] for c in candidates if member.within(c)}
        for role, candidates in model.pool.items()
    }
    return {role: chosen for role, chosen in found.items() if chosen}


@constraint("tail")
def tail(model: Model, bound: Tail, name: str) -> Iterator[Row]:
    """Necessary conditions for a percentile bound, each with or without cache (:mod:`advisor.optimizer.tails`)."""
    for index, (right, cached, coefficients) in enumerate(bound.rows()):
        scale = max(right, 1e-6)
        terms = _only_with(bound, cached, coefficients)
        row = pulp.LpAffineExpression([(model.x[key], value / scale) for key, value in terms.items()])
        yield _named(row <= right / scale, "tail", name, str(index))


def _only_with(
    bound: Tail, cached: bool, coefficients: Mapping[tuple[str, str], float]
) -> dict[tuple[str, str], float]:
    """Return the coefficients of a row that says nothing unless the cache is used as ``cached`` says."""
    terms = dict(coefficients)
    if bound.cache:
        most = sum(max(terms[role, name] for name in bound.pool[role]) for role in bound.roles)
        for name, candidate in bound.pool[bound.cache].items():
            if candidate.is_none == cached:
                terms[bound.cache, name] = -most
    return terms


@constraint("too_slow_together")
def too_slow_together(model: Model, cut: Cut, name: str) -> Iterator[Row]:
    """Not every role of the cut may take one of its slow candidates."""
    slow = pulp.lpSum(model.x[role, c] for role, members in cut.members.items() for c in sorted(members))
    yield _named(slow <= len(cut.members) - 1, "too_slow_together", name)


@constraint("goal_reached")
def goal_reached(model: Model, goal: pulp.LpAffineExpression, value: float, name: str) -> Iterator[Row]:
    """A more important goal keeps what it reached while a less important one is optimised (in units of the value)."""
    scale = max(abs(value), 1e-6)
    yield _named(goal * (1 / scale) <= value / scale + 1e-9, "goal_reached", name)


@constraint("better_than")
def better_than(model: Model, goal: pulp.LpAffineExpression, value: float) -> Iterator[Row]:
    """Only what beats a design that is already known is of interest (in units of its value)."""
    scale = max(abs(value), 1e-6)
    yield _named(goal * (1 / scale) <= value / scale - 1e-9, "better_than")


@constraint("not_this_design")
def not_this_design(model: Model, design: Mapping[str, Candidate], name: str) -> Iterator[Row]:
    """This one combination is out; for what only the judge can see."""
    yield _named(
        pulp.lpSum(model.x[role, c.id] for role, c in design.items()) <= len(design) - 1, "not_this_design", name
    )
