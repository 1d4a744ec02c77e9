"""Architectural tactics: what each makes of a candidate, recomputed by hand, and when the optimum uses it and when not.

Problems are cut to one role, so that every answer is also found by trying everything.
"""

from __future__ import annotations

import dataclasses
import json
from typing import Any, get_args

import numpy as np
import pytest
from oracles.enumeration import designs, enumerate_all, meets, optimum, value
from oracles.problems import cut_blueprint

import advisor
from advisor.candidates.candidate import Candidate
from advisor.candidates.table import Table, table
from advisor.candidates.tactics import JOINS, MODULES, TACTICS
from advisor.candidates.tactics.right_size import family
from advisor.catalog.blueprint import Measure
from advisor.catalog.load import Catalog
from advisor.catalog.model import Instance
from advisor.commands.main import run
from advisor.explanation.combinations import _AVAILABILITY, _RUNS
from advisor.explanation.explain import explain, metrics
from advisor.models.latency import Lognormal
from advisor.optimizer.run import optimise
from advisor.optimizer.search import Search
from advisor.optimizer.solver import Status
from advisor.scenario.load import Scenario, scenario_from_text
from advisor.scenario.model import TacticName
from advisor.scenario.requirements import Bound
from advisor.scenario.tactics import BY_DEFAULT

WORKLOAD = {
    "requests_per_month": 3_000_000,
    "peak_to_average": 5,
    "input_tokens": 3_600,
    "output_tokens": {"mean": 280, "cv": 0.7},
    "documents": 400_000,
    "documents_changed_per_month": 60_000,
}
MILLION_INPUT, MILLION_OUTPUT = 3.0 * 3_600, 3.0 * 280  # tokens of a month
MINIMIZE_COST = {"minimize": "cost_usd_per_month"}
SONNET, LUNA, HAIKU = "claude_sonnet_5_5_anthropic_low", "gpt_6_luna_openai_none", "claude_haiku_4_5_anthropic"
NOVA, FLASH = "nova_micro_bedrock_us", "gemini_3_flash_vertex_minimal"
GUARD, METERED_GUARD = "llm_guard_injection_aws_m5_xlarge", "azure_content_safety_moderation"
L40S, H100 = "llama_3_1_8b_aws_g6e_xlarge_tp1_c64", "llama_3_1_8b_aws_p5_4xlarge_tp1_c64"
MEASURED_FP8, SIMULATED_BF16 = "llama_3_1_8b_aws_p5_4xlarge_mlperf", "llama_3_1_8b_aws_p5_4xlarge_tp1_c64"


@pytest.fixture(scope="module")
def ask(catalog: Catalog) -> Any:
    """Return what makes the table of one role, with some of its options, under a scenario given in parts."""

    def make(role: str, keep: list[str], *, workload: Any = None, choices: Any = None, **parts: Any) -> Table:
        known = {option.id for _, option in catalog.options_for(role)}
        assert set(keep) <= known
        exclude = sorted(known - set(keep)) + (choices or {}).get("exclude", [])
        data = {
            "title": "One role",
            "blueprint": "rag_assistant",
            "workload": WORKLOAD | (workload or {}),
            "objective": MINIMIZE_COST,
            "choices": (choices or {}) | {"exclude": exclude},
            **parts,
        }
        scenario = scenario_from_text(json.dumps(data), catalog)
        return of_roles([role], scenario, catalog)

    return make


def of_roles(roles: list[str], scenario: Scenario, catalog: Catalog) -> Table:
    """Return the admitted candidates of some roles."""
    cut = dataclasses.replace(scenario, blueprint=cut_blueprint(scenario.blueprint, roles))
    full = table(cut, catalog)
    kept = {r: tuple(c for c in f if all(c.admitted_by(x) for x in cut.filters)) for r, f in full.candidates.items()}
    return dataclasses.replace(full, candidates=kept)


def chosen(problem: Table) -> Candidate:
    """Return the one role's optimal candidate, proved by the optimizer and by trying every candidate."""
    found = optimise(Search(problem))
    assert found.status is Status.OPTIMAL
    assert found.best is not None
    every = enumerate_all(problem)
    best = optimum(every, problem.scenario.requirements, problem.scenario.objective)
    ids = {role: c.id for role, c in found.best.design.items()}
    mine = next(judged for judged in every if judged.ids == ids)
    assert meets(mine, problem.scenario.requirements)
    assert value(problem.scenario.objective[0], mine) == pytest.approx(
        value(problem.scenario.objective[0], best[0]), rel=1e-9
    )
    (candidate,) = found.best.design.values()
    return candidate


def find(problem: Table, name: str) -> Candidate:
    """Return the one role's candidate with an id."""
    (candidates,) = problem.candidates.values()
    return next(c for c in candidates if c.id == name)


def of(problem: Table, tactic: str) -> list[Candidate]:
    """Return the one role's candidates that use a tactic."""
    (candidates,) = problem.candidates.values()
    return [c for c in candidates if tactic in c.tactics]


