"""What an audit says: a closed vocabulary of verdicts, findings with their arithmetic, and reports."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum


class Verdict(Enum):
    """The four things that can be said about a printed figure."""

    AGREES = "agrees"
    DIFFERS = "differs"
    EXPLAINED = "explained by a slip"
    CANNOT = "cannot be reproduced from what is stated"


@dataclass(frozen=True)
class Explanation:
    """A slip that would reproduce the printed figure: its id, in words, and whether it takes two slips at once."""

    slip: str
    text: str
    weak: bool = False


@dataclass(frozen=True)
class Finding:
    """One figure that was judged.

    Attributes:
        verdict: one of the four.
        check: id of the check, for example ``line`` or ``total`` or ``littles_law``.
        row: the row's label, "" for the table as a whole.
        line: the line in the file.
        column: the column's header.
        found: what is printed.
        expected: what follows from the rest.
        formula: with the numbers in it.
        explanations: slips that reproduce what is printed, simplest first; several mean that it is not determined.
        question: the input to ask for, "" when nothing is missing.
        remark: anything else to know, for example under which unstated convention it agrees.
    """

    verdict: Verdict
    check: str
    row: str = ""
    line: int = 0
    column: str = ""
    found: str = ""
    expected: str = ""
    formula: str = ""
    explanations: tuple[Explanation, ...] = ()
    question: str = ""
    remark: str = ""

    @property
    def wrong(self) -> bool:
        """Whether somebody has to do something about it."""
        return self.verdict is not Verdict.AGREES


@dataclass
class TableReport:
    """The audit of one table.

    ``columns`` are (header, meaning, unit); ``unused`` headers; ``notes`` what was assumed in reading.
    """

    title: str
    number: int
    line: int
    kind: str
    columns: list[tuple[str, str, str]] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    rows: int = 0

    @property
    def wrong(self) -> list[Finding]:
        """Findings that are not agreement."""
        return [finding for finding in self.findings if finding.wrong]

    @property
    def agreeing(self) -> list[Finding]:
        """Figures that follow from the rest."""
        return [finding for finding in self.findings if not finding.wrong]

    @property
    def verdict(self) -> Verdict:
        """The worst that was found; a table in which nothing could be checked cannot be reproduced."""
        found = {finding.verdict for finding in self.findings}
        for verdict in (Verdict.DIFFERS, Verdict.EXPLAINED, Verdict.CANNOT):
            if verdict in found:
                return verdict
        return Verdict.AGREES if found else Verdict.CANNOT


@dataclass
class Report:
    """The audit of a file: one report a table, and tables that are neither costs nor load tests."""

    file: str
    tables: list[TableReport] = field(default_factory=list)
    skipped: list[tuple[int, int, str]] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        """Whether nothing differs and everything could be reproduced."""
        return all(table.verdict is Verdict.AGREES for table in self.tables)
