"""What couples roles: calls between clouds, pairs of choices, shared units, numbers of clouds, vendors and own systems.

Judged by hand-made examples, and against plain enumeration of all designs.
"""

from __future__ import annotations

import functools
import math
import random
from pathlib import Path

import pytest
from oracles.enumeration import Judged, enumerate_all, meets, optimum, value
from oracles.network import egress_usd
from oracles.problems import (
    OBJECTIVES,
    draw_bounds,
    draw_filters,
    draw_goals,
    draw_pairs,
    small_table,
    with_question,
)

from advisor import resources
from advisor.analysis.what_if import what_ifs
from advisor.candidates.demand import demands
from advisor.candidates.table import Table, table
from advisor.catalog.load import Catalog, load_catalog
from advisor.errors import InputError
from advisor.evaluation.evaluate import judge
from advisor.evaluation.result import Evaluation
from advisor.explanation.explain import explain, metrics
from advisor.optimizer.found import Found
from advisor.optimizer.run import optimise
from advisor.optimizer.search import Search
from advisor.optimizer.solver import Status
from advisor.scenario.goals import Goal
from advisor.scenario.load import Scenario, load_scenario, scenario_from_text
from advisor.scenario.pairs import Member, Pair
from advisor.scenario.requirements import Requirement

SAME = 1e-6
SEEDS = range(34)  # x 9 kinds of objective = 306 problems
PROGRAM_TOO = "cost"


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


@functools.cache
def _example() -> tuple[Catalog, Scenario]:
    catalog = load_catalog()
    return catalog, load_scenario(resources.example("support_copilot"), catalog)


@functools.cache
def _drawn(seed: int) -> tuple[Table, list[Judged]]:
    """Return a small table and all its designs: most with a network between clouds, half with units to share."""
    rng = random.Random(f"coupled {seed}")
    catalog, example = _example()
    network, share = rng.random() < 0.7, rng.random() < 0.5
    full = small_table(seed, example, catalog, invented=seed % 4 != 2, network=network, share=share)
    return full, enumerate_all(full)


def _asked(seed: int, kind: str) -> tuple[tuple[Requirement, ...], tuple[Goal, ...]]:
    """Return requirements (bounds, pairs, rules on options) and goals for a drawn table."""
    full, found = _drawn(seed)
    rng = random.Random(f"coupled {seed} {kind}")
    goals = draw_goals(rng, kind, found)
    bounds, pairs = draw_bounds(rng, found, rng.choice([0, 1, 2, 3])), draw_pairs(rng, full, rng.choice([0, 0, 1, 2]))
    return (*bounds, *pairs, *draw_filters(rng, full)), goals


@pytest.mark.parametrize("seed", SEEDS)
def test_what_couples_roles_equals_enumeration(seed: int) -> None:
    """With egress and delays between clouds, pairs, shared units and counts mixed, for every kind of objective, the
    optimum is that of plain enumeration of all designs; so is the program's, where it is asked as well."""
    full, found = _drawn(seed)
    for kind in OBJECTIVES:
        requirements, goals = _asked(seed, kind)
        best = optimum(found, requirements, goals)
        least = value(goals[0], best[0]) if best else 0.0
        asked = with_question(full, requirements, goals)
        result = optimise(Search(asked))
        _same(result, best, least)
        if result.best is not None:
            ids = {role: c.id for role, c in result.best.design.items()}
            assert meets(next(j for j in found if j.ids == ids), requirements)
        if kind == PROGRAM_TOO and seed % 2:
            _same(optimise(Search(asked), program=True), best, least)


def test_the_couplings_bind() -> None:
    """In many of the drawn problems pairs change the answer, calls cross clouds, and units are shared."""
    pairs = crossing = shared = 0
    for seed in SEEDS:
        _, found = _drawn(seed)
        for kind in ("cost", "mean"):
            requirements, goals = _asked(seed, kind)
            best = optimum(found, requirements, goals)
            free = optimum(found, [r for r in requirements if not isinstance(r, Pair)], goals)
            pairs += bool(free) and not meets(free[0], requirements)
            asked = _drawn(seed)[0].scenario
            crossing += bool(best and asked.clouds) and egress_usd(best[0].design, asked) > 0
            shared += bool(best) and any(c.shared for c in best[0].design.values())
    assert min(pairs, crossing, shared) >= 6


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