def availability_of(minimum: float) -> dict[str, Any]:
    """Return constraints that bound the answers' availability."""
    return {"flows": {"answer": {"availability": {"min": minimum}}}}


def test_the_vocabulary_is_what_is_registered() -> None:
    """Scenarios name the registered tactics, no more and no fewer, and the defaults are those that register as such."""
    assert set(get_args(TacticName)) == set(TACTICS)
    assert {name for name, tactic in TACTICS.items() if tactic.by_default} == BY_DEFAULT
    assert len(MODULES) == len(TACTICS)
    assert all(tactic.source and tactic.title for tactic in TACTICS.values())


def test_roles_name_combinations_that_exist(catalog: Catalog) -> None:
    """What roles.yml allows is a registered combination, and each combination has a role."""
    named = {name for role in catalog.records.roles.values() for name in role.tactics}
    assert named == {name for name, tactic in TACTICS.items() if tactic.kind == "combination"}


PROBLEMS: dict[str, tuple[str, list[str], dict[str, Any]]] = {
    "replicate": ("input_guardrail", [GUARD], {}),
    "headroom": ("conversation_store", ["dynamodb_provisioned"], {}),
    "reserve": ("input_guardrail", [GUARD], {}),
    "spot": ("input_guardrail", [GUARD], {}),
    "right_size": ("vector_store", ["qdrant_aws_m7i_4xlarge"], {}),
    "quantise": ("llm", [MEASURED_FP8], {}),
    "prompt_cache": ("llm", [SONNET], {"workload": {"repeated_prompt_share": 0.5}}),
    "fallback": ("llm", [LUNA, NOVA], {"constraints": availability_of(0.99)}),
    "split": ("llm", [LUNA, SONNET], {}),
    "cascade": ("llm", [LUNA, SONNET], {}),
    "mix": ("llm", [L40S, H100], {}),
    "hedge": ("llm", [LUNA], {"constraints": {"flows": {"answer": {"ttft_ms": {"p99": 5_000}}}}}),
}


@pytest.mark.parametrize("name", PROBLEMS)
def test_what_is_denied_is_never_made(name: str, ask: Any) -> None:
    """Where a tactic applies it is used when allowed; denied, or not allowed and no default, it makes nothing."""
    role, keep, parts = PROBLEMS[name]
    assert of(ask(role, keep, tactics={"allow": [name]}, **parts), name)
    assert not of(ask(role, keep, tactics={"deny": [name]}, **parts), name)
    assert bool(of(ask(role, keep, **parts), name)) == TACTICS[name].by_default


def test_every_tactic_is_put_to_the_test() -> None:
    """A tactic without its problem here fails the suite; batch has its own, since no shipped flow can use it."""
    assert set(PROBLEMS) | {"batch"} == set(TACTICS)


def test_an_option_that_only_a_denied_tactic_makes_is_rejected_with_the_reason(ask: Any) -> None:
    """Without quantised weights an FP8 option is gone, and the table says why."""
    problem = ask("llm", [MEASURED_FP8, SIMULATED_BF16], tactics={"deny": ["quantise"]})
    reasons = {r.option.id: r.reason for r in problem.rejections}
    assert reasons[MEASURED_FP8] == "its weights are served in fp8, and tactics.deny names quantise"
    assert all(c.option and c.option.precision is None for c in problem.candidates["llm"])


# --- replicate and headroom


def test_two_units_in_two_zones(ask: Any) -> None:
    """Two m5.xlarge, one needed: twice the price, and up unless both zones or machines are down, or the software."""
    found = find(ask("input_guardrail", [GUARD]), f"{GUARD}.2u.2z")
    assert found.bill_usd_per_month == pytest.approx(2 * 730 * 0.192)
    one = 0.9995 * 0.995
    assert found.option
    assert found.option.availability.software
    software = found.option.availability.software.value
    assert found.availability == pytest.approx(software * (1 - (1 - one) ** 2))


def test_replicas_are_chosen_for_availability_only(ask: Any) -> None:
    """One unit is cheapest; three nines take two of them in two zones."""
    assert chosen(ask("input_guardrail", [GUARD])).id == f"{GUARD}.1u.1z"
    asked = ask("input_guardrail", [GUARD], constraints=availability_of(0.999))
    assert chosen(asked).id == f"{GUARD}.2u.2z"


def test_headroom_is_chosen_for_short_queues_only(ask: Any) -> None:
    """More capacity of a managed database costs its price and shortens the wait, which only a bound on times pays."""
    free = ask("conversation_store", ["dynamodb_provisioned"])
    plain, more = (find(free, f"dynamodb_provisioned.{units}u.1z") for units in (1, 2))
    assert chosen(free).id == plain.id
    assert more.tactics == ("headroom",)
    assert more.cost_usd_per_month > plain.cost_usd_per_month
    assert more.availability == plain.availability
    slow, quick = (c.latency["read"][1].quantile(0.99) for c in (plain, more))
    assert quick < slow / 2
    bound = {"flows": {"answer": {"latency_ms": {"p99": (slow + quick) / 2}}}}
    assert chosen(ask("conversation_store", ["dynamodb_provisioned"], constraints=bound)).id == more.id


