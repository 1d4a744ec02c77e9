"""A blueprint as plain data: the record as it stands, and what drives which role."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from advisor.analysis.drivers import Driver
from advisor.catalog.blueprint import Blueprint
from advisor.catalog.load import Catalog

SCHEMA_VERSION = 1


def listing(catalog: Catalog) -> dict[str, Any]:
    """Return the blueprints of a catalog in short."""
    found = [
        {"id": one.id, "title": one.title, "summary": one.summary, "roles": list(one.roles), "flows": list(one.flows)}
        for one in catalog.records.blueprints.values()
    ]
    return {"schema_version": SCHEMA_VERSION, "catalog_digest": catalog.digest, "blueprints": found}


def page(blueprint: Blueprint, catalog: Catalog, driven: Sequence[Driver]) -> dict[str, Any]:
    """Return a whole blueprint; a demand that grows from nothing has the growth null."""
    return {
        "schema_version": SCHEMA_VERSION,
        "catalog_digest": catalog.digest,
        "blueprint": blueprint.model_dump(mode="json", by_alias=True, exclude_defaults=True),
        "drivers": [_driver(one) for one in driven],
    }


def _driver(one: Driver) -> dict[str, Any]:
    roles = {
        role.role: {name: ratio if math.isfinite(ratio) else None for name, ratio in role.growth.items()}
        for role in one.roles
    }
    return {"dimension": one.dimension, "parameters": list(one.parameters), "factor": one.factor, "roles": roles}