# --- one option in several roles --------------------------------------------------------------------------------------

SHARED = """
title: Postgres for both
blueprint: rag_assistant
workload:
  {requests_per_month: 300_000, input_tokens: 3_600, output_tokens: 300, documents: 15_000,
   documents_changed_per_month: 2_000}
constraints: {clouds: {allow: [aws, vendor]}}
choices: {share: [[conversation_store, vector_store]]}
"""


@pytest.fixture(scope="module")
def postgres(catalog: Catalog) -> Evaluation:
    """Return a design in which one Postgres keeps conversations and vectors, on a table of the catalog."""
    asked = scenario_from_text(SHARED, catalog)
    best = optimise(
        Search(table(asked, catalog)), only=lambda role, c: bool(c.shared) if role == "vector_store" else None
    )
    assert best.best is not None
    return best.best


def test_shared_units_are_sized_for_the_sum(postgres: Evaluation, catalog: Catalog) -> None:
    """Both roles see the load of both: reads and writes add up over the roles, and what one stores stands beside what
    the other does."""
    first, other = postgres.design["conversation_store"], postgres.design["vector_store"]
    alone = demands(postgres.scenario, frozenset())
    for name in ("reads_per_s", "writes_per_s", "stored_gb", "vector_gb"):
        both = sum(alone[role].peak.get(name, 0.0) for role in ("conversation_store", "vector_store"))
        cached = postgres.design["semantic_cache"].is_none
        assert first.loads[name].peak == other.loads[name].peak
        assert first.loads[name].peak == pytest.approx(both) or not cached
    assert (first.option, first.units) == (other.option, other.units)


def test_shared_units_are_billed_and_run_once(postgres: Evaluation, catalog: Catalog) -> None:
    """Bill and hours stand with the first role of the group; in the other they are nothing, and the metrics count the
    units once: cost, hours, systems of our own, and the availability of a flow that needs both."""
    first, other = postgres.design["conversation_store"], postgres.design["vector_store"]
    assert first.bill_usd_per_month > 0
    assert (other.bill_usd_per_month, other.operations_h_per_month) == (0.0, 0.0)
    flow = postgres.flows["answer"]
    apart = [role for role in flow.needs if role != "vector_store"]
    assert flow.availability == pytest.approx(math.prod(postgres.design[role].availability for role in apart))
    assert postgres.flows["ingest"].availability == pytest.approx(
        math.prod(postgres.design[role].availability for role in postgres.flows["ingest"].needs)
    )
    assert first.size.endswith("also as vector_store")
    assert other.size == "on the units of conversation_store"


def test_torn_units_are_impossible(postgres: Evaluation) -> None:
    """A design with the shared units in one role only is no design, and says why."""
    plain = table(postgres.scenario, load_catalog())
    design = {**postgres.design, "vector_store": next(c for c in plain.candidates["vector_store"] if not c.shared)}
    found = judge(design, postgres.scenario)
    assert not found.feasible
    assert "sized to serve conversation_store and vector_store" in found.consistent[0]


def test_what_couples_is_explained(postgres: Evaluation, catalog: Catalog) -> None:
    """Every metric of a design with shared units has a derivation with its value."""
    for path in metrics(postgres):
        assert explain(postgres, path, catalog).value == pytest.approx(postgres.metric(path), rel=1e-9)
    hours = explain(postgres, "operations_h_per_month", catalog)
    assert not any(part.name.startswith("vector_store") for part in hours.parts)
    assert "vector_store" in explain(postgres, "flows.answer.availability", catalog).note


def test_a_what_if_takes_sharing_away(catalog: Catalog) -> None:
    """Without the permission candidates are built anew, and the design costs what it costs without."""
    pinned = SHARED.replace("choices: {", "choices: {pin: {vector_store: pgvector}, ")
    asked = scenario_from_text(pinned, catalog)
    (found,) = what_ifs(asked, [["choices.share=null"]], catalog)
    alone = scenario_from_text(pinned.replace("[[conversation_store, vector_store]]", "[]"), catalog)
    expected = optimise(Search(table(alone, catalog)))
    assert found.before.best is not None
    assert found.after.best is not None
    assert found.after.best.cost_usd_per_month == pytest.approx(expected.value)
    assert found.after.best.cost_usd_per_month > found.before.best.cost_usd_per_month


