"""Why and why-not: every answer against enumeration of small problems, and word for word on the small catalog."""

from __future__ import annotations

import itertools
import json
import math
import random
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from oracles.enumeration import Judged, enumerate_all, meets, optimum
from oracles.problems import draw_bounds, draw_filters, small_table, with_question
from rich.padding import Padding

from advisor.analysis import ruled_out
from advisor.analysis.answers import UNLIMITED, Answer, Deadline, answer, solve
from advisor.analysis.equality import same
from advisor.analysis.forced import Wish, blame, forced
from advisor.analysis.overrides import change
from advisor.analysis.reasons import reasons, swap, swapped
from advisor.analysis.why import OtherSize, find_roles, why
from advisor.analysis.why_not import WhyNot, _without_design, why_not, why_not_all, why_not_steps
from advisor.analysis.wishes import find_wishes
from advisor.candidates.candidate import Candidate
from advisor.candidates.table import Table, table
from advisor.catalog.load import Catalog
from advisor.commands.main import run
from advisor.commands.schema import schema_text
from advisor.errors import InputError
from advisor.evaluation.evaluate import judge
from advisor.evaluation.result import Evaluation
from advisor.optimizer.goal import CHEAPEST, goal_value
from advisor.optimizer.solver import Status
from advisor.proposal import propose
from advisor.render import json_output, why_json, why_text
from advisor.render.change_words import broken_text
from advisor.resources import example
from advisor.scenario.load import Scenario, load_scenario
from advisor.scenario.requirements import CLOUDS, Bound, Requirement

Capture = pytest.CaptureFixture[str]
DATA = Path(__file__).parent / "data"
GOLDEN = Path(__file__).parent / "golden" / "what_if"
FILE = DATA / "mini_scenario.yml"
MINI = ["--catalog", str(DATA / "mini_catalog")]
SEEDS = (*range(5), 30)  # the last one has options that rules refuse
COST = "cost_usd_per_month"


@pytest.fixture(scope="module")
def solved(mini: Catalog) -> Answer:
    """Return the answer to its scenario."""
    return answer(load_scenario(FILE, mini), mini)


# --- against enumeration ----------------------------------------------------------------------------------------------


class Problem:
    """A small problem with requirements that bind, its answer, and every design of it."""

    def __init__(self, seed: int, scenario: Scenario, catalog: Catalog) -> None:
        full = small_table(seed, scenario, catalog, invented=seed % 2 == 0)
        self.designs = enumerate_all(full)
        rng = random.Random(seed)
        while True:
            wanted: list[Requirement] = [*draw_bounds(rng, self.designs, 3), *draw_filters(rng, full)]
            if 3 <= sum(meets(one, wanted) for one in self.designs) <= len(self.designs) * 0.8:
                break
        self.table = with_question(full, wanted, full.scenario.objective)
        self.requirements = self.table.scenario.requirements
        self.answer = solve(self.table)
        assert self.answer.best

    def cheapest(self, designs: Sequence[Judged], requirements: Sequence[Requirement] | None = None) -> float | None:
        """Return the least cost of designs that meet the requirements, None when none does."""
        found = optimum(designs, self.requirements if requirements is None else requirements, self.goals)
        return found[0].metrics[COST] if found else None

    @property
    def goals(self) -> Any:
        """The goals: least cost."""
        return self.table.scenario.objective

    def with_(self, *wishes: Wish) -> list[Judged]:
        """Return the designs that grant all wishes."""
        return [one for one in self.designs if all(_granted(wish, one.design[wish.role]) for wish in wishes)]


def _granted(wish: Wish, candidate: Candidate) -> bool:
    option = candidate.option.id if candidate.option else "none"
    component = candidate.component.id if candidate.component else "none"
    return wish.name in (candidate.id, option, component)


@pytest.fixture(scope="module")
def problems(scenario: Scenario, catalog: Catalog) -> dict[int, Problem]:
    """Return the small problems, solved."""
    return {seed: Problem(seed, scenario, catalog) for seed in SEEDS}


def every_wish(table: Table) -> list[Wish]:
    """Return every component, option and candidate that could be wished for."""
    names = {
        (role, name)
        for role, found in table.candidates.items()
        for c in found
        for name in (c.id, c.option.id if c.option else "none", c.component.id if c.component else "none")
    }
    return [Wish(role, name) for role, name in sorted(names)]


def agrees(found: WhyNot, problem: Problem, wishes: Sequence[Wish]) -> None:
    """Check an answer against every design that grants the wishes."""
    best = problem.answer.best
    assert best
    granted = problem.with_(*wishes)
    least = problem.cheapest(granted)
    if found.kind == "chosen":
        assert least == pytest.approx(best.cost_usd_per_month)
    elif least is None:
        assert found.kind in ("infeasible", "refused")
        assert found.evaluation is None
    else:
        assert found.kind == "possible"
        assert found.evaluation
        assert found.evaluation.cost_usd_per_month == pytest.approx(least, rel=1e-9)
        assert found.extra_usd_per_month == pytest.approx(least - best.cost_usd_per_month, abs=1e-6)
        assert all(_granted(wish, found.evaluation.design[wish.role]) for wish in wishes)
        assert found.evaluation.feasible
        assert sum(one.difference for one in found.roles) == pytest.approx(found.extra_usd_per_month, abs=1e-6)


@pytest.mark.parametrize("seed", SEEDS)
def test_forcing_anything_costs_what_enumeration_says(seed: int, problems: dict[int, Problem]) -> None:
    """Every component, every option and every size, forced one by one: feasible or not, and for what cost."""
    problem = problems[seed]
    wishes = every_wish(problem.table)
    for wish in random.Random(seed).sample(wishes, min(9, len(wishes))):
        agrees(why_not(problem.answer, [wish]), problem, [wish])


