"""The optimum under other numbers, many times: what a number does not touch is not worked out again.

A changed figure gives its options other candidates in a few roles. All that is asked in one go is put into one search,
as variants beside the candidates of the scenario as it is; each question then admits its own variants and none of the
others. A change of the workload gets a search of its own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from advisor.analysis.answers import UNLIMITED, Answer, Deadline, remember
from advisor.analysis.fixed import options_of, touches
from advisor.analysis.workloads import Workloads
from advisor.candidates.candidate import Candidate
from advisor.candidates.table import Table, table
from advisor.catalog.perturb import Reference, with_figures
from advisor.evaluation.evaluate import judge
from advisor.evaluation.result import Evaluation
from advisor.optimizer.pooled import Pooled, Shared
from advisor.optimizer.run import NOTHING, Found, goal_value, optimise
from advisor.optimizer.search import Search
from advisor.optimizer.solver import Status
from advisor.scenario.load import Scenario
from advisor.scenario.requirements import COST, Filter

Setting = Mapping[Reference, float]
Starts = Sequence[Mapping[str, Candidate]]


@dataclass(frozen=True)
class Known:
    """What is known of the optimum under other numbers before it is solved.

    Attributes:
        floor: what is proved that no design can beat in the first goal.
        worse: whether each candidate stands for one of the scenario as it is that is no worse in anything: then what no
            design can beat there, as a whole or within one case, none can beat here.
        starts: designs that may be good.
    """

    floor: float = -math.inf
    worse: bool = False
    starts: Starts = ()


NOTHING_KNOWN = Known()
MARK = "?"  # in no id of the catalog
SAME_GOAL = 1e-6  # goals that differ by less, relative, are equal: percentiles are reached in such steps
TOGETHER = 100  # settings that share a search


@dataclass(frozen=True)
class Variants:
    """What a setting makes of some roles.

    Attributes:
        kept: role -> ids of the candidates that stay as they are.
        changed: role -> marked id -> candidate with the figures changed, under its usual id.
    """

    kept: Mapping[str, frozenset[str]]
    changed: Mapping[str, Mapping[str, Candidate]]


class Resolver:
    """Re-solves a scenario under other numbers; ``best`` of the answer must be its proved optimum."""

    def __init__(self, answer: Answer, deadline: Deadline = UNLIMITED) -> None:
        assert answer.best is not None, "without a design there is nothing to start from"
        self.answer, self.best, self.deadline = answer, answer.best, deadline
        self.table, self.search = answer.table, answer.search
        self.workloads = Workloads(self.table)
        self.solves = 0
        self._rest: dict[tuple[str, frozenset[str]], Found] = {}
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
        rules = self.table.scenario.filters
        return [c for c in (of or self.table).candidates[role] if all(c.admitted_by(rule) for rule in rules)]

    def standing(self, role: str, figure: Reference) -> frozenset[str]:
        """Return the ids of a role that do not stand on a figure."""
        return frozenset(c.id for c in self.table.candidates[role] if not touches(figure, c))

    def under(self, scenario: Scenario, known: Known = NOTHING_KNOWN) -> Found:
        """Return the optimum under another scenario of the same blueprint."""
        if self.deadline.passed:
            return Found(Status.STOPPED, None)
        return self._solved(Search(self._pruned(self.workloads.under(scenario))), known)

    def _pruned(self, fresh: Table) -> Table:
        """Return a table without what was found to be never needed in roles whose candidates are the same as ever."""
        candidates = dict(fresh.candidates)
        for role, found in fresh.candidates.items():
            if found == self.table.candidates[role] and role in self._open:
                candidates[role] = tuple(c for c in found if c.id in self._open[role])
        return replace(fresh, candidates=candidates)

    def _solved(self, search: Search, known: Known) -> Found:
        self.solves += 1
        for design in (self.best.design, *known.starts):
            remember(search, design)
        self._note_floors(search, known)
        return optimise(search, time_limit_s=self.deadline.left)

    # --- figures ------------------------------------------------------------------------------------------------------

    def under_figures(self, settings: Sequence[Setting], known: Sequence[Known] = ()) -> list[Found]:
        """Return the optimum under each of some settings of the catalog's figures; ``known``: beforehand, of each."""
        asked = list(zip(settings, known or [NOTHING_KNOWN] * len(settings), strict=True))
        found: dict[int, Found] = {}
        near = [number for number, one in enumerate(settings) if not any(ref.kind == "clouds" for ref in one)]
        for start in range(0, len(near), TOGETHER):
            some = near[start : start + TOGETHER]
            found |= zip(some, self._batch([asked[n] for n in some]), strict=True)
        return [found[n] if n in found else self._everywhere(*one) for n, one in enumerate(asked)]

    def _everywhere(self, setting: Setting, known: Known) -> Found:
        """Return the optimum under figures of a cloud, which also decide what calls to other clouds cost and take."""
        if self.deadline.passed:
            return Found(Status.STOPPED, None)
        catalog = with_figures(self.table.catalog, setting)
        scenario = replace(self.table.scenario, clouds=catalog.records.clouds)
        return self._solved(Search(self._pruned(table(scenario, catalog, self.table.as_of))), known)

    def _batch(self, asked: Sequence[tuple[Setting, Known]]) -> list[Found]:
        if self.deadline.passed:
            return [Found(Status.STOPPED, None)] * len(asked)
        variants = [self.variants(str(number), setting) for number, (setting, _) in enumerate(asked)]
        search = self._joined(variants)
        return [self._question(search, one, known) for one, (_, known) in zip(variants, asked, strict=True)]

    def variants(self, name: str, setting: Setting) -> Variants:
        """Return what a setting makes of the roles that it touches; unchanged candidates are no variants."""
        catalog = with_figures(self.table.catalog, setting)
        kept: dict[str, frozenset[str]] = {}
        changed: dict[str, dict[str, Candidate]] = {}
        rules = self.table.scenario.filters
        for role in self.table.candidates:
            hit = {c.id for c in self.table.candidates[role] if any(touches(one, c) for one in setting)}
            options = self._options(role, hit, setting)
            if options is None:
                continue
            fresh = self.table.again(catalog, {role: options}).candidates[role]
            kept[role] = frozenset(self._staying(role, hit))
            changed[role] = {
                f"{c.id}{MARK}{name}": c
                for c in fresh
                if any(touches(one, c) for one in setting) and all(c.admitted_by(rule) for rule in rules)
            }
        return Variants(kept, changed)

    def _options(self, role: str, hit: set[str], setting: Setting) -> frozenset[str] | None:
        """Return the options of a role to build again; None when the setting touches none of them.

        An option that could not be sized so far has no candidate to be touched, and may be sized now.
        """
        catalog = self.table.catalog
        named = {one.record for one in setting if one.kind == "components"}
        fitting = frozenset(option.id for _, option in catalog.options_for(role))
        if not hit and not named & fitting:
            return None
        mixed = self.table.scenario.tactics.allowed & {"right_size", *catalog.role(role).tactics}
        if mixed:  # candidates are made of several options, or of one on another's machines
            return fitting
        own = {name for c in self.table.candidates[role] if c.id in hit for name in options_of(c)}
        return frozenset(own | (named & fitting))

    def _staying(self, role: str, hit: set[str]) -> set[str]:
        """Return the ids of a role that a setting leaves as they are and that may be part of an optimum under it.

        What is never needed because of a candidate that changes may be needed now.
        """
        return {
            c.id
            for c in self.search.pool.get(role, ())
            if c.id not in hit and ((winner := self.search.dominated.get((role, c.id))) is None or winner.id in hit)
        }

    def _joined(self, variants: Sequence[Variants]) -> Search:
        """Return the search over all that any of the questions admits.

        Rules have been applied, and nothing is dropped because another size of its component beats it: what beats it
        may be a variant that another question is about.
        """
        pool: dict[str, dict[str, Candidate]] = {}
        for role, found in self.search.pool.items():
            wanted = self._open[role].union(*(one.kept.get(role, frozenset()) for one in variants))
            pool[role] = {c.id: c for c in found if c.id in wanted}
            marked = [pair for one in variants for pair in one.changed.get(role, {}).items()]
            pool[role] |= {name: replace(c, id=name) for name, c in marked}
        candidates = {role: tuple(found.values()) for role, found in pool.items()}
        shared = Shared({(): Pooled({role: list(found) for role, found in candidates.items()}, {})})
        rest = [r for r in self.table.scenario.requirements if not isinstance(r, Filter)]
        return Search(replace(self.table, candidates=candidates), rest, shared)

    def _question(self, search: Search, variants: Variants, known: Known) -> Found:
        """Return the optimum among what one setting admits; its candidates carry their usual ids.

        Where one role is touched, the designs without a variant there are those of the scenario as it is: their best is
        found once, and only designs with a variant are searched.
        """
        if self.deadline.passed:
            return Found(Status.STOPPED, None)
        if len(variants.changed) != 1:
            return self._searched(search, variants, variants.kept, known)
        (role,) = variants.changed
        rest = self._without_variants(role, variants.kept[role])
        found = self._searched(search, variants, {role: frozenset()}, known)
        return _better_of(rest, found)

    def _without_variants(self, role: str, kept: frozenset[str]) -> Found:
        """Return the optimum of the scenario as it is when a role may have some of its candidates only."""
        if self.best.design[role].id in kept:
            return Found(Status.OPTIMAL, self.best)
        if (role, kept) not in self._rest:
            self.solves += 1
            left = self.deadline.left
            self._rest[role, kept] = optimise(
                self.search, only=lambda of, c: c.id in kept if of == role else None, time_limit_s=left
            )
        return self._rest[role, kept]

    def _searched(
        self, search: Search, variants: Variants, kept: Mapping[str, frozenset[str]], known: Known
    ) -> Found:
        own = variants.changed

        def admitted(role: str, candidate: Candidate) -> bool:
            if role not in own:
                return candidate.id in self._open[role]
            return candidate.id in own[role] or candidate.id in kept[role]

        empty = [role for role, found in search.pool.items() if not any(admitted(role, c) for c in found)]
        if empty:
            return NOTHING
        self.solves += 1
        for design in (self.best.design, *known.starts):
            remember(search, _renamed(design, search, own))
        self._note_floors(search, known)
        found = optimise(search, only=admitted, time_limit_s=self.deadline.left)
        return replace(found, best=found.best and self._plain(found.best, own))

    def _note_floors(self, search: Search, known: Known) -> None:
        """Let what is proved end a search early; of the floor of one goal only sums with its own value can use any."""
        goal = self.table.scenario.objective[0]
        search.floors, search.case_floors = {}, {}
        if known.worse and not search.coupled:
            search.take_floors(self.search)
        if known.floor > -math.inf and [term.metric for term in goal.terms] == [COST]:
            search.floors[goal.terms] = max(known.floor, search.floor(goal))

    def _plain(self, found: Evaluation, own: Mapping[str, Mapping[str, Candidate]]) -> Evaluation:
        """Return what the judge says of a design whose candidates have their usual names again."""
        design = {role: own[role].get(c.id, c) if role in own else c for role, c in found.design.items()}
        return judge(design, self.table.scenario)


def _renamed(
    design: Mapping[str, Candidate], search: Search, own: Mapping[str, Mapping[str, Candidate]]
) -> dict[str, Candidate]:
    """Return a design with the variants of its candidates, where there are such."""
    found = dict(design)
    for role, names in own.items():
        twin = next((n for n in names if n.partition(MARK)[0] == design[role].id), None)
        if twin is not None and (role, twin) in search.by_id:
            found[role] = search.by_id[role, twin]
    return found


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