# --- ways to buy


def test_a_year_and_three_years_cost_what_the_catalog_says(ask: Any, catalog: Catalog) -> None:
    """The bill of a commitment is hours times its price, as published for one year and for three."""
    problem = ask("input_guardrail", [GUARD], tactics={"allow": ["reserve"]})
    for purchase, usd_per_hour in (("reserved_1y", 0.123), ("reserved_3y", 0.081)):
        found = find(problem, f"{GUARD}.2u.1z.{purchase}")
        assert found.bill_usd_per_month == pytest.approx(2 * 730 * usd_per_hour, rel=1e-4)
        plain = find(problem, f"{GUARD}.2u.1z")
        assert (found.availability, found.latency) == (plain.availability, plain.latency)
        reasons = [a.reason for a in found.assumptions if a.subject == f"commitment for {GUARD}"]
        assert len(reasons) == 1
        assert "unused hours are paid" in reasons[0]
    commitments = [p for i in catalog.records.instances.values() for p in i.purchases]
    assert {p.meter for p in commitments} == {"unit_hour_reserved_1y", "unit_hour_reserved_3y", "unit_hour_spot"}


def test_an_unknown_way_to_buy_is_no_silent_nothing(catalog: Catalog) -> None:
    """A price under a meter that no purchase has is refused, not passed over."""
    instance = catalog.records.instances["aws/m5.xlarge"].model_dump(by_alias=True)
    instance["purchases"][0]["meter"] = "unit_hour_reserved_2y"
    with pytest.raises(ValueError, match="ways to buy: unit_hour_reserved_1y, unit_hour_reserved_3y, unit_hour_spot"):
        Instance.model_validate(instance)


def test_commitments_pay_at_high_volume_only(ask: Any) -> None:
    """Thirty million screenings are cheapest on reserved machines, three hundred thousand on a metered service."""
    for requests, winner in ((3e7, f"{GUARD}.10u.1z.reserved_3y"), (3e5, f"{METERED_GUARD}.1u.1z")):
        problem = ask(
            "input_guardrail",
            [GUARD, METERED_GUARD],
            workload={"requests_per_month": requests},
            tactics={"allow": ["reserve"]},
        )
        assert chosen(problem).id == winner


def test_spot_units_are_lost_once_a_month_for_ten_minutes(ask: Any, catalog: Catalog) -> None:
    """Price and availability of two spot units of which one is needed, from the catalog's figures by hand."""
    problem = ask("input_guardrail", [GUARD], tactics={"allow": ["spot"]})
    found = find(problem, f"{GUARD}.2u.1z.spot")
    assert found.bill_usd_per_month == pytest.approx(2 * 730 * 0.07044)
    unit = 0.995 * 730 / (730 + 1 * 10 / 60)
    both = 0.9995 * (1 - (1 - unit) ** 2)
    assert found.option
    assert found.option.availability.software
    assert found.availability == pytest.approx(found.option.availability.software.value * 0.9995 * both)
    assert not [c for c in of(problem, "spot") if c.units <= c.needed_units]
    assert any(a.subject == f"interruptions of {GUARD}" for a in found.assumptions)


def test_spot_is_chosen_until_availability_forbids_it(ask: Any) -> None:
    """Two spot units undercut one on demand; above what spot capacity itself has, on-demand units are needed."""
    allowed = {"allow": ["spot"]}
    assert "spot" in chosen(ask("input_guardrail", [GUARD], tactics=allowed, constraints=availability_of(0.99))).tactics
    strict = chosen(ask("input_guardrail", [GUARD], tactics=allowed, constraints=availability_of(0.9992)))
    assert strict.id == f"{GUARD}.2u.2z"


def test_stores_are_never_put_on_spot(candidates: Table, scenario: Scenario, catalog: Catalog) -> None:
    """Units that hold data, managed services and instances without a known interruption rate have no spot variant."""
    allowed = dataclasses.replace(scenario.tactics, allowed=scenario.tactics.allowed | {"spot"})
    found = table(dataclasses.replace(scenario, tactics=allowed), catalog)
    spot = [c for role in found.candidates.values() for c in role if "spot" in c.tactics]
    assert spot
    assert {c.option.unit.instance for c in spot if c.option and c.option.unit} == {"aws/m5.xlarge"}
    assert not [c for c in spot if c.option and c.option.unit and c.option.unit.stateful]


# --- other options


def test_families_are_told_apart() -> None:
    """Sizes of one family share their name without the size; a digit that is a generation is no size."""
    assert family("aws/c7g.xlarge") != family("aws/c7i.xlarge")
    assert family("azure/Standard_D2s_v5") == family("azure/Standard_D16s_v5") != family("azure/Standard_E16s_v5")
    assert family("gcp/n2-standard-2") != family("gcp/n2-highmem-2")


