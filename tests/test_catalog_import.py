"""``advisor catalog import``: results of tests become figures that the rules accept; all else stays."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from advisor.catalog.load import Catalog
from advisor.catalog.overlay import overlaid
from advisor.commands.catalog_import import KINDS, MOST_FAILED
from advisor.commands.main import run
from advisor.imports import figures, kinds
from advisor.yamlfile import parse

Capture = pytest.CaptureFixture[str]
DATA = Path(__file__).parent / "data" / "imports"
QDRANT, SQS, S3 = "qdrant_aws_m7i_4xlarge", "amazon_sqs_standard", "amazon_s3_standard"
LLAMA, HOSTED = "llama_3_1_8b_aws_p5_4xlarge_tp1_c64", "gpt_6_sol_openai_none"
DAY = ("--date", "2026-11-26")


def imported(folder: Path, file: str, *arguments: str) -> int:
    """Run the command on a sample file and return the exit code."""
    return run(["catalog", "import", str(DATA / file), "-o", str(folder), *DAY, *arguments])


def entries(folder: Path) -> dict[str, dict[str, dict[str, object]]]:
    """Return what ``figures.yml`` of a folder states."""
    found: dict[str, dict[str, dict[str, object]]] = parse((folder / "figures.yml").read_text()).data
    return found


def test_the_command_names_every_reader() -> None:
    """Choices and defaults that the command repeats, so that its help is quick, are those of the readers."""
    assert tuple(kinds.KINDS) == KINDS
    assert figures.MOST_FAILED == MOST_FAILED


def test_a_load_test_becomes_a_latency(tmp_path: Path, catalog: Catalog) -> None:
    """The percentiles go to the figure that is named, with basis, source, date and the run's conditions."""
    assert imported(tmp_path, "k6_summary_export.json", "--option", QDRANT, "--latency", "search") == 0
    figure = overlaid(catalog, [tmp_path]).options[QDRANT][1].latency["search_ms"]
    assert (figure.p50, figure.p95, figure.p99, figure.mean, figure.loaded) == (11, 31, 84, None, False)
    assert (figure.basis, figure.source, str(figure.checked)) == ("measured", "k6_k6_summary_export", "2026-11-26")
    assert "12000 requests in 60 s; 199.6 requests/s; 0.20% failed" in str(figure.conditions)
    assert set(entries(tmp_path)[QDRANT]) == {"latency.search_ms"}


def test_at_capacity_the_rate_is_a_capacity_and_times_are_loaded(tmp_path: Path, catalog: Catalog) -> None:
    """199.6 successful requests a second on two units are 99.8 for each; queueing is inside the times."""
    options = ("--option", QDRANT, "--latency", "search_ms", "--at-capacity", "--dimension", "reads_per_s")
    assert imported(tmp_path, "k6_summary_export.json", *options, "--units", "2") == 0
    option = overlaid(catalog, [tmp_path]).options[QDRANT][1]
    assert option.capacity["reads_per_s"].value == 99.8
    assert option.latency["search_ms"].loaded
    assert "2 units together" in str(option.capacity["reads_per_s"].conditions)


def test_a_serving_benchmark_becomes_first_token_token_and_tokens(tmp_path: Path, catalog: Catalog) -> None:
    """TTFT and TPOT go to their figures, requests and tokens a second to theirs."""
    assert imported(tmp_path, "vllm_bench.json", "--option", LLAMA, "--at-capacity") == 0
    after = overlaid(catalog, [tmp_path]).options[LLAMA][1]
    assert (after.latency["ttft_ms"].p50, after.latency["ttft_ms"].p99) == (350.25, 980.5)
    assert (after.latency["tpot_ms"].p50, after.latency["tpot_ms"].p99) == (57.5, 71.25)
    assert after.capacity["output_tokens_per_s"].value == 1021.95
    assert after.capacity["input_tokens_per_s"].value == 8175.62
    assert after.capacity["requests_per_s"].value == 7.984


def test_what_has_no_limit_stays_without_one(tmp_path: Path, catalog: Catalog, capsys: Capture) -> None:
    """A test that tokens bound says nothing about requests, where none is published to be a limit."""
    assert imported(tmp_path, "vllm_bench.json", "--option", HOSTED, "--at-capacity") == 0
    assert set(entries(tmp_path)[HOSTED]) == {
        "latency.ttft_ms",
        "latency.tpot_ms",
        "capacity.input_tokens_per_s",
        "capacity.output_tokens_per_s",
    }
    assert "requests_per_s: the option has no limit on it" in " ".join(capsys.readouterr().out.split())
    assert catalog.options[HOSTED][1].capacity["requests_per_s"].value is None


