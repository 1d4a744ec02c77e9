"""``advisor select`` as people and programs use it: exit codes, text, JSON, standard input, same bytes."""

from __future__ import annotations

import io
import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from advisor import resources
from advisor.commands.main import run
from advisor.commands.schema import schema_text

Capture = pytest.CaptureFixture[str]
FOLDER = resources.example("support_copilot").parents[1] / "select"
OPTIONS = str(FOLDER / "options.csv")
WISHES = ["--minimize", "cost", "--limit", "latency_ms<=900", "--limit", "availability>=0.996"]
PRODUCT = ["--aggregate", "availability=product"]


def output(capsys: Capture, *arguments: str, code: int = 0) -> str:
    """Run select and return what it printed, with ordinary spaces."""
    assert run(["select", *arguments]) == code
    return capsys.readouterr().out.replace("\u00a0", " ")


def data(capsys: Capture, *arguments: str, code: int = 0) -> Any:
    """Run select with --json, check the schema and return the data."""
    found = json.loads(output(capsys, *arguments, "--json", code=code))
    jsonschema.Draft202012Validator(json.loads(schema_text("selection", "rag_assistant", None))).validate(found)
    return found


def test_the_verdict_comes_first(capsys: Capture) -> None:
    """The first line says what is proved; then the goal, each limit with its slack, and the choice."""
    lines = [line.rstrip() for line in output(capsys, OPTIONS, *WISHES, *PRODUCT).splitlines()]
    assert lines[0].startswith(f"{OPTIONS} · minimize cost · optimal (proved), ")
    assert [line.split() for line in lines[2:5]] == [
        ["→", "cost", "1", "210", "smallest"],
        ["✓", "latency_ms", "857", "≤", "900", "slack", "4.8", "%"],
        ["✓", "availability", "0.996006", "≥", "0.996", "slack", "0.0006", "%"],
    ]
    assert lines[7].split() == ["gateway", "managed", "210", "12", "0.9995"]


def test_json_of_an_optimum(capsys: Capture) -> None:
    """Choice, totals, bound, gap and limits come as data that satisfies the published schema."""
    found = data(capsys, OPTIONS, *WISHES, *PRODUCT)
    assert (found["status"], found["value"], found["bound"], found["gap"]) == ("optimal", 1210.0, 1210.0, 0.0)
    assert found["chosen"]["model"] == "compact"
    assert [(row["limit"], row["holds"]) for row in found["limits"]] == [
        ("latency_ms<=900", True),
        ("availability>=0.996", True),
    ]


def test_json_of_a_front_and_of_a_pool(capsys: Capture) -> None:
    """Fronts and pools satisfy the same schema; shares add up."""
    front = data(capsys, str(FOLDER / "task_graph.json"), "--pareto", "cost,time")
    assert [point["values"] for point in front["front"]] == [
        {"cost": 349.0, "time": 150.0},
        {"cost": 355.0, "time": 147.0},
        {"cost": 381.0, "time": 121.0},
        {"cost": 390.0, "time": 110.0},
    ]
    pool = data(capsys, str(FOLDER / "serving_pool.json"))["pools"]["serving"]
    assert all(sum(shares.values()) == pytest.approx(1) for shares in pool["shares"].values())


def test_infeasible_names_the_smallest_conflict_and_a_way_out(capsys: Capture) -> None:
    """Exit 3, the limits that cannot hold together, and what each would have to be."""
    arguments = [OPTIONS, "--minimize", "cost", "--limit", "latency_ms<=600", "--limit", "cost<=1900"]
    text = output(capsys, *arguments, "--limit", "latency_ms>=1", code=3)
    assert "infeasible (proved)" in text.splitlines()[0]
    assert "✗ latency_ms<=600   with everything else as it is, ≤ 744 can be met" in text
    assert "✗ cost<=1900   with everything else as it is, ≤ 2 335 can be met" in text
    assert "latency_ms>=1" not in text
    found = data(capsys, *arguments, code=3)
    assert found["chosen"] == {}
    assert [relief["feasible_at"] for relief in found["conflict"]["reliefs"]] == [744.0, 2335.0]


