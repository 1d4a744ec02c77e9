"""Figures as numbers that can be moved: which ones some options stand on, and the catalog with some of them changed.

A figure that states several numbers (percentiles of a latency, tiers of a price) has one that stands for it; the others
move with it by the same factor. Coefficients of variation and free allowances stay.
"""

from __future__ import annotations

import datetime
import hashlib
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from advisor.catalog.cache import copied
from advisor.catalog.load import Catalog
from advisor.catalog.model import Basis, Capacity, Component, Figure, Latency, Option, Price, Provenance, Tariff
from advisor.catalog.operating import shared_places, with_class
from advisor.catalog.provenance import unit_of
from advisor.catalog.walk import walk

Kind = Literal["components", "instances", "clouds", "roles", "operating"]
Scale = Literal["ratio", "share", "points"]
Path = tuple[str | int, ...]
_LATENCIES = ("p50", "mean", "p95", "p99")


@dataclass(frozen=True)
class Reference:
    """A figure of the catalog, by its place, with the number that stands for it.

    Attributes:
        kind, key, path: where it stands in the records.
        record: who states it, for people: the id of an option, an instance type, a cloud or a role.
        name: what it is a figure of, ``latency.search_ms.p50``; of a price history with the date it is valid from.
        low, high: the stated range, None where none is stated.
        scale: how it varies: by a factor (``ratio``), by a factor of what is missing to 1 (``share``: availabilities),
            or by so much (``points``: a rating).
        least, most: what it may be set to; ``least`` itself is allowed only where 0 means something (a price).
    """

    kind: Kind
    key: str
    path: Path
    record: str
    name: str
    value: float
    low: float | None
    high: float | None
    unit: str
    basis: Basis
    source: str | None
    checked: datetime.date
    scale: Scale
    least: float
    most: float

    @property
    def id(self) -> str:
        """The figure's name in the whole catalog: ``qdrant_cloud_4gb: latency.search_ms.p50``."""
        return f"{self.record}: {self.name}"

    def allows(self, value: float) -> bool:
        """Return whether the figure may have this value."""
        return math.isfinite(value) and self.least <= value <= self.most and (value > 0 or self._may_be_zero)

    @property
    def _may_be_zero(self) -> bool:
        return self.name.startswith("price.") or self.path[-1] == "operations_h_per_month"


def figures(
    catalog: Catalog, options: Iterable[str], *, roles: Iterable[str] = (), as_of: datetime.date | None = None
) -> list[Reference]:
    """Return the figures that options stand on, with those of their instance types and clouds, each once.

    Args:
        options: ids, also of options on another size of machine (``option@size``).
        roles: whose own figures (the quality without them) are wanted too.
        as_of: only the price of each history that is valid on this day, as a bill would have it.

    >>> import advisor
    >>> found = figures(advisor.load_catalog(), ["claude_haiku_4_5_anthropic"])
    >>> [(one.name, one.value, one.unit) for one in found if one.name.startswith("latency.ttft")]
    [('latency.ttft_ms.p50', 440.0, 'ms')]
    """
    found: dict[tuple[str, str, Path], Reference] = {}
    for name in options:
        for one in _of_option(catalog, name):
            found.setdefault((one.kind, one.key, one.path), one)
    for role in roles:
        for one in _of_record(catalog, "roles", role, catalog.role(role), (), role, None):
            found.setdefault((one.kind, one.key, one.path), one)
    kept = list(found.values())
    return kept if as_of is None else list(_valid(kept, catalog, as_of))


def _of_option(catalog: Catalog, name: str) -> Iterator[Reference]:
    base, _, size = name.partition("@")  # an option on another size of machine stands on its base's figures
    component, option = catalog.options[base]
    index = next(place for place, one in enumerate(component.options) if one.id == base)
    shared = shared_places(option, catalog.records.operating)
    for one in _of_record(catalog, "components", component.id, option, ("options", index), base, option):
        if one.path[2:] not in shared:
            yield one
    for key in dict.fromkeys(key for key, _ in shared.values()):
        for one in _of_record(catalog, "operating", key, catalog.records.operating[key], (), key, None):
            if (key, one.path) in shared.values():
                yield one
    if option.unit and option.unit.instance:
        instance = f"{option.cloud}/{size}" if size else option.unit.instance
        yield from _of_record(catalog, "instances", instance, catalog.records.instances[instance], (), instance, None)
    if (cloud := catalog.records.clouds.get(option.cloud)) is not None:
        yield from _of_record(catalog, "clouds", option.cloud, cloud, (), option.cloud, None)


