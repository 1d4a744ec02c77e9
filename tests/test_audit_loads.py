"""Load tests: Little's law, counts, percentiles, tokens, and rows against each other. Small enough to check by hand."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from audit_generator import LoadTest, llm_test, load_test

from advisor.audit.findings import Finding, TableReport, Verdict
from advisor.audit.report import Options, audit_text


def audited(text: str, **options: object) -> TableReport:
    """Return the report on the only table of a text."""
    (report,) = audit_text(text, "t.csv", Options(**options)).tables  # type: ignore[arg-type]
    return report


def finding(report: TableReport, check: str) -> Finding:
    """Return the only finding of a check."""
    (found,) = (f for f in report.findings if f.check == check)
    return found


def slips(found: Finding) -> list[str]:
    """Return the ids of a finding's explanations."""
    return [explanation.slip for explanation in found.explanations]


# ---- Little's law with a mean


@pytest.mark.parametrize(
    ("header", "row", "verdict", "slip"),
    [
        ("users,req/s,mean (ms)", "100,1000,100", Verdict.AGREES, ""),
        ("users,req/s,mean (ms)", "100,1040,100", Verdict.AGREES, ""),
        ("users,req/s,mean (ms)", "100,1060,100", Verdict.DIFFERS, ""),
        ("users,req/s,mean (s)", "100,1000,100", Verdict.EXPLAINED, "ms_s"),
        ("users,req/s,mean (ms)", "100,1000,0.1", Verdict.EXPLAINED, "ms_s"),
        ("users,req/s,mean (ms)", "100,60000,100", Verdict.EXPLAINED, "minute"),
        ("users,requests/min,mean (ms)", "100,60000,100", Verdict.AGREES, ""),
        ("users,req/s,mean (ms)", "100,8000,100", Verdict.DIFFERS, ""),
        ("users,req/s,mean (ms),batch size", "100,8000,100,8", Verdict.EXPLAINED, "batch"),
        ("users,req/s,mean (ms),output tokens", "100,128000,100,128", Verdict.EXPLAINED, "tokens"),
        ("users,req/s,mean (ms)", "100,600,100", Verdict.CANNOT, "think_time"),
        ("users,req/s,mean (ms)", "100,600,100", Verdict.CANNOT, "not_reached"),
        ("users,req/s,latency (ms)", "100,600,100", Verdict.CANNOT, "not_the_mean"),
        ("users,req/s,mean (ms),error rate", "100,600,100,40%", Verdict.EXPLAINED, "errors_left_out"),
        ("connections,req/s,mean (ms),errors", "5000,22771,9.35,4785", Verdict.EXPLAINED, "failed_connections"),
        ("users,req/s,mean (ms),duration (s),ramp-up (s)", "100,800,100,60,24", Verdict.EXPLAINED, "ramp_up"),
        ("users,req/s,mean (ms),requests", "16,1.22,11.79 s,100", Verdict.EXPLAINED, "last_round"),
        ("users,req/s,mean (ms),think time (s)", "100,9.9,100,10", Verdict.AGREES, ""),
    ],
)
def test_littles_law(header: str, row: str, verdict: Verdict, slip: str) -> None:
    """N = X (R + Z) within 5 %; what would explain a difference is named, and is certain only if the row states it."""
    found = finding(audited(f"{header}\n{row}\n"), "littles_law")
    assert found.verdict is verdict
    assert (slip in slips(found)) if slip else not slips(found)
    assert "ratio" in found.formula


def test_think_time_is_solved_for() -> None:
    """The think time that would close the law is printed, and closes it when it is stated."""
    text = "users,req/s,mean (ms)\n100,40,500\n"
    found = finding(audited(text), "littles_law")
    assert "pause 2 s" in found.explanations[0].text
    assert finding(audited(text, given={"think_time": "2 s"}), "littles_law").verdict is Verdict.AGREES


def test_precision_of_the_figures_counts() -> None:
    """0.8 requests/s may be 0.75: with one digit, the law holds for what two digits would refute."""
    assert finding(audited("users,req/s,mean (s)\n1,0.8,1.2\n"), "littles_law").verdict is Verdict.AGREES
    assert finding(audited("users,req/s,mean (s)\n1,0.900,1.200\n"), "littles_law").wrong


