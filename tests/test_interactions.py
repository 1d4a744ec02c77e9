"""What couples roles: pairs of choices. Judged by hand-made examples, and against plain enumeration of all designs."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from oracles.enumeration import enumerate_all, meets, optimum, value
from oracles.problems import draw_bounds, draw_goals, draw_pairs, small_table, with_question

from advisor import resources
from advisor.candidates.table import Table
from advisor.catalog.load import Catalog
from advisor.errors import InputError
from advisor.evaluation.evaluate import judge
from advisor.optimizer.run import Found, optimise
from advisor.optimizer.search import Search
from advisor.optimizer.solver import Status
from advisor.scenario.load import Scenario, scenario_from_text
from advisor.scenario.pairs import Member, Pair

SAME = 1e-6
KINDS = ("cost", "cost", "mean", "percentile", "availability", "other", "weighted")


@pytest.fixture(scope="module")
def example_text() -> str:
    """Return the text of the example."""
    return Path(resources.example("support_copilot")).read_text(encoding="utf-8")


def _pair(kind: str, *members: Member) -> Pair:
    return Pair(f"choices.{kind}[0]", kind, frozenset(map(str, members)), kind == "together", None, members)


def _same(found: Found, best: object, goal_value: float) -> None:
    assert (found.best is None) == (not best)
    if best:
        assert found.status is Status.OPTIMAL
        assert found.value == pytest.approx(goal_value, rel=SAME)


# --- pairs ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(30))
def test_pairs_equal_enumeration(seed: int, scenario: Scenario, catalog: Catalog) -> None:
    """With pairs apart and together beside bounds, both engines find what plain enumeration finds."""
    full = small_table(seed, scenario, catalog, invented=True)
    found = enumerate_all(full)
    for kind in KINDS[seed % 7 :: 3]:
        rng = random.Random(f"pairs {seed} {kind}")
        goals = draw_goals(rng, kind, found)
        requirements = (*draw_bounds(rng, found, rng.choice([0, 1, 2])), *draw_pairs(rng, full, rng.choice([1, 2, 3])))
        best = optimum(found, requirements, goals)
        least = value(goals[0], best[0]) if best else 0.0
        asked = with_question(full, requirements, goals)
        _same(optimise(Search(asked)), best, least)
        _same(optimise(Search(asked), program=True), best, least)


def test_the_pairs_bind(scenario: Scenario, catalog: Catalog) -> None:
    """In many of the drawn problems the pairs change the answer."""
    changed = 0
    for seed in range(12):
        full = small_table(seed, scenario, catalog, invented=True)
        found = enumerate_all(full)
        rng = random.Random(f"pairs {seed}")
        goals, pairs = draw_goals(rng, "cost", found), draw_pairs(rng, full, 2)
        changed += not meets(optimum(found, (), goals)[0], pairs)
    assert changed >= 4


def test_a_pair_speaks_about_roles_or_all_of_them(candidates: Table) -> None:
    """A side with a role counts in that role only, one without wherever it is used, parts of combinations included."""
    design = {role: found[-1] for role, found in candidates.candidates.items()}
    one, other = design["input_guardrail"].component_id, design["gateway"].component_id
    design["output_guardrail"] = candidates.find("output_guardrail", candidates.candidates["output_guardrail"][-1].id)
    assert Member(one).within(design["input_guardrail"])
    assert not Member(one, "gateway").within(design["input_guardrail"])
    assert _pair("apart", Member(one), Member(other)).broken_by(design) == f"{one} beside {other}"
    assert _pair("apart", Member(one, "gateway"), Member(other)).broken_by(design) == ""
    assert _pair("together", Member(one), Member("nobody")).broken_by(design) == f"{one} without nobody"
    assert _pair("together", Member("nobody"), Member("nothing")).broken_by(design) == ""


def test_pairs_are_read_and_judged(example_text: str, catalog: Catalog) -> None:
    """Pairs in a scenario become requirements with their path, and a design that breaks one says how."""
    text = example_text + "choices:\n  apart: [[qdrant, gateway: kong]]\n  together: [[kong, vector_store: qdrant]]\n"
    asked = scenario_from_text(text, catalog)
    pairs = [r for r in asked.requirements if isinstance(r, Pair)]
    assert [(p.path, p.kind, [str(m) for m in p.members]) for p in pairs] == [
        ("choices.together[0]", "together", ["kong", "vector_store: qdrant"]),
        ("choices.apart[0]", "apart", ["qdrant", "gateway: kong"]),
    ]
    from advisor.candidates.table import table

    full = table(asked, catalog)
    design = {role: found[0] for role, found in full.candidates.items()}
    design["gateway"] = next(c for c in full.candidates["gateway"] if c.component_id == "kong")
    checks = {c.requirement.path: c for c in judge(design, asked).checks}
    assert not checks["choices.together[0]"].holds
    assert checks["choices.together[0]"].detail == "kong without vector_store: qdrant"
    assert checks["choices.apart[0]"].holds


def test_what_is_wrong_with_pairs_is_named(example_text: str, catalog: Catalog) -> None:
    """Unknown names with the nearest one, unknown roles, names that cannot fill a role, and pairs of one thing: all at
    once, each at its place."""
    text = example_text + (
        "choices:\n  apart: [[qdrent, kong], [vectr_store: qdrant, kong], [kong, kong]]\n"
        "  together: [[gateway: qdrant, kong]]\n"
    )
    with pytest.raises(InputError) as caught:
        scenario_from_text(text, catalog)
    found = {p.path: p.message for p in caught.value.problems}
    assert "'qdrant'" in found["choices.apart[0][0]"]
    assert "vector_store" in found["choices.apart[1][0]"]
    assert "cannot fill gateway" in found["choices.together[0][0]"]
    assert "twice" in found["choices.apart[2]"]
    with pytest.raises(InputError) as caught:
        scenario_from_text(example_text + "choices:\n  apart: [[kong], [a: b, {c: d, e: f}], 3]\n", catalog)
    assert len(caught.value.problems) == 3


# --- the network between clouds ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(20))
def test_the_network_equals_enumeration(seed: int, scenario: Scenario, catalog: Catalog) -> None:
    """With egress and delays between clouds beside pairs, counts and other bounds, both engines find what plain
    enumeration of all designs under the judge finds."""
    full = small_table(seed, scenario, catalog, invented=seed % 5 != 2, network=True)
    found = enumerate_all(full)
    for number, kind in enumerate(KINDS[seed % 3 :: 3]):
        rng = random.Random(f"network {seed} {kind}")
        goals = draw_goals(rng, kind, found)
        requirements = (*draw_bounds(rng, found, rng.choice([0, 1, 2])), *draw_pairs(rng, full, rng.choice([0, 1])))
        best = optimum(found, requirements, goals)
        least = value(goals[0], best[0]) if best else 0.0
        asked = with_question(full, requirements, goals)
        _same(optimise(Search(asked)), best, least)
        if number == 0:
            _same(optimise(Search(asked), program=True), best, least)