def _of_record(
    catalog: Catalog, kind: Kind, key: str, record: Any, prefix: Path, label: str, option: Option | None
) -> Iterator[Reference]:
    for path, figure in walk(record, ()):
        number = _number(figure)
        if number is None:
            continue
        part, value = number
        scale, most = _scale(catalog, path, figure)
        yield Reference(
            kind,
            key,
            (*prefix, *path),
            label,
            f"{_name(path, figure)}{part}",
            value,
            figure.low if isinstance(figure, Figure | Capacity) else None,
            figure.high if isinstance(figure, Figure | Capacity) else None,
            unit_of(catalog, label, path, figure, option),
            figure.basis,
            figure.source,
            figure.checked,
            scale,
            0.0,
            most,
        )


def _name(path: Path, figure: Provenance) -> str:
    if not isinstance(figure, Price):
        return ".".join(str(part) for part in path)
    since = f" from {figure.from_.isoformat()}" if figure.from_ else ""
    return f"price.{figure.meter}{since}"


def _number(figure: Provenance) -> tuple[str, float] | None:
    """Return which number stands for a figure, as the end of its name, and the number; None when nothing can move."""
    if isinstance(figure, Latency):
        return next((f".{name}", v) for name in _LATENCIES if (v := getattr(figure, name)) is not None)
    if isinstance(figure, Tariff):
        steps = [figure.usd] if figure.usd is not None else [tier.usd for tier in figure.tiers or []]
        first = next((usd for usd in steps if usd), None)
        return ("", first if first is not None else 0.0) if first is not None or len(steps) == 1 else None
    if isinstance(figure, Capacity):
        return None if figure.value is None else ("", figure.value)
    return ("", figure.value) if isinstance(figure, Figure) else None  # a day is no number


def _scale(catalog: Catalog, path: Path, figure: Provenance) -> tuple[Scale, float]:
    if isinstance(figure, Figure):
        by_class = path[-1] in ("software", "without_agreement")
        if "availability" in path or by_class or str(path[-1]).endswith("_availability"):
            return "share", 1.0
        if path[-1] == "without":
            return "ratio", 1.0
        if path[0] == "quality":
            metrics = [role.quality for role in catalog.records.roles.values() if role.quality]
            metric = next((one for one in metrics if one.metric == path[-1]), None)
            if metric is not None and metric.normalise == "elo":
                return "points", math.inf
            return "ratio", metric.best if metric else math.inf
    return "ratio", math.inf


def _valid(found: Iterable[Reference], catalog: Catalog, as_of: datetime.date) -> Iterator[Reference]:
    """Yield all but the prices of a history that do not count on a day: not yet valid, or replaced by then."""
    kept = list(found)
    last: dict[tuple[str, str, str], Reference] = {}
    for one in kept:
        figure = figure_at(catalog, one)
        if isinstance(figure, Price) and (figure.from_ is None or figure.from_ <= as_of):
            last[one.record, str(one.path[-2]), figure.meter] = one
    for one in kept:
        figure = figure_at(catalog, one)
        if not isinstance(figure, Price) or last.get((one.record, str(one.path[-2]), figure.meter)) is one:
            yield one


def figure_at(catalog: Catalog, reference: Reference) -> Provenance:
    """Return the figure that a reference stands for, as it is in a catalog."""
    value: Any = getattr(catalog.records, reference.kind)[reference.key]
    for part in reference.path:
        inside = isinstance(value, dict | list)
        value = value[part] if inside else getattr(value, str(part))
    assert isinstance(value, Provenance)
    return value


# --- the catalog with figures changed ---------------------------------------------------------------------------------


