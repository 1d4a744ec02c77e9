"""When two values of a metric count as equal, and when two candidates run the same."""

from __future__ import annotations

from advisor.candidates.candidate import Candidate

SAME = 1e-9  # values closer than this, relative, count as equal: sums of many terms
SAME_TIME = 1e-5  # percentiles are read off a lattice


def same(a: float, b: float, metric: str = "") -> bool:
    """Return whether two values of a metric count as equal, within what is computed."""
    close = SAME_TIME if "_ms." in metric or "_s." in metric else SAME
    return abs(a - b) <= close * max(abs(a), abs(b))


def running(candidate: Candidate | None) -> tuple[object, ...] | None:
    """Return what a candidate runs, whatever demand it is sized for: equal for equal operation."""
    if candidate is None:
        return None
    parts = tuple((p.option.id if p.option else "none", p.units, p.zones, p.tactics) for p in candidate.members)
    return (candidate.combined_by, candidate.shares, candidate.shared, *parts)