@pytest.mark.parametrize("seed", SEEDS)
def test_forcing_two_together(seed: int, problems: dict[int, Problem]) -> None:
    """Two wishes for two roles hold at once."""
    problem = problems[seed]
    wishes = every_wish(problem.table)
    rng = random.Random(seed)
    for _ in range(4):
        pair = rng.sample(wishes, 2)
        if pair[0].role != pair[1].role and problem.with_(*pair):
            agrees(why_not(problem.answer, pair), problem, pair)


def impossible(problem: Problem) -> list[Wish]:
    """Return components that no design that meets every requirement has."""
    components = {(role, c.component_id) for role, found in problem.table.candidates.items() for c in found}
    wishes = [Wish(role, name) for role, name in sorted(components)]
    return [wish for wish in wishes if problem.cheapest(problem.with_(wish)) is None]


@pytest.mark.parametrize("seed", SEEDS)
def test_what_forbids_and_what_would_have_to_give(seed: int, problems: dict[int, Problem]) -> None:
    """The conflict is minimal with the wish; a bound's way out is the best value that the other requirements allow."""
    problem = problems[seed]
    for wish in impossible(problem)[:3]:
        found = why_not(problem.answer, [wish], ways_out=True)
        granted = problem.with_(wish)
        members = found.conflict
        assert members is not None
        assert bool(members) == bool(granted)
        assert not any(meets(one, members) for one in granted)
        for member in members:
            assert any(meets(one, [m for m in members if m is not member]) for one in granted)
        assert [way.requirement for way in found.ways_out] == list(members)
        for way in found.ways_out:
            rest = [r for r in problem.requirements if r is not way.requirement]
            fitting = [one for one in granted if meets(one, rest)]
            assert (way.evaluation is not None) == bool(fitting)
            if fitting and isinstance(way.requirement, Bound):
                values = [one.metrics[way.requirement.metric] for one in fitting]
                top = min(values) if way.requirement.upper else max(values)
                assert way.least == pytest.approx(top, rel=2e-6)
                assert not way.requirement.holds(way.least or 0.0)
            elif fitting:
                assert way.evaluation
                assert way.evaluation.cost_usd_per_month == pytest.approx(problem.cheapest(granted, rest))
        if found.reach is not None:
            (bound,) = members
            assert isinstance(bound, Bound)
            values = [one.metrics[bound.metric] for one in granted]
            assert found.reach == pytest.approx(min(values) if bound.upper else max(values), rel=2e-6)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_swap_alone_does_what_enumeration_says(seed: int, problems: dict[int, Problem]) -> None:
    """For every wish: with nothing else changed the cheapest swap that holds, or how much the nearest one breaks."""
    problem = problems[seed]
    best, search = problem.answer.best, problem.answer.search
    assert best
    kinds = set()
    for wish in every_wish(problem.table):
        found = why_not(problem.answer, [wish]).in_place
        if found is None:  # chosen
            continue
        alone = [one for one in problem.with_(wish) if _same_elsewhere(one, best, wish.role)]
        good = [one for one in alone if meets(one, problem.requirements)]
        kinds.add(found.kind)
        assert (found.kind == "swap") == bool(good), wish
        if good:
            least = min(one.metrics[COST] for one in good)
            assert found.extra_usd_per_month == pytest.approx(least - best.cost_usd_per_month, abs=1e-6)
        elif found.candidate:
            (tried,) = [one for one in alone if one.design[wish.role].id == found.candidate.id]
            missed = [one for one in problem.requirements if not meets(tried, [one])]
            assert list(found.requirements) == missed
            assert all(c.value == pytest.approx(tried.metrics[c.requirement.metric]) for c in found.broken if c.value)
            left = [one for one in alone if (wish.role, one.design[wish.role].id) in search.by_id] or alone
            assert len(missed) == min(sum(not meets(one, [r]) for r in problem.requirements) for one in left)
    assert kinds == {"swap", "breaks"}


def _same_elsewhere(one: Judged, best: Evaluation, but: str) -> bool:
    """Return whether a design has what the best has in all other roles, sized anew where a cache came or went."""
    pairs = [(c.id, best.design[role].id) for role, c in one.design.items() if role != but]
    return all(ours.partition("+")[0] == theirs.partition("+")[0] for ours, theirs in pairs)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_told_first_stays_true(seed: int, problems: dict[int, Problem]) -> None:
    """The answer comes as soon as it is known; only where there is no design it is completed, and then nothing is
    taken back."""
    problem = problems[seed]
    counts = set()
    for wish in every_wish(problem.table):
        steps = list(why_not_steps(problem.answer, [wish]))
        counts.add((len(steps), steps[-1].kind))
        assert json_text(steps[0], problem) == json_text(why_not(problem.answer, [wish]), problem)
        assert json_text(steps[-1], problem) == json_text(why_not(problem.answer, [wish], ways_out=True), problem)
        if len(steps) == 2:
            first, whole = steps
            assert first.kind in ("infeasible", "refused")
            assert first.kind == whole.kind or first.conflict is None
            assert first.conflict in (None, whole.conflict)
            assert (first.wishes, first.in_place, first.ways_out) == (whole.wishes, whole.in_place, ())
            assert whole.conflict is not None
            assert not problem.with_(wish) or problem.cheapest(problem.with_(wish)) is None
    assert (1, "possible") in counts
    assert {kind for count, kind in counts if count == 2} <= {"infeasible", "refused"}


