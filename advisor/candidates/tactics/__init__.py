"""Architectural tactics, one module each: what turns options into candidates, and candidates into others."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.candidates.candidate import Candidate
from advisor.candidates.layout import Layout
from advisor.candidates.tactics import cascade, fallback, headroom, replicate, split
from advisor.candidates.tactics.combine import Bench
from advisor.candidates.tactics.registry import TACTICS, of_kind
from advisor.catalog.model import Option
from advisor.scenario.load import Scenario

MODULES = (replicate, headroom, fallback, split, cascade)  # importing a tactic's module registers it

__all__ = ["MODULES", "TACTICS", "Bench", "Layout", "combinations", "layouts", "of_kind"]


def layouts(option: Option, needed: int, scenario: Scenario) -> list[Layout]:
    """Return every layout of an option that needs this many units: as it is, and under each tactic, without repeats."""
    plain = Layout(needed, 1, needed)
    found = {
        layout.name: layout
        for tactic in reversed(of_kind("layout", scenario.tactics.allowed))
        for layout in tactic.apply(option, needed, scenario.sizing)
    }
    if option.availability.service_by_zones is None or "1" in option.availability.service_by_zones:
        found[plain.name] = plain
    for tactic in of_kind("variant", scenario.tactics.allowed):
        found |= {v.name: v for layout in list(found.values()) for v in tactic.apply(option, layout, scenario)}
    kept = [layout for layout in found.values() if option.unit is None or layout.units <= option.unit.most]
    return sorted(kept, key=lambda layout: (layout.units, layout.zones, layout.name))


def combinations(bench: Bench, allowed: frozenset[str]) -> Iterator[Candidate]:
    """Yield every combination of a role's candidates; what cannot be sized for its share is left out."""
    for tactic in of_kind("combination", allowed):
        yield from tactic.apply(bench)
