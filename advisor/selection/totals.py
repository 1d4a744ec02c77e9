"""Totals that are no plain sum, as variables: the smallest, the largest, and the longest path.

``upper`` says which side of the total a variable is held on. Where small is good it is at least the total, and the
solver pushes it down; where large is good it is at most a value that is attained, and the solver pushes it up. The
smallest value is minus the largest of the negated values. Variables run from 0 to 1, in units of the widest range or
of the longest time there can be: solvers drop coefficients that are very small beside others.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from advisor.selection.formulation import CONSTRAINTS, Expression, Model, Row, Variable, constraint, number_row
from advisor.selection.problem import Aggregation, Goal


def prepare(model: Model, attribute: str, *, upper: bool) -> None:
    """Add the variables and rows of a total that is no plain sum, once for each side."""
    kind = model.space.problem.aggregations[attribute]
    if (attribute, upper) in model.totals or kind in (Aggregation.SUM, Aggregation.PRODUCT):
        return
    if kind is Aggregation.CRITICAL_PATH:
        model.add(CONSTRAINTS["latest_finish" if upper else "one_path"](model, attribute))
    else:
        model.add(
            CONSTRAINTS["no_extreme_beyond" if _outer(kind, upper) else "extreme_attained"](model, attribute, upper)
        )


def _outer(kind: Aggregation, upper: bool) -> bool:
    """Return whether a bound on this side speaks about every value (largest from above, smallest from below)."""
    return (kind is Aggregation.MAX) == upper


def loss(model: Model, goal: Goal) -> Expression:
    """Return a linear expression that is smaller where a design is better by a goal; of a product the logarithm."""
    kind = model.space.problem.aggregations[goal.attribute]
    sign = -1.0 if goal.maximize else 1.0
    if kind is Aggregation.SUM:
        return Expression([(x, sign * value) for x, value in model.parts(goal.attribute) if value])
    if kind is Aggregation.PRODUCT:
        return Expression([(x, sign * math.log(value)) for x, value in model.parts(goal.attribute) if value < 1])
    return sign * model.totals[goal.attribute, not goal.maximize]


def linear_loss(kind: Aggregation, goal: Goal, total: float) -> float:
    """Return what :func:`loss` is for a total.

    >>> linear_loss(Aggregation.PRODUCT, Goal("availability", True), 0.5) == -math.log(0.5)
    True
    """
    return goal.loss(math.log(total) if kind is Aggregation.PRODUCT else total)


def _values(model: Model, attribute: str) -> list[tuple[Variable, float]]:
    return list(model.parts(attribute))


@constraint("no_extreme_beyond")
def no_extreme_beyond(model: Model, attribute: str, upper: bool) -> Iterator[Row]:
    """The total is on the far side of each role's value; a role without a value, and a pair not chosen, say nothing."""
    sign = 1.0 if upper else -1.0
    parts = {x.name: (x, sign * value) for x, value in _values(model, attribute)}
    lowest = min((value for _, value in parts.values()), default=0.0)
    highest = max((value for _, value in parts.values()), default=0.0)
    width = (highest - lowest) or 1.0
    total = model.variable("extreme", 1)
    model.totals[attribute, upper] = sign * (width * total + lowest)
    for group in _exclusive(model, attribute):
        terms = [(x, (parts[x.name][1] - lowest) / width) for x in group if parts[x.name][1] > lowest]
        if terms:
            yield number_row(model, [*terms, (total, -1.0)], 0.0, "no_extreme_beyond")


def _exclusive(model: Model, attribute: str) -> Iterator[list[Variable]]:
    """Yield groups of variables of which at most one is 1: a role's options, the pairs between two roles."""
    space = model.space
    for role, names in space.options.items():
        yield [model.x[role, name] for name in names if space.value(role, name, attribute) is not None]
    between: dict[tuple[str, str], list[Variable]] = {}
    for pair in space.pairs:
        if attribute in pair.values:
            between.setdefault((pair.source[0], pair.target[0]), []).append(model.both[pair.source, pair.target])
    yield from between.values()


