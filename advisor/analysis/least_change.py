"""The least change of requirements with which an infeasible scenario has a design.

A bound is moved to the tightest value that some design meets: it is dropped and its metric becomes the goal. Where two
bounds must move together, the goal is the sum of their relative changes; no design breaks only one of them (or that one
alone would do), so this sum counts no room that is left over, and its minimum is the least change. A rule lets in one
more name where that is enough, else it is dropped. A tactic that the scenario does not use, denied or never asked for,
is allowed.

Each change is then written into the scenario and solved again under the scenario's own goals.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import product

from advisor.analysis.alone import least_count
from advisor.analysis.answers import Deadline, remember, searching
from advisor.analysis.forced import Forced, blame
from advisor.analysis.loosening import looser, towards
from advisor.analysis.remedies import Admitted, Remedy, Step, Undenied, changed_scenario, loosened, place_of
from advisor.analysis.unhelped import cannot_help, roles_of, worth_trying
from advisor.candidates.table import Table
from advisor.candidates.table import table as build
from advisor.candidates.tactics import JOINS
from advisor.evaluation.evaluate import judge
from advisor.evaluation.result import Evaluation
from advisor.optimizer.found import Found
from advisor.optimizer.goal import CHEAPEST
from advisor.optimizer.run import optimise
from advisor.optimizer.search import Search
from advisor.optimizer.solver import Status
from advisor.scenario.goals import Goal
from advisor.scenario.load import Scenario
from advisor.scenario.requirements import COST, COUNTS, Bound, Filter, Requirement

Met = tuple[Evaluation, frozenset[Requirement]]  # a design, and what it breaks of the scenario


class LeastChange:
    """The searches that the ways out are found by; candidates are built again only where a change asks for it.

    Args:
        met: designs that are known, and what they break of the scenario; to begin with.

    Attributes:
        open: what the time limit left open, by path.
    """

    def __init__(self, search: Search, deadline: Deadline, met: Iterable[Met] = ()) -> None:
        self.base, self.deadline = search, deadline
        self.scenario = search.table.scenario
        self.open: list[str] = []
        self._least: dict[Bound, Found] = {}  # what changes a single bound least
        self.met = [*met]
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
        for met, broken in self.met:
            if broken.isdisjoint(scenario.requirements):
                remember(search, met.design)
        return search

    def _any(self, search: Search) -> Found:
        found = optimise(search, [CHEAPEST], any_design=True, time_limit_s=self.deadline.left)
        if found.best is not None and self._fixed:
            checks = judge(found.best.design, self.scenario).checks
            self.met.append((found.best, frozenset(check.requirement for check in checks if not check.holds)))
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

    def needs(self, some: Collection[Bound], share: float) -> Collection[Bound] | None:
        """Return which bounds a design breaks that exists once some are loosened by a relative change, if one does."""
        found = self._any(self._loosened_by(share, some)).best
        return None if found is None else [b for b in some if not b.holds(found.metric(b.metric))]

    def pair(self, pair: tuple[Bound, ...], most: float) -> Iterator[Remedy]:
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

    def with_tactic(self, name: str, conflict: Sequence[Requirement]) -> Iterator[Remedy]:
        """Yield a tactic that is not allowed if there is a design with it."""
        if self.deadline.passed:
            self.open.append(f"tactic {name}")
            return
        few = None if cannot_help(name, self.base, conflict) else worth_trying(self._built(name), self.base.table)
        if few is None:
            return
        found = optimise(Search(few), time_limit_s=self.deadline.left)
        if found.best is not None:
            yield Remedy((Undenied(name),), found.best, found.status is Status.OPTIMAL)
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
