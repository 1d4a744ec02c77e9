"""What each requirement costs: its slack, and the exact steps at which a tighter or a looser one changes the optimum.

The best value of a goal is a staircase in a bound. Tightening changes nothing until the design itself breaks the bound,
so the first step is where the design stands. Loosening changes nothing until some better design fits: that one is found
by making the bound's metric the goal among all designs that are better.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from advisor.analysis.answers import UNLIMITED, Answer, Deadline, searching
from advisor.analysis.changes import RoleChange, role_changes
from advisor.analysis.resolver import SAME_GOAL, beats, just_above
from advisor.evaluation.result import Evaluation
from advisor.optimizer.found import Found
from advisor.optimizer.goal import goal_value
from advisor.optimizer.run import optimise
from advisor.optimizer.solver import Status
from advisor.optimizer.weighted import BEYOND_SLIP
from advisor.scenario.goals import Goal, Term
from advisor.scenario.requirements import COST, COUNTS, QUALITY, Bound, Filter, is_count

JUST = 1e-6  # how far a limit is moved to be on the other side of a step, relative
HALVINGS = 30  # of the distance to a design without the bound, where goals are sums of several metrics


@dataclass(frozen=True)
class Step:
    """The next limit at which the optimum changes.

    Attributes:
        limit: tightening: the design meets every limit up to this one, and none beyond it; loosening: at this limit a
            better design fits, and none before it.
        evaluation: the optimum on the other side, solved there; None when no design meets all requirements.
        proved: False when the time limit came first.
        exact: False when goals are sums of several metrics, where the limit is found by halving.
    """

    limit: float
    evaluation: Evaluation | None
    roles: tuple[RoleChange, ...] = ()
    proved: bool = True
    exact: bool = True

    @property
    def flips(self) -> tuple[RoleChange, ...]:
        """The roles that are filled or run differently."""
        return tuple(one for one in self.roles if one.flips)


@dataclass(frozen=True)
class BoundPrice:
    """A bound, what the design does of it, and what it costs to want more or less.

    ``tighten`` is None when any tighter one cannot be met and that is known without solving (the goal itself);
    ``loosen`` is None when loosening changes nothing.
    """

    bound: Bound
    value: float
    slack: float
    tighten: Step | None
    loosen: Step | None

    @property
    def binding(self) -> bool:
        """Whether a looser bound would allow a better design."""
        return self.loosen is not None


@dataclass(frozen=True)
class RulePrice:
    """A rule on options, and the optimum without it; None when time ran out. ``saves``: USD a month."""

    rule: Filter
    evaluation: Evaluation | None
    saves: float
    roles: tuple[RoleChange, ...]
    changes: bool


@dataclass(frozen=True)
class Unit:
    """The step in which people count a metric: 100 ms, one nine, a quality point."""

    size: float
    name: str


def unit_of(metric: str) -> Unit:
    """Return the step in which a price of a bound is stated.

    >>> unit_of("flows.answer.ttft_ms.p95").name, unit_of("flows.answer.availability").name
    ('100 ms', 'nine')
    """
    if metric.endswith(".availability"):
        return Unit(1.0, "nine")
    if "_ms." in metric:
        return Unit(100.0, "100 ms")
    if "_s." in metric:
        return Unit(10.0, "10 s")
    if metric == QUALITY:
        return Unit(0.01, "quality point (0.01)")
    if metric == COST:
        return Unit(1000.0, "1 000 USD")
    return Unit(1.0, "one") if is_count(metric) else Unit(10.0, "10 h")


def distance(metric: str, a: float, b: float) -> float:
    """Return how far two values of a metric are apart, in its unit; availability in nines.

    >>> round(distance("flows.answer.availability", 0.99, 0.999), 9), distance("flows.answer.ttft_ms.p95", 900, 700)
    (1.0, 2.0)
    """
    if metric.endswith(".availability"):
        return abs(math.log10(max(1 - a, 1e-15)) - math.log10(max(1 - b, 1e-15)))
    return abs(a - b) / unit_of(metric).size


def usd_per_unit(bound: Bound, before: Evaluation, after: Evaluation) -> float | None:
    """Return USD a month per unit of a bound's metric between two designs; None when the metric does not differ."""
    far = distance(bound.metric, before.metric(bound.metric), after.metric(bound.metric))
    return None if far < 1e-12 else abs(after.cost_usd_per_month - before.cost_usd_per_month) / far


