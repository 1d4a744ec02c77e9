"""Numbers, units and columns are read as the people who wrote them meant them; what is unknown stays unknown."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.audit import numbers, units
from advisor.audit.interval import SIGMAS, Interval, total
from advisor.audit.numbers import Number, Unknown
from advisor.audit.vocabulary import cost_role, load_role, statistic


@pytest.mark.parametrize(
    ("text", "value", "half"),
    [
        ("$1,234.56", 1234.56, 0.005),
        ("1.234,56", 1234.56, 0.005),
        ("1 234", 1234, 0.5),
        ("1\u00a0234", 1234, 0.5),
        ("1'234", 1234, 0.5),
        ("1,23,456", 123456, 0.5),
        ("1.2M", 1.2e6, 5e4),
        ("12k", 12_000, 500),
        ("3.5B", 3.5e9, 5e7),
        ("£1.2m", 1.2e6, 5e4),
        ("45%", 45, 0.5),
        ("1e6", 1e6, 0.5e6),
        ("2.50e-3", 0.0025, 5e-6),
        ("(123)", -123, 0.5),
        ("-$5.00", -5, 0.005),
        ("$-5", -5, 0.5),
        ("−12", -12, 0.5),
        ("$.05", 0.05, 0.005),
        ("$0.09/GB", 0.09, 0.005),
        ("**~$16.65**", 16.65, 0.005),
        ("~$1,200", 1200, 50),
        ("USD 1,200.00", 1200, 0.005),
        ("free", 0, 0),
        ("Included", 0, 0),
        ("$60-180", 120, 60),
        ("2 × 730 h", 1460, None),
    ],
)
def test_number_and_precision(text: str, value: float, half: float | None) -> None:
    """A cell gives its value and half a unit of its last printed digit; "about" ends at its last digit above 0."""
    cell = numbers.read(text)
    assert isinstance(cell, Number)
    assert cell.value == pytest.approx(value, rel=1e-12)
    if half is not None:
        assert cell.interval.half == pytest.approx(half, rel=1e-9)


@pytest.mark.parametrize(
    "text",
    ["", "n/a", "-", "—", "Varies", "< 5", "> 200", "up to 10", "12:30", "1.2.3", "2024-01-05", "5 ± 1", "1e400"],
)
def test_unknown_is_not_zero(text: str) -> None:
    """What states no figure, or only a bound, is unknown."""
    assert isinstance(numbers.read(text), Unknown)


def test_digit_grouping_comes_from_the_rest_of_the_column() -> None:
    """Three digits after a mark are thousands or decimals, as the column shows; nothing shown is nothing known."""
    assert numbers.decimal_of(["$1,234", "$12.50"]) == "."
    assert numbers.decimal_of(["1.234", "0,50"]) == ","
    assert numbers.decimal_of(["1.234.567", "1.500"]) == ","
    assert numbers.decimal_of(["1,234", "500"]) == "."
    assert numbers.decimal_of(["1,234", "2,345"]) is None
    assert numbers.decimal_of(["1.234", "500"]) is None
    assert numbers.decimal_of(["1.5", "2,50"]) == "both"


@settings(derandomize=True, deadline=None, max_examples=200)
@given(st.decimals(min_value=0, max_value=10**9, places=2), st.sampled_from(["{:,}", "{}"]))
def test_what_is_printed_is_read_back(value: object, style: str) -> None:
    """A figure to the cent is read back exactly, with and without thousands, in both decimal conventions."""
    text = style.format(value)
    swapped = text.translate(str.maketrans(",.", ".,"))
    for written in (text, swapped, f"${text}", f"{swapped} €"):
        cell = numbers.read(written)
        assert isinstance(cell, Number)
        assert cell.value == pytest.approx(float(str(value)), rel=1e-15)
        assert not cell.ambiguous


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.text(alphabet="0123456789.,'-$€%kKMB()~/ eE×x→n", max_size=24))
def test_any_text_is_read_to_a_finite_number_or_not_at_all(text: str) -> None:
    """No text raises, and nothing infinite or NaN comes out."""
    cell = numbers.read(text)
    if isinstance(cell, Number):
        assert math.isfinite(cell.value)
        assert cell.interval.low <= cell.interval.high
        assert math.isfinite(cell.interval.low)
        assert math.isfinite(cell.interval.high)


def test_sums_of_roundings_spread_as_the_square_root() -> None:
    """Few roundings may all go one way; of many, the spread is that of independent uniform errors."""
    few, many = ([Interval(0.5, 1.5)] * count for count in (4, 400))
    assert total(few).half == 2.0
    assert total(many).half == pytest.approx(SIGMAS * math.sqrt(400 / 12))


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("/GB/mo", units.Unit(size="GB", times=("month",))),
        ("per GB-month", units.Unit(size="GB", times=("month",))),
        ("/hr", units.Unit(times=("h",))),
        ("/vCPU-hour", units.Unit(times=("h",), noun="vcpu")),
        ("/10K", units.Unit(scale=1e4)),
        ("/ 1,000", units.Unit(scale=1e3)),
        ("/1M tokens", units.Unit(scale=1e6, noun="token")),
        ("per million requests", units.Unit(scale=1e6, noun="request")),
        ("/GB-s", units.Unit(size="GB", times=("s",))),
        ("/100-char unit (min 3)", units.Unit(scale=100, noun="char unit")),
    ],
)
def test_what_a_price_is_per(text: str, unit: units.Unit) -> None:
    """Everything after "/" or "per" is read: scale, size, times, and the thing that is counted."""
    assert units.denominators(text) == unit


COST_HEADERS = {
    "Unit price ($/GB)": "price",
    "Cost per hour": "price",
    "Price per GB-month": "price",
    "Hourly rate": "price",
    "Monthly cost (USD)": "monthly",
    "Cost per month": "monthly",
    "$/month": "monthly",
    "Total/Month": "monthly",
    "Annual Cost": "annual",
    "qty": "quantity",
    "Requests/month": "quantity",
    "Units / month": "quantity",
    "hours/month": "hours",
    "Hours per day": "hours",
    "Days/month": "days",
    "Instances": "count",
    "Free tier": "free",
    "% of total": "share",
    "Upfront": "one_time",
    "Total": "amount",
    "Service": "name",
    "Notes": "note",
    "Savings": "difference",
}
LOAD_HEADERS = {
    "Concurrency": "concurrency",
    "VUs": "concurrency",
    "RPS": "throughput",
    "req/s": "throughput",
    "Request throughput (req/s)": "throughput",
    "Output token throughput (tok/s)": "output_rate",
    "Total token throughput (tok/s)": "total_rate",
    "output tok/s": "output_rate",
    "tok/s/user": "user_rate",
    "Avg latency (ms)": "latency_mean",
    "p95": "latency_p95",
    "Median TTFT (ms)": "ttft_p50",
    "TTFT": "ttft_mean",
    "P99 ITL (ms)": "tpot_p99",
    "Mean E2EL (ms)": "latency_mean",
    "Request rate": "offered",
    "Requests": "requests",
    "Num prompts": "requests",
    "Duration (s)": "duration",
    "Errors %": "error_share",
    "Failed requests": "errors",
    "Success rate": "success_share",
    "Ramp-up (s)": "ramp_up",
    "Std dev (ms)": "",
    "CPU %": "",
}


@pytest.mark.parametrize(("header", "role"), COST_HEADERS.items())
def test_cost_headers(header: str, role: str) -> None:
    """Headers of cost tables have the meaning that people give them."""
    assert cost_role(header) == role


@pytest.mark.parametrize(("header", "role"), LOAD_HEADERS.items())
def test_load_headers(header: str, role: str) -> None:
    """Headers of load tests have the meaning that people give them."""
    assert load_role(header) == role


def test_statistics_are_told_apart() -> None:
    """p99.9 is not p99, and an average is a mean."""
    assert [statistic(h) for h in ("p99.9 (ms)", "P99", "avg", "Latency")] == ["p99.9", "p99", "mean", ""]