def test_half_a_machine_has_half_the_capacity(ask: Any) -> None:
    """The next smaller size halves rates and memory, keeps disks and latency, and says that this is a guess."""
    problem = ask("vector_store", ["qdrant_aws_m7i_4xlarge"], tactics={"allow": ["right_size"], "deny": ["replicate"]})
    small = next(c for c in of(problem, "right_size") if c.option and c.option.id.endswith("@m7i.2xlarge"))
    plain = next(c for c in problem.candidates["vector_store"] if not c.tactics)
    assert small.option
    assert plain.option
    for name, capacity in plain.option.capacity.items():
        scaled = small.option.capacity[name].value
        assert scaled == (None if capacity.value is None else pytest.approx(capacity.value / 2))
    assert small.option.latency == plain.option.latency
    assert small.bill_usd_per_month / small.units == pytest.approx(0.4032 * 730, rel=0.05)
    assert any("in proportion" in a.reason for a in small.assumptions)
    assert {c.option.unit.instance for c in of(problem, "right_size") if c.option and c.option.unit} == {
        "aws/m7i.2xlarge"  # m7i.xlarge is a quarter: too far from what was measured
    }


def test_a_smaller_machine_is_chosen_when_it_suffices(ask: Any) -> None:
    """A small collection fits half a machine; where two halves are needed one whole is as cheap and more available."""
    tactics = {"allow": ["right_size"], "deny": ["replicate"]}
    for documents, right_sized in ((100_000, True), (250_000, False)):
        workload = {"documents": documents}
        found = chosen(ask("vector_store", ["qdrant_aws_m7i_4xlarge"], tactics=tactics, workload=workload))
        assert ("right_size" in found.tactics) == right_sized
        assert found.units == 1


def test_quantised_weights_are_chosen_where_they_are_cheaper(ask: Any) -> None:
    """The FP8 option wins on cost when the rest is the same machine; denied, the 16-bit one is what is left."""
    keep = [MEASURED_FP8, SIMULATED_BF16]
    found = chosen(ask("llm", keep))
    assert found.tactics == ("quantise",)
    assert any(a.subject == f"quality of {MEASURED_FP8} at FP8" for a in found.assumptions)
    assert "quantise" not in chosen(ask("llm", keep, tactics={"deny": ["quantise"]})).tactics


def test_quantised_weights_lose_where_times_decide(ask: Any) -> None:
    """Measured near saturation, the FP8 option's first token is late: a tight bound takes the 16-bit one."""
    bound = {"flows": {"answer": {"ttft_ms": {"p99": 400}}}}
    assert "quantise" not in chosen(ask("llm", [MEASURED_FP8, SIMULATED_BF16], constraints=bound)).tactics


# --- ways to ask


def test_cached_prompts_are_billed_in_three_parts(ask: Any) -> None:
    """Half of the prompt repeats and 80 % of it is found: 40 % is read, 10 % written, 50 % sent as ever."""
    problem = ask("llm", [SONNET], workload={"repeated_prompt_share": 0.5})
    found = find(problem, f"{SONNET}.1u.1z.prompt_cache")
    expected = MILLION_INPUT * (0.5 * 2 + 0.4 * 0.1 + 0.1 * 2.5) + MILLION_OUTPUT * 10
    assert found.bill_usd_per_month == pytest.approx(expected)
    assert [round(line.share, 12) for line in found.lines] == [0.5, 1, 0.4, 0.1]
    plain = find(problem, f"{SONNET}.1u.1z")
    assert (found.latency, found.quality, found.availability) == (plain.latency, plain.quality, plain.availability)
    changed_at = {a.change_at for a in found.assumptions}
    assert {"tactics.prompt_cache_hit_share", "workload.repeated_prompt_share"} <= changed_at


def test_without_a_write_price_misses_cost_what_input_costs(ask: Any) -> None:
    """Nova charges nothing for writing: what is not found in the cache is plain input."""
    stated = {"prompt_cache_hit_share": 0.6}
    problem = ask("llm", [NOVA], workload={"repeated_prompt_share": 0.5}, tactics=stated)
    found = find(problem, f"{NOVA}.1u.1z.prompt_cache")
    expected = MILLION_INPUT * (0.7 * 0.035 + 0.3 * 0.00875) + MILLION_OUTPUT * 0.14
    assert found.bill_usd_per_month == pytest.approx(expected)
    assert "tactics.prompt_cache_hit_share" not in {a.change_at for a in found.assumptions}


@pytest.mark.parametrize(
    ("workload", "tactics"),
    [
        ({}, {}),  # nothing repeats
        ({"repeated_prompt_share": 0.2}, {}),  # 720 tokens: too short to be cached
        ({"repeated_prompt_share": 0.5}, {"prompt_cache_hit_share": 0.2}),  # reads do not pay for writes
    ],
)
def test_a_cache_that_saves_nothing_is_not_made(workload: Any, tactics: Any, ask: Any) -> None:
    """Prompts that do not repeat, are too short, or are rarely found give no cached variant."""
    assert not of(ask("llm", [SONNET], workload=workload, tactics=tactics), "prompt_cache")


