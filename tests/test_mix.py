"""Pools of unlike units in scenarios: by hand, against the pool solver of ``select``, and when they are chosen."""

from __future__ import annotations

import dataclasses
import itertools
import json
import math
import random
from typing import Any

import pytest
from oracles.enumeration import enumerate_all, optimum
from oracles.problems import cut_blueprint

import advisor
from advisor.candidates.candidate import Candidate
from advisor.candidates.pool import Target, UnitType, classes, unit_type
from advisor.candidates.table import Table, table
from advisor.catalog.load import Catalog
from advisor.errors import InputError
from advisor.explanation.explain import explain, metrics
from advisor.models.llm_classes import MeasuredServer, class_throughput_per_s, sequences
from advisor.optimizer.run import optimise
from advisor.optimizer.search import Search
from advisor.optimizer.solver import Status
from advisor.render.sections.capacity import context
from advisor.render.sections.view import View
from advisor.scenario.load import Scenario, scenario_from_text
from advisor.scenario.request_sizes import implied

L40S, H100 = "llama_3_1_8b_aws_g6e_xlarge_tp1_c64", "llama_3_1_8b_aws_p5_4xlarge_tp1_c64"
SMALL_L40S, SMALL_H100 = "llama_3_1_8b_aws_g6e_xlarge_tp1_c8", "llama_3_1_8b_aws_p5_4xlarge_tp1_c8"
FP8_L40S, FP8_H100 = "llama_3_1_8b_aws_g6e_xlarge_mlperf", "llama_3_1_8b_aws_p5_4xlarge_mlperf"
FP8_H200 = "llama_3_1_8b_aws_p5en_48xlarge_mlperf"
SECONDS = 2_628_000
SIZES = [
    {"input_tokens": 500, "output_tokens": 100, "share": 0.5},
    {"input_tokens": 2_000, "output_tokens": 300, "share": 0.3},
    {"input_tokens": 8_000, "output_tokens": 400, "share": 0.2},
]


def scenario_of(catalog: Catalog, peak_per_s: float, keep: list[str] | None = None, **parts: Any) -> Scenario:
    """Return a scenario of one model, with so many requests/s at peak, all of 2 000 tokens in and 300 out or sizes."""
    known = {option.id for _, option in catalog.options_for("llm")}
    data = {
        "title": "One model",
        "blueprint": "rag_assistant",
        "workload": {
            "requests_per_month": peak_per_s / 3 * SECONDS,
            "documents": 1_000,
            "documents_changed_per_month": 10,
        },
        "objective": {"minimize": "cost_usd_per_month"},
        "tactics": {"allow": ["mix"], "deny": ["replicate"]},
        "choices": {"exclude": sorted(known - set(keep or [L40S, H100]))},
        **parts,
    }
    data["workload"] |= {} if "request_sizes" in parts else {"input_tokens": 2_000, "output_tokens": 300}
    return scenario_from_text(json.dumps(data), catalog)


def of_llm(scenario: Scenario, catalog: Catalog) -> Table:
    """Return the candidates of the model alone."""
    cut = dataclasses.replace(scenario, blueprint=cut_blueprint(scenario.blueprint, ["llm"]))
    full = table(cut, catalog)
    kept = tuple(c for c in full.candidates["llm"] if all(c.admitted_by(rule) for rule in cut.filters))
    return dataclasses.replace(full, candidates={"llm": kept})


def pools(problem: Table) -> list[Candidate]:
    """Return the candidates that the tactic made."""
    return [c for c in problem.candidates["llm"] if c.combined_by == "mix"]


def chosen(problem: Table) -> Candidate:
    """Return the optimal candidate, proved by the optimizer and by trying every one."""
    found = optimise(Search(problem))
    assert found.status is Status.OPTIMAL
    assert found.best is not None
    best = optimum(enumerate_all(problem), problem.scenario.requirements, problem.scenario.objective)
    assert found.value == pytest.approx(min(b.metrics["cost_usd_per_month"] for b in best), rel=1e-9)
    return found.best.design["llm"]


# --- what a unit carries of a class


