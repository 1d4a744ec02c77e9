"""Prometheus: a histogram in the text exposition format (``curl host/metrics``), or in OpenMetrics.

Buckets are cumulative. A percentile is interpolated inside its bucket, as ``histogram_quantile`` does, and the bucket's
bounds are kept: the true value lies between them. What lies in the last bucket (``+Inf``) is unknown. The counts are
those since the process started.
Format: the Prometheus documentation, "Exposition formats".
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

from advisor.errors import listing, nearest
from advisor.imports.measurement import RESPONSE, TPOT, TTFT, Measurement, Times
from advisor.imports.source_file import SourceFile

TITLE = "Prometheus histogram (text exposition)"
TO_MS = {"_seconds": 1000.0, "_milliseconds": 1.0, "_ms": 1.0, "_microseconds": 1e-3, "_nanoseconds": 1e-6}
SERVING = {  # what a model server says about itself: vLLM, and servers that took over its names
    TTFT: ("vllm:time_to_first_token_seconds", "sglang:time_to_first_token_seconds"),
    TPOT: ("vllm:request_time_per_output_token_seconds", "vllm:time_per_output_token_seconds"),
}
_SAMPLE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+\S+)?(?:\s+#.*)?")
_LABEL = re.compile(r'\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*,?')

Labels = tuple[tuple[str, str], ...]
LEVELS = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
Histogram = dict[float, float]  # upper bound -> cumulative count


def detect(text: str, data: Any) -> bool:
    """Say whether a file is of this kind."""
    return data is None and re.search(r'^[a-zA-Z_:][\w:]*_bucket\{.*\ble="', text, re.MULTILINE) is not None


def read(text: str, name: str, series: str | None) -> Measurement:
    """Return what histograms say. ``series``: ``name{label="value"}``; without it the only one, or a model server's."""
    file = SourceFile(name, text, "Prometheus")
    found, sums = _histograms(file)
    file.done()
    if not found:
        file.refuse('holds no histogram: lines such as name_bucket{le="0.1"} 24 are expected')
    names = sorted({key for key, _ in found})
    serving = {ours: next((one for one in theirs if one in names), None) for ours, theirs in SERVING.items()}
    wanted = {ours: one for ours, one in serving.items() if one} if series is None else {}
    if not wanted:
        wanted = {RESPONSE: series or (names[0] if len(names) == 1 else _several(file, names))}
    times = {ours: _times(file, found, sums, one, names) for ours, one in wanted.items()}
    file.done()
    return Measurement(
        tool="Prometheus",
        what=", ".join(wanted.values()),
        requests=max(one.sample or 0 for one in times.values()),
        times=times,
        load="production or test traffic since the process started",
        remarks=("percentiles interpolated inside histogram buckets",),
    )


def _several(file: SourceFile, names: list[str]) -> str:
    file.refuse(f"holds several histograms; choose one with --series: {listing(names, 20)}")


def _histograms(file: SourceFile) -> tuple[dict[tuple[str, Labels], Histogram], dict[tuple[str, Labels], float]]:
    """Return (name, labels) -> buckets, and (name, labels) -> sum of all values."""
    found: dict[tuple[str, Labels], Histogram] = {}
    sums: dict[tuple[str, Labels], float] = {}
    for line, name, labels, text in _samples(file):
        value = _value(file, line, name, text)
        if value is None:
            continue
        rest = tuple(sorted((key, one) for key, one in labels.items() if key != "le"))
        if name.endswith("_bucket") and "le" in labels:
            bound = _value(file, line, f"{name}: le", labels["le"])
            if bound is not None:
                found.setdefault((name.removesuffix("_bucket"), rest), {})[bound] = value
        elif name.endswith("_sum"):
            sums[name.removesuffix("_sum"), rest] = value
    return found, sums


def _samples(file: SourceFile) -> Iterator[tuple[int, str, dict[str, str], str]]:
    for line, text in enumerate(file.text.splitlines(), 1):
        if not text.strip() or text.lstrip().startswith("#"):
            continue
        match = _SAMPLE.fullmatch(text.strip())
        if match is None:
            file.note("", f"found '{text.strip()[:60]}'; a sample such as name{{label=\"x\"}} 1 is expected", line)
            continue
        yield line, match[1], {key: one.replace('\\"', '"') for key, one in _LABEL.findall(match[2] or "")}, match[3]


