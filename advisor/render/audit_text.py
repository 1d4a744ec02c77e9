"""An audit as text: per table the verdict, what was understood, what is wrong and why, and what agrees."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterator, Sequence

from advisor.audit.findings import Finding, Report, TableReport, Verdict

MARKS = {Verdict.AGREES: "✓", Verdict.DIFFERS: "✗", Verdict.EXPLAINED: "✗", Verdict.CANNOT: "?"}
MOST_LISTED = 6


def harmless(text: str) -> str:
    """Return text on one line without control, format or private characters; for text that knows no markup.

    >>> harmless("a\\x1b[31mb\\u202ec [bold]d")
    'a[31mbc [bold]d'
    """
    return "".join(c for c in " ".join(text.split()) if unicodedata.category(c) not in ("Cc", "Cf", "Co", "Cs"))


def report_text(report: Report, width: int = 100) -> str:
    """Return a report as text, lines at most ``width`` wide where words allow it."""
    parts = [_table(table, report.file, width) for table in report.tables]
    if report.skipped:
        listed = ", ".join(f"table {number} (line {line}) {reason}" for number, line, reason in report.skipped)
        parts.append(_filled(f"Not audited: {listed}.", "", width) + "\n")
    return "\n".join(parts)


def _table(table: TableReport, file: str, width: int) -> str:
    lines = [*_verdict(table, file, width), "", *_understood(table, width)]
    if table.wrong:
        lines += ["", *(line for finding in table.wrong for line in _finding(finding, width))]
    lines += ["", *_agreeing(table.agreeing, width)]
    return "\n".join(lines) + "\n"


def _verdict(table: TableReport, file: str, width: int) -> Iterator[str]:
    kind = "cost table" if table.kind == "cost" else "load test"
    title = f" · {harmless(table.title)}" if table.title else ""
    yield from _filled(f"{harmless(file)}:{table.line} · table {table.number}{title} · {kind}", "", width).splitlines()
    counts = {verdict: sum(f.verdict is verdict for f in table.findings) for verdict in Verdict}
    if not table.findings:
        what = "no total, and no price beside a quantity and an amount" if table.kind == "cost" else "see the notes"
        yield f"NOTHING TO CHECK: {what}"
        return
    text = " · ".join(f"{count} {_word(verdict, count)}" for verdict, count in counts.items() if count)
    yield ("AGREES: " if not table.wrong else f"{table.verdict.value.upper()}: ") + text


def _word(verdict: Verdict, count: int) -> str:
    if count == 1 or verdict in (Verdict.EXPLAINED, Verdict.CANNOT):
        return verdict.value
    return {Verdict.AGREES: "agree", Verdict.DIFFERS: "differ"}[verdict]


def _understood(table: TableReport, width: int) -> Iterator[str]:
    yield "Understood as:"
    longest = max((len(harmless(header)) for header, _, _ in table.columns), default=0)
    for header, meaning, unit in table.columns:
        name = harmless(header).ljust(min(longest, 36))
        text = f"{name}  {meaning}{', ' + harmless(unit) if unit else ''}"
        yield from _filled(text, "  ", width, "    ").splitlines()
    if table.unused:
        names = ", ".join(harmless(header) or "(no header)" for header in table.unused)
        yield from _filled(f"not used: {names}", "  ", width).splitlines()
    for note in table.notes:
        yield from _filled(f"note: {harmless(note)}", "  ", width).splitlines()


def _finding(finding: Finding, width: int) -> Iterator[str]:
    place = " · ".join(
        part for part in (f"line {finding.line}" if finding.line else "", finding.row, finding.column) if part
    )
    expected = f", expected {finding.expected}" if finding.expected else ""
    place = place or "the table as a whole"
    mark = MARKS[finding.verdict]
    head = f"{mark} {harmless(place)}: found {harmless(finding.found)}{harmless(expected)} — {finding.verdict.value}"
    yield from _filled(head, "", width, "  ").splitlines()
    for text in _details(finding):
        yield from _filled(harmless(text), "    ", width, "      ").splitlines()


def _details(finding: Finding) -> Iterator[str]:
    if finding.formula:
        yield finding.formula
    yield from _explanations(finding)
    if finding.remark:
        yield finding.remark
    if finding.question:
        yield f"please {finding.question}"


def _explanations(finding: Finding) -> Iterator[str]:
    found = finding.explanations
    if not found:
        return
    if finding.verdict is Verdict.CANNOT:
        yield "would fit, each with a figure that is not stated: " + "; or ".join(e.text for e in found)
        return
    for explanation in found:
        strength = "would be explained by two slips at once (weaker)" if explanation.weak else "explained by"
        yield f"{strength}: {explanation.text}"
    if len(found) > 1:
        yield f"which of the {len(found)} it is, is not determined"


def _agreeing(findings: Sequence[Finding], width: int) -> Iterator[str]:
    if not findings:
        yield "Nothing agrees."
        return
    count = len(findings)
    yield f"✓ {count} figure{'s' if count > 1 else ''} agree{'s' if count == 1 else ''}"
    groups: dict[str, list[str]] = {}
    for finding in findings:
        if finding.remark:
            groups.setdefault(finding.remark, []).append(finding.row or finding.column)
    for remark, rows in groups.items():
        different = list(dict.fromkeys(rows))
        more = f" and {len(different) - MOST_LISTED} more" if len(different) > MOST_LISTED else ""
        names = ", ".join(different[:MOST_LISTED]) + more
        yield from _filled(harmless(f"{names}: {remark}"), "    ", width, "      ").splitlines()


def _filled(text: str, indent: str, width: int, hanging: str | None = None) -> str:
    return textwrap.fill(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=indent + "  " if hanging is None else hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )
