"""The exact front of two or three metrics: every design that no other beats in all of them.

Sums, products and percentiles are searched at once (:mod:`advisor.optimizer.front`). Otherwise, and where that has too
much to look at, each point is one proven optimum: the best value of the first metric while the others stay within a
corner (see :mod:`advisor.analysis.quadrants`). The metric to optimise is one that adds up, cost where it is among them,
because such optima are proved fastest; percentiles are bounded, and the judge says what each design really reaches.

What is asked of the front's own metrics is set aside, so that the front shows what lies on both sides of those bounds;
everything else that the scenario requires holds at every point.
"""

from __future__ import annotations

import datetime
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from advisor.analysis.answers import UNLIMITED, Deadline, Progress, silent, under
from advisor.analysis.axes import Axis, axes_of, reporting
from advisor.analysis.axes import near as near_axes
from advisor.analysis.conflict import conflict
from advisor.analysis.equality import same
from advisor.analysis.metric_names import metric_paths
from advisor.analysis.quadrants import Corner, Reached, undominated, walk
from advisor.candidates.table import Table, table
from advisor.catalog.load import Catalog, load_catalog
from advisor.errors import bad_input
from advisor.evaluation.evaluate import judge
from advisor.evaluation.result import Evaluation
from advisor.optimizer.front import front_within
from advisor.optimizer.proof import TooHardError
from advisor.optimizer.run import optimise
from advisor.optimizer.search import Search
from advisor.optimizer.solver import Status
from advisor.optimizer.stairs import Stairs
from advisor.scenario.goals import Goal, Term
from advisor.scenario.load import Scenario
from advisor.scenario.requirements import COST, Requirement, split_percentile

FEWEST, MOST = 2, 3
FLAT = 1e-9  # a distance below the line that is no more than rounding


class OutOfTimeError(Exception):
    """The deadline passed before the front was complete."""


@dataclass(frozen=True)
class Point:
    """A design of the front, judged under the whole scenario.

    ``values``: of the front's metrics, in their order.
    """

    evaluation: Evaluation
    values: tuple[float, ...]

    @property
    def within(self) -> bool:
        """Whether it also meets what the scenario asks of the front's own metrics."""
        return self.evaluation.feasible


@dataclass(frozen=True)
class Front:
    """The nondominated designs.

    Attributes:
        scenario: the user's, with all requirements.
        points: in the order of the first metric, the best first.
        held: what holds at every point. resolution: what a point had to better a metric by, as a share.
        status: OPTIMAL (complete, proved), INFEASIBLE (nothing meets what is held) or STOPPED.
        swept: the metric in whose order points are found. reached: when stopped, the front is complete where that
            metric is better than this; None: nothing is proved.
        knee: the point farthest below the line or plane of equal exchange, as an index; None where no point lies below.
        conflict: when infeasible, a smallest set of requirements that cannot hold together, where found.
        solved: how many optima were computed.
        table: the candidates that there were.
    """

    scenario: Scenario
    axes: tuple[Axis, ...]
    points: tuple[Point, ...]
    held: tuple[Requirement, ...]
    status: Status
    swept: str
    reached: float | None = None
    knee: int | None = None
    conflict: tuple[Requirement, ...] | None = None
    solved: int = 0
    resolution: float = 0.0
    table: Table | None = field(default=None, repr=False, compare=False)

    @cached_property
    def chosen(self) -> int | None:
        """The first point, in the order found, that meets every requirement: what to take within the bounds."""
        axis = next(index for index, axis in enumerate(self.axes) if axis.metric == self.swept)
        inside = [index for index, point in enumerate(self.points) if point.within]
        return min(inside, key=lambda i: self.axes[axis].loss(self.points[i].values[axis]), default=None)


def pareto(
    scenario: Scenario,
    metrics: Sequence[str],
    catalog: Catalog | None = None,
    *,
    near: bool = False,
    resolution: float = 0.0,
    as_of: datetime.date | None = None,
    time_limit_s: float = 0.0,
    progress: Progress = silent,
) -> Front:
    """Return the exact front of two or three metrics.

    Args:
        metrics: paths, or ends of them that are enough to tell: ``cost``, ``answer.ttft_ms.p95``, ``availability``.
        near: keep to points that miss no bound on the front's metrics by more than a quarter; where the scenario bounds
            a metric not at all, the proposed design's value stands for the bound.
        resolution: leave out points that better every metric but the one optimised by less than this share; each point
            is on the whole front, and no design is better than all points by more than the share.
        time_limit_s: 0 means none. When it passes, the part of the front that is proved is returned.

    Raises:
        InputError: a metric that the scenario does not have, that could be several, or that is named twice; one metric
            alone or more than three.

    >>> import advisor
    >>> found = pareto(advisor.load_scenario(advisor.example("support_copilot")), ["cost", "operations"])
    >>> cheapest, *_, least_hours = found.points
    >>> found.status.value, cheapest.values[0] < least_hours.values[0], cheapest.values[1] > least_hours.values[1]
    ('optimal', True, True)
    """
    if not FEWEST <= len(metrics) <= MOST:
        raise bad_input(f"found {len(metrics)}; a front has two or three metrics", path="--metrics")
    paths = metric_paths(scenario, metrics)
    known, deadline = table(scenario, catalog or load_catalog(), as_of), Deadline.after(time_limit_s)
    return front_of(known, paths, near=near, resolution=resolution, deadline=deadline, progress=progress)


