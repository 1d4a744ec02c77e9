"""hey: ``hey -o csv``, one row a response, times in s with four digits.

Requests that got no response at all have no row. hey keeps at most a million rows. Workers wait for their responses, so
the load is a closed loop. Format: ``requester/print.go`` of rakyll/hey.
"""

from __future__ import annotations

import statistics
from math import ceil
from typing import Any

from advisor.imports.csv_rows import header, number, rows
from advisor.imports.measurement import REQUESTS, RESPONSE, Measurement, Times
from advisor.imports.source_file import SourceFile

TITLE = "hey CSV (hey -o csv)"
COLUMNS = ("response-time", "status-code", "offset")
MOST_ROWS = 1_000_000
MS_PER_S = 1000.0
OK = range(200, 400)


def detect(text: str, data: Any) -> bool:
    """Say whether a file is of this kind."""
    return header(text)[:2] == ["response-time", "DNS+dialup"]


def read(text: str, name: str, series: str | None) -> Measurement:
    """Return what the rows say: times of responses with a status from 200 to 399."""
    file = SourceFile(name, text, "hey")
    if series is not None:
        file.refuse("--series: hey tests one address; leave it out")
    found = rows(file, COLUMNS)
    cells = [[number(file, row, column) for column in COLUMNS] for row in found]
    for row, values in zip(found, cells, strict=True):
        if None in values and not file.problems:
            file.note("", "has an empty cell", row[0])
    file.done()
    sound = [(time or 0.0, int(status or 0), offset or 0.0) for time, status, offset in cells]
    good = sorted(time * MS_PER_S for time, status, _ in sound if status in OK)
    if not good or good[len(good) // 2] <= 0:
        why = "no response has a status from 200 to 399" if not good else "response times are below 0.1 ms, hey's step"
        file.refuse(f"{why}; nothing can be said about times")
    length = max(time + offset for time, _, offset in sound) - min(offset for _, _, offset in sound)
    cut = ("hey keeps a million rows; there may have been more",) if len(sound) >= MOST_ROWS else ()
    return Measurement(
        tool="hey",
        requests=len(sound),
        failed=len(sound) - len(good),
        duration_s=length or None,
        rates={REQUESTS: len(good) / length} if length else {},
        times={RESPONSE: _times(good)},
        open_loop=False,
        load="workers that wait for their responses",
        remarks=("requests without any response have no row in hey's CSV", *cut),
    )


def _times(ms: list[float]) -> Times:
    mean = statistics.fmean(ms)
    return Times(
        p50=percentile(ms, 0.50), p95=percentile(ms, 0.95), p99=percentile(ms, 0.99), mean=mean, sample=len(ms)
    )


def percentile(rising: list[float], share: float) -> float:
    """Return the least value that at least this share of a rising list does not exceed (nearest rank).

    >>> percentile([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 0.95), percentile([1, 2, 3, 4], 0.5)
    (10, 2)
    """
    return rising[max(ceil(share * len(rising) - 1e-9), 1) - 1]