@constraint("extreme_attained")
def extreme_attained(model: Model, attribute: str, upper: bool) -> Iterator[Row]:
    """The total is one that a chosen option or pair has: exactly one of them is picked."""
    parts = _values(model, attribute)
    picks = [model.variable("attains", 1, whole=True) for _ in parts]
    model.totals[attribute, upper] = Expression([(w, value) for w, (_, value) in zip(picks, parts, strict=True)])
    for w, (x, _) in zip(picks, parts, strict=True):
        yield number_row(model, [(w, 1.0), (x, -1.0)], 0.0, "attained_by_chosen")
    yield number_row(model, [(w, 1.0) for w in picks], 1.0, "one_attains")
    yield number_row(model, [(w, -1.0) for w in picks], -1.0, "one_attains")


def _times(model: Model, attribute: str) -> tuple[dict[str, Expression], dict[tuple[str, str], Expression], float]:
    """Return the time of each role and on each edge in units of the most that all can be together, and that."""
    space = model.space
    own = {
        role: [(model.x[role, name], space.value(role, name, attribute) or 0.0) for name in names]
        for role, names in space.options.items()
    }
    edges: dict[tuple[str, str], list[tuple[Variable, float]]] = {edge: [] for edge in sorted(space.problem.edges)}
    for pair in space.pairs:
        if pair.values.get(attribute):
            time = pair.values[attribute]
            edges[pair.source[0], pair.target[0]].append((model.both[pair.source, pair.target], time))
    most = sum(max((time for _, time in terms), default=0.0) for terms in (*own.values(), *edges.values())) or 1.0
    return (
        {role: Expression([(x, time / most) for x, time in terms]) for role, terms in own.items()},
        {edge: Expression([(y, time / most) for y, time in terms]) for edge, terms in edges.items()},
        most,
    )


@constraint("latest_finish")
def latest_finish(model: Model, attribute: str) -> Iterator[Row]:
    """A role finishes no earlier than any role before it, plus the edge, plus its own time; the total is the latest."""
    own, edges, most = _times(model, attribute)
    finish = {role: model.variable("finish", 1) for role in own}
    last = model.variable("finish", 1)
    model.totals[attribute, True] = Expression([(last, most)])
    for (source, target), time in edges.items():
        terms = [(finish[source], 1.0), *time.items(), *own[target].items(), (finish[target], -1.0)]
        yield number_row(model, terms, 0.0, "latest_finish")
    heads = {target for _, target in edges}
    tails = {source for source, _ in edges}
    for role, time in own.items():
        if role not in heads:
            yield number_row(model, [*time.items(), (finish[role], -1.0)], 0.0, "latest_finish")
        if role not in tails:
            yield number_row(model, [(finish[role], 1.0), (last, -1.0)], 0.0, "latest_finish")


@constraint("one_path")
def one_path(model: Model, attribute: str) -> Iterator[Row]:
    """The total is at most the time along one path that is picked: a role or edge off the path counts nothing."""
    own, edges, most = _times(model, attribute)
    on = {role: model.variable("on_path", 1, whole=True) for role in own}
    starts = {role: model.variable("starts", 1, whole=True) for role in own}
    ends = {role: model.variable("ends", 1, whole=True) for role in own}
    along = {edge: model.variable("along", 1, whole=True) for edge in edges}
    for role in own:
        into = [(along[edge], 1.0) for edge in edges if edge[1] == role]
        out = [(along[edge], 1.0) for edge in edges if edge[0] == role]
        for terms in ([*into, (starts[role], 1.0), (on[role], -1.0)], [*out, (ends[role], 1.0), (on[role], -1.0)]):
            yield number_row(model, terms, 0.0, "one_path")
            yield number_row(model, [(x, -value) for x, value in terms], 0.0, "one_path")
    yield number_row(model, [(x, 1.0) for x in starts.values()], 1.0, "one_start")
    counted = []
    for time, used in [*((own[role], on[role]) for role in own), *((edges[edge], along[edge]) for edge in edges)]:
        longest = max(time.values(), default=0.0)
        part = model.variable("counts", 1)
        counted.append((part, most))
        yield number_row(model, [(part, 1.0), *((x, -value) for x, value in time.items())], 0.0, "counted_on_path")
        yield number_row(model, [(part, 1.0), (used, -longest)], 0.0, "counted_on_path")
    model.totals[attribute, False] = Expression(counted)
