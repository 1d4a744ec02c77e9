"""Published tables: what was judged by hand is what the audit says, figure by figure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from advisor.audit.report import Options, audit_table

FOLDER = Path(__file__).parent / "cases" / "audit"
EXPECTED = sorted(FOLDER.glob("*.expected.yml"))


def table_of(expected: Path) -> Path:
    """Return the table that expectations stand beside."""
    name = expected.name.removesuffix(".expected.yml")
    (found,) = (path for path in FOLDER.glob(f"{name}.*") if path != expected)
    return found


@pytest.mark.parametrize("path", EXPECTED, ids=lambda path: path.name.partition(".")[0])
def test_published_table(path: Path) -> None:
    """Verdict, every finding with its slips, and the number of figures that agree are as judged by hand."""
    expected: dict[str, Any] = yaml.safe_load(path.read_text())
    assert expected["source"]
    assert expected["judged"]
    columns = {name: (role, unit) for name, (role, unit) in expected.get("options", {}).get("columns", {}).items()}
    report = audit_table(table_of(path), Options(columns=columns))
    said = [
        {
            "verdict": table.verdict.value,
            "agree": len(table.agreeing),
            "wrong": [[f.check, f.row, f.verdict.value, [e.slip for e in f.explanations]] for f in table.wrong],
        }
        for table in report.tables
    ]
    assert said == expected["tables"]


def test_every_table_has_expectations_and_some_are_wrong() -> None:
    """No table lies there unjudged; of at least twenty, between a third and three quarters are wrong."""
    tables = [p for p in FOLDER.iterdir() if p.suffix in (".csv", ".md") and p.name != "README.md"]
    assert {table_of(path) for path in EXPECTED} == set(tables)
    wrong = [path for path in EXPECTED if "wrong:\n" in path.read_text()]
    assert len(tables) >= 20
    assert len(tables) / 3 <= len(wrong) <= len(tables) * 3 / 4
