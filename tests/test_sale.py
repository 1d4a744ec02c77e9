"""A design of a past day has only what could be bought then, at the prices of that day."""

from __future__ import annotations

import dataclasses
import datetime
import functools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from advisor import resources
from advisor.analysis.answers import solve
from advisor.analysis.why_not import why_not
from advisor.analysis.wishes import find_wishes
from advisor.billing.load import bill_from_text
from advisor.billing.price import price
from advisor.billing.result import PricedBill
from advisor.candidates.table import table
from advisor.catalog.load import Catalog
from advisor.catalog.model import Component, Day
from advisor.catalog.sale import sale
from advisor.commands.main import run
from advisor.designs import evaluate
from advisor.errors import InputError
from advisor.evaluation.evaluate import judge
from advisor.optimizer.solver import Status
from advisor.proposal import Proposal, propose
from advisor.render.terminal import conflict_lines
from advisor.scenario.load import load_scenario, scenario_from_text
from advisor.scenario.requirements import Filter

Date = datetime.date
DATA = Path(__file__).parent / "data"
HELP_DESK = """
title: Help desk
blueprint: rag_assistant
workload: {requests_per_month: 500_000, input_tokens: 2_000, output_tokens: 250, documents: 200_000,
  documents_changed_per_month: 20_000}
constraints: {quality: {min: 0.25}, flows: {answer: {latency_ms: {p95: 15_000}}}}
objective: {minimize: cost_usd_per_month}
"""
DAYS = (Date(2024, 7, 1), Date(2025, 3, 1), Date(2026, 11, 26))
LISTED = [  # option, day, USD per million tokens in and out, as the makers listed them
    ("gpt_4o_2024_05_openai", Date(2024, 6, 15), 5, 15),
    ("gpt_4o_openai", Date(2024, 10, 15), 2.5, 10),
    ("gpt_4o_mini_openai", Date(2024, 9, 1), 0.15, 0.6),
    ("claude_3_5_sonnet_2024_06_anthropic", Date(2024, 7, 1), 3, 15),
    ("claude_3_haiku_anthropic", Date(2024, 7, 1), 0.25, 1.25),
    ("claude_3_5_haiku_anthropic", Date(2024, 11, 15), 1, 5),
    ("claude_3_5_haiku_anthropic", Date(2025, 3, 1), 0.8, 4),
    ("gemini_1_5_pro_google", Date(2024, 7, 1), 3.5, 10.5),
    ("gemini_1_5_pro_google", Date(2024, 11, 1), 1.25, 5),
    ("gemini_1_5_flash_google", Date(2024, 7, 1), 0.35, 1.05),
    ("gemini_1_5_flash_google", Date(2024, 9, 1), 0.075, 0.3),
    ("mistral_large_2402_mistral", Date(2024, 7, 1), 4, 12),
    ("deepseek_v3_2024_12_deepseek", Date(2025, 1, 15), 0.14, 0.28),
    ("deepseek_v3_2024_12_deepseek", Date(2025, 3, 1), 0.27, 1.1),
    ("o3_openai_medium", Date(2025, 5, 1), 10, 40),
    ("o3_openai_medium", Date(2025, 7, 1), 2, 8),
    ("llama_3_1_70b_bedrock", Date(2024, 8, 1), 2.65, 3.5),
    ("gpt_5_6_terra_openai_none", Date(2026, 7, 15), 2.5, 15),
]


@pytest.fixture(scope="module")
def past(catalog: Catalog) -> dict[Date, Proposal]:
    """Return the proposal for a help desk on each of three days."""
    scenario = scenario_from_text(HELP_DESK, catalog)
    return {day: propose(scenario, catalog, as_of=day, explain=False) for day in DAYS}


def sold_on(day: Date) -> set[str]:
    """Return the options of language models that could be bought on a day, read from the files alone."""
    machines = _machines()
    return {
        option["id"]
        for path in (resources.folder("catalog") / "llm").glob("*.yml")
        for option in _sold(path, day)
        if machines.get(option.get("unit", {}).get("instance"), Date.min) <= day
    }


@functools.cache
def _read(path: Path) -> Any:
    return yaml.load(path.read_text(), yaml.CSafeLoader)  # the safe one, ten times as fast


def _machines() -> dict[str, Date]:
    """Return instance type -> the day of its release, of those that say so."""
    files = (resources.folder("catalog") / "prices").glob("*.yml")
    clouds = [(cloud, types) for path in files for cloud, types in _read(path).items()]
    every = {f"{cloud}/{name}": one for cloud, types in clouds for name, one in types.items()}
    return {name: one["released"]["date"] for name, one in every.items() if "released" in one}


