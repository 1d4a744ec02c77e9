"""Cost tables: lines, totals, years, shares, sanity. Each case is small enough to check by hand."""

from __future__ import annotations

import random
from collections.abc import Callable
from decimal import Decimal

import pytest
from audit_generator import Line, Table, cost_table, rounded

from advisor.audit.findings import Finding, TableReport, Verdict
from advisor.audit.report import Options, audit_text


def audited(text: str, file: str = "t.csv", options: Options | None = None) -> TableReport:
    """Return the report on the only table of a text."""
    (report,) = audit_text(text, file, options).tables
    return report


def finding(report: TableReport, check: str, row: str = "") -> Finding:
    """Return the finding of a check on a row."""
    (found,) = (f for f in report.findings if f.check == check and (not row or f.row == row))
    return found


def slips(found: Finding) -> list[str]:
    """Return the ids of a finding's explanations."""
    return [explanation.slip for explanation in found.explanations]


# ---- lines


@pytest.mark.parametrize(
    ("header", "row", "remark"),
    [
        ("item,qty,unit price,monthly cost", "a,3,$70.00,$210.00", ""),
        ("item,hours,rate,cost", "a,730,$0.67/h,$489", ""),
        ("item,price ($/h),monthly cost", "a,0.6712,489.98", "730 h/month"),
        ("item,price ($/h),monthly cost", "a,0.6712,483.26", "720 h/month"),
        ("item,price ($/h),monthly cost", "a,0.6712,499.37", "744 h/month"),
        ("item,quantity,unit price,monthly cost", "a,10 TB,$0.0230/GB,$230.00", "1 TB = 1,000 GB"),
        ("item,quantity,unit price,monthly cost", "a,10 TB,$0.0230/GB,$235.52", "1 TB = 1,024 GB"),
        ("item,quantity,unit price,monthly cost", "a,10 TiB,$0.0230/GiB,$235.52", ""),
        ("item,quantity,unit price,monthly cost", "a,80 Gbit,$0.0200/GB,$0.20", ""),
        ("item,tokens,price per million tokens,monthly cost", "a,12.5M,$2.50,$31.25", ""),
        ("item,requests,price per 1000 requests,cost", "a,40000,$0.35,$14.00", ""),
        ("item,requests/day,price per 1000 requests,monthly cost", "a,40000,$0.3500,$420.00", "30 days a month"),
        ("item,rate (req/s),price per million,monthly cost", "a,2 req/s,$0.4000,$2.10", "730 h/month"),
        ("item,instances,hours/day,days/month,price per hour,monthly cost", "a,4,3,20,$32.77,$7864.80", ""),
        ("item,requests (M),free (M),price per million,monthly cost", "a,12,1,$0.20,$2.20", ""),
        ("item,count,price per month,annual cost", "a,2,$19.00,$456.00", ""),
        ("item,unit price,monthly cost", "20 GB × 3 nodes,$0.0952/GB/mo,$5.71", "20 GB"),
        ("item,spec,unit price,monthly cost", "a,t3.small 730h,$0.0228/hr,$16.64", "730h"),
        ("item,qty,unit price,monthly cost", "a,17,$0.0129,$0.21", "cut off"),
        ("item,qty,unit price,monthly cost", "a,2-6,$10.00,$20-60", ""),
    ],
)
def test_a_line_that_follows(header: str, row: str, remark: str) -> None:
    """A line agrees, and whatever it rests on that the columns do not state is said."""
    found = finding(audited(f"{header}\n{row}\n"), "line")
    assert found.verdict is Verdict.AGREES
    assert remark in found.remark
    assert bool(found.remark) == bool(remark)