@pytest.mark.parametrize(
    ("repeats", "input_tokens"), [(0.5, 3_600), (0.9, 3_600), (0.2, 3_600), (0.5, 2_100), (0.5, 2_000), (0, 3_600)]
)
@pytest.mark.parametrize("name", [SONNET, NOVA])
def test_under_another_workload_the_cache_holds_what_repeats_there(
    name: str, repeats: float, input_tokens: int, ask: Any
) -> None:
    """A design that stays as it is has the candidate made there, or the plain one where prompts are too short."""
    old = find(ask("llm", [name], workload={"repeated_prompt_share": 0.5}), f"{name}.1u.1z.prompt_cache")
    there = ask("llm", [name], workload={"repeated_prompt_share": repeats, "input_tokens": input_tokens})
    made = {c.id: c for c in there.candidates["llm"]}
    expected = made.get(old.id, made[f"{name}.1u.1z"])
    assert (expected.id == old.id) == (repeats * input_tokens >= 1_024)
    assert there.resized(old, old.units, old.zones, frozenset()) == expected


def test_a_cached_prompt_changes_which_model_is_cheapest(ask: Any) -> None:
    """With most of the prompt cached a model with a dear input price beats one that has no cache."""
    keep, quality = [SONNET, "claude_sonnet_5_5_vertex_low"], {"quality": {"min": 0.85}}
    assert chosen(ask("llm", keep, constraints=quality)).tactics == ()
    cached = chosen(ask("llm", keep, constraints=quality, workload={"repeated_prompt_share": 0.8}))
    assert cached.id == f"{SONNET}.1u.1z.prompt_cache"


@pytest.fixture
def overnight(catalog: Catalog) -> Any:
    """Return what makes the table of a model that writes answers for which nobody waits."""

    def make(**parts: Any) -> Table:
        data = {"title": "T", "blueprint": "rag_assistant", "workload": WORKLOAD, "objective": MINIMIZE_COST, **parts}
        scenario = scenario_from_text(json.dumps(data), catalog)
        flow = scenario.blueprint.flows["answer"]
        slow = flow.model_copy(update={"measures": {"freshness_s": Measure(title="until written", at="complete")}})
        flows = {**scenario.blueprint.flows, "answer": slow}
        blueprint = scenario.blueprint.model_copy(update={"flows": flows})
        return of_roles(["llm"], dataclasses.replace(scenario, blueprint=blueprint), catalog)

    return make


def test_batches_cost_half_and_come_within_a_day(overnight: Any) -> None:
    """The bill is at the batch prices, and an answer is taken to come at the end of the promised 24 hours."""
    found = find(overnight(tactics={"allow": ["batch"]}), f"{HAIKU}.1u.1z.batch")
    assert found.bill_usd_per_month == pytest.approx(MILLION_INPUT * 0.5 + MILLION_OUTPUT * 2.5)
    assert {line.price.meter for line in found.lines} == {"million_batch_input_tokens", "million_batch_output_tokens"}
    assert found.latency["generate"][1].quantile(0.01) == found.latency["generate"][0].mean() == 24 * 3_600_000


def test_batches_are_chosen_only_when_nobody_waits(overnight: Any, ask: Any) -> None:
    """Overnight work goes in batches; a deadline of an hour, or an interactive flow, forbids them."""
    models = {"pin": {"llm": "claude_haiku_4_5"}}
    allowed = {"allow": ["batch"]}
    assert chosen(overnight(tactics=allowed, choices=models)).tactics == ("batch",)
    in_time = overnight(tactics=allowed, choices=models)
    hour = Bound("constraints.flows.answer.freshness_s.p95", "flows.answer.freshness_s.p95", True, 3_600)
    rules = (*in_time.scenario.requirements, hour)
    strict = dataclasses.replace(in_time, scenario=dataclasses.replace(in_time.scenario, requirements=rules))
    assert "batch" not in chosen(strict).tactics
    assert not of(ask("llm", [HAIKU], tactics=allowed), "batch")
    assert not of(overnight(), "batch")


# --- combinations


def test_a_fallback_by_hand(ask: Any) -> None:
    """Bill, availability, quality and mean time of a model with a backup, from those of the two models."""
    problem = ask("llm", [LUNA, NOVA], constraints=availability_of(0.99), tactics={"allow": ["fallback"]})
    luna, nova = find(problem, f"{LUNA}.1u.1z"), find(problem, f"{NOVA}.1u.1z")
    both = find(problem, f"{LUNA}.1u.1z~fallback~{NOVA}.1u.1z")
    up = luna.availability
    assert both.bill_usd_per_month == pytest.approx(luna.bill_usd_per_month + (1 - up) * nova.bill_usd_per_month)
    assert both.operations_h_per_month == luna.operations_h_per_month + nova.operations_h_per_month
    assert both.availability == pytest.approx(up + (1 - up) * 0.99 * nova.availability)
    assert both.quality == pytest.approx(up * luna.quality + (1 - up) * nova.quality)
    mean = up * luna.latency["generate"][1].mean() + (1 - up) * (5_000 + nova.latency["generate"][1].mean())
    assert both.latency["generate"][1].mean() == pytest.approx(mean)