def _sold(path: Path, day: Date) -> Iterator[dict[str, Any]]:
    component = _read(path)
    for option in component["options"]:
        first = (option.get("released") or component.get("released"))["date"]
        last = (option.get("withdrawn") or component.get("withdrawn") or {"date": Date.max})["date"]
        if first <= day < last:
            yield option


TOKENS = ("million_input_tokens", "million_output_tokens")


def billed(option: str, meter: str, catalog: Catalog, day: Date) -> PricedBill:
    """Return a bill of one unit of a meter on a day."""
    line = {"id": "one", "component": option, "meter": meter, "quantity": 1}
    text = json.dumps({"title": "Test", "hours_per_month": 730, "lines": [line]})
    return price(bill_from_text(text, "", catalog), catalog, as_of=day).bill


def test_every_language_model_says_since_when_it_is_sold(catalog: Catalog) -> None:
    """No option of a language model lacks the day of its release, with a source."""
    for component, option in catalog.options_for("llm"):
        released = option.released or component.released
        assert released is not None, option.id
        assert released.source is not None


@pytest.mark.parametrize("role", ["embedding", "reranker", "input_guardrail"])
def test_the_smaller_models_say_so_too(role: str, catalog: Catalog) -> None:
    """Embeddings, rerankers and guardrails have a day as well; where no source states it, it is an estimate."""
    for component, option in catalog.options_for(role):
        assert option.released or component.released, option.id


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_the_models_of_a_past_design_are_of_that_time(day: Date, past: dict[Date, Proposal]) -> None:
    """The design of summer 2024 has no moderation, embedding or reranker that came later, read from the files alone."""
    found = past[day]
    assert found.best is not None
    for role in ("embedding", "reranker", "input_guardrail", "output_guardrail"):
        chosen = found.best.design[role]
        if chosen.option is not None:
            component, option = found.table.catalog.options[chosen.option.id]
            released = option.released or component.released
            assert released is not None
            assert released.date <= day, chosen.option.id


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_only_models_of_the_time_are_candidates(day: Date, past: dict[Date, Proposal]) -> None:
    """Every language model in the table was sold on the day, and those that were not are rejected with their days."""
    known, sold = past[day].table, sold_on(day)
    offered = {c.option.id.split("@")[0] for c in known.candidates["llm"] if c.option}
    assert offered
    assert offered <= sold
    unsold = {one.option.id for one in known.rejections if one.role == "llm" and one.unsold}
    assert unsold == {option.id for _, option in known.catalog.options_for("llm")} - sold
    assert all(str(day) in one.reason for one in known.rejections if one.unsold)


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_the_design_of_a_past_day_is_optimal(day: Date, past: dict[Date, Proposal]) -> None:
    """The optimum is proved; of all models of the day none put in its place holds everything for less."""
    found = past[day]
    assert found.status is Status.OPTIMAL
    assert found.best is not None
    for other in found.table.candidates["llm"]:
        swapped = judge({**found.best.design, "llm": other}, found.best.scenario)
        assert not swapped.feasible or swapped.cost_usd_per_month >= found.best.cost_usd_per_month - 1e-6


def test_answers_get_cheaper_and_better(past: dict[Date, Proposal]) -> None:
    """The same help desk costs less each time, with another model: the history is not idle."""
    best = [found.best for found in past.values()]
    costs = [one.cost_usd_per_month for one in best if one]
    assert costs == sorted(costs, reverse=True)
    assert len({one.design["llm"].component_id for one in best if one}) > 1


@pytest.mark.parametrize(("option", "day", "usd_in", "usd_out"), LISTED)
def test_prices_are_those_of_the_day(option: str, day: Date, usd_in: float, usd_out: float, catalog: Catalog) -> None:
    """A million tokens cost what the maker's list said on the day."""
    found = {meter: billed(option, meter, catalog, day).monthly_usd for meter in TOKENS}
    assert list(found.values()) == pytest.approx([usd_in, usd_out])
    assert sale(catalog, *catalog.options[option]).refusal(day) == ""


def test_a_past_day_says_what_is_not_of_that_day(past: dict[Date, Proposal]) -> None:
    """Only prices and days of sale have a history: what else is used is listed as of later; today nothing is."""
    for day, found in past.items():
        assert found.best is not None
        notes = [note for note in found.best.assumptions if note.subject.endswith(f"on {day}")]
        assert bool(notes) == (day != DAYS[-1])
        assert sum(note.subject == f"figures on {day}" for note in notes) == (day != DAYS[-1])