def test_tolerance_can_be_stated() -> None:
    """With tolerance 0 only the precision of the figures is left."""
    text = "users,req/s,mean (ms)\n100,1030.0,100.0\n"
    assert finding(audited(text), "littles_law").verdict is Verdict.AGREES
    assert finding(audited(text, tolerance=0.0), "littles_law").verdict is Verdict.DIFFERS


# ---- Little's law with percentiles only


@pytest.mark.parametrize(
    ("row", "verdict", "slip"),
    [
        ("100,1000,80,200,400", Verdict.AGREES, ""),
        ("100,100,80,200,400", Verdict.CANNOT, "not_reached"),
        ("100,10000,80,200,400", Verdict.DIFFERS, ""),
        ("100,1.0,80,200,400", Verdict.EXPLAINED, "ms_s"),
    ],
)
def test_percentiles_give_inequalities(row: str, verdict: Verdict, slip: str) -> None:
    """The mean that the law asks for must be possible beside the percentiles; between the bounds nothing is said."""
    found = finding(audited(f"users,req/s,p50 (ms),p95 (ms),p99 (ms)\n{row}\n"), "littles_law")
    assert found.verdict is verdict
    assert (slip in slips(found)) if slip else not found.explanations
    if verdict is Verdict.AGREES:
        assert found.remark == "only an inequality can be judged; state the mean latency"


def test_the_lower_bound_is_the_smallest_mean_that_the_percentiles_allow() -> None:
    """p50 = 10, p99 = 100 allow a mean of 0.49 x 10 + 0.01 x 100 = 5.9 and nothing less."""
    text = "users,req/s,p50 (ms),p99 (ms)\n100,{},10.00,100.00\n"
    assert not finding(audited(text.format("16900.0"), tolerance=0.0), "littles_law").wrong
    assert finding(audited(text.format("17000.0"), tolerance=0.0), "littles_law").wrong
    mean = "mean (ms),p50 (ms),p99 (ms)\n{},10.00,100.00\n"
    assert finding(audited(mean.format("5.80")), "mean").wrong
    assert not audited(mean.format("5.92")).wrong


# ---- counts


@pytest.mark.parametrize(
    ("header", "row", "check", "verdict"),
    [
        ("users,requests,req/s", "64,32,5", "requests", Verdict.DIFFERS),
        ("users,requests,req/s", "64,256,5", "requests", Verdict.CANNOT),
        ("users,requests,req/s", "64,6400,5", "requests", Verdict.AGREES),
        ("requests,duration (s),req/s", "6000,60,100", "request_rate", Verdict.AGREES),
        ("requests,duration (min),req/s", "6000,1,100", "request_rate", Verdict.AGREES),
        ("requests,duration (s),req/s", "6000,60,6000", "request_rate", Verdict.EXPLAINED),
        ("requests,duration (s),req/s", "6000,60,130", "request_rate", Verdict.DIFFERS),
        ("requests,errors,duration (s),req/s", "6000,1200,60,80", "request_rate", Verdict.EXPLAINED),
        ("requests,successful,failed,req/s", "6000,5900,100,5", "success_and_errors", Verdict.AGREES),
        ("requests,successful,failed,req/s", "6000,5900,10,5", "success_and_errors", Verdict.DIFFERS),
        ("requests,failed,error rate,req/s", "6000,120,2.0%,5", "error_share", Verdict.AGREES),
        ("requests,failed,error rate,req/s", "6000,120,0.02%,5", "error_share", Verdict.EXPLAINED),
        ("requests,failed,error rate,req/s", "6000,120,5.0%,5", "error_share", Verdict.DIFFERS),
        ("requests,failed,req/s", "150,900,5", "errors", Verdict.CANNOT),
        ("request rate,req/s", "2.0,3.77", "arrivals", Verdict.DIFFERS),
        ("request rate,req/s", "4.0,3.77", "arrivals", Verdict.AGREES),
        ("users,req/s,duration (s),ramp-up (s)", "9,5,60,30", "ramp_up", Verdict.CANNOT),
        ("users,req/s,duration (s),ramp-up (s)", "9,5,600,30", "ramp_up", Verdict.AGREES),
        ("users,p50 (ms),p95 (ms),p99 (ms)", "9,10,30,20", "percentiles", Verdict.DIFFERS),
        ("users,p50 (ms),p95 (ms),max (ms)", "9,10,30,20", "percentiles", Verdict.DIFFERS),
        ("users,p50 (ms),p95 (ms),p99 (ms)", "9,10,30,30", "percentiles", Verdict.AGREES),
        ("users,mean (ms),max (ms)", "9,50,40", "mean", Verdict.DIFFERS),
        ("users,mean (ms),min (ms)", "9,30,40", "mean", Verdict.DIFFERS),
    ],
)
def test_counts_and_order(header: str, row: str, check: str, verdict: Verdict) -> None:
    """What must add up, divide or rise does, or is named."""
    found = finding(audited(f"{header}\n{row}\n"), check)
    assert found.verdict is verdict
    assert found.verdict is not Verdict.CANNOT or found.question