def test_prices_are_in_the_units_of_our_meters(tmp_path: Path, catalog: Catalog) -> None:
    """0.0225 USD per GB stays; 0.0054 and 0.00043 USD per 1k requests are 5.4 and 0.43 per million."""
    named = ["--price", "million_writes=PUT, COPY, POST, LIST requests"]
    named += ["--price", "million_reads=GET, SELECT, and all other requests"]
    assert imported(tmp_path, "infracost.json", "--series", "aws_s3_bucket.files", "--option", S3, *named) == 0
    prices = {one.meter: one for one in overlaid(catalog, [tmp_path]).options[S3][1].prices}
    assert {meter: one.usd for meter, one in prices.items()} == {
        "gb_month": 0.0225,
        "million_writes": 5.4,
        "million_reads": 0.43,
    }
    assert {one.basis for one in prices.values()} == {"list_price"}


def test_the_only_price_in_a_unit_needs_no_name(tmp_path: Path, capsys: Capture) -> None:
    """Storage is the only component in GB; of two in requests none is guessed, and both are named."""
    assert imported(tmp_path, "infracost.json", "--series", "aws_s3_bucket.files", "--option", S3) == 0
    assert set(entries(tmp_path)[S3]) == {"prices.gb_month"}
    assert "choose with --price million_reads='NAME'" in " ".join(capsys.readouterr().out.split())


def test_what_stands_in_the_folder_stays(tmp_path: Path) -> None:
    """Comments, other options and other sources are kept to the byte; sources stay sorted."""
    (tmp_path / "figures.yml").write_text(
        f"# ours\n{SQS}:\n"
        "  operations_h_per_month: {value: 1, basis: estimate, checked: 2026-11-01, reasoning: x}  # y\n"
        f"{QDRANT}: {{capacity.writes_per_s: {{value: 9, basis: measured, source: z, checked: 2026-11-01}}}}\n"
    )
    source = '- {{id: {}, title: t, address: a, publisher: p, date: "2026", licence_note: n}}  # kept\n'
    (tmp_path / "sources.yml").write_text(source.format("a") + source.format("z"))
    before = (tmp_path / "figures.yml").read_text()
    assert imported(tmp_path, "k6_summary_export.json", "--option", QDRANT, "--latency", "search_ms") == 0
    after = (tmp_path / "figures.yml").read_text()
    assert after.startswith(before[: before.index(QDRANT)])
    assert set(entries(tmp_path)[QDRANT]) == {"capacity.writes_per_s", "latency.search_ms"}
    text = (tmp_path / "sources.yml").read_text()
    assert [one["id"] for one in parse(text).data] == ["a", "k6_k6_summary_export", "z"]
    assert text.count("# kept") == 2


def test_a_place_that_is_taken_needs_replace(tmp_path: Path, capsys: Capture) -> None:
    """A second import of the same place says which line is in the way; --replace puts the new one there."""
    options = ("--option", QDRANT, "--latency", "search_ms")
    assert imported(tmp_path, "k6_summary_export.json", *options) == 0
    before = (tmp_path / "figures.yml").read_bytes()
    assert imported(tmp_path, "k6_handle_summary.json", *options) == 2
    assert "figures.yml:2" in (said := capsys.readouterr().err)
    assert "--replace" in said
    assert (tmp_path / "figures.yml").read_bytes() == before
    assert imported(tmp_path, "k6_handle_summary.json", *options, "--replace") == 0
    assert entries(tmp_path)[QDRANT]["latency.search_ms"]["p95"] == 77.5
    assert len(entries(tmp_path)[QDRANT]) == 1


