"""Candidates as CSV, one row each, for spreadsheets and solvers of one's own."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from advisor.candidates.candidate import Candidate
from advisor.candidates.table import Table

CONSTANTS = (
    "cost_usd_per_month",
    "bill_usd_per_month",
    "operations_h_per_month",
    "availability",
    "quality",
)
LEVELS = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


def text(table: Table, marks: Mapping[tuple[str, str], Mapping[str, Any]]) -> str:
    """Return a table of every candidate: role, option, how it is run, its constants, times by operation (ms), marks.

    ``role`` and ``option`` are the columns that ``advisor select`` reads; ``option`` is the candidate's id. A cell is
    empty where a role has no such operation: it is not zero.
    """
    operations = sorted({name for found in table.candidates.values() for c in found for name in c.latency})
    times = [f"{name}_{at}_{what}_ms" for name in operations for at in ("first", "complete") for what in _WHAT]
    cards = sorted({card for found in table.candidates.values() for c in found for card in c.cards})
    rows = [_row(c, marks.get((role, c.id), {}), cards) for role, found in table.candidates.items() for c in found]
    out = io.StringIO()
    columns = [*_HEAD, *CONSTANTS, *map(_column, cards), *times, "not_considered_because"]
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


_WHAT = ("mean", *LEVELS)
_HEAD = ("role", "option", "component", "units", "zones", "needed_units", "tactics", "clouds")


def _column(card: str) -> str:
    return f"cards_{card}"


def _row(one: Candidate, mark: Mapping[str, Any], cards: Sequence[str]) -> dict[str, object]:
    head = (one.role, one.id, one.component_id, one.units, one.zones, one.needed_units)
    lists = (" ".join(one.tactics), " ".join(sorted(one.clouds)))
    constants = {name: repr(float(getattr(one, name))) for name in CONSTANTS}
    return {
        **dict(zip(_HEAD, (*head, *lists), strict=True)),
        **constants,
        **{_column(card): one.cards.get(card, 0) for card in cards},
        **dict(_times(one)),
        "not_considered_because": _why(mark),
    }


def _times(one: Candidate) -> Iterable[tuple[str, str]]:
    for name, pair in one.latency.items():
        for at, time in zip(("first", "complete"), pair, strict=True):
            yield f"{name}_{at}_mean_ms", repr(time.mean())
            for what, value in zip(LEVELS, time.quantiles(list(LEVELS.values())), strict=True):
                yield f"{name}_{at}_{what}_ms", repr(value)


def _why(mark: Mapping[str, Any]) -> str:
    if mark.get("refused_by"):
        return "refused by " + " ".join(mark["refused_by"])
    if mark.get("too_slow_for"):
        return f"misses {mark['too_slow_for']} whatever else can be chosen"
    return f"dominated by {mark['dominated_by']}" if mark.get("dominated_by") else ""