@pytest.mark.parametrize(
    ("header", "row", "slip"),
    [
        ("item,hours/month,rate ($/h),monthly cost", "a,730,0.6712,483.26", "hours"),
        ("item,quantity,unit price,monthly cost", "a,700 GB,$0.2300/GB,$172.87", "gb_gib"),
        ("item,quantity,unit price,monthly cost", "a,700 GB,$0.2300/GB,$0.16", "mb_gb"),
        ("item,quantity,unit price,monthly cost", "a,700 GB,$0.2300/GB,$1288.00", "bits_bytes"),
        ("item,tokens,price per million tokens,monthly cost", "a,12.5M,$2.50,$31250.00", "thousands"),
        ("item,qty,unit price,monthly cost", "a,7,$2.50,$1750.00", "hundred"),
        ("item,qty,unit price,monthly cost", "a,7,$2.50,$210.00", "month_year"),
        ("item,qty,unit price,monthly cost", "a,7,$2.50,$525.00", "day_month"),
        ("item,qty,unit price,monthly cost", "a,7,$41.50,$41.50", "count_left_out"),
        ("item,qty,unit price,monthly cost", "a,7,$41.50,$2033.50", "count_twice"),
        ("item,qty,unit price,monthly cost", "a,7,$41.50,$217.50", ""),
        ("item,qty,unit price,monthly cost", "a,7,$41.50,$295.00", "swapped_digits"),
        ("item,requests (M),free (M),price per million,monthly cost", "a,12,1,$0.20,$2.40", "free_not_deducted"),
    ],
)
def test_a_line_with_one_slip(header: str, row: str, slip: str) -> None:
    """The slip that was made is among those that are named; where none was, none is."""
    found = finding(audited(f"{header}\n{row}\n"), "line")
    if slip:
        assert slip in slips(found)
        assert found.verdict is Verdict.EXPLAINED
    else:
        assert slips(found) == []
        assert found.verdict is Verdict.DIFFERS
        assert not found.question


@pytest.mark.parametrize(
    ("price", "note"),
    [("$0.09/GB first 10 TB, then $0.085/GB", ""), ("$0.09/GB", "first 10 TB at $0.09/GB, then $0.085/GB")],
)
@pytest.mark.parametrize(
    ("amount", "slip"), [("$1750.00", ""), ("$1800.00", "tier_for_all"), ("$1700.00", "tier_for_all")]
)
def test_tiers_in_words(price: str, note: str, amount: str, slip: str) -> None:
    """Tiers that stand beside a price are applied; one tier's price for everything is recognised."""
    header = "| item | gb | unit price | monthly cost | notes |\n|--|--|--|--|--|\n"
    text = f"{header}| a | 20000 | {price} | {amount} | {note} |\n"
    found = finding(audited(text, "t.md"), "line")
    assert found.wrong == bool(slip)
    assert (slip in slips(found)) if slip else not slips(found)


def test_the_price_of_another_row() -> None:
    """A line that took its neighbour's price is recognised by it, and the neighbour is named."""
    text = "item,qty,unit price,monthly cost\nsmall,6,$31.25,$448.50\nlarge,2,$74.75,$149.50\n"
    found = finding(audited(text), "line", "small")
    assert slips(found) == ["other_price"]
    assert "'large'" in found.explanations[0].text


def test_two_slips_are_weaker_than_one() -> None:
    """Two slips at once are named only when no single one does, and are marked as weak."""
    text = "item,hours/month,count,rate ($/h),monthly cost\na,730,3,0.67125,4.83\n"
    found = finding(audited(text), "line")
    assert all("+" in slip for slip in slips(found))
    assert all(explanation.weak for explanation in found.explanations)
    assert (
        "hours+hundred" in slips(found) or "count_left_out+hundred" in slips(found) or found.verdict is Verdict.DIFFERS
    )


def test_stated_hours_decide() -> None:
    """With the hours of a month stated, a line that only fits another month no longer agrees."""
    text = "item,price ($/h),monthly cost\na,0.6712,483.26\n"
    assert finding(audited(text), "line").verdict is Verdict.AGREES
    found = finding(audited(text, options=Options(hours_per_month=730)), "line")
    assert found.verdict is Verdict.EXPLAINED
    assert slips(found) == ["hours"]


