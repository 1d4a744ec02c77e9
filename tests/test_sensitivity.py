"""Sensitivity: steps, break-evens, tornado and ATAM points, each against enumeration, a fresh solve or the judge."""

from __future__ import annotations

import datetime
import io
import itertools
import json
import math
import random
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from oracles.enumeration import enumerate_all, meets, optimum, value
from oracles.problems import draw_bounds, draw_goals, small_table, with_question

from advisor import resources
from advisor.analysis import breakeven
from advisor.analysis.answers import Answer, answer, searching, solve
from advisor.analysis.atam import A_LOT, SOFT, kind_of
from advisor.analysis.breakeven import DEFAULT_REACH, break_evens
from advisor.analysis.changes import carried_over
from advisor.analysis.crossing import Place, crossing
from advisor.analysis.equality import running
from advisor.analysis.fixed import FixedDesign, within_target
from advisor.analysis.flipping import BreakEven
from advisor.analysis.gaps import Gaps
from advisor.analysis.knobs import ASSUMED_SPREAD, Knob, design_knobs, turned, workload_knobs
from advisor.analysis.reading import read
from advisor.analysis.resolver import Known, Resolver, beats
from advisor.analysis.sensitivity import PARTS, Sensitivity, sensitivity
from advisor.analysis.steps import BoundPrice, bound_price, distance, just
from advisor.analysis.together import ahead
from advisor.analysis.tornado import Bar, End, headline_metrics
from advisor.analysis.workloads import Workloads
from advisor.candidates.candidate import Candidate
from advisor.candidates.table import Table, table
from advisor.catalog.load import Catalog
from advisor.catalog.perturb import with_figures
from advisor.commands.main import run
from advisor.commands.schema import schema_text
from advisor.evaluation.evaluate import judge
from advisor.evaluation.result import Evaluation
from advisor.optimizer.goal import goal_value
from advisor.optimizer.run import optimise
from advisor.optimizer.settling import settle
from advisor.render import sensitivity_chart, sensitivity_json, sensitivity_text
from advisor.render import sensitivity_words as words
from advisor.render.json_output import dumps
from advisor.scenario.load import Scenario, load_scenario, scenario_from_text
from advisor.scenario.requirements import COST, Bound, is_count

Capture = pytest.CaptureFixture[str]
DATA = Path(__file__).parent / "data"
FILE = DATA / "mini_scenario.yml"
MINI = ["--catalog", str(DATA / "mini_catalog"), "--jobs", "1"]
TODAY = datetime.date(2026, 11, 26)
SEEDS = range(8)


@pytest.fixture(scope="module")
def solved(mini: Catalog) -> Answer:
    """Return the answer of the small scenario."""
    return answer(load_scenario(FILE, mini), mini)


@pytest.fixture(scope="module")
def found(solved: Answer) -> Sensitivity:
    """Return everything that sensitivity says of it."""
    return sensitivity(solved, TODAY)


_answers: dict[tuple[str, str, float], Answer] = {}


def afresh(knob: Knob, value_: float, solved: Answer) -> Answer:
    """Return the answer when a number is another one, built and solved from nothing, once for each value."""
    key = (solved.scenario.digest, knob.path, value_)
    if key not in _answers:
        _answers[key] = solve(made(knob, value_, solved))
    return _answers[key]


def made(knob: Knob, value_: float, solved: Answer) -> Table:
    """Return the table when a number is another one, built from nothing."""
    catalog = solved.table.catalog
    if knob.figure is None:
        return table(turned(solved.scenario, knob, value_, catalog), catalog)
    changed = with_figures(catalog, {knob.figure: value_})
    return table(replace(solved.scenario, clouds=changed.records.clouds), changed)


def held(knob: Knob, value_: float, solved: Answer) -> Evaluation | None:
    """Return the proposed design under another number, None where it cannot be chosen; built from nothing.

    Its candidates are looked up among all that the changed table considers.
    """
    fresh = afresh(knob, value_, solved).table
    assert solved.best is not None
    design = {}
    for role, chosen in solved.best.design.items():
        same = [c for c in fresh.candidates[role] if running(c) == running(chosen) and c.behind == chosen.behind]
        if not same:
            return None
        design[role] = same[0]
    found_ = judge(design, fresh.scenario)
    return found_ if found_.feasible else None


# --- steps of bounds --------------------------------------------------------------------------------------------------


def _strict(bound: Bound, than: float) -> Bound:
    return replace(bound, limit=just(bound, than, tighter=True))


@pytest.mark.parametrize("metric", ["flows.answer.availability", "quality", "cost_usd_per_month", "clouds"])
@pytest.mark.parametrize("value_", [0.5, 0.985, 0.9993001, 0.99995, 0.99999999, 1.0])
def test_a_limit_just_beyond_a_value_is_missed_by_it(value_: float, metric: str) -> None:
    """A tighter limit is beyond what the judge lets pass, also of an availability with hardly any downtime left."""
    bound = Bound("drawn", metric, not (metric == "quality" or metric.endswith("availability")), value_)
    assert not _strict(bound, value_).holds(value_)


