"""Worked examples of others: agreed with to their last printed digit, or called wrong for the right reason."""

from __future__ import annotations

from fractions import Fraction

import pytest

from advisor.models import downtime as d
from advisor.models.availability import fallback, k_of_n, parallel, regions, series
from advisor.models.common_cause import beta_factor
from advisor.models.failure_rates import from_mtbf_mttr
from advisor.models.reliability_report import analyse
from advisor.models.reliability_structure import All, Any, Fallback, Part, Structure

# Two tables of Azure's reliable web app pattern: Front Door, Entra ID and private DNS are shared by the regions.
SHARED = [0.9999, 0.9999, 1.0]
LINK = 0.9999
DOTNET = [LINK, 0.9995, LINK, 0.999, LINK, 0.99995, LINK, 0.999, LINK, 0.9999, LINK, 0.999, LINK]
JAVA = [LINK, 0.9995, LINK, 0.999, LINK, 0.9999, LINK, 0.9999, LINK]

SOFTWARE = from_mtbf_mttr(10_000, 20, mtbf_includes_repair=False)

SOURCES = {
    "aws": "AWS Well-Architected Framework, Reliability Pillar, Availability",
    "aws_beyond": "AWS whitepaper, Availability and Beyond (2021), Availability with redundancy",
    "azure": "Microsoft, Designing resilient applications for Azure (2016), SLAs and composite SLAs",
    "dotnet": "Azure/reliable-web-app-pattern-dotnet, assets/sla-calculation.md",
    "java": "Azure/reliable-web-app-pattern-java, sla-calculation.md",
    "display": "reliabilityanalytics.com, Reliability modeling: k out of n configuration (2011), four displays",
    "software": "Qwen/Qwen2-Math-RM-72B, README, worked example: MTBF 10 000 h, MTTR 20 h",
    "slack": "Q&A on compound SLAs at devops.stackexchange.com/questions/711",
}

# source, what, our answer in percent, printed answer in percent, decimals printed
AGREE = [
    ("aws", "two hard dependencies of 99.99 %", 100 * series(0.9999, 0.9999, 0.9999), 99.97, 2),
    ("aws", "two redundant components of 99.9 %", 100 * parallel(0.999, 0.999), 99.9999, 4),
    ("aws_beyond", "two redundant subsystems of 99 %", 100 * parallel(0.99, 0.99), 99.99, 2),
    ("azure", "web app and database", 100 * series(0.9995, 0.9999), 99.94, 2),
    ("azure", "database or queue", 100 * fallback(0.9999, 0.999), 99.99999, 5),
    ("azure", "web app and (database or queue)", 100 * series(0.9995, fallback(0.9999, 0.999)), 99.95, 2),
    ("dotnet", "development", 100 * series(*SHARED, 0.9995, 0.999, 0.99995, 0.999, 0.9999, 0.999), 99.616, 3),
    ("dotnet", "one region", 100 * series(*SHARED, *DOTNET), 99.546, 3),
    ("dotnet", "shared services", 100 * series(*SHARED), 99.980, 3),
    ("java", "development", 100 * series(*SHARED, 0.9995, 0.999, 0.999, 0.9999), 99.720, 3),
    ("java", "one region", 100 * series(*SHARED, *JAVA), 99.760, 3),
    ("display", "three of four displays of 0.9", 100 * k_of_n(3, 4, 0.9), 94.77, 2),
    ("software", "MTBF is the time up", 100 * SOFTWARE.availability, 99.80, 2),
    ("slack", "two services of 99.95 %", 100 * series(0.9995, 0.9995), 99.900025, 6),
]


@pytest.mark.parametrize(("source", "what", "ours", "printed", "decimals"), AGREE, ids=[row[1] for row in AGREE])
def test_we_print_what_they_print(source: str, what: str, ours: float, printed: float, decimals: int) -> None:
    """Rounded to as many decimals as the publication, the answer is the same."""
    assert round(ours, decimals) == printed, f"{SOURCES[source]}: {what}"


