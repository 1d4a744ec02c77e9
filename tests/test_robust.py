"""How an answer holds: chances, regret and confident designs against exact, independent and brute-force answers."""

from __future__ import annotations

import dataclasses
import itertools
import json
import math
import os
import random
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from oracles.enumeration import designs, enumerate_all
from oracles.problems import draw_bounds, small_table, with_question

from advisor.analysis.answers import Answer, Deadline, answer
from advisor.analysis.changes import carried_over
from advisor.analysis.confident import Question, confident
from advisor.analysis.draws import draws
from advisor.analysis.hindsight import Hindsight, design_of, space
from advisor.analysis.in_samples import InSamples, Together, World, loss_of, metrics_of
from advisor.analysis.intervals import needed, sample_quantile, wilson
from advisor.analysis.robust import Wanted, robust
from advisor.candidates.candidate import Candidate
from advisor.candidates.table import Table, table
from advisor.catalog.load import Catalog
from advisor.catalog.perturb import with_figures
from advisor.commands.main import run
from advisor.commands.robust import exit_code
from advisor.commands.schema import schema_text
from advisor.errors import InputError
from advisor.evaluation.evaluate import judge
from advisor.render import json_output, robust_json, robust_text
from advisor.scenario.load import Scenario, load_scenario, scenario_from_text

DATA = Path(__file__).parent / "data"
ARGUMENTS = ["--catalog", str(DATA / "mini_catalog")]
SAMPLES = 24  # of the small problems that are looked at one by one
FEW = 2  # candidates of a role there


@pytest.fixture(scope="module")
def ranged(mini: Catalog) -> Scenario:
    """Return the small example with a range for its load."""
    text = (DATA / "mini_scenario.yml").read_text(encoding="utf-8")
    plain = load_scenario(DATA / "mini_scenario.yml", mini)
    load = next(line for line in text.splitlines() if "requests_per_month" in line)
    assert plain.workload["requests_per_month"] > 0
    mean = plain.workload["requests_per_month"]
    new = f"  requests_per_month: {{mean: {mean:.0f}, low: {mean / 3:.0f}, high: {mean * 3:.0f}}}"
    return scenario_from_text(text.replace(load, new), mini)


@pytest.fixture(scope="module")
def solved(ranged: Scenario, mini: Catalog) -> Answer:
    """Return its answer."""
    return answer(ranged, mini)


def _world(origin: Table, *, samples: int = SAMPLES, seed: int = 3, assumed: bool = False) -> World:
    options = dict.fromkeys(
        one.option.id for found in origin.candidates.values() for c in found for one in c.members if one.option
    )
    drawn = draws(origin, options, origin.candidates, samples=samples, seed=seed, assumed=assumed)
    return World(origin.scenario, origin.catalog, origin.as_of, drawn)


# --- one design -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_the_brief_judge_says_the_same(seed: int, scenario: Scenario, catalog: Catalog) -> None:
    """What is asked of a brief judgement is what the whole judgement says; times, read off other lattices, to 1e-5."""
    full = small_table(seed, scenario, catalog, invented=seed % 2 == 0)
    found = enumerate_all(full)
    bounds = draw_bounds(random.Random(seed), found, 4)
    asked = dataclasses.replace(full.scenario, requirements=tuple(bounds))
    for one in found[:10]:
        brief, whole = judge(one.design, asked, brief=True), judge(one.design, asked)
        assert [c.value for c in brief.checks] == pytest.approx([c.value for c in whole.checks], rel=1e-5)
        assert [c.requirement for c in brief.checks] == [c.requirement for c in whole.checks]
        assert brief.cost_usd_per_month == whole.cost_usd_per_month
        assert brief.consistent == whole.consistent


