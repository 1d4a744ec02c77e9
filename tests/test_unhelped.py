"""A tactic that is said to be no way out is none; and what is built of a tactic is what building everything gives."""

from __future__ import annotations

import dataclasses
import random

import pytest
from oracles.enumeration import enumerate_all
from oracles.problems import small_table, with_question

from advisor.analysis.answers import restricted
from advisor.analysis.overrides import change
from advisor.analysis.unhelped import cannot_help, missed_without, roles_of, worth_trying
from advisor.analysis.ways_out import Undenied, changed_scenario
from advisor.candidates.candidate import NONE, Candidate
from advisor.candidates.table import Table, table
from advisor.catalog.load import Catalog
from advisor.optimizer.goal import CHEAPEST
from advisor.optimizer.run import optimise
from advisor.optimizer.search import Search
from advisor.optimizer.solver import Status
from advisor.scenario.load import Scenario
from advisor.scenario.requirements import Bound, is_count, split_percentile


@pytest.mark.parametrize("seed", range(8))
def test_a_bound_that_is_missed_without_roles_is_missed_by_every_design(
    seed: int, scenario: Scenario, catalog: Catalog
) -> None:
    """With nothing in some roles no enumerated design meets a bound of which it is said; and it is said at times."""
    rng = random.Random(f"unhelped {seed}")
    full = small_table(seed, scenario, catalog, invented=seed % 2 == 0)
    plain = [role for role in full.candidates if role not in full.scenario.blueprint.cache_roles]
    roles = rng.sample(plain, rng.choice([1, 2]))
    ideal = restricted(full, {role: [Candidate(NONE, role)] for role in roles})
    best = enumerate_all(ideal)
    said = 0
    for metric in sorted(name for name in best[0].metrics if not is_count(name) and not name.startswith("cards")):
        values = [one.metrics[metric] for one in best]
        upper = not (metric == "quality" or metric.endswith("availability"))
        for limit in (min(values) * 0.97, min(values) * 1.01, max(values) * 0.99, max(values) * 1.03):
            bound = Bound("drawn", metric, upper, limit)
            search = Search(with_question(full, [bound], [CHEAPEST]))
            if search.sum(metric) is None and not split_percentile(metric):
                continue
            if missed_without(search, roles) is not None:
                said += 1
                assert not any(bound.holds(value) for value in values), (metric, limit)
    assert said > 3


@pytest.mark.parametrize(
    ("changes", "tactics"),
    [
        (["constraints.flows.answer.availability.min=0.9999"], ["fallback", "hedge"]),
        (["constraints.flows.answer.ttft_ms.p95=40"], ["fallback"]),
        (["constraints.quality.min=0.99"], ["reserve"]),
    ],
)
def test_a_tactic_that_cannot_help_does_not(
    changes: list[str], tactics: list[str], candidates: Table, catalog: Catalog
) -> None:
    """Built and solved the long way, the scenario with it allowed has no design either."""
    asked = change(candidates.scenario, changes, catalog).scenario
    search = Search(dataclasses.replace(candidates, scenario=asked))
    conflict = [bound for bound in search.bounds if bound.path == changes[0].partition("=")[0]]
    for name in tactics:
        assert cannot_help(name, search, conflict)
        built = table(changed_scenario(asked, [Undenied(name)]), catalog, candidates.as_of)
        assert optimise(Search(built)).status is Status.INFEASIBLE


def test_a_tactic_that_may_help_is_tried(candidates: Table, catalog: Catalog) -> None:
    """A dear model is no proof: what comes with a tactic may be cheaper. Capacity that is reserved costs less."""
    asked = change(candidates.scenario, ["constraints.cost_usd_per_month.max=8500"], catalog).scenario
    search = Search(dataclasses.replace(candidates, scenario=asked))
    assert not any(cannot_help(name, search, search.bounds) for name in ("split", "reserve", "spot"))


@pytest.mark.parametrize("name", ["hedge", "fallback"])
def test_only_roles_that_name_a_tactic_get_candidates_of_it(name: str, candidates: Table, catalog: Catalog) -> None:
    """Building these again gives the table that building all roles gives."""
    changed = changed_scenario(candidates.scenario, [Undenied(name)])
    roles = roles_of(name, candidates)
    assert roles
    again = candidates.again(catalog, dict.fromkeys(roles), changed)
    whole = table(changed, catalog, candidates.as_of)
    assert again.candidates == whole.candidates
    assert again.candidates != candidates.candidates
    assert sorted(map(repr, again.rejections)) == sorted(map(repr, whole.rejections))


@pytest.mark.parametrize("share", [0.97, 0.9])
@pytest.mark.parametrize("name", ["cascade", "hedge", "reserve", "split", "spot"])
def test_what_is_worth_trying_of_a_tactic_has_what_all_of_it_has(
    name: str, share: float, candidates: Table, catalog: Catalog
) -> None:
    """Below the least cost, the few candidates that are left of a tactic's have the same best design, or none."""
    least = optimise(Search(candidates)).value
    asked = change(candidates.scenario, [f"constraints.cost_usd_per_month.max={share * least}"], catalog).scenario
    built = table(changed_scenario(asked, [Undenied(name)]), catalog, candidates.as_of)
    whole = optimise(Search(built))
    few = worth_trying(built, dataclasses.replace(candidates, scenario=asked))
    if few is None:
        assert whole.status is Status.INFEASIBLE
        return
    assert sum(map(len, few.candidates.values())) < sum(map(len, built.candidates.values()))
    found = optimise(Search(few))
    assert (found.status, found.value) == (whole.status, pytest.approx(whole.value))


def test_a_tactic_that_brings_nothing_is_not_tried(candidates: Table) -> None:
    """A table is not worth searching again."""
    assert worth_trying(candidates, candidates) is None