@pytest.mark.parametrize(
    ("regional", "printed", "correct"), [(DOTNET, 99.9779, 99.9781), (JAVA, 99.9794, 99.9795)], ids=["dotnet", "java"]
)
def test_two_published_tables_count_what_regions_share_twice(
    regional: list[float], printed: float, correct: float
) -> None:
    """Both two-region tables reuse the one-region figure, shared services and all, as "regional services".

    Done their way the printed digits come out; with the shared services outside the regional term, once, they do not.
    """
    theirs = regions(1, [series(*SHARED, *regional)] * 2, shared=SHARED)
    assert round(100 * theirs, 4) == printed
    ours = regions(1, [series(*regional)] * 2, shared=SHARED)
    assert round(100 * ours, 4) == correct
    shared = [Part(f"shared {i}", a) for i, a in enumerate(SHARED)]
    tree = Any(*(All(*shared, *(Part(f"{name} {i}", a) for i, a in enumerate(regional))) for name in ("east", "west")))
    assert analyse(tree).availability == pytest.approx(ours, rel=1e-12)


def test_azure_formula_for_two_regions_behind_traffic_manager() -> None:
    """N + (1 - N) N, times 99.99 % for Traffic Manager, for any N; as a tree, Traffic Manager is the single point."""
    for n in (0.9, 0.9994, 0.99940005):
        assert regions(1, [n, n], shared=[0.9999]) == pytest.approx(0.9999 * (n + (1 - n) * n), rel=1e-12)
    tree = All(Part("Traffic Manager", 0.9999), Any(Part("east", 0.9994), Part("west", 0.9994)))
    assert analyse(tree).single_points == ("Traffic Manager",)


def test_azure_fallback_queue_as_a_tree() -> None:
    """Web app and (database, else queue): printed 99.95 %, the web app is the single point, the other two a pair."""
    tree: Structure = All(Part("web app", 0.9995), Fallback(Part("database", 0.9999), Part("queue", 0.999)))
    found = analyse(tree)
    assert round(100 * found.availability, 2) == 99.95
    assert (found.single_points, found.pairs) == (("web app",), (("database", "queue"),))


# Google, Site Reliability Engineering (2016), appendix A, as printed: years of 365 days, quarters of 90, months of 30.
SRE_PERIODS = (
    d.Period.YEAR,
    d.Period.QUARTER_OF_90_DAYS,
    d.Period.MONTH_OF_30_DAYS,
    d.Period.WEEK,
    d.Period.DAY,
    d.Period.HOUR,
)
SRE_TABLE = """
90     | 36.5 d   | 9 d       | 3 d      | 16.8 h   | 2.4 h    | 6 min
95     | 18.25 d  | 4.5 d     | 1.5 d    | 8.4 h    | 1.2 h    | 3 min
99     | 3.65 d   | 21.6 h    | 7.2 h    | 1.68 h   | 14.4 min | 36 s
99.5   | 1.83 d   | 10.8 h    | 3.6 h    | 50.4 min | 7.20 min | 18 s
99.9   | 8.76 h   | 2.16 h    | 43.2 min | 10.1 min | 1.44 min | 3.6 s
99.95  | 4.38 h   | 1.08 h    | 21.6 min | 5.04 min | 43.2 s   | 1.8 s
99.99  | 52.6 min | 12.96 min | 4.32 min | 60.5 s   | 8.64 s   | 0.36 s
99.999 | 5.26 min | 1.30 min  | 25.9 s   | 6.05 s   | 0.87 s   | 0.04 s
"""
HOURS = {"d": 24, "h": 1, "min": Fraction(1, 60), "s": Fraction(1, 3600)}
CELLS = [
    (percent.strip(), period, *cell.split())
    for percent, *cells in (line.split("|") for line in SRE_TABLE.strip().splitlines())
    for period, cell in zip(SRE_PERIODS, cells, strict=True)
]
SLIP = ("99.999", d.Period.DAY, "0.87", "s")  # 0.864 s


@pytest.mark.parametrize(("percent", "period", "figure", "unit"), [cell for cell in CELLS if cell != SLIP])
def test_google_table_of_nines(percent: str, period: d.Period, figure: str, unit: str) -> None:
    """Each cell is our downtime rounded to its last printed digit."""
    found = d.downtime_h(float(Fraction(percent) / 100), period) / HOURS[unit]
    last_digit = 10.0 ** -len(figure.partition(".")[2])
    assert abs(found - float(figure)) <= last_digit / 2 * (1 + 1e-9)


