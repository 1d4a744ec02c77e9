"""Prices of language models as the package ``genai-prices`` lists them, step by step over time, and what changed.

The package is an optional extra, and its bundled data are read: nothing goes over the network. A price that holds at
some hours of the day only is left out; the one that holds outside of them counts.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from advisor.catalog.load import Catalog
from advisor.catalog.model import Tariff
from advisor.errors import bad_input

PACKAGE, SOURCE = "genai-prices", "genai_prices"
METERS = {  # our meters of options -> names of the price book's meters, and of :func:`listed`
    "million_input_tokens": "input",
    "million_output_tokens": "output",
    "million_cached_input_tokens": "cache_read",
    "million_cache_write_tokens": "cache_write",
    "million_batch_input_tokens": "batch_input",
    "million_batch_output_tokens": "batch_output",
}
KEYS = {name: f"{name}_mtok" for name in ("input", "output", "cache_read", "cache_write")}
BATCH = {"processing": "batch"}
SAME = 1e-9


@dataclass(frozen=True)
class Step:
    """A price in USD per million tokens and the day it starts; None: it is the oldest that is known."""

    start: datetime.date | None
    usd: float


Steps = Mapping[str, tuple[Step, ...]]  # meter of the price book -> steps in order of time


@dataclass(frozen=True)
class Target:
    """A meter whose prices come from the list.

    Attributes:
        kind, record: "components" and the option's id, or "services" and the service's.
        meter: ours; ``listed``: the list's name for it; ``model``: provider/model of the list.
    """

    kind: str
    record: str
    meter: str
    listed: str
    model: str
    prices: tuple[Tariff, ...]


@dataclass(frozen=True)
class Change:
    """A price to append: what is valid at its start now, and what the list says."""

    target: Target
    was: float
    usd: float
    start: datetime.date


@dataclass(frozen=True)
class Compared:
    """Our prices beside the list's.

    Attributes:
        version: of the package. agreed: how many meters have the same price.
        changes: to append. missing: what the list does not have, and other reasons to look.
    """

    version: str
    agreed: int
    changes: tuple[Change, ...]
    missing: tuple[str, ...]


def compare(catalog: Catalog, date: datetime.date) -> Compared:
    """Return what the list says against what the catalog says on a day, and what it announces for later.

    Raises:
        InputError: the package is not installed.
    """
    version, models = _models()
    changes, missing, agreed = list[Change](), list[str](), 0
    for target in targets(catalog):
        steps = listed(models[target.model]).get(target.listed) if target.model in models else None
        if steps is None:
            what = target.listed if target.model in models else "the model"
            missing.append(f"{target.record}: {target.meter}: {PACKAGE} does not list {what} of {target.model}")
            continue
        found = list(_changes(target, steps, date))
        changes += found
        agreed += not found
    return Compared(version, agreed, tuple(changes), tuple(missing))


def targets(catalog: Catalog) -> Iterator[Target]:
    """Yield every meter whose latest price is taken from the list: of options, and of services of the price book."""
    for option_id, listing in catalog.records.listings.items():
        option = catalog.options[option_id][1]
        for meter in dict.fromkeys(price.meter for price in option.prices):
            prices = tuple(price for price in option.prices if price.meter == meter)
            if meter in METERS and prices[-1].source == SOURCE:
                model = f"{listing.provider}/{listing.model}"
                yield Target("components", option_id, meter, METERS[meter], model, prices)
    for key, service in catalog.records.services.items():
        for meter, one in service.meters.items():
            if one.prices[-1].source == SOURCE:
                yield Target("services", key, meter, meter, key, tuple(one.prices))


def _changes(target: Target, steps: Sequence[Step], date: datetime.date) -> Iterator[Change]:
    ours = _valid([(price.from_, price) for price in target.prices], date)
    theirs = _valid([(step.start, step) for step in steps], date)
    if ours is None or theirs is None or ours.usd is None:
        return
    usd = ours.usd
    if abs(usd - theirs.usd) > SAME * max(usd, theirs.usd):
        began = theirs.start if theirs.start and theirs.start > ours.checked else date
        yield Change(target, usd, theirs.usd, began)
        usd = theirs.usd
    known = {price.from_ for price in target.prices}
    for step in steps:
        if step.start and step.start > date and step.start not in known and step.usd != usd:
            yield Change(target, usd, step.usd, step.start)
            usd = step.usd


def _valid(dated: Sequence[tuple[datetime.date | None, Any]], date: datetime.date) -> Any:
    """Return what started last on or before a day, None when nothing had."""
    begun = [one for start, one in dated if start is None or start <= date]
    return begun[-1] if begun else None


def _models() -> tuple[str, dict[str, Any]]:
    """Return the package's version and its models by provider/model."""
    from importlib.metadata import version

    try:
        from genai_prices.data import providers
    except ImportError:
        raise bad_input(f"--prices needs the package {PACKAGE}: pip install 'advisor[prices]'") from None
    return version(PACKAGE), {f"{one.id}/{model.id}": model for one in providers for model in one.models}


def listed(model: Any) -> Steps:
    """Return the steps of every token price of a model: plain, ``long_`` above the prompt length, ``batch_``."""
    dated = [(start, one.prices) for one in _conditional(model) if (start := _start(one)) is not False]
    found: dict[str, list[Step]] = {}
    for start, prices in sorted(dated, key=lambda one: one[0] or datetime.date.min):
        for name, usd in _of(prices):
            found.setdefault(name, []).append(Step(start, usd))
    batches = [(_start(one), one.prices) for one in model.price_variants or () if dict(one.when) == BATCH]
    for start, prices in sorted(batches, key=lambda one: one[0] or datetime.date.min):
        for name, usd in _of(prices):
            if start is not False and not name.startswith("long_"):
                found.setdefault(f"batch_{name}", []).append(Step(start, usd))
    return {name: tuple(steps) for name, steps in found.items()}


def _conditional(model: Any) -> list[Any]:
    """Return prices with their conditions; a model with one price has one without any."""
    if isinstance(model.prices, list):
        return list(model.prices)
    from genai_prices.types import ConditionalPrice

    return [ConditionalPrice(prices=model.prices)]


def _start(one: Any) -> Any:
    """Return the day on which a price starts, None for the oldest, False for one that depends on the hour."""
    if one.constraint is None:
        return None
    return getattr(one.constraint, "start_date", False)


def _of(prices: Any) -> Iterator[tuple[str, float]]:
    for name, key in KEYS.items():
        value = getattr(prices, key, None)
        if value is None:
            continue
        yield name, float(getattr(value, "base", value))
        tiers: Sequence[Any] = getattr(value, "tiers", ())
        if len(tiers) == 1:
            yield f"long_{name}", float(tiers[0].price)
