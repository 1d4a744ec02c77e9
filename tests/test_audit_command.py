"""``advisor audit``: exit codes, standard input, options, text and JSON."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import jsonschema
import pytest

import advisor
from advisor.audit.findings import Verdict
from advisor.audit.report import audit_text
from advisor.commands.main import run
from advisor.commands.schema import schema_text
from advisor.render import audit_json
from advisor.render.audit_text import report_text

CASES = Path(__file__).parent / "cases" / "audit"
Capture = pytest.CaptureFixture[str]
RIGHT = "item,count,unit price ($),monthly cost ($)\nnodes,3,70.00,210.00\nTotal,,,210.00\n"
WRONG = "item,count,unit price ($),monthly cost ($)\nnodes,3,70.00,70.00\nTotal,,,70.00\n"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Return a folder with a right, a wrong and an unreadable table."""
    (tmp_path / "right.csv").write_text(RIGHT)
    (tmp_path / "wrong.csv").write_text(WRONG)
    (tmp_path / "broken.csv").write_text("item,cost\na,1.2.3\nb,4..4\n")
    return tmp_path


def test_exit_codes(files: Path, capsys: Capture) -> None:
    """0 when all agrees, 1 when something differs, 2 with every problem of the input and no output."""
    assert run(["audit", str(files / "right.csv")]) == 0
    assert run(["audit", str(files / "wrong.csv")]) == 1
    capsys.readouterr()
    assert run(["audit", str(files / "broken.csv")]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert [line.split(": found")[0].partition("broken.csv")[2] for line in captured.err.splitlines()] == [
        ":2: cost",
        ":3: cost",
        "",
    ]
    assert run(["audit", str(files / "missing.csv")]) == 2


def test_the_whole_text(files: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Verdict first, then what was understood, then the finding with formula and slip, then what agrees."""
    monkeypatch.chdir(files)
    run(["audit", "wrong.csv"])
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "wrong.csv:1 · table 1 · cost table",
        "EXPLAINED BY A SLIP: 1 agrees · 1 explained by a slip",
        "",
        "Understood as:",
        "  item              what the line is for",
        "  count             how many there are",
        "  unit price ($)    unit price, USD",
        "  monthly cost ($)  cost a month, USD",
        "",
        "✗ line 2 · nodes · monthly cost ($): found 70.00, expected 210.00 — explained by a slip",
        "    70.00 × 3 = 210.00, not 70.00",
        "    explained by: the count 3 left out",
        "",
        "✓ 1 figure agrees",
    ]


def test_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """A dash reads standard input."""
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(WRONG.encode())))
    assert run(["audit", "-"]) == 1
    assert capsys.readouterr().out.startswith("standard input:1 · table 1")


def test_options_reach_the_audit(tmp_path: Path, capsys: Capture) -> None:
    """Columns, hours, tolerance, think time and given figures on the command line change the verdict."""
    table = tmp_path / "t.csv"
    table.write_text("what,p,v\na,0.6712,483.26\n")
    columns = ["--column", "p=price:/h", "--column", "v=monthly:USD", "--column", "what=name"]
    assert run(["audit", str(table), *columns]) == 0
    assert run(["audit", str(table), *columns, "--hours-per-month", "730"]) == 1
    table.write_text("users,req/s,mean (ms)\n100,40,500\n")
    assert run(["audit", str(table)]) == 1
    assert run(["audit", str(table), "--think-time-s", "2"]) == 0
    assert run(["audit", str(table), "--given", "think_time=2 s"]) == 0
    assert run(["audit", str(table), "--tolerance", "0.9"]) == 0
    assert run(["audit", str(table), "--kind", "cost"]) == 2
    capsys.readouterr()
    assert run(["audit", str(table), "--column", "nonsense"]) == 2
    assert "NAME=VALUE is expected" in capsys.readouterr().err


@pytest.mark.parametrize("path", sorted([*CASES.glob("*.md"), *CASES.glob("*.csv")]), ids=lambda path: path.name)
def test_json_satisfies_its_schema(path: Path, capsys: Capture) -> None:
    """What --json prints satisfies `advisor schema --kind audit`, twice the same bytes, and says what the text says."""
    if path.name == "README.md":
        assert run(["audit", str(path), "--json"]) == 2
        return
    code = run(["audit", str(path), "--json"])
    first = capsys.readouterr().out
    assert run(["audit", str(path), "--json"]) == code
    assert capsys.readouterr().out == first
    data = json.loads(first)
    jsonschema.validate(data, json.loads(schema_text("audit", "rag_assistant", None)))
    assert data["agrees"] == (code == 0)


def test_the_schema_refuses_other_verdicts() -> None:
    """The vocabulary of verdicts is closed, and the schema holds all four."""
    schema = json.loads(schema_text("audit", "rag_assistant", None))
    assert schema["$defs"]["verdict"]["enum"] == [verdict.value for verdict in Verdict]
    data = audit_json.report(audit_text(WRONG, "t.csv"))
    data["tables"][0]["findings"][0]["verdict"] = "probably fine"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, schema)


@pytest.mark.parametrize("path", sorted(CASES.glob("*.md")), ids=lambda path: path.name)
def test_text_keeps_to_its_width(path: Path) -> None:
    """Lines are at most as wide as asked, except where one word is wider."""
    if path.name == "README.md":
        return
    text = report_text(advisor.audit_table(path), 100)
    assert [line for line in text.splitlines() if len(line) > 100 and " " in line.strip()] == []


def test_strangers_text_does_not_steer_the_terminal() -> None:
    """Control characters and direction marks of a table do not come out."""
    text = WRONG.replace("nodes", "no\x1b[31mdes\u202e")
    assert "\x1b" not in report_text(audit_text(text, "t.csv"))
    assert "\u202e" not in report_text(audit_text(text, "t.csv"))


def test_several_explanations_are_not_decided() -> None:
    """When slips explain a figure equally well, all are listed and it is said that none is determined."""
    text = "item,qty,unit price,monthly cost\na,12,$5.00,$5.00\n"
    shown = report_text(audit_text(text, "t.csv"))
    assert shown.count("explained by:") >= 2
    assert "is not determined" in shown
