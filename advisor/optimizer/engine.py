"""The exact engine for goals and limits that add up, with percentile bounds, caches and numbers of things.

Each situation (:mod:`advisor.optimizer.situations`) with each set of clouds (or vendors, or systems of our own) is a
case of its own. For a case:

1. *Price* the limits by a linear relaxation. Any prices give a bound; candidates that cost too much under them are out.
2. *Guess*: a good design by quick starts and exchanges (:mod:`advisor.optimizer.incumbent`).
3. *Prove*: labels pruned by the envelope (:mod:`advisor.optimizer.labels`, :mod:`advisor.optimizer.envelope`), until
   nothing can be better. A better design found on the way, if the judge accepts it, is the new best.

Where no design is known, a search without a budget finds a first one or shows that there is none.
"""

from __future__ import annotations

import heapq
import itertools
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from advisor.candidates.candidate import Candidate
from advisor.optimizer.case import Case
from advisor.optimizer.chances import Chances, chances
from advisor.optimizer.labels import ROW_SLIP
from advisor.optimizer.linear import Linear
from advisor.optimizer.prices import priced
from advisor.optimizer.proof import Incumbent, Proof, TooHardError
from advisor.optimizer.situations import Situation
from advisor.optimizer.tails import Tail

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float64]]
    Mask = np.ndarray[Any, np.dtype[np.bool_]]

Design = dict[str, Candidate]
CaseKey = tuple[int, tuple[tuple[str, frozenset[str]], ...]]  # number of the situation, and what is allowed of a metric
MOST_CASES = 256
MOST_MISSING = 2  # roles that a design to start from may leave open
COUNT_SLIP = 1e-6


@dataclass(frozen=True)
class Question:
    """What is asked.

    Attributes:
        pool: role -> candidates. open: role -> which of them may be chosen.
        goal: to be minimised. rows: sums with what each may be at most.
        tails: the percentile bounds.
        distinct: what is counted, by metric: role -> the clouds (vendors, own systems) of each candidate.
        situations: those between which all designs are divided.
        consistent: design -> the one that it stands for where something is still open, None when there is none.
    """

    pool: Mapping[str, Sequence[Candidate]]
    open: Mapping[str, Mask]
    goal: Linear
    rows: Sequence[tuple[Linear, float]]
    tails: Sequence[Tail]
    distinct: Mapping[str, Mapping[str, Sequence[frozenset[str]]]]
    situations: Sequence[Situation]
    consistent: Callable[[Design], Mapping[str, Candidate] | None] = lambda design: design


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


class UnsettledError(Exception):
    """A design that contradicts itself would be better than all that are known: more has to be settled."""