def test_what_is_named_at_once_is_to_blame(problems: dict[int, Problem]) -> None:
    """Without looking for ways out: what is named is a minimal conflict, and it is named where every candidate is
    refused; what a swap breaks alone is the one requirement without which there is a design."""
    counts = {"refused": 0, "missed": 0, "unnamed": 0, "breaks one": 0}
    for problem in problems.values():
        for wish in every_wish(problem.table):
            found = why_not(problem.answer, [wish])
            granted = problem.with_(wish)
            if found.kind not in ("infeasible", "refused"):
                continue
            assert (found.kind == "refused") == (_refused(problem, wish) and found.conflict != ()), wish
            if found.conflict is not None:
                assert not any(meets(one, found.conflict) for one in granted)
                for member in found.conflict:
                    assert any(meets(one, [m for m in found.conflict if m is not member]) for one in granted)
            named = "refused" if found.kind == "refused" else "missed" if found.conflict else "unnamed"
            counts[named] += 1
            if any("possible where that is allowed" in text for text in why_text._swap_lines(found)):
                assert found.in_place
                (broken,) = found.in_place.requirements
                assert any(meets(one, [r for r in problem.requirements if r is not broken]) for one in granted)
                counts["breaks one"] += 1
    assert all(counts.values()), counts


def _refused(problem: Problem, wish: Wish) -> bool:
    """Return whether rules refuse every candidate that a wish is about."""
    fitting = [c for c in problem.table.candidates[wish.role] if wish.fits(c)]
    return all(any(not c.admitted_by(rule) for rule in problem.table.scenario.filters) for c in fitting)


def test_what_is_missed_whatever_else_can_be_chosen(problems: dict[int, Problem]) -> None:
    """A component that is said to miss bounds misses one beside all that no rule and no bound rules out alone."""
    asked = 0
    for problem in problems.values():
        search, best = problem.answer.search, problem.answer.best
        assert best
        out = {(role, c.id) for role, some in problem.table.candidates.items() for c in some} - search.by_id.keys()
        for reason in (one for some in reasons(search, best).values() for one in some if one.kind == "hopeless"):
            for one in problem.with_(Wish(reason.role, reason.component_id)):
                keys = {(role, c.id) for role, c in one.design.items() if role != reason.role}
                if not keys & search.hopeless.keys() and not keys & out:
                    assert not all(meets(one, [bound]) for bound in reason.requirements)
                    asked += 1
    assert asked > 50


def json_text(one: WhyNot, problem: Problem) -> str:
    """Return everything that an answer says."""
    return json_output.dumps(why_json.why_not([one], problem.answer))


