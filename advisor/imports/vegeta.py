"""vegeta: ``vegeta report -type=json``; durations in ns, arrivals at a rate whatever the responses do.

Format: ``lib/metrics.go`` and the README of tsenart/vegeta. ``rate`` is of what was sent, ``throughput`` of successes.
"""

from __future__ import annotations

from typing import Any

from advisor.imports.measurement import REQUESTS, RESPONSE, Measurement, Times
from advisor.imports.source_file import SourceFile, as_json

TITLE = "vegeta JSON report (vegeta report -type=json)"
NS_PER_MS, NS_PER_S = 1e6, 1e9


def detect(text: str, data: Any) -> bool:
    """Say whether a file is of this kind."""
    return isinstance(data, dict) and isinstance(data.get("latencies"), dict) and "status_codes" in data


def read(text: str, name: str, series: str | None) -> Measurement:
    """Return what the report says; it has one series only."""
    file = SourceFile(name, text, "vegeta")
    data = as_json(text, name)
    if series is not None:
        file.refuse("--series: a vegeta report holds one series; leave it out")
    if not isinstance(data, dict):
        file.refuse("a JSON object is expected: the report, not the results of `vegeta encode`")
    requests, success = file.number(data, "requests", "", above=True), file.number(data, "success", "")
    if success is not None and success > 1:
        file.note("success", f"found {success:g}; a share of at most 1 is expected")
    times = _times(file, file.table(data, "latencies"))
    duration = file.number(data, "duration", "")
    wait, throughput = file.optional(data, "wait", "") or 0.0, file.number(data, "throughput", "")
    file.done()
    assert requests is not None
    assert success is not None
    failed = round(requests * (1 - success))
    return Measurement(
        tool="vegeta",
        requests=round(requests),
        failed=failed,
        duration_s=(duration + wait) / NS_PER_S if duration else None,
        rates={REQUESTS: throughput} if throughput and duration else {},
        times={RESPONSE: Times.of(times, 1 / NS_PER_MS, sample=requests)},
        open_loop=True,
        load=f"{data['rate']:.4g} requests/s sent" if isinstance(data.get("rate"), int | float) else "",
        date=str(data.get("earliest", ""))[:10],
        remarks=("times of failed requests are among them",) if failed else (),
    )


def _times(file: SourceFile, latencies: dict[str, Any]) -> dict[str, float | None]:
    names = {"p50": "50th", "p95": "95th", "p99": "99th", "mean": "mean"}
    return {ours: file.number(latencies, theirs, "latencies", above=True) for ours, theirs in names.items()}
