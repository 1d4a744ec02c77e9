"""How many clouds, vendors and systems of our own a design may have."""

from __future__ import annotations

import itertools
import random
from pathlib import Path

import pytest
from oracles.enumeration import enumerate_all, optimum, value
from oracles.medium import medium_question
from oracles.problems import draw_bounds, small_table, with_question

from advisor.analysis.answers import solve
from advisor.analysis.steps import bound_price
from advisor.candidates.candidate import OWNERS
from advisor.candidates.table import Table
from advisor.catalog.load import Catalog
from advisor.errors import InputError
from advisor.evaluation.result import Evaluation
from advisor.explanation.explain import explain
from advisor.optimizer import counted, engine, program, question
from advisor.optimizer.goal import linear_goal
from advisor.optimizer.prices import priced
from advisor.optimizer.run import Run, optimise
from advisor.optimizer.search import Search
from advisor.optimizer.solver import Status
from advisor.proposal import Proposal
from advisor.scenario.load import Scenario, scenario_from_text
from advisor.scenario.requirements import COST, Bound


@pytest.fixture(scope="module")
def best(proposal: Proposal) -> Evaluation:
    """Return the example's design."""
    assert proposal.best is not None
    return proposal.best


def test_vendors_are_who_sends_a_bill(best: Evaluation) -> None:
    """A machine or service in a cloud is billed by the cloud's owner, a service elsewhere by its host or maker; a
    component that we run ourselves is counted once, however many roles it fills."""
    owner = {"aws": "Amazon Web Services", "azure": "Microsoft", "gcp": "Google"}
    vendors, own = set(), set()
    for c in best.design.values():
        for one in c.members:
            if one.option and one.component:
                vendors.add(owner.get(one.option.cloud, one.option.host or one.component.vendor))
                own |= {one.component.id} if one.option.mode == "self_hosted" else set()
    assert best.vendors == tuple(sorted(vendors))
    assert best.self_operated == tuple(sorted(own))
    assert best.metric("vendors") == len(vendors) > 1
    assert best.metric("self_operated") == len(own)


def test_open_weights_are_billed_by_their_host(catalog: Catalog) -> None:
    """A model that its maker gives away is billed by whoever runs it, so a service names its host; what runs in a cloud
    is billed by the cloud's owner, and a host that is named there is the same."""
    hosted = [(c, o) for c, o in catalog.options.values() if o.host]
    assert hosted
    assert all(o.host != c.vendor for c, o in hosted)
    assert all(o.host == OWNERS[o.cloud] for _, o in hosted if o.cloud != "vendor")


@pytest.mark.parametrize("metric", ["clouds", "vendors", "self_operated"])
def test_every_count_is_explained(metric: str, best: Evaluation, catalog: Catalog) -> None:
    """The derivation of a count names each one and the roles in which it is used."""
    found = explain(best, metric, catalog)
    assert found.value == len(found.parts) == best.metric(metric)
    for part in found.parts:
        roles = part.note.removeprefix("in ").split(", ")
        assert roles == [role for role, c in best.design.items() if part.name in c.distinct(metric)]


def test_fewer_vendors_cost_more(best: Evaluation, candidates: Table) -> None:
    """A bound on vendors holds in the design that is proposed under it; the tighter it is, the more that costs."""
    costs = []
    for most in (len(best.vendors), 4, 2):
        bound = Bound("constraints.vendors.max", "vendors", True, most)
        found = optimise(Search(candidates, [*candidates.scenario.requirements, bound]))
        costs.append(found.value)
        assert found.best is None or len(found.best.vendors) <= most
    assert costs == sorted(costs)
    assert costs[0] == pytest.approx(best.cost_usd_per_month)


