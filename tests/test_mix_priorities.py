"""Requests that the cards do not suffice for: the most important is served first, and the rest is named."""

from __future__ import annotations

import dataclasses
import io
import json
import random

import jsonschema
import pytest
from oracles.problems import cut_blueprint
from rich.console import Console
from test_mix import FP8_H100, FP8_H200, FP8_L40S, H100, L40S, as_selection, scenario_of

import advisor
from advisor.analysis.priorities import serve_by_priority
from advisor.candidates import pool_plans
from advisor.candidates.table import table
from advisor.catalog.load import Catalog
from advisor.commands.propose import exit_code
from advisor.commands.schema import schema_text
from advisor.evaluation.evaluate import judge
from advisor.optimizer.solver import Status
from advisor.proposal import Proposal
from advisor.render import json_output
from advisor.render import priorities as render
from advisor.scenario.load import Scenario

SIZES = [
    {"input_tokens": 500, "output_tokens": 100, "share": 0.5, "priority": 2},
    {"input_tokens": 2_000, "output_tokens": 300, "share": 0.3, "priority": 1},
    {"input_tokens": 8_000, "output_tokens": 400, "share": 0.2, "priority": 2},
]


def alone(scenario: Scenario) -> Scenario:
    """Return a scenario of the model alone."""
    return dataclasses.replace(scenario, blueprint=cut_blueprint(scenario.blueprint, ["llm"]))


@pytest.mark.parametrize("seed", range(10))
def test_what_is_served_is_what_select_serves(seed: int, catalog: Catalog) -> None:
    """Random classes, priorities and cards: what is left of each priority, and the cost, are those of ``select``."""
    rng = random.Random(seed)
    sizes = [
        {"input_tokens": rng.choice([300, 900, 4_000]) + i, "output_tokens": rng.randint(50, 500), "share": 0.25}
        | ({"priority": rng.randint(1, 3)} if i or rng.random() < 0.7 else {})
        for i in range(4)
    ]
    cards = {"l40s": {"max": rng.randint(0, 3)}, "h100": {"max": rng.randint(0, 2)}}
    keep = [L40S, H100] if seed % 2 else [FP8_L40S, FP8_H100]
    parts = {"request_sizes": sizes, "constraints": {"cards": cards}}
    scenario = alone(scenario_of(catalog, rng.uniform(15, 60), keep, **parts))
    data = as_selection(scenario, catalog, keep, cards)
    for one, size in zip(data["roles"]["llm"]["classes"].values(), sizes, strict=True):
        one.update({"priority": size["priority"]} if "priority" in size else {})
    other, mine = advisor.select(data), serve_by_priority(scenario, catalog)
    if other.status is Status.OPTIMAL:
        assert mine is not None
        assert all(one.share == pytest.approx(1) for one in mine.classes)
        return
    if other.by_priority is None or not any(n for p in other.by_priority.best.pools.values() for n in p.units.values()):
        assert mine is None
        return
    assert mine is not None
    assert mine.status is Status.OPTIMAL
    for level in {size["priority"] for size in sizes if "priority" in size}:
        theirs = sum(c.demand * c.unserved for c in other.by_priority.classes if c.priority == level)
        ours = sum(3 * c.requests_per_s * (1 - c.share) for c in mine.classes if c.priority == level)
        assert ours == pytest.approx(theirs, rel=1e-6, abs=1e-6), level
    bill = mine.best.design["llm"].bill_usd_per_month
    assert bill == pytest.approx(other.by_priority.best.totals["cost"], rel=1e-9)


@pytest.fixture(scope="module")
def short(catalog: Catalog) -> Proposal:
    """Return the answer to a scenario with two accelerators for what would take nine."""
    scenario = scenario_of(
        catalog,
        40.0,
        request_sizes=SIZES,
        constraints={"cards": {"l40s": {"max": 1}, "h100": {"max": 1}}, "clouds": {"allow": ["aws"]}},
        choices={"pin": {"llm": "llama_3_1_8b"}, "exclude": [FP8_H200]},
    )
    return advisor.propose(scenario, catalog, explain=False)


