"""Ways out of infeasible scenarios: as few requirements as possible, by as little as possible, and each works."""

from __future__ import annotations

import itertools
import json
import math
import pickle
import random
from collections.abc import Sequence
from dataclasses import replace

import pytest
from oracles.enumeration import Judged, enumerate_all, meets
from oracles.problems import draw_bounds, draw_filters, metric_names, small_table, with_question

from advisor.analysis.answers import Deadline
from advisor.analysis.conflict import conflict
from advisor.analysis.loosening import outward
from advisor.analysis.overrides import change
from advisor.analysis.smallest_fixes import MOST_TOGETHER, smallest_fixes
from advisor.analysis.ways_out import (
    SAVED,
    Admitted,
    Loosened,
    Remedy,
    Undenied,
    WaysOut,
    changed_scenario,
    ways_out,
)
from advisor.candidates.table import Table, table
from advisor.catalog.load import Catalog
from advisor.optimizer.run import optimise
from advisor.optimizer.search import Search
from advisor.optimizer.solver import Status
from advisor.render.ways_out_json import settings
from advisor.render.ways_out_json import ways_out as as_json
from advisor.scenario.load import Scenario, scenario_from_text
from advisor.scenario.requirements import Bound, Filter, Requirement, is_count

SEEDS = range(12)
DRAWS = 2
READING = 2e-5  # percentiles are read off a lattice
HAIR = 1e-4  # by which a limit is looser than a value, relative
_PAIRS: list[int] = []  # found by each question about two bounds


def _infeasible(rng: random.Random, full: Table, found: list[Judged], *, hard: bool) -> list[Requirement]:
    """Return requirements, each at another place, that no design meets all of.

    ``hard``: of many draws the first in which no single one is to blame, where there is any.
    """
    last: list[Requirement] = []
    for _ in range(60):
        drawn: list[Requirement] = [*draw_bounds(rng, found, rng.randrange(1, 6)), *draw_filters(rng, full)]
        wanted = list({one.path: one for one in drawn}.values())
        if any(meets(j, wanted) for j in found):
            continue
        last = wanted
        if not hard or len(next(iter(_smallest(found, wanted)), ())) > 1:
            break
    assert last
    return last


def _smallest(found: Sequence[Judged], wanted: Sequence[Requirement]) -> list[set[Requirement]]:
    """Return the smallest sets of requirements without which some design meets the rest, by looking at all of them."""
    for size in range(1, MOST_TOGETHER + 1):
        sets = [
            set(some)
            for some in itertools.combinations(wanted, size)
            if any(meets(j, [r for r in wanted if r not in some]) for j in found)
        ]
        if sets:
            return sets
    return []


def _excess(bound: Bound, judged: Judged) -> float:
    """Return by how much a design is beyond a bound, relative to it; of an availability, to its error budget.

    Beyond a limit of 0, such as no system of one's own, the count itself says by how much.
    """
    value = judged.metrics[bound.metric]
    if bound.metric.endswith(".availability"):
        return max(0.0, (bound.limit - value) / (1 - bound.limit))
    return max(0.0, (value - bound.limit if bound.upper else bound.limit - value) / (bound.limit or 1))


def _least_change(found: Sequence[Judged], rest: Sequence[Requirement], bounds: Sequence[Bound]) -> float:
    """Return the least sum of relative changes of some bounds with which a design meets everything else."""
    return min(sum(_excess(b, j) for b in bounds) for j in found if meets(j, rest))


_KNOWN: dict[tuple[int, int], tuple[Table, list[Judged], WaysOut]] = {}


def _asked(seed: int, draw: int, scenario: Scenario, catalog: Catalog) -> tuple[Table, list[Judged], WaysOut]:
    """Return an infeasible question, every design there is, and the ways out; worked out once."""
    if (seed, draw) not in _KNOWN:
        full = small_table(seed, scenario, catalog, invented=seed % 2 == 0)
        found = enumerate_all(full)
        wanted = _infeasible(random.Random(50 * seed + draw), full, found, hard=draw > 0)
        asked = with_question(full, wanted, full.scenario.objective)
        _KNOWN[seed, draw] = asked, found, ways_out(Search(asked), conflict(asked), ask_for=())
    return _KNOWN[seed, draw]


