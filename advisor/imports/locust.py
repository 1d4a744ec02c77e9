"""Locust: the ``*_stats.csv`` of ``locust --csv``, one row a request name and one for all, times in ms.

Percentiles come from response times that Locust rounds to two digits above 100 ms. Users wait for their responses, so
the load is a closed loop. Format: ``StatsCSV`` in ``locust/stats.py`` of locustio/locust.
"""

from __future__ import annotations

from typing import Any

from advisor.errors import listing, nearest
from advisor.imports.csv_rows import header, number, rows
from advisor.imports.measurement import REQUESTS, RESPONSE, Measurement, Times
from advisor.imports.source_file import SourceFile

TITLE = "Locust CSV (the file *_stats.csv of locust --csv)"
COLUMNS = (
    "Type",
    "Name",
    "Request Count",
    "Failure Count",
    "Median Response Time",
    "Average Response Time",
    "Requests/s",
    "Failures/s",
)
ALL = "Aggregated"


def detect(text: str, data: Any) -> bool:
    """Say whether a file is of this kind; its other CSV files and those of old versions are, to be refused by name."""
    columns = header(text)
    return columns[:2] in (["Type", "Name"], ["Method", "Name"]) or columns[:2] == ["Timestamp", "User Count"]


def read(text: str, name: str, series: str | None) -> Measurement:
    """Return what the file says of one request name. ``series``: the name, all together if not given."""
    file = SourceFile(name, text, "Locust")
    first = header(text)[:2]
    if first == ["Timestamp", "User Count"]:
        file.refuse("is the history (*_stats_history.csv); the file *_stats.csv beside it is expected", line=1)
    if first == ["Method", "Name"]:
        file.refuse(
            "is another file of Locust, or of a version before 1.0; *_stats.csv of version 1.0 or later is expected",
            line=1,
        )
    row = _chosen(file, rows(file, COLUMNS), series)
    count, failed = number(file, row, "Request Count"), number(file, row, "Failure Count")
    if count == 0 or count is None:
        file.refuse("counts no request", "Request Count", row[0])
    names = {"p50": "50%", "p95": "95%", "p99": "99%", "mean": "Average Response Time"}
    times = {ours: number(file, row, theirs, above=True) for ours, theirs in names.items()}
    rate, failing = number(file, row, "Requests/s"), number(file, row, "Failures/s")
    if failed is not None and failed > count:
        file.note("Failure Count", f"found {failed:g} failures of {count:g} requests", row[0])
    file.done()
    return Measurement(
        tool="Locust",
        what=" ".join(part for part in (row[1]["Type"], row[1]["Name"]) if part not in ("", "None")),
        requests=round(count),
        failed=None if failed is None else round(failed),
        duration_s=count / rate if rate else None,
        rates={REQUESTS: rate - (failing or 0)} if rate and rate > (failing or 0) else {},
        times={RESPONSE: Times.of(times, sample=count)},
        open_loop=False,
        load="simulated users that wait for their responses",
        remarks=("Locust rounds response times to two digits", *_failures_inside(failed)),
    )


def _failures_inside(failed: float | None) -> tuple[str, ...]:
    return ("times of failed requests are among them",) if failed else ()


def _chosen(
    file: SourceFile, found: list[tuple[int, dict[str, str]]], series: str | None
) -> tuple[int, dict[str, str]]:
    wanted = series or ALL
    of_name = [row for row in found if wanted in (row[1]["Name"], f"{row[1]['Type']} {row[1]['Name']}")]
    known = sorted({row[1]["Name"] for row in found})
    if not of_name and series is None:
        file.refuse(f"has no row {ALL} (is the file cut off?); choose one with --series: {listing(known)}")
    if not of_name:
        file.refuse(f"--series: '{wanted}' is not one of its names: {listing(known)}{nearest(wanted, known)}")
    if len(of_name) > 1:
        kinds = listing(f"{row[1]['Type']} {row[1]['Name']}" for row in of_name)
        file.refuse(f"--series: '{wanted}' stands for several: {kinds}")
    return of_name[0]
