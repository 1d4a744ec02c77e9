"""Finding every figure inside a record, and inside the whole catalog."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from advisor.catalog.model import Provenance
from advisor.schema import Strict

if TYPE_CHECKING:
    from advisor.catalog.load import Records


def figures(records: Records) -> Iterator[tuple[tuple[str, str], tuple[str | int, ...], Provenance]]:
    """Yield (record, path, figure) for every figure of the catalog; what options have from their class once."""
    from advisor.catalog.operating import shared_places

    for kind in ("components", "roles", "instances", "clouds", "services", "operating"):
        for key, record in getattr(records, kind).items():
            shared = set[tuple[str | int, ...]]()
            for index, option in enumerate(record.options if kind == "components" else ()):
                shared |= {("options", index, *place) for place in shared_places(option, records.operating)}
            yield from (((kind, key), path, figure) for path, figure in walk(record, ()) if path not in shared)


def walk(value: object, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Provenance]]:
    """Return (path, figure) for every figure inside a record."""
    found: list[tuple[tuple[str | int, ...], Provenance]] = []
    _collect(value, path, found)
    return iter(found)


def _collect(value: object, path: tuple[str | int, ...], found: list[tuple[tuple[str | int, ...], Provenance]]) -> None:
    """Add the figures inside a value; a list is filled, as a generator for every level takes three times as long."""
    if isinstance(value, Provenance):
        found.append((path, value))
        return
    inner: Iterable[tuple[str | int, object]]
    inner = enumerate(value) if isinstance(value, list) else (value if isinstance(value, dict) else vars(value)).items()
    for key, one in inner:
        if isinstance(one, Strict | dict | list):
            _collect(one, (*path, key), found)
