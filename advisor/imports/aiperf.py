"""GenAI-Perf and AIPerf: the profile export (``profile_export_genai_perf.json``, ``profile_export_aiperf.json``).

Each metric is ``{unit, avg, p50, ...}``. The inter-token latency is per request, without the first token, as our time
per output token is. Formats: ``genai_perf/export_data/json_exporter.py`` of triton-inference-server/perf_analyzer and
``aiperf/common/models/export_models.py`` of ai-dynamo/aiperf.
"""

from __future__ import annotations

from typing import Any

from advisor.imports.measurement import (
    INPUT_TOKENS,
    OUTPUT_TOKENS,
    REQUESTS,
    RESPONSE,
    TPOT,
    TTFT,
    Measurement,
    Times,
)
from advisor.imports.source_file import SourceFile, as_json

TITLE = "GenAI-Perf or AIPerf JSON (the profile export)"
METRICS = {TTFT: "time_to_first_token", TPOT: "inter_token_latency", RESPONSE: "request_latency"}
TO_MS = {"ms": 1.0, "s": 1000.0, "sec": 1000.0, "seconds": 1000.0, "us": 1e-3, "ns": 1e-6}
PER_S = ("requests/sec", "requests/s", "req/s", "tokens/sec", "tokens/s")


def detect(text: str, data: Any) -> bool:
    """Say whether a file is of this kind."""
    throughput = data.get("request_throughput") if isinstance(data, dict) else None
    return isinstance(throughput, dict) and "avg" in throughput


def read(text: str, name: str, series: str | None) -> Measurement:
    """Return what the export says; it has one series only."""
    file = SourceFile(name, text, "the profile export")
    data = as_json(text, name)
    if series is not None:
        file.refuse("--series: a profile export holds one series; leave it out")
    if not isinstance(data, dict):
        file.refuse("a JSON object is expected: the aggregated export, not the records (profile_export.jsonl)")
    if data.get("was_cancelled"):
        file.refuse("the run was cancelled; a finished one is expected", "was_cancelled")
    rate = _rate(file, data, "request_throughput", needed=True)
    if rate == 0:
        file.refuse("found 0; a run with finished requests is expected", "request_throughput.avg")
    count, errors = _count(file, data, "request_count"), _count(file, data, "error_request_count")
    times = {ours: found for ours, key in METRICS.items() if (found := _times(file, data, key, count))}
    if not times and not file.problems:
        file.refuse("states no time_to_first_token, inter_token_latency or request_latency")
    prompt, answer = _mean(file, data, "input_sequence_length"), _mean(file, data, "output_sequence_length")
    tokens_out = _rate(file, data, "output_token_throughput")
    file.done()
    assert rate is not None
    rates = {REQUESTS: rate, INPUT_TOKENS: prompt * rate if prompt else 0.0, OUTPUT_TOKENS: tokens_out or 0.0}
    config = data.get("input_config") if isinstance(data.get("input_config"), dict) else {}
    return Measurement(
        tool=f"AIPerf {data['aiperf_version']}" if data.get("aiperf_version") else _tool(config or {}),
        what=_model(config or {}),
        requests=None if count is None else count + (errors or 0),
        failed=errors,
        duration_s=count / rate if count else None,
        rates={name: value for name, value in rates.items() if value},
        times=times,
        open_loop=_open_loop(config or {}),
        load=", ".join(_load(config or {}, prompt, answer)),
        date=str(data.get("start_time", ""))[:10],
    )


def _metric(file: SourceFile, data: dict[str, Any], key: str) -> dict[str, Any] | None:
    value = data.get(key)
    if value is None:
        return None
    if not isinstance(value, dict):
        file.note(key, "a mapping with unit and avg is expected")
        return None
    return value


def _rate(file: SourceFile, data: dict[str, Any], key: str, *, needed: bool = False) -> float | None:
    metric = _metric(file, data, key)
    if metric is None:
        if needed:
            file.note(key, "is missing")
        return None
    if metric.get("unit") not in PER_S:
        file.note(f"{key}.unit", f"found {metric.get('unit')!r}; requests/sec or tokens/sec is expected")
    return file.number(metric, "avg", key)


def _mean(file: SourceFile, data: dict[str, Any], key: str) -> float | None:
    metric = _metric(file, data, key)
    return None if metric is None else file.optional(metric, "avg", key)


def _count(file: SourceFile, data: dict[str, Any], key: str) -> int | None:
    found = _mean(file, data, key)
    return None if found is None else round(found)


def _times(file: SourceFile, data: dict[str, Any], key: str, count: int | None) -> Times | None:
    metric = _metric(file, data, key)
    if metric is None:
        return None
    factor = TO_MS.get(str(metric.get("unit")))
    if factor is None:
        file.note(f"{key}.unit", f"found {metric.get('unit')!r}; one of {', '.join(TO_MS)} is expected")
        return None
    names = {"p50": "p50", "p95": "p95", "p99": "p99", "mean": "avg"}
    found = {ours: file.optional(metric, theirs, key, above=True) for ours, theirs in names.items()}
    spread = file.optional(metric, "std", key)
    cv = spread / found["mean"] if spread and found["mean"] else None
    return Times.of(found, factor, cv=cv, sample=count)


def _tool(config: dict[str, Any]) -> str:
    return "AIPerf" if "loadgen" in config else "GenAI-Perf" if config else "GenAI-Perf or AIPerf"


def _model(config: dict[str, Any]) -> str:
    endpoint = config.get("endpoint") if isinstance(config.get("endpoint"), dict) else {}
    names = (endpoint or {}).get("model_names") or config.get("model_names") or config.get("model") or []
    return ", ".join(str(one) for one in names) if isinstance(names, list) else str(names)


def _setting(config: dict[str, Any], key: str) -> float | None:
    """Return concurrency or request_rate, wherever the tool and its version keep it."""
    analyzer = config.get("perf_analyzer") if isinstance(config.get("perf_analyzer"), dict) else {}
    stimulus = (analyzer or {}).get("stimulus")
    for place in (config, config.get("loadgen"), stimulus):
        value = place.get(key) if isinstance(place, dict) else None
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
    return None


def _open_loop(config: dict[str, Any]) -> bool | None:
    if _setting(config, "request_rate") is not None:
        return True
    return False if _setting(config, "concurrency") is not None else None


def _load(config: dict[str, Any], prompt: float | None, answer: float | None) -> list[str]:
    rate, at_once = _setting(config, "request_rate"), _setting(config, "concurrency")
    said = [f"{rate:g} requests/s sent"] if rate is not None else [f"{at_once:g} at a time"] if at_once else []
    return said + ([f"{prompt:.0f} tokens in, {answer:.0f} out on average"] if prompt and answer else [])
