"""What can go wrong, as values: one problem per finding, all problems in one raise.

The library raises these; only the command line turns them into exit codes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

MIN_PART = 3  # a name that is only part of a valid one must be at least this long to hint at it


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong with an input, with everything needed to mend it.

    Attributes:
        file: the file as the user named it, or "" when there is none.
        line: 1-based line, or 0 when unknown.
        path: dotted path inside the file, for example ``constraints.flows.answer.ttft_ms``.
        message: what was found and what is allowed, in one sentence.

    >>> str(Problem("s.yml", 4, "workload.rate", "found -1; must be greater than 0"))
    's.yml:4: workload.rate: found -1; must be greater than 0'
    """

    file: str
    line: int
    path: str
    message: str

    def __str__(self) -> str:
        """Return ``file:line: path: message``, leaving out what is unknown."""
        place = self.file + (f":{self.line}" if self.line and self.file else "")
        return ": ".join(part for part in (place, self.path, self.message) if part)


class AdvisorError(Exception):
    """Root of the errors that advisor raises on purpose. Never raised itself."""

    exit_code = 70


class InputError(AdvisorError):
    """The input cannot be used; carries every problem found, not only the first."""

    exit_code = 2

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: Sequence[Problem] = tuple(dict.fromkeys(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class SolverError(AdvisorError):
    """The solver is missing or failed; no answer is better than a wrong one."""

    exit_code = 70


def bad_input(message: str, *, file: str = "", line: int = 0, path: str = "") -> InputError:
    """Return an :class:`InputError` that holds a single problem."""
    return InputError([Problem(file, line, path, message)])


def nearest(name: object, allowed: Iterable[str]) -> str:
    """Return ``; did you mean 'x'?`` for the closest allowed name, or "" if none is close.

    >>> nearest("qdrnt", ["qdrant", "milvus"])
    "; did you mean 'qdrant'?"
    >>> nearest("cost", ["quality", "cost_usd_per_month"])
    "; did you mean 'cost_usd_per_month'?"
    >>> nearest("zzz", ["qdrant"])
    ''
    """
    names = list(allowed)
    folded = {candidate.lower(): candidate for candidate in names}
    text = str(name).lower()
    match = get_close_matches(text, list(folded), n=1, cutoff=0.5)
    if not match and len(text) >= MIN_PART:
        match = [candidate for candidate in folded if text in candidate][:1]
    match = [folded[found] for found in match]
    return f"; did you mean '{match[0]}'?" if match else ""


def listing(allowed: Iterable[str], limit: int = 12) -> str:
    """Return the allowed names as text, shortened when there are many.

    >>> listing(["b", "a"])
    'a, b'
    """
    names = sorted(allowed)
    if len(names) <= limit:
        return ", ".join(names)
    return ", ".join(names[:limit]) + f", ... ({len(names)} in all)"
