"""Files of other tools are understood in our units; values are those a person reads off the sample files."""

from __future__ import annotations

import contextlib
import json
import math
import random
from pathlib import Path
from typing import Any

import pytest

from advisor.errors import InputError
from advisor.imports.hey import percentile
from advisor.imports.kinds import KINDS, detected, load
from advisor.imports.measurement import (
    INPUT_TOKENS,
    OUTPUT_TOKENS,
    REQUESTS,
    RESPONSE,
    TPOT,
    TTFT,
    Measurement,
)

DATA = Path(__file__).parent / "data" / "imports"

# file -> kind, requests, failed, duration (s), successful requests/s, open loop, and percentiles in ms, all read by eye
SEEN: dict[str, tuple[str, int, int | None, float | None, float | None, bool | None, dict[str, dict[str, float]]]] = {
    "k6_summary_export.json": (
        "k6", 12_000, 24, 60.0, 199.6, None, {RESPONSE: {"p50": 11, "p95": 31, "p99": 84, "mean": 14}},
    ),
    "k6_handle_summary.json": (
        "k6", 3_000, 0, 30.0, 100.0, True, {RESPONSE: {"p50": 40.25, "p95": 77.5, "p99": 150.5, "mean": 42.5}},
    ),
    "k6_machine_readable.json": (
        "k6", 2_000, 5, 20.0, 99.75, None, {RESPONSE: {"p50": 11, "p95": 25, "mean": 12.5}},
    ),
    "locust_stats.csv": (
        "locust", 9_600, 90, 60.0, 158.5, False, {RESPONSE: {"p50": 24, "p95": 92, "p99": 200, "mean": 29.45}},
    ),
    "vegeta_report.json": (
        "vegeta", 1_000, 5, 10.0, 99.5, True,
        {RESPONSE: {"p50": 20.54306, "p95": 54.78629, "p99": 95.3, "mean": 23.711946}},
    ),
    "hey.csv": ("hey", 100, 1, 10.0, 9.9, False, {RESPONSE: {"p50": 50, "p95": 95, "p99": 99, "mean": 50}}),
    "vllm_bench.json": (
        "vllm", 1_000, 2, 125.0, 7.984, False,
        {
            TTFT: {"p50": 350.25, "p99": 980.5, "mean": 412.5, "cv": 0.4},
            TPOT: {"p50": 57.5, "p99": 71.25, "mean": 58.2, "cv": 0.1},
        },
    ),
    "aiperf.json": (
        "aiperf", 504, 4, 200.0, 2.5, True,
        {
            TTFT: {"p50": 175.05, "p95": 262.5, "p99": 290.25, "mean": 195.84, "cv": 46.21 / 195.84},
            TPOT: {"p50": 17.25, "p95": 18.75, "p99": 19.5, "mean": 17.6, "cv": 0.7 / 17.6},
            RESPONSE: {"p50": 2400, "p95": 2800, "p99": 3100, "mean": 2413.5, "cv": 240 / 2413.5},
        },
    ),
    "genai_perf.json": (
        "aiperf", 80, None, 20.0, 4.0, False,
        {
            TTFT: {"p50": 118, "p95": 150, "p99": 180, "mean": 120, "cv": 16 / 120},
            TPOT: {"p50": 8.9, "p95": 9.6, "p99": 10, "mean": 9, "cv": 0.3 / 9},
            RESPONSE: {"p50": 990, "p95": 1150, "p99": 1300, "mean": 1000, "cv": 0.09},
        },
    ),
    "vllm_metrics.prom": (
        "prometheus", 1_000, None, None, None, None,
        {  # 500th of 100 .. 700 between 100 and 250 ms: 100 + 150 x 400 / 600; 950th: 250 + 250 x 250 / 280
            TTFT: {"p50": 200, "p95": 250 + 250 * 250 / 280, "p99": 750, "mean": 230},
            TPOT: {"p50": 10 + 15 * 500 / 900, "p95": 37.5, "p99": 47.5, "mean": 19},
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize("file", SEEN)
def test_a_file_is_understood(file: str) -> None:
    """Kind, counts, rate and times of each tool's file are those that stand in it, in our units."""
    kind, requests, failed, duration, rate, open_loop, times = SEEN[file]
    found, measured = load(DATA / file)
    assert found == kind
    assert (measured.requests, measured.failed, measured.open_loop) == (requests, failed, open_loop)
    assert measured.duration_s == (None if duration is None else pytest.approx(duration))
    assert measured.rates.get(REQUESTS) == (None if rate is None else pytest.approx(rate))
    assert {name: one.known for name, one in measured.times.items()} == {
        name: pytest.approx(one) for name, one in times.items()
    }


def test_every_kind_has_a_sample() -> None:
    """No reader is without a file that it is tested with."""
    assert {kind for kind, *_ in SEEN.values()} | {"infracost"} == set(KINDS)


def test_tokens_are_rates_of_the_whole_run() -> None:
    """1 021 952 tokens in and 127 744 out in 125 s are 8 175.616 and 1 021.952 a second."""
    _, measured = load(DATA / "vllm_bench.json")
    assert measured.rates[INPUT_TOKENS] == pytest.approx(8175.616)
    assert measured.rates[OUTPUT_TOKENS] == pytest.approx(1021.952)


@pytest.mark.parametrize(
    ("series", "p95", "requests"), [("/search", 95, 9_000), ("GET /health", 5, 600), ("Aggregated", 92, 9_600)]
)
def test_one_of_several_request_names(series: str, p95: float, requests: int) -> None:
    """--series takes one row of a Locust file, by name or with its method."""
    _, measured = load(DATA / "locust_stats.csv", series=series)
    assert (measured.times[RESPONSE].p95, measured.requests) == (p95, requests)


def test_a_tagged_trend_of_k6_counts_its_own_requests(tmp_path: Path) -> None:
    """Requests of one tag are counted by the counters of that tag; without those, nothing is said about a rate."""
    data = json.loads((DATA / "k6_summary_export.json").read_text())
    tagged = {"avg": 5, "med": 4, "p(95)": 9}
    data["metrics"]["http_req_duration{name:search}"] = tagged
    data["metrics"]["http_req_duration{name:index}"] = tagged
    data["metrics"]["http_reqs{name:search}"] = {"count": 600, "rate": 10}
    file = tmp_path / "summary.json"
    file.write_text(json.dumps(data))
    search = load(file, series="http_req_duration{name:search}")[1]
    assert (search.requests, search.rates[REQUESTS], search.failed) == (600, 10, None)
    index = load(file, series="http_req_duration{name:index}")[1]
    assert (index.requests, dict(index.rates), index.duration_s) == (None, {}, None)


def test_a_histogram_is_chosen_by_its_labels() -> None:
    """10 000 answers of /search: the 5 000th of 1 000 .. 6 000 lies at 10 + 15 x 4 000 / 5 000 = 22 ms."""
    _, measured = load(DATA / "metrics.prom", series='http_request_duration_seconds{handler="/search"}')
    times = measured.times[RESPONSE]
    assert times.p50 == pytest.approx(22)
    assert times.p95 == pytest.approx(50 + 50 * 500 / 800)
    assert times.p99 == pytest.approx(100 + 150 * 100 / 150)
    assert times.mean == pytest.approx(28)
    assert times.between["p99"] == (pytest.approx(100), pytest.approx(250))


def test_what_lies_in_the_last_bucket_is_said_to_be_unknown(tmp_path: Path) -> None:
    """A tenth above the last bound: no p95 and no p99, only that they lie above it."""
    file = tmp_path / "m.prom"
    file.write_text('x_seconds_bucket{le="0.1"} 60\nx_seconds_bucket{le="0.5"} 90\nx_seconds_bucket{le="+Inf"} 100\n')
    measured = load(file)[1]
    assert (measured.times[RESPONSE].p95, measured.times[RESPONSE].p99) == (None, None)
    assert measured.times[RESPONSE].between["p95"] == (500, math.inf)


@pytest.mark.parametrize("seed", range(8))
def test_the_bounds_of_a_histogram_hold_the_true_percentile(seed: int, tmp_path: Path) -> None:
    """Whatever the values, the true percentile lies inside the bucket that is named."""
    values = sorted(random.Random(seed).lognormvariate(-3, 1) for _ in range(5_000))
    bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, math.inf]
    lines = [
        f'x_seconds_bucket{{le="{"+Inf" if bound == math.inf else bound}"}} {sum(value <= bound for value in values)}'
        for bound in bounds
    ]
    file = tmp_path / "m.prom"
    file.write_text("\n".join([*lines, f"x_seconds_sum {sum(values)}", f"x_seconds_count {len(values)}"]) + "\n")
    times = load(file)[1].times[RESPONSE]
    for key, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99)):
        low, high = times.between[key]
        assert low <= percentile(values, share) * 1000 <= high
        assert low <= times.known[key] <= high