def with_figures(catalog: Catalog, changes: Mapping[Reference, float]) -> Catalog:
    """Return the catalog in which some figures have other values; it shares everything else with the original.

    Its digest names the original together with the changes. A changed figure states no range.

    Raises:
        ValueError: a value that the figure may not have; the message says what is allowed.

    >>> import advisor
    >>> catalog = advisor.load_catalog()
    >>> price = next(one for one in figures(catalog, ["claude_haiku_4_5_anthropic"]) if "million_input" in one.name)
    >>> dearer = with_figures(catalog, {price: 2 * price.value})
    >>> figure_at(catalog, price).usd, figure_at(dearer, price).usd
    (1.0, 2.0)
    """
    for one, value in changes.items():
        if not one.allows(value):
            least = f"at least {one.least:g}" if one.allows(one.least) else f"above {one.least:g}"
            most = "" if math.isinf(one.most) else f", at most {one.most:g}"
            raise ValueError(f"{one.id} may not be {value:g}: {least}{most}")
    by_record: dict[tuple[str, str], dict[Path, float]] = {}
    for one, value in changes.items():
        by_record.setdefault((one.kind, one.key), {})[one.path] = value
    tables: dict[str, dict[str, Any]] = {}
    for (kind, key), places in by_record.items():
        table = tables.setdefault(kind, copied(getattr(catalog.records, kind)))
        table[key] = _changed(table[key], places)
    touched = [key for kind, key in by_record if kind == "components"]
    for name in tables.get("operating", {}).keys() & {key for kind, key in by_record if kind == "operating"}:
        before = tables.get("components", copied(catalog.records.components))
        after = with_class(before, name, catalog.records.operating[name], tables["operating"][name])
        touched += [key for key in after if after[key] is not before[key]]
        tables["components"] = after
    found = Catalog(catalog.records.model_copy(update=tables), _digest(catalog, changes), catalog.own)
    _carry_over(catalog, found, touched)
    return found


def _changed(value: Any, places: Mapping[Path, float]) -> Any:
    """Return a record in which the figures at some paths have other values."""
    if () in places:
        return moved(value, places[()])
    inner: dict[str | int, dict[Path, float]] = {}
    for path, number in places.items():
        inner.setdefault(path[0], {})[path[1:]] = number
    if isinstance(value, list):
        return [_changed(one, inner[index]) if index in inner else one for index, one in enumerate(value)]
    if isinstance(value, dict):
        return {**value, **{key: _changed(value[key], rest) for key, rest in inner.items()}}
    return value.model_copy(update={str(key): _changed(getattr(value, str(key)), rest) for key, rest in inner.items()})


def moved(figure: Provenance, value: float) -> Provenance:
    """Return a figure with another value for the number that stands for it; its other numbers keep their proportion.

    >>> latency = Latency(p50=10, p99=30, basis="estimate", checked=datetime.date(2026, 1, 1), reasoning="a guess")
    >>> moved(latency, 20).p99
    60.0
    """
    if isinstance(figure, Latency):
        known = {name: number for name in _LATENCIES if (number := getattr(figure, name)) is not None}
        factor = value / next(iter(known.values()))
        return figure.model_copy(update={name: number * factor for name, number in known.items()})
    if isinstance(figure, Tariff):
        return _tariff(figure, value)
    return figure.model_copy(update={"value": value, "low": None, "high": None})


def _tariff(figure: Tariff, value: float) -> Tariff:
    if figure.tiers is None:
        factor = value / figure.usd if figure.usd else 1.0
        return figure.model_copy(update={"usd": value, "minimum_usd": figure.minimum_usd * factor})
    factor = value / next(tier.usd for tier in figure.tiers if tier.usd)
    tiers = [tier.model_copy(update={"usd": tier.usd * factor}) for tier in figure.tiers]
    return figure.model_copy(update={"tiers": tiers, "minimum_usd": figure.minimum_usd * factor})


def _digest(catalog: Catalog, changes: Mapping[Reference, float]) -> str:
    text = "\n".join(sorted(f"{one.kind} {one.key} {one.path} {value!r}" for one, value in changes.items()))
    return hashlib.sha256(f"{catalog.digest}\n{text}".encode()).hexdigest()[:12]


def _carry_over(catalog: Catalog, changed: Catalog, components: Iterable[str]) -> None:
    """Give the changed catalog the look-ups of the original, so that a thousand samples do not make them again."""
    again: dict[str, tuple[Component, Option]] = {}
    for key in components:
        component = changed.records.components[key]
        again |= {option.id: (component, option) for option in component.options}
    changed.__dict__["options"] = copied(catalog.options) | again
    changed.__dict__["date"] = catalog.date  # no change touches the day on which a figure was checked
    changed.__dict__["outline"] = catalog.outline  # nor which options there are
