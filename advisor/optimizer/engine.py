"""The exact engine for goals and limits that add up, with percentile bounds, caches and a number of clouds.

Each use of the caches and each set of clouds is a case of its own. For a case:

1. *Price* the limits by a linear relaxation. Any prices give a bound; candidates that cost too much under them are out.
2. *Guess*: a good design by quick starts and exchanges (:mod:`advisor.optimizer.incumbent`).
3. *Prove*: labels pruned by the envelope (:mod:`advisor.optimizer.labels`, :mod:`advisor.optimizer.envelope`), until
   nothing can be better. A better design found on the way, if the judge accepts it, is the new best.

Where no design is known yet, only what is within ``reach`` of the bound is searched, and the reach grows.
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from advisor.candidates.candidate import Candidate
from advisor.optimizer.case import Case, better_than
from advisor.optimizer.chances import THETAS, Chances, chances
from advisor.optimizer.envelope import Chain, Envelope
from advisor.optimizer.incumbent import Exchange
from advisor.optimizer.labels import LabelSearch
from advisor.optimizer.linear import Linear
from advisor.optimizer.solver import multipliers
from advisor.optimizer.tails import Tail

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float64]]
    Mask = np.ndarray[Any, np.dtype[np.bool_]]

Design = dict[str, Candidate]
FIRST_REACH = 0.1  # how far above the bound the optimum is expected, relative
GROWTH = 4.0
BUDGETS = ((48, 3_000), (192, 30_000), (768, 1_000_000))  # points of the grid, and the labels to give up after
MOST_CASES = 64
COUNT_SLIP = 1e-6
MARGINS = (0.0, 1e-4)  # in the chance, for guesses that the judge refuses


class TooHardError(Exception):
    """There are too many cases or labels; the program has to do it."""


@dataclass(frozen=True)
class Question:
    """What is asked.

    Attributes:
        pool: role -> candidates. open: role -> which of them may be chosen.
        goal: to be minimised. rows: sums with what each may be at most.
        tails: the percentile bounds.
        clouds: role -> the clouds that each candidate occupies.
        variants: the possible uses of the caches. fits: role -> which candidates go with a use of them.
    """

    pool: Mapping[str, Sequence[Candidate]]
    open: Mapping[str, Mask]
    goal: Linear
    rows: Sequence[tuple[Linear, float]]
    tails: Sequence[Tail]
    clouds: Mapping[str, Sequence[frozenset[str]]]
    variants: Sequence[frozenset[str]]
    fits: Callable[[frozenset[str]], Mapping[str, Mask]]


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
    """

    question: Question
    accepts: Callable[[Design], bool]
    known: Sequence[Mapping[str, Candidate]] = ()
    to_beat: float = math.inf
    deadline: float = math.inf
    any_design: bool = False
    best: Design | None = None
    value: float = math.inf
    cases: int = 0
    _judged: dict[tuple[str, ...], bool] = field(default_factory=dict)

    def run(self) -> Answer:
        """Search all cases, the most promising first. Raises :class:`TooHardError`."""
        bounds: list[float] = []
        for caches, clouds, bound in sorted(self._cases(), key=lambda case: case[2]):
            if self.any_design and self.best is not None:
                break
            if bound >= self._most():
                continue
            if time.monotonic() > self.deadline:
                bounds.append(bound)
                continue
            self.cases += 1
            bounds.append(_Solve(self, self._case(caches, clouds)).run())
        bound = min([b for b in bounds if b < self._most()], default=math.inf)
        return Answer(self.best, self.value, min(bound, self.value), math.isinf(bound), self.cases)

    def _most(self) -> float:
        """Return what a goal must be below to be of interest."""
        return better_than(min(self.to_beat, self.value)) if min(self.to_beat, self.value) < math.inf else math.inf

    # --- cases -------------------------------------------------------------------------------------------------------

    def _cases(self) -> Iterator[tuple[frozenset[str], frozenset[str] | None, float]]:
        """Yield each use of caches with each set of clouds (None: any) and a bound of its goal."""
        sets = self._cloud_sets()
        if len(sets) * len(self.question.variants) > MOST_CASES:
            raise TooHardError
        for caches in self.question.variants:
            whole = self._case(caches, None)
            prices = _prices(whole) if whole.possible else None
            for clouds in sets if prices else ():
                case = self._case(caches, clouds) if clouds is not None else whole
                if case.possible:
                    assert prices is not None
                    yield caches, clouds, case.constant + prices.bound(case)

    def _cloud_sets(self) -> list[frozenset[str] | None]:
        """Return the sets of clouds that may be used; None stands for all where their number does not matter."""
        asked = self.question
        taken = (zip(found, asked.open[role], strict=True) for role, found in asked.clouds.items())
        clouds = sorted({cloud for pairs in taken for own, yes in pairs if yes for cloud in own})
        counted = [(row, room) for row, room in asked.rows if row.per_cloud]
        most = len(clouds)
        for row, room in counted:
            if not row.weights:
                most = min(most, math.floor((room - row.constant) / row.per_cloud + COUNT_SLIP))
        if asked.goal.per_cloud or any(row.weights for row, _ in counted):
            sizes = range(most + 1)
        elif most < len(clouds):
            sizes = range(most, most + 1)
        else:
            return [None]
        return [frozenset(some) for size in sizes for some in itertools.combinations(clouds, size)]

    def _case(self, caches: frozenset[str], clouds: frozenset[str] | None) -> Case:
        """Return a case as arrays; without a set of clouds their number counts as 0."""
        import numpy as np

        asked, fits = self.question, self.question.fits(caches)
        kept = {}
        for role, own in asked.clouds.items():
            mask = asked.open[role] & fits[role]
            if clouds is not None:
                mask = mask & np.array([k <= clouds for k in own], dtype=bool)
            kept[role] = np.flatnonzero(mask)
        count = len(clouds or ())
        sums = [(row, room) for row, room in asked.rows if row.weights]
        rows = [
            np.array([_weights(row, role, at) for row, _ in sums]).reshape(len(sums), len(at)).T
            for role, at in kept.items()
        ]
        room = np.array([most - row.constant - row.per_cloud * count for row, most in sums])
        possible = all(len(at) for at in kept.values())
        return Case(
            tuple(kept.values()),
            tuple(_weights(asked.goal, role, at) for role, at in kept.items()),
            asked.goal.constant + asked.goal.per_cloud * count,
            tuple(rows),
            room,
            tuple(self._chances(tail, caches, kept) for tail in asked.tails) if possible else (),
        )

    def _chances(self, tail: Tail, caches: frozenset[str], kept: Mapping[str, Any]) -> Chances:
        return chances(tail, self.question.pool, kept, tail.cache in caches)

    def design(self, case: Case, chosen: Sequence[int]) -> Design:
        """Return a design of a case as role -> candidate."""
        return {
            role: found[int(kept[j])]
            for (role, found), kept, j in zip(self.question.pool.items(), case.kept, chosen, strict=True)
        }

    def offer(self, case: Case, chosen: Sequence[int]) -> bool:
        """Let the judge look at a design; if it holds it is the best from now on."""
        design = self.design(case, chosen)
        key = tuple(c.id for c in design.values())
        if key not in self._judged:
            self._judged[key] = self.accepts(design)
        if self._judged[key] and case.value(chosen) < self._most():
            self.best, self.value = design, case.value(chosen)
        return self._judged[key]


