"""The optimum under other numbers, many times: what a number does not touch is not worked out again.

A changed figure gives its options other candidates in a few roles. All that is asked in one go is put into one search,
as variants beside the candidates of the scenario as it is; each question then admits its own variants and none of the
others. A change of the workload gets a search of its own.

Who asks mostly has a design at hand and wants to know what beats it (``Known.below``). Candidates that can be in no
such design are left out before anything is built over them (:mod:`advisor.optimizer.narrowing` proves which), and the
engine looks for nothing above. Where nothing is at hand, a design that is known to hold under the new numbers does the
same: the optimum is no worse.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from advisor.analysis.answers import UNLIMITED, Answer, Deadline, remember, restricted
from advisor.analysis.regrown import regrown
from advisor.analysis.variants import MARK, Builder, Setting, Variants
from advisor.analysis.workloads import Workloads
from advisor.candidates.candidate import Candidate, passing
from advisor.candidates.table import Table, table
from advisor.catalog.perturb import Reference, with_figures
from advisor.evaluation.evaluate import judge
from advisor.evaluation.result import Evaluation
from advisor.optimizer.found import NOTHING, Found
from advisor.optimizer.goal import goal_value, linear_goal
from advisor.optimizer.linear import is_log
from advisor.optimizer.narrowing import narrowed
from advisor.optimizer.pooled import Pooled, Shared
from advisor.optimizer.run import optimise
from advisor.optimizer.search import Search
from advisor.optimizer.solver import Status
from advisor.scenario.load import Scenario
from advisor.scenario.requirements import COST, Filter

Starts = Sequence[Mapping[str, Candidate]]
Having = Mapping[str, frozenset[str]]  # role -> ids


@dataclass(frozen=True)
class Known:
    """What is known of the optimum under other numbers before it is solved.

    Attributes:
        floor: what is proved that no design can beat in the first goal.
        worse: whether each candidate stands for one of the scenario as it is that is no worse in anything: then what no
            design can beat there, as a whole or within one case, none can beat here.
        starts: designs that may be good.
        below: of interest is only what has less in the first goal: nothing else needs to be found.
        having: what has less has one of some candidates in a role, as was proved; None where that is not known.
    """

    floor: float = -math.inf
    worse: bool = False
    starts: Starts = ()
    below: float = math.inf
    having: Having | None = None


NOTHING_KNOWN = Known()
SAME_GOAL = 1e-6  # goals that differ by less, relative, are equal: percentiles are reached in such steps
TOGETHER = 100  # settings that share a search
MOST_APART = 1  # roles of which one has to have some candidates, that are searched one by one


@dataclass(frozen=True)
class _Question:
    """What is searched under one setting, and what is known of it.

    Attributes:
        kept: role that is touched -> ids that it may have beside its variants.
        rest: the best of all other designs that the setting admits; None when there are none to think of.
    """

    variants: Variants
    kept: Mapping[str, frozenset[str]]
    known: Known
    rest: Found | None = None

    def admitted(self, others: Mapping[str, frozenset[str]]) -> Mapping[str, frozenset[str]]:
        """Return role -> ids that may be chosen; ``others``: what may be in roles that are not touched."""
        return {**others, **{role: self.kept[role].union(own) for role, own in self.variants.changed.items()}}

    def with_variants(self, design: Mapping[str, Candidate]) -> dict[str, Candidate]:
        """Return a design with the variants of its candidates, where there are such."""
        found = dict(design)
        for role, names in self.variants.changed.items():
            twin = next((n for n in names if n.partition(MARK)[0] == design[role].id), None)
            if twin is not None:
                found[role] = replace(names[twin], id=twin)
        return found


class Resolver:
    """Re-solves a scenario under other numbers; ``best`` of the answer must be its proved optimum."""

    def __init__(self, answer: Answer, deadline: Deadline = UNLIMITED) -> None:
        assert answer.best is not None, "without a design there is nothing to start from"
        self.answer, self.best, self.deadline = answer, answer.best, deadline
        self.table, self.search = answer.table, answer.search
        self.workloads = Workloads(self.table)
        self.solves = 0
        self._rest: dict[tuple[str, frozenset[str]], Found] = {}
        self._beaten: dict[tuple[str, str], list[Candidate]] = {}
        self.variants = Builder(self.search)
        search = self.search
        self._open = {  # what can be part of an optimum of the scenario as it is
            role: frozenset(c.id for c in found if (role, c.id) not in search.dominated)
            for role, found in search.pool.items()
        }

    def open_in(self, role: str) -> frozenset[str]:
        """Return the ids of a role that can be part of an optimum of the scenario as it is."""
        return self._open[role]

    def admitted(self, role: str, of: Table | None = None) -> list[Candidate]:
        """Return the candidates of a role, of this table or another one, that pass the scenario's rules."""
        if of is not None and of is not self.table:
            return passing(of.candidates[role], self.table.scenario.filters)
        return self.variants.admitted(role)

    def beaten_by(self, role: str, name: str) -> Sequence[Candidate]:
        """Return the candidates of a role that one of them beats as it is, or that something beats which it beats."""
        if (role, name) not in self._beaten:
            self._beaten[role, name] = [c for c in self.admitted(role) if name in self._winners(role, c.id)]
        return self._beaten[role, name]

    def _winners(self, role: str, name: str) -> Iterator[str]:
        """Yield what beats a candidate, what beats that, and so on."""
        while (winner := self.search.dominated.get((role, name))) is not None:
            name = winner.id
            yield name

    def having(self, role: str, names: frozenset[str]) -> Search | None:
        """Return a search over the designs that have one of some candidates in a role, whatever beats these.

        None where a bound on the first goal shows that there is none.
        """
        pool = {of: tuple(c for c in found if c.id in self._open[of]) for of, found in self.search.pool.items()}
        pool[role] = tuple(c for c in self.admitted(role) if c.id in names)
        few = narrowed(replace(self.table, candidates=pool), self.table.scenario.requirements)
        return None if few is None else self._over(few.candidates)

    def _over(self, pool: Mapping[str, Sequence[Candidate]], of: Table | None = None) -> Search:
        """Return a search over candidates that pass the rules; none is dropped because another one beats it."""
        rest = [r for r in self.table.scenario.requirements if type(r) is not Filter]  # pairs speak about designs
        pairs = tuple(r for r in rest if isinstance(r, Filter))
        whole = replace(of or self.table, candidates={role: tuple(found) for role, found in pool.items()})
        return Search(whole, rest, Shared({pairs: Pooled({role: list(found) for role, found in pool.items()}, {})}))

    def under(self, scenario: Scenario, known: Known = NOTHING_KNOWN) -> Found:
        """Return the optimum under another scenario of the same blueprint."""
        if self.deadline.passed:
            return Found(Status.STOPPED, None)
        return self._solved(self._pruned(self.workloads.under(scenario)), known)

    def of_calls(self, figure: Reference) -> bool:
        """Return whether calls between clouds depend on a figure, so that it touches more than candidates."""
        return figure.kind == "clouds" and self.search.coupled

    def _pruned(self, fresh: Table) -> Table:
        """Return a table without what was found to be never needed in roles whose candidates are the same as ever."""
        candidates = dict(fresh.candidates)
        for role, found in fresh.candidates.items():
            if found == self.table.candidates[role] and role in self._open:
                candidates[role] = tuple(c for c in found if c.id in self._open[role])
        return replace(fresh, candidates=candidates)

    def _solved(self, fresh: Table, known: Known) -> Found:
        """Return the optimum of a table, as far as it is of interest."""
        if known.having is None or len(known.having) > MOST_APART:
            return self._searched_in(fresh, known)
        best, goal = NOTHING, self.table.scenario.objective[0]
        for role, names in known.having.items():
            some = restricted(fresh, {role: [c for c in fresh.candidates[role] if c.id in names]})
            below = math.inf if best.best is None else self.below(goal_value(goal, best.best))
            best = _better_of(best, self._searched_in(some, replace(known, below=min(below, known.below))))
        return best

    def _searched_in(self, fresh: Table, known: Known) -> Found:
        """Return the optimum of a table; what can be in no design of interest is left out before it is searched."""
        designs = (self.best.design, *known.starts)
        below = known.below if known.below < math.inf else just_above(self.search, self._worth(designs, fresh))
        few = narrowed(fresh, fresh.scenario.requirements, most=below) if below < math.inf else fresh
        if few is None:
            return NOTHING
        self.solves += 1
        cut = below < math.inf  # few are left then: to compare these with each other takes longer than it saves
        search = self._over(few.candidates, few) if cut else Search(few)
        for design in designs:
            remember(search, design, self.best)
        self._note_floors(search, known)
        only = (lambda role, c: True) if cut else None
        return optimise(search, only=only, time_limit_s=self.deadline.left, below=below)

    def _worth(self, designs: Iterable[Mapping[str, Candidate]], fresh: Table) -> float:
        """Return the first goal of a design that holds in a table; infinite where none that is known does.

        The least of some designs, or else that of the first that holds of all met so far, the best first.
        """
        goal = self.table.scenario.objective[0]
        some = [goal_value(goal, one) for one in regrown(designs, fresh) if one.feasible]
        more = (goal_value(goal, one) for one in regrown(self.met, fresh) if one.feasible)
        return min(some) if some else next(more, math.inf)

    @cached_property
    def met(self) -> Sequence[Mapping[str, Candidate]]:
        """The designs of the scenario as it is that are known to hold when this is first asked for, the best first."""
        goal = self.table.scenario.objective[0]
        return [one.design for one in sorted(self.search.known.values(), key=lambda one: goal_value(goal, one))]

    def below(self, value: float) -> float:
        """Return what the first goal of a design must be below to beat one in which it has a value.

        Of several goals a later one decides between designs that are equal in the first.
        """
        only = len(self.table.scenario.objective) == 1
        return value if only and adds_up(self.search) else just_above(self.search, value)

    # --- figures ------------------------------------------------------------------------------------------------------

    def under_figures(self, settings: Sequence[Setting], known: Sequence[Known] = ()) -> list[Found]:
        """Return the optimum under each of some settings of the catalog's figures; ``known``: beforehand, of each."""
        asked = list(zip(settings, known or [NOTHING_KNOWN] * len(settings), strict=True))
        found: dict[int, Found] = {}
        near = [number for number, one in enumerate(settings) if not any(map(self.of_calls, one))]
        for start in range(0, len(near), TOGETHER):
            some = near[start : start + TOGETHER]
            found |= zip(some, self._batch([asked[n] for n in some]), strict=True)
        return [found[n] if n in found else self._everywhere(*one) for n, one in enumerate(asked)]

    def _everywhere(self, setting: Setting, known: Known) -> Found:
        """Return the optimum under figures of a cloud that also decide what calls to other clouds cost and take."""
        if self.deadline.passed:
            return Found(Status.STOPPED, None)
        catalog = with_figures(self.table.catalog, setting)
        scenario = replace(self.table.scenario, clouds=catalog.records.clouds)
        return self._solved(self._pruned(table(scenario, catalog, self.table.as_of)), known)

    def _batch(self, asked: Sequence[tuple[Setting, Known]]) -> list[Found]:
        if self.deadline.passed:
            return [Found(Status.STOPPED, None)] * len(asked)
        questions = [
            self._question(self.variants.of(setting).marked(str(number)), known)
            for number, (setting, known) in enumerate(asked)
        ]
        open_ = [known.below == math.inf for _, known in asked]
        questions = [self._told(one) if unsure else one for one, unsure in zip(questions, open_, strict=True)]
        most = max(one.known.below for one in questions)
        search = self.joined([one.variants for one in questions], most)
        return [self._answer(search, one) for one in questions]

    def _question(self, variants: Variants, known: Known) -> _Question:
        """Return what is to be searched under a setting.

        Where one role is touched, the designs without a variant there are those of the scenario as it is: their best is
        found once, and only designs with a variant are searched, for one that beats it. None of them is better than the
        optimum as it is: where more is asked for than to beat that, it need not be known which is best.
        """
        if len(variants.changed) != 1:
            return _Question(variants, variants.kept, known)
        (role,) = variants.changed
        if known.below <= self.least < math.inf:
            return _Question(variants, {role: frozenset()}, known)
        rest = self._without_variants(role, variants.kept[role])
        if rest.best is not None:
            worth = goal_value(self.table.scenario.objective[0], rest.best)
            known = replace(known, below=min(known.below, self.below(worth)))
        return _Question(variants, {role: frozenset()}, known, rest)

    def _told(self, question: _Question) -> _Question:
        """Return a question that knows of what no design that is asked for is above: a design that holds.

        It is also where the search starts from: of designs that are equal in all goals this one is found, whatever else
        is asked at the same time.
        """
        known, goal = question.known, self.table.scenario.objective[0]
        designs = (self.best.design, *known.starts)
        given = [(one, design) for design in designs if (one := self._judged(question, design))]
        more = ((one, design) for design in self.met if (one := self._judged(question, design)))
        found = min(given, key=lambda pair: goal_value(goal, pair[0])) if given else next(more, None)
        if found is None:
            return question
        below = min(known.below, just_above(self.search, goal_value(goal, found[0])))
        return replace(question, known=replace(known, below=below, starts=(*known.starts, found[1])))

    def _judged(self, question: _Question, design: Mapping[str, Candidate]) -> Evaluation | None:
        """Return what a design is worth under a question; None where it is not admitted or does not hold."""
        changed = question.with_variants(design)
        admitted = question.admitted(self._open)
        if not all(c.id in admitted[role] for role, c in changed.items()):
            return None
        found = judge(changed, self.table.scenario, brief=True)
        return found if found.feasible else None

    def joined(self, variants: Sequence[Variants], most: float) -> Search | None:
        """Return the search over all that any of the questions admits and that a design of interest can have.

        Rules have been applied, and nothing is dropped because another size of its component beats it: what beats it
        may be a variant that another question is about. None where no design is of interest.
        """
        candidates: dict[str, tuple[Candidate, ...]] = {}
        for role in self.search.pool:
            wanted = self._open[role].union(*(one.kept.get(role, frozenset()) for one in variants))
            marked = [pair for one in variants for pair in one.changed.get(role, {}).items()]
            same = [c for c in self.admitted(role) if c.id in wanted]
            candidates[role] = (*same, *(replace(c, id=name) for name, c in marked))
        rest = [r for r in self.table.scenario.requirements if not isinstance(r, Filter)]
        few = narrowed(replace(self.table, candidates=candidates), rest, most=most)
        return None if few is None else self._over(few.candidates)

    def _answer(self, search: Search | None, question: _Question) -> Found:
        """Return the optimum among what one setting admits; its candidates carry their usual ids."""
        if self.deadline.passed:
            return Found(Status.STOPPED, None)
        found = NOTHING if search is None else self._searched(search, question)
        return found if question.rest is None else _better_of(question.rest, found)

    @cached_property
    def least(self) -> float:
        """What the first goal must be below to beat every design of the scenario as it is."""
        return self.below(goal_value(self.table.scenario.objective[0], self.best))

    def _without_variants(self, role: str, kept: frozenset[str]) -> Found:
        """Return the optimum of the scenario as it is when a role may have some of its candidates only."""
        if self.best.design[role].id in kept:
            return Found(Status.OPTIMAL, self.best)
        if (role, kept) not in self._rest:
            self.solves += 1
            there = all((role, name) in self.search.by_id for name in kept)
            search, left = self.search if there else self.having(role, kept), self.deadline.left
            self._rest[role, kept] = (
                optimise(search, only=lambda of, c: c.id in kept if of == role else None, time_limit_s=left)
                if search
                else NOTHING
            )
        return self._rest[role, kept]

    def _searched(self, search: Search, question: _Question) -> Found:
        admitted = question.admitted(self._open)
        if any(admitted[role].isdisjoint(c.id for c in found) for role, found in search.pool.items()):
            return NOTHING
        self.solves += 1
        known, left = question.known, self.deadline.left
        for design in (self.best.design, *known.starts):
            remember(search, question.with_variants(design), self.best)
        self._note_floors(search, known)
        found = optimise(search, only=lambda role, c: c.id in admitted[role], time_limit_s=left, below=known.below)
        return replace(found, best=found.best and self.plain(found.best, question.variants.changed))

    def _note_floors(self, search: Search, known: Known) -> None:
        """Let what is proved end a search early; of the floor of one goal only sums with its own value can use any."""
        goal = self.table.scenario.objective[0]
        search.forget_floors()
        if known.worse and not search.coupled:
            search.take_floors(self.search)
        if known.floor > -math.inf and [term.metric for term in goal.terms] == [COST]:
            search.floors[goal.terms] = max(known.floor, search.floor(goal))

    def plain(self, found: Evaluation, own: Mapping[str, Mapping[str, Candidate]]) -> Evaluation:
        """Return what the judge says of a design whose candidates have their usual names again."""
        design = {role: own[role].get(c.id, c) if role in own else c for role, c in found.design.items()}
        return judge(design, self.table.scenario, like=found)


def adds_up(search: Search) -> bool:
    """Return whether the first goal of a search is a sum, so that it can be said what it must be below."""
    goal = search.table.scenario.objective[0]
    return not is_log(goal) and linear_goal(search, goal) is not None


def just_above(search: Search, value: float) -> float:
    """Return what the first goal is below in all designs that are as good there as one with a value, or better."""
    return value + 2 * SAME_GOAL * max(abs(value), 1e-12) if adds_up(search) else math.inf


def _better_of(a: Found, b: Found) -> Found:
    """Return the better of the optima of two parts of the designs; open when one of them is."""
    for one in (a, b):
        if one.status is Status.STOPPED:
            return one
    if a.best is None or b.best is None:
        return b if a.best is None else a
    return b if beats(b.best, a.best) else a


def beats(found: Evaluation, design: Evaluation) -> bool:
    """Return whether a design is better than another in the first goal in which the two are not equal."""
    for goal in found.scenario.objective:
        new, old = goal_value(goal, found), goal_value(goal, design)
        if abs(new - old) > SAME_GOAL * max(abs(old), 1e-12):
            return new < old
    return False