def test_a_rounded_price_widens_what_agrees() -> None:
    """$0.09 may be $0.0864: 1 000 GB for $86.40 is no error, $84.00 is."""
    assert finding(audited("item,gb,price ($/GB),monthly cost\na,1000,0.09,86.40\n"), "line").remark.startswith(
        "within"
    )
    assert finding(audited("item,gb,price ($/GB),monthly cost\na,1000,0.09,84.00\n"), "line").wrong


def test_a_slip_to_the_digit_is_said_even_when_rounding_would_do() -> None:
    """$72.00 for 730 h at $0.10 may be a rounded price; that it is 720 h exactly is said, and nobody is accused."""
    found = finding(audited("item,hours,rate,monthly cost\na,730,$0.10/h,$72.00\n"), "line")
    assert found.verdict is Verdict.AGREES
    assert "720 h" in found.remark


def test_the_same_slip_in_two_lines_is_no_rounding() -> None:
    """Two lines that are to the digit 720 h instead of the stated 730 h are called what they are."""
    text = "item,hours,rate,monthly cost\na,730,$0.10/h,$72.00\nb,730,$0.30/h,$216.00\n"
    found = finding(audited(text), "convention")
    assert found.verdict is Verdict.EXPLAINED
    assert slips(found) == ["hours"]


def test_the_missing_input_is_asked_for_by_name() -> None:
    """What a line would need is named: how much of it, its unit, or the hours."""
    assert (
        "how much or how many of 'a'"
        in finding(audited("item,price,monthly cost\na,$0.5/1K calls,$77.10\n"), "line").question
    )
    assert (
        "the unit of the quantity 7"
        in finding(audited("item,quantity,price,monthly cost\na,7,$0.5/1K calls,$77.10\n"), "line").question
    )
    assert "hours per month" in finding(audited("item,price,monthly cost\na,$0.5/h,$77.10\n"), "line").question


@pytest.mark.parametrize("pair", [("73.00", "32.40"), ("72.00", "32.85")])
def test_two_lengths_of_a_month_in_one_table(pair: tuple[str, str]) -> None:
    """Lines that agree only under 730 and 720 h respectively are set against each other."""
    text = f"item,price ($/h),monthly cost\na,0.1000,{pair[0]}\nb,0.0450,{pair[1]}\n"
    found = finding(audited(text), "convention")
    assert found.verdict is Verdict.DIFFERS
    assert found.found == "720 h/month and 730 h/month"


# ---- totals

LINES = "item,monthly cost\na,$412.50\nb,$87.25\nc,$1530.00\nd,$19.99\n"
RIGHT = Decimal("2049.74")


def total(printed: str, lines: str = LINES) -> Finding:
    """Return the finding on a total of a table."""
    return finding(audited(f"{lines}Total,{printed}\n"), "total")


@pytest.mark.parametrize(
    ("printed", "slip"),
    [
        ("$1962.49", "line_left_out"),
        ("$2136.99", "line_twice"),
        ("$1875.24", "wrong_sign"),
        ("$2094.74", "swapped_digits"),
        ("$2000.24", ""),
        ("$20497.40", "decimal_point"),
        ("$24596.88", "month_year"),
        ("$1549.99", "lines_left_out"),
        ("$2571.49", ""),
    ],
)
def test_a_total_with_one_slip(printed: str, slip: str) -> None:
    """A wrong total is a difference; it is explained where one slip gives it to the cent."""
    found = total(printed)
    assert found.wrong
    assert found.expected.replace(" ", "") == str(RIGHT)
    assert (slip in slips(found)) if slip else not slips(found)


def test_a_swap_of_digits_is_divisible_by_nine() -> None:
    """The difference that two swapped digits make is divisible by 9, and that is said."""
    assert "divisible by 9" in total("$2094.74").formula
    assert "divisible by 9" not in total("$2094.75").formula


def test_rounding_is_not_an_error() -> None:
    """Lines to the dollar may miss a total to the dollar by their roundings, not by more."""
    lines = "item,cost\n" + "".join(f"{name},{100 + i}\n" for i, name in enumerate("abcdef"))
    assert not total("617", lines).wrong
    assert total("620", lines).wrong


