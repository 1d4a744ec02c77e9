"""What can be wrong with a bill: each mistake is named with its place, what was found, and the nearest valid name."""

from __future__ import annotations

import contextlib
import copy
import json
import math
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from advisor import resources
from advisor.billing.load import bill_from_text, load_bill
from advisor.billing.price import price
from advisor.catalog.load import Catalog
from advisor.commands.main import run
from advisor.errors import InputError
from advisor.yamlfile import load

OWN = {"usd": 1, "unit": "GB"}

# name -> (line, where, what is said)
LINES: dict[str, tuple[dict[str, Any], str, str]] = {
    "unknown component": ({"component": "aws/s33", "meter": "x", "quantity": 1}, "component", "did you mean 'aws/s3'"),
    "unknown meter": (
        {"component": "aws/s3", "meter": "standard_gb_mont", "quantity": 1},
        "meter",
        "did you mean 'standard_gb_month'",
    ),
    "no meter": ({"component": "aws/s3", "quantity": 1}, "meter", "is missing; meters of aws/s3"),
    "quantity without anything": ({"quantity": 5}, "", "has no meter: give component and meter"),
    "negative quantity": ({"price": OWN, "quantity": -1}, "quantity", "must be at least 0"),
    "quantity as text": ({"price": OWN, "quantity": "many"}, "quantity", "a number, or one form"),
    "no quantity": ({"price": OWN}, "quantity", "is missing"),
    "two forms": ({"price": OWN, "quantity": {"number": 1, "requests": {"count": 1}}}, "quantity", "exactly one of"),
    "25 hours": (
        {"price": {"usd": 1, "unit": "h"}, "schedule": {"hours_per_day": 25}},
        "schedule.hours_per_day",
        "at most 24",
    ),
    "8 days a week": (
        {"price": {"usd": 1, "unit": "h"}, "schedule": {"days_per_week": 8}},
        "schedule.days_per_week",
        "at most 7",
    ),
    "days twice": (
        {"price": {"usd": 1, "unit": "h"}, "schedule": {"days_per_month": 3, "business_days": True}},
        "schedule",
        "states the days more than once",
    ),
    "schedule of a volume": (
        {"price": OWN, "quantity": 1, "schedule": {"hours_per_day": 8}},
        "schedule",
        "a month already",
    ),
    "wrong unit": ({"price": OWN, "quantity": 1, "unit": "requests"}, "unit", "requests cannot be turned into GB"),
    "price twice": ({"price": OWN | {"tiers": []}, "quantity": 1}, "price", "tiers"),
    "falling tiers": (
        {"price": {"unit": "GB", "tiers": [{"up_to": 9, "usd": 1}, {"up_to": 5, "usd": 1}]}, "quantity": 1},
        "price",
        "tiers must rise",
    ),
    "misspelt key": ({"price": OWN, "quantiy": 1}, "quantiy", "did you mean 'quantity'"),
    "unknown commitment": ({"price": OWN, "quantity": 1, "commitment": "reserved"}, "commitment", "allowed: on_demand"),
    "reserved without a price": (
        {"component": "aws/m7i.xlarge", "commitment": "reserved_1y"},
        "commitment",
        "needs exactly one of discount and usd",
    ),
    "other region": (
        {"component": "aws/s3", "meter": "standard_gb_month", "quantity": 1, "region": "eu-west-1"},
        "region",
        "are those of us-east-1",
    ),
    "tokens and a meter": (
        {"component": "aws/s3", "meter": "x", "tokens": {"calls": 1, "input": 1}},
        "",
        "follow from the tokens",
    ),
    "tokens of no model": ({"tokens": {"calls": 1, "input": 1}}, "", "names no model"),
    "uncached model": (
        {"component": "claude_haiku_4_5_anthropic", "tokens": {"calls": 1, "input": 1, "cache_read": 5}},
        "tokens",
        "has no cache_read price",
    ),
    "a component with options": (
        {"component": "claude_haiku_4_5", "tokens": {"calls": 1, "input": 1}},
        "component",
        "name one: ",
    ),
    "beyond all scales": ({"price": OWN | {"unit": "TB"}, "quantity": 1e18, "units": 1e9}, "quantity", "at most 1e+18"),
    "no scale": ({"price": OWN | {"unit": "0 GB"}, "quantity": 1}, "", "scale must be greater than 0"),
    "balancer": (
        {"price": {"usd": 1, "unit": "LCU-h"}, "quantity": {"load_balancer": {"kind": "network", "rules_per_s": 1}}},
        "quantity.load_balancer",
        "is not billed by rules_per_s",
    ),
}


