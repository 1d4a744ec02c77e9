"""Section 7: from demand to units, how full they are at peak, and what fills first."""

from __future__ import annotations

import math
import re
from collections import defaultdict

from advisor.candidates.candidate import Candidate, Load
from advisor.render import numbers
from advisor.render.markdown import escape, joined, plural, table
from advisor.render.sections.trace import role_link
from advisor.render.sections.view import NB, View, name, units, utilisation, with_unit

TINY = 0.001  # of a unit; less is not told apart
MUCH = 100  # times the peak; more headroom than this is not told apart


def context(view: View) -> dict[str, object]:
    """Return how full every role is, how its units were counted, and where demand comes from."""
    return {
        "cards": cards(view),
        "loads": loads(view),
        "provisioned": provisioned(view),
        "demand": demand(view),
        "unlimited": unlimited(view),
        "first": first_to_fill(view),
        "target": numbers.percent(view.scenario.sizing.target_utilisation),
    }


def binding(candidate: Candidate) -> str | None:
    """Return the fullest dimension of a candidate, None when nothing is limited."""
    full = {k: load for k, load in candidate.loads.items() if load.limit is not None and load.peak > 0}
    return max(full, key=lambda key: full[key].utilisation) if full else None


def loads(view: View) -> str:
    """Return the table of peak demand against what the design can take."""
    rows = []
    for role, candidate in view.used.items():
        fullest = binding(candidate)
        for key, load in candidate.loads.items():
            if load.peak > 0:
                rows.append([view.title(role), *_row(view, candidate, key, load, key == fullest)])
    _blank_repeats(rows)
    return table(["role", "dimension", ">peak demand", ">can take", ">utilisation", ">headroom", ""], rows)


def _blank_repeats(rows: list[list[str]]) -> None:
    last = ""
    for row in rows:
        last, row[0] = (row[0], row[0]) if row[0] and row[0] != last else (last, "")


def _row(view: View, candidate: Candidate, key: str, load: Load, fullest: bool) -> list[str]:
    dimension = view.catalog.records.dimensions[key]
    peak = role_link(view, candidate.role, with_unit(load.peak, dimension.unit))
    if load.limit is None:
        return [escape(dimension.title), peak, "no published limit", "–", "–", ""]
    several = candidate.units > 1 and not candidate.parts
    each = f"{candidate.units} × {numbers.significant(load.limit / candidate.units)} = " if several else ""
    headroom = f"{times(load.utilisation)} ×" if load.utilisation > 1 / MUCH else f">{NB}{MUCH} ×"
    return [
        escape(dimension.title),
        peak,
        role_link(view, candidate.role, f"{each}{with_unit(load.limit, dimension.unit)}"),
        utilisation(load.utilisation),
        headroom,
        "← first" if fullest else "",
    ]


def provisioned(view: View) -> list[str]:
    """Return, for each role that is provisioned in units, how many it needs and why it runs that many."""
    found: list[str] = []
    for role, c in view.used.items():
        if c.option is None or c.option.unit is None:
            continue
        if c.combined_by == "mix":
            found += (_pooled(view, role, part) for part in c.parts)
            continue
        if c.shared and c.shared[0] != role:
            continue  # the same units, counted where they are billed
        key = binding(c)
        needs = needed(c.needed_units, c.option.unit.name)
        if key is not None and (capacity := c.option.capacity[key].value) is not None:
            dimension, target = view.catalog.records.dimensions[key], view.scenario.sizing.target_utilisation
            quotient = c.loads[key].peak / (capacity * target)
            peak, each = (with_unit(v, dimension.unit, slow=False) for v in (c.loads[key].peak, capacity))
            shown = numbers.significant(quotient) if quotient >= TINY else f"less than {TINY:g}"
            needs = f"{escape(dimension.title)} {peak} / ({each} × {target:g}) = {shown}, so {needs}"
        extra = c.units - c.needed_units
        runs = running(c.units) + (f", {extra} more for redundancy or shorter queues" if extra else "")
        found.append(
            f"{view.title(role)} ({name(c)}): {needs}; {runs}{f', in {c.zones} zones' if c.zones > 1 else ''}."
        )
    return found


def needed(count: int, name: str) -> str:
    """Return how many units are needed.

    >>> needed(1, "node").replace(NB, " "), needed(7, "task").replace(NB, " ")
    ('1 node is needed', '7 tasks are needed')
    """
    return f"{units(count, name)} {'is' if count == 1 else 'are'} needed"


def running(count: int) -> str:
    """Return how many units run."""
    return f"{count} run{'s' if count == 1 else ''}"