def test_the_same_twice_is_the_same_file(tmp_path: Path) -> None:
    """Replacing a figure by itself changes no byte."""
    options = ("--option", QDRANT, "--latency", "search_ms")
    assert imported(tmp_path, "k6_summary_export.json", *options) == 0
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert imported(tmp_path, "k6_summary_export.json", *options, "--replace") == 0
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_dry_run_writes_nothing(tmp_path: Path, capsys: Capture) -> None:
    """--dry-run prints what was understood and what it becomes, as text and as JSON, and leaves no file."""
    own = tmp_path / "own"
    assert imported(own, "vllm_bench.json", "--option", LLAMA, "--dry-run", "--json") == 0
    data = json.loads(capsys.readouterr().out)
    assert data["understood"]["times_ms"]["time to first token"]["p50"] == 350.25
    assert [one["place"] for one in data["figures"]] == ["latency.ttft_ms", "latency.tpot_ms"]
    assert data["written"] == []
    assert not own.exists()


@pytest.mark.parametrize(
    ("file", "option", "said"),
    [
        ("vllm_bench.json", LLAMA, "closed loop"),
        ("locust_stats.csv", SQS, "coordinated omission"),
        ("hey.csv", SQS, "only about 5 of 99 requests lie above p95"),
        ("hey.csv", SQS, "99 requests are too few for a p99"),
        ("genai_perf.json", LLAMA, "80 requests are too few for a p99"),
        ("k6_machine_readable.json", SQS, "does not say whether arrivals waited"),
    ],
)
def test_doubts_are_said(file: str, option: str, said: str, tmp_path: Path, capsys: Capture) -> None:
    """Closed loops and small samples are named beside the figures."""
    assert imported(tmp_path, file, "--option", option, "--dry-run") == 0
    assert said in " ".join(capsys.readouterr().out.split())


def test_a_percentile_beyond_the_last_bucket_is_left_out_and_said(tmp_path: Path, capsys: Capture) -> None:
    """The reader hears that the slow tenth is not known, and the figure's conditions keep it."""
    file = tmp_path / "m.prom"
    buckets = {"0.1": 600, "0.5": 900, "+Inf": 1000}
    file.write_text("".join(f'x_seconds_bucket{{le="{bound}"}} {count}\n' for bound, count in buckets.items()))
    assert run(["catalog", "import", str(file), "--option", SQS, "-o", str(tmp_path / "own"), *DAY]) == 0
    assert "the p95 lies above the last bucket, 500 ms; it is left out" in " ".join(capsys.readouterr().out.split())
    (figure,) = entries(tmp_path / "own")[SQS].values()
    assert "p95 above 500 ms, how far is not known" in figure["conditions"]
    assert not {"p95", "p99"} & set(figure)


def test_a_capacity_of_a_few_requests_is_doubted(tmp_path: Path, capsys: Capture) -> None:
    """Ten requests fill no machine: their rate is taken over as the user says, and said to be little of a load."""
    file = tmp_path / "few.json"
    data = json.loads((DATA / "vegeta_report.json").read_text())
    options = ["catalog", "import", str(file), "--option", SQS, "--dry-run", *DAY]
    for requests in (10, 1000):
        file.write_text(json.dumps({**data, "requests": requests}))
        assert run([*options, "--at-capacity", "--dimension", "writes_per_s"]) == 0
        doubted = f"{requests} requests are few to find a capacity with" in " ".join(capsys.readouterr().out.split())
        assert doubted == (requests == 10)
    assert run(options) == 0
    assert "to find a capacity with" not in capsys.readouterr().out


def test_a_percentile_that_the_sample_does_not_bear_is_left_out(tmp_path: Path) -> None:
    """Of 80 requests less than one lies above the p99, so none is taken over."""
    assert imported(tmp_path, "genai_perf.json", "--option", LLAMA) == 0
    assert set(entries(tmp_path)[LLAMA]["latency.ttft_ms"]) >= {"p50", "p95"}
    assert "p99" not in entries(tmp_path)[LLAMA]["latency.ttft_ms"]


def test_beside_a_single_percentile_stands_the_spread(tmp_path: Path) -> None:
    """Ten requests bear a median and a coefficient of variation; the mean would say the spread a second time."""
    file = tmp_path / "few.json"
    data = json.loads((DATA / "aiperf.json").read_text())
    file.write_text(json.dumps({**data, "request_count": {"unit": "requests", "avg": 10}}))
    own = tmp_path / "own"
    assert run(["catalog", "import", str(file), "--option", LLAMA, "-o", str(own), *DAY]) == 0
    stated = entries(own)[LLAMA]["latency.ttft_ms"]
    assert {key: stated[key] for key in ("p50", "cv")} == {"p50": 175.05, "cv": 0.235958}
    assert not {"p95", "p99", "mean"} & set(stated)