def problems(data: Any) -> list[str]:
    """Return the problems of a bill as text."""
    with pytest.raises(InputError) as caught:
        price(bill_from_text(json.dumps(data), "bill.yml"))
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize("name", LINES)
def test_a_wrong_line_is_named(name: str) -> None:
    """One mistake in a line is one message, at its key, that tells the way out."""
    line, where, words = LINES[name]
    found = problems({"title": "T", "lines": [{"id": "a", "price": OWN, "quantity": 1}, {"id": "b", **line}]})
    assert any(f"lines[1]{'.' if where else ''}{where}" in text and words in text for text in found), found
    assert all("lines[0]" not in text for text in found)


def test_all_problems_come_at_once() -> None:
    """Structure, unknown names and repeated ids of one file are reported together."""
    lines = [line | {"id": f"l{i}"} for i, (line, _, _) in enumerate(LINES.values())]
    found = problems(
        {"title": "T", "currency": "EUR", "lines": [*lines, {"id": "z", "price": OWN, "quantity": 1, "x": 1}]}
    )
    assert sum("lines[" in text for text in found) >= len(lines) - 1
    assert any("only USD is priced" in text for text in found)


BILLS: dict[str, tuple[dict[str, Any], str]] = {
    "no lines": ({}, "has no lines"),
    "repeated id": ({"lines": [{"id": "a", "price": OWN, "quantity": 1}] * 2}, "'a' is already the id"),
    "long month": ({"hours_per_month": 800}, "must be at most 744"),
    "unknown line in a variant": ({"variants": {"v": {"without": ["stor"]}}}, "did you mean 'store'"),
    "unknown key in set": ({"variants": {"v": {"set": {"store": {"quantiy": 1}}}}}, "did you mean 'quantity'"),
    "dropped and set": ({"variants": {"v": {"without": ["store"], "set": {"store": {"units": 1}}}}}, "named twice"),
    "id of a variant used": (
        {"variants": {"v": {"lines": [{"id": "store", "price": OWN, "quantity": 1}]}}},
        "already the id",
    ),
    "two prices of one meter": (
        {
            "lines": [
                {"id": n, "meter": "m", "price": {"usd": u, "unit": "GB"}, "quantity": 1}
                for n, u in (("a", 1), ("b", 2))
            ]
        },
        "states another price",
    ),
    "no table": ({"tenants": {"fixed": "even"}}, "exactly one of table and usage"),
    "unknown column": ({"tenants": {"table": {"t": {"stor": 1}}}}, "did you mean 'store'"),
    "too much used": ({"tenants": {"table": {"t": {"store": 11}}}}, "tenants used 11 GB of 'store', which has 10 GB"),
    "fixed without a key": (
        {
            "lines": [{"id": "s", "price": {"usd": 1, "unit": "h"}}],
            "tenants": {"table": {"t": {"s": 1}, "u": {}}},
            "x": 1,
        },
        "is not a known key",
    ),
    "weight of a stranger": (
        {"tenants": {"table": {"t": {"store": 1}}, "fixed": {"tt": 1, "t": 1}}},
        "did you mean 't'",
    ),
    "no weight": (
        {"tenants": {"table": {"t": {"store": 1}, "u": {"store": 1}}, "fixed": {"t": 1}}},
        "has no weight for u",
    ),
    "unit of a column": (
        {"tenants": {"table": {"t": {"store": 1}}, "units": {"store": "h"}}},
        "cannot be turned into GB",
    ),
}


@pytest.mark.parametrize("name", BILLS)
def test_a_wrong_bill_is_named(name: str) -> None:
    """Mistakes outside of single lines are named as well."""
    change, words = BILLS[name]
    base: dict[str, Any] = {"title": "T", "lines": [{"id": "store", "price": OWN, "quantity": 10}]}
    found = problems({k: v for k, v in {**base, **change}.items() if name != "no lines" or k != "lines"})
    assert any(words in text for text in found), found


def test_fixed_lines_need_a_key() -> None:
    """A server cannot be divided before the bill says how."""
    lines = [{"id": "server", "price": {"usd": 1, "unit": "h"}}, {"id": "store", "price": OWN, "quantity": 10}]
    found = problems({"title": "T", "lines": lines, "tenants": {"table": {"t": {"store": 1}}}})
    assert found == [
        "bill.yml:1: tenants: fixed is missing; the bill has fixed lines (server): even, usage, or tenant -> weight"
    ]