def _weights(part: Linear, role: str, at: Any) -> Array:
    import numpy as np

    return part.weights[role][at] if role in part.weights else np.zeros(len(at))


@dataclass(frozen=True)
class _Prices:
    """Prices of the limits of a case and of necessary conditions for its percentile bounds."""

    rows: Array
    necessary: tuple[tuple[int, float, float], ...]  # (tail, theta, price)

    def costs(self, case: Case, without: int = -1) -> tuple[list[Array], float]:
        """Return what each candidate costs under the prices and what the room is worth; leave out one tail's."""
        costs = [goal + rows @ self.rows for goal, rows in zip(case.goal, case.rows, strict=True)]
        room = float(case.room @ self.rows)
        for tail, theta, price in self.necessary:
            row = case.tails[tail].necessary(theta) if tail != without else None
            if row is not None:
                costs = [c + price * used for c, used in zip(costs, row[0], strict=True)]
                room += price * row[1]
        return costs, room

    def bound(self, case: Case) -> float:
        """Return a bound of the goal without its constant."""
        costs, room = self.costs(case)
        return sum(float(c.min()) for c in costs) - room


def _prices(case: Case) -> _Prices | None:
    """Return the prices that give the best bound, None when even the relaxation is infeasible."""
    import numpy as np

    rows, room, names = [np.concatenate(case.rows).T], list(case.room), []
    for number, tail in enumerate(case.tails):
        for theta in THETAS:
            row = tail.necessary(theta)
            if row is not None:
                rows.append(np.concatenate(row[0])[None])
                room.append(row[1])
                names.append((number, theta))
    found = multipliers(
        np.concatenate(case.goal), [len(kept) for kept in case.kept], np.concatenate(rows), np.array(room)
    )
    if found is None:
        return None
    own = len(case.room)
    paid = tuple((*name, float(p)) for name, p in zip(names, found[own:], strict=True) if p > 0)
    return _Prices(found[:own], paid)


