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
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from advisor.candidates.candidate import Candidate
from advisor.optimizer.case import Case
from advisor.optimizer.counted import Counted
from advisor.optimizer.labels import ROW_SLIP
from advisor.optimizer.node import CaseKey, LaterError, Node, UnsettledError
from advisor.optimizer.prices import priced
from advisor.optimizer.proof import GRIDS, Incumbent, Proof, TooHardError
from advisor.optimizer.question import MOST_CASES, Design, Question
from advisor.optimizer.situations import Situation

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float64]]
    Mask = np.ndarray[Any, np.dtype[np.bool_]]

MOST_MISSING = 2  # roles that a design to start from may leave open
SHARES = (0.25, 0.5)  # of the way from the bound to the ceiling: where ceilings lie that are tried before it
TRIED = 4  # sets of names in which a first design is looked for


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
class Engine:
    """One search.

    Args:
        accepts: the judge's word on a design.
        known: feasible designs to start from. to_beat: the value of the best of them.
        floor: a bound of the goal that is known from before. ceiling: what a limit lets the goal be below.
        near: designs that are not feasible, but may nearly be.
        floors: bounds of the goal within cases that are known from before. inside: the only case to search, None for
            all.
        narrow: takes candidates out of a case with which the judge accepts no design.
        late: whether a design that contradicts itself, or uses too many names, misses a percentile bound clearly.
    """

    question: Question
    accepts: Callable[[Design], bool]
    known: Sequence[Mapping[str, Candidate]] = ()
    to_beat: float = math.inf
    deadline: float = math.inf
    any_design: bool = False
    floor: float = -math.inf
    near: Sequence[Mapping[str, Candidate]] = ()
    ceiling: float = math.inf
    floors: Mapping[CaseKey, float] = field(default_factory=dict)
    inside: CaseKey | None = None
    narrow: Callable[[Case], Case] | None = None
    late: Callable[[Design], bool] = lambda design: False
    cases: int = 0
    _cases_before: int = 0  # the ceiling of now
    _judged: dict[tuple[str, ...], bool] = field(default_factory=dict)
    _found_late: dict[tuple[str, ...], bool] = field(default_factory=dict)
    _branching: Node | None = None

    def __post_init__(self) -> None:
        self.incumbent = Incumbent(self.to_beat, self.ceiling)

    @property
    def best(self) -> Design | None:
        """The best design found, None when there is none better than what was to beat."""
        found = self.incumbent.found
        return None if found is None else self.design(*found)

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

    def _children(self, node: Node, bound: float, names: tuple[int, int] | None) -> Iterator[Node]:
        """Yield the cases into which one falls when one thing more is settled."""
        if names is None:
            for situation in node.situation.split():
                yield from self._node(node.key, situation, node.allowed, node.counts, bound)
            return
        number, many = names
        assert node.proof.prices is not None
        count = node.counts[number]
        for more in count.split(many, count.weights(node.proof.case, node.proof.prices)):
            counts = (*node.counts[:number], more, *node.counts[number + 1 :])
            yield from self._node(node.key, node.situation, node.allowed, counts, bound)

    def _node(
        self,
        key: CaseKey,
        situation: Situation,
        allowed: Mapping[str, frozenset[str]],
        counts: tuple[Counted, ...],
        bound: float,
        case: Case | None = None,
    ) -> Iterator[Node]:
        """Yield a case to be searched, unless it is already out; ``case``: where it is known already."""
        case = case or self.question.case(situation, allowed, counts)
        if not case.possible:
            return
        proof = Proof(case, self.incumbent, self._accepts, self.deadline, bound)
        if self.narrow and proof.bound < self.incumbent.most:
            fewer = self.narrow(case)
            if not fewer.possible:
                return
            if fewer.size < case.size:
                proof = Proof(fewer, self.incumbent, self._accepts, self.deadline, proof.bound)
        for count in counts:
            if proof.bound < self.incumbent.most and count.open:
                proof = self._narrowed(proof, count)
        if proof.bound < self.incumbent.most:
            yield Node(key, proof, situation, allowed, counts)

    def _narrowed(self, proof: Proof, count: Counted) -> Proof:
        """Return the proof of a case without what goes with no promising set of names, after guesses in some of them.

        The fewer candidates are left, the better the prices, and the fewer sets are promising.
        """
        while (prices := proof.prices) is not None:
            case, bound, sets = count.narrowed(proof.case, prices, self.incumbent.most)
            proof.bound = max(proof.bound, bound)
            for names in sets[:TRIED] if not self.incumbent.known else ():
                self._guess_within(proof.case, replace(count, used=int(names), banned=0))
            if case.size == proof.case.size or not case.possible or proof.bound >= self.incumbent.most:
                break
            proof = Proof(case, self.incumbent, self._accepts, self.deadline, proof.bound)
        return proof

    def _guess_within(self, case: Case, count: Counted) -> None:
        """Look for a design to beat among those that use some names only."""
        some = case.taken([count.fits(role)[kept] for role, kept in zip(count.names, case.kept, strict=True)])
        proof = Proof(some, self.incumbent, self._accepts, self.deadline)
        if proof.bound < self.incumbent.most:
            proof.guess()

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
        for proof in proofs[: 1 if math.isfinite(self.ceiling) else None]:  # below a ceiling most cases end at once
            if not self.incumbent.known and not self.question.counts:  # with too many names most designs are refused
                proof.guess()

    # --- cases -------------------------------------------------------------------------------------------------------

    def _nodes(self) -> Iterator[Node]:
        """Yield each situation with each set of clouds and the like that is not already out."""
        for key, situation, allowed, case in self.open_cases(relaxed=True):
            floor = max(self.floor, self.floors.get(key, -math.inf))
            yield from self._node(key, situation, allowed, self.question.counts, floor, case)

    def case_keys(self) -> Iterator[CaseKey]:
        """Yield what names each case: each situation with each set of clouds and the like. Raises TooHardError."""
        for number, _ in enumerate(self.question.situations):
            yield from ((number, tuple(sorted(allowed.items()))) for allowed in self.question.sets())

    def open_cases(
        self, *, relaxed: bool = False
    ) -> Iterator[tuple[CaseKey, Situation, Mapping[str, frozenset[str]], Case]]:
        """Yield each situation with each set of clouds and the like that is not already out under common prices.

        ``relaxed``: without the bounds on numbers of names that are settled bit by bit; else they raise TooHardError.
        """
        if self.question.counts and not relaxed:
            raise TooHardError
        sets = self.question.sets()
        if len(sets) * len(self.question.situations) > MOST_CASES:
            raise TooHardError
        if self.floor >= self.incumbent.most:
            return
        for number, situation in enumerate(self.question.situations):
            named = [((number, tuple(sorted(allowed.items()))), allowed) for allowed in sets]
            open_ = [(key, allowed) for key, allowed in named if self._is_open(key)]
            whole = self.question.case(situation, {}) if open_ else None
            prices = priced(whole) if whole and whole.possible else None
            for key, allowed in open_ if prices else ():
                assert prices is not None
                assert whole is not None
                case = self.question.case(situation, allowed) if allowed else whole
                if case.possible and case.constant + prices.bound(case) < self.incumbent.most:
                    yield key, situation, allowed, case

    def _is_open(self, key: CaseKey) -> bool:
        """Return whether a case may hold something better."""
        return self.inside in (None, key) and self.floors.get(key, -math.inf) < self.incumbent.most

    def design(self, case: Case, chosen: Sequence[int]) -> Design:
        """Return a design of a case as role -> candidate."""
        return {
            role: found[int(kept[j])]
            for (role, found), kept, j in zip(self.question.pool.items(), case.kept, chosen, strict=True)
        }

    def _positions(self, case: Case, design: Mapping[str, Candidate]) -> list[int | None]:
        """Return where a design's candidates stand in a case, None for one that is not in it."""
        found = []
        for (role, pool), kept in zip(self.question.pool.items(), case.kept, strict=True):
            found.append(next((j for j, i in enumerate(kept) if pool[i].id == design[role].id), None))
        return found

    def _accepts(self, case: Case, chosen: Sequence[int]) -> bool:
        """Return the judge's word on a design, asked for once; what contradicts itself stands for another one.

        Too many names are more to settle in a case that is searched, and no good guess before: a goal that is held
        bounds them too, and of that the judge knows nothing.
        """
        design = self.design(case, chosen)
        if (many := self._too_many(case, chosen)) is not None:
            if self._branching is None or self._is_late(design):
                return False
            raise UnsettledError(many)
        meant = self.question.consistent(design)
        if meant is None or any(meant[role].id != c.id for role, c in design.items()):
            self._take(case, meant)
            if self._branching is not None and self._branching.situation.open and not self._is_late(design):
                raise UnsettledError
            return False
        return self._judge(design)

    def _too_many(self, case: Case, chosen: Sequence[int]) -> tuple[int, int] | None:
        """Return which bound on a number of names a design breaks, and its names; those that are settled hold."""
        if not self.question.counts:
            return None
        places = {role: int(kept[j]) for role, kept, j in zip(self.question.pool, case.kept, chosen, strict=True)}
        for number, count in enumerate(self.question.counts):
            if (names := count.of(places)).bit_count() > count.most:
                return number, names
        return None

    def _take(self, case: Case, design: Mapping[str, Candidate] | None) -> None:
        """Take a design of a case that has not been put together by a search, if it is better."""
        places = [None] if design is None else self._positions(case, design)
        if design is None or None in places:
            return
        chosen = tuple(j for j in places if j is not None)
        good = (value := case.value(chosen)) < self.incumbent.most and self._holds(case, chosen)
        if good and self._too_many(case, chosen) is None and self._judge(design):
            self.incumbent.value, self.incumbent.found = value, (case, chosen)

    def _holds(self, case: Case, chosen: Sequence[int]) -> bool:
        """Return whether a design keeps the rows of a case, held goals among them."""
        import numpy as np

        slip = ROW_SLIP * np.maximum(np.abs(case.room), 1.0)
        return bool((case.uses(np.array([chosen])) <= case.room + slip).all())

    def _is_late(self, design: Design) -> bool:
        """Return whether a design is no reason to settle more: it is clearly late as it is.

        So is every design that a search leaves out because of it, which is no faster in any part, and with them every
        one that contradicts nothing.
        """
        key = tuple(c.id for c in design.values())
        if key not in self._found_late:
            self._found_late[key] = self.late(design)
        return self._found_late[key]

    def _judge(self, design: Mapping[str, Candidate]) -> bool:
        key = tuple(c.id for c in design.values())
        if key not in self._judged:
            self._judged[key] = self.accepts(dict(design))
        return self._judged[key]