SECTIONS = """\
| Item | Cost |
|---|---|
| **Compute** |
| a | 100.10 |
| b | 200.20 |
| Subtotal compute | 300.30 |
| **Data** |
| c | 50.05 |
| Subtotal data | 50.05 |
| Total | {} |
"""


def test_subtotals() -> None:
    """Subtotals are judged against their lines, the total against all lines; counting both is recognised."""
    report = audited(SECTIONS.format("350.35"), "t.md")
    assert [f.verdict for f in report.findings] == [Verdict.AGREES] * 3
    found = finding(audited(SECTIONS.format("650.65"), "t.md"), "total", "Total")
    assert "subtotal_with_lines" in slips(found)


@pytest.mark.parametrize(("printed", "verdict"), [("$828.92", Verdict.AGREES), ("$5828.92", Verdict.EXPLAINED)])
def test_one_time_costs_are_not_monthly(printed: str, verdict: Verdict) -> None:
    """A one-time cost in a month's total is a slip; left out, all is well and said."""
    found = total(printed, "item,monthly cost\na,$800.00\nb,$28.92\nmigration (one-time),$5000.00\n")
    assert found.verdict is verdict
    assert slips(found) == (["one_time_in_monthly"] if verdict is Verdict.EXPLAINED else [])


def test_a_wrong_line_whose_right_amount_is_in_the_total() -> None:
    """A total that was added up from the right amount of a line that is printed wrong points at that line."""
    text = "item,qty,unit price,monthly cost\na,3,$70.00,$70.00\nb,1,$12.50,$12.50\nTotal,,,$222.50\n"
    report = audited(text)
    assert slips(finding(report, "line", "a")) == ["count_left_out"]
    assert slips(finding(report, "total"))[0] == "line_corrected"


def test_a_line_without_amount_is_not_zero() -> None:
    """A total with an unknown line cannot be reproduced when it differs, and asks for that line."""
    found = total("$2100.00", LINES + "e,varies\n")
    assert found.verdict is Verdict.CANNOT
    assert "'e'" in found.question
    assert "'e'" in total("$2049.74", LINES + "e,varies\n").remark


@pytest.mark.parametrize(
    ("year", "slip"),
    [("$24596.88", None), ("$2049.74", "month_year"), ("$24956.88", "swapped_digits"), ("$24000.00", "")],
)
def test_a_year_is_twelve_months(year: str, slip: str | None) -> None:
    """An annual total is twelve times the monthly one, in a row or in a column."""
    in_row = finding(audited(f"{LINES}Total,$2049.74\nAnnual total,{year}\n"), "year")
    in_column = finding(audited(f"item,monthly cost,annual cost\na,$2049.74,{year}\n"), "year")
    for found in (in_row, in_column):
        assert found.wrong == (slip is not None)
        assert (slip in slips(found)) if slip else not slips(found)


def test_cost_per_unit() -> None:
    """A cost per user is the total over the users, if their number is stated; else it is asked for."""
    text = f"{LINES}Total,$2049.74\nCost per user{{}},$2.05\n"
    assert finding(audited(text.format(" (1000 users)")), "per_unit").verdict is Verdict.AGREES
    assert finding(audited(text.format(" (100 users)")), "per_unit").verdict is Verdict.DIFFERS
    asked = finding(audited(text.format("")), "per_unit")
    assert asked.verdict is Verdict.CANNOT
    assert asked.question == "state the number of users"


def test_parts_of_a_line_are_not_added_twice() -> None:
    """Rows drawn as branches explain the line above them and stay out of the total."""
    text = "item,cost\nLLM,30\n└─ in,10\n└─ out,20\nDB,5\nTotal,35\n"
    assert [f.verdict for f in audited(text).findings] == [Verdict.AGREES] * 2
    wrong = audited(text.replace("out,20", "out,25"))
    assert finding(wrong, "total", "LLM").wrong


