"""The cheapest ways out of an infeasible scenario: the least that must change, in numbers, solved again.

Every way changes as few requirements as possible. A bound is moved to the tightest value that some design meets: it is
dropped and its metric becomes the goal. Where two bounds must move together, the goal is the sum of their relative
changes; no design breaks only one of them (or that one alone would do), so this sum counts no room that is left over,
and its minimum is the least change. A rule lets in one more name where that is enough, else it is dropped. A tactic
that the scenario does not use, denied or never asked for, is allowed.

Where one bound alone is enough, a little of two may be less: pairs are offered when their changes add up to at least
``SAVED`` less than that of any bound alone. Designs are looked for with which each of the two is exceeded by less than
that; a design that breaks only one of them is not among these, for one bound alone takes more, so the sum of both
relative changes is exact here too.

Each way is then written into the scenario and solved again under the scenario's own goals.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from itertools import combinations, product

from advisor.analysis.answers import UNLIMITED, Deadline, remember, searching
from advisor.analysis.enough import Enough
from advisor.analysis.forced import Forced, blame
from advisor.analysis.loosening import looser, towards
from advisor.analysis.remedies import (
    Admitted,
    Loosened,
    Remedy,
    Step,
    Undenied,
    WaysOut,
    changed_scenario,
    loosened,
    place_of,
)
from advisor.analysis.ruled_out import least_count
from advisor.analysis.smallest_fixes import Fixes, smallest_fixes
from advisor.analysis.unhelped import cannot_help, roles_of, worth_trying
from advisor.candidates.table import Table
from advisor.candidates.table import table as build
from advisor.candidates.tactics import JOINS
from advisor.candidates.unswept import unswept
from advisor.evaluation.evaluate import judge
from advisor.evaluation.result import Evaluation
from advisor.optimizer.found import Found
from advisor.optimizer.goal import CHEAPEST, goal_value
from advisor.optimizer.run import optimise
from advisor.optimizer.search import Search
from advisor.optimizer.solver import Status
from advisor.scenario.goals import Goal
from advisor.scenario.load import Scenario
from advisor.scenario.requirements import COST, COUNTS, Bound, Filter, Requirement, is_count
from advisor.scenario.tactics import BY_DEFAULT

__all__ = [
    "ASK_FOR",
    "SAVED",
    "Admitted",
    "Loosened",
    "Remedy",
    "Step",
    "Undenied",
    "WaysOut",
    "changed_scenario",
    "place_of",
    "ways_out",
]
SAVED = 0.1  # of the change of any bound alone, by a pair that is worth showing
ASK_FOR = ("cascade", "fallback", "hedge", "reserve", "split", "spot")  # tactics that scenarios have to ask for


def ways_out(
    search: Search,
    conflict: tuple[Requirement, ...] | None,
    deadline: Deadline = UNLIMITED,
    *,
    ask_for: Collection[str] = ASK_FOR,
) -> WaysOut:
    """Return the least changes that make an infeasible scenario feasible.

    Args:
        search: of the scenario, proved infeasible. conflict: a minimal one; None when it was left open.
        ask_for: tactics that scenarios have to ask for, and that are tried.

    >>> import advisor
    >>> from advisor.analysis.overrides import change
    >>> catalog = advisor.load_catalog()
    >>> scenario = advisor.load_scenario(advisor.example("support_copilot"), catalog)
    >>> tight = change(scenario, ["constraints.cost_usd_per_month.max=9000"], catalog).scenario
    >>> answer = advisor.answer(tight, catalog)
    >>> for remedy in ways_out(answer.search, answer.conflict).remedies:
    ...     print(place_of(remedy.steps[0]), remedy.evaluation.feasible)
    constraints.quality.min True
    constraints.cost_usd_per_month.max True
    constraints.clouds.max True
    constraints.residency.require True
    """
    if conflict is None:
        return WaysOut((), Fixes((), ()), tuple(r.path for r in search.requirements))
    ways = _Ways(search, deadline)
    with unswept():
        fixes = smallest_fixes(
            search.requirements, ways.spared_by_rules(conflict), ways.feasible_without, ways.blame_without
        )
        found = [remedy for fix in fixes.sets for remedy in ways.remedies(fix)]
        found += ways.pairs(found)
        found += ways.tactics(ask_for, conflict)
    ranked = sorted(found, key=lambda remedy: _rank(remedy, search.table.scenario))
    left = [*ways.open, *(requirement.path for some in fixes.open for requirement in some)]
    return WaysOut(tuple(ranked), fixes, tuple(dict.fromkeys(left)))


def _rank(remedy: Remedy, scenario: Scenario) -> tuple[object, ...]:
    rules = sum(not isinstance(step, Loosened) for step in remedy.steps)
    goals = [goal_value(goal, remedy.evaluation) for goal in scenario.objective]
    return (rules, remedy.share, goals, remedy.cost_usd_per_month, [place_of(step) for step in remedy.steps])


class _Ways:
    """The searches that the ways out are found by; candidates are built again only where a change asks for it."""

    def __init__(self, search: Search, deadline: Deadline) -> None:
        self.base, self.deadline = search, deadline
        self.scenario = search.table.scenario
        self.open: list[str] = []
        self._least: dict[Bound, Found] = {}  # what changes a single bound least
        self._met: list[tuple[Evaluation, frozenset[Requirement]]] = []  # designs, and what they break of the scenario
        self._fixed = not self.scenario.tactics.allowed & JOINS.keys()  # rules do not decide what is combined

    # --- which requirements ------------------------------------------------------------------------------------------

    def feasible_without(self, some: tuple[Requirement, ...]) -> bool | None:
        """Return whether there is a design without some requirements; None when time left it open.

        Without a single bound the design that changes it least is looked for at once: it is asked for next.
        """
        if self.deadline.passed:
            return None
        if len(some) == 1 and isinstance(some[0], Bound):
            rest = [r for r in self.scenario.requirements if r is not some[0]]
            found = self._least[some[0]] = self._least_change(self._without(some), rest, [some[0]])
        else:
            found = self._any(self._without(some))
        return found.best is not None or (None if found.status is Status.STOPPED else False)

    def blame_without(self, some: tuple[Requirement, ...]) -> tuple[Requirement, ...] | None:
        """Return a conflict among the other requirements; None when time left it open."""
        found = blame(Forced(self._without(some), None), self.deadline)
        return None if found is None else self.spared_by_rules(found)

    def spared_by_rules(self, conflict: tuple[Requirement, ...]) -> tuple[Requirement, ...]:
        """Return a conflict with every rule whose end might resolve it.

        Where tactics combine what the rules admit, the end of any rule brings new candidates, so each might.
        """
        rules = () if self._fixed or not conflict else self.scenario.filters
        return (*conflict, *(rule for rule in rules if rule not in conflict))

    def _without(self, some: tuple[Requirement, ...]) -> Search:
        rest = [r for r in self.base.requirements if r not in some]
        return self._search(replace(self.scenario, requirements=tuple(rest)))

    def _search(self, scenario: Scenario) -> Search:
        """Return the search of a changed scenario; one over the same candidates reuses what is known of them."""
        if not (self._fixed or scenario.filters == self.scenario.filters):
            return Search(build(scenario, self.base.table.catalog, self.base.table.as_of))
        search = self.base.under(scenario.requirements, scenario)
        for met, broken in self._met:
            if broken.isdisjoint(scenario.requirements):
                remember(search, met.design)
        return search

    def _any(self, search: Search) -> Found:
        found = optimise(search, [CHEAPEST], any_design=True, time_limit_s=self.deadline.left)
        if found.best is not None and self._fixed:
            checks = judge(found.best.design, self.scenario).checks
            self._met.append((found.best, frozenset(check.requirement for check in checks if not check.holds)))
        return found

    # --- by how much -------------------------------------------------------------------------------------------------

    def remedies(self, fix: tuple[Requirement, ...]) -> Iterator[Remedy]:
        """Yield the least changes of the requirements of a fix: with one name more where that is enough."""
        rules = [r for r in fix if isinstance(r, Filter)]
        bounds = [r for r in fix if isinstance(r, Bound)]
        single = [self._names(rule) for rule in rules]
        found = [self._remedy(bounds, some) for some in product(*single)] if all(single) else []
        kept = [remedy for remedy in found if remedy is not None]
        if not kept and (not rules or any(len(names) != 1 for names in single)):
            kept = [r for r in [self._remedy(bounds, [Admitted(rule) for rule in rules])] if r is not None]
        yield from kept

    def _names(self, rule: Filter) -> list[Admitted]:
        """Return the names that a rule with several could let in, () for one that is only dropped."""
        if rule.kind not in ("cloud", "licence", "mode"):
            return [Admitted(rule)]
        if not rule.allow:
            return [Admitted(rule, name) for name in sorted(rule.values)]
        return [Admitted(rule, name) for name in sorted(_used(self.base.table, rule.kind) - rule.values)]

    def _remedy(self, bounds: Sequence[Bound], rules: Sequence[Admitted]) -> Remedy | None:
        """Return the least change of the bounds under changed rules; None when there is none, or time ran out."""
        changed = changed_scenario(self.scenario, rules)
        if not bounds:
            return self._solved(changed, tuple(rules))
        found = self._least.get(bounds[0]) if len(bounds) == 1 and not rules else None
        if found is None:
            rest = [r for r in changed.requirements if r not in bounds]
            search = self._search(replace(changed, requirements=tuple(rest)))
            found = self._least_change(search, rest, bounds)
        if found.best is None or found.status is not Status.OPTIMAL:
            self.open += [r.path for r in bounds] if found.status is Status.STOPPED else []
            return None
        moved = [loosened(bound, found.best.metric(bound.metric)) for bound in bounds]
        steps: tuple[Step, ...] = (*moved, *rules)
        changed = changed_scenario(self.scenario, steps)
        if _cheapest_alone(bounds) and [goal.terms for goal in self.scenario.objective] == [CHEAPEST.terms]:
            return Remedy(steps, judge(found.best.design, changed), proved=True)  # what is asked is what was found
        return self._solved(changed, steps, found.best)

    def _least_change(self, search: Search, rest: Sequence[Requirement], bounds: Sequence[Bound]) -> Found:
        """Return the design that exceeds some bounds least, their relative changes added, under other requirements.

        Which design that is matters where two bounds share the change: of equal ones the cheapest.
        """
        if len(bounds) == 1 and bounds[0].metric in COUNTS:
            return least_count(bounds[0], lambda more: self._best(search, [*rest, *more], CHEAPEST))
        sum_of_changes = Goal(tuple(towards(bound) for bound in bounds), "least change")
        goal = CHEAPEST if _cheapest_alone(bounds) else sum_of_changes
        return self._best(search, rest, goal, tie_break=len(bounds) > 1)

    def _best(
        self, search: Search, requirements: Sequence[Requirement], goal: Goal, *, tie_break: bool = False
    ) -> Found:
        """Return the optimum of another goal under some requirements; designs that are known are there to beat."""
        other = searching(search, requirements, [goal])
        for evaluation in search.known.values():
            remember(other, evaluation.design)
        return optimise(other, [goal], tie_break=tie_break, time_limit_s=self.deadline.left)

    def _solved(self, scenario: Scenario, steps: tuple[Step, ...], known: Evaluation | None = None) -> Remedy | None:
        """Return the best design of a changed scenario as the remedy that its changes are."""
        search = self._search(scenario)
        if known is not None:
            remember(search, known.design)
        found = optimise(search, time_limit_s=self.deadline.left)
        if found.best is None:
            self.open += [place_of(step) for step in steps] if found.status is Status.STOPPED else []
            return None
        return Remedy(steps, found.best, found.status is Status.OPTIMAL)

    def pairs(self, singles: Sequence[Remedy]) -> Iterator[Remedy]:
        """Yield the pairs of bounds that need less change together than any bound alone, given what those need."""
        alone = {step.bound: step.share for one in singles for step in one.steps if isinstance(step, Loosened)}
        if not alone or any(len(one.steps) > 1 for one in singles):
            return
        most = min(alone.values()) * (1 - SAVED)
        bounds = [b for b in self.scenario.bounds if not is_count(b.metric)]
        enough = Enough(bounds, lambda some: self._needs(some, most))
        for pair in combinations(bounds, 2):
            if not self.deadline.passed and alone.keys() & set(pair) and enough(pair):
                yield from self._pair(pair, most)
            elif self.deadline.passed:
                self.open.append(" with ".join(bound.path for bound in pair))

    def _needs(self, some: Collection[Bound], share: float) -> Collection[Bound] | None:
        """Return which bounds a design breaks that exists once some are loosened by a relative change, if one does."""
        found = self._any(self._loosened_by(share, some)).best
        return None if found is None else [b for b in some if not b.holds(found.metric(b.metric))]

    def _pair(self, pair: tuple[Bound, ...], most: float) -> Iterator[Remedy]:
        """Yield the least change of two bounds together if it is below ``most``."""
        search = self._loosened_by(most, pair)
        found = self._least_change(search, search.requirements, pair)
        if found.best is None or found.status is not Status.OPTIMAL:
            self.open.append(" with ".join(bound.path for bound in pair))
            return
        steps = tuple(loosened(bound, found.best.metric(bound.metric)) for bound in pair)
        if math.fsum(step.share for step in steps) > most or not all(step.share > 0 for step in steps):
            return
        if (way := self._solved(changed_scenario(self.scenario, steps), steps, found.best)) is not None:
            yield way

    def _loosened_by(self, share: float, bounds: Collection[Bound]) -> Search:
        """Return the search under requirements of which some bounds are loosened by a relative change."""
        moved: dict[Requirement, Bound] = {bound: replace(bound, limit=looser(bound, share)) for bound in bounds}
        within = tuple(moved.get(r, r) for r in self.scenario.requirements)
        return self._search(replace(self.scenario, requirements=within))

    def tactics(self, ask_for: Collection[str], conflict: Sequence[Requirement]) -> Iterator[Remedy]:
        """Yield the tactics that are not allowed and with which there is a design."""
        for name in sorted((BY_DEFAULT | set(ask_for)) - self.scenario.tactics.allowed):
            step = Undenied(name)
            if self.deadline.passed:
                self.open.append(f"tactic {name}")
                continue
            if cannot_help(name, self.base, conflict):
                continue
            few = worth_trying(self._built(name), self.base.table)
            if few is None:
                continue
            found = optimise(Search(few), time_limit_s=self.deadline.left)
            if found.best is not None:
                yield Remedy((step,), found.best, found.status is Status.OPTIMAL)
            elif found.status is Status.STOPPED:
                self.open.append(f"tactic {name}")

    def _built(self, name: str) -> Table:
        """Return the candidates with a tactic allowed; only the roles are built again in which it brings any."""
        known, changed = self.base.table, changed_scenario(self.scenario, [Undenied(name)])
        roles = roles_of(name, known)
        if roles is None:
            return build(changed, known.catalog, known.as_of)
        return known.again(known.catalog, dict.fromkeys(roles), changed)


def _used(table: Table, kind: str) -> set[str]:
    """Return the names that options have in what a rule is about."""
    plain = [one for found in table.candidates.values() for c in found for one in c.members]
    options = [(one.component, one.option) for one in plain if one.option and one.component]
    traits: dict[str, set[str]] = {
        "cloud": {option.cloud for _, option in options},
        "licence": {component.licence for component, _ in options},
        "mode": {option.mode for _, option in options},
    }
    return traits[kind]


def _cheapest_alone(bounds: Sequence[Bound]) -> bool:
    """Return whether the cheapest design without a bound changes it least: one on cost, or on how many there are."""
    return len(bounds) == 1 and (bounds[0].metric in COUNTS or (bounds[0].metric == COST and bounds[0].upper))
