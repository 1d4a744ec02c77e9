"""Many settings at once: whether any of them lets something beat the design, before each is asked about on its own.

Most figures that get better bring nothing in. One search over what all of them admit, their variants side by side,
settles them together: a design under one setting is a design there, so where nothing there is below a value, nothing is
under any of them. Those that touch one and the same role are asked about together, as each design has a variant of one
of them; without one it is a design of the scenario as it is, and not below. Of those that touch several roles what is
found may have variants of more than one setting. If it is a design under one of them, that is the answer for this one;
if not, these settings are asked about on their own. Either way they are left out then, and the others are asked about
again.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from advisor.analysis.resolver import Known, Resolver
from advisor.analysis.variants import Setting, Variants
from advisor.evaluation.result import Evaluation
from advisor.optimizer.found import NOTHING, Found
from advisor.optimizer.goal import goal_value
from advisor.optimizer.run import optimise
from advisor.optimizer.search import Search
from advisor.optimizer.solver import Status


def ahead(resolver: Resolver, settings: Sequence[Setting], below: float) -> list[Found]:
    """Return under each of some settings a design that is below a value in the first goal, if there is one.

    ``below`` must be nothing that a design of the scenario as it is reaches. What is found need not be the best there;
    that nothing is found is proved, unless the time limit came first.
    """
    return _Together(resolver, settings, below).run()


class _Together:
    def __init__(self, resolver: Resolver, settings: Sequence[Setting], below: float) -> None:
        self.resolver, self.settings, self.below = resolver, settings, below
        self.variants = [resolver.variants.of(one).marked(str(n)) for n, one in enumerate(settings)]
        self.found = [NOTHING] * len(settings)

    def run(self) -> list[Found]:
        """Ask about those that touch the same role, one role after the other, and at last about the others."""
        search = self.resolver.joined(self.variants, self.below)
        alike: dict[str, list[int]] = {}
        for number, one in enumerate(self.variants):
            alike.setdefault(next(iter(one.changed)) if len(one.changed) == 1 else "", []).append(number)
        for role, some in sorted(alike.items(), key=lambda pair: (not pair[0], pair[1])):
            if search is not None:
                self._ask(search, role, set(some))
        return self.found

    def _ask(self, search: Search, role: str, open_: set[int]) -> None:
        """Ask about all that is open, leave out what the answer is about, and so on."""
        while open_:
            best = self._best(search, role, open_)
            if best.status is Status.STOPPED:
                for number in open_:
                    self.found[number] = best
                return
            used = [n for n in open_ if best.best and _has(best.best, self.variants[n])]
            if not used or best.best is None:
                return
            if len(used) == 1 and _of(best.best, self.variants[used[0]]):
                plain = self.resolver.plain(best.best, self.variants[used[0]].changed)
                self.found[used[0]] = replace(best, best=plain)
            else:
                self._ask_alone(used)
            open_ -= set(used)

    def _ask_alone(self, some: Sequence[int]) -> None:
        alone = self.resolver.under_figures([self.settings[n] for n in some], [Known(below=self.below)] * len(some))
        for number, one in zip(some, alone, strict=True):
            self.found[number] = self._as_asked(one)

    def _best(self, search: Search, role: str, open_: Collection[int]) -> Found:
        """Return the best design below the value that has variants of open settings only, in a role if there is one."""
        resolver = self.resolver
        if resolver.deadline.passed:
            return Found(Status.STOPPED, None)
        resolver.solves += 1
        admitted = {of: set(resolver.open_in(of)) for of in search.pool if of != role}
        for one in (self.variants[n] for n in open_):
            for of, own in one.changed.items():
                admitted.setdefault(of, set()).update(own, one.kept[of] if of != role else ())
        left = resolver.deadline.left
        search.forget_floors()
        return self._as_asked(
            optimise(search, only=lambda of, c: c.id in admitted[of], time_limit_s=left, below=self.below)
        )

    def _as_asked(self, found: Found) -> Found:
        """Return what was found, nothing where it is not below the value."""
        goal = self.resolver.table.scenario.objective[0]
        return NOTHING if found.best and goal_value(goal, found.best) >= self.below else found


def _has(found: Evaluation, variants: Variants) -> bool:
    """Return whether a design has variants of a setting."""
    return any(found.design[role].id in own for role, own in variants.changed.items())


def _of(found: Evaluation, variants: Variants) -> bool:
    """Return whether a design is one under a setting: with nothing that is another one there."""
    return all(found.design[role].id in {*own, *variants.kept[role]} for role, own in variants.changed.items())
