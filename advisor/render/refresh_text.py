"""Prices of the catalog beside those of a price list, as text and as plain data."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

from advisor.catalog.price_list import PACKAGE, Compared
from advisor.render.catalog_text import aligned

SCHEMA_VERSION = 1


def page(found: Compared, date: datetime.date) -> str:
    """Return the difference: one line a price, old and new, and from when."""
    counted = f"{found.agreed} prices agree, {len(found.changes)} differ"
    lines = [f"{PACKAGE} {found.version} on {date.isoformat()}: {counted}"]
    if found.changes:
        rows = [
            (one.target.record, one.target.meter, f"{one.was:g} → {one.usd:g} USD", f"from {one.start.isoformat()}")
            for one in found.changes
        ]
        lines += ["", *(f"  {line}" for line in aligned(rows))]
    if found.missing:
        lines += ["", "Not compared", *(f"  {one}" for one in found.missing)]
    return "\n".join(lines) + "\n"


def data(found: Compared, date: datetime.date, written: Sequence[str]) -> dict[str, Any]:
    """Return the same as plain data, with the files that were written."""
    return {
        "schema_version": SCHEMA_VERSION,
        "package": PACKAGE,
        "version": found.version,
        "date": date.isoformat(),
        "agreed": found.agreed,
        "changes": [
            {
                "record": one.target.record,
                "meter": one.target.meter,
                "listed_as": one.target.model,
                "was_usd": one.was,
                "usd": one.usd,
                "from": one.start.isoformat(),
            }
            for one in found.changes
        ],
        "not_compared": list(found.missing),
        "written": list(written),
    }
