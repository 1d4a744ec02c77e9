"""The judge, judged: times by sampling, availability and cost recomputed from the catalog, what can never happen."""

from __future__ import annotations

import math
import pickle
import random
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from oracles.montecarlo import answer_tokens_time, flow_times

from advisor import resources
from advisor.candidates.candidate import Candidate
from advisor.candidates.table import Table, table
from advisor.catalog.blueprint import Flow
from advisor.catalog.load import Catalog
from advisor.catalog.model import Price
from advisor.designs import evaluate
from advisor.errors import InputError
from advisor.evaluation.evaluate import UNIT_MS, judge, stages
from advisor.evaluation.result import LEVELS, Design, Evaluation
from advisor.optimizer.run import optimise
from advisor.optimizer.search import Search
from advisor.proposal import Proposal
from advisor.scenario.goals import Goal, Term
from advisor.scenario.load import Scenario, load_scenario

COUNT = 1_000_000
CHEAPEST = (Goal((Term("cost_usd_per_month", 1.0),), "minimize cost"),)


@pytest.fixture(scope="module")
def best(proposal: Proposal) -> Evaluation:
    """Return the evaluation of the example's optimal design."""
    assert proposal.best is not None
    return proposal.best


def _ids(evaluation: Evaluation) -> dict[str, str]:
    return {role: c.id for role, c in evaluation.design.items()}


