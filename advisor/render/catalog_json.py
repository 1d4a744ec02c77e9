"""The catalog as plain data for ``--json``: records as they stand, and figures with unit, source and age."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from typing import Any

from advisor.catalog import provenance
from advisor.catalog.load import Catalog
from advisor.catalog.model import Component, Option
from advisor.catalog.provenance import Traced
from advisor.catalog.search import Hit
from advisor.catalog.warnings import Warned
from advisor.render import catalog_csv

SCHEMA_VERSION = 1


def options(catalog: Catalog, pairs: Sequence[tuple[Component, Option]]) -> dict[str, Any]:
    """Return the options of ``advisor catalog list``."""
    return {**_head(catalog), "options": [_option(catalog, *pair) for pair in pairs]}


def _head(catalog: Catalog) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "catalog_digest": catalog.digest,
        "catalog_date": catalog.date.isoformat(),
    }


def _option(catalog: Catalog, component: Component, option: Option) -> dict[str, Any]:
    price = provenance.main_price(catalog, option)
    return {
        "component": component.id,
        "option": option.id,
        "title": option.title,
        "roles": option.roles,
        "mode": option.mode,
        "cloud": option.cloud,
        "residency": option.residency,
        "licence": component.licence,
        "main_price": {"name": price.name, "value": price.value, "unit": price.unit},
    }


def hits(catalog: Catalog, text: str, found: Sequence[Hit], near: Sequence[str]) -> dict[str, Any]:
    """Return what ``advisor catalog search`` found, the best first, or the nearest names."""
    return {**_head(catalog), "text": text, "hits": [vars(hit) for hit in found], "nearest": list(near)}


def exported(catalog: Catalog) -> dict[str, Any]:
    """Return every figure of the catalog, with the columns of the CSV export that it states."""
    rows = ({key: value for key, value in row.items() if value is not None} for row in catalog_csv.rows(catalog))
    return {**_head(catalog), "figures": list(rows)}


def checked(catalog: Catalog, doubts: Sequence[Warned]) -> dict[str, Any]:
    """Return what a checked catalog holds, on what it rests, and every place of every warning."""
    records = catalog.records
    return {
        **_head(catalog),
        "counts": {
            "components": len(records.components),
            "options": len(catalog.options),
            "roles": len(records.roles),
            "blueprints": len(records.blueprints),
            "sources": len(records.sources),
        },
        "figures_by_basis": provenance.share_by_basis(catalog),
        "warnings": [{"name": one.name, "meaning": one.meaning, "found": list(one.found)} for one in doubts],
    }


def shown(catalog: Catalog, kind: provenance.Kind, name: str, today: datetime.date) -> dict[str, Any]:
    """Return what ``advisor catalog show`` shows: the record as it stands, and its figures."""
    record, found = _record(catalog, kind, name)
    more = {"options": [o.id for _, o in catalog.options_for(name)]} if kind == "role" else {}
    return {
        **_head(catalog),
        "kind": kind,
        "id": name,
        "record": record.model_dump(mode="json", by_alias=True),
        "figures": [figure(one, today) for one in found],
        **more,
    }


def _record(catalog: Catalog, kind: provenance.Kind, name: str) -> tuple[Any, Iterable[Traced]]:
    records = catalog.records
    if kind == "component":
        return records.components[name], provenance.of_component(catalog, records.components[name])
    if kind == "option":
        return catalog.options[name][1], provenance.of_option(catalog, catalog.options[name][1])
    if kind == "role":
        return records.roles[name], provenance.of_role(catalog, name)
    if kind != "source":
        table: Any = {"instance": records.instances, "service": records.services, "cloud": records.clouds}[kind]
        return table[name], provenance.of_record(catalog, kind, name)
    return records.sources[name], provenance.citing(catalog, name)


def figure(one: Traced, today: datetime.date) -> dict[str, Any]:
    """Return a figure with its unit, range, basis, source and age."""
    source = one.source
    return {
        "record": one.record,
        "name": one.name,
        "text": one.value.replace("\u00a0", " "),
        "unit": one.unit,
        "low": one.low,
        "high": one.high,
        "basis": one.figure.basis,
        "source": {
            "id": source.id,
            "title": source.title,
            "address": source.address,
            "publisher": source.publisher,
            "date": source.date,
        }
        if source
        else None,
        "checked": one.figure.checked.isoformat(),
        "age_days": one.age_days(today),
        "stale": one.stale(today),
        "conditions": one.figure.conditions,
        "reasoning": one.figure.reasoning,
    }
