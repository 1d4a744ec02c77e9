"""What works with some components only: in the judge, in the optimizer, and in the catalog that comes with advisor."""

from __future__ import annotations

import dataclasses
import functools
import random
from collections.abc import Iterator

import pytest
from oracles.enumeration import Judged, enumerate_all, meets, optimum, value
from oracles.problems import OBJECTIVES, draw_bounds, draw_goals, small_table, with_question

from advisor import resources
from advisor.candidates.candidate import Candidate
from advisor.candidates.compatibility import Need, all_needs, unfit
from advisor.candidates.table import Table, table
from advisor.catalog.load import Catalog, load_catalog
from advisor.evaluation.evaluate import judge
from advisor.optimizer.run import optimise
from advisor.optimizer.search import Search
from advisor.optimizer.solver import Status
from advisor.proposal import propose
from advisor.scenario.load import load_scenario

SEEDS = range(10)


@functools.cache
def drawn(seed: int) -> tuple[Table, list[Judged]]:
    """Return a small table in which some components work with some others only, and all its designs."""
    catalog = load_catalog()
    example = load_scenario(resources.example("support_copilot"), catalog)
    full = small_table(seed, example, catalog, invented=seed % 2 == 0)
    rng = random.Random(f"needs {seed}")
    found = dict(full.candidates)
    for _ in range(rng.choice([1, 2, 3])):
        role, other = rng.sample(sorted(found), 2)
        names = sorted({c.component_id for c in found[role] if c.option})
        partners = sorted({one.component_id for c in found[other] for one in c.members if one.option})
        need = Need(rng.choice(names), other, tuple(sorted(rng.sample(partners, max(1, len(partners) // 2)))))
        found[role] = tuple(with_need(c, need) for c in found[role])
    narrowed = dataclasses.replace(full, candidates=found)
    return narrowed, enumerate_all(narrowed)


def with_need(candidate: Candidate, need: Need) -> Candidate:
    """Return a candidate in which the component that the need is of has it, in every part."""
    if candidate.parts:
        return dataclasses.replace(candidate, parts=tuple(with_need(part, need) for part in candidate.parts))
    if candidate.component_id != need.component or candidate.option is None:
        return candidate
    return dataclasses.replace(candidate, needs=(*candidate.needs, need))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_optimum_is_that_of_enumeration(seed: int) -> None:
    """For every kind of objective the best of the designs that work together is found and proved; so by the program."""
    full, found = drawn(seed)
    if not found:  # nothing works together at all
        assert optimise(Search(full)).status is Status.INFEASIBLE
        assert optimise(Search(full), program=True).status is Status.INFEASIBLE
    for kind in OBJECTIVES if found else ():
        rng = random.Random(f"asked {seed} {kind}")
        goals = draw_goals(rng, kind, found)
        bounds = tuple(draw_bounds(rng, found, rng.choice([0, 1, 2])))
        best = optimum(found, bounds, goals)
        asked = with_question(full, bounds, goals)
        for program in (False, True) if kind == "cost" else (False,):
            result = optimise(Search(asked), program=program)
            assert result.status is (Status.OPTIMAL if best else Status.INFEASIBLE)
            if best:
                assert result.value == pytest.approx(value(goals[0], best[0]), rel=2e-6)
                assert result.best is not None
                ids = {role: c.id for role, c in result.best.design.items()}
                assert meets(next(j for j in found if j.ids == ids), bounds)


def test_the_needs_bind() -> None:
    """In several of the drawn tables the cheapest design is another one than it would be without the needs."""
    changed = 0
    for seed in SEEDS:
        full, found = drawn(seed)
        free = {r: tuple(dataclasses.replace(c, needs=()) for c in known) for r, known in full.candidates.items()}
        loose = enumerate_all(dataclasses.replace(full, candidates=free))
        cheapest = min(loose, key=lambda j: j.metrics["cost_usd_per_month"]).ids
        changed += cheapest not in [j.ids for j in found]
    assert changed >= 2


def test_the_judge_says_what_does_not_work_together() -> None:
    """A design that people bring is judged and called impossible, with what works and what is there instead."""
    catalog = load_catalog()
    scenario = load_scenario(resources.example("fleet_telemetry"), catalog)
    full = table(scenario, catalog)
    broker = next(c for c in full.candidates["event_broker"] if c.component_id == "google_pubsub")
    library = next(c for c in full.candidates["stream_processor"] if c.component_id == "kafka_streams")
    design = {role: next(iter(found)) for role, found in full.candidates.items()}
    design |= {"event_broker": broker, "stream_processor": library}
    said = [text for text in judge(design, scenario).consistent if "works only with" in text]
    assert said == [
        "Kafka Streams works only with Amazon MSK, Apache Kafka, Azure Event Hubs, Confluent Cloud, Google Cloud "
        "Managed Service for Apache Kafka, Redpanda as event broker, not with Google Cloud Pub/Sub"
    ]


def test_a_router_of_one_cloud_s_models_works_with_what_that_cloud_hosts() -> None:
    """A need may name options: the same model from another host does not do, and the judge names both."""
    catalog = load_catalog()
    scenario = load_scenario(resources.example("company_gateway"), catalog)
    full = table(scenario, catalog)
    chosen = {role: next(iter(found)) for role, found in full.candidates.items()}
    chosen["model_router"] = next(c for c in full.candidates["model_router"] if c.component_id == "azure_model_router")
    hosts = {c.option.id: c for c in full.candidates["llm"] if c.component_id == "gpt_5_6_terra" and c.option}
    azure, elsewhere = hosts["gpt_5_6_terra_azure_none"], hosts["gpt_5_6_terra_openai_none"]
    said = list(unfit(chosen | {"simple_llm": azure, "llm": elsewhere}))
    assert len(said) == 1
    assert said[0].startswith("Azure Model Router works only with GPT-5.6 Terra (Azure")
    assert said[0].endswith("as llm, not with GPT-5.6 Terra (OpenAI API, reasoning none, global)")
    assert list(unfit(chosen | {"simple_llm": azure, "llm": azure})) == []


def test_leaving_the_other_role_out_leaves_nothing_to_work_with() -> None:
    """A role that is left out, or that a blueprint does not have, breaks no need."""
    need = Need("a", "llm", ("b",))
    one = Candidate("a", "reranker", needs=(need,))
    assert list(unfit({"reranker": one, "llm": Candidate("none", "llm")})) == []
    assert list(unfit({"reranker": one})) == []


def every_need(catalog: Catalog) -> Iterator[tuple[str, str]]:
    """Yield (component, role) for every need that the catalog states of what can be bought."""
    for component in catalog.records.components.values():
        if component.withdrawn is None:
            yield from ((component.id, fit.role) for fit in component.works_with)


def test_the_shipped_needs_reach_the_candidates(catalog: Catalog) -> None:
    """Each need that the catalog states is one of candidates, in a blueprint that has both roles."""
    stated = set(every_need(catalog))
    assert ("kafka_streams", "event_broker") in stated
    met: set[tuple[str, str]] = set()
    for example in ("fleet_telemetry", "card_fraud", "demand_forecast", "company_gateway"):
        scenario = load_scenario(resources.example(example), catalog)
        full = table(scenario, catalog)
        for need in all_needs(c for found in full.candidates.values() for c in found):
            met.add((need.component, catalog.role(need.role).filled_as))
    assert met == stated


def test_the_document_says_what_does_not_work_with_the_design() -> None:
    """What cannot stand beside the chosen components has that as its reason, not an empty cell."""
    catalog = load_catalog()
    proposed = propose(load_scenario(resources.example("card_fraud"), catalog), catalog)
    assert proposed.best is not None
    broker = proposed.best.design["event_broker"].component_id
    unable = {
        component.id
        for component in catalog.records.components.values()
        if any(fit.role == "event_broker" and broker not in fit.components for fit in component.works_with)
    }
    told = [one for one in proposed.reasons["stream_processor"] if one.kind == "breaks" and one.component_id in unable]
    assert told
    assert all("works only with" in one.detail for one in told)
