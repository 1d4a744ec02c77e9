"""One rehearsal that several tests share: the small catalog, few sizes, 35 minutes, prepared once."""

from __future__ import annotations

import functools
from dataclasses import replace
from pathlib import Path

from advisor.catalog.load import Catalog, load_catalog
from advisor.rehearsal import prepare
from advisor.rehearsal.ahead import Lazily
from advisor.rehearsal.course import Item, Setup
from advisor.rehearsal.session import State
from advisor.rehearsal.sitting import Sitting
from advisor.rehearsal.world import World
from advisor.scenario.load import Scenario, scenario_from_text

DATA = Path(__file__).parent / "data"
FEW = """sizing: {extra_units: 0, zones: [1, 2]}
tactics: {deny: [quantise, right_size, headroom, reserve, spot, prompt_cache, batch, fallback, split, cascade, hedge]}
"""
TEXT = (DATA / "mini_scenario.yml").read_text(encoding="utf-8") + FEW


@functools.cache
def catalog() -> Catalog:
    """Return the small catalog."""
    return load_catalog(DATA / "mini_catalog")


@functools.cache
def scenario() -> Scenario:
    """Return the scenario."""
    return scenario_from_text(TEXT, catalog(), "scenario.yml")


@functools.cache
def world() -> World:
    """Return the scenario, solved."""
    return World.of(scenario(), catalog())


def setup(minutes: int = 35, seed: int = 2, drill: str = "") -> Setup:
    """Return what decides the session."""
    digests = (scenario().digest, catalog().digest)
    return Setup("scenario.yml", TEXT, str(DATA / "mini_catalog"), "", digests, seed, minutes, drill)


@functools.cache
def items() -> tuple[Item, ...]:
    """Return the items of the session."""
    return tuple(prepare.items(setup(), world()))


def sitting(state: State | None = None) -> Sitting:
    """Return the session, to be sat."""
    return Sitting(setup(), scenario(), catalog(), Lazily(iter(()), items()), state)


def best_choices(one: Sitting) -> dict[str, str]:
    """Return the optimum of the design that is made now, as somebody would type it."""
    return {role: name for role, name in one.designing.best.items() if role in one.designing.roles}


def anonymous(one: Setup) -> Setup:
    """Return a setup without what depends on where the tests are."""
    return replace(one, catalog_folder="", digests=("0123456789ab", "0123456789ab"))