@pytest.mark.parametrize(
    ("flow", "measure", "at", "unit"),
    [
        ("answer", "ttft_ms", "first", 1),
        ("answer", "latency_ms", "complete", 1),
        ("ingest", "freshness_s", "complete", 1000),
    ],
)
def test_times_agree_with_sampling(flow: str, measure: str, at: str, unit: float, best: Evaluation) -> None:
    """Mean and percentiles of the optimal design are those of a million sampled requests, within 0.5 % and the sampling
    error; with and without the cache."""
    for design in (best.design, _other_use_of_the_cache(best)):
        times = np.sort(flow_times(flow, at, design, best.scenario, COUNT)) / unit
        found = evaluate({role: c.id for role, c in design.items()}, best.scenario).flows[flow].measures[measure]
        assert found.mean == pytest.approx(times.mean(), rel=0.005)
        for name, p in (("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99), ("p99.9", 0.999)):
            error = 4 * math.sqrt(p * (1 - p) / COUNT)
            low, high = times[int((p - error) * COUNT)], times[min(int((p + error) * COUNT), COUNT - 1)]
            assert low * 0.995 <= found.percentiles[name] <= high * 1.005, name


def _other_use_of_the_cache(best: Evaluation) -> dict[str, Candidate]:
    """Return the design without its cache and everything behind sized for the full load, or with a cache if it
    has none."""
    found = table(best.scenario, _catalog_of(best))
    used = not best.design["semantic_cache"].is_none
    design = {}
    for role, c in best.design.items():
        if role == "semantic_cache":
            design[role] = next(x for x in found.candidates[role] if x.is_none == used)
        elif c.behind:
            design[role] = next(
                x for x in found.candidates[role] if x.option == c.option and x.behind["semantic_cache"] != used
            )
        else:
            design[role] = c
    return design


def _catalog_of(best: Evaluation) -> Catalog:
    from advisor.catalog.load import load_catalog

    return load_catalog()


def test_the_answer_takes_random_tokens_times_random_time_per_token(best: Evaluation, catalog: Catalog) -> None:
    """From first token to last: the product of a random count and a random time each, sampled."""
    llm, scenario = best.design["llm"], best.scenario
    first, complete = llm.latency["generate"]
    times = answer_tokens_time(
        llm.option,
        catalog.role("llm").operations["generate"].default_cv_each,
        scenario.workload["output_tokens"],
        scenario.spread["output_tokens"],
        np.random.default_rng(2),
        COUNT,
    )
    assert complete.mean() - first.mean() == pytest.approx(times.mean(), rel=0.01)
    assert complete.variance() - first.variance() == pytest.approx(times.var(), rel=0.05)


def test_availability_is_the_product_over_distinct_hard_roles(best: Evaluation) -> None:
    """A role that is asked twice counts once, one that only degrades or works in the background does not count."""
    answer = [
        "gateway",
        "app_runtime",
        "input_guardrail",
        "output_guardrail",
        "conversation_store",
        "embedding",
        "vector_store",
        "llm",
    ]
    ingest = ["object_store", "ingestion_queue", "embedding_workers", "embedding", "vector_store"]
    for flow, roles in (("answer", answer), ("ingest", ingest)):
        assert set(best.flows[flow].needs) == set(roles)
        assert best.flows[flow].availability == pytest.approx(
            math.prod(best.design[r].availability for r in roles), rel=1e-12
        )


def test_cost_is_the_bill_recomputed_from_the_catalog(best: Evaluation, candidates: Table, catalog: Catalog) -> None:
    """Every line of every candidate of the example equals price x quantity worked out here from demand and catalog."""
    lines = 0
    for role, found in candidates.candidates.items():
        for c in found[:: max(1, len(found) // 25)]:
            if c.option is not None:
                caches = frozenset(
                    {"semantic_cache"} if c.behind.get("semantic_cache", role == "semantic_cache") else ()
                )
                assert c.bill_usd_per_month == pytest.approx(
                    sum(_bill(c, catalog, candidates.demand[caches][role])), rel=1e-9, abs=1e-9
                ), c.id
                lines += len(c.lines)
    assert lines > 100
    assert best.cost_usd_per_month == pytest.approx(
        sum(c.bill_usd_per_month + c.operations_h_per_month * best.scenario.usd_per_hour for c in best.design.values())
    )


def _bill(c: Candidate, catalog: Catalog, demand: object) -> Iterator[float]:
    assert c.option
    latest: dict[str, tuple[Price, int]] = {}
    for price in c.option.prices:  # on demand and asked anew: what other ways cost is promised in test_tactics.py
        if catalog.records.meters[price.meter].asked is None and (price.from_ is None or price.from_ <= catalog.date):
            latest[price.meter] = (price, 1)
    if c.option.unit and c.option.unit.instance:
        for price in catalog.records.instances[c.option.unit.instance].prices:
            if price.from_ is None or price.from_ <= catalog.date:
                latest[price.meter] = (price, c.option.unit.instances)
    for price, count in latest.values():
        yield _line(price, catalog, demand, c.units * count)


def _line(price: Price, catalog: Catalog, demand: object, units: int) -> float:
    meter = catalog.records.meters[price.meter]
    if meter.counts == "units":
        quantity = units * 730.0
    elif meter.counts == "month":
        quantity = 1.0
    elif meter.dimension in demand.stock:  # type: ignore[attr-defined]
        quantity = demand.stock[meter.dimension] / meter.divide_by  # type: ignore[attr-defined]
    else:
        quantity = 0.0
        for use in demand.uses:  # type: ignore[attr-defined]
            if use.dimension == meter.dimension:
                times = math.ceil(use.kb.get(meter.size, 0) / price.started_kb - 1e-9) if price.started_kb else 1
                counted = use.kb[meter.size] if meter.volume else max(1, times)
                quantity += use.average * 2_628_000 * counted / meter.divide_by
    left, paid, bill = max(0.0, quantity - price.free), 0.0, 0.0
    for end, usd in [(t.up_to, t.usd) for t in price.tiers] if price.tiers else [(None, price.usd)]:
        part = left - paid if end is None else max(0.0, min(left, end) - paid)
        bill, paid = bill + part * usd, paid + part
    return max(bill, price.minimum_usd)


def _optimum(scenario: Scenario, catalog: Catalog) -> float:
    return optimise(Search(table(scenario, catalog)), CHEAPEST, tie_break=False).value


def test_more_load_is_never_cheaper(scenario: Scenario, catalog: Catalog) -> None:
    """The least cost never falls as questions, documents or tokens grow."""
    bare = replace(scenario, requirements=())
    for name in ("requests_per_month", "documents", "input_tokens"):
        costs = [
            _optimum(replace(bare, workload={**bare.workload, name: bare.workload[name] * factor}), catalog)
            for factor in (0.2, 1, 4)
        ]
        assert costs == sorted(costs), name


def test_a_dearer_price_is_never_cheaper(best: Evaluation, scenario: Scenario, catalog: Catalog) -> None:
    """Raising one price of a chosen option by a tenth never lowers the optimum."""
    before = _optimum(replace(scenario, requirements=()), catalog)
    for role in ("llm", "gateway", "vector_store"):
        component, option = best.design[role].component, best.design[role].option
        assert component
        assert option
        dearer = [p.model_copy(update={"usd": p.usd * 1.1}) if p.usd else p for p in option.prices]
        options = [o.model_copy(update={"prices": dearer}) if o.id == option.id else o for o in component.options]
        components = {**catalog.records.components, component.id: component.model_copy(update={"options": options})}
        changed = Catalog(catalog.records.model_copy(update={"components": components}), "changed")
        assert _optimum(replace(scenario, requirements=()), changed) >= before * (1 - 1e-9)


def test_dropping_a_requirement_never_worsens_the_objective(scenario: Scenario, candidates: Table) -> None:
    """Without any one of its requirements the example costs at most what it costs with all of them."""
    full = optimise(Search(candidates), CHEAPEST, tie_break=False).value
    for requirement in scenario.requirements:
        rest = [r for r in scenario.requirements if r is not requirement]
        assert optimise(Search(candidates, rest), CHEAPEST, tie_break=False).value <= full * (1 + 1e-9), (
            requirement.path
        )


def test_more_zones_and_units_are_never_less_available(candidates: Table) -> None:
    """Of one option with the same number of units, more zones are never less available; nor are more units."""
    checked = 0
    for found in candidates.candidates.values():
        for c in found:
            for d in found:
                same = c.option is d.option and c.behind == d.behind and c.option is not None and not c.is_none
                if same and c.needed_units == d.needed_units and c.units % max(d.zones, 1) == 0:
                    if c.units == d.units and c.zones == 1 and d.zones == d.units // c.needed_units > 1:
                        checked += 1
                        assert d.availability >= c.availability - 1e-12, (c.id, d.id)
                    if c.zones == d.zones == 1 and d.units > c.units:
                        assert d.availability >= c.availability - 1e-12, (c.id, d.id)
    assert checked > 10


def test_a_design_by_id_or_by_option_is_the_same(best: Evaluation, scenario: Scenario, catalog: Catalog) -> None:
    """Naming candidates by id or by option, units and zones gives the same evaluation."""
    by_option = {
        role: None if c.is_none else {"option": c.option.id, "units": c.units, "zones": c.zones}  # type: ignore[union-attr]
        for role, c in best.design.items()
    }
    again = evaluate(by_option, scenario, catalog)
    assert _ids(again) == _ids(best)
    assert again.cost_usd_per_month == best.cost_usd_per_month
    assert again.flows == best.flows
    assert again.feasible


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"lmm": "x"}, "is not a role"),
        ({"llm": None}, "is missing; this role is not optional"),
        ({"llm": "gpt"}, "not a candidate"),
        ({"llm": {"option": "nonsense"}}, "not an option for this role"),
        ({"llm": {}}, "give a candidate id"),
    ],
)
def test_bad_designs_are_refused(
    change: dict[str, object], message: str, best: Evaluation, scenario: Scenario, candidates: Table
) -> None:
    """Unknown roles, candidates and options and missing roles are named."""
    with pytest.raises(InputError, match=message):
        evaluate({**_ids(best), **change}, scenario, candidates=candidates)  # type: ignore[arg-type]


