"""The metrics that a front is of: direction, the user's bounds on them, and what counts as better."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from advisor.analysis.answers import Deadline
from advisor.analysis.equality import SAME_TIME
from advisor.candidates.table import Table
from advisor.evaluation.evaluate import judge
from advisor.evaluation.result import Evaluation
from advisor.optimizer.run import optimise
from advisor.optimizer.search import Search
from advisor.scenario.goals import Goal, Term
from advisor.scenario.load import Scenario
from advisor.scenario.requirements import COST, OPERATIONS, Bound, metric_direction, split_percentile

NEAR = 0.25  # how much worse than the user's bounds a point near them may be
ALWAYS = 1 - 1e-12  # a bound on availability leaves some downtime
CLOSER = 4e-9  # values of sums and products closer than this, relative, count as equal: the judge allows 1e-9


@dataclass(frozen=True)
class Axis:
    """A metric of the front.

    Attributes:
        bounds: what the scenario asks of it; set aside for the front.
        limit: how bad it may be for a point to be near those bounds; None where everything is shown.
    """

    metric: str
    less_is_better: bool
    bounds: tuple[Bound, ...] = ()
    limit: float | None = None

    def loss(self, value: float) -> float:
        """Return a value as something to be minimised, and back."""
        return value if self.less_is_better else -value

    def better(self, loss: float, share: float = 0.0) -> float:
        """Return the largest loss that counts as better, by this share of it at least; ``-inf`` where nothing can be.

        The share of an availability is one of its downtime.

        >>> Axis("quality", False).better(-1.0), Axis("clouds", True).better(2.0)
        (-inf, 1.0)
        >>> Axis("flows.answer.availability", False).better(-0.99, 0.1)
        -0.991
        """
        if not self.less_is_better:
            more = -loss * (1 + max(CLOSER, 0.0 if self._is_availability else share))
            more = max(more, 1 - (1 + loss) * (1 - share)) if self._is_availability else more
            return -more if more <= 1 else -math.inf
        if loss <= 0:
            return -math.inf
        if self.metric in (COST, OPERATIONS):
            return loss * (1 - max(CLOSER, share))
        return loss * (1 - max(SAME_TIME, share)) if self.metric.startswith("flows.") else loss - 1

    @property
    def _is_availability(self) -> bool:
        return self.metric.endswith(".availability")

    def bound(self, loss: float) -> Bound:
        """Return the bound that only losses up to this one meet."""
        limit = min(self.loss(loss), ALWAYS) if self._is_availability else self.loss(loss)
        return Bound("front", self.metric, self.less_is_better, limit)


def axes_of(known: Table, metrics: Sequence[str]) -> tuple[Axis, ...]:
    """Return the axes of some metrics, with what the scenario asks of each."""
    blueprint, bounds = known.scenario.blueprint, known.scenario.bounds
    return tuple(
        Axis(metric, bool(metric_direction(blueprint, metric)), tuple(b for b in bounds if b.metric == metric))
        for metric in metrics
    )


def near(known: Table, axes: Sequence[Axis], deadline: Deadline) -> tuple[Axis, ...]:
    """Return the axes with how bad a point may be that is near the bounds; without a bound, near what is proposed."""
    proposed: Evaluation | None = None
    if not all(axis.bounds for axis in axes):
        asked = [axis.metric for axis in axes if split_percentile(axis.metric)]
        best = optimise(Search(known), time_limit_s=deadline.left).best
        proposed = judge(best.design, reporting(known.scenario, asked)) if best else None
    return tuple(replace(axis, limit=_loosened(axis, proposed)) for axis in axes)


def _loosened(axis: Axis, proposed: Evaluation | None) -> float | None:
    """Return a quarter more than the bound, a quarter less quality, or a quarter more downtime."""
    values = [bound.limit for bound in axis.bounds] or ([proposed.metric(axis.metric)] if proposed else [])
    if not values:
        return None
    if axis.metric.endswith(".availability"):
        return 1 - (1 - max(values)) * (1 + NEAR)
    return min(values) * (1 + NEAR) if axis.less_is_better else max(values) * (1 - NEAR)


def reporting(scenario: Scenario, metrics: Sequence[str]) -> Scenario:
    """Return a scenario whose evaluations hold these percentiles too."""
    asked = tuple(Goal((Term(metric, 1.0),), metric) for metric in metrics)
    return replace(scenario, objective=(*scenario.objective, *asked))
