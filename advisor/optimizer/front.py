"""The whole front of a sum and a percentile in one search, instead of one optimum after the other.

Labels are extended as for one optimum (:mod:`advisor.optimizer.labels`), but what is to beat is not one value: it is
the staircase of the points known so far (:mod:`advisor.optimizer.stairs`). The beginning of a design is dropped when it
leads into none of the corners: for each, the budget that is left below the corner's cost buys too small a chance to be
within the corner's time (:mod:`advisor.optimizer.envelope`; the envelope over all times serves every corner). Corners
are asked about in halves: where the loosest cost and the loosest time of many are out of reach, all of them are.

Every finished design that may lie in a corner goes to the judge, so points are exact, and when the search ends nothing
is left in any corner.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from advisor.candidates.candidate import Candidate
from advisor.catalog.blueprint import Flow
from advisor.evaluation.evaluate import UNIT_MS, flow_time, judge
from advisor.evaluation.result import Evaluation
from advisor.models.latency import inverse
from advisor.optimizer.case import Case
from advisor.optimizer.chances import Chances, levels
from advisor.optimizer.engine import Engine
from advisor.optimizer.envelope import Chain, Envelope
from advisor.optimizer.front_labels import CELLS, FrontLabels
from advisor.optimizer.labels import ROW_SLIP
from advisor.optimizer.linear import is_log
from advisor.optimizer.prices import ROUNDING, Prices, priced
from advisor.optimizer.proof import TooHardError, decided_order
from advisor.optimizer.question import MOST_CASES, Question
from advisor.optimizer.run import Run, linear_goal
from advisor.optimizer.search import Search
from advisor.optimizer.situations import Situation
from advisor.optimizer.stairs import Stairs
from advisor.optimizer.tails import MARGIN, POINTS, ROOM
from advisor.optimizer.thinning import thinned
from advisor.scenario.load import Scenario
from advisor.scenario.requirements import Bound, split_percentile

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float64]]
    Indices = np.ndarray[Any, np.dtype[np.intp]]

BUDGETS = 96  # points of the grid of costs
MOST_LABELS = 1_000_000  # for all cases; then one optimum after the other is tried
SLACK = ROOM * (POINTS - 1)  # cells by which a time may be missed on the lattice, as for a single bound
UNEVEN = MARGIN / 2  # masses that differ by more than this are no smooth distribution
NEAR = 3  # masses on both sides that are looked at
TILTS = (1.0, 6.0)  # of the stand-ins for times from which quick designs are made
WEIGHTS = 24  # of time against the goal, for each of them


def front_within(
    search: Search,
    bound: Bound,
    stairs: Stairs[Evaluation],
    deadline: float = math.inf,
    progress: Callable[[], None] = lambda: None,
) -> None:
    """Add to a staircase what is missing of the front of a search's goal and a percentile.

    Args:
        search: its only goal is the first loss, a sum; it holds ``bound``.
        bound: what the percentile, the second loss, may be at all.
        stairs: points that are known.
        deadline: on the monotonic clock. progress: called for each point found.

    Raises:
        TooHardError: roles are coupled in too many ways, there are too many labels, or the deadline passed.
    """
    if search.empty_roles:
        return
    (goal,) = search.table.scenario.objective
    objective = linear_goal(search, goal)
    if objective is None or objective.per_count or is_log(goal) or search.coupled:
        raise TooHardError
    question = Run(search, None, 0.0).question(objective, ())
    question = replace(question, situations=list(_settled(question)))
    offers = Offers(search, bound, stairs, progress)
    cases = [thinned(case) for *_, case in Engine(question, lambda _: True).open_cases()]
    paid = [(case, prices) for case in cases if (prices := priced(case)) is not None]
    fronts = [CaseFront(case, prices, question, offers) for case, prices in paid]
    for one in fronts:
        one.quick(deadline)
    left = MOST_LABELS
    for one in sorted(fronts, key=lambda front: front.least):
        left -= one.search(deadline, left)


def _settled(question: Question) -> Iterator[Situation]:
    """Yield every situation with all that couples roles settled. Raises :class:`TooHardError` for too many."""
    pending, found = list(question.situations), 0
    while pending:
        situation = pending.pop(0)
        if situation.open:
            pending += situation.split()
        elif situation.possible:
            found += 1
            yield situation
        if found + len(pending) > MOST_CASES:
            raise TooHardError


class Offers:
    """Takes designs into the staircase that the judge accepts.

    Attributes:
        number: which of the search's percentile bounds is the front's own.
        cell: the width of its lattice, in the unit of the percentile.
    """

    def __init__(self, search: Search, bound: Bound, stairs: Stairs[Evaluation], progress: Callable[[], None]) -> None:
        self.search, self.bound, self.stairs, self.progress = search, bound, stairs, progress
        self.number = max(n for n, (own, _) in enumerate(search.tails) if own == bound)
        self.tail = search.tails[self.number][1]
        self._read = _read(search.table.scenario, bound.metric)
        self.cell = self.tail.step / self._read[-1]
        self.goal = search.table.scenario.objective[0].terms[0]
        self._times: dict[tuple[int, ...], float] = {}

    def __call__(self, design: Mapping[str, Candidate], value: float) -> bool:
        """Take a design if it is wanted and meets all bounds; return whether it was taken."""
        if not self.stairs.wants((value, self._time(design))) or self.search.consistent(design) is None:
            return False
        evaluation = judge(design, self.search.table.scenario, brief=True)
        losses = self.goal.coefficient * evaluation.metric(self.goal.metric), evaluation.metric(self.bound.metric)
        if not self.search.holds(evaluation) or not self.stairs.add(losses, evaluation):
            return False
        self.progress()
        return True

    def _time(self, design: Mapping[str, Candidate]) -> float:
        """Return the percentile as the judge reads it; designs with the same times are asked about once."""
        times = self.tail.times_of(design)
        if times not in self._times:
            flow, at, level, unit_ms = self._read
            self._times[times] = flow_time(flow, at, design, self.search.table.scenario).quantiles([level])[0] / unit_ms
        return self._times[times]


def _read(scenario: Scenario, metric: str) -> tuple[Flow, str, float, float]:
    """Return where a percentile is read: flow, ``first`` item or ``complete``, level, and the ms of its unit."""
    read = split_percentile(metric)
    assert read is not None
    flow_id, measure, level = read
    flow = scenario.blueprint.flows[flow_id]
    return flow, flow.measures[measure].at, level, UNIT_MS[measure]  # type: ignore[index]


class CaseFront:
    """What one case adds to the front.

    Attributes:
        prices: for each role what each candidate costs, the worth of the limits that it uses included.
        least: what no design's goal is below.
    """

    def __init__(self, case: Case, prices: Prices, question: Question, offers: Offers) -> None:
        self.case, self.question, self.offers = case, question, offers
        self.own = case.tails[offers.number]
        self.held = [tail for n, tail in enumerate(case.tails) if n != offers.number and not tail.always_holds()]
        self.prices, worth = prices.costs(case, offers.number)
        self.fresh: list[Indices] = []
        self.least = case.constant + sum(float(price.min()) for price in self.prices) - worth

    def quick(self, deadline: float) -> None:
        """Offer designs that take for each role the least of a price and a weighted stand-in for its time, and, for
        each design that is taken, those in which one role has another candidate."""
        import numpy as np

        found: dict[tuple[int, ...], None] = {}
        spread = float(np.mean([np.ptp(price) for price in self.prices])) or 1.0
        for tilt in TILTS:
            row = self.own.necessary(tilt)
            if row is not None:
                scale = spread / (float(np.mean([np.ptp(used) for used in row[0]])) or 1.0)
                weights = np.geomspace(1e-3, 1e3, WEIGHTS)[:, None] * scale
                pairs = zip(self.prices, row[0], strict=True)
                chosen = [np.argmin(price + weights * used, axis=1) for price, used in pairs]
                found |= dict.fromkeys(tuple(design) for design in np.column_stack(chosen).tolist())
        self.finish(np.array(list(found), dtype=np.intp).reshape(len(found), len(self.case.goal)), sure=True)
        while self.fresh and time.monotonic() < deadline:
            self.finish(self._beside(self.fresh.pop()), sure=True)

    def _beside(self, design: Indices) -> Indices:
        """Return the designs in which one role has another candidate."""
        import numpy as np

        sizes = [len(goal) for goal in self.case.goal]
        found = np.repeat(design[None], sum(sizes), axis=0)
        for role, (end, size) in enumerate(zip(np.cumsum(sizes), sizes, strict=True)):
            found[end - size : end, role] = np.arange(size)
        return found

    def search(self, deadline: float, most: int) -> int:
        """Offer every design that may be wanted; return how many labels it took. Raises :class:`TooHardError`."""
        order = decided_order(self.case)
        envelopes = [self._envelope(self.own, order), *(self._any(tail, order) for tail in self.held)]
        known = [envelope for envelope in envelopes if envelope is not None]
        if len(known) < len(envelopes):
            return 0
        labels = FrontLabels(self, order, known, deadline, most)
        if not labels.run():
            raise TooHardError
        return labels.labels

    def _envelope(self, tail: Chances, order: Sequence[int]) -> Envelope | None:
        """Return what can be reached with each budget above the least goal; None where nothing is in time."""
        chain = Chain(tail, order, CELLS)
        if chain.hopeless:
            return None
        above = [self.prices[role] - self.prices[role].min() for role in order]
        room = min(sum(float(a.max()) for a in above), self._dearest(chain) - self.least)
        if room < 0:
            return None
        envelope = Envelope(chain, order, above, room * (1 + ROUNDING), BUDGETS)
        return None if envelope.hopeless else envelope

    def _any(self, tail: Chances, order: Sequence[int]) -> Envelope | None:
        """Return what can be reached at all; None where nothing is in time."""
        import numpy as np

        chain = Chain(tail, order, CELLS)
        if chain.hopeless:
            return None
        envelope = Envelope(chain, order, [np.zeros(len(self.prices[role])) for role in order], 0.0, 1)
        return None if envelope.hopeless else envelope

    def _dearest(self, chain: Chain) -> float:
        """Return what a goal that is wanted can be at most: infinite if a faster design than all may exist."""
        *_, (goal, latest) = [(-math.inf, 0.0), *self.offers.stairs.corners()]
        if math.isinf(goal) and goal > 0:
            fastest = inverse(chain.ahead[-1] * chain.start)[: self.point(latest) + 1].sum()
            if fastest < chain.chances.least:
                return max((first for first, _ in self.offers.stairs.losses), default=-math.inf)
        return goal

    def point(self, latest: float) -> int:
        """Return the point of the beginnings' lattice up to which what ends in time may come."""
        at = min(math.ceil(latest / self.offers.cell + SLACK), POINTS - 1)
        return at // CELLS

    def finish(self, designs: Indices, *, sure: bool = False) -> None:
        """Offer finished designs, the best first, that are wanted if they are as fast as the lattice lets them be.

        ``sure``: those only that would be wanted even if they were as slow as that.
        """
        import numpy as np

        slip = ROW_SLIP * np.maximum(np.abs(self.case.room), 1.0)
        designs = designs[(self.case.uses(designs) <= self.case.room + slip).all(axis=1)]
        for tail in self.held:
            designs = designs[tail.hold(designs)] if len(designs) else designs
        if not len(designs):
            return
        values = np.array([self.case.value(design) for design in designs])
        times, slack = self.times(designs)
        times = times if sure else np.maximum(times - slack, 0.0)
        for j in np.lexsort((times, values)):
            wanted = self.offers.stairs.wants((float(values[j]), float(times[j])))
            if wanted and self.offers(self._design(designs[j]), float(values[j])):
                self.fresh.append(designs[j])

    def times(self, designs: Indices) -> tuple[Array, Array]:
        """Return the percentile of designs as the lattice has it, and by how much it may be too large; equals once."""
        import numpy as np

        own = [role for role in range(len(self.case.goal)) if self.own.touches(role)]
        rows = np.column_stack([self.own.rows[role][designs[:, role]] for role in own])
        _, first, where = np.unique(rows, axis=0, return_index=True, return_inverse=True)
        place, slack = percentiles(inverse(self.own.spectra_of(designs[first])), self.own.least)
        return self.offers.cell * place[where.reshape(-1)], self.offers.cell * slack[where.reshape(-1)]

    def _design(self, chosen: Indices) -> dict[str, Candidate]:
        return {
            role: found[int(kept[j])]
            for (role, found), kept, j in zip(self.question.pool.items(), self.case.kept, chosen, strict=True)
        }