def test_nothing_run_by_ourselves(candidates: Table) -> None:
    """At most no system of our own is the same as denying the mode, and a limit of 0 has a slack all the same."""
    requirements = [r for r in candidates.scenario.requirements if r.path != "constraints.clouds.max"]
    bound = Bound("constraints.self_operated.max", "self_operated", True, 0)
    found = optimise(Search(candidates, [*requirements, bound]))
    assert found.status is Status.OPTIMAL
    assert found.best is not None
    running = [one for c in found.best.design.values() for one in c.members if one.option]
    assert "self_hosted" not in {one.option.mode for one in running if one.option}
    assert (bound.slack(0.0), bound.slack(2.0)) == (0.0, -2.0)


def test_bounds_are_read(scenario_text: str, catalog: Catalog) -> None:
    """Both bounds are requirements with their path; what is no count is refused with its place."""
    text = scenario_text.replace("  clouds: {max: 1}\n", "  vendors: {max: 4}\n  self_operated: {max: 0}\n")
    bounds = {b.path: (b.metric, b.upper, b.limit) for b in scenario_from_text(text, catalog).bounds}
    assert bounds["constraints.vendors.max"] == ("vendors", True, 4)
    assert bounds["constraints.self_operated.max"] == ("self_operated", True, 0)
    with pytest.raises(InputError) as caught:
        scenario_from_text(text.replace("{max: 4}", "{max: 1.5}").replace("{max: 0}", "{max: -1}"), catalog)
    assert [p.path for p in caught.value.problems] == ["constraints.vendors.max", "constraints.self_operated.max"]


@pytest.fixture(scope="module")
def scenario_text() -> str:
    """Return the text of the example."""
    from advisor import resources

    return Path(resources.example("support_copilot")).read_text(encoding="utf-8")


def test_counts_can_be_goals(candidates: Table) -> None:
    """The fewest vendors with which everything holds are found, and one fewer is infeasible."""
    from advisor.scenario.goals import Goal, Term

    fewest = optimise(Search(candidates), [Goal((Term("vendors", 1.0),), "minimize vendors")])
    assert fewest.best is not None
    assert fewest.value == len(fewest.best.vendors)
    bound = Bound("constraints.vendors.max", "vendors", True, fewest.value - 1)
    assert optimise(Search(candidates, [*candidates.scenario.requirements, bound])).status is Status.INFEASIBLE


