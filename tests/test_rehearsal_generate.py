"""Scenarios to rehearse on: feasible, under tension, the same for the same seed, harder from level to level."""

from __future__ import annotations

import pytest

from advisor.catalog.load import Catalog
from advisor.errors import InputError
from advisor.rehearsal.generate import LEVELS, scenario_text
from advisor.rehearsal.world import World
from advisor.scenario.load import scenario_from_text

QUICK = ("batch_scoring", "streaming_analytics")


@pytest.mark.parametrize(("level", "most"), list(zip(LEVELS, (0.45, 0.22, 0.07), strict=True)))
@pytest.mark.parametrize("blueprint", QUICK)
def test_a_generated_scenario_has_a_design_and_little_room(
    blueprint: str, level: str, most: float, catalog: Catalog
) -> None:
    """It is solved and proved, its budget is as tight as the level says, and other limits are near too."""
    scenario = scenario_from_text(scenario_text(blueprint, level, 11, catalog), catalog)  # type: ignore[arg-type]
    world = World.of(scenario, catalog)
    assert world.feasible
    assert scenario.blueprint.id == blueprint
    slack = {c.requirement.path: c.slack for c in world.best.checks if c.slack is not None}
    assert 0 <= slack["constraints.cost_usd_per_month.max"] <= most
    assert len(slack) >= (2 if level == "warm_up" else 4)


def test_levels_differ_in_what_is_asked_and_stated(catalog: Catalog) -> None:
    """The harder the level, the more requirements, and the less of the workload is stated."""
    found = [scenario_from_text(scenario_text("batch_scoring", level, 3, catalog), catalog) for level in LEVELS]
    bounds = [len(one.requirements) for one in found]
    assert bounds == sorted(bounds)
    assert bounds[0] < bounds[2]
    given = [len(one.given) for one in found]
    assert given == sorted(given, reverse=True)
    assert given[0] == len(catalog.blueprint("batch_scoring").parameters)


def test_the_seed_decides(catalog: Catalog) -> None:
    """The same arguments give the same bytes; another seed gives another workload."""
    texts = [scenario_text("batch_scoring", "on_site", seed, catalog) for seed in (1, 1, 2)]
    assert texts[0] == texts[1]
    workloads = [scenario_from_text(text, catalog).workload for text in texts]
    assert workloads[0] != workloads[2]


def test_unknown_names_are_named(catalog: Catalog) -> None:
    """A misspelt blueprint and a misspelt level are reported together, each with the nearest."""
    with pytest.raises(InputError) as error:
        scenario_text("rag_assistent", "staf", 1, catalog)  # type: ignore[arg-type]
    assert "'rag_assistant'" in str(error.value)
    assert "'staff'" in str(error.value)
    assert len(error.value.problems) == 2
