"""The catalog as text: what there is, and every figure with what is needed to check it."""

from __future__ import annotations

import datetime
import textwrap
from collections.abc import Callable, Iterator, Sequence

from advisor.catalog import provenance
from advisor.catalog.load import Catalog
from advisor.catalog.model import Component, Option
from advisor.catalog.provenance import Kind, Traced
from advisor.catalog.sale import sale
from advisor.catalog.search import Hit
from advisor.catalog.warnings import EXAMPLES, Warned

HEADER = ("component", "option", "roles", "mode", "cloud", "licence", "main price")
FIGURE_HEADER = ("figure", "value", "unit", "range", "basis", "source", "checked", "age")
_GAP = "  "


def aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the rows as lines with aligned columns.

    >>> list(aligned([("a", "bb"), ("ccc", "d")]))
    ['a    bb', 'ccc  d']
    """
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))] if rows else []
    for row in rows:
        yield _GAP.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def option_rows(catalog: Catalog, pairs: Sequence[tuple[Component, Option]]) -> list[tuple[str, ...]]:
    """Return one row an option, without the header."""
    return [
        (
            component.id,
            option.id,
            ",".join(option.roles),
            option.mode,
            option.cloud,
            component.licence,
            _price(provenance.main_price(catalog, option)),
        )
        for component, option in pairs
    ]


def options(catalog: Catalog, pairs: Sequence[tuple[Component, Option]]) -> str:
    """Return the table of ``advisor catalog list``."""
    return "\n".join(aligned([HEADER, *option_rows(catalog, pairs)])) + "\n"


def _price(figure: Traced) -> str:
    return f"{figure.value} {figure.unit}"


def component(catalog: Catalog, one: Component, today: datetime.date, width: int) -> str:
    """Return a component: what it is, then its options with every figure."""
    head = [f"{one.name} ({one.id})", f"{one.vendor} · {one.licence}", *textwrap.wrap(one.summary, width)]
    every = provenance.of_component(catalog, one)
    own = [figure for figure in every if figure.record == one.id]
    table = ["", *_figures(own, one.id, today, width)] if own else []
    body = [line for option_ in one.options for line in _option(catalog, one, option_, today, width)]
    return _text([*head, *table, *body, *_sources(every, width)])


def option(catalog: Catalog, name: str, today: datetime.date, width: int) -> str:
    """Return one option of a component with every figure."""
    owner, one = catalog.options[name]
    head = [f"{owner.name} ({owner.id})", f"{owner.vendor} · {owner.licence}"]
    body = _option(catalog, owner, one, today, width)
    return _text([*head, *body, *_sources(provenance.of_option(catalog, one), width)])


def _option(catalog: Catalog, owner: Component, one: Option, today: datetime.date, width: int) -> list[str]:
    unit = f"unit: {one.unit.name}, at most {one.unit.most}" if one.unit else "metered, nothing to provision"
    facts = [", ".join(one.roles), one.mode, one.cloud, f"data in {', '.join(one.residency)}", unit]
    facts += [text] if (text := sale(catalog, owner, one).text) else []
    return [
        "",
        f"{one.title} ({one.id})",
        *_indented(" · ".join(facts), width),
        "",
        *_figures(provenance.of_option(catalog, one), one.id, today, width),
    ]


def _figures(found: Sequence[Traced], owner: str, today: datetime.date, width: int) -> list[str]:
    """Return the figures as a table; under each its conditions or reasoning."""
    rows = [
        (
            _name(f, owner),
            f.value,
            f.unit,
            _range(f),
            f.figure.basis,
            f.source.id if f.source else "-",
            f.figure.checked.isoformat(),
            f"{f.age_days(today)} d" + (" (old)" if f.stale(today) else ""),
        )
        for f in found
    ]
    lines = list(aligned([FIGURE_HEADER, *rows]))
    notes = [
        [
            line
            for label in ("conditions", "reasoning")
            if (text := getattr(f.figure, label))
            for line in _indented(f"{label}: {text}", width, 4)
        ]
        for f in found
    ]
    below = [line for row, under in zip(lines[1:], notes, strict=True) for line in (f"  {row}", *under)]
    return [f"  {lines[0]}", *below]


def _name(figure: Traced, owner: str) -> str:
    return figure.name if figure.record == owner else f"{figure.record}: {figure.name}"


def _range(figure: Traced) -> str:
    if figure.low is None and figure.high is None:
        return "-"
    ends = [provenance.exact(end) if end is not None else "?" for end in (figure.low, figure.high)]
    return f"{ends[0]} – {ends[1]}"


def _sources(found: Sequence[Traced], width: int) -> list[str]:
    """Return the publications behind the figures, each once."""
    used = {f.source.id: f.source for f in found if f.source}
    if not used:
        return []
    lines = [
        line
        for key in sorted(used)
        for line in (
            *_indented(f"{key}: {used[key].title}. {used[key].publisher}, {used[key].date}", width),
            f"    {used[key].address}",
        )
    ]
    return ["", "Sources", *lines]


def role(catalog: Catalog, name: str, today: datetime.date, width: int) -> str:
    """Return a role: what it is asked, how it is scored, and the options that can fill it."""
    one = catalog.role(name)
    lines = [f"{one.title} ({one.id}), layer {one.layer}", *textwrap.wrap(one.purpose, width), ""]
    asked = [(name, catalog.records.dimensions[name]) for name in one.dimensions]
    lines += ["Demand"] + [f"  {key}: {what.title}, {what.unit}, {what.kind}" for key, what in asked]
    lines += ["Operations"] + [
        f"  {key}: {o.title} ({o.latency or 'takes no time worth counting'})" for key, o in one.operations.items()
    ]
    if one.quality:
        lines += [
            "Quality",
            *_indented(
                f"{one.quality.metric}: {one.quality.title}; the best score, {one.quality.best:g}, counts as 1", width
            ),
        ]
    if one.degrades:
        lines += ["When it is down", *_indented(one.degrades, width)]
    found = provenance.of_role(catalog, name)
    figures = ["", *_figures(found, name, today, width), *_sources(found, width)] if found else []
    return _text([*lines, *figures, "", "Options", *aligned(option_rows(catalog, catalog.options_for(name)))])


def instance(catalog: Catalog, name: str, today: datetime.date, width: int) -> str:
    """Return an instance type: what it has, its prices, and the options that run on it."""
    one = catalog.records.instances[name]
    cards = f", {one.gpus} x {one.gpu or one.card} with {one.card_gb:g} GB" if one.gpus else ""
    pairs = [pair for pair in catalog.options.values() if pair[1].unit and pair[1].unit.instance == name]
    rest = ["", "Options that run on it", *aligned(option_rows(catalog, pairs))] if pairs else []
    found = provenance.of_record(catalog, "instance", name)
    head = [f"{name}, an instance type", f"{one.vcpus:g} vCPU, {one.memory_gb:g} GB{cards}", ""]
    return _text([*head, *_figures(found, name, today, width), *_sources(found, width), *rest])


def service(catalog: Catalog, name: str, today: datetime.date, width: int) -> str:
    """Return a service of the price book: what it charges for, and the prices."""
    one = catalog.records.services[name]
    found = provenance.of_record(catalog, "service", name)
    meters = [(f"  {key}", meter.title, f"per {meter.unit}") for key, meter in one.meters.items()]
    head = [f"{one.title} ({name}), {one.region}; a service of the price book (`advisor price`)", ""]
    body = ["Meters", *aligned(meters), "", *_figures(found, name, today, width), *_sources(found, width)]
    return _text([*head, *body])


def cloud(catalog: Catalog, name: str, today: datetime.date, width: int) -> str:
    """Return what all instances of a cloud share."""
    found = provenance.of_record(catalog, "cloud", name)
    return _text([f"{name}, a cloud", "", *_figures(found, name, today, width), *_sources(found, width)])


def hits(found: Sequence[Hit]) -> str:
    """Return what a search found, one line each, the best first."""
    rows = [
        (hit.kind, hit.id, _short(hit.title), ", ".join(hit.roles), f"{hit.options} options" if hit.options > 1 else "")
        for hit in found
    ]
    return "\n".join(aligned([("kind", "id", "title", "roles", ""), *rows])) + "\n" if rows else ""


def _short(text: str, most: int = 60) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def source(catalog: Catalog, name: str, today: datetime.date, width: int) -> str:
    """Return a publication and every figure that is taken from it."""
    one = catalog.records.sources[name]
    head = [f"{one.title} ({one.id})", f"{one.publisher}, {one.date}", one.address, f"licence: {one.licence_note}", ""]
    found = list(provenance.citing(catalog, name))
    return _text([*head, *(_figures(found, "", today, width) if found else ["No figure names it."])])


def counts(catalog: Catalog, doubts: Sequence[Warned] = ()) -> str:
    """Return how much there is, on what it rests, and what is worth knowing: the summary of a checked catalog."""
    records, by_basis = catalog.records, provenance.share_by_basis(catalog)
    total = sum(by_basis.values())
    rows = [
        ("components", str(len(records.components))),
        ("options", str(len(catalog.options))),
        ("roles", str(len(records.roles))),
        ("blueprints", str(len(records.blueprints))),
        ("sources", str(len(records.sources))),
        ("figures", str(total)),
    ]
    shares = [(f"  {basis}", f"{number} ({100 * number / total:.0f} %)") for basis, number in by_basis.items()]
    derived = provenance.derived_estimates(catalog)
    place = next((row for row, (name, _) in enumerate(shares, 1) if name.strip() == "estimate"), len(shares))
    shares.insert(place, ("    from a cited figure", f"{derived} ({100 * derived / total:.0f} %)"))
    last = [("newest price check", catalog.date.isoformat()), ("digest", catalog.digest)]
    return "\n".join([*aligned([*rows, *shares, *last]), *_doubts(doubts)]) + "\n"


def _doubts(doubts: Sequence[Warned]) -> Iterator[str]:
    for one in doubts:
        yield ""
        yield f"{one.name}: {len(one.found)}. {one.meaning}"
        yield from (f"  {place}" for place in one.found[:EXAMPLES])
        if len(one.found) > EXAMPLES:
            yield f"  and {len(one.found) - EXAMPLES} more (--json lists all)"


def _indented(text: str, width: int, by: int = 2) -> list[str]:
    space = " " * by
    return textwrap.wrap(text, width, initial_indent=space, subsequent_indent=space, break_on_hyphens=False)


def _text(lines: Sequence[str]) -> str:
    return "\n".join(lines) + "\n"


Page = Callable[[Catalog, str, datetime.date, int], str]
PAGES: dict[Kind, Page] = {
    "option": option,
    "role": role,
    "source": source,
    "instance": instance,
    "service": service,
    "cloud": cloud,
}
