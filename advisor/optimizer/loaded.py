"""A search's program in the solver, with the cuts that were learned: what the exact engine does not settle goes here.

Nothing else of a search needs PuLP, so it is read in when the first question comes that does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import pulp

from advisor.candidates.candidate import Candidate
from advisor.evaluation.result import Evaluation
from advisor.optimizer.formulation import CONSTRAINTS, formulate
from advisor.optimizer.limit import Limit
from advisor.optimizer.solver import Session
from advisor.optimizer.tails import MARGIN, Tail

if TYPE_CHECKING:
    from advisor.optimizer.search import Search


class Loaded:
    """The program of a search: sets, variables, the bounds that are linear, necessary conditions for the others.

    Attributes:
        model: the program. session: the same in the solver. base: the number of rows that every run needs.
        cuts: that hold for every design that meets the bounds, so that they serve later runs.
    """

    def __init__(self, search: Search) -> None:
        self.search = search
        self.model = formulate(search.pool, search.table.scenario, (*search.bounds, *search.pairs))
        self.session = Session(self.model.problem)
        for bound, tail in search.tails:
            self.session.add(CONSTRAINTS["tail"](self.model, tail, bound.metric))
        self.base = self.session.add([])
        self.cuts: list[pulp.LpConstraint] = []

    def violations(
        self, design: Mapping[str, Candidate], limits: Sequence[Limit] = ()
    ) -> tuple[Evaluation | None, list[pulp.LpConstraint]]:
        """Return (evaluation, []) when every bound holds, else (None, cuts that remove the design)."""
        search = self.search
        pairs = (*search.tails, *((limit.bound, limit.tail) for limit in limits))
        tails = {bound: tail for bound, tail in pairs if tail is not None}
        late = [tail for tail in tails.values() if tail.within(design) < tail.level - MARGIN]
        if late:
            return None, [row for tail in late for row in self._cone(tail, design)]
        evaluation = search.evaluate(design)
        bounds = (*search.bounds, *(limit.bound for limit in limits))
        broken = [bound for bound in bounds if not bound.holds(evaluation.metric(bound.metric))]
        if not broken:
            return evaluation, []
        rows: list[pulp.LpConstraint] = []
        for bound in broken:
            tail = tails.get(bound)
            rows += self._cone(tail, design) if tail else self._not_this(design)
        return None, rows

    def _cone(self, tail: Tail, design: Mapping[str, Candidate]) -> Iterable[pulp.LpConstraint]:
        return CONSTRAINTS["too_slow_together"](self.model, tail.cut(design), self._name())

    def _not_this(self, design: Mapping[str, Candidate]) -> Iterable[pulp.LpConstraint]:
        return CONSTRAINTS["not_this_design"](self.model, design, self._name())

    def _name(self) -> str:
        return str(len(self.cuts))
