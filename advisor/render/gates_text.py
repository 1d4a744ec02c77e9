"""What the gates of ``check`` found, for people and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from advisor.analysis.gates import Finding, Gate
from advisor.render import numbers

MOST_SHOWN = 10


def lines(gates: Sequence[Gate]) -> Iterator[tuple[bool, str]]:
    """Yield (passed, text) for each gate, and for each thing that fails it."""
    for gate in gates:
        yield gate.passed, _text(gate)
        for finding in gate.findings[:MOST_SHOWN]:
            yield False, f"    {finding_text(gate, finding)}"
        if len(gate.findings) > MOST_SHOWN:
            yield False, f"    and {len(gate.findings) - MOST_SHOWN} more, which --json lists"


def _text(gate: Gate) -> str:
    if gate.name == "cost":
        return f"cost: {numbers.usd(gate.value or 0.0)}/month, at most {numbers.usd(gate.limit or 0.0)} asked for"
    if gate.name == "slack":
        least = "no bound to measure" if gate.value is None else f"least slack {numbers.percent(gate.value)}"
        return f"slack: {least}, at least {numbers.percent(gate.limit or 0.0)} asked for"
    if gate.name == "gap":
        found = "no bound known" if gate.value is None else numbers.percent(gate.value)
        return f"gap: {found}, at most {numbers.percent(gate.limit or 0.0)} asked for"
    count = len(gate.findings)
    if gate.name == "stale":
        return f"stale figures: {count or 'none'}"
    return f"estimates that decide: {count or 'none'}"


def finding_text(gate: Gate, finding: Finding) -> str:
    """Return one thing that fails a gate.

    >>> finding_text(Gate("stale", False), Finding("a: price.unit_hour", 200.0, "checked 2026-01-01"))
    'a: price.unit_hour: 200 days old (checked 2026-01-01)'
    """
    if gate.name == "slack" and finding.value is not None:
        return f"{finding.subject}: slack {numbers.percent(finding.value)}"
    if gate.name == "stale" and finding.value is not None:
        return f"{finding.subject}: {finding.value:.0f} days old ({finding.detail})"
    return f"{finding.subject}: {finding.detail}"


def data(gates: Sequence[Gate]) -> list[dict[str, Any]]:
    """Return the gates as ``--json`` prints them."""
    return [
        {
            "gate": gate.name,
            "passed": gate.passed,
            "limit": gate.limit,
            "value": gate.value,
            "findings": [{"subject": f.subject, "value": f.value, "detail": f.detail} for f in gate.findings],
        }
        for gate in gates
    ]