@pytest.mark.parametrize("assumed", [False, True])
def test_a_sample_is_the_scenario_with_its_numbers(solved: Answer, mini: Catalog, *, assumed: bool) -> None:
    """Independently: build all candidates from the sample's catalog and load, find the design among them, judge it."""
    world = _world(solved.table, samples=12, assumed=assumed)
    assert solved.best is not None
    sampler = InSamples(solved.best.design, world, metrics_of(world.scenario))
    carried = 0
    for sample in range(12):
        catalog = with_figures(mini, world.draws.figures(sample))
        scenario = world.draws.scenario(world.scenario, sample, mini)
        fresh = table(dataclasses.replace(scenario, clouds=catalog.records.clouds), catalog, world.as_of)
        expected = carried_over(solved.best, fresh).evaluation
        outcome = sampler(sample)
        assert (expected is None) == bool(outcome.trouble)
        if expected is not None:
            carried += 1
            assert outcome.metrics == pytest.approx({m: expected.metric(m) for m in sampler.metrics}, rel=1e-5)
    assert carried


def test_the_probability_of_a_bound_in_closed_form(solved: Answer, mini: Catalog) -> None:
    """Cost rises with the load, so P(cost <= limit) is the distribution function of the load at the limit's load."""
    assert solved.best is not None
    world = _world(solved.table, samples=200, seed=11)
    place = next(i for i, k in enumerate(world.draws.knobs) if k.path == "workload.requests_per_month")
    knob = world.draws.knobs[place]
    only = dataclasses.replace(world.draws, knobs=(knob,), groups=(world.draws.groups[place],), shape="triangular")
    alone = dataclasses.replace(world, draws=only)
    sampler = InSamples(solved.best.design, alone, ("cost_usd_per_month",))
    limit = 1.2 * solved.best.cost_usd_per_month

    def cost(load: float) -> float:
        workload = {**world.scenario.workload, "requests_per_month": load}
        fresh = table(dataclasses.replace(world.scenario, workload=workload), mini, world.as_of)
        found = carried_over(solved.best, fresh).evaluation  # type: ignore[arg-type]
        return math.inf if found is None else found.cost_usd_per_month

    low, high = knob.low, knob.high
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (middle, high) if cost(middle) <= limit else (low, middle)
    width, rest = knob.high - knob.low, knob.high - low
    exact = 1 - rest**2 / (width * (knob.high - knob.value))
    assert low > knob.value
    held = sum(not one.trouble and one.metrics["cost_usd_per_month"] <= limit for one in map(sampler, range(200)))
    interval = wilson(held, 200, 0.9999)
    assert interval[0] <= exact <= interval[1]


def test_an_independent_simulation_agrees(solved: Answer, mini: Catalog) -> None:
    """Numbers drawn by Python's own beta sampler, judged one by one, hold as often, within the error of both."""
    assert solved.best is not None
    found = robust(solved, Wanted(samples=200, seed=1, hindsight=0))
    rng = random.Random(5)
    held = 0
    assert len(set(found.draws.groups)) == len(found.draws.groups), "each number of this catalog moves alone"
    for _ in range(150):
        values: dict[object, float] = {}
        load = 0.0
        for knob in found.draws.knobs:
            share = (knob.value - knob.low) / (knob.high - knob.low)
            value = knob.low + (knob.high - knob.low) * rng.betavariate(1 + 4 * share, 5 - 4 * share)
            if knob.figure is None:
                load = value
            else:
                values[knob.figure] = value
        catalog = with_figures(mini, values)  # type: ignore[arg-type]
        workload = {**found.scenario.workload, "requests_per_month": load}
        fresh = table(dataclasses.replace(found.scenario, workload=workload), catalog, solved.table.as_of)
        result = carried_over(solved.best, fresh).evaluation
        held += result is not None and result.feasible
    p, q = found.together.share, held / 150
    error = math.sqrt(max(p * (1 - p), 0.01) / 200 + max(q * (1 - q), 0.01) / 150)
    assert abs(p - q) <= 4 * error


# --- all designs ------------------------------------------------------------------------------------------------------