def test_measured_sizes_give_back_what_was_measured(catalog: Catalog) -> None:
    """For every option of our own with figures under load, the class that was measured has the catalog's throughput.

    The sequences that Little's law finds are those that the source says it ran, and their cache fits by the model's
    own shape (to 15 %: usable memory is a round figure), so the law, the shapes and the figures agree.
    """
    seen = 0
    for type_ in unit_types(catalog):
        server, option = type_.server, type_.option
        found = class_throughput_per_s(server, server.input_tokens, server.output_tokens)
        assert found == pytest.approx(option.capacity["requests_per_s"].value, rel=1e-9)
        median = dataclasses.replace(
            server, ttft_ms=option.latency["ttft_ms"].p50 or 0.0, tpot_ms=option.latency["tpot_ms"].p50 or 0.0
        )
        if (stated := option.id.rpartition("_c")[2]).isdigit():
            assert sequences(median) == pytest.approx(int(stated) * type_.replicas, rel=0.02), option.id
            seen += 1
        assert type_.component.serving is not None
        fits = type_._fitting_tokens or 0.0
        assert fits >= 0.85 * sequences(median) * (server.input_tokens + server.output_tokens), option.id
    assert seen >= 30


def unit_types(catalog: Catalog) -> list[UnitType]:
    """Return every option of the model role that can be a unit of a pool."""
    operation = catalog.role("llm").operations["generate"]
    found = (unit_type(c, o, operation, catalog) for c, o in catalog.options_for("llm"))
    return [one for one in found if one is not None]


def test_other_sizes_by_hand() -> None:
    """Half the answer takes half the decoding; neither prompt nor answer tokens come faster than was measured."""
    server = MeasuredServer(2.0, 1_000, 100, 200.0, 10.0)  # 2 x (200 + 1 000) ms: 2.4 sequences
    assert sequences(server) == pytest.approx(2.4)
    assert class_throughput_per_s(server, 1_000, 50) == pytest.approx(2.0)  # 2.4 / 0.7 s, but prompts at 2 000 tokens/s
    assert class_throughput_per_s(server, 400, 50) == pytest.approx(2.4 / 0.7)
    assert class_throughput_per_s(server, 400, 400) == pytest.approx(0.5)  # 2.4 / 4.2 s, but answers at 200 tokens/s
    assert class_throughput_per_s(server, 4_000, 50) == pytest.approx(0.5)
    tight = dataclasses.replace(server, cached_tokens=3_000.0)
    assert class_throughput_per_s(tight, 400, 1_100) == pytest.approx(min(2 / 11.2, 2.0 / 11))  # two fit at once
    assert class_throughput_per_s(tight, 2_900, 200) == 0.0
    assert class_throughput_per_s(dataclasses.replace(server, context_tokens=500.0), 400, 101) == 0.0


# --- candidates by hand


def test_the_last_fraction_of_the_load_goes_to_the_smaller_shape(catalog: Catalog) -> None:
    """13.5 requests/s: two H100 carry 12.02 at 60 %, an L40S 1.62, so both are less than a third H100. By hand."""
    problem = of_llm(scenario_of(catalog, 13.5), catalog)
    best = chosen(problem)
    assert best.combined_by == "mix"
    assert [(part.option.id, part.units) for part in best.parts if part.option] == [(L40S, 1), (H100, 2)]
    prices = [catalog.records.instances[name].prices[0].usd for name in ("aws/g6e.xlarge", "aws/p5.4xlarge")]
    assert best.bill_usd_per_month == pytest.approx(730 * (prices[0] + 2 * prices[1]))  # type: ignore[operator]
    hours = best.parts[0].option.operations_h_per_month.value  # type: ignore[union-attr]
    assert best.operations_h_per_month == hours  # one set, not two
    assert best.cards == {"l40s": 1, "h100": 2}
    assert best.size == f"1 × {_title(catalog, L40S)} + 2 × {_title(catalog, H100)}"


def _title(catalog: Catalog, option: str) -> str:
    return catalog.options[option][1].title