def test_independent_conflicts_are_all_named(capsys: Capture) -> None:
    """Two limits that each cannot hold are two conflicts, in text and data."""
    arguments = [OPTIONS, "--minimize", "cost", "--limit", "latency_ms<=100", "--limit", "cost<=100"]
    assert "Apart from that: this cannot hold" in output(capsys, *arguments, code=3)
    assert len(data(capsys, *arguments, code=3)["conflict"]["others"]) == 1


def test_out_of_time_exits_4_with_a_gap(tmp_path: Path, capsys: Capture) -> None:
    """A problem that is too hard for the time gives the best found, a bound, and says that nothing is proved."""
    rng = random.Random(1)
    rows = ["role,option,value," + ",".join(f"r{k}" for k in range(10))]
    for g in range(120):
        rows += [
            f"g{g},i{i},{rng.randrange(400)}," + ",".join(str(rng.randrange(10)) for _ in range(10)) for i in range(10)
        ]
    (tmp_path / "hard.csv").write_text("\n".join(rows))
    limits = [word for k in range(10) for word in ("--limit", f"r{k}<=500")]
    found = data(capsys, str(tmp_path / "hard.csv"), "--maximize", "value", *limits, "--time-limit", "2", code=4)
    assert found["status"] == "stopped"
    assert found["bound"] > found["value"] > 0
    assert 0 < found["gap"] < 0.05


def test_bad_input_exits_2_and_prints_nothing_else(tmp_path: Path, capsys: Capture) -> None:
    """All problems go to standard error with file and line; standard output stays empty."""
    (tmp_path / "t.csv").write_text("role,option,cost\na,x,1\na,x,2\n")
    assert run(["select", str(tmp_path / "t.csv"), "--minimize", "cots", "--limit", "cost<3", "--json"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("error: ") == 3
    assert "t.csv:3: the option 'x' of 'a' is given twice" in captured.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "--minimize: it is not said what to optimise: minimize or maximize one of availability, cost, latency_ms"),
        (["--pareto", "cost"], "--pareto: found 1; a front has two or three metrics"),
        (
            ["--pareto", "cost,latency"],
            "--pareto: found 'latency'; attributes: availability, cost, latency_ms; did you",
        ),
        (["--pareto", "cost,latency_ms:up"], "the direction is min or max, as in latency_ms:max"),
        (["--pareto", "cost,cost:max"], "a metric is given twice"),
        (["--minimize", "cost", "--edges", "none.csv"], "none.csv: cannot be read: No such file or directory"),
    ],
)
def test_wishes_that_make_no_sense(arguments: list[str], message: str, capsys: Capture) -> None:
    """A missing goal and misspelt metrics are bad input, with the nearest name."""
    assert run(["select", OPTIONS, *arguments]) == 2
    assert message in capsys.readouterr().err


def test_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """``-`` reads CSV or JSON from standard input, and says so."""
    for text in (Path(OPTIONS).read_text(), (FOLDER / "task_graph.json").read_text()):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        assert output(capsys, "-", "--minimize", "cost").startswith("standard input · minimize cost · optimal (proved)")


def test_markup_in_names_is_shown_as_it_is(tmp_path: Path, capsys: Capture) -> None:
    """Brackets and control characters in names neither style nor steer the terminal."""
    (tmp_path / "t.csv").write_text("role,option,[red]c\n[bold]r,\x1b[31mx,1\n", encoding="utf-8")
    text = output(capsys, str(tmp_path / "t.csv"), "--minimize", "[red]c")
    assert "[bold]r" in text
    assert "\x1b" not in text


def test_the_same_bytes_in_every_process(tmp_path: Path) -> None:
    """Two processes with other hash seeds and shuffled rows print the same JSON, nothing before it."""
    header, *rows = Path(OPTIONS).read_text().splitlines()
    random.Random(4).shuffle(rows)
    (tmp_path / "options.csv").write_text("\n".join([header, *rows]))
    (tmp_path / "graph.json").write_text((FOLDER / "task_graph.json").read_text())
    printed = []
    for seed, table in (("1", OPTIONS), ("2", str(tmp_path / "options.csv"))):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        for arguments in ([table, *WISHES, *PRODUCT], [str(tmp_path / "graph.json")]):
            program = [sys.executable, "-m", "advisor", "select", *arguments, "--json"]
            printed.append(subprocess.run(program, env=environment, capture_output=True, check=True).stdout)
    assert printed[:2] == printed[2:]
    assert all(text.startswith(b"{") for text in printed)