def test_a_day_that_is_still_to_come_says_so(catalog: Catalog) -> None:
    """Nobody knows the prices of next year: those of the newest check stand in for them, and are said to."""
    scenario = load_scenario(resources.example("support_copilot"), catalog)
    newest = catalog.date
    for day, said in ((newest, False), (newest + datetime.timedelta(90), True)):
        best = propose(scenario, catalog, as_of=day, explain=False).best
        assert best is not None
        notes = [note for note in best.assumptions if note.subject == f"prices on {day}"]
        assert [note.value for note in notes] == ([f"as known on {newest}"] if said else [])


def test_a_machine_that_came_later_is_not_offered(catalog: Catalog) -> None:
    """A model of 2024 on a machine of 2025 could not be run in 2024, and the machine is named."""
    component, option = catalog.options["llama_3_3_70b_aws_p6_b200_48xlarge_tp1_c64"]
    refused = sale(catalog, component, option).refusal(Date(2025, 3, 1))
    assert refused == "aws/p6-b200.48xlarge was released on 2025-05-15, after the date of the prices, 2025-03-01"
    assert sale(catalog, component, option).refusal(Date(2025, 5, 15)) == ""


# --- on the small catalog ---------------------------------------------------------------------------------------------

FIRST, LAST = Date(2026, 3, 1), Date(2026, 6, 1)


def with_days(mini: Catalog, name: str, released: Date | None = None, withdrawn: Date | None = None) -> Catalog:
    """Return the small catalog in which a component is sold from and until certain days."""
    days = {"released": released, "withdrawn": withdrawn}
    stated = {k: _day(v) for k, v in days.items() if v}
    component: Component = mini.records.components[name].model_copy(update=stated)
    components = {**mini.records.components, name: component}
    return Catalog(mini.records.model_copy(update={"components": components}), "days")


def _day(date: Date) -> Day:
    return Day(date=date, basis="estimate", reasoning="a test", checked=date)


@pytest.fixture(scope="module")
def plain(mini: Catalog) -> Proposal:
    """Return the proposal of the small scenario, everything sold."""
    return propose(load_scenario(DATA / "mini_scenario.yml", mini), mini, explain=False)


@pytest.mark.parametrize(
    ("days", "offered"),
    [
        ({"released": FIRST}, (False, True, True)),
        ({"withdrawn": LAST}, (True, True, False)),
        ({"released": FIRST, "withdrawn": LAST}, (False, True, False)),
        ({}, (True, True, True)),
    ],
)
def test_the_first_day_counts_and_the_last_does_not(
    days: dict[str, Date], offered: tuple[bool, ...], plain: Proposal, mini: Catalog
) -> None:
    """From the day of its release on, up to the day before it is withdrawn."""
    changed = with_days(mini, "alpha_small", **days)
    for day, expected in zip((FIRST - datetime.timedelta(1), FIRST, LAST), offered, strict=True):
        known = table(plain.table.scenario, changed, day).candidates["llm"]
        assert any(one.component_id == "alpha_small" for one in known) is expected


@pytest.mark.parametrize("name", ["alpha_large", "alpha_small", "beta_open"])
def test_a_withdrawn_model_leaves_no_trace_in_the_answer(name: str, plain: Proposal, mini: Catalog) -> None:
    """The answer is that of a catalog that never had it, chosen or not, and no table lists it as an alternative."""
    gone = propose(plain.table.scenario, with_days(mini, name, withdrawn=Date(2026, 1, 1)), relax=False)
    others = {key: one for key, one in mini.records.components.items() if key != name}
    fewer = Catalog(mini.records.model_copy(update={"components": others}), "fewer")
    never = propose(plain.table.scenario, fewer, relax=False)
    assert gone.status is never.status
    assert gone.best is None or never.best is None or gone.best.cost_usd_per_month == never.best.cost_usd_per_month
    assert ids(gone) == ids(never)
    assert all(reason.component_id != name for some in gone.reasons.values() for reason in some)


def ids(found: Proposal) -> dict[str, str]:
    """Return role -> candidate of a proposal; nothing without a design."""
    return {role: one.id for role, one in found.best.design.items()} if found.best else {}