def test_one_type_is_chosen_where_it_fits(catalog: Catalog) -> None:
    """12.0 requests/s fill two H100: no mix is cheaper, and the tactic brings none that is."""
    best = chosen(of_llm(scenario_of(catalog, 12.0), catalog))
    assert {part.option.id for part in best.members if part.option} == {H100}
    assert best.units == 2


def test_no_pool_without_its_being_allowed(catalog: Catalog) -> None:
    """The tactic scales what was measured, so a scenario has to allow it."""
    scenario = scenario_of(catalog, 13.5, tactics={"deny": ["replicate"]})
    problem = of_llm(scenario, catalog)
    assert not pools(problem)
    best = chosen(problem)
    assert best.cards == {"l40s": 9}
    assert best.cost_usd_per_month > chosen(of_llm(scenario_of(catalog, 13.5), catalog)).cost_usd_per_month


def test_times_are_the_mean_over_classes_and_types(catalog: Catalog) -> None:
    """The mean of a pool's times is that of its classes by how often they are asked, worked out from the figures."""
    problem = of_llm(scenario_of(catalog, 20.0, request_sizes=SIZES), catalog)
    best = next(c for c in pools(problem) if len(c.parts) == 2)
    first, complete = best.latency["generate"]
    expected = [0.0, 0.0]
    for part in best.parts:
        assert part.option
        assert part.pooled
        for taken in part.pooled.classes:
            size = next(s for s in SIZES if taken.name.startswith(f"{s['input_tokens']:,} ".replace(",", " ")))
            later = max(1.0, size["input_tokens"] / 2_000.5)
            ttft = (part.option.latency["ttft_ms"].p50 or 0.0) * math.sqrt(1 + 0.5**2)
            tpot = (part.option.latency["tpot_ms"].p50 or 0.0) * math.sqrt(1 + 0.1**2)
            share = size["share"] * taken.share
            expected[0] += share * later * ttft
            expected[1] += share * (later * ttft + size["output_tokens"] * tpot)
    cv = catalog.role("llm").operations["generate"]
    assert (cv.default_cv, cv.default_cv_each) in ((0.5, 0.1), (cv.default_cv, cv.default_cv_each))
    scale = math.sqrt(1 + cv.default_cv**2) / math.sqrt(1 + 0.5**2)
    assert first.mean() == pytest.approx(expected[0] * scale, rel=2e-3)
    assert complete.mean() > first.mean()
    shares = [taken.share for part in best.parts if part.pooled for taken in part.pooled.classes]
    assert sum(shares) == pytest.approx(len(SIZES))


def test_availability_by_hand(catalog: Catalog) -> None:
    """Every type needs what it needs; the software is the same and counts once; spares are one more of each type."""
    scenario = scenario_of(catalog, 13.5, tactics={"allow": ["mix"]}, sizing={"zones": [1], "extra_units": 1})
    found = {tuple(p.units for p in c.parts): c for c in pools(of_llm(scenario, catalog)) if len(c.parts) == 2}
    figures = catalog.records.clouds["aws"]
    one, zone = figures.instance_availability.value, figures.zone_availability.value
    software = catalog.options[H100][1].availability.software
    assert software
    assert found[1, 2].availability == pytest.approx(software.value * one * one**2 * zone**2)
    two_of_three = 3 * one**2 * (1 - one) + one**3
    assert found[2, 3].availability == pytest.approx(software.value * (1 - (1 - one) ** 2) * two_of_three * zone**2)


# --- latency targets and classes that no type serves


def test_a_type_that_is_too_slow_a_token_takes_nothing(catalog: Catalog) -> None:
    """With 50 ms a token allowed the L40S, at 77.9 ms, is out of the pool, which is then three H100."""
    tactics = {"allow": ["mix"], "deny": ["replicate"], "mix_tpot_ms": 50}
    problem = of_llm(scenario_of(catalog, 13.5, tactics=tactics), catalog)
    assert {part.option.id for c in pools(problem) for part in c.members if part.option} == {H100}
    assert [c.units for c in pools(problem)] == [3]