def bound_price(answer: Answer, bound: Bound, deadline: Deadline = UNLIMITED) -> BoundPrice:
    """Return slack and steps of one of the scenario's bounds; each step is solved on its other side."""
    assert answer.best is not None, "without a design there is nothing to price"
    value = answer.best.metric(bound.metric)
    steps = _Steps(answer, bound, deadline)
    return BoundPrice(bound, value, bound.slack(value), steps.tighter(), steps.looser())


class _Steps:
    """The steps of one bound around its limit."""

    def __init__(self, answer: Answer, bound: Bound, deadline: Deadline) -> None:
        assert answer.best is not None
        self.answer, self.bound, self.deadline, self.best = answer, bound, deadline, answer.best
        self.goals = answer.scenario.objective
        self.others = [r for r in answer.scenario.requirements if r is not bound]

    def tighter(self) -> Step | None:
        """Return the step at which the design itself breaks the bound."""
        value = self.best.metric(self.bound.metric)
        if _towards(self.bound).terms == self.goals[0].terms:
            return Step(value, None)  # nothing beats the optimum of the goal itself
        limit = just(self.bound, value, tighter=True)
        if not self.bound.upper and limit > 1:
            return Step(value, None)  # a share of all there is
        return self._step(value, self._solved(limit))

    def looser(self) -> Step | None:
        """Return the step at which a better design fits."""
        if _towards(self.bound).terms == self.goals[0].terms and len(self.goals) == 1:
            return None  # the goal itself: no design does better, with or without the bound
        return self._one_more() or self._looser()

    def _one_more(self) -> Step | None:
        """Return the step of a bound on a number of names where a better design fits with one more; None else.

        No other limit lies between, so that this is the first at which anything changes.
        """
        if self.bound.metric not in COUNTS:
            return None
        limit = float(just(self.bound, self.bound.limit, tighter=False))
        found = self._solved(limit)
        helps = found.status is Status.OPTIMAL and found.best is not None and self._better(found.best)
        return self._step(limit, found) if helps else None

    def _looser(self) -> Step | None:
        """Return the step from what the bound keeps from being chosen."""
        free = self._free()
        if free.status is Status.STOPPED:
            return Step(self.bound.limit, None, proved=False)
        if free.best is None or not self._better(free.best):
            return None
        fits, least, exact = self._least(free.best)
        if least is None:
            return Step(self.bound.limit, None, proved=False)
        step = self._step(least, self._solved(least, fits), exact=exact)
        if exact:  # the least among the better designs: that nothing better fits before it is proved
            return step
        inside = self._solved(just(self.bound, least, tighter=True))
        kept = inside.best is not None and not self._better(inside.best)
        return replace(step, proved=step.proved and kept and inside.status is Status.OPTIMAL)

    def _better(self, found: Evaluation) -> bool:
        return beats(found, self.best)

    def _free(self) -> Found:
        return optimise(self.answer.search.under(self.others), time_limit_s=self.deadline.left)

    def _solved(self, limit: float, fits: Evaluation | None = None) -> Found:
        """Return the optimum under another limit; ``fits``: a design that holds there, so nothing worse matters."""
        if self.deadline.passed:
            return Found(Status.STOPPED, None)
        moved = [replace(r, limit=limit) if r is self.bound else r for r in self.answer.scenario.requirements]
        search = self.answer.search.under(moved)
        below = math.inf if fits is None else just_above(search, goal_value(self.goals[0], fits))
        return optimise(search, time_limit_s=self.deadline.left, below=below)

    def _step(self, limit: float, found: Found, *, exact: bool = True) -> Step:
        roles = role_changes(self.best, found.best) if found.best else ()
        return Step(limit, found.best, roles, found.status is not Status.STOPPED, exact)

    # --- the tightest limit at which a better design fits -------------------------------------------------------------

    def _least(self, free: Evaluation) -> tuple[Evaluation | None, float | None, bool]:
        """Return a better design that fits there, the limit, and whether it is exact."""
        better = self._better_bounds(free)
        if better is None:
            return None, self._halved(free), False
        named = {bound.metric for bound in better}  # a stricter bound on what is bounded already takes its place
        rest = [r for r in self.others if not (isinstance(r, Bound) and r.metric in named)]
        search = searching(self.answer.search, [*rest, *better], [_towards(self.bound)])
        found = optimise(search, tie_break=False, time_limit_s=self.deadline.left)  # the best that fits is solved next
        if found.best is None or found.status is not Status.OPTIMAL:
            return None, None, True
        return found.best, found.best.metric(self.bound.metric), True

    def _better_bounds(self, free: Evaluation) -> list[Bound] | None:
        """Return the bounds of "better than the design": equal in the goals before the first that improves.

        None when one of these goals is a sum of several metrics, which is no bound.
        """
        found: list[Bound] = []
        for goal in self.goals:
            if len(goal.terms) != 1:
                return None
            term, now = goal.terms[0], self.best.metric(goal.terms[0].metric)
            improves = goal_value(goal, free) < goal_value(goal, self.best) - SAME_GOAL * abs(
                goal_value(goal, self.best)
            )
            found.append(_at_least_as_good(term, now, SAME_GOAL if improves else 0.0))
            if improves:
                return found
        return None

    def _halved(self, free: Evaluation) -> float:
        """Return the limit by halving between the bound and what is reached without it."""
        near, far = self.bound.limit, free.metric(self.bound.metric)
        for _ in range(HALVINGS):
            if abs(near - far) <= JUST * max(abs(near), abs(far)):
                break
            middle = (near + far) / 2
            found = self._solved(middle)
            if found.best is not None and self._better(found.best):
                far = found.best.metric(self.bound.metric)
            else:
                near = middle
        return far


