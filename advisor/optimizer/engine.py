"""The exact engine for goals and limits that add up, with percentile bounds, caches and numbers of things.

Each situation (:mod:`advisor.optimizer.situations`) with each set of clouds (or vendors, or systems of our own) is a
case of its own; where there are many sets, they are settled bit by bit (:mod:`advisor.optimizer.counted`). For a case:

1. *Price* the limits by a linear relaxation. Any prices give a bound; candidates that cost too much under them are out.
2. *Lower the ceiling*, where no design is known but a limit says what the goal must be below: nearer to the bound less
   is to be looked at. Where nothing is below a lower ceiling that is a bound, and the next one is tried.
3. *Guess*: a good design by quick starts and exchanges (:mod:`advisor.optimizer.incumbent`); where it is known what the
   goal must be below, only if few labels do not settle the case.
4. *Prove*: labels pruned by the envelope (:mod:`advisor.optimizer.labels`, :mod:`advisor.optimizer.envelope`), until
   nothing can be better. A better design found on the way, if the judge accepts it, is the new best.

Where no design is known, a search without a budget finds a first one or shows that there is none.
"""

from __future__ import annotations

import heapq
import itertools
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from advisor.optimizer.cases import Cases
from advisor.optimizer.node import LaterError, Node, UnsettledError
from advisor.optimizer.proof import GRIDS, Proof, TooHardError
from advisor.optimizer.question import MOST_CASES, Design

MOST_MISSING = 2  # roles that a design to start from may leave open
SHARES = (0.25, 0.5)  # of the way from the bound to the ceiling: where ceilings lie that are tried before it


@dataclass
class Answer:
    """The end of a search.

    Attributes:
        best: the best design, None when there is none better than what was to beat. value: its goal.
        bound: what no design can beat; infinite where nothing is better than what was to beat.
        proved: False when time ran out. cases: how many were searched.
    """

    best: Design | None
    value: float
    bound: float
    proved: bool
    cases: int