@pytest.mark.parametrize("seed", SEEDS)
def test_to_look_ahead_for_ways_out_changes_no_answer(
    seed: int, problems: dict[int, Problem], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The conflict is that of the plain deletion filter, whether ways out are looked for at once or one by one."""
    problem = problems[seed]
    for wish in impossible(problem)[:3]:
        asked = forced(problem.answer, [wish])
        plain = blame(asked, UNLIMITED)
        found = []
        for few, tight in ((1, math.inf), (2, math.inf), (99, -1.0)):
            monkeypatch.setattr(ruled_out, "FEW", few)
            monkeypatch.setattr(ruled_out, "TIGHT", tight)
            assert problem.answer.best
            members, ways = ruled_out.blame_and_ways_out(asked, problem.answer.best, UNLIMITED)
            assert members == plain
            assert [way.requirement for way in ways] == list(members or ())
            found.append([(way.least, way.proved, way.evaluation and _ids(way.evaluation)) for way in ways])
        assert found[0] == found[1] == found[2]


def test_what_no_number_of_clouds_mends_needs_no_availability_that_has_no_way_out(
    scenario: Scenario, catalog: Catalog
) -> None:
    """Without a cache no clouds are enough, and no lower availability either: what is said to be in conflict has
    neither, and cannot hold together by a search of nothing else."""
    known = answer(scenario, catalog)
    assert known.best
    one = forced(known, [Wish("semantic_cache", "none")])
    requirements = one.search.requirements
    ways = ruled_out._Ways(one, tuple(ruled_out._likely(requirements, known.best)), UNLIMITED)
    looked = ways(next(place for place, r in enumerate(requirements) if getattr(r, "metric", "") == CLOUDS))
    assert looked.way.evaluation is None
    assert looked.conflict
    metrics = {getattr(r, "metric", "") for r in looked.conflict}
    assert not any(metric == CLOUDS or metric.endswith(".availability") for metric in metrics)
    assert one.best(UNLIMITED, looked.conflict, (CHEAPEST,)).status is Status.INFEASIBLE


def _ids(evaluation: Evaluation) -> list[str]:
    return [c.id for c in evaluation.design.values()]


def test_the_small_problems_hold_every_ending(
    problems: dict[int, Problem], scenario: Scenario, catalog: Catalog
) -> None:
    """Over the seeds something is possible, something infeasible, something refused: the comparisons are not idle.

    What a seed draws hangs on the catalog, so more are looked at until every ending was met."""
    wanted = {"possible", "infeasible", "refused"}
    more = (Problem(seed, scenario, catalog) for seed in range(100, 130))
    hopeless = False
    for problem in itertools.chain(problems.values(), more):
        wanted -= {one.kind for one in why_not_all(problem.answer)}
        hopeless = hopeless or impossible(problem)
        if hopeless and not wanted:
            return
    pytest.fail(f"never met: {wanted or 'a requirement that nothing meets'}")


@pytest.mark.parametrize("seed", SEEDS)
def test_all_components_at_once(seed: int, problems: dict[int, Problem]) -> None:
    """The table has every component but the chosen ones, each with the answer that it gets alone."""
    problem = problems[seed]
    best = problem.answer.best
    assert best
    found = why_not_all(problem.answer)
    components = {(role, c.component_id) for role, some in problem.table.candidates.items() for c in some}
    chosen = {(role, c.component_id) for role, c in best.design.items()}
    asked = {(one.wishes[0].role, one.wishes[0].name) for one in found if one.kind != "capacity"}
    assert asked == components - chosen
    for one in found:
        if one.kind != "capacity":
            agrees(one, problem, one.wishes)


@pytest.mark.parametrize("seed", SEEDS)
def test_why(seed: int, problems: dict[int, Problem]) -> None:
    """Without each requirement, with another component in both roles: as enumeration has it."""
    problem = problems[seed]
    best = problem.answer.best
    assert best
    roles = random.Random(seed).sample(sorted(problem.table.candidates), 2)
    found = why(problem.answer, roles)
    better = {one.requirement.path: one for one in found.without}
    for requirement in problem.requirements:
        least = problem.cheapest(problem.designs, [r for r in problem.requirements if r is not requirement])
        assert least is not None
        gains = best.cost_usd_per_month - least > 1e-9 * best.cost_usd_per_month
        assert (requirement.path in better) == gains
        if gains:
            assert better[requirement.path].saved_usd_per_month == pytest.approx(best.cost_usd_per_month - least)
    others = [
        one for one in problem.designs if all(one.design[r].component_id != best.design[r].component_id for r in roles)
    ]
    least = problem.cheapest(others)
    assert found.together
    assert found.together.proved
    assert (found.together.evaluation is None) == (least is None)
    if least is not None:
        assert found.together.extra_usd_per_month == pytest.approx(least - best.cost_usd_per_month, abs=1e-6)
    for role in found.roles:
        extras = [one.extra_usd_per_month or 0.0 for one in role.feasible]
        assert extras == sorted(extras)
        rest = [one for one in problem.designs if one.design[role.role].component_id != role.chosen.component_id]
        least = problem.cheapest(rest)
        assert (least is None) == (not extras)
        if least is not None:
            assert extras[0] == pytest.approx(least - best.cost_usd_per_month, abs=1e-6)


# --- why this many ----------------------------------------------------------------------------------------------------


def test_a_unit_or_a_zone_more_or_less(solved: Answer) -> None:
    """Each neighbour in size is judged in place of the chosen one; where it breaks, a design with it is looked for."""
    best = solved.best
    assert best
    (role,) = why(solved, ["vector_store"]).roles
    assert (role.chosen.units, role.chosen.zones, role.chosen.needed_units) == (4, 3, 2)
    found = {(size.units, size.zones): size for size in role.sizes}
    assert set(found) == {(2, 2), (4, 2), (6, 3)}, "data comes in whole copies of two nodes"
    for (units, zones), size in found.items():
        other = next(
            c
            for c in solved.table.candidates["vector_store"]
            if c.option == role.chosen.option
            and (c.units, c.zones) == (units, zones)
            and c.behind == role.chosen.behind
        )
        there = judge({**best.design, "vector_store": other}, solved.scenario)
        assert size.extra_usd_per_month == there.cost_usd_per_month - best.cost_usd_per_month
        assert (size.kind == "holds") == there.feasible
        assert [c.requirement for c in size.broken] == [c.requirement for c in there.checks if not c.holds]
    assert found[2, 2].possible is False


def test_sizes_that_are_too_small_or_not_offered(solved: Answer) -> None:
    """One node fewer than the data needs is over the target utilisation: said with the figure."""
    tight = replace(
        solved.scenario, requirements=tuple(r for r in solved.scenario.requirements if "availability" not in r.path)
    )
    found = why(solve(replace(solved.table, scenario=tight)), ["vector_store"]).roles[0]
    assert (found.chosen.units, found.chosen.zones) == (2, 1)
    smaller = next((size for size in found.sizes if size.units < 2), None)
    assert smaller is None, "less than one copy of the data is no size"
    assert solved.best
    assert why_text.size_text(
        OtherSize(1, 1, "sizing", detail="x would be at 72% of capacity at peak"), solved.best
    ) == ("1 in 1 zone: x would be at 72% of capacity at peak")


def test_what_has_no_units_has_no_sizes(solved: Answer) -> None:
    """A service by use, and a role that is left out, raise no question of how many."""
    assert why(solved, ["llm"]).roles[0].sizes == ()
    assert why(solved, ["reranker"]).roles[0].sizes == ()


# --- what a name means ------------------------------------------------------------------------------------------------


def test_a_name_that_fits_two_roles_asks_both(solved: Answer) -> None:
    """One name gives one question for each role that it fits; --role picks one."""
    both = find_wishes(solved.table, ["beta_shield"])
    assert both == ((Wish("input_guardrail", "beta_shield"),), (Wish("output_guardrail", "beta_shield"),))
    assert find_wishes(solved.table, ["beta_shield"], ["output_guardrail"]) == both[1:]


def test_nothing_can_be_left_out_where_no_role_is_optional(solved: Answer) -> None:
    """It is said, instead of a component whose name looks like ``none``."""
    needed = replace(solved.table, candidates={"llm": solved.table.candidates["llm"]})
    with pytest.raises(InputError, match="found 'none', but no role of rag_assistant is optional"):
        find_wishes(needed, ["none"])


NAMES: list[tuple[list[str], list[str], str]] = [
    (["beta_gatewy"], [], "found 'beta_gatewy', which fills no role of rag_assistant; did you mean 'beta_gateway'?"),
    (["beta_gateway"], ["llm"], "found 'beta_gateway', which cannot fill llm"),
    (["beta_gateway"], ["gatway"], "--role: found 'gatway'; roles: "),
    (["none"], ["llm"], "found 'none', but llm is not optional in rag_assistant"),
    (
        ["beta_shield", "beta_gateway"],
        [],
        "'beta_shield' fits input_guardrail, output_guardrail; say which with --role",
    ),
    (["beta_gateway", "alpha_gateway"], [], "beta_gateway and alpha_gateway both fill gateway; a role has one"),
    (["beta_gateway", "alpha_cache"], ["gateway"], "found 1 roles for 2 components; give one for each"),
]


@pytest.mark.parametrize(("names", "roles", "message"), NAMES)
def test_names_that_cannot_be_asked(names: list[str], roles: list[str], message: str, solved: Answer) -> None:
    """Unknown, unfitting and ambiguous names are refused with what was meant or what is missing."""
    with pytest.raises(InputError) as raised:
        find_wishes(solved.table, names, roles)
    assert message in str(raised.value)


def test_unknown_roles(solved: Answer) -> None:
    """Every role that does not exist is named, with the nearest."""
    with pytest.raises(InputError) as raised:
        find_roles(solved.table, ["vectorstore", "llm", "lm"])
    assert [str(p).partition(";")[0] for p in raised.value.problems] == [
        "ROLE: found 'vectorstore'",
        "ROLE: found 'lm'",
    ]
    assert "did you mean 'vector_store'?" in str(raised.value)


# --- words ------------------------------------------------------------------------------------------------------------


def words(solved: Answer, name: str, role: str) -> str:
    """Return the whole answer to one wish in words."""
    found = why_not(solved, [Wish(role, name)], ways_out=True)
    assert solved.best
    lines = [why_text.verdict(found, solved.best), *why_text.detail_lines(found, solved.best)]
    return "\n".join(lines).replace("\u00a0", " ")


WORDS = {
    ("alpha_gateway", "gateway"): "it is what the proposed design has",
    (
        "beta_gateway",
        "gateway",
    ): "possible, the whole design then costs + 671 USD a month\ngateway: Alpha Gateway → Beta",
    (
        "delta_vectors",
        "vector_store",
    ): "it cannot carry the load\ndelta_vectors_free: peak vector_gb 7.373 is above its limit of 1",
    ("gamma_vectors", "vector_store"): "refused by 'licences: not SSPL-1.0'\npossible when it is loosened, solved "
    "again:\n  without 'licences: not SSPL-1.0': the design then costs 4 570 USD/month (− 352 USD)",
    ("delta_embed", "embedding"): "clouds 2 instead of 1 at most: the design then costs 4 910 USD/month (− 11.9 USD)",
    ("gamma_embed", "embedding"): "with it, this cannot hold:\n  quality ≥ 0.500   (constraints.quality.min)\npossible "
    "when it is loosened, solved again:\n  quality 0.",
    ("beta_vectors_large.4u.2z", "vector_store"): "possible, the whole design then costs the same",
}


@pytest.mark.parametrize(("name", "role"), WORDS)
def test_each_answer_in_words(name: str, role: str, solved: Answer) -> None:
    """Every kind of answer carries the number that it rests on."""
    assert WORDS[name, role] in words(solved, name, role)


def test_a_bound_that_can_never_be_reached_says_how_near_one_gets(solved: Answer) -> None:
    """Where loosening one bound alone is not enough, the best value with the component is stated."""
    found = [one for one in why_not_all(solved) if one.kind == "infeasible" and one.in_place]
    for one in found:
        text = words(solved, one.wishes[0].name, one.wishes[0].role)
        assert "with it" in text
        assert "possible when" in text or "is not enough" in text
    tight = replace(
        solved.scenario,
        requirements=(
            Bound("constraints.quality.min", "quality", False, 0.99),
            Bound("constraints.cost_usd_per_month.max", COST, True, 1.0),
        ),
    )
    nothing = solve(replace(solved.table, scenario=tight))
    assert nothing.best is None
    other = replace(solved, table=nothing.table, search=nothing.search)
    text = words(other, "alpha_small", "llm") if not _has(solved, "alpha_small") else words(other, "beta_open", "llm")
    assert "is not enough: other requirements then stand in the way" in text
    assert "whatever else is chosen" in text


def test_ways_out_are_the_same_from_several_processes(solved: Answer) -> None:
    """Two processes find what one finds, to the byte, in the order of the requirements; the scenario is no copy."""
    problem = replace(
        solved.scenario,
        requirements=(
            Bound("constraints.quality.min", "quality", False, 0.6),
            Bound("constraints.cost_usd_per_month.max", COST, True, 5000.0),
            Bound("constraints.flows.answer.availability.min", "flows.answer.availability", False, 0.99),
            Bound("constraints.clouds.max", "clouds", True, 1.0),
        ),
    )
    known = solve(replace(solved.table, scenario=problem))
    for name in {c.component_id for c in known.table.candidates["vector_store"]}:
        some = [Wish("vector_store", name)]
        many = [
            json_output.dumps(why_json.why_not([why_not(known, some, ways_out=True, jobs=jobs)], known))
            for jobs in (1, 2, 3)
        ]
        assert len(set(many)) == 1, name
    wish = [Wish("llm", "beta_open")]
    one, two = (why_not(known, wish, ways_out=True, jobs=jobs) for jobs in (1, 2))
    assert len(one.ways_out) == 3
    assert json_output.dumps(why_json.why_not([one], known)) == json_output.dumps(why_json.why_not([two], known))
    assert [way.requirement for way in two.ways_out] == list(two.conflict or ())
    assert all(way.evaluation is None or way.evaluation.scenario is known.scenario for way in two.ways_out)


def _has(solved: Answer, name: str) -> bool:
    assert solved.best
    return any(c.component_id == name for c in solved.best.design.values())


def test_a_miss_that_three_digits_hide_is_shown(solved: Answer) -> None:
    """A value that rounds to its bound gets as many digits as it takes to tell them apart."""
    assert solved.best
    quality = solved.best.quality
    scenario = replace(solved.scenario, requirements=(Bound("q", "quality", False, quality + 2e-6),))
    (check,) = judge(solved.best.design, scenario).checks
    text = broken_text(check)
    value, bound = text.removeprefix("quality ").rstrip(")").split(" (≥ ")
    assert value != bound
    assert float(value) < float(bound)


def test_time_that_is_up_is_said(solved: Answer) -> None:
    """With no time left nothing is claimed: open, not infeasible."""
    late = Deadline(0.0)
    found = why_not_all(solved, ["gateway"], late)
    assert [one.kind for one in found] == ["open"]
    asked = why(solved, ["gateway"], late)
    assert set(asked.open) == set(solved.scenario.requirements)
    assert asked.without == ()
    text = "\n".join(why_text.because_lines(asked, asked.roles[0]))
    assert "the time limit passed before all 2 were settled" in text
    assert "no single requirement" not in text


TTFT, ANSWER = "flows.answer.ttft_ms.p95", "flows.answer.availability"


@pytest.mark.parametrize(
    ("objective", "deciding", "label"),
    [
        (f"{{minimize: {TTFT}}}", [TTFT], "answer ttft p95 "),
        (f"{{weights: {{{COST}: 1, {TTFT}: 3}}}}", [COST, TTFT], "the goal gets worse by "),
        (f"{{lexicographic: [{{minimize: clouds}}, {{maximize: {ANSWER}}}]}}", [ANSWER], "answer availability "),
        (f"{{lexicographic: [{{minimize: clouds}}, {{minimize: {COST}}}]}}", [], ""),
    ],
)
def test_beside_another_goal_than_cost_a_price_is_not_alone(
    objective: str, deciding: list[str], label: str, solved: Answer, mini: Catalog
) -> None:
    """What a choice or a size does to the goal stands beside what it costs; of the cost alone nothing is added."""
    asked = solve(table(change(solved.scenario, [f"objective={objective}"], mini).scenario, mini))
    assert asked.best
    found = why(asked, ["vector_store", "gateway"])
    lines = [
        (why_text.verdict(one, asked.best), one.evaluation)
        for role in found.roles
        for one in role.feasible
        if one.kind == "possible"
    ]
    lines += [
        (why_text.size_text(size, asked.best), size.evaluation)
        for role in found.roles
        for size in role.sizes
        if size.kind == "holds"
    ]
    assert lines
    for text, then in lines:
        assert then
        moved = any(not same(then.metric(m), asked.best.metric(m)) for m in deciding)
        assert (f"; {label}" in text) == moved if label else ";" not in text, text


# --- the commands -----------------------------------------------------------------------------------------------------

GOLDENS = {
    "why.txt": ["why", str(FILE), "vector_store", "embedding"],
    "why_not_infeasible.txt": ["why-not", str(FILE), "delta_embed"],
    "why_not_forbidden.txt": ["why-not", str(FILE), "gamma_embed"],
    "why_not_refused.txt": ["why-not", str(FILE), "gamma_vectors"],
    "why_not_ways_out.txt": ["why-not", str(FILE), "delta_embed", "--ways-out"],
    "why_not_pair.txt": ["why-not", str(FILE), "alpha_vectors", "beta_gateway"],
    "why_not_all.txt": ["why-not", str(FILE), "--all"],
}


@pytest.mark.parametrize("name", GOLDENS)
def test_the_page_word_for_word(name: str, capsys: Capture) -> None:
    """Why and why-not read as promised, with every number; and twice the same bytes."""
    printed = []
    for _ in range(2):
        assert run([*GOLDENS[name], *MINI]) == 0
        printed.append(capsys.readouterr().out)
    assert printed[0] == (GOLDEN / name).read_text(encoding="utf-8")
    assert printed[0] == printed[1]


@pytest.mark.parametrize("name", GOLDENS)
def test_json_satisfies_its_schema(name: str, capsys: Capture) -> None:
    """--json prints what the published schema says, whatever the answer is."""
    assert run([*GOLDENS[name], *MINI, "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    kind = "why" if name == "why.txt" else "why_not"
    jsonschema.Draft202012Validator(json.loads(schema_text(kind, "", None))).validate(data)
    assert data["answer"]["status"] == "optimal"
    if name == "why_not_infeasible.txt":
        (wish,) = data["wishes"]
        assert [one["path"] for one in wish["conflict"]] == ["constraints.clouds.max"]
        assert (wish["kind"], wish["missed"], wish["ways_out"]) == ("infeasible", [], [])
        assert [broken["path"] for broken in wish["in_place"]["broken"]] == ["constraints.clouds.max"]
    if name == "why_not_ways_out.txt":
        (wish,) = data["wishes"]
        assert [(way["requirement"]["path"], way["least"]) for way in wish["ways_out"]] == [
            ("constraints.clouds.max", 2)
        ]


@pytest.mark.parametrize("command", [["why", "-", "llm"], ["why-not", "-", "beta_open"], ["why-not", "-", "--all"]])
def test_an_infeasible_scenario_has_no_design_to_ask_about(
    command: list[str], capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 3 with the conflict, as text and as JSON."""
    import io

    text = FILE.read_text(encoding="utf-8").replace("max: 9_000", "max: 4_000").encode()
    for more in ([], ["--json"]):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text)))
        assert run([*command, *MINI, *more]) == 3
        printed = capsys.readouterr().out
        if more:
            data = json.loads(printed)
            kind = command[0].replace("-", "_")
            jsonschema.Draft202012Validator(json.loads(schema_text(kind, "", None))).validate(data)
            assert data["answer"]["status"] == "infeasible"
        else:
            assert "There is no design to ask about: infeasible (proved)" in printed
            assert "cost ≤ 4\u00a0000\u00a0USD/month" in printed


