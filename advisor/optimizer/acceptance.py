"""The judge's word on the designs of one run, asked for no oftener than needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from advisor.candidates.candidate import Candidate
from advisor.evaluation.result import Evaluation
from advisor.optimizer.case import Case
from advisor.optimizer.late import Late

if TYPE_CHECKING:
    from advisor.optimizer.limit import Limit
    from advisor.optimizer.search import Search


class Acceptance:
    """Says whether the judge finds every bound and limit met.

    Percentiles are judged first, each alone: most designs that are refused miss one. First comes the one that was
    missed last: near to what is just possible it is mostly the same.

    Attributes:
        judged: the evaluations so far, by the ids of the candidates.
    """

    def __init__(self, search: Search, limits: Sequence[Limit]) -> None:
        self.search, self.limits = search, limits
        self.judged: dict[tuple[str, ...], Evaluation] = {}
        tails = {**dict(search.tails), **{limit.bound: limit.tail for limit in limits if limit.tail is not None}}
        self._late = [Late(bound, tail, search.table.scenario) for bound, tail in tails.items()]

    def __call__(self, design: Mapping[str, Candidate]) -> bool:
        """Return whether a design meets everything."""
        if any(late.covers(design) for late in self._late) or self._is_late(design):
            return False
        evaluation = self.search.evaluate(design)
        good = self.search.holds(evaluation, self.limits)
        if good:
            self.judged[tuple(c.id for c in design.values())] = evaluation
        return good

    def _is_late(self, design: Mapping[str, Candidate]) -> bool:
        missed = next((late for late in self._late if late.refuses(design)), None)
        if missed is not None:
            self._late.sort(key=lambda late: late is not missed)
        return missed is not None

    def late(self, design: Mapping[str, Candidate]) -> bool:
        """Return whether a design that may contradict itself is clearly late with the times of its own candidates."""
        return any(x.covers(design) for x in self._late) or any(x.refuses_clearly(design) for x in self._late)

    def narrowed(self, case: Case) -> Case:
        """Return a case without candidates with which no design meets the percentile bounds."""
        for late in self._late:
            if case.possible:
                case = late.narrowed(case, self.search.pool)
        return case