@pytest.mark.parametrize("seed", range(8))
def test_nearest_rank_against_counting(seed: int) -> None:
    """A percentile is the least value that the share of the sample does not exceed."""
    chance = random.Random(seed)
    values = sorted(chance.randint(1, 50) for _ in range(chance.randint(1, 200)))
    for share in (0.5, 0.95, 0.99, 1.0):
        expected = min(v for v in values if sum(one <= v for one in values) >= share * len(values) - 1e-9)
        assert percentile(values, share) == expected


def test_prices_of_a_resource_and_what_is_inside_it() -> None:
    """Infracost's components of a bucket stand in its subresource; each comes with its unit."""
    _, measured = load(DATA / "infracost.json", series="aws_s3_bucket.files")
    assert [(one.name, one.unit, one.usd) for one in measured.prices] == [
        ("Storage", "GB", 0.0225),
        ("PUT, COPY, POST, LIST requests", "1k requests", 0.0054),
        ("GET, SELECT, and all other requests", "1k requests", 0.00043),
    ]
    assert measured.date == "2026-11-20"


def test_a_log_before_the_report_is_skipped(tmp_path: Path) -> None:
    """AIPerf's report in the middle of what it printed is found."""
    file = tmp_path / "out.txt"
    file.write_text("10:02 INFO starting\n10:03 INFO done\n" + (DATA / "aiperf.json").read_text())
    assert load(file)[1].requests == 504