def _value(file: SourceFile, line: int, name: str, text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if math.isnan(value) or value < 0:
        if name.endswith(("_bucket", "_sum", "le")):
            file.note(name, f"found '{text[:40]}'; a number of at least 0 is expected", line)
        return None
    return value


def _times(
    file: SourceFile,
    found: dict[tuple[str, Labels], Histogram],
    sums: dict[tuple[str, Labels], float],
    series: str,
    names: list[str],
) -> Times:
    name, labels = _selector(file, series)
    if name not in names:
        file.refuse(f"--series: '{name}' is not one of its histograms: {listing(names, 20)}{nearest(name, names)}")
    matching = [key for key in found if key[0] == name and labels <= set(key[1])]
    if not matching:
        file.refuse(f"--series: no {name} has these labels; there are: {listing(map(_words, found), 12)}")
    if len(matching) > 1 and not labels and series == name:
        ways = listing((_words(key) for key in matching), 12)
        file.refuse(f"--series: {name} is stated for several sets of labels; name one, or a label they share: {ways}")
    factor = _factor(file, name)
    buckets = _together(file, name, [found[key] for key in matching])
    total = buckets[math.inf]
    if total < 1:
        file.refuse("counts nothing yet", name)
    found_at = {key: _quantile(buckets, level) for key, level in LEVELS.items()}
    inside = {key: value for key, (value, _, _) in found_at.items() if value is not None}
    if "p50" not in inside:
        file.refuse("more than half lies in the last bucket (+Inf); nothing can be said about times", name)
    mean = sum(sums.get(key, 0.0) for key in matching) / total * factor
    return Times(
        **{key: value * factor for key, value in inside.items()},
        mean=mean if mean > 0 else None,
        sample=round(total),
        between={key: (low * factor, high * factor) for key, (_, low, high) in found_at.items()},
    )


def _words(key: tuple[str, Labels]) -> str:
    inner = ",".join(f'{label}="{value}"' for label, value in key[1])
    return f"{key[0]}{{{inner}}}"


def _selector(file: SourceFile, series: str) -> tuple[str, set[tuple[str, str]]]:
    match = re.fullmatch(r"([a-zA-Z_:][a-zA-Z0-9_:]*?)(?:_bucket)?(?:\{(.*)\})?", series.strip())
    if match is None:
        file.refuse(f"--series: found '{series}'; name or name{{label=\"value\"}} is expected")
    return match[1], set(_LABEL.findall(match[2] or ""))


def _factor(file: SourceFile, name: str) -> float:
    for ending, factor in TO_MS.items():
        if name.endswith(ending):
            return factor
    file.refuse(f"its name does not end in a unit of time ({listing(TO_MS)}), so its unit is not known", name)


def _together(file: SourceFile, name: str, parts: list[Histogram]) -> Histogram:
    """Return the sum of histograms with the same bounds, checked to rise up to ``+Inf``."""
    if any(part.keys() != parts[0].keys() for part in parts):
        file.refuse("its sets of labels have different buckets; name one of them", name)
    summed = {bound: sum(part[bound] for part in parts) for bound in sorted(parts[0])}
    if math.inf not in summed:
        file.refuse('has no bucket le="+Inf"; was the file cut off?', name)
    counts = list(summed.values())
    if counts != sorted(counts):
        file.refuse("its buckets do not rise: counts are cumulative in this format", name)
    return summed


def _quantile(buckets: Histogram, level: float) -> tuple[float | None, float, float]:
    """Return (value, low, high) of a quantile; beyond the last bound the value is None and ``high`` infinite.

    value = low + (high - low) (level N - n_low) / (n_high - n_low)

    >>> _quantile({1: 50, 2: 90, math.inf: 100}, 0.7)
    (1.5, 1, 2)
    """
    rank = level * buckets[math.inf]
    low, below = 0.0, 0.0
    for high, count in buckets.items():
        if count >= rank and count > below:
            if high == math.inf:
                break
            return low + (high - low) * (rank - below) / (count - below), low, high
        low, below = high, count
    return None, low, math.inf