def front_of(
    known: Table,
    metrics: Sequence[str],
    *,
    near: bool = False,
    resolution: float = 0.0,
    deadline: Deadline = UNLIMITED,
    progress: Progress = silent,
) -> Front:
    """Return the exact front of metrics, given by their paths, over known candidates."""
    axes = near_axes(known, axes_of(known, metrics), deadline) if near else axes_of(known, metrics)
    own = {bound for axis in axes for bound in axis.bounds}
    held = tuple(r for r in known.scenario.requirements if r not in own)
    solver = _Solver(known, axes, held, resolution, deadline)
    found: list[Reached[Evaluation]] = []
    status = Status.OPTIMAL
    try:
        for point in solver.points(progress):
            found.append(point)
            progress(len(found), len(found) + 1, f"{solver.order[0].metric} {abs(point.losses[0]):.6g}")
    except OutOfTimeError:
        status = Status.STOPPED
    return _front(solver, found, status)


# --- one optimum after the other --------------------------------------------------------------------------------------


class _Solver:
    """Finds the best of the first metric within a corner of the others, each time from the same start.

    Attributes:
        order: the axes as they are walked, the one to optimise first.
        solved: how many optima were asked for. start: the first one, where it is known.
    """

    def __init__(
        self, known: Table, axes: Sequence[Axis], held: Sequence[Requirement], resolution: float, deadline: Deadline
    ) -> None:
        self.known, self.axes, self.held, self.deadline = known, tuple(axes), tuple(held), deadline
        self.resolution = resolution
        first = _swept(axes)
        self.order = (first, *(axis for axis in axes if axis is not first))
        self.solved = 0
        self.start: Reached[Evaluation] | None = None
        self.reporting = reporting(known.scenario, [axis.metric for axis in axes if split_percentile(axis.metric)])
        near = [axis.bound(axis.loss(axis.limit)) for axis in axes if axis.limit is not None]
        coefficient = 1.0 if first.less_is_better else -1.0
        self.kept = (*held, *near)
        self.base = Search(under(known, self.kept, [Goal((Term(first.metric, coefficient),), first.metric)]))

    def better(self, index: int, loss: float) -> float:
        """Return the largest loss of a metric that counts as better."""
        return self.order[index].better(loss)

    def step(self, index: int, loss: float) -> float:
        """Return the largest loss of a metric that is worth a point of its own."""
        return self.order[index].better(loss, self.resolution)

    def points(self, progress: Progress) -> Iterator[Reached[Evaluation]]:
        """Yield the points in order of the first metric, all of them at once where that is possible."""
        whole = None if self.resolution else self._whole(progress)
        yield from walk(len(self.axes), self.solve, self.step) if whole is None else whole

    def _whole(self, progress: Progress) -> list[Reached[Evaluation]] | None:
        """Return all points, in order; None where they have to be found one by one."""
        try:
            found = self._at_once(tuple(range(len(self.order))), progress)
        except TooHardError:
            return None
        return sorted(found, key=lambda one: one.losses)

    def _at_once(self, places: tuple[int, ...], progress: Progress) -> list[Reached[Evaluation]]:
        """Return the points of the front of some metrics, given by their places in the order, the first among them.

        What a metric may be is what it is at most on the front of the others: a design that is worse is beaten by a
        point there, which is as good in the others.

        Raises:
            TooHardError: they have to be found one by one.
        """
        if len(places) == 1:
            self.start = self.start or self.solve((math.inf,) * (len(self.order) - 1), None)
            return [self.start] if self.start else []
        known: list[Reached[Evaluation]] = []
        most = []
        for place in places[1:]:
            others = self._at_once(tuple(other for other in places if other != place), progress)
            known += others
            most.append(max((one.losses[place] for one in others), default=-math.inf))
        if not known:
            return []
        bounds = [self.order[place].bound(loss) for place, loss in zip(places[1:], most, strict=True)]
        better = [self.order[place].better for place in places]
        stairs: Stairs[Evaluation] = Stairs(better, tuple(most))
        for one in known:
            stairs.add(tuple(one.losses[place] for place in places), one.what)

        def found() -> None:
            count = len(stairs.losses) + 1
            progress(count, count + 1, f"{self.order[0].metric} {abs(stairs.losses[-1][0]):.6g}")

        front_within(self.base.under((*self.kept, *bounds)), bounds, stairs, self._half, found)
        return [self._judged(evaluation) for evaluation in stairs.what]

    def solve(self, corner: Corner, around: Reached[Evaluation] | None) -> Reached[Evaluation] | None:
        """Return the best design within a corner, None when there is none. Raises :class:`OutOfTimeError`."""
        if around is None and self.start is not None:
            return self.start
        found = self._optimum((math.inf, *corner), around)
        return self._refined(found) if found and self.resolution else found

    def _optimum(self, most: Sequence[float], near: Reached[Evaluation] | None) -> Reached[Evaluation] | None:
        if self.deadline.passed:
            raise OutOfTimeError
        self.solved += 1
        pairs = zip(self.order, most, strict=True)
        search = self.base.under((*self.kept, *(axis.bound(loss) for axis, loss in pairs if not math.isinf(loss))))
        if near is not None:
            search.near.append(near.what)
        found = optimise(search, time_limit_s=self.deadline.left)
        if found.status is Status.STOPPED:
            raise OutOfTimeError
        return self._judged(found.best) if found.best else None

    @property
    def _half(self) -> float:
        """When half of the time that is left will be over, on the monotonic clock."""
        now = time.monotonic()
        return self.deadline.end if math.isinf(self.deadline.end) else now + (self.deadline.end - now) / 2

    def _refined(self, found: Reached[Evaluation]) -> Reached[Evaluation]:
        """Return the point that is as good in the first metric and cannot be bettered in another.

        Without a resolution the walk does this itself: the next corner begins right below.
        """
        for index in range(1, len(self.order)):
            while (most := self.better(index, found.losses[index])) > -math.inf:
                losses = [*found.losses[:index], most, *found.losses[index + 1 :]]
                again = self._optimum(losses, found)
                if again is None:
                    break
                found = again
        return found

    def _judged(self, best: Evaluation) -> Reached[Evaluation]:
        found = judge(best.design, self.reporting)
        return Reached(tuple(axis.loss(found.metric(axis.metric)) for axis in self.order), found)


