"""Numbers for people: three significant digits, thousands apart, always a unit."""

from __future__ import annotations

import math

from advisor.scenario.requirements import CARDS, COST, OPERATIONS, SELF_OPERATED, is_count

NARROW = "\u00a0"  # no-break space between groups of three digits and before units


def significant(value: float, digits: int = 3) -> str:
    """Return a number with so many significant digits, thousands apart, no exponent.

    >>> [significant(v).replace(NARROW, " ") for v in (38214, 5.4249, 0.012345, 1444, 0, 99.96)]
    ['38 200', '5.42', '0.0123', '1 440', '0', '100']
    """
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else str(value)
    decimals = digits - 1 - math.floor(math.log10(abs(value)))
    rounded = round(value, decimals)
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(rounded)))) if rounded else 0
    return grouped(rounded, decimals)


def grouped(value: float, decimals: int = 0) -> str:
    """Return a number with thousands apart and fixed decimals.

    >>> grouped(25196.4).replace(NARROW, " "), grouped(-1234.5, 1).replace(NARROW, " ")
    ('25 196', '-1 234.5')
    """
    return f"{value:,.{decimals}f}".replace(",", NARROW)


def usd(value: float) -> str:
    """Return an amount of money with three significant digits, never more than cents unless it is less than one.

    >>> [usd(v).replace(NARROW, " ") for v in (38214, 410.4, 72.81, 2.5, 0.31, 0.004, 0)]
    ['38 200 USD', '410 USD', '72.8 USD', '2.50 USD', '0.31 USD', '0.004 USD', '0 USD']
    """
    if value == 0:
        return f"0{NARROW}USD"
    if abs(value) < 0.01:
        return f"{significant(value, 1)}{NARROW}USD"
    return f"{grouped(value, 2) if abs(value) < 10 else significant(value)}{NARROW}USD"


def duration(value: float, unit: str) -> str:
    """Return a time given in ``ms`` or ``s`` in the unit that reads best.

    >>> [duration(v, "ms").replace(NARROW, " ") for v in (0.62, 18, 1440, 5424, 93_000)]
    ['0.620 ms', '18.0 ms', '1.44 s', '5.42 s', '93.0 s']
    >>> duration(900, "s").replace(NARROW, " ")
    '15.0 min'
    """
    ms = value * (1000 if unit == "s" else 1)
    if ms < 1000:
        return f"{_three(ms)}{NARROW}ms"
    if ms < 300_000:
        return f"{_three(ms / 1000)}{NARROW}s"
    return f"{_three(ms / 60_000)}{NARROW}min" if ms < 7_200_000 else f"{_three(ms / 3_600_000)}{NARROW}h"


def _three(value: float) -> str:
    """Return three significant digits, trailing zeros kept."""
    decimals = max(0, 2 - math.floor(math.log10(abs(value)))) if value else 0
    return grouped(round(value, decimals), decimals)


def availability(value: float) -> str:
    """Return an availability in percent, with as many digits as its nines need.

    >>> [availability(v).replace(NARROW, " ") for v in (0.9931, 0.99995, 0.95, 1.0)]
    ['99.31 %', '99.995 %', '95.00 %', '100 %']
    """
    if value >= 1:
        return f"100{NARROW}%"
    decimals = min(9, max(2, 1 - math.floor(math.log10(100 * (1 - value)) + 1e-9)))
    text = f"{100 * value:.{decimals}f}"
    while text.endswith("0") and len(text.partition(".")[2]) > 2:
        text = text[:-1]
    return f"{text}{NARROW}%"


def percent(share: float) -> str:
    """Return a share in whole percent, with one digit below 10 %, and where what is not all would read as all.

    >>> [percent(v).replace(NARROW, " ") for v in (0.153, 0.041, -0.02, 0.996, 0.9999, 1.0)]
    ['15 %', '4.1 %', '-2.0 %', '99.6 %', '> 99.9 %', '100 %']
    """
    if 0.9995 <= share < 1:
        return f">{NARROW}99.9{NARROW}%"
    return f"{100 * share:.{1 if abs(share) < 0.0995 or 0.995 <= share < 1 else 0}f}{NARROW}%"


def metric(name: str, value: float) -> str:
    """Return a metric's value in its unit, by the metric's path.

    >>> metric("flows.answer.ttft_ms.p95", 1440.0).replace(NARROW, " "), metric("quality", 0.8123)
    ('1.44 s', '0.812')
    """
    if name == "cost_usd_per_month":
        return f"{usd(value)}/month"
    if name == "operations_h_per_month":
        return f"{significant(value)}{NARROW}h/month"
    if name.endswith(".availability"):
        return availability(value)
    if is_count(name):
        return f"{value:.0f}"
    if "_ms." in name or "_s." in name:
        return duration(value, "ms" if "_ms." in name else "s")
    return significant(value)


def metric_label(name: str) -> str:
    """Return a metric's short name for tables.

    >>> [metric_label(n) for n in ("cost_usd_per_month", "flows.answer.ttft_ms.p95", "cards.h100")]
    ['cost', 'answer ttft p95', 'H100 cards']
    """
    simple = {COST: "cost", OPERATIONS: "operations", SELF_OPERATED: "self-operated systems"}
    if name in simple:
        return simple[name]
    if name.startswith(CARDS):
        return f"{name.removeprefix(CARDS).upper()} cards"
    parts = name.split(".", 3)
    if parts[0] != "flows":
        return name
    what = parts[2].removesuffix("_ms").removesuffix("_s")
    return " ".join([parts[1], what, *parts[3:]])
