"""What is no mistake in a catalog and worth knowing: figures that grew old, demand that no price counts.

A warning is a function registered with :func:`warning`; ``advisor catalog check`` counts what each finds.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from advisor.catalog import provenance
from advisor.catalog.load import Catalog
from advisor.catalog.model import Option, Tariff

Finder = Callable[[Catalog, datetime.date], Iterator[str]]
WARNINGS: list[Finder] = []
EXAMPLES = 3


@dataclass(frozen=True)
class Warned:
    """What one warning found.

    Attributes:
        name: the function's; ``meaning``: its docstring.
        found: each place in a few words.
    """

    name: str
    meaning: str
    found: tuple[str, ...]


def warning(function: Finder) -> Finder:
    """Register a warning."""
    WARNINGS.append(function)
    return function


def warned(catalog: Catalog, today: datetime.date) -> list[Warned]:
    """Return what each warning finds in a catalog on a day, those that find nothing left out."""
    every = [Warned(one.__name__, (one.__doc__ or "").strip(), tuple(one(catalog, today))) for one in WARNINGS]
    return [one for one in every if one.found]


@warning
def older_than_allowed(catalog: Catalog, today: datetime.date) -> Iterator[str]:
    """Figures that were compared with their source longer ago than their kind allows."""
    for _, _, traced in provenance.every(catalog):
        if traced.stale(today):
            limit = provenance.PRICE_DAYS if isinstance(traced.figure, Tariff) else provenance.OTHER_DAYS
            yield f"{traced.record}: {traced.name}, {traced.age_days(today)} days, at most {limit}"


@warning
def not_billed(catalog: Catalog, today: datetime.date) -> Iterator[str]:
    """Metered options without a price in a dimension that their roles ask: billed in others, or free."""
    for _, option in catalog.options.values():
        if option.unit is None and (left := sorted(_asked(catalog, option) - _billed(catalog, option))):
            yield f"{option.id}: {', '.join(left)}"


def _asked(catalog: Catalog, option: Option) -> set[str]:
    return {dimension for role in option.roles for dimension in catalog.role(role).dimensions}


def _billed(catalog: Catalog, option: Option) -> set[str]:
    """Return the dimensions that an option's prices count; a flat fee counts none."""
    meters = (catalog.records.meters[price.meter] for price in option.prices)
    return {meter.dimension for meter in meters if meter.dimension}
