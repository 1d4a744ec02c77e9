"""The judge's word on the designs of one run, asked for no oftener than needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from advisor.candidates.candidate import Candidate
from advisor.evaluation.result import Evaluation
from advisor.optimizer.tails import Tail
from advisor.scenario.requirements import Bound

if TYPE_CHECKING:
    from advisor.optimizer.search import Limit, Search

Times = tuple[int, ...]  # which of its distinct times each role has


class Acceptance:
    """Says whether the judge finds every bound and limit met.

    Many designs take the same times and differ in what takes none. Once the judge has found a percentile too large, it
    is not asked again about designs with the same times.

    Attributes:
        judged: the evaluations so far, by the ids of the candidates.
    """

    def __init__(self, search: Search, limits: Sequence[Limit]) -> None:
        self.search, self.limits = search, limits
        self.judged: dict[tuple[str, ...], Evaluation] = {}
        tails = {**dict(search.tails), **{limit.bound: limit.tail for limit in limits if limit.tail is not None}}
        self._late: dict[Bound, tuple[Tail, set[Times]]] = {bound: (tail, set()) for bound, tail in tails.items()}

    def __call__(self, design: Mapping[str, Candidate]) -> bool:
        """Return whether a design meets everything."""
        if any(late and tail.times_of(design) in late for tail, late in self._late.values()):
            return False
        evaluation = self.search.evaluate(design)
        for bound, (tail, late) in self._late.items():
            if not bound.holds(evaluation.metric(bound.metric)):
                late.add(tail.times_of(design))
        good = self.search.holds(evaluation, self.limits)
        if good:
            self.judged[tuple(c.id for c in design.values())] = evaluation
        return good
