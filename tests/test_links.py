"""What calls between clouds add to a candidate: the same however many others it is worked out for at once."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator
from dataclasses import fields, replace

import pytest

from advisor.candidates.calls import Call
from advisor.candidates.candidate import Candidate
from advisor.candidates.links import EGRESS, Network, Seen, calls_of
from advisor.candidates.table import table, variants
from advisor.catalog.load import Catalog
from advisor.optimizer.linked import _settled, _turns, place_of
from advisor.scenario.load import Scenario

CLOUDS = ("aws", "azure", "gcp", "")


@pytest.fixture(scope="module")
def some(scenario: Scenario, catalog: Catalog) -> list[Candidate]:
    """Every seventh candidate of the demo, and with a tactic allowed every seventh combination."""
    both = replace(scenario, tactics=replace(scenario.tactics, allowed=scenario.tactics.allowed | {"fallback"}))
    found = [c for own in table(both, catalog).candidates.values() for c in own]
    return [*(c for c in found if not c.parts)][::7] + [*(c for c in found if c.parts)][::7]


def seen_by(some: list[Candidate], scenario: Scenario) -> Iterator[tuple[Candidate, tuple[Seen, ...]]]:
    """Yield candidates with calls of their role that come from clouds; many times the very same calls."""
    rng = random.Random("links")
    known = calls_of(scenario, max(variants(scenario), key=len))
    calls = {c.role: [call for call in known if call.role == c.role] for c in some}
    seen = {(role, cloud): tuple(Seen(call, cloud) for call in own) for role, own in calls.items() for cloud in CLOUDS}
    yield from ((c, seen[c.role, rng.choice(CLOUDS)]) for c in some)


def test_what_is_worked_out_once_is_what_each_one_gets(some: list[Candidate], scenario: Scenario) -> None:
    """A network that has seen all candidates gives each what one gives it that has seen none."""
    network, crossed, combined = Network(scenario), 0, 0
    for candidate, seen in seen_by(some, scenario):
        alone = Network(scenario).beside(candidate, seen)
        beside = network.beside(candidate, seen)
        assert beside == alone
        assert beside.bill_usd_per_month == sum(line.usd_per_month for line in beside.lines)
        assert beside.place == candidate.place
        crossed += beside is not candidate
        combined += beside is not candidate and bool(candidate.parts)
        assert (beside is candidate) == (not any(call.crosses(one) for call in seen for one in candidate.members))
    assert crossed > 100
    assert combined > 5


def test_calls_from_another_cloud_take_longer_and_are_billed(some: list[Candidate], scenario: Scenario) -> None:
    """By hand: the delay that the catalog states is on every time, and each line is a price times an amount."""
    network = Network(scenario)
    for candidate, seen in seen_by(some, scenario):
        beside = network.beside(candidate, seen)
        if beside is candidate or candidate.parts:
            continue
        delay = scenario.clouds[seen[0].cloud].other_cloud_ms
        for (_, operation), (first, complete) in beside.calls.items():
            assert delay is not None
            assert first.mean() == pytest.approx(candidate.latency[operation][0].mean() + delay.value)
            assert complete.mean() == pytest.approx(candidate.latency[operation][1].mean() + delay.value)
        extra = [line for line in beside.lines if line.price.meter == EGRESS]
        gb = math.fsum(candidate.billed_share * (call.call.sent_gb + call.call.returned_gb) for call in seen)
        assert math.fsum(line.quantity for line in extra) == pytest.approx(gb)
        assert all(line.usd_per_month == pytest.approx(line.quantity * line.price.usd) for line in extra)


def test_changed_is_what_replace_returns(some: list[Candidate]) -> None:
    """Every field, equality, and what is worked out on demand, whether or not it was before."""
    for candidate in some:
        dear = (*candidate.lines, *candidate.lines)
        asked = candidate.cost_usd_per_month, candidate.clouds, candidate.names
        made, expected = candidate.changed(id="other", lines=dear), replace(candidate, id="other", lines=dear)
        assert made == expected
        assert all(getattr(made, f.name) == getattr(expected, f.name) for f in fields(Candidate))
        for name in ("cost_usd_per_month", "bill_usd_per_month", "place", "vendors", "self_operated"):
            assert getattr(made, name) == getattr(expected, name)
        assert asked == (candidate.cost_usd_per_month, made.clouds, made.names)


@pytest.mark.parametrize("seed", range(30))
def test_the_fewest_places_are_settled(seed: int) -> None:
    """By trying all: no other roles that suffice have fewer combinations of places."""
    rng = random.Random(f"settled {seed}")
    roles = [f"r{n}" for n in range(6)]
    pool = {role: [Candidate("x", role, parts=(Candidate("y", role),) if rng.random() < 0.2 else ())] for role in roles}
    places = {role: tuple(f"p{n}" for n in range(rng.randrange(1, 5))) for role in roles}
    drawn = [rng.sample(roles, rng.choice([2, 2, 2, 3])) for _ in range(rng.randrange(1, 9))]
    made = [rng.choice(["do", ""]) if len(ends) == 2 else "" for ends in drawn]
    known = [
        Call("flow", "do", role, tuple(callers), 1.0, 1.0, 1.0, made_in)
        for (role, *callers), made_in in zip(drawn, made, strict=True)
    ]
    plain = {role for role, found in pool.items() if not any(c.parts for c in found)}

    def enough(chosen: frozenset[str]) -> bool:
        return all(set(x.callers) <= chosen or (_turns(x, plain) and x.role in chosen) for x in known)

    def count(chosen: frozenset[str]) -> int:
        return math.prod(len(places[role]) for role in chosen)

    every = [frozenset(few) for size in range(7) for few in itertools.combinations(roles, size)]
    best = _settled(known, pool, places)
    assert enough(best)
    assert count(best) == min(count(chosen) for chosen in every if enough(chosen))
    assert best >= {caller for call in known for caller in call.callers if len(places[caller]) == 1}
    assert place_of(pool["r0"][0]) == "none"