def test_a_long_prompt_goes_where_its_first_token_is_in_time(catalog: Catalog) -> None:
    """8 000 tokens take four times as long to the first token: within 1 s only on the H100, as stated or as bounded."""
    wanted = {"allow": ["mix"], "deny": ["replicate"]}
    bound = {"flows": {"answer": {"ttft_ms": {"p95": 1_000}}}}
    for parts in ({"tactics": wanted | {"mix_ttft_ms": 1_000}}, {"constraints": bound, "tactics": wanted}):
        found = pools(of_llm(scenario_of(catalog, 20.0, request_sizes=SIZES, **parts), catalog))
        strict = [c for c in found if "mix1000" in c.id]
        assert strict
        for part in [part for c in strict for part in c.parts]:
            long = [t for t in (part.pooled.classes if part.pooled else ()) if t.name.startswith("8 000")]
            assert not long or (part.option and part.option.id == H100)
    assert {("mix1000" in c.id) for c in found} == {True, False}  # of a bound on a flow both readings are offered


def test_a_class_that_no_type_serves_is_named(catalog: Catalog) -> None:
    """Too long for the context, or too slow on every type: the rejection names the class and each type's reason."""
    long = [{"input_tokens": 140_000, "output_tokens": 200, "share": 0.1}, {**SIZES[0], "share": 0.9}]
    problem = of_llm(scenario_of(catalog, 5.0, request_sizes=long), catalog)
    assert not pools(problem)
    reasons = {r.reason for r in problem.rejections if r.option.id in (L40S, H100)}
    assert len(reasons) == 3  # of each option alone, and of both together
    assert all("no unit type can serve requests of 140 000 tokens in, 200 out" in reason for reason in reasons)
    assert all("above its context of 131 072" in reason for reason in reasons)
    assert not problem.candidates["llm"]
    tactics = {"allow": ["mix"], "mix_ttft_ms": 300}
    slow = of_llm(scenario_of(catalog, 5.0, request_sizes=SIZES, tactics=tactics), catalog)
    (reason,) = {r.reason for r in slow.rejections if "unit type" in r.reason}
    assert "8 000 tokens in, 400 out" in reason
    assert "300 ms allowed" in reason


# --- the whole front, against another solver


@pytest.mark.parametrize("seed", range(12))
def test_pools_against_the_solver_of_select(seed: int, catalog: Catalog) -> None:
    """Random histograms, rates and card limits: the cheapest pool is what ``advisor select`` finds as well."""
    rng = random.Random(seed)
    sizes = [
        {"input_tokens": rng.choice([200, 800, 3_000, 9_000]) + i, "output_tokens": rng.randint(20, 700), "share": 0.25}
        for i in range(4)
    ]
    limited = rng.sample(["l40s", "h100", "h200"], rng.choice([1, 2]))
    cards = {card: {"max": rng.choice([1, 2, 3, 8])} for card in limited}
    keep = [L40S, H100, SMALL_L40S, SMALL_H100] if seed % 2 else [FP8_L40S, FP8_H100, FP8_H200]
    scenario = scenario_of(catalog, rng.uniform(2, 40), keep, request_sizes=sizes, constraints={"cards": cards})
    problem = of_llm(scenario, catalog)
    own = problem.candidates["llm"]
    mine = [c for c in own if all(c.cards.get(card, 0) <= limit["max"] for card, limit in cards.items())]
    other = advisor.select(as_selection(scenario, catalog, keep, cards))
    if other.status is Status.INFEASIBLE:
        assert not mine
        return
    assert min(c.bill_usd_per_month for c in mine) == pytest.approx(other.value, rel=1e-9)


