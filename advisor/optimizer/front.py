"""The whole front of a sum and other sums or percentiles in one search, instead of one optimum after the other.

Labels are extended as for one optimum (:mod:`advisor.optimizer.labels`), but what is to beat is not one value: it is
the staircase of the points known so far (:mod:`advisor.optimizer.stairs`). The beginning of a design is dropped when it
leads into none of the corners (:mod:`advisor.optimizer.front_labels`). What calls between clouds cost and take is in
the constants of copies (:mod:`advisor.optimizer.linked`); where the others are is settled before, case by case.

Every finished design that may lie in a corner goes to the judge, so points are exact, and when the search ends nothing
is left in any corner.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from advisor.candidates.candidate import Candidate
from advisor.evaluation.evaluate import flow_time, judge
from advisor.evaluation.result import Evaluation
from advisor.optimizer.engine import Engine
from advisor.optimizer.front_case import CaseFront
from advisor.optimizer.front_losses import Losses, Time, losses_of
from advisor.optimizer.front_starts import start
from advisor.optimizer.prices import priced
from advisor.optimizer.proof import TooHardError
from advisor.optimizer.question import MOST_CASES, Question
from advisor.optimizer.run import Run, linear_goal
from advisor.optimizer.search import Search
from advisor.optimizer.situations import Situation
from advisor.optimizer.stairs import Stairs
from advisor.optimizer.thinning import thinned
from advisor.scenario.requirements import Bound

MOST_LABELS = 400_000  # for all cases; then one optimum after the other is tried


def front_within(
    search: Search,
    bounds: Sequence[Bound],
    stairs: Stairs[Evaluation],
    deadline: float = math.inf,
    progress: Callable[[], None] = lambda: None,
) -> None:
    """Add to a staircase what is missing of the front of a search's goal and some metrics.

    Args:
        search: its only goal is the first loss, a sum; it holds ``bounds``.
        bounds: for each other loss, a sum or a percentile, what it may be at all.
        stairs: points that are known.
        deadline: on the monotonic clock. progress: called for each point found.

    Raises:
        TooHardError: roles are coupled in too many ways, there are too many labels, or the deadline passed.
    """
    if search.empty_roles:
        return
    search = search.linked_unforced or search
    objective = linear_goal(search, search.table.scenario.objective[0])
    if objective is None:
        raise TooHardError
    question = Run(search, None, 0.0).question(objective, ())
    losses = losses_of(search, bounds, question)
    question = replace(question, situations=list(_settled(question)), few=MOST_CASES)
    offers = Offers(search, losses, stairs, progress)
    cases = [thinned(case) for *_, case in Engine(question, lambda _: True).open_cases()]
    paid = [(case, prices) for case in cases if (prices := priced(case)) is not None]
    fronts = [CaseFront(case, prices, question, losses, offers) for case, prices in paid]
    start(fronts, deadline)
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
    """Takes designs into the staircase that the judge accepts."""

    def __init__(
        self, search: Search, losses: Losses, stairs: Stairs[Evaluation], progress: Callable[[], None]
    ) -> None:
        self.search, self.losses, self.stairs, self.progress = search, losses, stairs, progress
        self._times: dict[tuple[int, tuple[int, ...]], float] = {}

    def __call__(self, design: Mapping[str, Candidate], sums: Sequence[float]) -> bool:
        """Take a design, of which the losses that are sums are known, if it is wanted and meets all bounds.

        Returns whether it was taken.
        """
        losses = list(sums)
        for place, time in self.losses.times:
            losses[place] = self._time(time, design)
        if not self.stairs.wants(losses) or self.search.consistent(design) is None:
            return False
        evaluation = judge(design, self.search.table.scenario, brief=True)
        if not self.search.holds(evaluation) or not self.stairs.add(self._read(evaluation), evaluation):
            return False
        self.progress()
        return True

    def _read(self, evaluation: Evaluation) -> tuple[float, ...]:
        """Return the losses of a design as the judge has them."""
        found = [self.losses.goal.coefficient * evaluation.metric(self.losses.goal.metric)] * self.losses.count
        for place, row in self.losses.rows:
            found[place] = row.coefficient * evaluation.metric(row.metric)
        for place, time in self.losses.times:
            found[place] = evaluation.metric(time.metric)
        return tuple(found)

    def _time(self, time: Time, design: Mapping[str, Candidate]) -> float:
        """Return a percentile as the judge reads it; designs with the same times are asked about once."""
        key = time.number, time.tail.times_of(design)
        if key not in self._times:
            whole = flow_time(time.flow, time.at, design, self.search.table.scenario)
            self._times[key] = whole.quantiles([time.level])[0] / time.unit_ms
        return self._times[key]