USAGE: list[tuple[list[str], str]] = [
    (["why", "f"], "Missing argument 'ROLE [ROLE]"),
    (["why", "f", "a", "b", "c"], "give at most 2 roles; found 3"),
    (["why", "f", "vectorstore"], "did you mean 'vector_store'?"),
    (["why-not", "f"], "name one or two components, or give --all"),
    (["why-not", "f", "a", "--all"], "name one or two components, or give --all"),
    (["why-not", "f", "--all", "--ways-out"], "--ways-out is for one or two components, not for --all"),
    (["why-not", "f", "a", "b", "c"], "give at most 2 components; found 3"),
    (["why-not", "f", "beta_gatewy"], "did you mean 'beta_gateway'?"),
    (["why-not", "f", "--all", "--role", "vectorstore"], "--role: found 'vectorstore'; roles: "),
    (["why-not", "missing.yml", "beta_gateway"], "missing.yml: cannot be read"),
]


@pytest.mark.parametrize(("arguments", "message"), USAGE)
def test_bad_input(arguments: list[str], message: str, capsys: Capture) -> None:
    """Questions that cannot be asked exit 2, say why, and print nothing else."""
    assert run([str(FILE) if word == "f" else word for word in arguments] + MINI) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert message in printed.err


def test_what_is_not_proved_exits_4(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that time cut short carries exit code 4 and says so."""
    from advisor.analysis import answers

    real = answers.solve
    stopped = lambda *a, **k: replace(real(*a, **k), status=Status.STOPPED, gap=0.1)  # noqa: E731
    monkeypatch.setattr(answers, "solve", stopped)
    for command in (["why-not", str(FILE), "beta_gateway"], ["why", str(FILE), "gateway"]):
        assert run([*command, *MINI]) == 4
        assert "The design that this is about: not proved optimal, within 10\u00a0%" in capsys.readouterr().out


def test_what_the_time_limit_left_of_the_blame_exits_4(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """A conflict that was not found in time is no proved answer, though the verdict is."""
    from advisor.analysis import why_not as module

    monkeypatch.setattr(module, "blame_and_ways_out", lambda *_: (None, ()))
    assert run([*GOLDENS["why_not_ways_out.txt"], *MINI]) == 4
    assert "the time limit passed before the conflict was found" in capsys.readouterr().out
    assert run([*GOLDENS["why_not_ways_out.txt"], *MINI, "--json"]) == 4
    (wish,) = json.loads(capsys.readouterr().out)["wishes"]
    assert (wish["kind"], wish["proved"], wish["conflict"]) == ("infeasible", False, None)


def test_of_all_sizes_the_one_that_breaks_least_is_swapped_in(solved: Answer) -> None:
    """Each size is put in place of the chosen one: what holds for the least money, else what breaks the fewest."""
    best, sizes = solved.best, 0
    assert best
    for role in best.design.keys() - {"semantic_cache"}:  # with a cache other roles are sized anew
        found = {c.component_id: [] for c in solved.table.candidates[role]}  # type: dict[str, list[Candidate]]
        for candidate in solved.table.candidates[role]:
            found[candidate.component_id].append(candidate)
        for name, some in found.items():
            swap = why_not(solved, [Wish(role, name)]).in_place
            if swap is None:
                continue
            tried = [judge({**best.design, role: c}, best.scenario) for c in some]
            fitting = [one for one in tried if not one.consistent]
            broken = min(sum(not check.holds for check in one.checks) for one in fitting)
            assert (swap.kind, len(swap.broken)) == ("breaks" if broken else "swap", broken), name
            if not broken:
                least = min(one.cost_usd_per_month for one in fitting if one.feasible)
                assert swap.extra_usd_per_month == pytest.approx(least - best.cost_usd_per_month, abs=1e-6)
            sizes += len(some)
    assert sizes > 80


GOALS = (
    "{minimize: cost_usd_per_month}",
    "{maximize: flows.answer.availability}",
    "{minimize: flows.answer.ttft_ms.p95}",
    "{weights: {cost_usd_per_month: 1, flows.answer.latency_ms.p99: 2}}",
)


@pytest.fixture(scope="module")
def copilot(catalog: Catalog) -> Answer:
    """Return the answer to the example with the most sizes of each component."""
    return answer(load_scenario(example("support_copilot"), catalog), catalog)


@pytest.mark.parametrize("goal", GOALS)
@pytest.mark.parametrize("factor", [1.0, 1.6])
def test_no_swap_that_was_left_out_is_nearer(goal: str, factor: float, copilot: Answer) -> None:
    """Whatever the goal is, with bounds on percentiles that are tight or loose: judging every size of every component
    finds the same swap."""
    search, best, kinds = copilot.search, _with_question(copilot, goal, factor), {"swap": 0, "breaks": 0}
    for role in ("llm", "embedding", "vector_store", "conversation_store"):
        for name in {c.component_id for c in copilot.table.candidates[role]} - {best.design[role].component_id}:
            some = [c for c in copilot.table.candidates[role] if c.component_id == name][:12]
            designs = [(c, d) for c in some if (d := swapped(search, best, role, c)) is not None]
            if designs:
                found = swap(search, best, role, name, name, some)
                assert found.candidate is _nearest_of_all(designs, best), (role, name)
                kinds[found.kind] += len(designs) > 1
    assert kinds["breaks"] > 10
    assert kinds["swap"] > 1


def _with_question(copilot: Answer, goal: str, factor: float) -> Evaluation:
    """Return the design judged beside another goal and other bounds; it need not be the best for them."""
    data = [f"objective={goal}", *(["constraints.quality.min=0.3"] if factor > 1 else [])]
    scenario = change(copilot.scenario, data, copilot.table.catalog).scenario
    looser = [
        replace(r, limit=r.limit * factor) if isinstance(r, Bound) and r.upper else r for r in scenario.requirements
    ]
    assert copilot.best
    return judge(copilot.best.design, replace(scenario, requirements=tuple(looser)))


def _nearest_of_all(designs: Sequence[tuple[Candidate, Mapping[str, Candidate]]], best: Evaluation) -> Candidate:
    judged = [(c, judge(d, best.scenario)) for c, d in designs]
    good = [(goal_value(best.scenario.objective[0], e), e.cost_usd_per_month, c.id, c) for c, e in judged if e.feasible]
    if good:
        return min(good, key=lambda one: one[:3])[3]

    def misses(pair: tuple[Candidate, Evaluation]) -> tuple[int, float]:
        broken = [check for check in pair[1].checks if not check.holds]
        return len(broken) + len(pair[1].consistent), max(
            (-c.slack for c in broken if c.slack is not None), default=0.0
        )

    return min(judged, key=misses)[0]


def test_a_verdict_that_became_sharper_is_said_again(solved: Answer) -> None:
    """Where only rules turn out to be to blame, they are named under the verdict that was printed before."""
    assert solved.best
    rule = solved.scenario.filters[0]
    first = WhyNot((Wish("gateway", "beta_gateway"),), "infeasible")
    page = list(why_text.why_not_page(iter((first, replace(first, kind="refused", conflict=(rule,)))), solved.best))
    assert page[0] == "[bold]beta_gateway as gateway[/]: infeasible: no design with it meets every requirement"
    (after,) = page[1:]
    assert isinstance(after, Padding)
    assert after.renderable == "refused by 'residency: eu'"


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_is_to_blame_is_reported_step_by_step(jobs: int, problems: dict[int, Problem]) -> None:
    """Progress begins after the verdict, and no step comes twice in another order."""
    asked = ((problem, wish) for problem in problems.values() for wish in impossible(problem))
    problem, wish = next((p, w) for p, w in asked if why_not(p.answer, [w]).conflict is None)
    reports: list[tuple[int, int]] = []
    steps = why_not_steps(problem.answer, [wish], jobs=jobs, progress=lambda *r: reports.append(r[:2]))
    assert next(steps).conflict is None
    assert reports == []
    assert next(steps).conflict
    assert reports == sorted(reports)
    assert reports[0] == (0, 3)
    assert reports[-1] == (2, 3)


@pytest.mark.parametrize(("name", "role"), [("delta_embed", "embedding"), ("gamma_vectors", "vector_store")])
def test_what_time_did_not_allow_to_name_is_not_proved(name: str, role: str, solved: Answer) -> None:
    """The verdict stands, but what alone is to blame was left open: that is said, and is no proved answer."""
    wish = (Wish(role, name),)
    found = forced(solved, wish)
    in_time, late = (_without_design(solved, found, wish, Deadline(end)) for end in (math.inf, 0.0))
    assert (in_time.proved, late.proved) == (True, False)
    assert in_time.conflict
    assert (late.kind, late.conflict) == ("infeasible", None)
    assert "the time limit passed before it was settled what alone is to blame" in why_text._more_lines(late)
    assert solved.best
    assert list(why_text.why_not_page(iter([late]), solved.best))


MEANS = ("{minimize: flows.answer.latency_ms.mean}", "{weights: {cost_usd_per_month: 1, flows.answer.ttft_ms.mean: 3}}")


@pytest.mark.parametrize("goal", MEANS)
def test_a_goal_may_be_the_mean_of_a_time(goal: str, solved: Answer, mini: Catalog) -> None:
    """Swaps are compared by a mean that no bound names, and the proposal explains each component."""
    changed = change(solved.scenario, [f"objective={goal}"], mini).scenario
    found = answer(changed, mini)
    assert found.best
    some = [one for one in why_not_all(found) if one.in_place and one.in_place.kind == "swap"]
    assert some
    for one in some:
        (wish,) = one.wishes
        assert one.in_place
        sizes = [
            c for c in found.table.candidates[wish.role] if wish.fits(c) and (wish.role, c.id) in found.search.by_id
        ]
        designs = [(c, d) for c in sizes if (d := swapped(found.search, found.best, wish.role, c)) is not None]
        assert one.in_place.candidate is _nearest_of_all(designs, found.best), wish
    assert propose(changed, mini).best


def test_nothing_is_printed_beside_the_bar(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever of the answer is printed, the bar that may have been drawn is gone before."""
    from advisor.commands import progress

    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(progress, "PATIENCE_S", 0.0)
    monkeypatch.setenv("TERM", "xterm")
    live, events = 0, []  # type: ignore[var-annotated]
    real = {name: getattr(progress._Bar, name) for name in ("_open", "close")}

    def opened(bar: progress._Bar) -> None:
        nonlocal live
        live += 1
        real["_open"](bar)

    def closed(bar: progress._Bar) -> None:
        nonlocal live
        live -= bar.shown is not None
        real["close"](bar)

    monkeypatch.setattr(progress._Bar, "_open", opened)
    monkeypatch.setattr(progress._Bar, "close", closed)
    monkeypatch.setattr(sys.stdout, "flush", lambda: events.append(live))
    assert run([*GOLDENS["why_not_ways_out.txt"], *MINI]) == 0
    assert capsys.readouterr().out == (GOLDEN / "why_not_ways_out.txt").read_text(encoding="utf-8")
    assert len(events) >= 3
    assert set(events) == {0}


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_the_verdict_is_printed_before_what_is_to_blame(
    jobs: str, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever stops waiting has the verdict and what a swap breaks; as JSON nothing that is half."""
    from advisor.analysis import why_not as module

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    whole = (GOLDEN / "why_not_ways_out.txt").read_text(encoding="utf-8").splitlines(keepends=True)
    monkeypatch.setattr(module, "blame_and_ways_out", interrupted)
    command = [*GOLDENS["why_not_ways_out.txt"], *MINI, "--jobs", jobs]
    assert run(command) == 130
    assert capsys.readouterr().out == "".join(whole[:2])
    assert run([*command, "--json"]) == 130
    assert capsys.readouterr().out == ""


def test_forcing_a_component_is_pinning_it(solved: Answer, mini: Catalog) -> None:
    """For every component of the small catalog: the scenario that pins it is solved anew, and agrees."""
    base = solved.scenario
    assert solved.best
    asked = [one for one in why_not_all(solved) if one.kind != "capacity"]
    assert len(asked) > 15
    for one in asked:
        (wish,) = one.wishes
        pinned = change(base, [f"choices.pin.{wish.role}={wish.name}"], mini).scenario
        alone = propose(pinned, mini, explain=False)
        assert (alone.best is None) == (one.kind in ("infeasible", "refused")), wish
        if alone.best:
            extra = alone.best.cost_usd_per_month - solved.best.cost_usd_per_month
            assert one.extra_usd_per_month == pytest.approx(extra, abs=1e-6)