def test_totals_across_columns() -> None:
    """Where most rows add up across, a row that does not is found; where none does, the column is no sum."""
    text = "item,dev,prod,total\na,$5,$90,$95\nb,$50,$480,$530\nc,$73,$146,{}\n"
    assert {f.verdict for f in audited(text.format("$219")).findings} == {Verdict.AGREES}
    found = finding(audited(text.format("$291")), "across", "c")
    assert found.verdict is Verdict.EXPLAINED or found.verdict is Verdict.DIFFERS
    unrelated = "item,dev,prod,total\na,$5,$90,$9\nb,$50,$480,$7\ntotal,$55,$570,$16\n"
    assert "across" not in [f.check for f in audited(unrelated).findings]


def test_lines_that_are_set_apart() -> None:
    """A total may leave out what is optional or what it says it is without; that is no slip, and is said."""
    text = "item,spec,monthly cost\ndb,20 GB,$97.00\nstandby,optional,$95.00\ntotal,,{}\n"
    assert "optional" in finding(audited(text.format("$97.00")), "total").remark
    assert not audited(text.format("$192.00")).wrong
    without = "item,monthly cost\ndb,$97.00\nHA standby,$95.00\nTotal (no HA),$97.00\n"
    assert not audited(without).wrong


def test_the_quantity_is_what_the_price_is_per() -> None:
    """A column is the quantity when the price is per what it is called."""
    text = "stage,trials,$/trial,total\neval,9000,$0.03,{}\n"
    assert finding(audited(text.format("$270.00")), "line").verdict is Verdict.AGREES
    assert finding(audited(text.format("$2700.00")), "line").wrong


def test_a_calculation_in_words() -> None:
    """A calculation in a text column is recomputed like columns, with its units of time converted."""
    text = "| Item | Calculation | Monthly Cost |\n|--|--|--|\n| a | 2 vCPU × 730 hrs × $0.000024/vCPU-sec | {} |\n"
    right = finding(audited(text.format("$126.14"), "t.md"), "line")
    assert right.verdict is Verdict.AGREES
    assert right.formula.endswith("= 126.14")
    assert "720 h" in finding(audited(text.format("$124.42"), "t.md"), "line").remark


# ---- sanity


def test_currencies_are_not_added() -> None:
    """Amounts in two currencies are refused, not added."""
    found = finding(audited("item,monthly cost\na,€49.00\nb,$120.00\ntotal,$169.00\n"), "mixed")
    assert found.verdict is Verdict.CANNOT
    assert found.found == "EUR, USD"


def test_shares_add_to_a_hundred_and_are_shares() -> None:
    """Shares add to 100 % within rounding, and each is its amount over the total."""
    text = "item,cost,share\na,600,60%\nb,250,25%\nc,150,{}\ntotal,1000,100%\n"
    assert not audited(text.format("15%")).wrong
    wrong = audited(text.format("51%"))
    assert [f.check for f in wrong.wrong] == ["shares", "share"]
    assert slips(finding(wrong, "share", "c")) == ["swapped_digits"]


def test_negative_amounts_must_be_credits() -> None:
    """A negative amount is a credit that says so, else a question."""
    assert not audited("item,cost\na,100\nsavings plan discount,-30\ntotal,70\n").wrong
    assert finding(audited("item,cost\na,100\nb,-30\ntotal,70\n"), "negative").question


def test_identical_rows_are_questioned() -> None:
    """The same row twice may be meant; it is asked."""
    found = finding(audited("item,cost\nNAT,32.85\nNAT,32.85\ntotal,65.70\n"), "repeated_row")
    assert found.verdict is Verdict.CANNOT
    assert "2 times" in found.question


# ---- properties


def test_no_correct_table_is_accused() -> None:
    """Of 500 correct tables, with prices, lines, totals and years rounded as people round, none is called wrong."""
    accused, judged = [], 0
    for seed in range(500):
        report = audited(cost_table(seed).markdown(), "t.md")
        accused += [(seed, found) for found in report.wrong]
        judged += len(report.findings)
    assert accused == []
    assert judged > 4000


