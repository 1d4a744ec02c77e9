"""Warnings about a catalog: each has a case that triggers it, and a clean case that does not."""

from __future__ import annotations

import datetime
import json
import re
from pathlib import Path

import pytest

from advisor.catalog.load import Catalog, load_catalog
from advisor.catalog.warnings import WARNINGS, warned
from advisor.commands.main import run

MINI = Path(__file__).parent / "data" / "mini_catalog"
CHECKED = datetime.date(2026, 5, 4)  # every figure of the small catalog
Capture = pytest.CaptureFixture[str]


def names(catalog: Catalog, today: datetime.date) -> dict[str, int]:
    """Return warning -> number of findings."""
    return {one.name: len(one.found) for one in warned(catalog, today)}


def test_figures_grow_old_by_kind() -> None:
    """Prices are old after 180 days, all others after 730; on the day itself nothing is."""
    catalog = load_catalog(MINI)
    days = [CHECKED + datetime.timedelta(days) for days in (180, 181, 731)]
    found = [names(catalog, day).get("older_than_allowed", 0) for day in days]
    prices = sum(len(o.prices) for _, o in catalog.options.values())
    assert found[0] == 0
    assert found[1] >= prices > 0
    assert found[2] > found[1]


def test_demand_that_no_price_counts_is_named() -> None:
    """A metered option whose only price is per request does not bill what else its role asks."""
    catalog = load_catalog(MINI)
    found = next(one.found for one in warned(catalog, CHECKED) if one.name == "not_billed")
    for place in found:
        name, _, left = place.partition(": ")
        option = catalog.options[name][1]
        meters = [catalog.records.meters[price.meter].dimension for price in option.prices]
        assert option.unit is None
        assert not set(left.split(", ")) & set(meters)
    assert "alpha_gateway_http" not in {place.partition(": ")[0] for place in found}


def test_every_warning_is_documented() -> None:
    """The page of the catalog names each warning."""
    page = (Path(__file__).parents[1] / "docs" / "catalog.md").read_text()
    part = page.partition("## What is checked")[2].partition("## Rules across records")[0]
    assert set(re.findall(r"^\| `([a-z_]+)` \|", part, re.MULTILINE)) == {one.__name__ for one in WARNINGS}


def test_check_prints_and_lists_them(capsys: Capture) -> None:
    """The summary counts, --json has each place; pages mark what is old."""
    day = ["--date", "2027-01-01"]
    assert run(["catalog", "check", str(MINI), *day]) == 0
    assert "older_than_allowed: " in capsys.readouterr().out
    assert run(["catalog", "check", str(MINI), *day, "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert {one["name"] for one in data["warnings"]} == {"older_than_allowed", "not_billed"}
    assert run(["catalog", "show", "alpha_gateway_http", "--catalog", str(MINI), *day]) == 0
    page = capsys.readouterr().out
    assert "242 d (old)" in page
    assert page.count("(old)") == 1