def _changes_rules(remedy: Remedy) -> list[Filter]:
    return [step.rule for step in remedy.steps if isinstance(step, Admitted)]


@pytest.mark.parametrize("seed", SEEDS)
def test_ways_out_agree_with_enumeration(seed: int, scenario: Scenario, catalog: Catalog) -> None:
    """By enumeration: the fewest requirements, all such sets, the least change of each, and a design that then fits."""
    for draw in range(DRAWS):
        asked, found, result = _asked(seed, draw, scenario, catalog)
        wanted = asked.scenario.requirements
        assert [set(fix) for fix in result.fixes.sets] == _smallest(found, wanted)
        assert result.open == ()
        for fix in result.fixes.sets:
            ways = [r for r in result.remedies if _touched(r) == set(fix)]
            assert ways
            for way in ways:
                _check_remedy(way, found, wanted)


@pytest.mark.parametrize("seed", SEEDS[:3])
def test_the_same_for_any_number_of_jobs(seed: int, scenario: Scenario, catalog: Catalog) -> None:
    """Two and three processes find what one finds: the same ways, in the same order, with the same designs. So does
    work that was sent to another process as a whole, as where none can begin as a copy of this one."""
    for draw in range(DRAWS):
        asked, _, result = _asked(seed, draw, scenario, catalog)
        one = json.dumps(as_json(result))
        for jobs in (2, 3):
            search = Search(asked) if jobs == 2 else pickle.loads(pickle.dumps(Search(asked)))
            found = ways_out(search, conflict(asked), ask_for=(), jobs=jobs)
            assert json.dumps(as_json(found)) == one