@dataclass(frozen=True)
class Node:
    """A case to be searched, with the situation and the sets that it is made of; the key of the case it fell from."""

    key: CaseKey
    proof: Proof
    situation: Situation
    allowed: Mapping[str, frozenset[str]]


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
    cases: int = 0
    _judged: dict[tuple[str, ...], bool] = field(default_factory=dict)
    _branching: bool = False

    def __post_init__(self) -> None:
        self.incumbent = Incumbent(self.to_beat, self.ceiling)

    @property
    def best(self) -> Design | None:
        """The best design found, None when there is none better than what was to beat."""
        found = self.incumbent.found
        return None if found is None else self.design(*found)

    def run(self) -> Answer:
        """Search all cases, the most promising first. Raises :class:`TooHardError`."""
        open_bounds: list[float] = []
        nodes = sorted(self._nodes(), key=lambda node: node.proof.bound)
        self._guess([node.proof for node in nodes])
        heap = [(node.proof.bound, number, node) for number, node in enumerate(nodes)]
        for number in itertools.count(len(heap)):
            if not heap or (self.any_design and self.incumbent.found) or heap[0][0] >= self.incumbent.most:
                break
            bound, _, node = heapq.heappop(heap)
            if time.monotonic() > self.deadline:
                open_bounds.append(bound)
                continue
            try:
                open_bounds.append(self._searched(node))
            except UnsettledError:
                for place, child in enumerate(self._children(node, bound)):
                    heapq.heappush(heap, (child.proof.bound, number * MOST_CASES + place, child))
        bound = min((b for b in open_bounds if b < self.incumbent.most), default=math.inf)
        return Answer(self.best, self.incumbent.value, min(bound, self.incumbent.value), math.isinf(bound), self.cases)

    def _searched(self, node: Node) -> float:
        """Return a bound of what is left open in a case. Raises :class:`UnsettledError` where more is to be settled."""
        self.cases += 1
        if self.cases > MOST_CASES:
            raise TooHardError
        self._branching = bool(node.situation.open)
        node.proof.guesses = 0 if self._branching else node.proof.guesses
        try:
            return node.proof.run(any_design=self.any_design)
        except TooHardError:
            if not self._branching:
                raise
            raise UnsettledError from None
        finally:
            self._branching = False

    def _children(self, node: Node, bound: float) -> Iterator[Node]:
        """Yield the cases into which one falls when one thing more is settled."""
        for situation in node.situation.split():
            case = self._case(situation, node.allowed)
            if case.possible:
                proof = Proof(case, self.incumbent, self._accepts, self.deadline, bound)
                if proof.bound < self.incumbent.most:
                    yield Node(node.key, proof, situation, node.allowed)

    def _guess(self, proofs: Sequence[Proof]) -> None:
        """Find a design to beat before anything is proved: better than what is known, near what is known, or any."""
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
            if not self.incumbent.known:
                proof.guess()

    # --- cases -------------------------------------------------------------------------------------------------------

    def _nodes(self) -> Iterator[Node]:
        """Yield each situation with each set of clouds and the like that is not already out."""
        for key, situation, allowed, case in self._cases():
            floor = max(self.floor, self.floors.get(key, -math.inf))
            proof = Proof(case, self.incumbent, self._accepts, self.deadline, floor)
            if proof.bound < self.incumbent.most:
                yield Node(key, proof, situation, allowed)

    def case_keys(self) -> Iterator[CaseKey]:
        """Yield what names each case: each situation with each set of clouds and the like. Raises TooHardError."""
        for number, _ in enumerate(self.question.situations):
            yield from ((number, tuple(sorted(allowed.items()))) for allowed in self._sets())

    def _cases(self) -> Iterator[tuple[CaseKey, Situation, Mapping[str, frozenset[str]], Case]]:
        """Yield each situation with each set of clouds and the like that is not already out under common prices."""
        sets = self._sets()
        if len(sets) * len(self.question.situations) > MOST_CASES:
            raise TooHardError
        if self.floor >= self.incumbent.most:
            return
        for number, situation in enumerate(self.question.situations):
            named = [((number, tuple(sorted(allowed.items()))), allowed) for allowed in sets]
            open_ = [(key, allowed) for key, allowed in named if self._is_open(key)]
            whole = self._case(situation, {}) if open_ else None
            prices = priced(whole) if whole and whole.possible else None
            for key, allowed in open_ if prices else ():
                assert prices is not None
                assert whole is not None
                case = self._case(situation, allowed) if allowed else whole
                if case.possible and case.constant + prices.bound(case) < self.incumbent.most:
                    yield key, situation, allowed, case

    def _is_open(self, key: CaseKey) -> bool:
        """Return whether a case may hold something better."""
        return self.inside in (None, key) and self.floors.get(key, -math.inf) < self.incumbent.most

    def _sets(self) -> list[Mapping[str, frozenset[str]]]:
        """Return what may be used of all that is counted, by metric; a metric is missing where no number matters.

        Raises:
            TooHardError: there are more than ``MOST_CASES``.
        """
        found: list[Mapping[str, frozenset[str]]] = [{}]
        for metric in self.question.distinct:
            names, sizes = self._sizes(metric)
            if sizes is None:
                continue
            if len(found) * sum(math.comb(len(names), size) for size in sizes) > MOST_CASES:
                raise TooHardError
            some = [frozenset(few) for size in sizes for few in itertools.combinations(names, size)]
            found = [{**known, metric: few} for known in found for few in some]
        return found

    def _sizes(self, metric: str) -> tuple[list[str], range | None]:
        """Return what there is to count and the numbers of it to look at, None where no number matters."""
        asked = self.question
        taken = (zip(found, asked.open[role], strict=True) for role, found in asked.distinct[metric].items())
        names = sorted({name for pairs in taken for own, yes in pairs if yes for name in own})
        counted = [(row, room) for row, room in asked.rows if row.per_count.get(metric)]
        most = len(names)
        for row, room in counted:
            if not row.weights and len(row.per_count) == 1:
                most = min(most, math.floor((room - row.constant) / row.per_count[metric] + COUNT_SLIP))
        if asked.goal.per_count.get(metric) or any(row.weights or len(row.per_count) > 1 for row, _ in counted):
            return names, range(most + 1)
        return names, range(most, most + 1) if most < len(names) else None

    def _case(self, situation: Situation, allowed: Mapping[str, frozenset[str]]) -> Case:
        """Return a case as arrays; of what ``allowed`` does not speak about any number may be used, and counts as 0."""
        import numpy as np

        asked = self.question
        kept = {}
        for role in asked.pool:
            mask = asked.open[role] & situation.fits[role]
            for metric, names in allowed.items():
                mask = mask & np.array([own <= names for own in asked.distinct[metric][role]], dtype=bool)
            kept[role] = np.flatnonzero(mask)
        sums = [(row, room) for row, room in asked.rows if row.weights or len(row.per_count) > 1]
        rows = [
            np.array([_weights(row, role, at) for row, _ in sums]).reshape(len(sums), len(at)).T
            for role, at in kept.items()
        ]
        room = np.array([most - row.constant - _counted(row, allowed) for row, most in sums])
        possible = all(len(at) for at in kept.values())
        return Case(
            tuple(kept.values()),
            tuple(_weights(asked.goal, role, at) for role, at in kept.items()),
            asked.goal.constant + _counted(asked.goal, allowed),
            tuple(rows),
            room,
            tuple(self._chances(tail, situation.caches, kept) for tail in asked.tails) if possible else (),
        )

    def _chances(self, tail: Tail, caches: frozenset[str], kept: Mapping[str, Any]) -> Chances:
        return chances(tail, self.question.pool, kept, tail.cache in caches)

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
        """Return the judge's word on a design, asked for once; what contradicts itself stands for another one."""
        design = self.design(case, chosen)
        meant = self.question.consistent(design)
        if meant is None or any(meant[role].id != c.id for role, c in design.items()):
            self._take(case, meant)
            if self._branching:
                raise UnsettledError
            return False
        return self._judge(design)

    def _take(self, case: Case, design: Mapping[str, Candidate] | None) -> None:
        """Take a design of a case that has not been put together by a search, if it is better."""
        places = [None] if design is None else self._positions(case, design)
        if design is None or None in places:
            return
        chosen = tuple(j for j in places if j is not None)
        if (value := case.value(chosen)) < self.incumbent.most and self._holds(case, chosen) and self._judge(design):
            self.incumbent.value, self.incumbent.found = value, (case, chosen)

    def _holds(self, case: Case, chosen: Sequence[int]) -> bool:
        """Return whether a design keeps the rows of a case, held goals among them."""
        import numpy as np

        slip = ROW_SLIP * np.maximum(np.abs(case.room), 1.0)
        return bool((case.uses(np.array([chosen])) <= case.room + slip).all())

    def _judge(self, design: Mapping[str, Candidate]) -> bool:
        key = tuple(c.id for c in design.values())
        if key not in self._judged:
            self._judged[key] = self.accepts(dict(design))
        return self._judged[key]


def _counted(part: Linear, allowed: Mapping[str, frozenset[str]]) -> float:
    return math.fsum(each * len(allowed.get(metric, ())) for metric, each in part.per_count.items())


def _weights(part: Linear, role: str, at: Any) -> Array:
    import numpy as np

    return part.weights[role][at] if role in part.weights else np.zeros(len(at))
