"""One option that serves several roles: sized for the sum of what they ask, run and billed once.

The first role of a group has the bill and the hours; in the others the same units stand without either. All of them see
the load of all. Which roles may share is the scenario's choice: it couples their failures and their load.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from advisor.candidates.build import build
from advisor.candidates.candidate import Candidate
from advisor.candidates.demand import Demand
from advisor.candidates.ground import Ground
from advisor.candidates.layout import Layout
from advisor.candidates.sizing import needed_units
from advisor.candidates.tactics import Setting, layouts, settings
from advisor.catalog.load import Catalog
from advisor.catalog.model import Component, Option
from advisor.catalog.sale import refusal
from advisor.scenario.load import Scenario


def joint(group: Sequence[str], demand: Mapping[str, Demand], role: str) -> Demand:
    """Return what all roles of a group ask for together, as the demand on one of them.

    >>> parts = {"a": Demand("a", (), {"stored_gb": 2.0}, {"stored_gb": "2"}),
    ...          "b": Demand("b", (), {"stored_gb": 3.0}, {"stored_gb": "3"})}
    >>> both = joint(["a", "b"], parts, "a")
    >>> both.stock, both.stock_derivation
    ({'stored_gb': 5.0}, {'stored_gb': '(2) + (3)'})
    """
    uses = tuple(use for one in group for use in demand[one].uses)
    names = dict.fromkeys(name for one in group for name in demand[one].stock)
    with_it = {name: [demand[one] for one in group if name in demand[one].stock] for name in names}
    stock = {name: sum(one.stock[name] for one in found) for name, found in with_it.items()}
    texts = {name: [one.stock_derivation[name] for one in found] for name, found in with_it.items()}
    joined = {name: t[0] if len(t) == 1 else " + ".join(f"({text})" for text in t) for name, t in texts.items()}
    return Demand(role, uses, stock, joined)


@dataclass(frozen=True)
class Sharing:
    """What shared candidates are built from.

    Attributes:
        demand: caches in use -> role -> demand. behind: (role, caches in use) -> what its candidates are sized for.
    """

    scenario: Scenario
    catalog: Catalog
    date: datetime.date
    demand: Mapping[frozenset[str], Mapping[str, Demand]]
    behind: Callable[[str, frozenset[str]], Mapping[str, bool]]

    def candidates(self) -> Iterator[Candidate]:
        """Yield what may serve all roles of a group, once for each of them and for each use of the caches."""
        for group in self.scenario.share:
            found = {c.id: c for option in self._options(group) for c in self._of_option(group, *option)}
            for c in found.values():
                yield from self._in_roles(c, group)

    def _options(self, group: Sequence[str]) -> list[tuple[Component, Option]]:
        ids = [{option.id for _, option in self.catalog.options_for(role)} for role in group]
        return [(c, o) for c, o in self.catalog.options_for(group[0]) if all(o.id in known for known in ids)]

    def _of_option(self, group: Sequence[str], component: Component, option: Option) -> Iterator[Candidate]:
        """Yield the first role's candidates of an option in every layout that carries the load of all roles."""
        for caches, demand in self.demand.items():
            if any(role in self.scenario.blueprint.cache_roles and role not in caches for role in group):
                continue  # a cache is sized for being used
            asked = joint(group, demand, group[0])
            for setting, base in settings(Setting(group[0], option, self.scenario, self.catalog)):
                if refusal(self.catalog, component, setting.option, self.date):
                    continue
                for layout in self._layouts(setting, base, asked):
                    with suppress(ValueError):  # above a limit, or no steady state
                        yield self._built(component, setting.option, layout, asked, group, caches)

    def _layouts(self, setting: Setting, base: Layout, asked: Demand) -> list[Layout]:
        try:
            needed = needed_units(setting.option, asked, self.scenario.sizing.target_utilisation)
        except ValueError:  # the sum is above a limit
            return []
        return layouts(setting, needed, base)

    def _built(
        self,
        component: Component,
        option: Option,
        layout: Layout,
        asked: Demand,
        group: Sequence[str],
        caches: frozenset[str],
    ) -> Candidate:
        behind = {cache: used for role in group for cache, used in self.behind(role, caches).items()}
        own = {cache: used for cache, used in behind.items() if cache not in group}
        found = build(component, option, layout, Ground(self.scenario, self.catalog, self.date, asked, own))
        return replace(found, id=f"{found.id}&{'&'.join(group[1:])}", shared=tuple(group), system=found.id)

    def _in_roles(self, first: Candidate, group: Sequence[str]) -> Iterator[Candidate]:
        """Yield a candidate in the first role, with bill and hours, and the same units in the others, without."""
        assert first.component is not None
        assert first.option is not None
        assert first.layout is not None
        yield first
        caches = next(
            c
            for c in self.demand
            if all(first.behind.get(k, u) == u for role in group for k, u in self.behind(role, c).items())
            and not any(r in self.scenario.blueprint.cache_roles and r not in c for r in group)
        )
        for role in group[1:]:
            asked = joint(group, self.demand[caches], role)
            ground = Ground(self.scenario, self.catalog, self.date, asked, first.behind)
            found = build(first.component, first.option, first.layout, ground)
            others = "&".join(other for other in group if other != role)
            yield replace(
                found,
                id=f"{found.id}&{others}",
                shared=tuple(group),
                system=first.system,
                lines=(),
                operations_h_per_month=0.0,
                cards={},
            )


def torn(design: Mapping[str, Candidate]) -> Iterator[str]:
    """Yield what serves several roles in one place of a design and not in another."""
    for candidate in design.values():
        for other in candidate.shared:
            if design[other].system != candidate.system or design[other].shared != candidate.shared:
                yield f"{candidate.id} is sized to serve {' and '.join(candidate.shared)}, and {other} has another one"
                break


def counted_once(candidate: Candidate, needs: Collection[str]) -> bool:
    """Return whether a candidate's failure is already that of another role of its group which a flow needs too."""
    before = candidate.shared[: candidate.shared.index(candidate.role)] if candidate.shared else ()
    return any(role in needs for role in before)
