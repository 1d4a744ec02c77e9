"""k6: the summary of ``k6 run --summary-export FILE``, the data of ``handleSummary``, and the machine-readable summary.

Times are in ms. A rate metric counts what is true: the ``passes`` of ``http_req_failed`` are the requests that failed.
Formats: ``internal/js/summary-wrapper.js`` and ``internal/lib/summary/machinereadable`` of grafana/k6.
"""

from __future__ import annotations

from typing import Any

from advisor.errors import listing, nearest
from advisor.imports.measurement import REQUESTS, RESPONSE, Measurement, Times
from advisor.imports.source_file import SourceFile, as_json

TITLE = "k6 summary JSON (--summary-export, or the data of handleSummary)"
SUCCESSES = "http_req_duration{expected_response:true}"
TRENDS = (SUCCESSES, "http_req_duration", "grpc_req_duration", "ws_session_duration", "iteration_duration")
COUNTERS = {"http_req_duration": "http_reqs", "iteration_duration": "iterations"}
ARRIVALS = "dropped_iterations"  # there only when an executor starts iterations at a rate, whatever the responses


def detect(text: str, data: Any) -> bool:
    """Say whether a file is of this kind."""
    if not isinstance(data, dict):
        return False
    metrics, metadata = data.get("metrics"), data.get("metadata")
    summary = isinstance(metrics, dict) and ("root_group" in data or "http_reqs" in metrics)
    return summary or (isinstance(metadata, dict) and "k6Version" in metadata)


def read(text: str, name: str, series: str | None) -> Measurement:
    """Return what the summary says. ``series``: the trend to take, http_req_duration if there is one."""
    file = SourceFile(name, text, "k6")
    data = as_json(text, name)
    metrics, kinds = _metrics(file, data)
    chosen = _chosen(file, metrics, kinds, series)
    count, rate = _counted(file, metrics, chosen)
    failed, share = _failed(file, metrics, chosen, count)
    times = _times(file, metrics[chosen], chosen, count, failed)
    duration = _duration(file, data) or (count / rate if count and rate else None)
    rate = rate if rate is not None or not count or not duration else count / duration
    file.done()
    succeeded = rate * (1 - share) if rate is not None and share is not None else rate
    users = metrics.get("vus_max", {}).get("value") or metrics.get("vus", {}).get("max")
    metadata = data.get("metadata") if isinstance(data.get("metadata"), dict) else {}
    return Measurement(
        tool=f"k6 {metadata['k6Version']}" if metadata.get("k6Version") else "k6",
        what=str((data.get("config") or {}).get("script") or chosen),
        requests=None if count is None else round(count),
        failed=failed,
        duration_s=duration,
        rates={REQUESTS: succeeded} if succeeded else {},
        times={RESPONSE: times},
        open_loop=True if ARRIVALS in metrics else None,
        load=f"up to {users:g} virtual users" if isinstance(users, int | float) else "",
        date=str(metadata.get("generatedAt", ""))[:10],
        remarks=() if chosen == SUCCESSES or not failed else ("times of failed requests are among them",),
    )


def _metrics(file: SourceFile, data: Any) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """Return metric -> values and metric -> what it contains, of any of the three forms."""
    if not isinstance(data, dict):
        file.refuse("a JSON object is expected: the summary, not the stream of `--out json`")
    if isinstance(results := data.get("results"), dict):
        listed = [one for one in results.get("metrics") or [] if isinstance(one, dict) and "name" in one]
        forms = {str(one["name"]): one for one in listed}
    else:
        forms = {key: one for key, one in file.table(data, "metrics").items() if isinstance(one, dict)}
    if not forms:
        file.refuse("holds no metrics; the summary of a test that ran is expected", "metrics")
    values = {key: one["values"] if isinstance(one.get("values"), dict) else one for key, one in forms.items()}
    return values, {key: str(one.get("contains", "")) for key, one in forms.items()}


def _chosen(file: SourceFile, metrics: dict[str, dict[str, Any]], kinds: dict[str, str], series: str | None) -> str:
    trends = [key for key, values in metrics.items() if "med" in values or "avg" in values]
    if series is not None:
        if series not in trends:
            file.refuse(f"--series: '{series}' is not one of its trends: {listing(trends)}{nearest(series, trends)}")
        chosen = series
    else:
        found = next((key for key in TRENDS if key in trends), None)
        if found is None:
            file.refuse(f"states no http_req_duration; name a trend with --series: {listing(trends) or 'it has none'}")
        chosen = found
    if kinds.get(chosen, "") not in ("", "time"):
        file.refuse(f"holds {kinds[chosen]}, not times; choose another trend with --series", f"metrics.{chosen}")
    return chosen


def _times(file: SourceFile, values: dict[str, Any], chosen: str, requests: float | None, failed: int | None) -> Times:
    path = f"metrics.{chosen}"
    names = {"p50": "med", "p95": "p(95)", "p99": "p(99)", "mean": "avg"}
    found = {ours: file.optional(values, theirs, path, above=True) for ours, theirs in names.items()}
    if not any(found.values()) and not file.problems:
        file.note(path, "states none of med, avg, p(95), p(99)")
    inside = requests - (failed or 0) if requests is not None and chosen == SUCCESSES else requests
    return Times.of(found, sample=file.optional(values, "count", path) or inside)


def _counted(file: SourceFile, metrics: dict[str, dict[str, Any]], chosen: str) -> tuple[float | None, float | None]:
    """Return how many requests there were, and how many a second, with the tags of the trend that is chosen."""
    name, tags = _tagged(chosen)
    counter = COUNTERS.get(name, "") + tags
    if counter not in metrics:
        return None, None
    count = file.number(metrics[counter], "count", f"metrics.{counter}")
    if count == 0:
        file.note(f"metrics.{counter}.count", "found 0; a test with requests is expected")
    return count, file.optional(metrics[counter], "rate", f"metrics.{counter}")


def _failed(
    file: SourceFile, metrics: dict[str, dict[str, Any]], chosen: str, count: float | None
) -> tuple[int | None, float | None]:
    """Return how many requests failed, and their share."""
    name, tags = _tagged(chosen)
    rate = f"http_req_failed{tags}"
    if name != "http_req_duration" or rate not in metrics or count is None:
        return None, None
    key = "rate" if "rate" in metrics[rate] else "value"
    share = file.number(metrics[rate], key, f"metrics.{rate}")
    if share is not None and share > 1:
        file.note(f"metrics.{rate}.{key}", f"found {share:g}; a share of at most 1 is expected")
    return (None, None) if share is None else (round(share * count), share)


def _tagged(chosen: str) -> tuple[str, str]:
    """Return a trend's name and its tags as counters of the same requests carry them.

    >>> _tagged("http_req_duration{name:search}"), _tagged(SUCCESSES)
    (('http_req_duration', '{name:search}'), ('http_req_duration', ''))
    """
    name, brace, rest = chosen.partition("{")
    return name, "" if chosen == SUCCESSES else brace + rest


def _duration(file: SourceFile, data: dict[str, Any]) -> float | None:
    if isinstance(state := data.get("state"), dict):
        length = file.optional(state, "testRunDurationMs", "state", above=True)
        return None if length is None else length / 1000
    if isinstance(config := data.get("config"), dict):
        return file.optional(config, "duration", "config", above=True)
    return None