def swapped(value: Decimal) -> Decimal | None:
    """Return an amount with its first two different adjacent digits swapped."""
    text = str(value)
    for i in range(len(text) - 1):
        pair = text[i : i + 2]
        if pair.isdigit() and pair[0] != pair[1] and not (i == 0 and pair[1] == "0"):
            return Decimal(text[:i] + pair[::-1] + text[i + 2 :])
    return None


def other_price(line: Line, table: Table) -> Decimal | None:
    """Return a line's amount at the price of another line."""
    prices = [other.price for other in table.lines if other.price != line.price]
    return prices[0] * line.quantity * line.factor if prices else None


Injected = Callable[[Line, Table], Decimal | None]
INJECTED: dict[str, Injected] = {
    "hours": lambda li, t: (
        li.value * 744 / t.hours if li.kind == "hourly" and t.hours_stated and t.hours != 744 else None
    ),
    "month_year": lambda li, t: li.value * 12,
    "day_month": lambda li, t: li.value / 30,
    "gb_gib": lambda li, t: li.value * Decimal(2) ** 30 / 10**9 if li.kind == "storage" else None,
    "mb_gb": lambda li, t: li.value * 1000 if li.kind == "storage" else None,
    "bits_bytes": lambda li, t: li.value / 8 if li.kind == "storage" else None,
    "thousands": lambda li, t: li.value * 1000 if li.kind in ("requests", "tokens") else None,
    "hundred": lambda li, t: li.value * 100,
    "count_left_out": lambda li, t: li.value / li.quantity if li.kind == "seats" and li.quantity > 1 else None,
    "count_twice": lambda li, t: li.value * li.quantity if li.kind == "seats" and li.quantity > 1 else None,
    "other_price": other_price,
    "swapped_digits": lambda li, t: swapped(li.amount),
}


def with_slip(name: str, seed: int) -> tuple[Table, Line] | None:
    """Return a correct table in which one line has one slip, its total added up from what is then printed."""
    table = cost_table(seed, round_prices=False, whole_amounts=False)
    line = random.Random(seed).choice(table.lines)
    value = INJECTED[name](line, table)
    if value is None or rounded(value, 2) < 10 or rounded(value, 2) == line.amount:
        return None
    line.amount = rounded(value, 2)
    table.total = sum((one.amount for one in table.lines), Decimal(0))
    table.annual = {one.name: 12 * one.amount for one in table.lines} | {"Total": 12 * table.total}
    return table, line


@pytest.mark.parametrize("name", INJECTED)
def test_the_injected_slip_is_named_and_only_its_line_accused(name: str) -> None:
    """In a correct table with one slip, that line is found, the slip is named, and no other row is accused."""
    tried = 0
    for seed in range(40):
        made = with_slip(name, seed)
        if made is None:
            continue
        table, line = made
        report = audited(table.markdown(), "t.md")
        found = finding(report, "line", line.name)
        named = (
            slips(found)
            if found.wrong
            else [name if "to the digit" in found.remark or "rounding" in found.remark else ""]
        )
        assert name in named, (seed, found)
        assert {f.row for f in report.wrong} <= {line.name}
        tried += 1
    assert tried >= 4


@pytest.mark.parametrize("name", ["line_left_out", "line_twice", "wrong_sign", "swapped_digits", "month_year"])
def test_the_slip_in_a_total_is_named(name: str) -> None:
    """In a correct table whose total has one slip, the total is found wrong and the slip is among those named."""
    for seed in range(25):
        table = cost_table(seed, round_prices=False, whole_amounts=False)
        table.yearly = False
        line = random.Random(seed).choice(table.lines)
        right = sum((one.amount for one in table.lines), Decimal(0))
        wrong = {
            "line_left_out": right - line.amount,
            "line_twice": right + line.amount,
            "wrong_sign": right - 2 * line.amount,
            "swapped_digits": swapped(right),
            "month_year": 12 * right,
        }[name]
        if wrong is None or abs(wrong - right) < 1 or wrong <= 0:
            continue
        table.total = wrong
        report = audited(table.markdown(), "t.md")
        assert name in slips(finding(report, "total")), seed
        assert [f.check for f in report.wrong] == ["total"]