def changed(name: str, **changes: Any) -> str:
    """Return a JSON sample with some places (``a.b``) changed; ``...`` takes a key out."""
    data = json.loads((DATA / name).read_text())
    for place, value in changes.items():
        *parents, last = place.split("/")
        here = data
        for part in parents:
            here = here[int(part)] if isinstance(here, list) else here[part]
        if value is ...:
            del here[int(last) if isinstance(here, list) else last]
        else:
            here[last] = value
    return json.dumps(data, indent=1)


QUEUE = "projects/0/breakdown/resources/0/costComponents/0"
CSV = (DATA / "locust_stats.csv").read_text()
BROKEN: dict[str, tuple[str, str | None, str]] = {
    "nothing": (" \n", None, "is empty"),
    "some text": ("hello, world", None, "is of no kind that can be told"),
    "half a file": ('{"latencies": {"mean": 3,', None, "is not valid JSON"),
    "two runs": ((DATA / "vllm_bench.json").read_text() * 2, None, "more than one run"),
    "no success at all": (
        (DATA / "vllm_bench.json").read_text().replace("412.5", "NaN"), None, "holds NaN, which is no number",
    ),
    "another kind": (CSV, "hey", "looks like Locust CSV"),
    "a time below 0": (changed("vegeta_report.json", **{"latencies/50th": -4}), None, "latencies.50th: found -4"),
    "no requests": (changed("vegeta_report.json", requests=0), None, "requests: found 0; must be greater than 0"),
    "a share above 1": (changed("vegeta_report.json", success=99.5), None, "a share of at most 1"),
    "text for a number": (changed("vegeta_report.json", duration="10s"), None, "found '10s'; a finite number"),
    "a percentile is missing": (
        changed("vegeta_report.json", **{"latencies/99th": ...}), None, "latencies.99th: is missing",
    ),
    "k6 without a run": (changed("k6_handle_summary.json", **{"metrics/http_reqs/values/count": 0}), None, "found 0"),
    "k6 without times": (changed("k6_handle_summary.json", **{"metrics/http_req_duration": ...}), None, "name a trend"),
    "k6 in bytes": (
        changed("k6_handle_summary.json", **{"metrics/http_req_duration/contains": "data"}), None, "holds data, not",
    ),
    "k6 failed shares": (
        changed("k6_handle_summary.json", **{"metrics/http_req_failed/values/rate": 2}), None, "share of at most 1",
    ),
    "SGLang": (changed("vllm_bench.json", mean_e2e_latency_ms=3), None, "looks like SGLang"),
    "nothing completed": (changed("vllm_bench.json", completed=0), None, "completed: found 0"),
    "a zero percentile": (changed("vllm_bench.json", median_ttft_ms=0), None, "median_ttft_ms: found 0"),
    "a cancelled run": (changed("aiperf.json", was_cancelled=True), None, "the run was cancelled"),
    "an unknown unit": (
        changed("aiperf.json", **{"time_to_first_token/unit": "ticks"}), None, "found 'ticks'; one of ms",
    ),
    "requests a minute": (
        changed("aiperf.json", **{"request_throughput/unit": "requests/min"}), None, "requests/sec or tokens/sec",
    ),
    "another currency": (changed("infracost.json", currency="EUR"), None, "found 'EUR'; USD is expected"),
    "another version": (changed("infracost.json", version="3.0"), None, "versions that are read: 0.1, 0.2"),
    "no price found": (
        changed("infracost.json", **{"projects/0/breakdown/resources/1": ..., f"{QUEUE}/priceNotFound": True}), None,
        "Infracost found no price for it",
    ),
    "the history": ("Timestamp,User Count,Type,Name\n1,2,3,4\n", None, "*_stats.csv beside it is expected"),
    "old Locust": ('"Method","Name","# requests"\nGET,/,3\n', None, "version 1.0 or later"),
    "a cut row": (CSV[: CSV.rindex(",")][:-20], None, "was it cut off"),
    "a negative count": (CSV.replace(",Aggregated,9600", ",Aggregated,-9600"), None, "found '-9600'"),
    "not a number": (CSV.replace(",Aggregated,9600,90", ",Aggregated,9600,many"), None, "Failure Count: found 'many'"),
    "more failures than requests": (CSV.replace(",Aggregated,9600,90", ",Aggregated,9600,9900"), None, "9900 failures"),
    "only a header": (CSV.splitlines()[0] + "\n", None, "no row below it"),
    "failures only": (
        (DATA / "hey.csv").read_text().replace(",200,", ",503,"), None, "no response has a status from 200 to 399",
    ),
    "falling buckets": (
        (DATA / "vllm_metrics.prom").read_text().replace("} 980", "} 90"), None, "buckets do not rise",
    ),
    "no last bucket": (
        "\n".join(line for line in (DATA / "vllm_metrics.prom").read_text().splitlines() if "+Inf" not in line),
        None, 'no bucket le="+Inf"',
    ),
    "no unit of time": (
        (DATA / "vllm_metrics.prom").read_text().replace("vllm:time_to_first_token_seconds", "queue_length")
        .replace("vllm:request_time_per_output_token_seconds", "queue_length"), None, "does not end in a unit of time",
    ),
    "locust cut off before its last row": (
        CSV[: CSV.index(",Aggregated")], None, "has no row Aggregated (is the file cut off?)",
    ),
    "sglang": (
        '{"request_rate": Infinity, "mean_ttft_ms": 9}', None, "which is no number of JSON: was it written by another",
    ),
    "all beyond the buckets": (
        'x_seconds_bucket{le="0.1"} 1\nx_seconds_bucket{le="+Inf"} 9\n', None, "more than half lies in the last bucket",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_what_cannot_be_taken_over_is_said(name: str, tmp_path: Path) -> None:
    """Wrong tool, version, unit, empty, negative, NaN: one clear message that names the file."""
    text, kind, said = BROKEN[name]
    file = tmp_path / "given"
    file.write_text(text)
    with pytest.raises(InputError) as caught:
        load(file, kind)
    assert said in str(caught.value)
    assert str(file) in str(caught.value)


def test_the_line_of_a_wrong_value_is_named(tmp_path: Path) -> None:
    """JSON over several lines, and CSV, are complained about with the line."""
    json_file, csv_file = tmp_path / "a.json", tmp_path / "a.csv"
    json_file.write_text(changed("vegeta_report.json", duration="10s"))
    csv_file.write_text(CSV.replace(",Aggregated,9600,90", ",Aggregated,9600,many"))
    line = next(i for i, text in enumerate(json_file.read_text().splitlines(), 1) if '"duration"' in text)
    for file, expected in ((json_file, line), (csv_file, 4)):
        with pytest.raises(InputError) as caught:
            load(file)
        assert caught.value.problems[0].line == expected


@pytest.mark.parametrize("series", ["no such thing", 'http_request_duration_seconds{handler="/nope"}'])
@pytest.mark.parametrize("file", sorted(path.name for path in DATA.iterdir()))
def test_a_series_that_is_not_there(file: str, series: str) -> None:
    """Every kind of file either refuses --series or names what there is to choose from."""
    with pytest.raises(InputError, match="--series"):
        load(DATA / file, series=series)


@pytest.mark.parametrize("seed", range(40))
def test_no_damage_makes_a_reader_fall_over(seed: int, tmp_path: Path) -> None:
    """A file with bytes cut, doubled or swapped is understood or refused, never a crash; NaN never gets through."""
    chance = random.Random(seed)
    source = chance.choice(sorted(DATA.iterdir()))
    text = source.read_text()
    for _ in range(chance.randint(1, 4)):
        at, length = chance.randrange(len(text)), chance.randint(1, 40)
        piece = chance.choice(["", text[at : at + length] * 2, "-1", "null", "{", "NaN", '"', "\x00", "1e400"])
        text = text[:at] + piece + text[at + length :]
    file = tmp_path / source.name
    file.write_text(text)
    with contextlib.suppress(InputError):
        _all_sound(load(file)[1])


def _all_sound(measured: Measurement) -> None:
    for times in measured.times.values():
        assert all(math.isfinite(value) and value > 0 for value in times.known.values())
    assert all(math.isfinite(value) and value >= 0 for value in measured.rates.values())


def test_no_kind_claims_another_tools_file() -> None:
    """Exactly one kind recognises each sample."""
    for path in DATA.iterdir():
        text = path.read_text()
        data = json.loads(text) if path.suffix == ".json" else None
        assert [kind for kind, one in KINDS.items() if one.detect(text, data)] == [detected(text, "")]