def test_a_fallback_is_chosen_for_availability_only(ask: Any) -> None:
    """One model carries 99.7 %, two are needed for 99.95 %; without a word about availability none is even made."""
    allowed, models = {"allow": ["fallback"]}, [LUNA, NOVA, FLASH]
    assert chosen(ask("llm", models, tactics=allowed, constraints=availability_of(0.997))).id == f"{NOVA}.1u.1z"
    found = chosen(ask("llm", models, tactics=allowed, constraints=availability_of(0.9995)))
    assert found.id == f"{NOVA}.1u.1z~fallback~{LUNA}.1u.1z"
    assert not of(ask("llm", models, tactics=allowed), "fallback")


def test_a_split_by_hand(ask: Any) -> None:
    """Bill, quality, availability and mean time of two models that share the traffic."""
    problem = ask("llm", [LUNA, SONNET], tactics={"allow": ["split"], "split_shares": [0.4]})
    luna, sonnet = find(problem, f"{LUNA}.1u.1z"), find(problem, f"{SONNET}.1u.1z")
    both = find(problem, f"{SONNET}.1u.1z~split40~{LUNA}.1u.1z")
    for name in ("bill_usd_per_month", "quality", "availability"):
        assert getattr(both, name) == pytest.approx(0.4 * getattr(sonnet, name) + 0.6 * getattr(luna, name))
    means = [c.latency["generate"][0].mean() for c in (both, sonnet, luna)]
    assert means[0] == pytest.approx(0.4 * means[1] + 0.6 * means[2])


def test_a_split_meets_a_quality_between_two_models(ask: Any) -> None:
    """Quality 0.84 is met by no cheap model; sharing the traffic costs less than giving all of it to the good one."""
    models, allowed = [LUNA, FLASH], {"allow": ["split"]}
    assert chosen(ask("llm", models, tactics=allowed, constraints={"quality": {"min": 0.75}})).id == f"{LUNA}.1u.1z"
    found = chosen(ask("llm", models, tactics=allowed, constraints={"quality": {"min": 0.82}}))
    assert found.id == f"{FLASH}.1u.1z~split50~{LUNA}.1u.1z"
    assert chosen(ask("llm", models, constraints={"quality": {"min": 0.82}})).id == f"{FLASH}.1u.1z"


def test_a_cascade_by_hand(ask: Any) -> None:
    """Everything to the first model and a share to the second: bill, quality, availability, mean time."""
    problem = ask("llm", [LUNA, SONNET], tactics={"allow": ["cascade"], "escalation_share": 0.25})
    luna, sonnet = find(problem, f"{LUNA}.1u.1z"), find(problem, f"{SONNET}.1u.1z")
    both = find(problem, f"{LUNA}.1u.1z~cascade25~{SONNET}.1u.1z")
    assert both.bill_usd_per_month == pytest.approx(luna.bill_usd_per_month + 0.25 * sonnet.bill_usd_per_month)
    assert both.quality == pytest.approx(0.75 * luna.quality + 0.25 * sonnet.quality)
    assert both.availability == pytest.approx(luna.availability * (0.75 + 0.25 * sonnet.availability))
    for at in (0, 1):  # the first answer is complete before anything is shown
        mean = luna.latency["generate"][1].mean() + 0.25 * sonnet.latency["generate"][at].mean()
        assert both.latency["generate"][at].mean() == pytest.approx(mean)


def test_a_cascade_is_chosen_when_time_allows(ask: Any) -> None:
    """It is the cheapest way to a quality between two models, but its first token waits for a whole answer."""
    models, tactics, quality = [LUNA, FLASH], {"allow": ["cascade"]}, {"quality": {"min": 0.82}}
    assert chosen(ask("llm", models, tactics=tactics, constraints=quality)).combined_by == "cascade"
    hurried = {**quality, "flows": {"answer": {"ttft_ms": {"p95": 1_500}}}}
    assert chosen(ask("llm", models, tactics=tactics, constraints=hurried)).id == f"{FLASH}.1u.1z"