def test_no_process_is_begun_that_would_have_to_learn_everything_first(
    scenario: Scenario, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a process cannot begin as a copy of this one, all is worked off here, with the same result."""
    asked, _, result = _asked(0, 0, scenario, catalog)
    monkeypatch.setattr("advisor.analysis.ways_out.forks", lambda: False)
    monkeypatch.setattr("advisor.analysis.parallel.processes", None)
    found = ways_out(Search(asked), conflict(asked), ask_for=(), jobs=4)
    assert json.dumps(as_json(found)) == json.dumps(as_json(result))


def _touched(remedy: Remedy) -> set[Requirement]:
    return {s.bound if isinstance(s, Loosened) else s.rule for s in remedy.steps if not isinstance(s, Undenied)}


def _check_remedy(way: Remedy, found: Sequence[Judged], wanted: Sequence[Requirement]) -> None:
    """Check a way out: the change is least, and the changed requirements are met by the design that is shown."""
    moved = {s.bound: s for s in way.steps if isinstance(s, Loosened)}
    ends: dict[Requirement, Requirement | None] = {s.rule: s.rest for s in way.steps if isinstance(s, Admitted)}
    kept = [r for one in wanted if one not in moved and (r := ends.get(one, one)) is not None]
    if moved:
        assert way.share == pytest.approx(_least_change(found, kept, list(moved)), rel=READING, abs=READING)
    changed: list[Requirement] = [*kept, *(replace(b, limit=s.limit) for b, s in moved.items())]
    shown = {role: c.id for role, c in way.evaluation.design.items()}
    judged = next(j for j in found if j.ids == shown)
    assert meets(judged, changed)
    assert way.evaluation.feasible
    cheapest = min(j.metrics["cost_usd_per_month"] for j in found if meets(j, changed))
    assert way.cost_usd_per_month == pytest.approx(cheapest, rel=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_just_inside_is_infeasible_and_just_outside_is_not(seed: int, scenario: Scenario, catalog: Catalog) -> None:
    """A bound alone at its tightest value has a design, a hair tighter it has none; by re-solving and enumeration."""
    for draw in range(DRAWS):
        asked, found, result = _asked(seed, draw, scenario, catalog)
        for way in result.remedies:
            if len(way.steps) > 1 or not isinstance(way.steps[0], Loosened):
                continue
            step = way.steps[0]
            hair = READING * (1 - step.least if step.bound.metric.endswith("availability") else step.least)
            for sign, feasible in ((1, True), (-1, False)):
                limit = step.least + (hair if step.bound.upper else -hair) * sign
                tried = [replace(r, limit=limit) if r is step.bound else r for r in asked.scenario.requirements]
                assert any(meets(j, tried) for j in found) is feasible
                again = optimise(Search(with_question(asked, tried, asked.scenario.objective)))
                assert (again.best is not None) is feasible


def test_both_kinds_and_pairs_occur(scenario: Scenario, catalog: Catalog) -> None:
    """The seeds cover single bounds, single rules, pairs of bounds, and a bound with a rule."""
    shapes = set()
    for seed in SEEDS:
        for draw in range(DRAWS):
            result = _asked(seed, draw, scenario, catalog)[2]
            shapes |= {tuple(sorted(type(s).__name__ for s in way.steps)) for way in result.remedies}
    assert {("Loosened",), ("Admitted",), ("Loosened", "Loosened"), ("Admitted", "Loosened")} <= shapes


@pytest.mark.parametrize("seed", range(5))
def test_the_least_change_comes_first(seed: int, scenario: Scenario, catalog: Catalog) -> None:
    """Ways that only move bounds come first, by their relative change; those that change rules follow."""
    result = _asked(seed, 1, scenario, catalog)[2]
    keys = [(len(_changes_rules(way)), way.share) for way in result.remedies]
    assert keys == sorted(keys)


def _pairs_worth_it(found: Sequence[Judged], wanted: Sequence[Requirement]) -> dict[frozenset[Requirement], float]:
    """Return the least change of every two bounds of which one alone is enough, where it saves a tenth or more."""
    bounds = [b for b in wanted if isinstance(b, Bound) and not is_count(b.metric)]
    alone: dict[Requirement, float] = {}
    for bound in (r for r in wanted if isinstance(r, Bound)):
        rest = [r for r in wanted if r is not bound]
        if any(meets(j, rest) for j in found):
            alone[bound] = _least_change(found, rest, [bound])
    least = min(alone.values(), default=0.0)
    changes = {
        frozenset(pair): _least_change(found, [r for r in wanted if r not in pair], pair)
        for pair in itertools.combinations(bounds, 2)
        if alone.keys() & set(pair)
    }
    return {pair: change for pair, change in changes.items() if change <= least * (1 - SAVED)}


def _best_of_both(rng: random.Random, found: Sequence[Judged]) -> list[Bound]:
    """Return bounds on two metrics, each a hair looser than the best value that any design has."""
    names = [name for name in metric_names(found) if not is_count(name)]
    bounds = []
    for name in rng.sample(names, 2):
        upper = not (name == "quality" or name.endswith(".availability"))
        values = [j.metrics[name] for j in found]
        best = min(values) * (1 + HAIR) if upper else max(values) - HAIR * (1 - max(values) or 1.0)
        bounds.append(Bound(f"constraints.{name}", name, upper, best))
    return bounds


@pytest.mark.parametrize("seed", range(8))
def test_a_little_of_two_bounds_is_offered_where_it_is_less(seed: int, scenario: Scenario, catalog: Catalog) -> None:
    """Pairs that need at least a tenth less change than any bound alone are found, all of them, with the change that
    enumeration finds, and with a design that meets both new limits and everything else; no other pair is shown."""
    full = small_table(seed, scenario, catalog, invented=True)
    found, rng, asked_for, pairs = enumerate_all(full), random.Random(seed), 0, 0
    for _ in range(12):
        wanted = [*_best_of_both(rng, found), *draw_bounds(rng, found, 1)]
        if len({b.metric for b in wanted}) < len(wanted) or any(meets(j, wanted) for j in found):
            continue
        expected = _pairs_worth_it(found, wanted)
        if asked_for > 2 and (pairs or not expected):  # a few without any pair are enough
            continue
        asked = with_question(full, wanted, full.scenario.objective)
        result = ways_out(Search(asked), conflict(asked), ask_for=())
        asked_for += 1
        if all(len(fix) == 1 for fix in result.fixes.sets):
            shown = {frozenset(_touched(r)): r for r in result.remedies if len(r.steps) > 1}
            assert shown.keys() == expected.keys()
            for pair in expected:
                _check_remedy(shown[pair], found, wanted)
            pairs += len(expected)
    _PAIRS.append(pairs)


def test_pairs_do_occur() -> None:
    """The questions hold pairs that are worth it."""
    assert sum(_PAIRS) > 3 or len(_PAIRS) < 8


TEXT = """
title: t
blueprint: rag_assistant
workload: {requests_per_month: 3_000_000, input_tokens: 3_600, output_tokens: 280, documents: 400_000,
  documents_changed_per_month: 60_000}
"""


MOST, BAN = "objective: {maximize: flows.answer.availability}\n", "tactics: {deny: [replicate]}\n"


def _solved(text: str, catalog: Catalog) -> WaysOut:
    built = table(scenario_from_text(TEXT + text, catalog), catalog)
    search = Search(built)
    assert optimise(search).status is Status.INFEASIBLE
    return ways_out(search, conflict(built), ask_for=())


def test_a_denied_tactic_is_a_way_out(mini: Catalog) -> None:
    """Where a tactic that the scenario denies brings the design that is missing, dropping the ban is shown."""
    best = [optimise(Search(table(scenario_from_text(TEXT + MOST + ban, mini), mini))).best for ban in ("", BAN)]
    with_it, without = (one.metric("flows.answer.availability") for one in best if one is not None)
    assert without < with_it
    bound = f"constraints: {{flows: {{answer: {{availability: {{min: {(with_it + without) / 2}}}}}}}}}\n"
    tactics = [way for way in _solved(bound + BAN, mini).remedies if isinstance(way.steps[0], Undenied)]
    assert Undenied("replicate") in [way.steps[0] for way in tactics]
    assert all(way.evaluation.feasible for way in tactics)


def test_a_tactic_that_has_to_be_asked_for_is_a_way_out(scenario: Scenario, catalog: Catalog) -> None:
    """Where a model with a fallback is cheap enough and nothing else is, allowing it is shown with what the best design
    then costs; a tactic that does not help is not shown."""
    tight = change(scenario, ["constraints.cost_usd_per_month.max=16000"], catalog).scenario
    search = Search(table(tight, catalog))
    assert optimise(search).status is Status.INFEASIBLE
    (way,) = ways_out(search, (), ask_for=("fallback", "spot")).remedies
    assert way.steps == (Undenied("fallback"),)
    assert list(settings(way)) == ["tactics.allow=[fallback]"]
    again = optimise(Search(table(change(tight, list(settings(way)), catalog).scenario, catalog)))
    assert again.value == pytest.approx(way.cost_usd_per_month)
    assert way.evaluation.feasible


def test_what_is_denied_in_words_is_no_longer_denied(mini: Catalog) -> None:
    """A tactic that is denied and has to be asked for needs both: it is taken off the one list and put on the other."""
    asked = scenario_from_text(TEXT + "tactics: {deny: [fallback, hedge], allow: [spot]}\n", mini)
    changed = changed_scenario(asked, [Undenied("fallback")])
    best = optimise(Search(table(changed, mini))).best
    assert best
    remedy = Remedy((Undenied("fallback"),), best, True)
    assert list(settings(remedy)) == ["tactics.allow=[fallback, spot]", "tactics.deny=[hedge]"]


def test_one_more_name_is_enough_where_a_rule_has_several(mini: Catalog) -> None:
    """Of a list of refused licences only the one that must go is named, not the whole rule, and the rest stays."""
    found = _solved("constraints: {licences: {deny: [proprietary, ISC]}}", mini)
    (way,) = found.remedies
    (step,) = way.steps
    assert isinstance(step, Admitted)
    assert step.name == "proprietary"
    assert step.rest is not None
    assert step.rest.values == {"ISC"}
    assert [rule.values for rule in way.evaluation.scenario.filters] == [{"ISC"}]


def test_a_rule_is_dropped_where_one_name_is_not_enough(scenario: Scenario, catalog: Catalog) -> None:
    """Where two roles have only options of two refused licences, letting one in does not help: the rule has to go."""
    full = small_table(3, scenario, catalog, invented=False)
    licences = {(role, c.component.licence): c for role, found in full.candidates.items() for c in found if c.component}
    (role, one), (other, two) = next(
        (a, b) for a, b in itertools.combinations(licences, 2) if a[0] != b[0] and a[1] != b[1]
    )
    only = {role: (licences[role, one],), other: (licences[other, two],)}
    rule = Filter("constraints.licences.deny", "licence", frozenset([one, two]), False)
    asked = with_question(replace(full, candidates={**full.candidates, **only}), [rule], full.scenario.objective)
    found = ways_out(Search(asked), conflict(asked), ask_for=())
    assert [way.steps for way in found.remedies] == [(Admitted(rule, None),)]


def test_nothing_helps_when_no_requirement_is_to_blame(mini: Catalog) -> None:
    """A workload that no option can carry has no way out among the requirements, and that is said by an empty list."""
    text = TEXT.replace("3_000_000", "900_000_000_000")
    built = table(scenario_from_text(text + "constraints: {quality: {min: 0.1}}", mini), mini)
    found = ways_out(Search(built), conflict(built))
    assert (found.remedies, found.fixes.sets, found.open) == ((), (), ())


def test_a_time_limit_leaves_open_and_says_so(scenario: Scenario, catalog: Catalog) -> None:
    """What was not tried in time is named; nothing is claimed about it."""
    asked = _asked(1, 0, scenario, catalog)[0]
    found = ways_out(Search(asked), conflict(asked), Deadline.after(1e-9), ask_for=())
    assert found.remedies == ()
    assert set(found.open) <= {r.path for r in asked.scenario.requirements}
    assert found.open


def test_an_unknown_conflict_leaves_everything_open(scenario: Scenario, catalog: Catalog) -> None:
    """Without a conflict to start from, every requirement is listed as open."""
    asked = _asked(1, 0, scenario, catalog)[0]
    assert set(ways_out(Search(asked), None).open) == {r.path for r in asked.scenario.requirements}


@pytest.mark.parametrize("seed", range(40))
def test_smallest_fixes_equal_all_subsets(seed: int) -> None:
    """On random families of conflicts: the smallest hitting sets, all of them, found by looking at every subset."""
    rng = random.Random(seed)
    every: list[Requirement] = [Bound(f"r{i}", f"r{i}", True, 1.0) for i in range(6)]
    family = [frozenset(rng.sample(every, rng.randrange(1, 4))) for _ in range(rng.randrange(1, 5))]

    def blame(gone: tuple[Requirement, ...]) -> tuple[Requirement, ...]:
        left: list[frozenset[Requirement]] = [members for members in family if not members & set(gone)]
        least = min(left, key=lambda members: (len(members), sorted(r.path for r in members)))
        return tuple(sorted(least, key=lambda r: r.path))

    found = smallest_fixes(every, blame(()), lambda gone: all(m & set(gone) for m in family), blame)
    for size in range(1, MOST_TOGETHER + 1):
        sets = [set(s) for s in itertools.combinations(every, size) if all(m & set(s) for m in family)]
        if sets:
            assert [set(fix) for fix in found.sets] == sets
            return
    assert found.sets == ()
    assert found.more_than == MOST_TOGETHER


@pytest.mark.parametrize("seed", range(40))
def test_a_rounded_limit_is_outside(seed: int) -> None:
    """The limit to write down is never tighter than the value that can be met, and within 1 % (10 % of a budget)."""
    rng = random.Random(seed)
    value = 10 ** rng.uniform(-3, 7)
    upper = Bound("p", "cost_usd_per_month", True, value / 2)
    assert value * (1 - 1e-9) <= outward(upper, value) <= value * 1.0101
    share = rng.uniform(0.01, 1)
    assert share * 0.99 <= outward(Bound("p", "quality", False, 1.0), share) <= share * (1 + 1e-9)
    up = 1 - 10 ** rng.uniform(-6, -0.1)
    shown = outward(Bound("p", "flows.answer.availability", False, 0.9999999), up)
    assert shown <= up + 1e-12
    assert math.isclose(1 - shown, 1 - up, rel_tol=0.1)
