"""``advisor price``: what it prints, as text and as JSON, and how it ends."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from advisor import resources
from advisor.billing.load import load_bill
from advisor.billing.price import price
from advisor.commands.main import run
from advisor.commands.schema import schema_text

BILLS = resources.folder("examples") / "bills"
GOLDEN = Path(__file__).parent / "golden" / "bill"
EXAMPLES = sorted(path.name for path in BILLS.glob("*.yml"))
Capture = pytest.CaptureFixture[str]


def shown(capsys: Capture, *arguments: str, code: int = 0) -> str:
    """Run the command and return what it printed."""
    assert run(["price", *arguments]) == code
    return capsys.readouterr().out


@pytest.mark.parametrize("name", ["photo_service", "assistant_variants", "tenants"])
def test_the_printed_bill_is_the_golden_one(name: str, capsys: Capture) -> None:
    """Same bill, same bytes: tables, totals, variants, tenants, assumptions and sources."""
    text = shown(capsys, str(BILLS / f"{name}.yml"))
    assert text == (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")
    assert shown(capsys, str(BILLS / f"{name}.yml")) == text


def test_every_derivation_is_the_golden_one(capsys: Capture) -> None:
    """--explain all shows every line's formula with its numbers."""
    text = shown(capsys, str(BILLS / "photo_service.yml"), "--explain", "all")
    assert text == (GOLDEN / "photo_service_explained.txt").read_text(encoding="utf-8")


def test_one_derivation(capsys: Capture) -> None:
    """--explain LINE shows that line only; an unknown one names the nearest."""
    text = shown(capsys, str(BILLS / "photo_service.yml"), "--explain", "queue")
    assert "9 000 000 requests × max(1, ceil(70 KB / 64 KB))" in text.replace("\u00a0", " ")
    assert "egress" not in text
    assert run(["price", str(BILLS / "photo_service.yml"), "--explain", "quue"]) == 2
    assert "did you mean 'queue'?" in capsys.readouterr().err


@pytest.mark.parametrize("name", EXAMPLES)
def test_json_satisfies_its_schema_and_the_library(name: str, capsys: Capture) -> None:
    """--json is what the published schema says and what advisor.price returns, in full precision."""
    data = json.loads(shown(capsys, str(BILLS / name), "--json"))
    validator = jsonschema.Draft202012Validator(json.loads(schema_text("bill", "rag_assistant", None)))
    validator.validate(data)
    found = price(load_bill(BILLS / name))
    assert [one["monthly_usd"] for one in data["bills"]] == [one.monthly_usd for one in found.bills]
    for one in data["bills"]:
        assert one["fixed_usd"] + one["usage_usd"] == pytest.approx(one["monthly_usd"], rel=1e-12)
        assert sum(line["monthly_usd"] for line in one["lines"]) == pytest.approx(one["monthly_usd"], rel=1e-12)
    del data["bills"][0]["lines"][0]["charges"][0]["price"]["basis"]
    assert not validator.is_valid(data)


def test_the_parts_of_a_month_add_up_as_printed(capsys: Capture) -> None:
    """Fixed and usage-driven parts are rounded so that they add up to the month that is shown."""
    text = shown(capsys, str(BILLS / "photo_service.yml")).replace("\u00a0", " ")
    found = re.search(r"monthly +([\d .]+) USD/month +fixed ([\d .]+) USD, usage-driven \* ([\d .]+) USD", text)
    assert found
    month, fixed, usage = (round(100 * float(part.replace(" ", ""))) for part in found.groups())
    assert month == fixed + usage


def test_one_variant_and_another_day(capsys: Capture) -> None:
    """--variant prints one variant as a bill; --as-of prices with the day's prices."""
    bill = str(BILLS / "assistant_variants.yml")
    now, then = (
        json.loads(shown(capsys, bill, "--variant", "serverless", "--json", *day))
        for day in ([], ["--as-of", "2024-10-31"])
    )
    assert now["comparison"] is None
    reads = [{line["id"]: line["monthly_usd"] for line in data["bills"][0]["lines"]}["reads"] for data in (now, then)]
    assert reads[1] == pytest.approx(2 * reads[0])
    assert run(["price", bill, "--variant", "servrless"]) == 2
    assert "did you mean 'serverless'?" in capsys.readouterr().err


def test_a_day_without_prices_is_bad_input(tmp_path: Path, capsys: Capture) -> None:
    """Before public addresses cost anything there is no price; the message names meter and dates."""
    (tmp_path / "b.yml").write_text("title: T\nlines: [{id: a, component: aws/public_ipv4, meter: hour}]")
    assert run(["price", str(tmp_path / "b.yml"), "--as-of", "2024-01-31"]) == 2
    assert "no hour price on 2024-01-31; its prices are from 2024-02-01" in capsys.readouterr().err


def test_the_list_of_services(capsys: Capture) -> None:
    """--list shows every service with meters, units and prices, and needs no bill."""
    text = shown(capsys, "--list")
    assert "aws/lambda  AWS Lambda, us-east-1" in text
    assert "internet_gb" in text
    assert run(["price"]) == 2
    assert "Missing argument 'BILL'" in capsys.readouterr().err


def test_names_from_a_bill_cannot_steer_the_terminal(tmp_path: Path, capsys: Capture) -> None:
    """Escape sequences and markup of a bill are shown, not obeyed."""
    bill: dict[str, Any] = {
        "title": "\u001b[31mred [bold]x",
        "lines": [{"id": "a", "label": "[red]\u001b]0;x\u0007", "price": {"usd": 1, "unit": "GB"}, "quantity": 1}],
    }
    (tmp_path / "b.yml").write_text(json.dumps(bill))
    for more in ([], ["--explain", "all"]):
        text = shown(capsys, str(tmp_path / "b.yml"), *more)
        assert "\u001b" not in text
        assert "\u0007" not in text
        assert "[red]" in text