def test_a_hedge_by_sampling(ask: Any) -> None:
    """Bill of 5 % more requests; times of the faster of two copies as two million draws give them."""
    bound = {"flows": {"answer": {"ttft_ms": {"p99": 5_000}}}}
    problem = ask("llm", [LUNA], tactics={"allow": ["hedge"]}, constraints=bound)
    plain, both = find(problem, f"{LUNA}.1u.1z"), find(problem, f"{LUNA}.1u.1z~hedge95")
    assert both.bill_usd_per_month == pytest.approx(1.05 * plain.bill_usd_per_month)
    assert (both.availability, both.quality) == (plain.availability, plain.quality)
    first = plain.latency["generate"][0]
    assert isinstance(first, Lognormal)
    rng = np.random.default_rng(5)
    x, y = (rng.lognormal(first.mu, first.sigma, 2_000_000) for _ in range(2))
    faster = np.minimum(x, first.quantile(0.95) + y)
    assert both.latency["generate"][0].mean() == pytest.approx(faster.mean(), rel=2e-3)
    for p in (0.5, 0.97, 0.999):
        assert both.latency["generate"][0].quantile(p) == pytest.approx(np.quantile(faster, p), rel=5e-3)
    rest = [c.latency["generate"][1].mean() - c.latency["generate"][0].mean() for c in (plain, both)]
    assert rest[0] == pytest.approx(rest[1])


def test_a_hedge_is_chosen_for_a_long_tail_only(ask: Any) -> None:
    """Eight busy machines with a late 99th percentile: hedged for 1.5 s, left alone for 2.5 s."""
    for limit, hedged in ((1_500, True), (2_500, False)):
        problem = ask(
            "llm",
            [MEASURED_FP8],
            workload={"requests_per_month": 2e7},
            constraints={"flows": {"answer": {"ttft_ms": {"p99": limit}}}},
            tactics={"allow": ["hedge"], "deny": ["replicate"]},
        )
        assert ("hedge" in chosen(problem).tactics) == hedged


def test_one_unit_of_our_own_is_not_asked_twice(ask: Any) -> None:
    """The copy would wait in the same queue; without a bound on times there is nothing to hedge for either."""
    bound, few = {"flows": {"answer": {"ttft_ms": {"p99": 5_000}}}}, {"requests_per_month": 3e5}
    allowed = {"allow": ["hedge"]}
    assert not of(ask("llm", [MEASURED_FP8], workload=few, constraints=bound, tactics=allowed), "hedge")
    assert not of(ask("llm", [LUNA], tactics=allowed), "hedge")


def test_a_part_that_cannot_carry_its_share_makes_no_combination(ask: Any, catalog: Catalog) -> None:
    """At 98 % of a documented limit a model can be used, but not be sent 5 % more requests."""
    limit = catalog.options[HAIKU][1].capacity["input_tokens_per_s"].value
    assert limit
    requests = 0.98 * limit / 3_600 / 5 * 2_628_000
    bound = {"flows": {"answer": {"ttft_ms": {"p99": 5_000}}}}
    for share, made in ((1.0, False), (0.9, True)):
        workload = {"requests_per_month": share * requests}
        problem = ask("llm", [HAIKU], workload=workload, constraints=bound, tactics={"allow": ["hedge"]})
        assert [c.id for c in problem.candidates["llm"] if not c.parts] == [f"{HAIKU}.1u.1z"]
        assert bool(of(problem, "hedge")) == made


# --- rules on what a combination runs


@pytest.mark.parametrize(
    "rule",
    [
        {"constraints": {"residency": {"require": "eu"}}},
        {"constraints": {"licences": {"deny": ["proprietary"]}}},
        {"constraints": {"modes": {"deny": ["saas"]}}},
        {"constraints": {"clouds": {"allow": ["aws", "gcp"]}}},
        {"choices": {"exclude": ["gpt_6_luna"]}},
        {"choices": {"pin": {"llm": "nova_micro"}}},
    ],
)
def test_rules_see_every_member(rule: Any, ask: Any) -> None:
    """Residency, licences, modes, clouds, exclusions and pins refuse a combination for any part that they refuse."""
    allowed = {"allow": ["fallback", "split", "cascade"]}
    keep = [LUNA, NOVA, FLASH, MEASURED_FP8]
    parts = {"constraints": availability_of(0.9) | rule.get("constraints", {}), "choices": rule.get("choices")}
    problem = ask("llm", keep, tactics=allowed, **parts)
    for c in problem.candidates["llm"]:
        for one in c.members:
            assert all(f.admits("llm", one.component, one.option) for f in problem.scenario.filters)
    free = ask("llm", keep, tactics=allowed, constraints=availability_of(0.9))
    assert len(problem.candidates["llm"]) < len(free.candidates["llm"])


def test_the_number_of_clouds_counts_every_member(ask: Any) -> None:
    """A model on one cloud with its backup on another occupies two, so one cloud at most forbids the pair."""
    allowed = {"allow": ["fallback"]}
    strict = availability_of(0.9995)
    free = chosen(ask("llm", [NOVA, FLASH], tactics=allowed, constraints=strict))
    assert free.clouds == {"aws", "gcp"}
    problem = ask("llm", [NOVA, FLASH], tactics=allowed, constraints=strict | {"clouds": {"max": 1}})
    assert optimise(Search(problem)).status is Status.INFEASIBLE
    assert not [d for d in designs(problem) if len(d["llm"].clouds) == 1 and d["llm"].availability >= 0.9995]


# --- outputs