class _Solve:
    """The search of one case."""

    def __init__(self, engine: Engine, case: Case) -> None:
        self.engine, self.case = engine, case

    def run(self) -> float:
        """Search for something better; return a bound of what is left open, infinite when nothing is."""
        prices = _prices(self.case)
        if prices is None:
            return math.inf
        engine, case = self.engine, self.case
        bound = case.constant + prices.bound(case)
        if bound >= engine._most():
            return math.inf
        if math.isinf(engine._most()):
            self._guess(prices)
        else:
            self._improve_known()
        if engine.any_design and engine.best is not None:
            return math.inf
        return self._search(prices, engine._most()) if math.isfinite(engine._most()) else self._reach(prices, bound)

    def _reach(self, prices: _Prices, bound: float) -> float:
        """Search without a known design: within reach of the bound, and further when there is nothing."""
        engine, case = self.engine, self.case
        farthest = case.constant + sum(float(goal.max()) for goal in case.goal)
        reach = max(FIRST_REACH * abs(bound), 1e-6 * max(abs(farthest), 1e-6))
        while True:
            most = bound + reach
            if most > farthest + 1e-6 * max(abs(farthest), 1.0):
                most = math.inf
            left = self._search(prices, most)
            if left < math.inf or engine.best is not None or math.isinf(most):
                return left
            reach *= GROWTH

    def _improve_known(self) -> None:
        """Exchange one or two roles of the best known design of the case."""
        import numpy as np

        engine, case = self.engine, self.case
        starts = [found for design in engine.known if (found := _positions(engine, case, design)) is not None]
        if starts:
            start = min(starts, key=case.value)
            better = Exchange(case).improved(np.array(start))
            if better is not None and case.value(better) < engine._most():
                engine.offer(case, better)

    def _guess(self, prices: _Prices) -> None:
        """Look for a good design quickly."""
        engine = self.engine
        case = self._within(prices, engine._most())
        if not case.possible:
            return
        for margin in MARGINS:
            found = Exchange(case, margin).best_of(prices.costs(case)[0])
            if found is None or case.value(found) >= engine._most() or engine.offer(case, found):
                return

    def _within(self, prices: _Prices, most: float) -> Case:
        """Return the case without candidates that cost too much under the prices."""
        import numpy as np

        if math.isinf(most):
            return self.case
        costs, room = prices.costs(self.case)
        spare = most - self.case.constant + room - sum(float(c.min()) for c in costs)
        slip = 1e-9 * max(abs(most), abs(room), 1e-6)
        return self.case.taken([np.flatnonzero(c - c.min() <= spare + slip) for c in costs])

    def _search(self, prices: _Prices, most: float) -> float:
        """Return a bound of what is left open below ``most`` (inf: nothing); the engine takes what is found."""
        for budgets, labels in BUDGETS:
            case = self._within(prices, most)
            if not case.possible:
                return math.inf
            search = self._labels(case, prices, most, budgets, labels)
            if search is None or search.run():
                return math.inf
            if time.monotonic() > self.engine.deadline:
                return search.open_bound
            if budgets == BUDGETS[0][0]:
                self._guess(prices)
            most = min(most, self.engine._most())
        raise TooHardError

    def _labels(self, case: Case, prices: _Prices, most: float, budgets: int, labels: int) -> LabelSearch | None:
        """Return the search, None when an envelope already shows that there is nothing."""

        order = _order(case)
        envelopes = []
        for number, tail in enumerate(case.tails):
            if time.monotonic() > self.engine.deadline:
                break
            costs, room = prices.costs(case, number)
            if math.isinf(most):
                costs = [c - goal for c, goal in zip(costs, case.goal, strict=True)]
            else:
                room += most - case.constant
            above = [costs[role] - costs[role].min() for role in order]
            room -= sum(float(c.min()) for c in costs)
            room += 1e-9 * max(abs(room), abs(most) if math.isfinite(most) else 0.0)
            if room < 0:
                return None
            room = min(room, sum(float(a.max()) for a in above))
            envelopes.append(Envelope(Chain(tail, order), order, above, room, budgets))
            if envelopes[-1].least() is None:
                return None
        costs, room = prices.costs(case)
        return LabelSearch(
            case,
            order,
            envelopes,
            costs,
            room,
            lambda chosen: self.engine.offer(case, chosen),
            most,
            self.engine.deadline,
            labels,
            self.engine.any_design,
        )


def _positions(engine: Engine, case: Case, design: Mapping[str, Candidate]) -> list[int] | None:
    """Return where a design's candidates stand in a case, None when one is not in it."""
    found = []
    for (role, pool), kept in zip(engine.question.pool.items(), case.kept, strict=True):
        place = next((j for j, i in enumerate(kept) if pool[i].id == design[role].id), None)
        if place is None:
            return None
        found.append(place)
    return found


def _order(case: Case) -> list[int]:
    """Return the roles in the order to decide them: past a cache, before it, then those without a time; widely
    spread times first, since what is decided is no longer rounded."""
    import numpy as np

    def rank(role: int) -> tuple[int, float, int]:
        spread, section = 0.0, 2
        for tail in case.tails:
            for part, times in ((1, tail.before[role]), (0, tail.past[role])):
                if times is not None:
                    masses = times.masses[np.unique(tail.rows[role])]
                    at = np.linspace(0.0, 1.0, masses.shape[1])
                    means = masses @ at
                    spread = max(spread, float(np.median(masses @ at**2 - means**2)))
                    section = min(section, part)
        return section, -spread, role

    return sorted(range(len(case.kept)), key=rank)
