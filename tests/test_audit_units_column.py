"""A column of units: "per hour" says what a price is per, and leaves open what the quantity counts."""

from __future__ import annotations

import pytest

from advisor.audit.findings import Verdict
from advisor.audit.report import audit_text

HEAD = "Item,Quantity,Unit,Unit price (USD),Monthly cost (USD)\n"


def verdicts(rows: str) -> list[Verdict]:
    """Return the verdict on every figure of a cost table."""
    return [finding.verdict for table in audit_text(HEAD + rows, "t.csv").tables for finding in table.findings]


@pytest.mark.parametrize(
    "row",
    [
        "vm,3,per hour,0.096,210.24",  # three servers, 730 h
        "vm,1460,per hour,0.17,248.20",  # 1 460 hours
        "vm,730,Hrs,0.096,70.08",
        "disk,100,per GB-month,0.08,8.00",
        "calls,50000000,per million,0.20,10.00",
    ],
)
def test_a_right_line_agrees_however_its_unit_is_written(row: str) -> None:
    """Servers at a price per hour, hours at a price per hour, GB-months and millions: each agrees."""
    assert set(verdicts(row + "\n")) == {Verdict.AGREES}


def test_a_price_per_hour_without_hours_is_not_taken_for_hours() -> None:
    """Two servers whose hours were left out are not read as two hours."""
    assert Verdict.AGREES not in verdicts("vm,2,per hour,0.50,1.00\n")


def test_a_count_left_out_is_named_beside_a_price_per_hour() -> None:
    """The second gateway that was forgotten is the slip that is found."""
    (finding,) = [f for t in audit_text(HEAD + "nat,2,per hour,0.045,32.85\n", "t.csv").tables for f in t.findings]
    assert finding.verdict is Verdict.EXPLAINED
    assert "the quantity 2 left out" in str(finding.explanations)
