"""The cases of a question, each to be searched on its own, and the judge's word on their designs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from advisor.candidates.candidate import Candidate
from advisor.optimizer.case import Case
from advisor.optimizer.counted import Counted
from advisor.optimizer.labels import ROW_SLIP
from advisor.optimizer.node import CaseKey, Node, UnsettledError
from advisor.optimizer.prices import priced
from advisor.optimizer.proof import Incumbent, Proof, TooHardError
from advisor.optimizer.question import MOST_CASES, Design, Question
from advisor.optimizer.situations import Situation

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float64]]
    Mask = np.ndarray[Any, np.dtype[np.bool_]]

TRIED = 4  # sets of names in which a first design is looked for


@dataclass
class Cases:
    """The cases of one search, and what its designs are worth.

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

    def design(self, case: Case, chosen: Sequence[int]) -> Design:
        """Return a design of a case as role -> candidate."""
        return {
            role: found[int(kept[j])]
            for (role, found), kept, j in zip(self.question.pool.items(), case.kept, chosen, strict=True)
        }

    def _is_open(self, key: CaseKey) -> bool:
        """Return whether a case may hold something better."""
        return self.inside in (None, key) and self.floors.get(key, -math.inf) < self.incumbent.most

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

    # --- cases -------------------------------------------------------------------------------------------------------

    def _nodes(self) -> Iterator[Node]:
        """Yield each situation with each set of clouds and the like that is not already out."""
        for key, situation, allowed, case in self.open_cases(relaxed=True):
            floor = max(self.floor, self.floors.get(key, -math.inf))
            yield from self._node(key, situation, allowed, self.question.counts, floor, case)

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