def test_the_answer_meets_everything_else(short: Proposal) -> None:
    """The design for a smaller demand is within every requirement, and what is not served adds up."""
    assert (short.status, short.best) == (Status.INFEASIBLE, None)
    found = short.by_priority
    assert found is not None
    assert judge(found.best.design, short.scenario).feasible
    assert found.best.cards == {"h100": 1, "l40s": 1}
    shares = {c.name: c.share for c in found.classes}
    assert shares["2 000 tokens in, 300 out"] == pytest.approx(1.0)
    assert 0 < sum(1 - share for share in shares.values()) < 2
    left = sum(c.requests_per_s * (1 - c.share) for c in found.classes if c.priority == 2)
    assert found.best.design["llm"].unserved == {2: pytest.approx(left)}


def test_priorities_decide_nothing_where_all_is_served(catalog: Catalog) -> None:
    """With enough cards, without priorities, or without the tactic, there is no second answer."""
    enough = scenario_of(catalog, 10.0, request_sizes=SIZES)
    assert advisor.propose(enough, catalog, explain=False).by_priority is None
    few = {"cards": {"l40s": {"max": 1}, "h100": {"max": 0}}}
    plain = [{key: value for key, value in size.items() if key != "priority"} for size in SIZES]
    without = scenario_of(catalog, 40.0, request_sizes=plain, constraints=few)
    assert serve_by_priority(without, catalog) is None
    denied = scenario_of(catalog, 40.0, request_sizes=SIZES, constraints=few, tactics={})
    assert serve_by_priority(denied, catalog) is None


def test_no_candidate_leaves_anything_unless_asked(catalog: Catalog) -> None:
    """In the table of the scenario as it is every candidate serves all of the demand."""
    scenario = alone(scenario_of(catalog, 20.0, request_sizes=SIZES, constraints={"cards": {"h100": {"max": 1}}}))
    assert not any(c.unserved for c in table(scenario, catalog).candidates["llm"])
    partial = table(dataclasses.replace(scenario, partial=True), catalog).candidates["llm"]
    assert any(c.unserved for c in partial)
    assert len({c.id for c in partial}) == len(partial)


def test_it_is_said_and_never_silent(short: Proposal) -> None:
    """The exit code stays that of infeasible; text and JSON name what share of each class is not served."""
    assert exit_code(short) == 3
    data = json_output.proposal(short)
    jsonschema.validate(data, json.loads(schema_text("proposal", "rag_assistant", None)))
    assert data["status"] == "infeasible"
    classes = data["by_priority"]["classes"]
    assert [one["priority"] for one in classes] == [1, 2, 2]
    assert sum(one["unserved_share"] for one in classes) > 0.1
    assert short.by_priority is not None
    out = io.StringIO()
    Console(file=out, width=160).print(*render.text(short.by_priority))
    assert "Not all requests can be served." in out.getvalue()
    row = next(line for line in out.getvalue().splitlines() if "8 000 tokens in, 400 out" in line)
    share = next(one["unserved_share"] for one in classes if one["class"].startswith("8 000"))
    assert f"{100 * share:.0f}" in row


def test_a_class_that_nothing_serves_is_named_to_the_user(catalog: Catalog) -> None:
    """Where a model is out because of one class of requests, the proposal says which and why, once for each model."""
    long = [{"input_tokens": 140_000, "output_tokens": 200, "share": 0.1}, {**SIZES[0], "share": 0.9}]
    scenario = alone(scenario_of(catalog, 5.0, request_sizes=long))
    lines = list(render.unserved_lines(table(scenario, catalog)))
    assert len(lines) == 1
    assert lines[0].startswith("llm, Llama 3.1 8B Instruct: no unit type can serve requests of 140 000 tokens in")
    assert "above its context of 131 072" in lines[0]


def test_mixes_that_are_not_looked_at_are_said(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there are too many numbers of units for part of the load, pools say how many unlike types they may have;
    where all of them are looked at nothing is said."""
    cards = {"l40s": {"max": 1}, "h100": {"max": 1}}
    asked = scenario_of(catalog, 30.0, [FP8_L40S, FP8_H100], request_sizes=SIZES, constraints={"cards": cards})
    scenario = dataclasses.replace(alone(asked), partial=True)
    said = {}
    for most in (4_000, 1):
        monkeypatch.setattr(pool_plans, "MOST_PARTIAL", most)
        found = [c for c in table(scenario, catalog).candidates["llm"] if c.unserved]
        assert found
        said[most] = {(a.subject, a.value) for c in found for a in c.assumptions if "part of the load" in a.subject}
    assert said == {4_000: set(), 1: {("unit types in one pool for part of the load", "at most 1")}}