def test_a_short_run_says_how_much_of_it_is_start_and_drain() -> None:
    """100 requests by 16 users: seven rounds, the last of them not full, a sixth of the time start or drain."""
    found = finding(audited("users,requests,req/s\n16,100,1.2\n"), "requests")
    assert "89% of the users" in found.remark
    assert "16% of the time" in found.remark


# ---- tokens


@pytest.mark.parametrize(
    ("header", "row", "check", "verdict", "slip"),
    [
        (
            "mean TTFT (ms),mean TPOT (ms),output tokens,mean E2E (ms)",
            "400,20,101,2400",
            "end_to_end",
            Verdict.AGREES,
            "",
        ),
        (
            "mean TTFT (ms),mean TPOT (ms),output tokens,mean E2E (ms)",
            "400,20,101,2000",
            "end_to_end",
            Verdict.EXPLAINED,
            "ttft_left_out",
        ),
        (
            "mean TTFT (ms),mean TPOT (ms),output tokens,mean E2E (ms)",
            "400,20,101,2.4",
            "end_to_end",
            Verdict.EXPLAINED,
            "ms_s",
        ),
        (
            "mean TTFT (ms),mean TPOT (ms),output tokens,mean E2E (ms)",
            "400,20,101,4800",
            "end_to_end",
            Verdict.DIFFERS,
            "",
        ),
        ("req/s,output tokens,output tok/s", "5,128,640", "output_rate", Verdict.AGREES, ""),
        (
            "req/s,input tokens,output tokens,output tok/s",
            "5,512,128,3200",
            "output_rate",
            Verdict.EXPLAINED,
            "total_tokens",
        ),
        ("concurrency,req/s,output tokens,output tok/s", "20,5,128,32", "output_rate", Verdict.EXPLAINED, "per_user"),
        ("req/s,input tokens,output tokens,total tok/s", "5,512,128,3200", "total_rate", Verdict.AGREES, ""),
        (
            "req/s,input tokens,output tokens,total tok/s",
            "5,512,128,640",
            "total_rate",
            Verdict.EXPLAINED,
            "output_tokens",
        ),
        ("input tok/s,output tok/s,total tok/s", "2560,640,3200", "total_rate", Verdict.AGREES, ""),
        ("input tok/s,output tok/s,total tok/s", "2560,640,3900", "total_rate", Verdict.DIFFERS, ""),
        ("mean TPOT (ms),tok/s/user", "20,50", "user_rate", Verdict.AGREES, ""),
        ("mean TPOT (ms),tok/s/user", "20,80", "user_rate", Verdict.DIFFERS, ""),
        ("concurrency,mean TTFT (ms),mean TPOT (ms),tok/s", "8,90,20,380", "stream_bound", Verdict.AGREES, ""),
        ("concurrency,mean TTFT (ms),mean TPOT (ms),tok/s", "8,90,20,480", "stream_bound", Verdict.DIFFERS, ""),
    ],
)
def test_tokens(header: str, row: str, check: str, verdict: Verdict, slip: str) -> None:
    """Times, rates and numbers of tokens fit each other, or the slip that fits is named."""
    found = finding(audited(f"{header}\n{row}\n", kind="load"), check)
    assert found.verdict is verdict
    assert (slip in slips(found)) if slip else not slips(found)


