"""The architectural tactics: each a module of its own that registers one function here.

Four kinds, applied in this order. An *option* tactic turns an option of the catalog into others; a *layout* tactic
turns an option into ways to run it; a *variant* turns one way into others; a *combination* makes one candidate of
several. Each says where it is described, and whether it is used unless the scenario denies it: what brings a second
vendor, commits somebody, can be interrupted, scales what was measured elsewhere, or rests on a share that only the user
knows is used only when the scenario allows it.

Source of the catalogue of tactics: Bass, Clements, Kazman, "Software Architecture in Practice", 4th ed. (2021).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Literal

from advisor.catalog.load import Catalog
from advisor.catalog.model import Instance, Option
from advisor.scenario.load import Scenario

Kind = Literal["option", "layout", "variant", "combination"]


@dataclass(frozen=True)
class Setting:
    """What a tactic on a single option may look at."""

    role: str
    option: Option
    scenario: Scenario
    catalog: Catalog

    @property
    def instance(self) -> Instance | None:
        """The instance type that a unit runs on, None where there is none or the provider chooses it."""
        name = self.option.unit.instance if self.option.unit else None
        return self.catalog.records.instances[name] if name else None


@dataclass(frozen=True)
class Tactic:
    """A registered tactic.

    Attributes:
        name: as scenarios and outputs write it; title: for people.
        source: where it is described.
        by_default: used unless the scenario denies it.
        apply: option: ``Setting -> (option, notes) pairs``; layout: ``(option, needed units, sizing) -> layouts``;
            variant: ``(layout, Setting) -> layouts``; combination: ``Bench -> candidates``.
        reads: of a variant, all that it reads of a role and a scenario beside the allowed tactics and their figures;
            where that is the same, it makes the same of a layout of the same option. None: it reads nothing else.
    """

    name: str
    title: str
    kind: Kind
    source: str
    by_default: bool
    apply: Callable[..., Any]
    reads: Callable[[str, Scenario], Hashable] | None = None


TACTICS: dict[str, Tactic] = {}


def tactic(
    name: str,
    kind: Kind,
    title: str,
    source: str,
    *,
    by_default: bool = True,
    reads: Callable[[str, Scenario], Hashable] | None = None,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function as the tactic ``name``."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        TACTICS[name] = Tactic(name, title, kind, source, by_default, function, reads)
        return function

    return register


def of_kind(kind: Kind, allowed: frozenset[str]) -> tuple[Tactic, ...]:
    """Return the tactics of a kind that may be used, in the order in which they were registered."""
    return tuple(one for one in TACTICS.values() if one.kind == kind and one.name in allowed)
