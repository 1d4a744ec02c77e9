"""Tables of one catalog share what they can; none of it changes a candidate."""

from __future__ import annotations

import datetime
import gc
import pickle
import random
from dataclasses import fields, replace

import pytest

from advisor import resources
from advisor.analysis.knobs import with_workload
from advisor.candidates.build import Builder, build
from advisor.candidates.candidate import Candidate
from advisor.candidates.ground import Ground
from advisor.candidates.kit import Kit, kit_of
from advisor.candidates.maker import behind, own_variant
from advisor.candidates.table import Table, table
from advisor.candidates.tactics import TACTICS
from advisor.catalog.load import Catalog
from advisor.scenario.load import Scenario, load_scenario

EXAMPLES = ("contract_reader", "shop_search", "support_copilot")


def unused(catalog: Catalog) -> Catalog:
    """Return a catalog of the same records that has served no table yet."""
    return Catalog(catalog.records, catalog.digest, catalog.own)


def other_workload(scenario: Scenario, catalog: Catalog, rng: random.Random) -> Scenario:
    """Return a scenario in which every parameter of the workload has another value that it may have."""
    known = catalog.blueprint(scenario.blueprint.id).parameters
    factors = {name: 10 ** rng.uniform(-1, 1) for name in scenario.workload}
    values = {name: min(value * factors[name], known[name].most) for name, value in scenario.workload.items()}
    least = {name: known[name].least or 0.0 for name in values}
    return with_workload(scenario, {name: max(value, least[name]) for name, value in values.items()}, catalog)


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_table_is_the_same_whatever_was_built_before(name: str, catalog: Catalog) -> None:
    """Under other workloads, tactics and days, a catalog that has served others gives the candidates, to the last bit,
    and the rejections that one gives which has served none."""
    rng, used = random.Random(name), unused(catalog)
    scenario = load_scenario(resources.example(name), used)
    every = replace(scenario, tactics=replace(scenario.tactics, allowed=frozenset(TACTICS)))
    table(scenario, used)
    for asked in (every, scenario):
        changed = other_workload(asked, used, rng)
        day = rng.choice((None, datetime.date(2025, 6, 1)))
        found, fresh = table(changed, used, day), table(changed, unused(catalog), day)
        assert found.candidates == fresh.candidates
        assert found.rejections == fresh.rejections
        assert sum(map(len, found.candidates.values())) > 100


def test_every_layout_of_a_builder_is_what_it_is_alone(candidates: Table) -> None:
    """A builder that has built all other layouts of an option returns the candidate that a new one returns; both are
    what the constructor makes of their fields."""
    scenario, catalog, checked = candidates.scenario, candidates.catalog, 0
    for caches, demand in candidates.demand.items():
        for role, found in candidates.candidates.items():
            around = behind(role, caches, scenario)
            if not around and caches != own_variant(role, candidates.demand):
                continue
            ground = Ground(scenario, catalog, candidates.as_of, demand[role], around)
            builders: dict[str, Builder] = {}
            for one in found:
                if one.option and one.component and one.layout and not one.parts and one.behind == ground.behind:
                    builder = builders.setdefault(one.option.id, Builder(one.component, one.option, ground))
                    again = builder.built(one.layout)
                    assert again == one == build(one.component, one.option, one.layout, ground)
                    assert again == Candidate(**{f.name: getattr(again, f.name) for f in fields(again)})
                    checked += 1
    assert checked > 500


def test_what_is_kept_of_an_option_is_of_this_option(candidates: Table) -> None:
    """An option that only bears the name of one in the catalog has a kit of its own, which is not kept; the catalog's
    has the same one for as long as it is asked for the same day."""
    catalog, day = unused(candidates.catalog), candidates.as_of
    role, one = next((r, c) for r, found in candidates.candidates.items() for c in found if c.option and c.component)
    component, option = catalog.options[one.option.id if one.option else ""]
    kept = kit_of(component, option, role, catalog, day)
    assert kit_of(component, option, role, catalog, day) is kept
    hours = option.operations_h_per_month.model_copy(update={"value": 99.0})
    changed = option.model_copy(update={"operations_h_per_month": hours})
    assert kit_of(component, changed, role, catalog, day).option is changed
    assert kit_of(component, option, role, catalog, day) is kept
    assert kit_of(component, option, role, catalog, day + datetime.timedelta(1)) is not kept


def test_what_is_kept_is_not_sent_along(candidates: Table) -> None:
    """A catalog that is sent to another process leaves behind what it keeps, and is the same catalog there."""
    assert any(isinstance(one, Kit) for one in candidates.catalog.kept.values())
    sent = pickle.loads(pickle.dumps(candidates.catalog))
    assert sent == candidates.catalog
    assert not sent.kept


def test_a_table_is_freed_without_a_search_for_cycles(scenario: Scenario, catalog: Catalog) -> None:
    """Neither a table nor a catalog that has served it is part of a cycle of references: with the collector paused,
    both are gone with their last name."""
    used = unused(catalog)
    gc.collect()
    gc.disable()
    try:
        found = table(scenario, used)
        before = sum(isinstance(one, Catalog | Kit | Table) for one in gc.get_objects())
        kits = sum(isinstance(one, Kit) for one in used.kept.values())
        del found, used
        after = sum(isinstance(one, Catalog | Kit | Table) for one in gc.get_objects())
    finally:
        gc.enable()
    assert kits > 100
    assert before - after == kits + 2
