"""Prices of one component raised: the figures of an own catalog that say so, and the scenario solved under them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from advisor.analysis.overrides import as_text
from advisor.catalog.load import Catalog
from advisor.catalog.model import Price
from advisor.catalog.own_figures import with_figures
from advisor.errors import bad_input
from advisor.yamlfile import parse

if TYPE_CHECKING:
    from advisor.rehearsal.world import World

FILE = "figures.yml"


@dataclass(frozen=True)
class Rise:
    """A component whose prices are multiplied."""

    component: str
    factor: float


def dearer(world: World, rise: Rise) -> World:
    """Return the world with a component's prices raised, solved again.

    Raises:
        InputError: the component states no price of its own (it runs on machines that somebody else bills).
    """
    from advisor.rehearsal.world import World

    catalog = under(world.catalog, figures(world.catalog, rise))
    scenario = replace(world.scenario, catalog=catalog)
    return World.of(scenario, catalog, as_of=world.table.as_of, only=world.only)


def figures(catalog: Catalog, rise: Rise) -> str:
    """Return the text of ``figures.yml`` with the raised prices of every option of a component.

    Raises:
        InputError: the component states no price.

    >>> import advisor
    >>> catalog = advisor.load_catalog()
    >>> raised = under(catalog, figures(catalog, Rise("claude_haiku_4_5", 2.0)))
    >>> [round(c.options["claude_haiku_4_5_anthropic"][1].prices[0].usd / 1.0, 6) for c in (catalog, raised)]
    [1.0, 2.0]
    """
    component = catalog.records.components[rise.component]
    stated: dict[str, dict[str, Any]] = {}
    for option in component.options:
        newest = {price.meter: price for price in option.prices}
        raised = {f"prices.{meter}": _raised(price, rise.factor) for meter, price in newest.items()}
        stated |= {option.id: raised} if raised else {}
    if not stated:
        raise bad_input("states no price of its own, so none can be raised", path=rise.component)
    return as_text(stated)


def _raised(price: Price, factor: float) -> dict[str, Any]:
    """Return a price as a file states it, every amount in it multiplied."""
    stated = price.model_dump(by_alias=True, exclude_none=True, exclude_defaults=True)
    dropped = {"meter", "source", "basis", "reasoning", "from"}
    found = {key: value for key, value in stated.items() if key not in dropped}
    found |= {key: found[key] * factor for key in ("usd", "minimum_usd") if key in found}
    if "tiers" in found:
        found["tiers"] = [{**tier, "usd": tier["usd"] * factor} for tier in found["tiers"]]
    why = f"{100 * (factor - 1):.0f} % more, the change of this rehearsal"
    return {**found, "basis": "estimate", "reasoning": why}


def under(catalog: Catalog, text: str) -> Catalog:
    """Return a catalog with figures in place of those that stand there; the same for an empty text."""
    if not text:
        return catalog
    records, own = with_figures(catalog.records, parse(text, FILE))
    digest = hashlib.sha256(f"{catalog.digest}{text}".encode()).hexdigest()[:12]
    return replace(catalog, records=records, digest=digest, own=(*catalog.own, *own))