def just(bound: Bound, value: float, *, tighter: bool) -> float:
    """Return a limit just beside a value: one that a design with this value misses, or meets with little to spare.

    Of an availability the downtime is moved, by no less than the judge lets pass.

    >>> just(Bound("p", "clouds", True, 2), 2.0, tighter=True)
    1.0
    """
    direction = -1 if bound.upper == tighter else 1
    if is_count(bound.metric):
        return value + direction
    if bound.metric.endswith(".availability"):
        return value + direction * max((1 - value) * JUST, value * BEYOND_SLIP)
    return value * (1 + direction * JUST)


def _towards(bound: Bound) -> Goal:
    sign, verb = (1.0, "minimize") if bound.upper else (-1.0, "maximize")
    return Goal((Term(bound.metric, sign),), f"{verb} {bound.metric}")


def _at_least_as_good(term: Term, value: float, margin: float) -> Bound:
    """Return the bound that a metric is as good as a value, or better by a relative margin."""
    upper = term.coefficient > 0
    return Bound("better", term.metric, upper, value * (1 - margin if upper else 1 + margin))


def rule_price(answer: Answer, rule: Filter, deadline: Deadline = UNLIMITED) -> RulePrice:
    """Return what the optimum is without one of the scenario's rules on options."""
    best = answer.best
    assert best is not None, "without a design there is nothing to price"
    rest = [r for r in answer.scenario.requirements if r is not rule]
    found = None if deadline.passed else optimise(answer.search.under(rest), time_limit_s=deadline.left)
    if found is None or found.best is None or found.status is not Status.OPTIMAL:
        return RulePrice(rule, None, 0.0, (), changes=False)
    better = beats(found.best, best)
    saves = best.cost_usd_per_month - found.best.cost_usd_per_month
    roles = role_changes(best, found.best) if better else ()
    return RulePrice(rule, found.best, saves if better else 0.0, roles, changes=better)