def test_an_overloaded_design_is_inconsistent_or_refused(
    best: Evaluation, scenario: Scenario, candidates: Table
) -> None:
    """One unit where many are needed is never called feasible."""
    crowded = next(c for found in candidates.candidates.values() for c in found if c.needed_units > 3)
    caches = crowded.behind.get("semantic_cache")
    design = {**_ids(best), crowded.role: {"option": crowded.option.id, "units": 1}}  # type: ignore[union-attr]
    if caches is not None and caches == best.design["semantic_cache"].is_none:
        pytest.skip("the example has another use of the cache")
    try:
        assert not evaluate(design, scenario, candidates=candidates).feasible  # type: ignore[arg-type]
    except InputError as error:
        assert "overloaded" in str(error)  # noqa: PT017


@pytest.mark.parametrize("name", ["support_copilot", "card_fraud", "fleet_telemetry"])
def test_a_brief_judgement_is_the_whole_one_to_the_last_bit(name: str, catalog: Catalog) -> None:
    """A design that is closed in on briefly meets a bound exactly when it does under the whole judgement."""
    given = load_scenario(resources.example(name), catalog)
    found = table(given, catalog).candidates
    rng = random.Random(name)
    for _ in range(4):
        design = {role: rng.choice(found[role]) for role in found}
        whole, brief = judge(design, given), judge(design, given, brief=True)
        for bound in given.bounds:
            assert brief.metric(bound.metric) == whole.metric(bound.metric), bound.path


def test_what_stages_do_on_their_own_is_read_off_their_times_whenever_it_is_asked(best: Evaluation) -> None:
    """Stages, and the sum of their percentiles, are those of each step's own time; so they are after a copy, too."""
    copied = pickle.loads(pickle.dumps(best))
    for flow_id, flow in best.flows.items():
        for name, measure in flow.measures.items():
            steps = list(stages(*_asked(best, flow_id, name)))
            unit_ms = UNIT_MS[name]
            assert [stage.p95 for stage in measure.stages] == [time.quantile(0.95) / unit_ms for *_, time in steps]
            assert [stage.share for stage in measure.stages] == [share for _, share, _ in steps]
            for level, p in LEVELS.items():
                alone = math.fsum(time.quantile(p) for *_, time in steps) / unit_ms
                assert measure.together[level] == alone
            again = copied.flows[flow_id].measures[name]
            assert (again.stages, again.together) == (measure.stages, measure.together)


def _asked(evaluation: Evaluation, flow_id: str, name: str) -> tuple[Flow, str, Design, Scenario]:
    flow = evaluation.scenario.blueprint.flows[flow_id]
    return flow, flow.measures[name].at, evaluation.design, evaluation.scenario  # type: ignore[index]