def test_one_cell_of_that_table_is_rounded_wrongly() -> None:
    """Five nines allow 0.864 s a day, which is 0.86 s to two digits; the table prints 0.87 s."""
    assert SLIP in CELLS
    assert round(3600 * d.downtime_h(0.99999, d.Period.DAY), 2) == 0.86


@pytest.mark.parametrize(
    ("availability", "hours", "minutes"),
    [(0.99, 87, 36), (0.999, 8, 45), (0.9995, 4, 22), (0.9999, 0, 52), (0.99999, 0, 5)],
)
def test_aws_table_of_downtime_a_year(availability: float, hours: int, minutes: int) -> None:
    """AWS prints whole minutes of a 365-day year, cut off; for 99 % only whole hours (3 days 15 hours)."""
    found = int(d.downtime_h(availability, d.Period.YEAR) * 60 + 1e-9)
    assert divmod(found, 60) == (hours, minutes)


@pytest.mark.parametrize(
    ("availability", "week", "month", "year"),
    [(0.99, 100.8, 432, 5256), (0.999, 10.1, 43.2, 525.6), (0.9995, 5, 21.6, 262.8), (0.9999, 1.01, 4.32, 52.56)],
)
def test_azure_table_of_downtime(availability: float, week: float, month: float, year: float) -> None:
    """Azure's table, in minutes, has months of 30 days and years of 365."""
    minutes = [60 * d.downtime_h(availability, p) for p in (d.Period.WEEK, d.Period.MONTH_OF_30_DAYS, d.Period.YEAR)]
    assert minutes == pytest.approx([week, month, year], rel=0.009)


def test_periods_explain_why_tables_differ() -> None:
    """99.9 % is 8.76 h or 8.77 h a year and 43.8 or 43.2 min a month, depending on the length that a table takes."""
    year = [d.downtime_h(0.999, p) for p in (d.Period.YEAR, d.Period.YEAR_OF_365_25_DAYS)]
    month = [60 * d.downtime_h(0.999, p) for p in (d.Period.MONTH, d.Period.MONTH_OF_30_DAYS)]
    assert [f"{value:.2f}" for value in year] == ["8.76", "8.77"]
    assert [f"{value:.1f}" for value in month] == ["43.8", "43.2"]


def test_beta_factor_of_two_of_three_sensors() -> None:
    """fta-studio.pages.dev, common-cause failure: p = 1e-3, beta 5 %: 5.3e-5, not 3e-6; a gain of 19."""
    found = beta_factor(2, 3, 0.999, beta=0.05)
    assert f"{found.unavailability:.1e}" == "5.3e-05"
    assert f"{beta_factor(2, 3, 0.999, beta=0).unavailability:.0e}" == "3e-06"
    assert round(0.001 / found.unavailability) == 19


def test_ibm_error_budget_of_a_week() -> None:
    """IBM Instana, SLO configuration examples: 90 % of a week allows 1 008 min; 400 bad minutes: 96.03 %."""
    budget = d.time_budget(0.9, d.Period.WEEK, d.Period.WEEK, down_h=400 / 60)
    assert 60 * budget.allowed == pytest.approx(1008)
    assert round(100 * d.availability_from_downtime(400 / 60, d.Period.WEEK), 2) == 96.03


@pytest.mark.parametrize(
    ("window_h", "share", "burn_rate"), [(1, 0.02, 14.4), (6, 0.05, 6.0), (72, 0.10, 1.0)], ids=["1 h", "6 h", "3 d"]
)
def test_burn_rates_of_the_sre_workbook(window_h: float, share: float, burn_rate: float) -> None:
    """Google, The Site Reliability Workbook (2018), chapter 5: 2 % of 30 days' budget in 1 h is a rate of 14.4."""
    month = d.Period.MONTH_OF_30_DAYS
    down_h = share * d.downtime_h(0.999, month)
    budget = d.time_budget(0.999, month, window_h, down_h)
    assert budget.burn_rate == pytest.approx(burn_rate)
    assert budget.share_spent == pytest.approx(share)
    assert budget.exhausted_after_h == pytest.approx(d.exhausted_after_h(burn_rate, month))


def test_burn_rate_ten_lasts_three_days() -> None:
    """A burn rate of 2 uses up 30 days in 15, one of 10 in 3 days."""
    assert [d.exhausted_after_h(rate, 720) / 24 for rate in (1, 2, 10)] == pytest.approx([30, 15, 3])
