"""What changed figures make of candidates: the variants that a setting puts beside those of the scenario as it is."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

from advisor.analysis.fixed import Ground, options_of, stands_on, stood_on, touches
from advisor.candidates.candidate import Candidate, passing
from advisor.candidates.kit import remembered
from advisor.catalog.perturb import Reference, with_figures
from advisor.optimizer.search import Search

Setting = Mapping[Reference, float]
MARK = "?"  # in no id of the catalog
OF_CALLS = ("egress_usd_per_gb", "other_cloud_ms")  # what calls between clouds cost and take; in no candidate
MOST_BUILT = 100  # settings whose candidates are remembered: they are read, then solved


@dataclass(frozen=True)
class Variants:
    """What a setting makes of some roles.

    Attributes:
        kept: role -> ids of the candidates that stay as they are.
        changed: role -> id, marked in a joined search, -> candidate with the figures changed, under its usual id.
    """

    kept: Mapping[str, frozenset[str]]
    changed: Mapping[str, Mapping[str, Candidate]]

    def marked(self, name: str) -> Variants:
        """Return the same with marked ids."""
        return Variants(
            self.kept,
            {role: {f"{own}{MARK}{name}": c for own, c in found.items()} for role, found in self.changed.items()},
        )


class Builder:
    """Builds the variants of settings, each once, for the search of a scenario as it is."""

    def __init__(self, search: Search) -> None:
        self.search, self.table = search, search.table
        self._admitted: dict[str, list[Candidate]] = {}
        self._built: dict[tuple[tuple[Reference, float], ...], Variants] = {}

    def standing_on(self, role: str, *figures: Reference) -> frozenset[str]:
        """Return the ids of a role that stand on one of some figures."""
        return frozenset().union(*(self._standing.get((role, stood_on(one)), ()) for one in figures))

    @cached_property
    def _standing(self) -> Mapping[tuple[str, Ground], frozenset[str]]:
        """(Role, what is stood on) -> ids of the candidates that do."""
        found: dict[tuple[str, Ground], set[str]] = {}
        for role, candidates in self.table.candidates.items():
            for c in candidates:
                for ground in stands_on(c):
                    found.setdefault((role, ground), set()).add(c.id)
        return {key: frozenset(ids) for key, ids in found.items()}

    def of(self, setting: Setting) -> Variants:
        """Return what a setting makes of the roles that it touches; unchanged candidates are no variants."""
        key = tuple(setting.items())
        return remembered(self._built, key, lambda: self._made(setting), MOST_BUILT)

    def _made(self, setting: Setting) -> Variants:
        if not any(map(self._is_in_candidates, setting)):
            return Variants({}, {})
        catalog = with_figures(self.table.catalog, setting)
        kept: dict[str, frozenset[str]] = {}
        changed: dict[str, dict[str, Candidate]] = {}
        rules = self.table.scenario.filters
        for role in self.table.candidates:
            hit = self.standing_on(role, *setting)
            options = self._options(role, hit, setting)
            if options is None:
                continue
            fresh = self.table.again(catalog, {role: options}).candidates[role]
            kept[role] = frozenset(self._staying(role, hit))
            changed[role] = {
                c.id: c
                for c in fresh
                if any(touches(one, c) for one in setting) and all(c.admitted_by(rule) for rule in rules)
            }
        return Variants(kept, changed)

    def _is_in_candidates(self, figure: Reference) -> bool:
        """Return whether candidates may have a figure in them; those of spot capacity only where that is allowed."""
        if figure.kind != "clouds":
            return True
        spot = figure.name.startswith("spot_")
        return figure.name not in OF_CALLS and (not spot or "spot" in self.table.scenario.tactics.allowed)

    def _options(self, role: str, hit: Collection[str], setting: Setting) -> frozenset[str] | None:
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

    def admitted(self, role: str) -> list[Candidate]:
        """Return the candidates of a role that pass the scenario's rules, also those that another one beats."""
        if role not in self._admitted:
            self._admitted[role] = passing(self.table.candidates[role], self.table.scenario.filters)
        return self._admitted[role]

    def _staying(self, role: str, hit: Collection[str]) -> set[str]:
        """Return the ids of a role that a setting leaves as they are and that may be part of an optimum under it.

        What is never needed because of a candidate that changes may be needed now, another option of the same component
        included, which is in no pool as long as it is beaten.
        """
        winners = self.search.dominated
        return {
            c.id
            for c in self.admitted(role)
            if c.id not in hit and ((winner := winners.get((role, c.id))) is None or winner.id in hit)
        }
