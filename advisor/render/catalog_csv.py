"""Every figure of the catalog as one row, for spreadsheets and for programs.

A text that a spreadsheet would take for a formula gets an apostrophe in front: figures may come from strangers.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from advisor.catalog import provenance
from advisor.catalog.load import Catalog
from advisor.catalog.model import Capacity, Component, Day, Figure, Latency, Tariff
from advisor.catalog.provenance import Traced

COLUMNS = (
    "kind",
    "record",
    "component",
    "option",
    "roles",
    "figure",
    "value",
    "unit",
    "low",
    "high",
    "p50",
    "p95",
    "p99",
    "mean",
    "cv",
    "loaded",
    "tiers",
    "free",
    "started_kb",
    "minimum_usd",
    "known_to",
    "from",
    "date",
    "basis",
    "source",
    "source_title",
    "source_address",
    "source_date",
    "checked",
    "conditions",
    "reasoning",
)
PERCENTILES = ("p50", "p95", "p99", "mean", "cv")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "'")  # an apostrophe too: one in front is always ours


def rows(catalog: Catalog) -> Iterator[dict[str, Any]]:
    """Yield one row a figure, in order of records; what is not stated is None."""
    owners = {option.id: component for component in catalog.records.components.values() for option in component.options}
    for kind, option, figure in provenance.every(catalog):
        owner = owners[option.id] if option else None
        yield {
            **dict.fromkeys(COLUMNS),
            "kind": kind,
            "record": figure.record,
            "component": _component_of(kind, figure, owner),
            "option": option.id if option else None,
            "roles": " ".join(option.roles) if option else None,
            "figure": figure.name,
            "unit": figure.unit.replace("\u00a0", " "),
            **_numbers(figure),
            **_provenance(figure),
        }


def _component_of(kind: str, figure: Traced, owner: Component | None) -> str | None:
    return owner.id if owner else figure.record if kind == "components" else None


def _numbers(traced: Traced) -> dict[str, Any]:
    figure = traced.figure
    if isinstance(figure, Latency):
        return {**{name: getattr(figure, name) for name in PERCENTILES}, "loaded": "yes" if figure.loaded else None}
    if isinstance(figure, Tariff):
        return {"value": figure.usd, **_tariff(figure)}
    if isinstance(figure, Figure | Capacity):
        return {"value": figure.value, "low": traced.low, "high": traced.high}
    if isinstance(figure, Day):
        return {"date": figure.date.isoformat()}
    return {}


def _tariff(price: Tariff) -> dict[str, Any]:
    tiers = [
        f"{tier.usd!r} up to {tier.up_to!r}" if tier.up_to else f"{tier.usd!r} above" for tier in price.tiers or []
    ]
    return {
        "tiers": "; ".join(tiers) or None,
        "free": price.free or None,
        "started_kb": price.started_kb,
        "minimum_usd": price.minimum_usd or None,
        "known_to": price.known_to,
        "from": price.from_.isoformat() if price.from_ else None,
    }


def _provenance(traced: Traced) -> dict[str, Any]:
    figure, source = traced.figure, traced.source
    return {
        "basis": figure.basis,
        "source": figure.source,
        "source_title": source.title if source else None,
        "source_address": source.address if source else None,
        "source_date": source.date if source else None,
        "checked": figure.checked.isoformat(),
        "conditions": figure.conditions,
        "reasoning": figure.reasoning,
    }


def text(found: Iterable[Mapping[str, Any]]) -> str:
    """Return rows as CSV (RFC 4180 quoting, lines end in a newline, UTF-8)."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([cell(row[name]) for name in COLUMNS] for row in found)
    return out.getvalue()


def cell(value: Any) -> str:
    """Return a value as a cell: numbers exact, nothing for what is not stated, texts that no spreadsheet computes.

    >>> [cell(value) for value in (0.0725, 12.0, None, "=1+1", "plain", -3)]
    ['0.0725', '12', '', "'=1+1", 'plain', '-3']
    """
    if value is None:
        return ""
    if isinstance(value, int | float):
        return repr(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(value)
    written = str(value)
    return f"'{written}" if written.startswith(FORMULA_STARTS) else written