def percentiles(masses: Array, level: float) -> tuple[Array, Array]:
    """Return where distributions reach a level, in cells, and by how many cells that may be too late; inf for never.

    Between two points the level is taken to rise evenly. Where neighbouring masses differ by little it does so up to an
    eighth of the difference, and so do the stages that were put on the lattice: less than the margin in ``level``.
    Elsewhere, beside an atom, the slack is that of a single bound.

    >>> import numpy as np
    >>> place, slack = percentiles(np.full((1, 1000), 1e-3), 0.95)
    >>> round(float(place[0]), 3), float(slack[0])
    (949.5, 0.0)
    """
    import numpy as np

    chances, every = levels(masses), np.arange(len(masses))
    enough = chances >= level
    upper = np.where(enough.any(axis=1), enough.argmax(axis=1), masses.shape[1] - 1).clip(1)
    low, high = chances[every, upper - 1], chances[every, upper]
    place = upper - 1 + ((level - low) / np.maximum(high - low, 1e-300)).clip(0.0, 1.0)
    near = (upper[:, None] + np.arange(-NEAR, NEAR)).clip(0, masses.shape[1] - 1)
    uneven = np.abs(np.diff(masses[every[:, None], near], axis=1)).max(axis=1)
    return np.where(enough.any(axis=1), place, np.inf), np.where(uneven > UNEVEN, SLACK, 0.0)
