"""vLLM: the JSON that ``vllm bench serve --save-result`` writes; times in ms, of successful requests.

The time per output token leaves the first one out, as ours does. With ``--request-rate inf`` and a limit on
concurrency, a request waits for a place: a closed loop. Format: ``vllm/benchmarks/serve.py`` of vllm-project/vllm.
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

TITLE = "vllm bench serve JSON (--save-result)"
METRICS = {TTFT: "ttft", TPOT: "tpot", RESPONSE: "e2el"}


def detect(text: str, data: Any) -> bool:
    """Say whether a file is of this kind."""
    return isinstance(data, dict) and {"request_throughput", "completed", "total_input_tokens"} <= set(data)


def read(text: str, name: str, series: str | None) -> Measurement:
    """Return what the result says; it has one series only."""
    file = SourceFile(name, text, "vllm bench serve")
    data = as_json(text, name)
    if series is not None:
        file.refuse("--series: a result of vllm bench serve holds one series; leave it out")
    if not isinstance(data, dict):
        file.refuse("a JSON object is expected: the result of one run")
    if "mean_e2e_latency_ms" in data or "sharegpt_output_len" in data:
        file.refuse("looks like SGLang's bench_serving, not vLLM's; a result of `vllm bench serve` is expected")
    completed, duration = file.number(data, "completed", ""), file.number(data, "duration", "", above=True)
    if completed == 0:
        file.refuse("found 0; a run with completed requests is expected", "completed")
    failed = _failed(file, data, completed)
    times = {ours: found for ours, key in METRICS.items() if (found := _times(file, data, key, completed))}
    if not times and not file.problems:
        file.refuse("states no ttft, tpot or e2el; run it with --percentile-metrics ttft,tpot,e2el")
    tokens = {INPUT_TOKENS: "total_input_tokens", OUTPUT_TOKENS: "total_output_tokens"}
    totals = {ours: file.optional(data, key, "") for ours, key in tokens.items()}
    file.done()
    assert completed is not None
    assert duration is not None
    rates = {REQUESTS: completed / duration, **{d: total / duration for d, total in totals.items() if total}}
    date = str(data.get("date", ""))
    return Measurement(
        tool="vllm bench serve",
        what=str(data.get("model_id") or ""),
        requests=round(completed) + (failed or 0),
        failed=failed,
        duration_s=duration,
        rates=rates,
        times=times,
        open_loop=_open_loop(data),
        load=_load(data, completed, totals),
        date=f"{date[:4]}-{date[4:6]}-{date[6:8]}" if date[:8].isdigit() else "",
    )


def _failed(file: SourceFile, data: dict[str, Any], completed: float | None) -> int | None:
    stated = file.optional(data, "failed", "")
    sent = file.optional(data, "num_prompts", "")
    if stated is not None:
        return round(stated)
    return round(sent - completed) if sent is not None and completed is not None and sent >= completed else None


def _times(file: SourceFile, data: dict[str, Any], key: str, completed: float | None) -> Times | None:
    """Return one metric, None where it was not asked for or everything is 0 (nothing was streamed)."""
    names = {"p50": f"median_{key}_ms", "p95": f"p95_{key}_ms", "p99": f"p99_{key}_ms", "mean": f"mean_{key}_ms"}
    found = {ours: file.optional(data, theirs, "") for ours, theirs in names.items()}
    if not any(found.values()):
        return None
    if zero := [names[ours] for ours, value in found.items() if value == 0]:
        file.note(zero[0], "found 0; a time above 0 is expected")
    spread = file.optional(data, f"std_{key}_ms", "")
    cv = spread / found["mean"] if spread and found["mean"] else None
    return Times.of(found, cv=cv, sample=completed)


def _open_loop(data: dict[str, Any]) -> bool | None:
    """Arrivals wait for responses as soon as concurrency is limited; at an infinite rate all arrive at once."""
    if data.get("max_concurrency") is not None:
        return False
    return None if data.get("request_rate") in (None, "inf") else True


def _load(data: dict[str, Any], completed: float, totals: dict[str, float | None]) -> str:
    parts = []
    if isinstance(limit := data.get("max_concurrency"), int):
        parts.append(f"at most {limit} at a time")
    rate = data.get("request_rate")
    parts.append("all requests sent at once" if rate == "inf" and not parts else "")
    parts.append(f"{rate:g} requests/s sent" if isinstance(rate, int | float) else "")
    if all(totals.values()):
        inside, out = ((total or 0) / completed for total in totals.values())
        parts.append(f"{inside:.0f} tokens in, {out:.0f} out on average")
    return ", ".join(part for part in parts if part)