# --- settled bit by bit -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(8))
def test_too_many_sets_of_names_change_no_answer(
    seed: int, scenario: Scenario, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the sets of vendors and of own systems are not looked at one by one, the answer is what enumeration says,
    for every number that may be used, with both bounded at once, with a percentile bound and with a budget beside them;
    so it is where lower ceilings than that are tried first."""
    monkeypatch.setattr(question, "FEW_SETS", 0)
    monkeypatch.setattr(engine, "SHARES", (0.02, 0.1, 0.3, 0.7) if seed % 2 else engine.SHARES)
    full = small_table(seed, scenario, catalog, invented=True)
    found, rng = enumerate_all(full), random.Random(seed)
    most = int(max(j.metrics["vendors"] for j in found))
    for vendors, own in itertools.product(range(1, most + 1), (0, 1, 9)):
        bounds = [
            Bound("constraints.vendors.max", "vendors", True, vendors),
            Bound("constraints.self_operated.max", "self_operated", True, own),
            *(b for b in draw_bounds(rng, found, rng.choice([0, 1])) if b.metric != COST),
            Bound("constraints.budget", COST, True, rng.choice(found).metrics[COST]),
        ]
        asked = with_question(full, bounds, full.scenario.objective)
        best, ours = optimum(found, bounds, asked.scenario.objective), optimise(Search(asked))
        assert (ours.status is Status.OPTIMAL) == bool(best)
        if best:
            assert ours.value == pytest.approx(value(asked.scenario.objective[0], best[0]), rel=1e-6)


@pytest.mark.parametrize("seed", range(6))
def test_engine_and_program_agree_on_few_vendors(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """On tables too large to enumerate the program finds the same, and the engine does not hand over to it."""
    asked = medium_question(seed)
    free = optimise(Search(asked)).best
    if free is None:
        return
    for most in range(len(free.vendors) - 1, 0, -2):
        bounds = [*asked.scenario.bounds, Bound("constraints.vendors.max", "vendors", True, most)]
        few = with_question(asked, bounds, asked.scenario.objective)
        other = optimise(Search(few), program=True)
        with monkeypatch.context() as patch:
            patch.setattr(question, "FEW_SETS", 0)
            patch.setattr(program, "Program", None)
            ours = optimise(Search(few))
        assert ours.status is other.status
        assert ours.best is None or ours.value == pytest.approx(other.value, rel=1e-9)


def test_dividing_loses_no_set() -> None:
    """Every set of names that is small enough, and has all that counts as used, is in just one of the cases."""
    whole = counted.Counted(2, {}, used=0b0001)
    cases = list(whole.split(0b1101, {0b1000: 2.0}))
    for names in (0b0001, 0b0011, 0b0101, 0b1001, 0b10001):
        inside = [c for c in cases if not names & c.banned and c.used & ~names == 0]
        assert len(inside) == 1
    assert not any(c.open and 0b1101 & c.banned == 0 for c in cases)


def test_narrowing_drops_no_design(scenario: Scenario, catalog: Catalog) -> None:
    """A candidate that prices drop is in no design of few names that costs less than what is asked for."""
    for seed in range(4):
        full = small_table(seed, scenario, catalog, invented=True)
        found = enumerate_all(full)
        asked = with_question(full, (), full.scenario.objective)
        search = Search(asked)
        names = sorted({name for c in itertools.chain(*search.pool.values()) for name in c.distinct("vendors")})
        goal = linear_goal(search, asked.scenario.objective[0])
        assert goal is not None
        asking = engine.Engine(Run(search, None, 0.0).question(goal, ()), lambda _: True)
        whole = next(iter(asking.open_cases(relaxed=True)))[-1]
        few = [j for j in found if j.metrics["vendors"] <= 2]
        count = counted.counted(2, search.distinct("vendors"), names)
        prices = priced(whole)
        assert count
        assert prices
        most = sorted(j.metrics["cost_usd_per_month"] for j in few)[len(few) // 3] * 1.001 if few else 0.0
        case, bound, _ = count.narrowed(whole, prices, most)
        left = {(r, search.pool[r][i].id) for r, kept in zip(search.pool, case.kept, strict=True) for i in kept}
        inside = {(r, search.pool[r][i].id) for r, kept in zip(search.pool, whole.kept, strict=True) for i in kept}
        for judged in few:
            if judged.metrics["cost_usd_per_month"] < most and set(judged.ids.items()) <= inside:
                assert set(judged.ids.items()) <= left
                assert judged.metrics["cost_usd_per_month"] >= bound


def test_fewer_than_none_cannot_be(candidates: Table) -> None:
    """A limit below 0, which the step inside "none of them" asks for, leaves no design and is no error."""
    rest = [r for r in candidates.scenario.requirements if r.path != "constraints.clouds.max"]
    for limit in (-1, -2):
        below = Bound("constraints.self_operated.max", "self_operated", True, limit)
        assert optimise(Search(candidates, [*rest, below])).status is Status.INFEASIBLE


def test_the_step_inside_none_is_that_there_is_none(candidates: Table) -> None:
    """A design that runs nothing itself meets every limit on that, and no design is on the other side of 0."""
    none = Bound("constraints.self_operated.max", "self_operated", True, 0)
    rest = [r for r in candidates.scenario.requirements if r.path != "constraints.clouds.max"]
    price = bound_price(solve(with_question(candidates, (*rest, none), candidates.scenario.objective)), none)
    assert price.value == 0.0
    assert price.tighten is not None
    assert (price.tighten.limit, price.tighten.evaluation, price.tighten.proved) == (0.0, None, True)