def test_given_figures_close_what_the_table_leaves_open() -> None:
    """With the output length stated, Little's law is judged by TTFT + (L - 1) TPOT; else what is missing is said."""
    text = "concurrency,TTFT (ms),ITL (ms),throughput (tok/s)\n8,200,20,370\n"
    assert any("output_tokens" in note for note in audited(text).notes)
    found = finding(audited(text, given={"output_tokens": "128"}), "littles_law")
    assert found.verdict is Verdict.AGREES
    assert finding(audited(text, given={"output_tokens": "12"}), "littles_law").wrong


def test_the_output_of_a_serving_benchmark() -> None:
    """Token counts of a whole run are not those of a request: they are divided by the requests that completed."""
    header = "max_concurrency,completed,duration,request_throughput,output_throughput,total_output_tokens,mean_ttft_ms"
    text = f"{header},mean_tpot_ms\n32,640,152.4,4.199,1075.0,163840,410.2,28.21\n"
    report = audited(text)
    assert not report.wrong
    assert {f.check for f in report.findings} == {"littles_law", "requests", "request_rate", "output_rate"}
    assert finding(audited(text.replace("1075.0", "4300.0")), "output_rate").wrong


@pytest.mark.parametrize(
    "text",
    [
        "Label,# Samples,Average,Median,90% Line,99% Line,Min,Max,Error %,Throughput,Received KB/sec,Std. Dev.\n"
        "Home,12000,212,180,350,890,45,2100,0.02%,200.1/sec,850.2,120.5\n"
        "TOTAL,12000,212,180,350,890,45,2100,0.02%,200.1/sec,850.2,120.5\n",
        "Name,Request Count,Failure Count,Median Response Time,Average Response Time,Min Response Time,"
        "Average Content Size,Requests/s,Failures/s,50%,99%,100%\n"
        "/api,60123,12,87.0,95.3,12.1,2048.0,200.41,0.04,87,300,1500\n"
        "Aggregated,60123,12,87.0,95.3,12.1,2048.0,200.41,0.04,87,300,1500\n",
    ],
    ids=["jmeter", "locust"],
)
def test_reports_of_tools_are_not_accused(text: str) -> None:
    """What JMeter and Locust print is read: Min is no minute, sizes are no times, a summary may repeat its only row."""
    report = audited(text)
    assert not report.wrong
    assert any("state concurrency" in note for note in report.notes)


# ---- rows against each other


def test_more_users_with_less_of_both() -> None:
    """Throughput and latency cannot both fall when users rise; with rising latency it is saturation."""
    text = "users,req/s,p50 (ms)\n100,900,110\n200,{},{}\n"
    assert finding(audited(text.format(700, 90)), "trend").verdict is Verdict.DIFFERS
    assert [f.check for f in audited(text.format(700, 280)).findings if f.check == "trend"] == []


def test_repeated_rows() -> None:
    """Figures that repeat to the last digit are questioned, under the same label and under another."""
    text = "run,users,req/s,mean (ms)\na,100,999.7,100.03\n{},100,999.7,100.03\n"
    assert "another label" in finding(audited(text.format("b")), "repeated_row").found
    assert "the same row" in finding(audited(text.format("a")), "repeated_row").found


def test_a_constant_ratio_looks_computed() -> None:
    """p95 as 2.1 times the mean over a wide range of loads is questioned; ratios that move are not."""
    rows = [(1, 61.2), (10, 117.4), (100, 672.1), (500, 4011.3)]
    made = "\n".join(f"{n},{m},{m * 2.1:.1f}" for n, m in rows)
    found = finding(audited(f"users,mean (ms),p95 (ms)\n{made}\n"), "constant_ratio")
    assert found.verdict is Verdict.CANNOT
    real = "\n".join(f"{n},{m},{m * (2 + n / 500):.1f}" for n, m in rows)
    assert "constant_ratio" not in [f.check for f in audited(f"users,mean (ms),p95 (ms)\n{real}\n").findings]


