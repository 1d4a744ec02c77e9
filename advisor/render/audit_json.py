"""An audit as data for other programs; its schema is ``advisor schema --kind audit``."""

from __future__ import annotations

from typing import Any

from advisor.audit.findings import Finding, Report, TableReport

SCHEMA_VERSION = 1


def report(found: Report) -> dict[str, Any]:
    """Return a report; keys without a value are left out."""
    return {
        "schema_version": SCHEMA_VERSION,
        "file": found.file,
        "agrees": found.agrees,
        "tables": [_table(table) for table in found.tables],
        "skipped": [{"table": number, "line": line, "reason": reason} for number, line, reason in found.skipped],
    }


def _table(table: TableReport) -> dict[str, Any]:
    return {
        "table": table.number,
        "line": table.line,
        "title": table.title,
        "kind": table.kind,
        "rows": table.rows,
        "verdict": table.verdict.value,
        "columns": [{"header": h, "meaning": meaning, "unit": unit} for h, meaning, unit in table.columns],
        "unused": table.unused,
        "notes": table.notes,
        "findings": [_finding(finding) for finding in (*table.wrong, *table.agreeing)],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    texts = {
        "row": finding.row,
        "line": finding.line,
        "column": finding.column,
        "found": finding.found,
        "expected": finding.expected,
        "formula": finding.formula,
        "question": finding.question,
        "remark": finding.remark,
    }
    explanations = [{"slip": e.slip, "text": e.text, "weak": e.weak} for e in finding.explanations]
    return {
        "verdict": finding.verdict.value,
        "check": finding.check,
        **{key: value for key, value in texts.items() if value},
        **({"explanations": explanations} if explanations else {}),
    }