def test_every_combination_is_explained() -> None:
    """A combination without its own derivation of times fails the suite; other figures are weighted means."""
    combinations = {name for name, tactic in TACTICS.items() if tactic.kind == "combination"}
    assert set(_RUNS) == set(JOINS) == combinations
    assert set(_AVAILABILITY) < combinations


@pytest.fixture(scope="module")
def combined(catalog: Catalog) -> tuple[Scenario, Table]:
    """Return the example with combinations, caches of prompts and commitments allowed, and its candidates."""
    text = advisor.example("support_copilot").read_text()
    text = text.replace("workload:\n", "workload:\n  repeated_prompt_share: 0.5\n", 1)
    text += "tactics: {allow: [fallback, split, cascade, hedge, mix, reserve, spot, right_size], split_shares: [0.5]}\n"
    scenario = scenario_from_text(text, catalog)
    return scenario, table(scenario, catalog)


@pytest.mark.parametrize("tactic", ["fallback", "split", "cascade", "hedge", "mix", "prompt_cache", "reserve"])
def test_a_design_may_name_it_by_id(tactic: str, combined: Any, catalog: Catalog, proposal: Any) -> None:
    """`evaluate` judges a design that names a combination or a variant by id, and every metric is explained."""
    scenario, found = combined
    ids = {role: c.id for role, c in proposal.best.design.items()}
    role = "embedding_workers" if tactic == "reserve" else "llm"
    with_cache = [c for c in found.candidates[role] if tactic in c.tactics and all(c.behind.values())]
    ids[role] = with_cache[len(with_cache) // 2].id
    result = advisor.evaluate(ids, scenario, candidates=found)
    assert tactic in result.design[role].tactics
    for path in metrics(result):
        assert explain(result, path, catalog).value == pytest.approx(result.metric(path), rel=1e-9)


@pytest.mark.parametrize("tactic", sorted(set(PROBLEMS)))
def test_sized_again_it_is_what_it_was(tactic: str, combined: Any) -> None:
    """With its own units and demand a candidate is found again, however it is bought, asked or combined."""
    scenario, found = combined
    checked = 0
    for role, candidates in found.candidates.items():
        using = [c for c in candidates if tactic in c.tactics]
        for c in using[:: max(1, len(using) // 4)]:
            used = frozenset(name for name, on in c.behind.items() if on) or frozenset(
                {role} & set(scenario.blueprint.cache_roles)
            )
            caches = next(known for known in found.demand if used <= known and (used or not c.behind or not known))
            assert found.resized(c, c.units, c.zones, caches) == c
            checked += 1
    assert checked


def test_sizes_say_how_it_is_bought_asked_and_combined(ask: Any) -> None:
    """What a reader sees beside the name tells variants of an option and the parts of a combination apart."""
    guard = ask("input_guardrail", [GUARD], tactics={"allow": ["reserve", "spot"]})
    sizes = {c.id: c.size for c in guard.candidates["input_guardrail"]}
    assert len(set(sizes.values())) == len(sizes)
    assert sizes[f"{GUARD}.2u.2z.reserved_1y"].endswith("2 zones, reserved for a year")
    assert sizes[f"{GUARD}.2u.1z.spot"].endswith(", on spot")
    bound = {"flows": {"answer": {"ttft_ms": {"p99": 5_000}, "availability": {"min": 0.5}}}}
    allowed = {"allow": ["fallback", "split", "cascade", "hedge"], "split_shares": [0.4]}
    repeated = {"repeated_prompt_share": 0.5}
    models = ask("llm", [LUNA, NOVA], tactics=allowed, constraints=bound, workload=repeated).candidates["llm"]
    plain = (next(c for c in models if c.id == f"{name}.1u.1z.prompt_cache") for name in (LUNA, NOVA))
    luna, nova = (f"{c.name}, {c.size}" for c in plain)
    assert luna.startswith("GPT-6 Luna, OpenAI API")
    assert luna.endswith(", with the provider's prompt cache")
    assert {c.size for c in models if c.parts} == {
        f"{luna}; while it is down: {nova}",
        f"{nova}; while it is down: {luna}",
        f"40 % of the requests: {luna}; 60 %: {nova}",
        f"{nova}; for 30 % of the answers also: {luna}",
        f"{luna}; a second copy when the first is late",
        f"{nova}; a second copy when the first is late",
    }


def test_the_command_lists_tactics_and_parts(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """`advisor candidates --json` names the tactics of each candidate and what a combination runs."""
    file = tmp_path / "scenario.yml"
    text = advisor.example("support_copilot").read_text()
    text += "choices: {pin: {llm: gpt_6_luna_openai_eu_none}}\ntactics: {allow: [hedge]}\n"
    file.write_text(text)
    assert run(["candidates", str(file), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["roles"]["llm"]
    hedged = [c for c in found if "hedge" in c["tactics"]]
    assert hedged
    assert {tuple(c["parts"]) for c in hedged} == {(c["id"].replace("~hedge95", ""),) for c in hedged}
    assert not [c for c in found if c["parts"] and c not in hedged]
