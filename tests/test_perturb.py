"""Figures as numbers: which an option stands on, and the catalog in which some of them are other numbers."""

from __future__ import annotations

import datetime
import math
from pathlib import Path

import pytest

from advisor.candidates.table import table
from advisor.catalog.load import Catalog, load_catalog
from advisor.catalog.model import Latency, Price, Tier
from advisor.catalog.perturb import Reference, figure_at, figures, moved, with_figures
from advisor.scenario.load import Scenario

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="session")
def mini() -> Catalog:
    """Return the small catalog, read without the cache."""
    return load_catalog(DATA / "mini_catalog", cached=False)


def pick(found: list[Reference], name: str) -> Reference:
    """Return the one figure of this name."""
    (one,) = [reference for reference in found if reference.name == name]
    return one


def test_every_number_of_every_option_can_be_named_and_set(catalog: Catalog) -> None:
    """Every figure of every option is found once, by a name of its own, and reads back after it was set."""
    every = figures(catalog, catalog.options)
    assert len({one.id for one in every}) == len({(one.kind, one.key, one.path) for one in every}) == len(every)
    assert {one.kind for one in every} == {"components", "instances", "clouds", "operating"}
    for one in every[::7]:
        value = min(one.value * 1.01, one.most) or 0.5
        changed = with_figures(catalog, {one: value})
        again = [f for f in figures(changed, [one.record] if one.kind == "components" else catalog.options)]
        (found,) = [f for f in again if (f.kind, f.key, f.path) == (one.kind, one.key, one.path)]
        assert found.value == pytest.approx(value)


def test_a_change_touches_nothing_else(mini: Catalog) -> None:
    """All other figures are as before, in the original and in the changed catalog, and both look-ups agree."""
    option = next(iter(mini.options))
    first, second, *_ = figures(mini, [option])
    before = {one.id: one.value for one in figures(mini, mini.options)}
    changed = with_figures(mini, {first: first.value / 2, second: second.value / 2})
    after = {one.id: one.value for one in figures(changed, mini.options)}
    assert {key for key in before if before[key] != after[key]} == {first.id, second.id}
    assert {one.id: one.value for one in figures(mini, mini.options)} == before
    fresh = Catalog(changed.records, "fresh")
    assert dict(fresh.options) == dict(changed.options)
    assert list(fresh.options) == list(changed.options)
    assert fresh.date == changed.date


def test_the_candidates_follow(mini: Catalog, base: Scenario) -> None:
    """A doubled price doubles the lines that it bills, and no other line of any candidate."""
    plain = table(base, mini)
    role, one = next((r, c) for r, found in plain.candidates.items() for c in found if c.lines and c.option)
    assert one.option is not None
    line = one.lines[0]
    reference = next(f for f in figures(mini, [one.option.id]) if figure_at(mini, f) is line.price)
    dearer = table(base, with_figures(mini, {reference: 2 * reference.value}))
    for before, after in zip(plain.candidates[role], dearer.candidates[role], strict=True):
        for old, new in zip(before.lines, after.lines, strict=True):
            factor = 2 if old.price is line.price else 1
            assert new.usd_per_month == pytest.approx(factor * old.usd_per_month)


def test_the_digest_names_the_changes(mini: Catalog) -> None:
    """Equal changes give equal digests in any order; other values, and none, give others."""
    first, second, *_ = figures(mini, [next(iter(mini.options))])
    one = with_figures(mini, {first: first.value / 2, second: second.value / 2})
    same = with_figures(mini, {second: second.value / 2, first: first.value / 2})
    other = with_figures(mini, {first: first.value / 3, second: second.value / 2})
    assert one.digest == same.digest
    assert len({mini.digest, one.digest, other.digest}) == 3


def test_a_price_history_keeps_only_what_counts_on_the_day(mini: Catalog) -> None:
    """With a date, only the price that a bill of that day would use is a figure."""
    option_id, (component, option) = next((k, v) for k, v in mini.options.items() if v[1].prices)
    price = option.prices[0]
    later = price.model_copy(update={"from_": datetime.date(2027, 1, 1)})
    history = option.model_copy(update={"prices": [price, later, *option.prices[1:]]})
    records = mini.records.model_copy(
        update={
            "components": {
                **mini.records.components,
                component.id: component.model_copy(
                    update={"options": [history if o.id == option_id else o for o in component.options]}
                ),
            }
        }
    )
    changed = Catalog(records, "history")

    def names(day: datetime.date | None) -> list[str]:
        found = figures(changed, [option_id], as_of=day)
        return [one.name for one in found if one.name.startswith(f"price.{price.meter}")]

    assert names(None) == [f"price.{price.meter}", f"price.{price.meter} from 2027-01-01"]
    assert names(datetime.date(2026, 12, 31)) == [f"price.{price.meter}"]
    assert names(datetime.date(2027, 1, 1)) == [f"price.{price.meter} from 2027-01-01"]


