"""What the losses of a front are in a question: sums over the chosen candidates, and percentiles of times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from advisor.catalog.blueprint import Flow
from advisor.evaluation.evaluate import UNIT_MS
from advisor.optimizer.linear import Linear, is_log, is_product, room_of
from advisor.optimizer.proof import TooHardError
from advisor.optimizer.question import Question
from advisor.optimizer.search import Search
from advisor.optimizer.tabled import POINTS
from advisor.optimizer.tails import ROOM, Tail
from advisor.scenario.load import Scenario
from advisor.scenario.requirements import Bound, split_percentile

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float64]]

LEAST = 1e-300  # of a product
SLACK = ROOM * (POINTS - 1)  # cells by which a time may be missed on the lattice, as for a single bound


@dataclass(frozen=True)
class Sum:
    """A loss that rises with a sum.

    Attributes:
        metric: its metric. coefficient: of the metric in the loss.
        scale: of the sum. product: whether the sum is minus the logarithm of a product, whose loss is minus itself.
        column: of the limits of a case; None for the goal. room: what the question lets the sum be, constants included.
    """

    metric: str
    coefficient: float
    scale: float
    product: bool
    column: int | None = None
    room: float = 0.0

    def sums(self, losses: Array) -> Array:
        """Return the sums with some losses.

        >>> import numpy as np
        >>> Sum("quality", -1.0, 1.0, True).sums(np.array([-0.5, np.inf])).round(3).tolist()
        [0.693, inf]
        """
        import numpy as np

        if not self.product:
            return losses / self.scale
        found: Array = np.where(losses < 0, -np.log(np.maximum(-losses, LEAST)) / self.scale, np.inf)
        return found

    def losses(self, sums: Array) -> Array:
        """Return the losses with some sums."""
        import numpy as np

        found: Array = -np.exp(-self.scale * sums) if self.product else self.scale * sums
        return found


@dataclass(frozen=True)
class Time:
    """A loss that is a percentile.

    Attributes:
        number: among the percentile bounds of the question. tail: its exact form.
        flow, at, level, unit_ms: where it is read: ``first`` item or ``complete``, and the ms of its unit.
    """

    metric: str
    number: int
    tail: Tail
    flow: Flow
    at: str
    level: float
    unit_ms: float

    @property
    def cell(self) -> float:
        """The width of the lattice, in the unit of the percentile."""
        return self.tail.step / self.unit_ms


@dataclass(frozen=True)
class Losses:
    """The losses of a front.

    Attributes:
        goal: the first of them. rows: the other sums. times: the percentiles; each with its place among the losses.
    """

    goal: Sum
    rows: tuple[tuple[int, Sum], ...]
    times: tuple[tuple[int, Time], ...]

    @property
    def count(self) -> int:
        """How many there are."""
        return 1 + len(self.rows) + len(self.times)


def losses_of(search: Search, bounds: Sequence[Bound], question: Question) -> Losses:
    """Return the losses of a front: the search's only goal, and the metrics of some of its bounds.

    Raises:
        TooHardError: one of them is neither a sum over the chosen candidates nor a percentile.
    """
    (goal,) = search.table.scenario.objective
    if len(goal.terms) > 1 or question.goal.per_count:
        raise TooHardError
    first = Sum(goal.terms[0].metric, goal.terms[0].coefficient, 1.0, is_log(goal))
    rows, times = [], []
    for place, bound in enumerate(bounds, 1):
        if split_percentile(bound.metric):
            times.append((place, _time(search, bound)))
        else:
            rows.append((place, _row(search, bound, question)))
    return Losses(first, tuple(rows), tuple(times))


def _row(search: Search, bound: Bound, question: Question) -> Sum:
    sums = [one for one in search.bounds if not split_percentile(one.metric)]
    number = max(n for n, one in enumerate(sums) if one == bound)
    total, room = question.rows[number]
    if total.per_count or not total.weights:
        raise TooHardError
    column = sum(_is_column(row) for row, _ in question.rows[:number])
    product, scale = is_product(bound.metric), room_of(bound)[1]
    return Sum(bound.metric, -1.0 if product else 1.0, scale, product, column, room)


def _is_column(row: Linear) -> bool:
    """Return whether a row is one of the limits of a case; see :meth:`Question.case`."""
    return bool(row.weights) or len(row.per_count) > 1


def _time(search: Search, bound: Bound) -> Time:
    number = max(n for n, (own, _) in enumerate(search.tails) if own == bound)
    flow, at, level, unit_ms = _read(search.table.scenario, bound.metric)
    return Time(bound.metric, number, search.tails[number][1], flow, at, level, unit_ms)


def _read(scenario: Scenario, metric: str) -> tuple[Flow, str, float, float]:
    read = split_percentile(metric)
    assert read is not None
    flow_id, measure, level = read
    flow = scenario.blueprint.flows[flow_id]
    return flow, flow.measures[measure].at, level, UNIT_MS[measure]  # type: ignore[index]