def as_selection(scenario: Scenario, catalog: Catalog, keep: list[str], cards: Any) -> dict[str, Any]:
    """Return the pool as a problem of ``advisor select``, throughput worked out class by class."""
    types = [t for t in unit_types(catalog) if t.option.id in keep]
    cut = dataclasses.replace(scenario, blueprint=cut_blueprint(scenario.blueprint, ["llm"]))
    demand = table(cut, catalog).demand[frozenset()]["llm"]
    planned = scenario.sizing.target_utilisation
    rows = {
        f"c{i}": {
            "demand": one.peak_per_s,
            "throughput": {t.option.id: planned * t.throughput_per_s(one, Target())[0] for t in types},
        }
        for i, one in enumerate(classes(demand, cut))
    }
    units = {}
    for type_ in types:
        instance = catalog.records.instances[type_.option.unit.instance or ""]  # type: ignore[union-attr]
        units[type_.option.id] = {
            "cost": 730 * (instance.prices[0].usd or 0.0),
            **{f"cards_{card}": n for card, n in type_.cards.items()},
        }
    limits = [f"cards_{card}<={limit['max']}" for card, limit in cards.items()]
    named = {name for values in units.values() for name in values}
    return {
        "roles": {"llm": {"kind": "pool", "units": units, "classes": rows}},
        "minimize": "cost",
        "limits": [text for text in limits if text.partition("<")[0] in named],
    }


def test_card_limits_choose_along_the_front(catalog: Catalog) -> None:
    """From four H100 down to none each limit costs more; each answer is the cheapest of all candidates within it."""
    costs = []
    for most in (4, 3, 2, 1, 0):
        limits = {"cards": {"h100": {"max": most}}}
        keep = [FP8_L40S, FP8_H100]
        problem = of_llm(scenario_of(catalog, 30.0, keep, request_sizes=SIZES, constraints=limits), catalog)
        best = chosen(problem)
        assert best.cards.get("h100", 0) <= most
        costs.append(best.cost_usd_per_month)
    assert costs == sorted(costs)
    assert len(set(costs)) == 5


def test_models_share_the_cards(catalog: Catalog) -> None:
    """Two models of a group of agents compete for H100: the sum is within the limit, and trying all pairs agrees."""
    text = json.dumps(
        {
            "title": "Two models",
            "blueprint": "multi_agent",
            "workload": {
                name: dict(parameter.example) if isinstance(parameter.example, dict) else parameter.example
                for name, parameter in catalog.blueprint("multi_agent").parameters.items()
                if parameter.example is not None
            },
            "tactics": {"allow": ["mix"], "deny": ["replicate"]},
            "constraints": {"cards": {"h100": {"max": 2}}, "clouds": {"allow": ["aws"]}},
        }
    )
    scenario = scenario_from_text(text, catalog)
    roles = ["planner_llm", "specialist_llm"]
    cut = dataclasses.replace(scenario, blueprint=cut_blueprint(scenario.blueprint, roles))
    full = table(cut, catalog)
    own = {role: tuple(c for c in full.candidates[role] if c.cards)[:60] for role in roles}
    problem = dataclasses.replace(full, candidates=own)
    assert all(pools_ for pools_ in ([c for c in own[role] if c.combined_by == "mix"] for role in roles))
    found = optimise(Search(problem))
    costs = [
        a.cost_usd_per_month + b.cost_usd_per_month
        for a, b in itertools.product(*own.values())
        if a.cards.get("h100", 0) + b.cards.get("h100", 0) <= 2
    ]
    assert found.status is Status.OPTIMAL
    assert found.value == pytest.approx(min(costs), rel=1e-9)


# --- the histogram


def test_a_histogram_replaces_the_means(catalog: Catalog) -> None:
    """Mean tokens in and out, and the spread of the answers, are those of the classes."""
    scenario = scenario_of(catalog, 5.0, request_sizes=SIZES)
    assert scenario.workload["input_tokens"] == pytest.approx(0.5 * 500 + 0.3 * 2_000 + 0.2 * 8_000)
    assert scenario.workload["output_tokens"] == pytest.approx(0.5 * 100 + 0.3 * 300 + 0.2 * 400)
    assert scenario.spread["output_tokens"] == pytest.approx(implied(scenario.request_sizes)["output_tokens"].cv)
    assert {"input_tokens", "output_tokens"} <= scenario.given
    assert not [a for a in scenario.assumptions if "tokens per call" in a.subject]