def _pooled(view: View, role: str, part: Candidate) -> str:
    """Return how many units of one type in a pool of unlike units are needed, and for which requests."""
    assert part.pooled is not None
    assert part.option is not None
    target = view.scenario.sizing.target_utilisation
    classes = joined([f"{numbers.percent(one.share)} of those with {escape(one.name)}" for one in part.pooled.classes])
    extra = part.units - part.needed_units
    runs = running(part.units) + (f", {extra} more for redundancy" if extra else "")
    runs += f", in {part.zones} zones" if part.zones > 1 else ""
    unit = part.option.unit.name if part.option.unit else "unit"
    work = f"{numbers.significant(part.pooled.work)} units of work at peak / {target:g}"
    who = f"{view.title(role)} ({name(part)}, {escape(part.option.title)})"
    return f"{who}: {work}, so {needed(part.needed_units, unit)}; {runs}. They take {classes}."


def cards(view: View) -> str:
    """Return the sentence on the accelerators in use, "" without any."""
    if not view.best.cards:
        return ""
    parts = []
    for card, count in view.best.cards.items():
        of = [f"{c.cards[card]} in the {view.lower(role)}" for role, c in view.used.items() if c.cards.get(card)]
        parts.append(f"{plural(count, f'{escape(card.upper())} card')} ({joined(of)})")
    return f"Accelerators: {joined(parts)}. That they can be had in the region and on the day is for people to confirm."


def demand(view: View) -> str:
    """Return the derivation of every demand with its numbers, once for all roles that are asked for the same."""
    asked: dict[tuple[str, str, str, str], list[str]] = defaultdict(list)
    for role in view.used:
        for use in view.demand[role].uses:
            dimension = view.catalog.records.dimensions[use.dimension]
            asked[use.flow, dimension.title, with_unit(use.peak, dimension.unit), use.derivation].append(
                view.lower(role)
            )
        for key, text in view.demand[role].stock_derivation.items():
            dimension = view.catalog.records.dimensions[key]
            asked["stock", dimension.title, with_unit(view.demand[role].stock[key], dimension.unit), text].append(
                view.lower(role)
            )
    rows = [
        [escape(title), joined(list(dict.fromkeys(roles))), escape(flow), peak, escape(plain(text))]
        for (flow, title, peak, text), roles in asked.items()
    ]
    return table(["dimension", "asked of", "flow", ">peak", "formula"], rows)


def plain(formula: str) -> str:
    """Return a formula as people write it: no brackets around single numbers, powers of ten, thousands kept together.

    >>> plain("20 000 / 2 628 000 s × 10 (peak) × (60)").replace(NB, "_"), plain("5 × 8 / 1.0e+6")
    ('20_000 / 2_628_000 s × 10 (peak) × 60', '5 × 8 / 10^6')
    >>> plain("4 × (ceil(12 / 32))"), plain("3 × (5e-05)"), plain("2 / 200_000").replace(NB, "_")
    ('4 × ceil(12 / 32)', '3 × 0.00005', '2 / 200_000')
    """
    text = re.sub(r"(?<=\d)\s(?=\d{3}(?!\d))", NB, formula)
    text = re.sub(r"(?<=\d)_(?=\d{3}(?!\d))", NB, text)
    text = re.sub(r"\b1(?:\.0)?e\+?0*(\d+)", r"10^\1", text)
    text = re.sub(r"\b\d+(?:\.\d+)?e-\d+\b", lambda found: f"{float(found[0]):.12f}".rstrip("0"), text)
    text = re.sub(r"× \(([\d\s.,]+)\)", r"× \1", text)
    return re.sub(r"× \((ceil\([^()]*\))\)", r"× \1", text)


def unlimited(view: View) -> str:
    """Return which dimensions of which components have no published limit."""
    found = [
        f"{view.lower(role)} {name(c)} ({joined([escape(view.catalog.records.dimensions[k].title) for k in keys])})"
        for role, c in view.used.items()
        if (keys := open_dimensions(c))
    ]
    return joined(found)


def open_dimensions(candidate: Candidate) -> list[str]:
    """Return the dimensions that are asked for and for which no limit is published."""
    return [key for key, load in candidate.loads.items() if load.limit is None and load.peak > 0]


def times(utilisation: float) -> str:
    """Return how often the peak fits, rounded down.

    >>> times(0.2718), times(0.1097)
    ('3.67', '9.11')
    """
    factor = 1 / utilisation
    scale = 10.0 ** (2 - math.floor(math.log10(factor)))
    return numbers.significant(math.floor(factor * scale) / scale)


def first_to_fill(view: View) -> str:
    """Return the sentence on what fills first when the load grows."""
    full = [(c.loads[key].utilisation, role, key) for role, c in view.used.items() if (key := binding(c))]
    if not full:
        return "No chosen component has a published limit in a dimension that is asked for."
    share, role, key = max(full)
    title = escape(view.catalog.records.dimensions[key].title)
    return (
        f"As the load grows, the {view.lower(role)} fills first: {title} reach{'' if title.endswith('s') else 'es'} "
        "the limit at "
        f"{times(share)}{NB}× the stated peak."
    )
