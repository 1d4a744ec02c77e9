"""Infracost: ``infracost breakdown --format json``; prices per unit of each cost component, in USD.

Format: ``internal/output/output.go`` of infracost/infracost, version 0.2.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from advisor.errors import listing, nearest
from advisor.imports.measurement import Measurement, Priced
from advisor.imports.source_file import SourceFile, as_json

TITLE = "Infracost JSON (infracost breakdown --format json)"
VERSIONS = ("0.2", "0.1")


def detect(text: str, data: Any) -> bool:
    """Say whether a file is of this kind."""
    return isinstance(data, dict) and isinstance(data.get("projects"), list) and "totalMonthlyCost" in data


def read(text: str, name: str, series: str | None) -> Measurement:
    """Return the prices of one resource. ``series``: its name, with the module and the index if it has them."""
    file = SourceFile(name, text, "Infracost")
    data = as_json(text, name)
    if not isinstance(data, dict) or not isinstance(data.get("projects"), list):
        file.refuse("projects is missing; the output of `infracost breakdown --format json` is expected")
    if str(data.get("version")) not in VERSIONS:
        file.refuse(f"found {data.get('version')!r}; versions that are read: {listing(VERSIONS)}", "version")
    if data.get("currency", "USD") != "USD":
        file.refuse(f"found {data['currency']!r}; USD is expected: set INFRACOST_CURRENCY=USD", "currency")
    resources = list(_resources(data))
    chosen = _chosen(file, resources, series)
    prices = tuple(_prices(file, chosen, f"{chosen.get('name')}"))
    file.done()
    if not prices:
        file.refuse(f"states no price for {chosen.get('name')}")
    return Measurement(
        tool="Infracost",
        what=str(chosen.get("name")),
        date=str(data.get("timeGenerated", ""))[:10],
        prices=prices,
    )


def _resources(data: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for project in data["projects"]:
        breakdown = project.get("breakdown") if isinstance(project, dict) else None
        for resource in (breakdown or {}).get("resources") or [] if isinstance(breakdown, dict) else []:
            if isinstance(resource, dict):
                yield resource


def _chosen(file: SourceFile, resources: list[dict[str, Any]], series: str | None) -> dict[str, Any]:
    names = [str(one.get("name")) for one in resources]
    if not names:
        file.refuse("holds no resource with a price")
    if series is None and len(names) > 1:
        file.refuse(f"holds several resources; choose one with --series: {listing(names, 20)}")
    wanted = names[0] if series is None else series
    if wanted not in names:
        file.refuse(f"--series: '{wanted}' is not one of its resources: {listing(names, 20)}{nearest(wanted, names)}")
    if names.count(wanted) > 1:
        file.refuse(f"--series: '{wanted}' stands in several of its projects; export one project alone")
    return resources[names.index(wanted)]


def _prices(file: SourceFile, resource: dict[str, Any], where: str) -> Iterator[Priced]:
    """Yield the prices of a resource and of what is inside it; a price that was not found is a problem, not 0."""
    for one in resource.get("costComponents") or []:
        name = str(one.get("name"))
        if one.get("priceNotFound"):
            file.note(f"{where}: {name}", "Infracost found no price for it; it cannot be taken over")
            continue
        value = _decimal(one.get("price"))
        if value is None:
            file.note(f"{where}: {name}", f"found price {one.get('price')!r}; a number of at least 0 is expected")
            continue
        yield Priced(name, str(one.get("unit")), value, where)
    for inner in resource.get("subresources") or []:
        yield from _prices(file, inner, f"{where}.{inner.get('name')}")


def _decimal(text: Any) -> float | None:
    try:
        value = float(text)
    except (TypeError, ValueError):
        return None
    return value if 0 <= value < float("inf") else None