def _swept(axes: Sequence[Axis]) -> Axis:
    """Return the metric to optimise: cost, else the first that adds up, else the first."""
    sums = [axis for axis in axes if split_percentile(axis.metric) is None]
    return next((axis for axis in sums if axis.metric == COST), (sums or list(axes))[0])


# --- the front --------------------------------------------------------------------------------------------------------


def _front(solver: _Solver, found: list[Reached[Evaluation]], status: Status) -> Front:
    """Return the points in the order of the first metric named; of a part, those that are proved."""
    swept, reached = solver.order[0], None
    if status is Status.STOPPED and found:
        last = found[-1].losses[0]
        found = [one for one in found if one.losses[0] <= swept.better(last)]
        reached = swept.loss(last)
    if status is Status.OPTIMAL and not found:
        status = Status.INFEASIBLE
    points = [
        Point(one.what, tuple(one.what.metric(axis.metric) for axis in solver.axes))
        for one in undominated(found, solver.better)
    ]
    points.sort(key=lambda p: [axis.loss(value) for axis, value in zip(solver.axes, p.values, strict=True)])
    blamed = under(solver.known, solver.kept)
    return Front(
        solver.known.scenario,
        solver.axes,
        tuple(points),
        solver.held,
        status,
        swept.metric,
        reached,
        knee(points, solver.axes) if status is Status.OPTIMAL else None,
        conflict(blamed, solver.deadline.left) if status is Status.INFEASIBLE else None,
        solver.solved,
        solver.resolution,
        solver.known,
    )


def knee(points: Sequence[Point], axes: Sequence[Axis]) -> int | None:
    """Return which point lies farthest below the line (with three metrics the plane) of equal exchange.

    Each metric is scaled to 0 at the best and 1 at the worst value on the front; the line joins the ends, where one
    metric is 0 and the other 1, and the distance below it is (1 - sum of the scaled metrics) / sqrt(number of metrics)
    (Das, 1999, "On characterizing the knee of the Pareto curve"). A metric that is the same at every point counts for
    nothing. None when no point between the ends lies below the line, and when fewer than two metrics move.

    >>> axes = (Axis("cost_usd_per_month", True), Axis("quality", False))
    >>> knee([Point(None, v) for v in ((10.0, 0.5), (12.0, 0.8), (30.0, 0.9))], axes)
    1
    """
    columns = [[axis.loss(point.values[place]) for point in points] for place, axis in enumerate(axes)]
    ends = [(min(column), max(column)) if column else (0.0, 0.0) for column in columns]
    moving = [place for place, axis in enumerate(axes) if not same(*ends[place], axis.metric)]
    if len(moving) < 2:
        return None
    scaled = [[(x - ends[p][0]) / (ends[p][1] - ends[p][0]) for x in columns[p]] for p in moving]
    totals = [math.fsum(row) for row in zip(*scaled, strict=True)]
    best = min(range(len(totals)), key=lambda index: (totals[index], index))
    return best if totals[best] < 1 - FLAT else None
