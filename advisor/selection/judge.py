"""The one judge of a selection: totals and broken conditions, from the problem's own words.

Nothing here knows how a design was found. Every design that is returned has passed through :func:`judge`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from advisor.selection.problem import SERVED, TOLERANCE, Aggregation, Goal, Limit, Pair, Pool, Rule, SelectionProblem


@dataclass(frozen=True)
class PoolPlan:
    """How a pool serves its classes.

    Attributes:
        units: unit type -> whole number of units.
        shares: class -> unit type -> share of the class's demand, adding up to 1.
    """

    units: Mapping[str, int]
    shares: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Judged:
    """A design and what it amounts to.

    Attributes:
        chosen: role -> option.
        pools: pool -> plan.
        totals: attribute -> total; None for the smallest or largest value of nothing.
        broken: conditions that do not hold.
        faults: pool plans that do not serve what they have to, in words.
        paths: attribute -> the roles on its critical path.
    """

    chosen: Mapping[str, str]
    pools: Mapping[str, PoolPlan]
    totals: Mapping[str, float | None]
    broken: tuple[Limit | Rule, ...] = ()
    faults: tuple[str, ...] = ()
    paths: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def feasible(self) -> bool:
        """Whether every condition holds and every class is served."""
        return not self.broken and not self.faults

    def loss(self, goal: Goal) -> float:
        """Return a number that is smaller where the design is better; infinite where the total is of nothing."""
        total = self.totals[goal.attribute]
        return math.inf if total is None else goal.loss(total)


def judge(problem: SelectionProblem, chosen: Mapping[str, str], pools: Mapping[str, PoolPlan] | None = None) -> Judged:
    """Return totals and broken conditions of a choice of one option for each role and a plan for each pool.

    Raises:
        KeyError: a role, option or pool that the problem does not have, or one that is left out.

    >>> from advisor.selection import load_problem
    >>> problem = load_problem({"roles": {"db": [{"option": "a", "cost": 3}, {"option": "b", "cost": 5}]},
    ...                         "minimize": "cost", "limits": ["cost<=4"]})
    >>> judged = judge(problem, {"db": "b"})
    >>> judged.totals, [str(limit) for limit in judged.broken]
    ({'cost': 5.0}, ['cost<=4'])
    """
    plans = pools or {}
    pairs = [p for p in problem.pairs if chosen[p.source[0]] == p.source[1] and chosen[p.target[0]] == p.target[1]]
    totals: dict[str, float | None] = {}
    paths = {}
    for attribute, aggregation in problem.aggregations.items():
        if aggregation is Aggregation.CRITICAL_PATH:
            totals[attribute], paths[attribute] = _path(problem, attribute, chosen, pairs)
        else:
            totals[attribute] = AGGREGATE[aggregation](list(_parts(problem, attribute, chosen, pairs, plans)))
    aggregations = problem.aggregations
    broken: tuple[Limit | Rule, ...] = (
        *(x for x in problem.limits if not x.holds(totals[x.attribute], aggregations[x.attribute])),
        *(rule for rule in problem.rules if not rule.holds(chosen)),
    )
    partial = problem.partial
    faults = tuple(x for pool in problem.pools for x in pool_faults(pool, plans[pool.name], partial=partial))
    return Judged(dict(chosen), dict(plans), totals, broken, faults, paths)


def _parts(
    problem: SelectionProblem,
    attribute: str,
    chosen: Mapping[str, str],
    pairs: Sequence[Pair],
    plans: Mapping[str, PoolPlan],
) -> Iterator[float]:
    """Yield every number that an attribute is aggregated from."""
    for role, options in problem.values.items():
        if attribute in options[chosen[role]]:
            yield options[chosen[role]][attribute]
    yield from (pair.values[attribute] for pair in pairs if attribute in pair.values)
    for pool in problem.pools:
        for unit, count in plans[pool.name].units.items():
            if attribute in pool.units[unit]:
                yield count * pool.units[unit][attribute]
        if attribute.startswith(SERVED):
            yield from _served(pool, plans[pool.name], attribute)


def _served(pool: Pool, plan: PoolPlan, attribute: str) -> Iterator[float]:
    """Yield how much of the demand of a priority is served."""
    for one in pool.classes:
        if attribute == f"{SERVED}{one.priority}":
            yield one.demand * math.fsum(plan.shares.get(one.name, {}).values())


def _path(
    problem: SelectionProblem, attribute: str, chosen: Mapping[str, str], pairs: Sequence[Pair]
) -> tuple[float, tuple[str, ...]]:
    on_edges = {(p.source[0], p.target[0]): p.values[attribute] for p in pairs if attribute in p.values}
    times = {role: options[chosen[role]].get(attribute, 0.0) for role, options in problem.values.items()}
    return longest_path(problem.edges, times, on_edges)


AGGREGATE: dict[Aggregation, Callable[[Sequence[float]], float | None]] = {
    Aggregation.SUM: math.fsum,
    Aggregation.PRODUCT: math.prod,
    Aggregation.MIN: lambda parts: min(parts, default=None),
    Aggregation.MAX: lambda parts: max(parts, default=None),
}


def longest_path(
    edges: Sequence[tuple[str, str]], times: Mapping[str, float], on_edges: Mapping[tuple[str, str], float]
) -> tuple[float, tuple[str, ...]]:
    """Return the largest sum of times along a path, and the path: the first by name where several are longest.

    >>> longest_path([("a", "b"), ("a", "c")], {"a": 1, "b": 2, "c": 3}, {("a", "b"): 5})
    (8.0, ('a', 'b'))
    """
    before: dict[str, list[str]] = {role: [] for role in times}
    for source, target in edges:
        before[target].append(source)
    finish: dict[str, float] = {}
    previous: dict[str, str | None] = {}
    for role in topological(edges, list(times)):
        reach = {u: finish[u] + on_edges.get((u, role), 0.0) for u in sorted(before[role])}
        latest = max(reach, key=lambda u: reach[u], default=None)
        previous[role] = latest
        finish[role] = times[role] + (reach[latest] if latest is not None else 0.0)
    if not finish:
        return 0.0, ()
    last: str | None = max(sorted(finish), key=lambda role: finish[role])
    assert last is not None
    total, path = finish[last], []
    while last is not None:
        path.append(last)
        last = previous[last]
    return total, tuple(reversed(path))


def topological(edges: Sequence[tuple[str, str]], roles: Sequence[str]) -> list[str]:
    """Return the roles so that each comes after those before it; roles on a cycle are left out.

    >>> topological([("b", "a")], ["a", "b"])
    ['b', 'a']
    """
    waiting = dict.fromkeys(roles, 0)
    after: dict[str, list[str]] = {role: [] for role in roles}
    for source, target in edges:
        waiting[target] += 1
        after[source].append(target)
    ready, order = [role for role in roles if not waiting[role]], []
    while ready:
        role = ready.pop()
        order.append(role)
        for following in after[role]:
            waiting[following] -= 1
            if not waiting[following]:
                ready.append(following)
    return order


def pool_faults(pool: Pool, plan: PoolPlan, *, partial: bool = False) -> Iterator[str]:
    """Yield what is wrong with a pool's plan: a class not served in full, units asked for more than they carry.

    ``partial``: a class with a priority may be served in part, though not more than once.
    """
    loads = dict.fromkeys(pool.units, 0.0)
    for demand in pool.classes:
        shares = plan.shares.get(demand.name, {})
        off = math.fsum(shares.values()) - 1
        least = -1.0 if partial and demand.priority is not None else 0.0
        if demand.demand > 0 and not least - TOLERANCE <= off <= TOLERANCE:
            yield f"{pool.name}: {demand.name} is not served in full"
        for unit, share in shares.items():
            throughput = demand.throughput.get(unit, 0.0)
            if share < 0 or (share > 0 and throughput <= 0):
                yield f"{pool.name}: {unit} cannot serve {demand.name}"
            elif share > 0:
                loads[unit] += share * demand.demand / throughput
    for unit, load in loads.items():
        if load > plan.units.get(unit, 0) * (1 + TOLERANCE):
            yield f"{pool.name}: {unit} is asked for {load:.6g} units of work, {plan.units.get(unit, 0)} are there"