@dataclass
class Engine(Cases):
    """One search, of all its cases.

    ``cases``: how many were searched so far.
    """

    cases: int = 0
    _cases_before: int = 0  # the ceiling of now

    def run(self) -> Answer:
        """Search all cases, the most promising first. Raises :class:`TooHardError`."""
        self.question = replace(self.question, missable=True)
        nodes = sorted(self._nodes(), key=lambda node: node.proof.bound)
        self._guess([node.proof for node in nodes])
        open_bounds: list[float] = []
        for ceiling in self._ceilings(nodes):
            self.incumbent.ceiling, self._cases_before = ceiling, self.cases
            open_bounds, nodes = self._searched_below_ceiling(nodes)
            if self.incumbent.most < ceiling or any(map(math.isfinite, open_bounds)):
                break
            for node in nodes:
                node.proof.bound = max(node.proof.bound, ceiling)
        self.incumbent.ceiling = self.ceiling  # what lies above a lower one is open if time ran out below it
        bound = min((b for b in open_bounds if b < self.incumbent.most), default=math.inf)
        return Answer(self.best, self.incumbent.value, min(bound, self.incumbent.value), math.isinf(bound), self.cases)

    def _ceilings(self, nodes: Sequence[Node]) -> Iterator[float]:
        """Yield what the goal is to be below, one after the other, as long as nothing is.

        Where no design is known, what a limit lets the goal be below is often far above the best there is, and then
        more than the best is looked at. Below a lower ceiling few candidates are left, and little is to be proved.
        """
        low, high = min((node.proof.bound for node in nodes), default=-math.inf), self.incumbent.most
        if not (self.any_design or self.incumbent.known) and math.isfinite(high - low):
            yield from (low + share * (high - low) for share in SHARES)
        yield self.ceiling

    def _searched_below_ceiling(self, nodes: Sequence[Node]) -> tuple[list[float], list[Node]]:
        """Return bounds of what is left open below the ceiling of now, and the cases to look at below a higher one."""
        open_bounds: list[float] = []
        closed: list[Node] = []
        heap = [(node.proof.bound, number, node) for number, node in enumerate(nodes)]
        heapq.heapify(heap)
        later: list[Node] = []
        for number in itertools.count(len(heap)):
            if not heap or (self.any_design and self.incumbent.found) or heap[0][0] >= self.incumbent.most:
                break
            bound, _, node = heapq.heappop(heap)
            if time.monotonic() > self.deadline:
                open_bounds.append(bound)
                continue
            alone = not later and (not heap or heap[0][0] >= self.incumbent.most)
            try:
                open_bounds.append(self._searched(node, alone=alone))
                closed.append(node)
            except UnsettledError as reason:
                for place, child in enumerate(self._below_the_last_ceiling(node, bound, reason.names)):
                    heapq.heappush(heap, (child.proof.bound, number * MOST_CASES + place, child))
            except LaterError:
                later.append(node)
        open_bounds += self._searched_at_last(later)
        return open_bounds, [*closed, *later, *(node for *_, node in heap)]

    def _searched_at_last(self, later: Sequence[Node]) -> Iterator[float]:
        """Yield bounds of what is left open in cases that were too hard while others were waiting.

        Each gets a little longer first, as long as others are waiting.
        """
        again: list[Node] = []
        for place, node in enumerate(by_bound := sorted(later, key=lambda node: node.proof.bound)):
            yield from self._after_others(node, again, waiting=bool(again) or place + 1 < len(by_bound))
        for node in again:
            yield from self._after_others(node, again, waiting=False)

    def _after_others(self, node: Node, again: list[Node], *, waiting: bool) -> Iterator[float]:
        """Yield a bound of what is left open in a case, unless it is looked at ``again`` when none is ``waiting``."""
        if node.proof.bound >= self.incumbent.most or (self.any_design and self.incumbent.found):
            return
        if time.monotonic() > self.deadline:
            yield node.proof.bound
            return
        self.cases += 1
        try:
            yield node.proof.run(any_design=self.any_design, attempts=1 if waiting else len(GRIDS))
        except TooHardError:
            if not waiting:
                raise
            again.append(node)

    def _searched(self, node: Node, *, alone: bool) -> float:
        """Return a bound of what is left open in a case.

        ``alone``: no other case is waiting, or will be looked at later.

        Raises:
            UnsettledError: more is to be settled.
            LaterError: a first attempt was not enough, and others may find what makes this one easier.
        """
        self.cases += 1
        if self.cases - self._cases_before > MOST_CASES:
            raise TooHardError
        self._branching = node if node.open else None
        node.proof.guesses = 0 if node.open else node.proof.guesses
        try:
            quick = not (alone or node.open)
            return node.proof.run(any_design=self.any_design, attempts=self._attempts(node), quick=quick)
        except TooHardError:
            if not (alone or node.open):
                raise LaterError from None
            reason = self._unsettled(node)
            if reason is not None:
                raise reason from None
            return node.proof.run(any_design=self.any_design)
        finally:
            self._branching = None

    def _attempts(self, node: Node) -> int:
        """Return how many attempts are worth making: few where more can be settled, one where nothing is settled yet.

        Once a place of what calls the most is settled, what else is open often makes no difference: a finer grid then
        proves at once what else is proved in each of the cases into which this one falls.
        """
        whole = len(self.question.situations[node.key[0]].open)
        return len(GRIDS) if not node.open else 1 if len(node.situation.open) == whole else 2

    def _unsettled(self, node: Node) -> UnsettledError | None:
        """Return what is settled next in a case that is too hard as it is; None when nothing is left to settle.

        Of names those come next that would be used if it were for the prices alone.
        """
        if node.situation.open or not node.open:
            return UnsettledError() if node.open else None
        assert node.proof.prices is not None
        cheapest = [int(costs.argmin()) for costs in node.proof.prices.costs(node.proof.case)[0]]
        many = self._too_many(node.proof.case, cheapest)
        return None if many is None else UnsettledError(many)

    def _below_the_last_ceiling(self, node: Node, bound: float, names: tuple[int, int] | None) -> list[Node]:
        """Return the cases into which one falls: all that are not out below the last ceiling, whichever it is now."""
        now, self.incumbent.ceiling = self.incumbent.ceiling, self.ceiling
        try:
            return list(self._children(node, bound, names))
        finally:
            self.incumbent.ceiling = now

    def _guess(self, proofs: Sequence[Proof]) -> None:
        """Find a design to beat before anything is proved: better than what is known, near what is known, or any."""
        if math.isfinite(self.ceiling) and not self.any_design:
            return  # few labels mostly settle what is below it, and find what there is
        for proof in proofs:
            starts = [self._positions(proof.case, design) for design in self.known]
            whole = [tuple(j for j in start if j is not None) for start in starts if None not in start]
            if whole:
                proof.guess(min(whole, key=proof.case.value))
        for proof, design in itertools.product(proofs, self.near):
            start = self._positions(proof.case, design)
            if not self.incumbent.known and start.count(None) <= MOST_MISSING:
                proof.guess(proof.filled(start))
        for proof in proofs[:1]:  # most others end at once, or are guessed in when few labels did not settle them
            if not self.incumbent.known and not self.question.counts:  # with too many names most designs are refused
                proof.guess()