CSV = "id,component,meter,quantity,units,price_usd,price_unit\n"
TABLES: dict[str, tuple[str, str]] = {
    "unknown column": ("id,componnt\na,b\n", "componnt: is not a known column; allowed:"),
    "ragged row": (CSV + "a,aws/s3,standard_gb_month,1,000,1,,\n", ":2: has 8 cells; the header has 7"),
    "empty": ("", "is empty"),
    "repeated column": ("id,id\na,b\n", "id: is given twice"),
    "open quote": (CSV + '"a,b\n', "is not valid CSV"),
    "grouped digits": (CSV + 'a,aws/s3,standard_gb_month,"1,000",,,\n', ":2: lines[0].quantity: found '1,000'"),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_wrong_table_is_named(name: str, tmp_path: Path) -> None:
    """A CSV bill's mistakes carry file and row."""
    text, words = TABLES[name]
    (tmp_path / "bill.csv").write_text(text)
    with pytest.raises(InputError) as caught:
        price(tmp_path / "bill.csv")
    assert words in str(caught.value)


def test_a_csv_bill_is_a_bill(tmp_path: Path) -> None:
    """One row a line, with catalog meters or own prices."""
    rows = "store,aws/s3,standard_gb_month,100,,,\nseats,,,5,2,9,seat-month\n"
    (tmp_path / "office.csv").write_text(CSV + rows)
    found = price(load_bill(tmp_path / "office.csv"))
    assert found.title == "office"
    assert found.bill.monthly_usd == pytest.approx(100 * 0.023 + 10 * 9)


USAGE: dict[str, tuple[str, str]] = {
    "no tenant column": ("name,store\na,1\n", "the first column must be 'tenant'"),
    "twice": ("tenant,store\na,1\na,2\n", ":3: tenant: the tenant 'a' stands twice"),
    "negative": ("tenant,store\na,-1\n", ":2: store: found '-1'; a number from 0"),
    "nobody": ("tenant,store\n", "holds no tenants"),
    "unknown line": ("tenant,stroe\na,1\n", "did you mean 'store'"),
}


@pytest.mark.parametrize("name", USAGE)
def test_a_wrong_usage_table_is_named(name: str, tmp_path: Path) -> None:
    """The tenants' CSV is found beside the bill, and its mistakes carry its own rows."""
    text, words = USAGE[name]
    (tmp_path / "usage.csv").write_text(text)
    (tmp_path / "bill.yml").write_text(
        "title: T\nlines: [{id: store, price: {usd: 1, unit: GB}, quantity: 9}]\ntenants: {usage: usage.csv}\n"
    )
    with pytest.raises(InputError) as caught:
        price(tmp_path / "bill.yml")
    assert "usage.csv" in str(caught.value)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "text", ["", "[]", "5", "title: T\nlines: 5", "title: T\nlines: [5]", "title: [\n", "lines:\n- {id: a}"]
)
def test_what_is_no_bill_is_bad_input(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Anything else than a bill ends with exit code 2 and a message, never with a traceback."""
    (tmp_path / "bill.yml").write_text(text)
    assert run(["price", str(tmp_path / "bill.yml")]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("error: ")


WRECKS: tuple[Any, ...] = (None, -1, 1e-300, 1e18, 1e300, "", "x", "GB", "0 GB", [], {}, [1], True, "a" * 300, {"a": 1})


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every value inside a document, the document itself left out."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield (*path, key)
        yield from places(each, (*path, key))


@pytest.mark.parametrize("name", ["photo_service", "assistant_variants"])
def test_a_wrecked_bill_is_priced_or_refused(name: str, catalog: Catalog) -> None:
    """Whatever value stands anywhere in a bill, it is priced with finite numbers or refused as bad input."""
    whole = load(resources.folder("examples") / "bills" / f"{name}.yml").data
    random = Random(7)
    for path in [p for p in places(whole) if p[-1] != "as_of"]:
        data = copy.deepcopy(whole)
        data["as_of"] = None
        holder = data
        for key in path[:-1]:
            holder = holder[key]
        holder[path[-1]] = copy.deepcopy(random.choice(WRECKS))
        with contextlib.suppress(InputError):
            found = price(bill_from_text(json.dumps(data), catalog=catalog), catalog)
            assert all(math.isfinite(bill.first_year_usd) and bill.monthly_usd >= 0 for bill in found.bills)


def test_a_tenants_overdraw_points_at_the_row(tmp_path: Path, catalog: Catalog) -> None:
    """More usage than the bill has is said at the tenant's line, not at the file's first."""
    file = tmp_path / "bill.yml"
    line = "  - {id: a, price: {usd: 1, unit: GB}, quantity: 100}\n"
    file.write_text(f"title: t\nlines:\n{line}tenants:\n  table:\n    x: {{a: 60}}\n    y: {{a: 70}}\n")
    with pytest.raises(InputError) as caught:
        price(load_bill(file, catalog), catalog)
    (problem,) = caught.value.problems
    assert (problem.line, problem.path) == (6, "tenants.table.x.a")