def test_what_belongs_together_moves_together() -> None:
    """Percentiles and tiers keep their proportion; the spread, free units and what a tier holds stay."""
    checked = datetime.date(2026, 1, 1)
    latency = Latency(p50=10, p95=40, cv=0.5, basis="benchmark", source="s", checked=checked)
    faster = moved(latency, 5)
    assert isinstance(faster, Latency)
    assert (faster.p50, faster.p95, faster.p99, faster.cv) == (5, 20, None, 0.5)
    tiers = [Tier(up_to=100, usd=0), Tier(up_to=200, usd=3), Tier(up_to=None, usd=1.5)]
    price = Price(
        meter="gb_month", tiers=tiers, free=7, minimum_usd=30, basis="list_price", source="s", checked=checked
    )
    dearer = moved(price, 6)
    assert isinstance(dearer, Price)
    assert dearer.tiers is not None
    assert [(tier.up_to, tier.usd) for tier in dearer.tiers] == [(100, 0), (200, 6), (None, 3)]
    assert (dearer.free, dearer.minimum_usd) == (7, 60)


@pytest.mark.parametrize("value", [-1.0, math.nan, math.inf])
def test_impossible_values_are_refused(catalog: Catalog, value: float) -> None:
    """No figure may become negative, infinite or no number; availabilities stay at or below 1, capacities above 0."""
    found = figures(catalog, ["claude_haiku_4_5_anthropic"])
    for one in found:
        with pytest.raises(ValueError, match="may not be"):
            with_figures(catalog, {one: value})
    with pytest.raises(ValueError, match=r"availability.observed may not be 1.01: above 0, at most 1"):
        with_figures(catalog, {pick(found, "availability.observed"): 1.01})
    with pytest.raises(ValueError, match="above 0"):
        with_figures(catalog, {pick(found, "capacity.requests_per_s"): 0.0})
    assert with_figures(catalog, {pick(found, "price.million_input_tokens"): 0.0}).digest != catalog.digest


def test_figures_say_how_they_vary(catalog: Catalog) -> None:
    """Availabilities vary by what is missing to 1, ratings by points, everything else by a factor."""
    found = figures(catalog, ["claude_haiku_4_5_anthropic"])
    assert pick(found, "availability.observed").scale == "share"
    assert pick(found, "quality.arena_text_elo").scale == "points"
    assert pick(found, "latency.tpot_ms.p50").scale == "ratio"
    left_out = figures(catalog, [], roles=["reranker"])
    assert [(one.name, one.most) for one in left_out] == [("quality.without", 1.0)]


def test_some_options_of_some_roles_can_be_built_alone(mini: Catalog, base: Scenario) -> None:
    """What is built of some options is what the whole table holds of them; other roles are whole."""
    whole = table(base, mini)
    only = {role: [c.option.id for c in found if c.option][:1] for role, found in list(whole.candidates.items())[:3]}
    part = table(base, mini, only=only)
    for role, found in whole.candidates.items():
        kept = [c for c in found if role not in only or c.option is None or c.option.id in only[role]]
        assert list(part.candidates[role]) == kept


def test_a_role_built_again_is_what_the_changed_catalog_gives(mini: Catalog, base: Scenario) -> None:
    """Rebuilding one role under changed figures gives its candidates of a table built from scratch; others stay."""
    whole = table(base, mini)
    role, option = next((r, c.option) for r, found in whole.candidates.items() for c in found if c.option)
    assert option is not None
    changed = with_figures(mini, {pick(figures(mini, [option.id]), "operations_h_per_month"): 99.0})
    again = whole.again(changed, {role: [o.id for _, o in mini.options_for(role)]})
    fresh = table(base, changed)
    assert again.candidates[role] == fresh.candidates[role] != whole.candidates[role]
    assert all(again.candidates[other] is whole.candidates[other] for other in whole.candidates if other != role)


def test_a_resized_candidate_has_the_figures_of_its_table(mini: Catalog, base: Scenario) -> None:
    """Sizing a candidate under a changed catalog uses that catalog's figures, not those it was first built from."""
    whole = table(base, mini)
    one = next(c for found in whole.candidates.values() for c in found if c.option and c.option.unit)
    assert one.option is not None
    changed = with_figures(mini, {pick(figures(mini, [one.option.id]), "operations_h_per_month"): 99.0})
    caches = next(used for used in whole.demand if all((cache in used) == yes for cache, yes in one.behind.items()))
    sized = whole.again(changed, {}).resized(one, one.units, one.zones, caches)
    assert sized.operations_h_per_month == 99.0


def test_units_agree_with_names(catalog: Catalog) -> None:
    """A figure whose name ends in a unit has that unit, and what is printed as a share of 1 is one."""
    known = {"_ms": "ms", "_min": "min", "_h": "h", "_usd_per_gb": "USD/GB", "_per_month": "/month"}
    for one in figures(catalog, catalog.options):
        leaf = str(one.path[-1])
        ending = next((unit for end, unit in known.items() if leaf.endswith(end)), None)
        assert ending is None or one.unit.endswith(ending), one.id
        if one.unit == "of 1":
            assert 0 <= one.value <= 1, one.id
