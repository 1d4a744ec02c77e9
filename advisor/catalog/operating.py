"""Classes of running: what it takes to run a kind of system, and how often such a system fails by itself.

An option says ``operated_as: stateful_cluster`` and has the hours, and the common-cause availability, of its class
unless it states its own. One statement for all options of a class is corrected in one place, and moves as one when
figures are drawn from their ranges.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from advisor.catalog.model import Component, Operating, Option, Provenance
from advisor.errors import Problem, nearest
from advisor.yamlfile import Document, load

FILE = "operating.yml"
HOURS, SOFTWARE = ("operations_h_per_month",), ("availability", "software")  # places inside an option
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


def shared_places(option: Option, classes: Mapping[str, Operating]) -> dict[Place, Provenance]:
    """Return the places of an option at which its class's figures stand."""
    one = classes.get(option.operated_as or "")
    if one is None:
        return {}
    pairs: tuple[tuple[Place, Provenance | None, Provenance | None], ...] = (
        (HOURS, option.operations_h_per_month, one.operations_h_per_month),
        (SOFTWARE, option.availability.software, one.software),
    )
    return {place: figure for place, figure, shared in pairs if figure is not None and figure == shared}


def with_class(components: Mapping[str, Component], name: str, old: Operating, new: Operating) -> dict[str, Component]:
    """Return the components in which the figures of one class are others."""
    return {key: _component(component, name, old, new) for key, component in components.items()}


def _component(component: Component, name: str, old: Operating, new: Operating) -> Component:
    if all(option.operated_as != name for option in component.options):
        return component
    options = [_option(option, old, new) if option.operated_as == name else option for option in component.options]
    return component.model_copy(update={"options": options})


def _option(option: Option, old: Operating, new: Operating) -> Option:
    changes: dict[str, Any] = {}
    if option.operations_h_per_month == old.operations_h_per_month:
        changes["operations_h_per_month"] = new.operations_h_per_month
    if option.availability.software is not None and option.availability.software == old.software:
        changes["availability"] = option.availability.model_copy(update={"software": new.software})
    return option.model_copy(update=changes)