def test_beyond_an_availability_of_many_nines_there_is_another_design_or_none(
    candidates: Table, scenario: Scenario
) -> None:
    """The step of a bound on an availability above 99.9 % never leads back to the design that stands there."""
    metric = "flows.answer.availability"
    solid = {
        role: [replace(c, availability=1 - (1 - c.availability) / 40) for c in found]
        for role, found in candidates.candidates.items()
    }
    bound = Bound("drawn", metric, False, 0.999)
    solved_ = solve(with_question(replace(candidates, candidates=solid), [bound], scenario.objective))
    price = bound_price(solved_, bound)
    assert price.value > 0.999
    assert price.tighten is not None
    assert price.tighten.evaluation is None or price.tighten.evaluation.metric(metric) > price.value * (1 + 1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_steps_equal_enumeration(seed: int, scenario: Scenario, catalog: Catalog) -> None:
    """On small problems the next tighter and looser steps, and the optima there, are what enumeration finds."""
    small = small_table(seed, scenario, catalog, invented=seed % 3 != 0)
    designs = enumerate_all(small)
    rng = random.Random(f"steps {seed}")
    goals = draw_goals(rng, "cost", designs)
    for _ in range(2):
        bounds = tuple(draw_bounds(rng, designs, 2))
        best = optimum(designs, bounds, goals)
        if not best:
            continue
        solved_ = solve(with_question(small, bounds, goals))
        assert solved_.best is not None
        now = value(goals[0], best[0])
        for bound in (b for b in bounds if b.metric != "cost_usd_per_month"):
            price = bound_price(solved_, bound)
            inside = tuple(b for b in bounds if b is not bound)
            beyond = optimum(designs, (*inside, _strict(bound, price.value)), goals)
            assert price.tighten is not None
            if beyond:
                assert price.tighten.evaluation is not None
                assert goal_value(goals[0], price.tighten.evaluation) == pytest.approx(value(goals[0], beyond[0]))
            else:
                assert price.tighten.evaluation is None
            better = [d for d in designs if meets(d, inside) and value(goals[0], d) < now * (1 - 1e-6)]
            _agree_on_loosening(price, bound, [d.metrics[bound.metric] for d in better])


def _agree_on_loosening(price: BoundPrice, bound: Bound, values: list[float]) -> None:
    if not values:
        assert price.loosen is None
        return
    least = min(values) if bound.upper else max(values)
    assert price.loosen is not None
    assert price.loosen.proved
    assert price.loosen.limit == pytest.approx(least, rel=2e-5)


def test_each_step_is_where_it_is_said_to_be(found: Sensitivity, solved: Answer) -> None:
    """At the limit of a tighter step the design is the optimum, beyond it is not; at that of a looser one a better
    design is, and inside it is not."""
    assert solved.best is not None
    checked = 0
    for one in found.bounds:
        for step, tighter in ((one.tighten, True), (one.loosen, False)):
            if step is None:
                continue
            at = _under(solved, one.bound, step.limit)
            beside = _under(solved, one.bound, just(one.bound, step.limit, tighter=True))
            assert step.proved
            assert _is_kept(at, solved.best) == tighter, one.bound.path
            assert not (tighter and beside is not None and beside.metric(one.bound.metric) == one.value)
            assert tighter or _is_kept(beside, solved.best)
            checked += 1
    assert checked >= 8


def _under(solved: Answer, bound: Bound, limit: float) -> Evaluation | None:
    moved = [replace(r, limit=limit) if r is bound else r for r in solved.scenario.requirements]
    return optimise(searching(solved.search, moved)).best


def _is_kept(then: Evaluation | None, best: Evaluation) -> bool:
    return then is not None and not beats(then, best)


@pytest.mark.parametrize("seed", range(12))
def test_a_looser_bound_never_costs_more(seed: int, solved: Answer) -> None:
    """Loosening any bound by any factor leaves the cost of the optimum or lowers it; tightening never lowers it."""
    assert solved.best is not None
    rng = random.Random(seed)
    bound = rng.choice([b for b in solved.scenario.bounds if not is_count(b.metric)])
    share = rng.uniform(0.01, 0.6)
    room = (1 - bound.limit) if bound.metric.endswith(".availability") else bound.limit
    looser = bound.limit + share * room * (1 if bound.upper else -1)
    tighter = bound.limit - min(share, 0.5) * room * (1 if bound.upper else -1)
    costs = [
        one.cost_usd_per_month if one else math.inf for one in (_under(solved, bound, x) for x in (looser, tighter))
    ]
    assert costs[0] <= solved.best.cost_usd_per_month * (1 + 1e-9) <= costs[1] * (1 + 2e-9)


def _cost(evaluation: Evaluation | None) -> float:
    return evaluation.cost_usd_per_month if evaluation else math.inf


def test_prices_are_per_unit_of_the_metric() -> None:
    """Distances count in 100 ms, in nines, in quality points."""
    assert distance("flows.answer.latency_ms.p95", 1500.0, 1200.0) == pytest.approx(3.0)
    assert distance("flows.answer.availability", 0.999, 0.99999) == pytest.approx(2.0)
    assert distance("quality", 0.61, 0.64) == pytest.approx(3.0)


# --- solving again under other numbers --------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(10))
def test_reused_searches_find_what_fresh_ones_find(seed: int, solved: Answer) -> None:
    """The optimum under changed figures, one or several at once, is that of a table and a search built from nothing."""
    assert solved.best is not None
    resolver, rng = Resolver(solved), random.Random(seed)
    knobs = [k for k in design_knobs(solved.table, solved.best.design) if k.figure is not None]
    settings = [
        {k.figure: k.end(rng.choice((-1, 1)), rng.uniform(1.1, 3)) for k in rng.sample(knobs, n) if k.figure}
        for n in (1, 1, 2, 4)
    ]
    for setting, one in zip(settings, resolver.under_figures(settings), strict=True):
        changed = with_figures(solved.table.catalog, setting)
        fresh = answer(replace(solved.scenario, clouds=changed.records.clouds), changed)
        assert one.status is fresh.status
        if fresh.best is not None:
            assert one.best is not None
            assert one.best.cost_usd_per_month == pytest.approx(fresh.best.cost_usd_per_month, rel=1e-7)
            assert "?" not in "".join(c.id for c in one.best.design.values())


@pytest.mark.parametrize(
    "goals", [f"minimize: {COST}", f"lexicographic: [{{minimize: vendors}}, {{minimize: {COST}}}]"]
)
@pytest.mark.parametrize("seed", range(2))
def test_searches_under_other_figures_keep_pairs_of_choices(
    seed: int, goals: str, solved: Answer, mini: Catalog
) -> None:
    """Two choices that must go together go together under other figures too, as in a search built from nothing."""
    from advisor.analysis.overrides import change

    assert solved.best is not None
    rng, design = random.Random(seed), solved.best.design
    a, b = rng.sample([role for role, c in design.items() if not c.is_none], 2)
    text = f"choices.together=[[{{{a}: {design[a].component_id}}}, {{{b}: {design[b].component_id}}}]]"
    paired = answer(change(solved.scenario, [text, f"objective={{{goals}}}"], mini).scenario, mini)
    assert paired.best is not None
    own = [k for k in design_knobs(paired.table, {a: paired.best.design[a]}) if k.figure is not None]
    settings = [{k.figure: k.end(d, 3.0)} for k in own if k.figure for d in (-1, 1)]
    for one in Resolver(paired).under_figures(settings):
        assert one.best is None or one.best.feasible, [c.requirement.path for c in one.best.checks if not c.holds]
    setting = rng.choice(settings)
    changed = with_figures(mini, setting)
    fresh = answer(replace(paired.scenario, clouds=changed.records.clouds), changed)
    (one,) = Resolver(paired).under_figures([setting])
    assert one.status is fresh.status
    if fresh.best is not None and one.best is not None:
        assert one.best.cost_usd_per_month == pytest.approx(fresh.best.cost_usd_per_month, rel=1e-7)


def test_what_a_proved_bound_ends_early_is_the_same(solved: Answer) -> None:
    """A bound that is proved before only saves time: with and without it the optimum is the same."""
    assert solved.best is not None
    knob = next(k for k in design_knobs(solved.table, solved.best.design) if k.path.endswith("operations_h_per_month"))
    assert knob.figure is not None
    settings = [{knob.figure: knob.value * 1.01}]
    plain = Resolver(solved).under_figures(settings)
    bounded = Resolver(solved).under_figures(settings, [Known(solved.best.cost_usd_per_month)])
    assert plain[0].best is not None
    assert bounded[0].best is not None
    assert plain[0].best.cost_usd_per_month == pytest.approx(bounded[0].best.cost_usd_per_month, rel=1e-9)


@pytest.mark.parametrize("direction", [-1, 1])
def test_floors_of_today_hold_where_everything_gets_worse(direction: int, solved: Answer) -> None:
    """Where a number makes candidates worse only, what is proved of each case today ends searches early and changes
    nothing: the optimum is that of a table and a search built from nothing."""
    assert solved.best is not None
    again = solve(solved.table)
    settle(again.search, again.scenario.objective[0])
    assert again.search.case_floors
    resolver, asked = Resolver(again), 0
    gaps = Gaps(resolver)
    figures = [knob for knob in design_knobs(solved.table, solved.best.design) if knob.figure is not None]
    for knob in (*workload_knobs(solved.scenario, solved.table.catalog), *figures[::3]):
        value_ = knob.reach(direction, DEFAULT_REACH)
        if value_ == knob.value or read(gaps.resolver, knob, value_).kind != "worse":
            continue
        if knob.figure is None:
            found = resolver.under(turned(solved.scenario, knob, value_, solved.table.catalog), Known(worse=True))
        else:
            (found,) = resolver.under_figures([{knob.figure: value_}], [Known(worse=True)])
        fresh, asked = afresh(knob, value_, solved), asked + 1
        assert found.status is fresh.status, knob.path
        assert _cost(found.best) == pytest.approx(_cost(fresh.best), rel=1e-9), knob.path
    assert asked > 3


def test_half_way_leads_to_the_same_break_evens(
    found: Sensitivity, solved: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Solving half-way from the first third design on finds the same places, each proved on both sides; numbers that
    flip it at the same distance, as far as that is known, may come in another order."""
    monkeypatch.setattr(breakeven, "PATIENCE", 0)
    again = break_evens(Gaps(Resolver(solved)), found.break_evens.followed, DEFAULT_REACH)
    ours, theirs = (sorted(some, key=_key) for some in (again.found, found.break_evens.found))
    assert [_key(one) for one in ours] == [_key(one) for one in theirs]
    for one, other in zip(ours, theirs, strict=True):
        assert one.proved
        assert abs(one.flips_at - other.flips_at) <= 2 * one.knob.closeness(one.flips_at, other.flips_at)


def test_what_just_misses_a_requirement_is_known_before(scenario: Scenario, catalog: Catalog) -> None:
    """Designs that a looser bound brings in are met where a number does so too, at fewer solves: the same numbers flip
    at the same places to the same designs, known before or not."""
    solved = answer(scenario, catalog)
    assert solved.best is not None
    knobs = [one for one in design_knobs(solved.table, solved.best.design) if one.path.endswith("tpot_ms.p50")]
    steps = [bound_price(solved, bound).loosen for bound in solved.scenario.bounds if "_ms." in bound.metric]
    beyond = [tuple((role, c.id) for role, c in e.design.items()) for s in steps if s and (e := s.evaluation)]
    assert beyond
    gaps = Gaps(Resolver(solved))
    assert gaps.rivals
    alone = gaps.resolver.solves
    (unknown, before), (known, after) = (
        (break_evens(gaps, knobs, 1.1, told), gaps.resolver.solves) for told in ((), beyond)
    )
    assert [one.knob.path for one in known.found] == [one.knob.path for one in unknown.found]
    for one, other in zip(known.found, unknown.found, strict=True):
        assert one.proved
        assert abs(one.flips_at - other.flips_at) <= 2 * one.knob.closeness(one.flips_at, other.flips_at)
        assert _cost(one.after) == pytest.approx(_cost(other.after), rel=1e-4)
    assert after - before < before - alone


@pytest.mark.parametrize(
    ("scale", "values", "expected"),
    [
        ("points", (1433.0, 1435.3), ("1 433.0", "1 435.3")),  # not from 1 430 to 1 440
        ("ratio", (1024.0, 959.4), ("1 024", "959.4")),  # as it was stated
        ("ratio", (400_000.0, 374_687.0), ("400 000", "375 000")),
        ("ratio", (0.15, 0.16304), ("0.150", "0.163")),
        ("ratio", (2500.0, 2055.0), ("2 500", "2 060")),
        ("ratio", (1318.0, 1318.0), ("1 318", "1 318")),
        ("share", (0.9744, 0.9999), ("97.44 %", "99.99 %")),  # no digit that says nothing
        ("share", (0.9995, 0.99943), ("99.95 %", "99.943 %")),
    ],
)
def test_numbers_read_as_far_apart_as_they_are(
    scale: str, values: tuple[float, ...], expected: tuple[str, ...]
) -> None:
    """A number of few digits is shown with all of them, and a step between two is not made another by rounding."""
    knob = Knob("p", "t", "of 1", values[0], 1, 1e6, True, "default", None, None, scale, 0, math.inf)
    assert tuple(words.apart(knob, *values)) == tuple(text.replace(" ", words.NB) for text in expected)


@pytest.mark.parametrize(
    ("name", "number", "factor"),
    [
        ("support_copilot", "workload.documents", 1 / 1.5),  # a store does with one node less
        ("support_copilot", "elastic_cloud_8c60g: capacity.vector_gb", 1.5),  # the same
        ("company_gateway", "workload.peak_to_average", 1 / 1.5),  # what is sized for the peak becomes cheaper
        ("phone_agent", "workload.peak_to_average", 1.5),  # the design holds all, but its units are too full
    ],
)
def test_numbers_that_leave_the_design_as_it_is_flip_it_too(
    name: str, number: str, factor: float, catalog: Catalog
) -> None:
    """A number need not move any metric of the design as it is: others get better, or units fuller than is planned.
    Solved from nothing just before and just beyond, the design is the best, and then is not."""
    solved = answer(load_scenario(resources.example(name), catalog), catalog)
    assert solved.best is not None
    knobs = [*workload_knobs(solved.scenario, catalog), *design_knobs(solved.table, solved.best.design)]
    (knob,) = (one for one in knobs if one.path == number)
    up = factor > 1
    (one,) = (x for x in break_evens(Gaps(Resolver(solved)), [knob], 1.5).found if (x.change > 0) == up)
    before, beyond = (solve(made(knob, at, solved)).best for at in (one.kept_at, one.flips_at))
    assert _cost(before) == pytest.approx(_cost(one.kept), rel=1e-6)
    there = FixedDesign(solved.best, solved.table).at(knob, one.flips_at).evaluation
    assert there is None or not within_target(there) or _cost(beyond) < _cost(there)
    assert _cost(beyond) == pytest.approx(_cost(one.after), rel=1e-6)


def test_numbers_that_change_no_option_are_not_followed(found: Sensitivity, solved: Answer) -> None:
    """A number that counts as immaterial leaves every option as it is, at both ends of the reach; and some do."""
    tables = [made(k, v, solved) for k in found.break_evens.immaterial for d in (-1, 1) if (v := k.reach(d, 1.5))]
    now = [(c.id, c.cost_usd_per_month, c.latency) for c in every_candidate(solved.table)]
    assert len(tables) > 3
    assert all([(c.id, c.cost_usd_per_month, c.latency) for c in every_candidate(one)] == now for one in tables)


def every_candidate(of: Table) -> Iterator[Candidate]:
    """Yield the candidates of all roles."""
    return itertools.chain.from_iterable(of.candidates.values())


def test_many_settings_at_once_find_what_each_finds_alone(solved: Answer) -> None:
    """Of settings asked about together nothing is found where nothing is below the value under that setting alone, and
    where something is, a design that the setting really has."""
    assert solved.best is not None
    resolver = Resolver(solved)
    knobs = design_knobs(solved.table, solved.best.design)[::3]
    ends = [(knob, knob.reach(d, 4.0)) for knob in knobs for d in (-1, 1)]
    fixed = FixedDesign(solved.best, solved.table)
    no_dearer = [(k, v) for k, v in ends if (one := fixed.at(k, v).evaluation) and _cost(one) <= _cost(solved.best)]
    settings = [{k.figure: v} for k, v in no_dearer if k.figure]
    alone = resolver.under_figures(settings, [Known(below=resolver.least)] * len(settings))
    beaten = [one.best is not None and _cost(one.best) < resolver.least for one in alone]
    assert 3 < sum(beaten) < len(beaten) - 3
    for part in (slice(0, None), slice(0, 7), slice(5, 30)):
        together = ahead(resolver, settings[part], resolver.least)
        assert [one.best is not None for one in together] == beaten[part]
        for setting, ahead_there in zip(settings[part], together, strict=True):
            fresh = table(solved.scenario, with_figures(solved.table.catalog, setting)).candidates
            chosen = ahead_there.best.design if ahead_there.best else {}
            really = {role: next(c for c in fresh[role] if c.id == x.id) for role, x in chosen.items()}
            if really:
                there = judge(really, solved.scenario)
                assert there.feasible
                assert _cost(there) < resolver.least


FLEET = """
title: The realtime store has equal options in three clouds, of which the chosen one beats the others
blueprint: streaming_analytics
workload: {events_per_month: 2.4e9, event_kb: 0.52, requests_per_month: 1.2e6, history_months: 36}
constraints:
  flows:
    stream: {freshness_s: {p95: 2.77}, availability: {min: 0.997}}
    dashboard: {latency_ms: {p95: 558}}
    serve: {latency_ms: {p99: 11.7}}
"""


def test_what_the_chosen_one_beats_is_there_when_it_gets_worse(catalog: Catalog) -> None:
    """An option that nothing needs because of the chosen one of its component is the best once that is dear or slow:
    each break-even is what solving from nothing says, and numbers without one do not flip."""
    solved, flipped = answer(scenario_from_text(FLEET, catalog), catalog), []
    assert solved.best is not None
    option = next(m.option.id for m in solved.best.design["realtime_store"].members if m.option)
    knobs = [one for one in design_knobs(solved.table, solved.best.design) if one.path.startswith(f"{option}: ")]
    found = break_evens(Gaps(Resolver(solved)), knobs, DEFAULT_REACH)
    for knob, direction in itertools.product(found.followed, (-1, 1)):
        mine = [one for one in found.found if one.knob == knob and (one.flips_at > knob.value) == (direction > 0)]
        value_ = mine[0].flips_at if mine else knob.reach(direction, DEFAULT_REACH)
        then = solve(made(knob, value_, solved)).best
        expected = mine[0].after if mine else FixedDesign(solved.best, solved.table).at(knob, value_).evaluation
        assert _cost(then) == pytest.approx(_cost(expected), rel=1e-6), knob.path
        flipped += [change.kind for one in mine for change in one.flips if change.role == "realtime_store"]
    assert flipped.count("resized") > 1  # the same component, in another cloud


CACHED = """
title: Half of its prompts repeat, and are cached once they are long enough
blueprint: rag_assistant
workload:
  {requests_per_month: 4.2e5, input_tokens: 2_400, output_tokens: 210, documents: 60_000,
  documents_changed_per_month: 4_000, repeated_prompt_share: 0.4}
constraints: {flows: {answer: {ttft_ms: {p95: 2_500}}}}
choices:
  pin:
    {gateway: google_api_gateway, app_runtime: google_cloud_run, input_guardrail: openai_moderation,
    output_guardrail: openai_moderation, semantic_cache: none, embedding: cohere_embed,
    vector_store: amazon_s3_vectors, reranker: none, llm: gpt_6_luna_openai_eu_none, conversation_store: dynamodb,
    object_store: cloudflare_r2, ingestion_queue: confluent_cloud, embedding_workers: aws_lambda_jobs,
    observability: google_cloud_logging}
"""


@pytest.mark.parametrize("judged", ["rightly", "wrongly"])
def test_a_break_even_is_where_the_solver_says(judged: str, catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    """Prompts are cached from 1 024 repeated tokens on: of 2 560. A judge that lets shorter ones be cached as well only
    costs time: both sides are the solver's word."""
    if judged == "wrongly":
        monkeypatch.setattr("advisor.candidates.table.restated", lambda layout, role, scenario: layout)
    solved = answer(scenario_from_text(CACHED, catalog), catalog)
    knobs = [one for one in workload_knobs(solved.scenario, catalog) if one.path == "workload.input_tokens"]
    found = break_evens(Gaps(Resolver(solved)), knobs, DEFAULT_REACH)
    (one,) = found.found
    assert one.proved
    assert one.kept_at < 1_024 / 0.4 <= one.flips_at
    assert one.knob.close(one.kept_at, one.flips_at)
    assert [change.role for change in one.flips] == ["llm"]


@pytest.mark.parametrize("direction", [-1, 1])
def test_a_design_that_stays_does_what_it_does_in_the_whole_table(direction: int, solved: Answer) -> None:
    """Sized by itself, with a catalog of its own components, it is to the last bit what a table made of all says."""
    assert solved.best is not None
    fixed, told = FixedDesign(solved.best, solved.table), 0
    knobs = [*workload_knobs(solved.scenario, solved.table.catalog), *design_knobs(solved.table, solved.best.design)]
    for knob in knobs:
        if (value_ := knob.reach(direction, DEFAULT_REACH)) != knob.value:
            whole, here = carried_over(solved.best, made(knob, value_, solved)), fixed.at(knob, value_)
            assert here.problems == whole.problems, knob.path
            if whole.evaluation is not None and here.evaluation is not None:
                told += 1
                assert [check.value for check in here.evaluation.checks] == [c.value for c in whole.evaluation.checks]
                assert here.evaluation.cost_usd_per_month == whole.evaluation.cost_usd_per_month, knob.path
                assert here.evaluation.flows == whole.evaluation.flows, knob.path
    assert told > 10


@pytest.mark.parametrize("direction", [-1, 1])
def test_only_what_a_workload_touches_is_built_again(direction: int, solved: Answer) -> None:
    """Under another workload or hourly rate the candidates, demands and rejections are those of a table from nothing,
    and roles that it does not touch keep the very candidates they had."""
    catalog, origin = solved.table.catalog, solved.table
    workloads, kept = Workloads(origin), 0
    for knob in workload_knobs(solved.scenario, catalog):
        scenario = turned(solved.scenario, knob, knob.end(direction, 1.7), catalog)
        again, fresh = workloads.under(scenario), table(scenario, catalog)
        assert again.candidates == fresh.candidates, knob.path
        assert again.demand == fresh.demand, knob.path
        assert {repr(one) for one in again.rejections} == {repr(one) for one in fresh.rejections}, knob.path
        kept += sum(again.candidates[role] is found for role, found in origin.candidates.items())
    assert kept > len(origin.candidates)


@pytest.mark.parametrize("seed", range(30))
def test_both_sides_of_a_crossing(seed: int) -> None:
    """Wherever something ends, along a line, a curve or at a step, two close values on its two sides are found, and
    along straight lines with few judgements."""
    rng = random.Random(seed)
    knob = Knob("p", "t", "u", 4.0, 1.0, 16.0, True, "estimate", None, None, "ratio", 0.0, 100.0)
    near, far = rng.choice([(4.0, 16.0), (4.0, 1.0)])
    ends, shape = rng.uniform(min(near, far), max(near, far)), rng.choice(("line", "curve", "step"))
    asked: list[float] = []

    def judged(at: float) -> Place:
        asked.append(at)
        room = (ends - at) * (1 if far > near else -1)
        margin = {"line": room, "curve": math.copysign(abs(room) ** 0.3, room), "step": None}[shape]
        return Place(at, room >= 0, (margin, 1.0))

    a, b = crossing(knob, near, far, judged)
    assert knob.close(a, b)
    assert min(a, b) <= ends <= max(a, b)
    assert abs(a - near) < abs(b - near)
    assert shape != "line" or len(asked) <= 5


# --- break-evens ------------------------------------------------------------------------------------------------------


def test_both_sides_of_every_break_even(found: Sensitivity, solved: Answer) -> None:
    """Solved from nothing: on the near side the design is the optimum, on the far side it cannot be chosen or is
    beaten, and the cost that is shown is the optimum's."""
    assert len(found.break_evens.found) >= 8
    for one in found.break_evens.found:
        near, far = (afresh(one.knob, at, solved).best for at in (one.kept_at, one.flips_at))
        kept, lost = (held(one.knob, at, solved) for at in (one.kept_at, one.flips_at))
        assert near is not None, one.knob.path
        assert kept is not None, one.knob.path
        assert not beats(near, kept), one.knob.path
        assert one.kept.cost_usd_per_month == pytest.approx(kept.cost_usd_per_month)
        assert lost is None or (far is not None and beats(far, lost)), one.knob.path
        assert (far is None) == (one.after is None)
        if far is not None and one.after is not None:
            assert one.after.cost_usd_per_month == pytest.approx(far.cost_usd_per_month, rel=1e-6)
        assert one.knob.close(one.kept_at, one.flips_at)
        assert one.proved


def test_numbers_without_a_break_even_do_not_flip(found: Sensitivity, solved: Answer) -> None:
    """A grid of fresh solves over the reach finds the design the best wherever no break-even is reported."""
    flipping = {(one.knob.path, one.flips_at > one.knob.value) for one in found.break_evens.found}
    rng, checked = random.Random(3), 0
    for knob in rng.sample(list(found.break_evens.followed), 9):
        for direction in (-1, 1):
            far = knob.reach(direction, DEFAULT_REACH)
            if far == knob.value or (knob.path, direction > 0) in flipping:
                continue
            for at in (far, knob.between(knob.value, far)):
                best, own = afresh(knob, at, solved).best, held(knob, at, solved)
                assert own is not None, (knob.path, at)
                assert best is not None
                assert not beats(best, own), (knob.path, at)
                checked += 1
    assert checked >= 8


def test_the_closest_comes_first(found: Sensitivity) -> None:
    """Break-evens are in order of how far the number has to move."""
    moves = [abs(one.change) for one in found.break_evens.found]
    assert moves == sorted(moves)


def test_a_wider_reach_finds_the_same_and_more(found: Sensitivity, solved: Answer) -> None:
    """What flips within a factor of 1.5 is found within a factor of 3 too, at the same place."""
    near = {_key(one): one for one in found.break_evens.found if one.knob.figure is not None}
    gaps = Gaps(Resolver(solved))
    far = {_key(one): one for one in break_evens(gaps, list({one.knob: 0 for one in near.values()}), 3.0).found}
    assert near.keys() <= far.keys()
    assert all(one.knob.close(one.flips_at, far[key].flips_at) for key, one in near.items())


def _key(one: BreakEven) -> tuple[str, bool]:
    return one.knob.path, one.flips_at > one.knob.value


# --- tornado ----------------------------------------------------------------------------------------------------------


def test_bars_are_two_evaluations(found: Sensitivity, solved: Answer) -> None:
    """Each end of each bar is the judge's word on the design under that number, built from nothing."""
    assert len(found.bars) > 30
    for bar in found.bars[::3]:
        for end in (bar.low, bar.high):
            fresh = held(bar.knob, end.value, solved)
            if fresh is not None:  # else it breaks something there, or sizing would not offer it
                assert end.evaluation is not None
                for metric in headline_metrics(found.best):
                    assert end.evaluation.metric(metric) == pytest.approx(fresh.metric(metric), rel=1e-6)


def test_bars_say_what_flips(found: Sensitivity, solved: Answer) -> None:
    """Where a bar says that the optimum flips at an end, a fresh solve there has another one, and only there."""
    known = [(bar, end) for bar in found.bars for end in (bar.low, bar.high) if end.flips is not None]
    assert {end.flips for _, end in known} == {True, False}
    for bar, end in [pair for pair in known if pair[1].flips] + known[::7]:
        best, own = afresh(bar.knob, end.value, solved).best, held(bar.knob, end.value, solved)
        kept = own is not None and best is not None and not beats(best, own)
        assert kept != end.flips, (bar.knob.path, end.value)


def test_ranges_are_stated_or_assumed_by_basis(found: Sensitivity) -> None:
    """A figure's own range is used where it states one; else it is the share of its basis, and marked."""
    knobs = [bar.knob for bar in found.bars]
    assert {knob.stated for knob in knobs} == {True, False}
    for knob in knobs:
        if knob.figure is not None and knob.stated:
            assert (knob.low, knob.high) == (knob.figure.low or knob.value, knob.figure.high or knob.value)
        elif knob.scale == "ratio" and not knob.stated:
            assert knob.high == pytest.approx(min(knob.value * (1 + ASSUMED_SPREAD[knob.basis]), knob.most))


def test_the_users_own_range_is_used(mini: Catalog) -> None:
    """A range that the scenario states for a workload figure replaces the assumed one."""
    from advisor.analysis.overrides import change

    stated = change(load_scenario(FILE, mini), ["workload.documents={mean: 150000, low: 100000, high: 400000}"], mini)
    knob = next(k for k in workload_knobs(stated.scenario, mini) if k.path == "workload.documents")
    assert (knob.low, knob.high, knob.stated) == (100_000, 400_000, True)


# --- ATAM -------------------------------------------------------------------------------------------------------------


def test_sensitivity_points_span_a_lot(found: Sensitivity, solved: Answer) -> None:
    """Both ends of a span are real swaps, the span is as large as the threshold, and the chosen value lies within."""
    assert found.points.sensitivity
    for one in found.points.sensitivity:
        base = 1 - one.current if one.metric.endswith(".availability") else one.current
        assert (one.high[0] - one.low[0]) / base >= A_LOT[kind_of(one.metric)]
        assert one.low[0] <= one.current <= one.high[0]


def test_trade_offs_move_in_opposite_directions(found: Sensitivity, solved: Answer) -> None:
    """A trade-off's other choice, put in place, makes one attribute a lot better and another a lot worse."""
    assert solved.best is not None
    assert found.points.trade_offs
    for one in found.points.trade_offs:
        assert one.better.better
        assert not one.worse.better
        assert abs(one.better.share) >= A_LOT[kind_of(one.better.metric)]
        assert abs(one.worse.share) >= A_LOT[kind_of(one.worse.metric)]
        if all(not c.behind for c in (one.chosen, one.other)) and one.role not in solved.scenario.blueprint.cache_roles:
            there = judge({**solved.best.design, one.role: one.other}, solved.scenario)
            assert there.metric(one.better.metric) == pytest.approx(one.better.after)
            assert there.metric(one.worse.metric) == pytest.approx(one.worse.after)


def test_risks_break_where_they_say(found: Sensitivity, solved: Answer) -> None:
    """At one side of a hinge the design meets the requirement, at the other it does not; the number is soft or old."""
    assert solved.best is not None
    fixed = FixedDesign(solved.best, solved.table)
    assert found.points.risks
    for risk in found.points.risks:
        path = risk.check.requirement.path
        assert any(hinge.soft or hinge.stale for hinge in risk.hinges)
        for hinge in risk.hinges:
            sides = [fixed.at(hinge.knob, at).evaluation for at in (hinge.holds_at, hinge.breaks_at)]
            holds = [one is not None and _holds(one, path) for one in sides]
            assert holds == [True, False], (path, hinge.knob.path)
            assert hinge.soft == (hinge.knob.basis in SOFT)


def _holds(evaluation: Evaluation, path: str) -> bool:
    return next(check.holds for check in evaluation.checks if check.requirement.path == path)


def test_non_risks_hold_at_every_end(found: Sensitivity) -> None:
    """A non-risk holds at both ends of every bar, and its worst value is the worst of them."""
    assert found.points.non_risks
    for one in found.points.non_risks:
        bound = one.check.requirement
        assert isinstance(bound, Bound)
        values = [e.evaluation.metric(bound.metric) for bar in found.bars for e in _ends(bar) if e.evaluation]
        worst = max(values) if bound.upper else min(values)
        assert bound.holds(worst)
        assert one.worst == pytest.approx(worst) or bound.slack(worst) > bound.slack(one.worst)


def _ends(bar: Bar) -> tuple[End, End]:
    return (bar.low, bar.high)


def test_old_figures_are_risks_later(solved: Answer) -> None:
    """With time, figures that were firm become stale, and what hangs on them a risk."""
    later = sensitivity(solved, TODAY + datetime.timedelta(days=3650), parts=["points"])
    hinges = [hinge for risk in later.points.risks for hinge in risk.hinges if hinge.knob.checked]
    assert hinges
    assert all(hinge.stale for hinge in hinges)


# --- the command ------------------------------------------------------------------------------------------------------


def test_json_is_valid_and_the_same_for_any_number_of_jobs(found: Sensitivity, solved: Answer) -> None:
    """The output meets its schema; two processes give the same bytes as one."""
    data = sensitivity_json.sensitivity(found, PARTS)
    jsonschema.validate(json.loads(dumps(data)), json.loads(schema_text("sensitivity", "rag_assistant", None)))
    assert data["proved"] is True
    assert len(data["constraints"]) == 8
    again = sensitivity_json.sensitivity(sensitivity(solved, TODAY, jobs=2), PARTS)
    assert dumps(again) == dumps(data)


def test_a_part_alone(capsys: Capture) -> None:
    """Only the parts that were asked for are printed."""
    assert run(["sensitivity", str(FILE), *MINI, "--part", "constraints", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert "constraints" in data
    assert not {"break_evens", "tornado", "risks"} & data.keys()
    jsonschema.validate(data, json.loads(schema_text("sensitivity", "rag_assistant", None)))


def test_the_page_has_every_part(found: Sensitivity) -> None:
    """The page says how far every number is, draws the bars, and says each point in a sentence of its own."""
    from rich.console import Console

    console = Console(width=140, file=io.StringIO(), record=True)
    for part in sensitivity_text.page(found):
        console.print(part)
    page = console.export_text()
    assert all(title in page for title in ("What each requirement costs", "Break-evens", "Tornado", "Risks"))
    assert "│█" in page
    known = found.points
    sentences = [words.trade_off_sentence(one) for one in known.trade_offs]
    sentences += [words.sensitivity_sentence(one) for one in known.sensitivity]
    assert len(set(sentences)) == len(sentences)
    assert f"{len(found.break_evens.found)} of {len(found.break_evens.followed)} numbers" in page


@pytest.mark.parametrize(
    ("low", "high", "unit", "text"),
    [
        (41_666_667, 60_000_000, "1/month", "41 700 000 to 60 000 000/month"),
        (12, 69, "h/month", "12.0 to 69.0 h/month"),
        (1_000, 2_000, "ms", "1 000 to 2 000 ms"),
        (1_000, 2_000, "ratio", "1 000 to 2 000"),
    ],
)
def test_a_range_keeps_every_digit_of_both_ends(low: float, high: float, unit: str, text: str) -> None:
    """The unit is said once, and thousands that both ends share are not taken for one."""
    knob = Knob("p", "t", unit, (low + high) / 2, low, high, True, "estimate", None, None, "ratio", 0, math.inf)
    assert words.range_text(knob).replace(words.NB, " ") == text


def test_charts_can_be_parsed_and_follow_the_bars(found: Sensitivity) -> None:
    """There is one SVG for each headline metric, with the bars' numbers in it, and equal input gives equal bytes."""
    charts = sensitivity_chart.charts(found)
    names = ["tornado-cost.svg", "tornado-answer-latency-p95.svg", "tornado-answer-availability.svg"]
    assert list(charts) == names
    for svg in charts.values():
        assert ET.fromstring(svg).tag.endswith("svg")
    assert found.answer.scenario.title in charts["tornado-cost.svg"]
    assert sensitivity_chart.charts(found) == charts


def test_files_hold_what_was_asked_for(capsys: Capture, tmp_path: Path) -> None:
    """With -o the parts that were asked for are written as JSON, and what is printed stays the same."""
    out = tmp_path / "out"
    assert run(["sensitivity", str(FILE), *MINI, "--part", "constraints", "-o", str(out)]) == 0
    assert "What each requirement costs" in capsys.readouterr().out
    assert [path.name for path in out.iterdir()] == ["sensitivity.json"]
    assert "constraints" in json.loads((out / "sensitivity.json").read_text())


def test_infeasible_scenarios_have_no_sensitivity(capsys: Capture, tmp_path: Path) -> None:
    """Without a design the ways out are shown, and the exit code says infeasible; nothing is written."""
    file = tmp_path / "tight.yml"
    file.write_text(FILE.read_text().replace("max: 9_000", "max: 90"))
    assert run(["sensitivity", str(file), *MINI, "-o", str(tmp_path / "out")]) == 3
    assert "There is no design to ask about" in capsys.readouterr().out
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--reach", "1"], "1 is not a factor above 1"),
        (["--reach", "nan"], "nan is not a factor above 1"),
        (["--part", "costs"], "'costs' is not one of 'constraints'"),
        (["--reach", "many"], "'many' is not a valid float"),
    ],
)
def test_bad_arguments_are_refused(arguments: list[str], message: str, capsys: Capture) -> None:
    """Bad options end with 2 and say what is allowed, before anything is solved."""
    assert run(["sensitivity", str(FILE), *MINI, *arguments]) == 2
    assert message in capsys.readouterr().err


def test_a_time_limit_says_what_is_open(capsys: Capture) -> None:
    """With hardly any time nothing is claimed: the exit code is 4."""
    assert run(["sensitivity", str(FILE), *MINI, "--time-limit", "0.001"]) == 4
    captured = capsys.readouterr()
    assert "time" in captured.err + captured.out


def test_within_target_is_about_sizing(solved: Answer) -> None:
    """A design that is feasible but fuller than sizing plans for could not be chosen."""
    assert solved.best is not None
    assert within_target(solved.best)
    tight = replace(solved.scenario, sizing=replace(solved.scenario.sizing, target_utilisation=0.01))
    assert not within_target(replace(solved.best, scenario=tight))


@pytest.mark.parametrize("other", [0.99896, 0.998999, 0.9990004])
def test_availabilities_that_differ_are_told_apart(other: float) -> None:
    """99.90 % and 99.896 % do not both read as 99.90 %: as many decimals stand there as it takes."""
    knob = Knob("p", "t", "share", 0.999, 0.999, 0.999, True, "sla", None, None, "share", 0, 1)
    texts = words.apart(knob, 0.999, other)
    assert texts[0] != texts[1]
    shown = [float(text.replace("%", "").strip().replace("\u202f", "")) for text in texts]
    assert shown == pytest.approx([99.9, 100 * other], abs=1e-4)


def test_what_comes_then_has_room_beside_long_units(found: Sensitivity) -> None:
    """However long the units of numbers are, the words on why the design flips do not stand letter under letter."""
    from rich.console import Console

    known = found.break_evens
    unit = "USD per thousand text units of one kilobyte"
    long = tuple(replace(one, knob=replace(one.knob, scale="ratio", unit=unit)) for one in known.found)
    shown = io.StringIO()
    out = Console(width=140, file=shown)
    for part in sensitivity_text.break_evens(replace(found, break_evens=replace(known, found=long))):
        out.print(part)
    assert "why, and then" in shown.getvalue()


def test_what_is_known_of_one_number_is_not_known_of_the_next(catalog: Catalog) -> None:
    """Numbers share searches, also where calls between clouds are paid: a floor that holds under one of them does not
    hide what is better under another one. Followed together they flip where each one followed alone does."""
    solved = answer(load_scenario(resources.example("contract_reader"), catalog), catalog)
    assert solved.best is not None
    assert solved.search.coupled
    gaps, names = Gaps(Resolver(solved)), ("price.million_output_tokens", "quality.arena_text_elo")
    own = design_knobs(solved.table, solved.best.design)
    knobs = [one for one in own for name in names if one.path == f"gpt_oss_20b_bedrock_low: {name}"]
    alone = [found for knob in knobs for found in break_evens(gaps, [knob], DEFAULT_REACH).found]
    together = break_evens(gaps, knobs, DEFAULT_REACH).found
    assert len(together) == len(alone) > 2
    for one in alone:
        (same,) = (x for x in together if x.knob == one.knob and (x.change > 0) == (one.change > 0))
        assert abs(one.flips_at - same.flips_at) <= 2 * one.knob.closeness(one.flips_at, same.flips_at)
        assert _cost(one.after) == pytest.approx(_cost(same.after), rel=1e-4)