def test_what_is_wrong_with_groups_is_named(catalog: Catalog) -> None:
    """Unknown roles, a role in two groups, and groups that nothing can serve."""
    for text, place, words in (
        ("[[conversation_stor, vector_store]]", "choices.share[0][0]", "conversation_store"),
        ("[[input_guardrail, output_guardrail], [output_guardrail, llm]]", "choices.share[1][0]", "in a group already"),
        ("[[gateway, llm]]", "choices.share[0]", "no option of the catalog can serve"),
        ("[[gateway]]", "choices.share[0]", "at least 2"),
    ):
        with pytest.raises(InputError) as caught:
            scenario_from_text(SHARED.replace("[[conversation_store, vector_store]]", text), catalog)
        assert words in {p.path: p.message for p in caught.value.problems}[place]


# --- the network, by hand ---------------------------------------------------------------------------------------------

ACROSS = """
title: Two clouds
blueprint: rag_assistant
workload:
  {requests_per_month: 1_000_000, input_tokens: 1_000, output_tokens: 200, documents: 10_000, question_tokens: 50,
   documents_changed_per_month: 1_000, turns_kept_per_conversation_kb: 8}
"""


def _placed(role: str, cloud: str, full: Table) -> str:
    return next(c.id for c in full.candidates[role] if c.place == cloud and not any(c.behind.values()))


def test_a_call_to_another_cloud_by_hand(catalog: Catalog) -> None:
    """One million reads of 8 KB from a store in another cloud: 0.2 GB asked, 8 GB answered, and as many writes of 8 KB;
    each cloud bills what leaves it, and a question waits a round trip longer."""
    asked = scenario_from_text(ACROSS, catalog)
    full = table(asked, catalog)
    everything = {role: found[0] for role, found in full.candidates.items()}
    ids = {role: _placed(role, "aws", full) for role in ("gateway", "app_runtime", "embedding_workers")}
    design = {
        role: next((c for c in found if not c.is_none and not c.place), everything[role])
        for role, found in full.candidates.items()
    }
    design |= {role: full.find(role, name) for role, name in ids.items()}
    design["semantic_cache"] = full.find("semantic_cache", "none")
    design = {
        role: next(d for d in full.candidates[role] if d.id == c.id.replace("+semantic_cache", ""))
        for role, c in design.items()
    }
    there, here = (
        judge(
            {**design, "conversation_store": full.find("conversation_store", _placed("conversation_store", k, full))},
            asked,
        )
        for k in ("gcp", "aws")
    )
    store = there.design["conversation_store"]
    bills = {line.title: line for line in store.lines if line.price.meter == "egress_gb"}
    to_google, back = (
        bills["of egress from Amazon Web Services to Google"],
        bills["of egress from Google to Amazon Web Services"],
    )
    assert to_google.quantity == pytest.approx(1e6 * (0.2 + 8) / 1e6)  # GB: each question, and each turn kept
    assert to_google.usd_per_month == pytest.approx(8.2 * 0.09)
    assert back.quantity == pytest.approx(1e6 * (8 + 0.1) / 1e6)
    assert back.usd_per_month == pytest.approx(8.1 * 0.12)
    plain = store.unlinked
    assert plain is not None
    waits = there.flows["answer"].measures["ttft_ms"].mean - here.flows["answer"].measures["ttft_ms"].mean
    own = plain.latency["read"][1].mean() - here.design["conversation_store"].latency["read"][1].mean()
    assert waits - own == pytest.approx(5.0, abs=1e-6)
    assert not [line for line in here.design["conversation_store"].lines if line.price.meter == "egress_gb"]
    assert any("outside the clouds" in a.subject for a in there.assumptions)
    for path in metrics(there):
        assert explain(there, path, catalog).value == pytest.approx(there.metric(path), rel=1e-9)
