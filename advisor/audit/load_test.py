"""The audit of a load test: every row by itself, then the rows against each other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from advisor.audit.columns import Sheet
from advisor.audit.findings import Finding, Verdict
from advisor.audit.load_counts import check_counts, check_percentiles
from advisor.audit.load_little import check_little, request_rate
from advisor.audit.load_runs import Given, Measured, Run, ordered, runs
from advisor.audit.load_tokens import check_tokens

LEAST_ROWS_FOR_RATIO = 4
LEAST_SPREAD = 3.0  # largest over smallest, for a constant ratio to be remarkable
LEAST_DIGITS = 50.0  # value over its half unit: figures with fewer digits have constant ratios by rounding
_SUMMARY = re.compile(r"\b(total|aggregated?|overall|all|average|mean)\b", re.IGNORECASE)
_MEASURED = ("throughput", "output_rate", "total_rate", "latency", "ttft", "tpot")


def audit_load(sheet: Sheet, given: Given) -> tuple[list[Finding], list[str]]:
    """Return everything that can be said about a load test, and notes on what was assumed."""
    found, notes = runs(sheet, given.figures)
    findings: list[Finding] = []
    for run in found:
        for check in (check_little, check_counts, check_percentiles, check_tokens):
            findings += check(run, given)
    findings += _against_each_other(found, given.tolerance)
    findings += _repeated(found)
    findings += _constant_ratios(found)
    notes += _implied_tokens(found)
    if not any(finding.check == "littles_law" for finding in findings):
        notes.append(_missing(found))
    return findings, [note for note in notes if note]


def _missing(found: Sequence[Run]) -> str:
    """Return what Little's law would need, "" when there are no rows."""
    have = set().union(*(run.figures for run in found)) if found else set()
    asks = []
    if "concurrency" not in have:
        asks.append("concurrency")
    if not any(request_rate(run) for run in found):
        asks.append("output_tokens" if "output_rate" in have else "throughput (requests/s)")
    if not any(role.startswith("latency") for role in have) and "tpot_mean" not in have:
        asks.append("mean latency")
    return f"Little's law is not judged: state {', '.join(asks)}" if asks else ""


def _against_each_other(found: list[Run], tolerance: float) -> Iterator[Finding]:
    """Yield rows in which more users get both less throughput and less latency, which N = X R forbids."""
    for fewer, more in ordered(found):
        rates, times = _pair(fewer, more, "throughput"), _pair(fewer, more, "latency_mean", "latency", "latency_p50")
        users = (fewer.figures["concurrency"], more.figures["concurrency"])
        if rates is None or times is None or users[0].value == users[1].value or more.get("think_time") is not None:
            continue
        falls = rates[1].reach.high < rates[0].reach.low and times[1].reach.high < times[0].reach.low
        if falls and rates[1].value * times[1].value < (1 - tolerance) * rates[0].value * times[0].value:
            formula = (
                f"{users[0].text} → {users[1].text} users: throughput {rates[0].text} → {rates[1].text}, "
                f"{times[1].header} {times[0].text} → {times[1].text}"
            )
            yield more.finding(
                Verdict.DIFFERS,
                "trend",
                times[1],
                "throughput and latency both fall with more users",
                "latency rises when throughput does not (R = N / X − Z)",
                formula,
                question="state whether the users were all running, and whether failed requests are in the latency",
            )


def _pair(a: Run, b: Run, *roles: str) -> tuple[Measured, Measured] | None:
    for role in roles:
        first, second = a.get(role), b.get(role)
        if first is not None and second is not None:
            return first, second
    return None


def _figures(run: Run) -> tuple[tuple[str, str], ...]:
    """Return the measured figures of a row: those that would hardly come out alike twice."""
    return tuple(
        (role, f.text) for role, f in run.figures.items() if role.startswith(_MEASURED) and f.header != "stated"
    )


def _repeated(found: Sequence[Run]) -> Iterator[Finding]:
    """Yield rows whose measured figures all repeat an earlier row's."""
    seen: dict[tuple[tuple[str, str], ...], Run] = {}
    for run in found:
        figures = _figures(run)
        digits = sum(len([c for c in text if c.isdigit()]) for _, text in figures)
        if len(figures) < 2 or digits < 6 or _SUMMARY.search(run.record.label):
            continue
        first = seen.setdefault(figures, run)
        if first is not run:
            same = first.record.row.cells == run.record.row.cells
            what = "the same row" if same else "the same figures under another label"
            yield run.finding(
                Verdict.CANNOT,
                "repeated_row",
                "",
                f"{what} as line {first.record.row.line} ('{first.record.label}')",
                "figures of its own",
                question="state which run each row is; two runs hardly agree in every digit",
            )


def _constant_ratios(found: Sequence[Run]) -> Iterator[Finding]:
    """Yield pairs of latency columns whose ratio is the same in every row: multiplied, not measured."""
    roles = sorted({role for run in found for role in run.figures if role.startswith("latency_p")})
    base = "latency_mean" if any("latency_mean" in run.figures for run in found) else "latency_p50"
    for role in roles:
        pairs = [(run.figures[base], run.figures[role]) for run in found if {base, role} <= set(run.figures)]
        if role == base or not _remarkable(pairs):
            continue
        low = max(b.reach.low / a.reach.high for a, b in pairs)
        high = min(b.reach.high / a.reach.low for a, b in pairs)
        if low <= high:
            ratio = (low + high) / 2
            header = f"{pairs[0][1].header} / {pairs[0][0].header}"
            yield Finding(
                Verdict.CANNOT,
                "constant_ratio",
                column=header,
                found=f"{ratio:.3g} in all {len(pairs)} rows",
                expected="a ratio that moves with the load",
                formula=", ".join(f"{b.text}/{a.text}" for a, b in pairs[:6]),
                question=f"state how '{pairs[0][1].header}' was measured; a constant ratio looks computed",
            )


def _remarkable(pairs: Sequence[tuple[Measured, Measured]]) -> bool:
    """Return whether a constant ratio would be remarkable: enough rows, spread and digits."""
    precise = [(a, b) for a, b in pairs if a.reach.low > 0 and b.reach.low > 0]
    if len(precise) < max(LEAST_ROWS_FOR_RATIO, len(pairs)):
        return False
    spread = max(a.value for a, _ in pairs) / min(a.value for a, _ in pairs)
    sharp = sum(a.value >= LEAST_DIGITS * a.reach.half and b.value >= LEAST_DIGITS * b.reach.half for a, b in pairs)
    return spread >= LEAST_SPREAD and sharp >= LEAST_ROWS_FOR_RATIO


def _implied_tokens(found: Sequence[Run]) -> Iterator[str]:
    """Yield the output tokens a request that the rates imply when the table does not state them."""
    rates = [(run.get("output_rate"), run.get("throughput")) for run in found if run.get("output_tokens") is None]
    known = [(a, b) for a, b in rates if a is not None and b is not None and b.reach.low > 0]
    if known:
        values = [a.value / b.value for a, b in known]
        span = f"{min(values):.4g}" if max(values) < 1.02 * min(values) else f"{min(values):.4g} to {max(values):.4g}"
        yield f"output tokens/s over requests/s gives {span} output tokens a request; state them to check the times"
