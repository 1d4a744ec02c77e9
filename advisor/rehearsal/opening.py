"""How a session begins: what its brief leaves open, and the first questions, for which nothing is solved."""

from __future__ import annotations

import random
from dataclasses import dataclass

from advisor.catalog.load import Catalog
from advisor.rehearsal import clarify
from advisor.rehearsal.course import LENGTHS, Asked, Fact, Setup
from advisor.rehearsal.question import Question
from advisor.rehearsal.registry import OPENING
from advisor.scenario.load import Scenario

MOST_TRIED = 8  # tries at a question that rests on nothing which the brief leaves open


@dataclass(frozen=True)
class Unsolved:
    """Scenario and catalog of a session that is about to begin."""

    scenario: Scenario
    catalog: Catalog


def opening(setup: Setup, scenario: Scenario, catalog: Catalog) -> tuple[Asked, ...]:
    """Return the first questions of a session: nothing is solved for them, and they tell nothing that is left open."""
    if setup.drill:
        return ()
    rng, open_ = rng_of(setup, "opening"), {fact.name for fact in left_open(setup, scenario)}
    kinds = rng.sample(sorted(OPENING), len(OPENING)) * MOST_TRIED
    tries = (OPENING[name](Unsolved(scenario, catalog), rng) for name in kinds)
    found = {one.text: one for one in tries if one and not any(title in one.text for title in open_)}
    return tuple(Asked(one, "open") for one in _mixed([*found.values()])[: LENGTHS[setup.minutes].opening])


def _mixed(found: list[Question]) -> list[Question]:
    """Return questions so that the first of each kind come before the second ones."""
    return sorted(found, key=lambda one: sum(one.kind == other.kind for other in found[: found.index(one)]))


def left_open(setup: Setup, scenario: Scenario) -> tuple[Fact, ...]:
    """Return what the brief of a session leaves open; () for a drill, which has no brief."""
    return () if setup.drill else clarify.left_open(scenario, rng_of(setup, "asking"))


def rng_of(setup: Setup, purpose: str) -> random.Random:
    """Return the random numbers of one purpose, so that more of one kind of item changes no other."""
    return random.Random(f"{setup.seed}/{purpose}")
