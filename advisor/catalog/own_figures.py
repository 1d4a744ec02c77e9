"""Single figures of one's own, from ``figures.yml``: option -> place of the figure -> figure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from advisor.catalog.load import Own, Records
from advisor.catalog.model import Capacity, Component, Figure, Latency, Option, Price
from advisor.errors import InputError, Problem, listing, nearest
from advisor.schema import Strict, problems
from advisor.yamlfile import Document

HOURS = "operations_h_per_month"
GROUPS: dict[str, type[Strict]] = {
    "capacity": Capacity,
    "latency": Latency,
    "quality": Figure,
    "availability": Figure,
    "prices": Price,
    HOURS: Figure,
}
PLACES = f"capacity.NAME, latency.NAME, quality.NAME, availability.service, prices.METER, {HOURS}"
Place = tuple[str | int, ...]


def with_figures(records: Records, document: Document) -> tuple[Records, tuple[Own, ...]]:
    """Return the records with the figures of one file in place of those that stood there, and what was replaced.

    Raises:
        InputError: every option that does not exist, every place that an option does not state, every broken figure.
    """
    owners = {option.id: component.id for component in records.components.values() for option in component.options}
    components, found, own = dict(records.components), list[Problem](), list[Own]()
    for name, place, value in _stated(document, owners, found):
        component = components[owners[name]]
        try:
            components[component.id], was = _replaced(component, name, place, value, document)
            own.append(Own(document.file, name, place, was))
        except InputError as error:
            found += error.problems
    if found:
        raise InputError(found)
    return records.model_copy(update={"components": components}), tuple(own)


def _stated(document: Document, known: Mapping[str, str], found: list[Problem]) -> Iterator[tuple[str, str, Any]]:
    """Yield (option, place, figure) of everything that the file states; what has the wrong form goes to ``found``."""
    if not isinstance(document.data, dict):
        raise InputError([document.problem((), "a mapping option -> place -> figure is expected")])
    for name, stated in document.data.items():
        if name not in known:
            found.append(document.problem((name,), f"is not an option of the catalog{nearest(str(name), known)}"))
            for place, value in stated.items() if isinstance(stated, dict) else ():
                _figure(str(place), value, document, (str(name), str(place)), found)
        elif not isinstance(stated, dict):
            found.append(document.problem((name,), "place -> figure is expected, as latency.search_ms: {...}"))
        else:
            yield from ((str(name), str(place), value) for place, value in stated.items())


def _replaced(component: Component, name: str, place: str, value: Any, document: Document) -> tuple[Component, str]:
    index = next(i for i, option in enumerate(component.options) if option.id == name)
    option, was = _with_figure(component.options[index], place, value, document)
    options = [*component.options[:index], option, *component.options[index + 1 :]]
    return component.model_copy(update={"options": options}), was


def _with_figure(option: Option, place: str, value: Any, document: Document) -> tuple[Option, str]:
    """Return the option with one figure replaced, and the replaced one in a few words."""
    path: Place = (option.id, place)
    group, _, key = place.partition(".")
    found = list(_unstated(option, group, key, document, path))
    figure = _figure(place, value, document, path, found)
    if found:
        raise InputError(found)
    if group == "prices":
        return _with_price(option, figure)
    if group == "availability":
        return _with_availability(option, key, figure)
    known = getattr(option, group)
    if group == HOURS:
        return option.model_copy(update={group: figure}), words(known)
    return option.model_copy(update={group: {**known, key: figure}}), words(known[key])


def _unstated(option: Option, group: str, key: str, document: Document, path: Place) -> Iterator[Problem]:
    """Yield the problem of a place at which an option states no figure."""
    if group == "prices":
        known = dict.fromkeys(one.meter for one in option.prices)
        message = f"the option has no such price; it has: {listing(known)}{nearest(key, known)}"
    elif group == "availability":
        known = dict.fromkeys(_ways(option))
        how = listing(known) if known else "it is stated for each number of zones: replace the whole component"
        message = f"the option's availability has no {key}; {how}"
    elif group in GROUPS and group != HOURS:
        known = getattr(option, group)
        message = f"the option states no {path[-1]}; {group}: {listing(known)}{nearest(key, known)}"
    else:
        return
    if key and key not in known:
        yield document.problem(path, message)


def _figure(place: str, value: Any, document: Document, path: Place, found: list[Problem]) -> Any:
    """Return the figure that is stated at a place; None, and why in ``found``, where it is none."""
    group, _, key = place.partition(".")
    if group not in GROUPS or bool(key) == (group == HOURS):
        found.append(document.problem(path, f"is not the place of a figure; places: {PLACES}"))
        return None
    model = GROUPS[group]
    try:
        return model.model_validate({**value, "meter": key} if group == "prices" and isinstance(value, dict) else value)
    except ValidationError as error:
        found += problems(error, model, document, path)
        return None


def _with_price(option: Option, price: Price) -> tuple[Option, str]:
    """Return the option with the whole history of one meter replaced by one price."""
    meters = [one.meter for one in option.prices]
    was = [one for one in option.prices if one.meter == price.meter][-1]
    prices = [one for one in option.prices if one.meter != price.meter]
    prices.insert(meters.index(price.meter), price)
    return option.model_copy(update={"prices": prices}), words(was)


def _ways(option: Option) -> list[str]:
    """Return the ways in which one figure can state the availability of an option."""
    ways = option.availability
    return ["software"] if ways.software else [] if ways.service_by_zones else ["service", "observed"]


def _with_availability(option: Option, key: str, figure: Figure) -> tuple[Option, str]:
    """Return the option with another availability, stated in the way in which the option states it."""
    ways = option.availability
    was = getattr(ways, key) or ways.service or ways.observed
    return option.model_copy(update={"availability": ways.model_copy(update={key: figure})}), words(was)


def words(figure: Any) -> str:
    """Return the numbers of a figure in a few words.

    >>> import datetime
    >>> words(Latency(p50=8, p99=20, basis="estimate", checked=datetime.date(2026, 1, 1), reasoning="guessed"))
    'p50 8, p99 20'
    """
    if getattr(figure, "tiers", None):
        return f"{len(figure.tiers)} tiers from {figure.tiers[0].usd:g} USD"
    names = ("value", "usd", "p50", "mean", "p95", "p99", "cv")
    found = [(name, value) for name in names if (value := getattr(figure, name, None)) is not None]
    return ", ".join(f"{value:g}" if name == "value" else f"{name} {value:g}" for name, value in found) or "no limit"
