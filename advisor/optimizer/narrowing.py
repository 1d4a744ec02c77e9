"""Candidates that can still matter, before a search is built: what bounds that add up and a known design leave over.

Percentile bounds are dear to prepare (every candidate's times on a lattice) and candidates are compared in pairs. Where
a good design is known beforehand, most candidates need neither.

*Proof.* Let a design meet every requirement and be no worse in the first goal than the one that is known. It keeps the
bounds that add up, and all prices u >= 0 of their rows ``a x <= b`` give ``goal(x) >= goal(x) + u (a x - b)``. Taking
every other role's cheapest candidate under the prices bounds the right side from below for each candidate; where that
is above the known design's goal, the candidate is in no such design. All other requirements (percentiles, pairs, what
works together, other numbers of names) only take designs away. Calls between clouds only add to costs and times, so a
bound without them holds with them. Every use of the caches is bounded on its own, and with it every set of clouds that
may be used, where there are few: a bound over all of them takes the cheapest from each. A candidate is kept when one of
these cases keeps it. What is kept therefore holds every design that is no worse than the known one, all that are equal
to it included: the optimum, whatever the goals after the first, stays the same. Too many cases leave out nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from advisor.candidates.candidate import Candidate, passing
from advisor.candidates.table import Table, variants
from advisor.evaluation.result import Evaluation
from advisor.optimizer.cases import Cases
from advisor.optimizer.linear import Linear, linear, room_of
from advisor.optimizer.prices import priced, within
from advisor.optimizer.proof import TooHardError
from advisor.optimizer.question import Question
from advisor.optimizer.search import Search
from advisor.optimizer.situations import Situation, fitting
from advisor.scenario.goals import Goal
from advisor.scenario.requirements import CLOUDS, COST, OPERATIONS, Bound, Filter, Requirement

if TYPE_CHECKING:
    import numpy as np

    Mask = np.ndarray[Any, np.dtype[np.bool_]]

Pool = Mapping[str, Sequence[Candidate]]
ADDED_UP = (COST, OPERATIONS)  # goals by which a known design cuts: they only grow by what a sum leaves out
FEW_SETS = 4  # of clouds that are each a case of its own
EQUAL = 1e-6  # a goal that is above the known design's by less, relative, may still be the optimum


def narrowed(
    table: Table,
    requirements: Sequence[Requirement],
    known: Evaluation | None = None,
    *,
    by: Goal | None = None,
    most: float = math.inf,
) -> Table | None:
    """Return a table with the candidates that may be in a design that meets the requirements and is no worse.

    Args:
        known: a design that meets them, the better the fewer are left; None: there is nothing to be no worse than.
        by: what adds up, instead of the first goal; above a bound on it no design meets the requirements.
        most: what the goal of a design of interest is at most, where that is known otherwise.

    Returns:
        None when it is proved that no design meets the requirements.

    >>> import advisor
    >>> answer = advisor.answer(advisor.load_scenario(advisor.example("shop_search")))
    >>> few = narrowed(answer.table, answer.scenario.requirements, answer.best)
    >>> sum(map(len, few.candidates.values())) < sum(map(len, answer.table.candidates.values())) / 5
    True
    """
    rules = [one for one in requirements if isinstance(one, Filter)]
    every = table.candidates.items()
    pool = {role: passing(found, rules) for role, found in every}
    bounds = [one for one in requirements if isinstance(one, Bound)]
    goal = by or table.scenario.objective[0]
    kept = _kept(pool, table, bounds, goal, _most(goal, bounds, known, most))
    if not all(mask.any() for mask in kept.values()):
        return None
    left = {role: tuple(c for c, yes in zip(found, kept[role], strict=True) if yes) for role, found in pool.items()}
    return replace(table, candidates=left)


def search_from(table: Table, requirements: Sequence[Requirement], known: Evaluation | None) -> Search:
    """Return a search for the optimum that begins with a design that meets the requirements, if one is known."""
    few = None if known is None else narrowed(table, requirements, known)
    search = Search(few or table, requirements)
    if known is not None and search.admits(known.design):
        search.known[tuple(c.id for c in known.design.values())] = known
    return search


def _kept(pool: Pool, table: Table, bounds: Sequence[Bound], goal: Goal, most: float) -> dict[str, Mask]:
    """Return which candidates of each role some case leaves over for a goal up to ``most``."""
    import numpy as np

    cases = Cases(_question(pool, table, bounds, goal), lambda design: False, ceiling=most)  # no design is judged
    try:
        open_ = [case for *_, case in cases.open_cases(relaxed=True)]
    except TooHardError:
        return {role: np.ones(len(found), dtype=bool) for role, found in pool.items()}
    kept = {role: np.zeros(len(found), dtype=bool) for role, found in pool.items()}
    for case in open_:
        prices = priced(case)
        if prices is not None:
            left = within(case, prices, most).kept
            if all(len(places) for places in left):
                for mask, places in zip(kept.values(), left, strict=True):
                    mask[places] = True
    return kept


def _question(pool: Pool, table: Table, bounds: Sequence[Bound], goal: Goal) -> Question:
    """Return a goal and the bounds as far as they add up, with nothing else that is asked."""
    import numpy as np

    scenario = table.scenario
    rows = []
    for bound in bounds:
        total = linear(pool, scenario, bound.metric)
        if total is not None and (not total.per_count or bound.metric == CLOUDS):
            room, scale = room_of(bound)
            rows.append((total.scaled(1 / scale), room / scale))
    bounded = any(row.per_count for row, _ in rows)
    clouds = {role: [c.distinct(CLOUDS) for c in found] for role, found in pool.items()} if bounded else {}
    distinct = {CLOUDS: clouds} if bounded else {}
    roles = scenario.blueprint.cache_roles
    situations = [Situation(caches, fitting(pool, roles, caches)) for caches in variants(scenario)]
    everything = {role: np.ones(len(found), dtype=bool) for role, found in pool.items()}
    return Question(pool, everything, _sum(pool, table, goal), rows, (), distinct, situations, few=FEW_SETS)


def _sum(pool: Pool, table: Table, goal: Goal) -> Linear:
    """Return a goal that designs are cut by as a sum, nothing at all for another one."""
    total = Linear({})
    for term in goal.terms if _cuts(goal) else ():
        part = linear(pool, table.scenario, term.metric)
        assert part is not None
        total = total + part.scaled(term.coefficient)
    return total


def _cuts(goal: Goal) -> bool:
    return all(term.metric in ADDED_UP and term.coefficient > 0 for term in goal.terms)


def _most(goal: Goal, bounds: Sequence[Bound], known: Evaluation | None, asked: float) -> float:
    """Return what the goal of a design may be at most, under the bounds on it and as far as it is of interest."""
    if not _cuts(goal):
        return math.inf
    rooms = [b.limit for b in bounds if [(b.metric, 1.0)] == [(t.metric, t.coefficient) for t in goal.terms]]
    rooms += [asked] if asked < math.inf else []
    if known is not None:
        rooms.append(math.fsum(term.coefficient * known.metric(term.metric) for term in goal.terms))
    return min((value + EQUAL * max(abs(value), 1e-6) for value in rooms), default=math.inf)