def test_a_pin_of_what_is_not_sold_any_more_says_so(plain: Proposal, mini: Catalog) -> None:
    """The conflict names the pin, and under it each option with the day on which its sale ended."""
    gone = with_days(mini, "alpha_small", withdrawn=Date(2026, 1, 1))
    pinned = Filter("choices.pin.llm", "pin", frozenset(["alpha_small"]), True, "llm")
    scenario = dataclasses.replace(plain.table.scenario, requirements=(*plain.table.scenario.requirements, pinned))
    lines = list(conflict_lines(propose(scenario, gone, relax=False)))
    assert "  llm pinned: alpha_small   (choices.pin.llm)" in lines
    assert any("withdrawn on 2026-01-01, not sold any more" in line for line in lines)


def test_a_design_that_names_what_was_not_sold_is_judged_and_says_so(plain: Proposal, mini: Catalog) -> None:
    """By candidate id or by option: all metrics are there, priced as on its first day, and it is not feasible."""
    assert plain.best is not None
    chosen = plain.best.design["llm"]
    assert chosen.option is not None
    later = with_days(mini, chosen.component_id, released=FIRST)
    day_before = table(plain.table.scenario, later, FIRST - datetime.timedelta(1))
    assert all(one.component_id != chosen.component_id for one in day_before.candidates["llm"])
    by_option = {"option": chosen.option.id, "units": chosen.units, "zones": chosen.zones}
    for choice in (chosen.id, {"id": chosen.id}, by_option):
        found = evaluate({**ids(plain), "llm": choice}, plain.table.scenario, candidates=day_before)
        assert found.cost_usd_per_month == pytest.approx(plain.best.cost_usd_per_month)
        assert not found.feasible
        assert found.consistent == (
            f"{chosen.id} could not be bought: released on 2026-03-01, after the date of the prices, 2026-02-28",
        )


def test_why_not_says_when_it_was_sold(plain: Proposal, mini: Catalog) -> None:
    """Asked for by name, what is withdrawn gets its days, not a limit that it would break."""
    assert plain.best is not None
    chosen = plain.best.design["llm"].component_id
    name = next(one.id for one, _ in mini.options_for("llm") if one.id != chosen)
    answer = solve(table(plain.table.scenario, with_days(mini, name, withdrawn=Date(2026, 1, 1))))
    found = why_not(answer, find_wishes(answer.table, [name], ["llm"])[0])
    assert found.kind == "unsold"
    assert all("withdrawn on 2026-01-01" in detail for detail in found.details)


def test_a_bill_with_what_was_not_sold_is_refused(catalog: Catalog) -> None:
    """A bill cannot hold what could not be bought; the day of its release is said."""
    with pytest.raises(InputError, match="gpt_6_luna_openai_none: released on 2026-09-22, after the date"):
        billed("gpt_6_luna_openai_none", TOKENS[0], catalog, Date(2024, 7, 1))


def test_the_catalog_shows_the_days(capsys: pytest.CaptureFixture[str]) -> None:
    """The page of a component, an option and the export have the days with their sources."""
    assert run(["catalog", "show", "claude_3_5_sonnet_2024_06_anthropic"]) == 0
    assert "sold from 2024-06-20 to before 2025-10-28" in " ".join(capsys.readouterr().out.split())
    assert run(["catalog", "show", "gpt_4o_mini"]) == 0
    assert "2024-07-18" in capsys.readouterr().out
    assert run(["catalog", "show", "gpt_4o_mini", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    days = [one for one in shown["figures"] if one["name"] == "released"]
    assert [(one["text"], one["unit"], one["source"]["id"]) for one in days] == [("2024-07-18", "date", "models_dev")]


def test_days_of_sale_are_not_figures_to_vary(catalog: Catalog) -> None:
    """A day cannot be a fifth higher: what is varied are numbers only."""
    from advisor.catalog.perturb import figures

    names = [one.name for one in figures(catalog, ["gpt_4o_openai", "llama_3_3_70b_aws_p6_b200_48xlarge_tp1_c64"])]
    assert names
    assert not [name for name in names if "released" in name or "withdrawn" in name]


def test_a_day_before_all_models_is_said_as_that(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Not as a lack of capacity, and with the first model that came instead of all of them."""
    file = tmp_path / "scenario.yml"
    assert run(["init", "--yes", "-o", str(file)]) == 0
    capsys.readouterr()
    assert run(["propose", str(file), "--as-of", "2024-01-15"]) == 3
    said = capsys.readouterr().out
    assert "Nothing in the catalog that fills llm was sold on 2024-01-15" in said
    assert "capacity" not in said
    lines = [line for line in said.splitlines() if line.startswith("  llm: ")]
    assert len(lines) == 1
    assert re.search(r"released on 2024-02-\d\d, .* as the first; \d+ more came later", lines[0])
