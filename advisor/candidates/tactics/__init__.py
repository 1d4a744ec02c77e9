"""Architectural tactics, one module each: what turns options into candidates, and candidates into others."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import replace

from advisor.candidates.candidate import Candidate
from advisor.candidates.layout import Layout
from advisor.candidates.tactics import (
    batch,
    cascade,
    fallback,
    headroom,
    hedge,
    mix,
    prompt_cache,
    quantise,
    replicate,
    reserve,
    right_size,
    split,
    spot,
)
from advisor.candidates.tactics.combine import Bench, Site
from advisor.candidates.tactics.registry import TACTICS, Setting, of_kind
from advisor.scenario.load import Scenario

#: Importing a tactic's module registers it.
MODULES = (
    quantise,
    right_size,
    replicate,
    headroom,
    reserve,
    spot,
    prompt_cache,
    batch,
    fallback,
    split,
    cascade,
    hedge,
    mix,
)

#: How each combination is made of its parts, their shares and the scenario.
JOINS: dict[str, Callable[[tuple[Candidate, ...], tuple[float, ...], Scenario], Candidate]] = {
    "fallback": fallback.join,
    "split": split.join,
    "cascade": cascade.join,
    "hedge": hedge.join,
    "mix": mix.join,
}

__all__ = [
    "JOINS",
    "MODULES",
    "TACTICS",
    "Bench",
    "Layout",
    "Setting",
    "Site",
    "combinations",
    "layouts",
    "manner",
    "of_kind",
    "settings",
]


def settings(setting: Setting) -> Iterator[tuple[Setting, Layout]]:
    """Yield an option of the catalog and those that tactics make of it, each with what all of its layouts carry."""
    if setting.option.precision is None:  # else it is an option of the tactic quantise
        yield setting, Layout(0, 0, 0)
    for tactic in of_kind("option", setting.scenario.tactics.allowed):
        for option, notes in tactic.apply(setting):
            yield replace(setting, option=option), Layout(0, 0, 0, (tactic.name,), notes=notes)


def manner(role: str, scenario: Scenario) -> Hashable:
    """Return all that decides, beside an option and how many units it needs, in which layouts it is run in a role."""
    variants = of_kind("variant", scenario.tactics.allowed)
    return (scenario.tactics, scenario.sizing, *(one.reads(role, scenario) for one in variants if one.reads))


def layouts(setting: Setting, needed: int, base: Layout) -> list[Layout]:
    """Return every layout of an option that needs this many units: as it is, and under each tactic, without repeats.

    Args:
        base: tactics and notes that every layout carries.
    """
    option, scenario = setting.option, setting.scenario
    plain = Layout(needed, 1, needed)
    found = {
        layout.name: layout
        for tactic in reversed(of_kind("layout", scenario.tactics.allowed))
        for layout in tactic.apply(option, needed, scenario.sizing)
    }
    if option.availability.service_by_zones is None or "1" in option.availability.service_by_zones:
        found[plain.name] = plain
    for tactic in of_kind("variant", scenario.tactics.allowed):
        found |= {v.name: v for layout in list(found.values()) for v in tactic.apply(layout, setting)}
    kept = [layout for layout in found.values() if option.unit is None or layout.units <= option.unit.most]
    if base.tactics:
        kept = [replace(x, tactics=(*base.tactics, *x.tactics), notes=(*base.notes, *x.notes)) for x in kept]
    return sorted(kept, key=lambda layout: (layout.units, layout.zones, layout.name))


def combinations(bench: Bench, allowed: frozenset[str]) -> Iterator[Candidate]:
    """Yield every combination of a role's candidates; what cannot be sized for its share is left out."""
    for tactic in of_kind("combination", allowed):
        yield from tactic.apply(bench)