def _small(seed: int, scenario: Scenario, catalog: Catalog) -> tuple[Hindsight, Table]:
    """Return a small problem with bounds that bind, whose figures are drawn."""
    full = small_table(seed, scenario, catalog, invented=False)
    full = dataclasses.replace(full, candidates={role: _few(found) for role, found in full.candidates.items()})
    found = enumerate_all(full)
    rng = random.Random(seed)
    bounds = [b for b in draw_bounds(rng, found, 2) if not b.metric.startswith("cards")]
    loose = [dataclasses.replace(b, limit=b.limit * (1.02 if b.upper else 0.98)) for b in bounds]
    kept = [b for b in loose if b.metric not in ("clouds", "vendors", "self_operated")]
    asked = with_question(full, kept, full.scenario.objective)
    world = _world(asked, assumed=True)
    return Hindsight(world, space(asked, dataclasses.replace(world.draws, knobs=(), groups=()))), asked


def _few(found: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
    """Return few candidates, each in every use of the caches."""
    kept = list(dict.fromkeys(c.id.partition("+")[0] for c in found))[:FEW]
    return tuple(c for c in found if c.id.partition("+")[0] in kept)


def _without_workload(found: Hindsight) -> Hindsight:
    """Return the problem with the workload kept: a cut blueprint is not the catalog's."""
    drawn = found.world.draws
    pairs = [(k, g) for k, g in zip(drawn.knobs, drawn.groups, strict=True) if k.figure is not None]
    kept = dataclasses.replace(drawn, knobs=tuple(k for k, _ in pairs), groups=tuple(g for _, g in pairs))
    return dataclasses.replace(found, world=dataclasses.replace(found.world, draws=kept))


@pytest.mark.parametrize("seed", range(3))
def test_the_best_with_hindsight_against_enumeration(seed: int, scenario: Scenario, catalog: Catalog) -> None:
    """In each sample the best design is that of looking at every design, and there is one exactly when there is one."""
    found = _without_workload(_small(seed, scenario, catalog)[0])
    for sample in range(4):
        built = found.table(sample)
        every = [judge(design, built.scenario) for design in designs(built)]
        costs = [one.cost_usd_per_month for one in every if one.feasible]
        result = found(sample)
        assert result.proved
        assert (result.ids is None) == (not costs)
        if costs:
            assert result.value == pytest.approx(min(costs), rel=1e-9)
            value = loss_of(found.world.scenario, _sampler(found, result.ids or ())(sample))
            assert value == pytest.approx(result.value, rel=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_a_design_to_start_from_changes_no_answer(seed: int, scenario: Scenario, catalog: Catalog) -> None:
    """Whatever design the search for the best of a sample begins with, the best is as good, and is none where there is
    none."""
    small, origin = _small(seed, scenario, catalog)
    found = _without_workload(small)
    for sample, start in zip(range(6), itertools.cycle(list(designs(origin))[:4])):
        plain, begun = found(sample), dataclasses.replace(found, start=start)(sample)
        assert begun.value == pytest.approx(plain.value, rel=1e-9)
        assert (begun.ids is None, begun.proved) == (plain.ids is None, plain.proved)


@pytest.mark.parametrize("seed", range(3))
def test_designs_judged_together_are_judged_as_each_alone(seed: int, scenario: Scenario, catalog: Catalog) -> None:
    """Several designs in a sample have, to the last bit, the metrics or the trouble that each has there alone."""
    small, origin = _small(seed, scenario, catalog)
    world = _without_workload(small).world
    some, metrics = list(designs(origin))[::7][:5], metrics_of(world.scenario)
    together, alone = Together(some, world, metrics), [InSamples(design, world, metrics) for design in some]
    assert len(some) >= 2
    for sample in range(SAMPLES):
        assert together(sample) == [one(sample) for one in alone]


def _sampler(found: Hindsight, ids: tuple[tuple[str, str], ...]) -> InSamples:
    return InSamples(design_of(ids, found.space), found.world, metrics_of(found.world.scenario))


@pytest.mark.parametrize(("seed", "confidence"), [(0, 0.8), (1, 0.5), (4, 0.9), (5, 0.6)])
def test_the_confident_design_against_brute_force(
    seed: int, confidence: float, scenario: Scenario, catalog: Catalog
) -> None:
    """Every design in every sample: the bound is never above the true best value, the design never below it."""
    small, origin = _small(seed, scenario, catalog)
    found = _without_workload(small)
    outcomes, losses = {}, {}
    for design in designs(origin):
        sampler = InSamples(design, found.world, metrics_of(found.world.scenario))
        key = tuple(c.id for c in design.values())
        outcomes[key] = [sampler(sample) for sample in range(SAMPLES)]
        losses[key] = [loss_of(found.world.scenario, one) for one in outcomes[key]]
    true = min(sample_quantile(some, confidence) for some in losses.values())
    start = next(iter(designs(origin)))
    own = outcomes[tuple(c.id for c in start.values())]
    result = confident(Question(found, origin, start, own, confidence))
    assert result.needed == needed(confidence, SAMPLES)
    assert result.bound <= true * (1 + 1e-9)
    assert result.value >= true * (1 - 1e-9)
    if result.proved:
        assert result.value == pytest.approx(true, rel=1e-9)
    if result.bound == math.inf:
        assert math.isinf(true)
    if result.design is not None:
        ids = tuple((c.unlinked or c).id for c in result.design.design.values())
        assert sample_quantile(losses[ids], confidence) == pytest.approx(result.value, rel=1e-9)
        assert result.held == sum(math.isfinite(loss) for loss in losses[ids])


def test_regret_is_the_distance_to_the_best(solved: Answer) -> None:
    """For each sample with hindsight: own goal minus the proved best where the design holds; the rest is counted."""
    found = robust(solved, Wanted(samples=SAMPLES, seed=2, hindsight=5))
    assert found.regret is not None
    world = World(found.scenario, solved.table.catalog, solved.table.as_of, found.draws)
    finder = Hindsight(world, space(solved.table, found.draws))
    best = [finder(sample) for sample in range(5)]
    own = [loss_of(found.scenario, one) for one in found.outcomes[:5]]
    extra = [o - b.value for o, b in zip(own, best, strict=True) if math.isfinite(o)]
    assert found.regret.extra == pytest.approx(extra, abs=1e-6)
    assert all(one >= -1e-6 for one in extra), "the design itself is among those that could be chosen"
    assert found.regret.avoidable == sum(math.isinf(o) and b.ids is not None for o, b in zip(own, best, strict=True))
    assert found.regret.hopeless == sum(b.ids is None for b in best)


# --- the command ------------------------------------------------------------------------------------------------------

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def file(ranged: Scenario, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the small example with a range as a file."""
    path = tmp_path_factory.mktemp("robust") / "scenario.yml"
    path.write_text(ranged.text, encoding="utf-8")
    return path


def call(capsys: Capture, file: Path, *arguments: str, code: int = 0) -> str:
    """Run robust and return what it printed."""
    assert run(["robust", str(file), *ARGUMENTS, *arguments]) == code
    return capsys.readouterr().out


OPTIONS = ("--samples", "20", "--seed", "7", "--hindsight", "2", "--json")


def test_same_bytes_for_any_number_of_jobs_and_any_hash_seed(file: Path, capsys: Capture) -> None:
    """--jobs 2 in another process under another hash seed prints what one job prints here; it satisfies its schema."""
    here = call(capsys, file, *OPTIONS)
    command = [sys.executable, "-m", "advisor", "robust", str(file), *ARGUMENTS, *OPTIONS, "--jobs", "2"]
    there = subprocess.run(command, env={**os.environ, "PYTHONHASHSEED": "3"}, capture_output=True, check=True)
    assert there.stdout.decode() == here
    data = json.loads(here)
    jsonschema.Draft202012Validator(json.loads(schema_text("robust", "", None))).validate(data)
    assert data["samples"] == 20
    assert data["regret"]["samples"] == 2
    assert call(capsys, file, "--samples", "20", "--seed", "8", "--hindsight", "0", "--json") != here


def test_the_page_names_chances_and_what_to_measure(file: Path, capsys: Capture) -> None:
    """The page says what was drawn, how often each requirement holds, and what to measure first."""
    text = call(capsys, file, "--samples", "40", "--hindsight", "2")
    for words in ("every requirement holds in", "seed 0", "Wilson", "measure first", "with hindsight"):
        assert words in text


def test_a_confidence_has_a_design_or_a_proof(file: Path, capsys: Capture) -> None:
    """--confidence prints a design that holds in enough samples with its bound, or that none can: exit 3."""
    assert run(
        ["robust", str(file), *ARGUMENTS, "--samples", "40", "--hindsight", "0", "--confidence", "0.5", "--json"]
    ) in (0, 3, 4)
    data = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator(json.loads(schema_text("robust", "", None))).validate(data)
    sure = data["confident"]
    assert sure["impossible"] or sure["design"] is None or sure["held"] >= sure["needed"] == 20


@pytest.mark.parametrize(
    "arguments",
    [("--samples", "3"), ("--confidence", "0"), ("--confidence", "1.5"), ("--seed", "-1"), ("--jobs", "0"),
     ("--distribution", "normal"), ("--breach-usd", "-5"), ("--hindsight", "x"), ("--confidence", "nan"),
     ("--breach-usd", "nan"), ("--breach-usd", "inf")],
)  # fmt: skip
def test_bad_options_end_with_2(arguments: tuple[str, ...], file: Path, capsys: Capture) -> None:
    """Numbers that make no sense are refused before anything is solved; nothing is on standard output."""
    assert call(capsys, file, *arguments, code=2) == ""


def test_samples_that_the_time_did_not_suffice_for_are_counted(solved: Answer) -> None:
    """Hindsight that was asked for and did not fit into the time is not left out without a word."""
    found = robust(solved, Wanted(samples=10, hindsight=6), deadline=Deadline.after(1e-9))
    assert (found.regret, found.unsettled) == (None, 6)
    assert exit_code(found, solved=True) == 4
    assert json.loads(json_output.dumps(robust_json.robust(found)))["not_settled_with_hindsight"] == 6
    assert "6 more samples with hindsight" in "\n".join(str(part) for part in robust_text.page(found))


def test_without_ranges_there_is_nothing_to_draw(solved: Answer) -> None:
    """Where nothing that the design stands on has a range, that is bad input, and it says what to do."""
    assert solved.best is not None
    catalog = solved.table.catalog
    figures = [k.figure for k in _world(solved.table).draws.knobs if k.figure is not None]
    plain = with_figures(catalog, {one: one.value for one in figures})  # a changed figure states no range
    scenario = dataclasses.replace(solved.scenario, ranges={})
    with pytest.raises(InputError, match="--assume-ranges"):
        robust(answer(scenario, plain), Wanted(samples=20))


def test_an_infeasible_scenario_ends_with_its_ways_out(file: Path, tmp_path: Path, capsys: Capture) -> None:
    """Without a design there is nothing to try: exit 3, with the conflict and the least that must change."""
    tight = tmp_path / "tight.yml"
    data = file.read_text(encoding="utf-8")
    line = next(line for line in data.splitlines() if "cost_usd_per_month" in line and "max" in line)
    tight.write_text(data.replace(line, "  cost_usd_per_month: {max: 100}"), encoding="utf-8")
    text = call(capsys, tight, code=3)
    assert "Ways out" in text
    found = json.loads(call(capsys, tight, "--json", code=3))
    jsonschema.Draft202012Validator(json.loads(schema_text("robust", "", None))).validate(found)
    assert found["answer"]["ways_out"]["ways"]