def test_units_in_cells_go_before_the_header() -> None:
    """A column that mixes ms and s is read cell by cell, and that is said."""
    report = audited("users,req/s,mean\n100,1000,100 ms\n400,400,1.0 s\n")
    assert not report.wrong
    assert any("mixes ms and s" in note for note in report.notes)


# ---- properties


@pytest.mark.parametrize("make", [load_test, llm_test])
def test_no_correct_load_test_is_accused(make: Callable[[int], LoadTest]) -> None:
    """Of 120 correct load tests with rounded figures none is called wrong, and every row is judged."""
    accused, judged = [], 0
    for seed in range(120):
        report = audited(make(seed).csv())
        accused += [(seed, found) for found in report.wrong]
        judged += sum(found.check == "littles_law" for found in report.findings)
    assert accused == []
    assert judged > 300


def scaled(column: str, factor: float) -> Callable[[LoadTest, int], None]:
    """Return a change of one cell by a factor."""

    def change(test: LoadTest, row: int) -> None:
        test.set(row, column, f"{test.get(row, column) * factor:.6g}")

    return change


def few_requests(test: LoadTest, row: int) -> None:
    """Send fewer requests than there are users, in the time that they take."""
    requests = max(1, int(test.get(row, "users")) - 1)
    test.set(row, "requests", str(requests))
    test.set(row, "duration (s)", f"{requests / test.get(row, 'req/s'):.4f}")


def half_the_users(test: LoadTest, row: int) -> None:
    """Let half of the requests be there, and none fail."""
    scaled("req/s", 0.5)(test, row)
    test.set(row, "errors", "0")


def swapped_percentiles(test: LoadTest, row: int) -> None:
    """Print p95 where p99 belongs, and the other way round."""
    low, high = (test.rows[row][test.header.index(name)] for name in ("p95 (ms)", "p99 (ms)"))
    test.set(row, "p95 (ms)", high)
    test.set(row, "p99 (ms)", low)


LOAD_SLIPS: dict[str, tuple[Callable[[int], LoadTest], Callable[[LoadTest, int], None], str, str]] = {
    "s for ms": (load_test, scaled("mean (ms)", 0.001), "littles_law", "ms_s"),
    "requests a minute": (load_test, scaled("req/s", 60), "littles_law", "minute"),
    "requests a minute, against the count": (load_test, scaled("req/s", 60), "request_rate", "minute"),
    "half the users": (load_test, half_the_users, "littles_law", "think_time"),
    "fewer requests than users": (load_test, few_requests, "requests", ""),
    "percentiles swapped": (load_test, swapped_percentiles, "percentiles", ""),
    "tokens for requests": (
        llm_test,
        lambda t, r: scaled("req/s", t.get(r, "output tokens"))(t, r),
        "littles_law",
        "tokens",
    ),
    "s for ms in E2E": (llm_test, scaled("mean E2E (ms)", 0.001), "end_to_end", "ms_s"),
    "total for output": (
        llm_test,
        lambda t, r: t.set(r, "output tok/s", str(t.get(r, "total tok/s"))),
        "output_rate",
        "total_tokens",
    ),
    "rate of a user wrong": (llm_test, scaled("tok/s/user", 1.4), "user_rate", ""),
}


@pytest.mark.parametrize("name", LOAD_SLIPS)
def test_the_injected_slip_is_found(name: str) -> None:
    """In a correct load test with one wrong cell, its row is found by the right check, and the slip is named."""
    make, change, check, slip = LOAD_SLIPS[name]
    for seed in range(25):
        test = make(seed)
        row = random.Random(seed).randrange(len(test.rows))
        if name == "fewer requests than users" and test.get(row, "users") < 2:
            continue
        change(test, row)
        wrong = audited(test.csv()).wrong
        found = [f for f in wrong if f.check == check and f.line == row + 2]
        assert found, (seed, wrong)
        assert not slip or slip in slips(found[0]), (seed, found)
        assert {f.line for f in wrong if f.check != "trend"} == {row + 2}