def test_classes_follow_a_changed_workload(catalog: Catalog) -> None:
    """Where the mean prompt is changed after reading, the classes are stretched with it."""
    scenario = scenario_of(catalog, 5.0, request_sizes=SIZES)
    cut = dataclasses.replace(scenario, blueprint=cut_blueprint(scenario.blueprint, ["llm"]))
    longer = dataclasses.replace(cut, workload={**cut.workload, "input_tokens": 2 * cut.workload["input_tokens"]})
    before, after = (classes(table(s, catalog).demand[frozenset()]["llm"], s) for s in (cut, longer))
    assert [one.input_tokens for one in after] == pytest.approx([2 * one.input_tokens for one in before])
    assert [one.output_tokens for one in after] == pytest.approx([one.output_tokens for one in before])
    total = sum(one.peak_per_s for one in before)
    assert total == pytest.approx(5.0)


@pytest.mark.parametrize(
    ("sizes", "workload", "words"),
    [
        ([{**SIZES[0], "share": 0.5}, {**SIZES[1], "share": 0.4}], {}, "add up to 0.9; they must add up to 1"),
        ([{**SIZES[0], "share": 0.5}, {**SIZES[0], "share": 0.5}], {}, "500 tokens in and 100 out come 2 times"),
        (SIZES, {"input_tokens": 9_000}, "found 9000, but request_sizes has a mean of 2450"),
        ([{"input_tokens": 0, "output_tokens": 1, "share": 1}], {}, "must be greater than 0"),
        ([{"input_tokens": 5, "output_tokens": 1, "share": 1.5}], {}, "must be at most 1"),
        ([{"input_tokens": 5, "output_tokens": 1, "share": 1, "prio": 1}], {}, "did you mean 'priority'"),
        ([{"input_tokens": 5, "share": 1}], {}, "is missing"),
        ("none", {}, "a list is expected"),
    ],
)
def test_a_wrong_histogram_is_said(sizes: Any, workload: Any, words: str, catalog: Catalog) -> None:
    """Shares, repeats, contradictions, ranges and misspelt keys are named; nothing is guessed."""
    given = {"requests_per_month": 1, "documents": 1, "documents_changed_per_month": 1, **workload}
    text = json.dumps({"title": "T", "blueprint": "rag_assistant", "request_sizes": sizes, "workload": given})
    with pytest.raises(InputError) as error:
        scenario_from_text(text, catalog)
    assert any(words in p.message for p in error.value.problems), error.value.problems
    assert all(p.line for p in error.value.problems)


def test_what_a_histogram_goes_without(catalog: Catalog) -> None:
    """A blueprint whose requests have no tokens in and out refuses a histogram."""
    sizes = "request_sizes: [{input_tokens: 1, output_tokens: 1, share: 1}]"
    with pytest.raises(InputError) as error:
        scenario_from_text(f"title: T\nblueprint: continuous_training\nworkload: {{}}\n{sizes}", catalog)
    assert any("so its requests have no sizes" in p.message for p in error.value.problems)


# --- outputs


def test_every_metric_of_a_pool_is_explained(catalog: Catalog) -> None:
    """Each derivation ends in the metric's value; the capacity section names the units of each type and the classes."""
    keep = [FP8_L40S, FP8_H100]
    scenario = scenario_of(catalog, 20.0, keep, request_sizes=SIZES, tactics={"allow": ["mix"]})
    result = advisor.propose(scenario, catalog, explain=False)
    assert result.best is not None
    assert result.best.design["llm"].combined_by == "mix"
    for path in metrics(result.best):
        assert explain(result.best, path, catalog).value == pytest.approx(result.best.metric(path), rel=1e-9), path
    words = context(View(result, result.best, catalog.date, "advisor", "0"))["provisioned"]
    assert any("units of work at peak" in text and "500 tokens in, 100 out" in text for text in words)  # type: ignore[union-attr]
    said = {a.change_at for a in result.best.assumptions}
    assert "tactics.mix_ttft_ms" in said
    assert any(a.subject.startswith("throughput of llama_3_1_8b") for a in result.best.assumptions)