def test_many_failures_are_a_warning_and_no_capacity(tmp_path: Path, capsys: Capture) -> None:
    """5 % failed: the times come with a warning, the rate is refused as a capacity."""
    file = tmp_path / "many.json"
    data = json.loads((DATA / "vegeta_report.json").read_text())
    file.write_text(json.dumps({**data, "success": 0.95}))
    options = ["catalog", "import", str(file), "--option", SQS, "--dry-run"]
    assert run(options) == 0
    assert "5.0% of the requests failed: the times are" in " ".join(capsys.readouterr().out.split())
    assert run([*options, "--at-capacity", "--dimension", "writes_per_s"]) == 2
    assert "the rate is no capacity: 5.0% of the requests failed" in capsys.readouterr().err


def test_a_capacity_has_a_latency_bound(tmp_path: Path, capsys: Capture) -> None:
    """p95 of 54.8 ms is within 60 ms and not within 50."""
    options = ("--option", SQS, "--at-capacity", "--dimension", "writes_per_s")
    assert imported(tmp_path, "vegeta_report.json", *options, "--within", "50") == 2
    assert "p95 is 54.79 ms, above the 50 ms of --within" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
    assert imported(tmp_path, "vegeta_report.json", *options, "--within", "60") == 0


@pytest.mark.parametrize(
    ("file", "arguments", "said"),
    [
        ("hey.csv", ("--option", "amazon_sqs_standart"), "did you mean 'amazon_sqs_standard'"),
        ("hey.csv", ("--option", "qdrant"), "is a component; its options"),
        ("hey.csv", ("--option", QDRANT), "which figure of qdrant_aws_m7i_4xlarge is the response time"),
        ("hey.csv", ("--option", QDRANT, "--latency", "serch_ms"), "did you mean 'search_ms'"),
        ("hey.csv", ("--option", QDRANT, "--latency", "search_ms", "--at-capacity"), "which of its capacities"),
        (
            "hey.csv",
            ("--option", SQS, "--at-capacity", "--dimension", "read_per_s"),
            "did you mean 'reads_per_s'",
        ),
        ("vllm_metrics.prom", ("--option", LLAMA, "--at-capacity"), "states no rate"),
        ("vegeta_report.json", ("--option", LLAMA), "which figure of"),
        ("vllm_bench.json", ("--option", SQS), "nothing in it becomes a figure"),
        ("infracost.json", ("--series", "aws_sqs_queue.work", "--option", QDRANT), "whose price stands once for all"),
        (
            "infracost.json",
            ("--series", "aws_sqs_queue.work", "--option", SQS, "--price", "gb_months=x"),
            "has no price per gb_months",
        ),
        ("infracost.json", ("--option", SQS, "--price", "x"), "METER=NAME is expected"),
        ("hey.csv", ("--option", SQS, "--source", "Our Test"), "--source: found 'Our Test'"),
    ],
)
def test_what_does_not_fit_is_said(
    file: str, arguments: tuple[str, ...], said: str, tmp_path: Path, capsys: Capture
) -> None:
    """Exit code 2, the nearest name or the choices, and no file."""
    assert imported(tmp_path / "own", file, *arguments) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "own").exists()


def test_a_broken_folder_is_left_alone(tmp_path: Path, capsys: Capture) -> None:
    """What is wrong in the folder already is said with its line; nothing is written beside it."""
    (tmp_path / "figures.yml").write_text(f"{QDRANT}: {{capacity.reads: {{value: 3}}}}\n")
    assert imported(tmp_path, "hey.csv", "--option", SQS) == 2
    assert "figures.yml:1" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["figures.yml"]


def test_an_option_of_ones_own_can_be_measured(tmp_path: Path, catalog: Catalog) -> None:
    """A component that only the folder has takes figures like any other."""
    from advisor import resources

    (tmp_path / "gateway").mkdir()
    shipped = resources.folder("catalog") / "gateway" / "kong.yml"
    text = shipped.read_text().replace("id: kong", "id: our_gate")
    (tmp_path / "gateway" / "our_gate.yml").write_text(text)
    own = next(one for one in overlaid(catalog, [tmp_path]).options if one.startswith("our_gate"))
    assert imported(tmp_path, "vegeta_report.json", "--option", own) == 0
    assert overlaid(catalog, [tmp_path]).options[own][1].latency["route_ms"].p95 == 54.7863
