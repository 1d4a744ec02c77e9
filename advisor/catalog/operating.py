"""Classes of running: what it takes to run a kind of system, and how often such a system fails by itself.

An option says ``operated_as: stateful_cluster`` and has the hours, and the common-cause availability, of its class
unless it states its own. Where no agreement covers it (a plan without one, a single zone), ``without_agreement`` stands
in place of a figure and means that of its class; where its software fails as that of another class does, the name of
that class. One statement for all options of a class is corrected in one place, and moves as one when figures are drawn
from their ranges.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from advisor.catalog.model import Component, Figure, Operating, Option
from advisor.errors import Problem, nearest
from advisor.yamlfile import Document, load

FILE = "operating.yml"
HOURS, SOFTWARE = ("operations_h_per_month",), ("availability", "software")  # places inside an option
UNAGREED = "without_agreement"  # in place of a figure: what the class states where no agreement covers the option
Place = tuple[str | int, ...]


def stated_in(root: Path) -> dict[str, Operating]:
    """Return the classes that a folder states; a broken one is left out, as its own record says what is wrong."""
    if not (root / FILE).is_file():
        return {}
    data, found = load(root / FILE, FILE).data, {}
    for key, value in data.items() if isinstance(data, dict) else ():
        try:
            found[str(key)] = Operating.model_validate(value)
        except ValidationError:
            continue
    return found


def complete(value: Any, known: Mapping[str, Operating], document: Document) -> Iterator[Problem]:
    """Give the options of a component, as read from YAML, what their class states; yield classes that do not exist."""
    options = value.get("options") if isinstance(value, dict) else None
    for index, option in enumerate(options if isinstance(options, list) else ()):
        name = option.get("operated_as") if isinstance(option, dict) else None
        if not isinstance(name, str):
            continue
        if name not in known:
            message = f"found '{name}'; it is not a class of operating.yml{nearest(name, known)}"
            yield document.problem(("options", index, "operated_as"), message)
            continue
        option.setdefault("operations_h_per_month", known[name].operations_h_per_month)
        if known[name].software is not None:
            option.setdefault("availability", {"software": known[name].software})
        for place, message in _fill(option.get("availability"), name, known):
            yield document.problem(("options", index, "availability", *place), message)


def _fill(availability: Any, name: str, known: Mapping[str, Operating]) -> Iterator[tuple[Place, str]]:
    """Put figures where names of them stand; yield the place and the problem of each name that has none."""
    for table, key, place in _named(availability):
        figure, message = _meant(table[key], place, name, known)
        if figure is None:
            yield place, message
        table[key] = figure or known[name].operations_h_per_month  # any figure, so that the mistake is said once


def _meant(word: str, place: Place, name: str, known: Mapping[str, Operating]) -> tuple[Figure | None, str]:
    """Return the figure that a word stands for in an option of a class, and what is wrong where it stands for none."""
    if place == ("software",):
        figures = {key: one.software for key, one in known.items() if one.software is not None}
        hint = nearest(word, figures)
        return figures.get(word), f"found '{word}'; a figure or a class of operating.yml that has one is expected{hint}"
    if word != UNAGREED:
        return None, f"found '{word}'; a figure or '{UNAGREED}' is expected{nearest(word, [UNAGREED])}"
    return known[name].without_agreement, f"the class {name} of operating.yml states no {UNAGREED}"


def _named(availability: Any) -> Iterator[tuple[dict[str, Any], str, Place]]:
    """Yield (table, key, place) of every word that stands for a figure of an availability as read from YAML."""
    if not isinstance(availability, dict):
        return
    zones = availability.get("service_by_zones")
    places: list[tuple[dict[str, Any], str, Place]]
    places = [(availability, key, (key,)) for key in ("service", "observed", "software")]
    places += [(zones, key, ("service_by_zones", key)) for key in zones] if isinstance(zones, dict) else []
    yield from ((table, key, place) for table, key, place in places if isinstance(table.get(key), str))


def shared_places(option: Option, classes: Mapping[str, Operating]) -> dict[Place, tuple[str, Place]]:
    """Return the places of an option at which a class's figure stands, with that class and the place there."""
    own = option.operated_as or ""
    if own not in classes:
        return {}
    found: dict[Place, tuple[str, Place]]
    found = {place: (own, at) for place, at in _stated(option, classes[own])}
    software = option.availability.software
    other = next((key for key, one in classes.items() if software is not None and one.software == software), None)
    if other is not None:
        found.setdefault(SOFTWARE, (other, ("software",)))
    return found


def _stated(option: Option, one: Operating) -> Iterator[tuple[Place, tuple[str]]]:
    """Yield (place in the option, place in the class) of every figure that is the class's."""
    ways = option.availability
    if option.operations_h_per_month == one.operations_h_per_month:
        yield HOURS, ("operations_h_per_month",)
    if ways.software is not None and ways.software == one.software:
        yield SOFTWARE, ("software",)
    if one.without_agreement is None:
        return
    if ways.service == one.without_agreement:
        yield ("availability", "service"), (UNAGREED,)
    for zones, figure in (ways.service_by_zones or {}).items():
        if figure == one.without_agreement:
            yield ("availability", "service_by_zones", zones), (UNAGREED,)


def with_class(components: Mapping[str, Component], name: str, old: Operating, new: Operating) -> dict[str, Component]:
    """Return the components in which the figures of one class are others."""
    return {key: _component(component, name, old, new) for key, component in components.items()}


def _component(component: Component, name: str, old: Operating, new: Operating) -> Component:
    options = [_option(option, name, old, new) for option in component.options]
    if all(after is before for after, before in zip(options, component.options, strict=True)):
        return component
    return component.model_copy(update={"options": options})


def _option(option: Option, name: str, old: Operating, new: Operating) -> Option:
    """Return the option with the figures that a class now states in place of those it has from it.

    Of a class that is not its own, an option has the availability of its software at most.
    """
    if option.operated_as != name and (old.software is None or option.availability.software != old.software):
        return option
    changes, ways, zones = dict[str, Any](), dict[str, Any](), dict(option.availability.service_by_zones or {})
    for place, (key,) in _stated(option, old):
        figure = getattr(new, key)
        if place != SOFTWARE and option.operated_as != name:
            continue
        if place == HOURS:
            changes["operations_h_per_month"] = figure
        elif place[1] == "service_by_zones":
            ways["service_by_zones"] = zones = {**zones, place[2]: figure}  # type: ignore[dict-item]
        else:
            ways[str(place[1])] = figure
    if ways:
        changes["availability"] = option.availability.model_copy(update=ways)
    return option.model_copy(update=changes) if changes else option
