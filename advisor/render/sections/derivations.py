"""How every figure comes about: formula, the formula with its numbers, and what is stated where.

One place for each metric, all percentiles of one time together, and one for each role: its bill, its load, how it stays
up. Totals name their parts and lead there, so that nothing is derived twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from advisor.candidates.candidate import Candidate
from advisor.explanation.derivation import Derivation, origin
from advisor.explanation.derivation import plain as exact
from advisor.explanation.explain import explain
from advisor.explanation.explain import metrics as all_metrics
from advisor.render import numbers
from advisor.render.markdown import escape
from advisor.render.sections.capacity import plain
from advisor.render.sections.trace import heading, metric_link, of_metric, of_role, role_link
from advisor.render.sections.view import NB, View, with_unit
from advisor.scenario.requirements import COST, COUNTS, OPERATIONS, QUALITY

DIGITS = 6
_LEVEL = r"\b0\.\d+(?=;|$)"  # the probability in the formula of a percentile


def derivations(view: View) -> list[dict[str, str]]:
    """Return heading and tree of every metric and of every role in use."""
    found = [{"title": heading(of_metric(metric)), "tree": tree(lines)} for metric, lines in _metrics(view)]
    found += [{"title": escape(heading(of_role(view, role))), "tree": tree(_role(view, role))} for role in view.used]
    return found


Line = tuple[int, str]  # depth, words


def tree(lines: Iterator[Line]) -> str:
    """Return lines as a nested list."""
    return "\n".join(f"{'  ' * depth}- {words}" for depth, words in lines)


def _metrics(view: View) -> Iterator[tuple[str, Iterator[Line]]]:
    bounded = {bound.metric for bound in view.scenario.bounds}
    counts = [metric for metric in all_metrics(view.best) if metric in COUNTS or metric.startswith("cards.")]
    for metric in (COST, OPERATIONS, QUALITY, *(metric for metric in counts if metric in bounded)):
        found = _explained(view, metric)
        yield metric, _cost(view, found) if metric == COST else _lines(view, found)
    for flow_id, flow in view.best.flows.items():
        for key in flow.measures:
            yield f"flows.{flow_id}.{key}", _time(view, flow_id, key)
        yield f"flows.{flow_id}.availability", _availability(view, flow_id)


def _explained(view: View, metric: str) -> Derivation:
    return explain(view.best, metric, view.catalog)


def _cost(view: View, found: Derivation) -> Iterator[Line]:
    """Yield the sums down to the roles, whose own lines stand with them."""
    yield 0, _words(view, found)
    for part in found.parts:
        yield 1, _words(view, part)
        for inner in part.parts:
            role, _, _ = inner.name.partition(":")
            if part.name == "bill" and role in view.used:
                yield 2, f"{view.title(role)}: {role_link(view, role, _digits(inner.value or 0.0, 'USD/month'))}"
            elif inner.name == OPERATIONS:
                yield 2, f"hours: {metric_link(view, OPERATIONS, _digits(inner.value or 0.0, 'h/month'))}"
            else:
                yield from _lines(view, inner, 2)


def _time(view: View, flow_id: str, key: str) -> Iterator[Line]:
    """Yield all percentiles of a time, and the mean with its steps, which they share."""
    measure, unit = view.best.flows[flow_id].measures[key], key.rpartition("_")[2]
    levels = sorted(measure.percentiles, key=lambda p: float(p[1:]))
    first = _explained(view, f"flows.{flow_id}.{key}.{levels[0]}")
    values = ", ".join(f"{p} {_digits(measure.percentiles[p], unit)}" for p in levels)
    yield 0, f"**{values}**: {escape(re.sub(_LEVEL, 'the level', first.formula))}"
    for part in first.parts:
        yield from _lines(view, part, 1)


def _availability(view: View, flow_id: str) -> Iterator[Line]:
    found = _explained(view, f"flows.{flow_id}.availability")
    yield 0, _words(view, found)
    for part in found.parts:
        role, _, _ = part.name.partition(":")
        yield 1, f"{view.title(role)}: {role_link(view, role, numbers.availability(part.value or 0.0))}"


def _role(view: View, role: str) -> Iterator[Line]:
    """Yield a role's bill, hours, load and availability."""
    candidate = view.used[role]
    cost = _explained(view, COST)
    bill = next((part for part in cost.parts[0].parts if part.name.partition(":")[0] == role), None)
    hours = [p for p in _explained(view, OPERATIONS).parts if p.name.partition(":")[0] == role]
    total = _digits(candidate.cost_usd_per_month, "USD/month")
    yield 0, f"**Cost {total}**: bill, and hours of operations at the hourly rate"
    if bill is not None:
        yield from _lines(view, bill, 1)
    for one in hours:
        yield from _lines(view, one, 1)
    yield from _load(view, role, candidate)
    yield from _up(view, role, candidate)


def _load(view: View, role: str, candidate: Candidate) -> Iterator[Line]:
    demand, dimensions = view.demand[role], view.catalog.records.dimensions
    for one in candidate.members:
        for key, load in one.loads.items():
            if load.peak <= 0:
                continue
            unit, title = dimensions[key].unit, escape(dimensions[key].title)
            terms = [use.derivation for use in demand.uses if use.dimension == key]
            terms += [demand.stock_derivation[key]] if key in demand.stock_derivation else []
            asked = " + ".join(escape(plain(term)) for term in terms)
            whose = f" of {escape(one.name)}" if candidate.parts else ""
            yield 0, f"**{title}{whose}, peak {with_unit(load.peak, unit)}** = {asked}"
            if load.limit is not None and one.option is not None:
                figure = one.option.capacity[key]
                units = f"{one.units} × {exact(load.limit / one.units)} = " if one.units > 1 else ""
                yield 1, f"can take {units}{with_unit(load.limit, unit)} ({escape(origin(figure))})"


def _up(view: View, role: str, candidate: Candidate) -> Iterator[Line]:
    needed = [flow_id for flow_id, flow in view.best.flows.items() if role in flow.needs]
    trees = [part for flow_id in needed for part in _explained(view, f"flows.{flow_id}.availability").parts]
    own = next((part for part in trees if part.name.partition(":")[0] == role), None)
    if own is not None:
        yield from _lines(view, replace(own, name="availability"), 0)
        return
    words = numbers.availability(candidate.availability)
    why = f"counted with {view.lower(candidate.shared[0])}" if candidate.shared else "no flow stops without it"
    yield 0, f"**availability** {words}: {why}"


def _lines(view: View, found: Derivation, depth: int = 0) -> Iterator[Line]:
    yield depth, _words(view, found)
    for part in found.parts:
        yield from _lines(view, part, depth + 1)


def _words(view: View, one: Derivation) -> str:
    """Return one step: name and value, formula, formula with numbers, what is assumed, where it is stated."""
    role, colon, rest = one.name.partition(":")
    first, space, operation = role.partition(" ")
    name = one.name
    if first in view.best.design:
        name = f"{view.catalog.role(first).title}{space}{operation}{colon}{rest}"
    elif name in all_metrics(view.best):
        name = numbers.metric_label(name)
    value = "" if one.value is None else f" {_value(one)}"
    text = f"**{escape(name)}{value}**" if one.parts else f"{escape(name)}{value}"
    formula = " = ".join(escape(plain(part)) for part in (one.formula, _numbers(one)) if part)
    notes = "; ".join(escape(part) for part in (one.note, one.source) if part)
    return f"{text}{f' = {formula}' if formula else ''}{f' ({notes})' if notes else ''}"


def _numbers(one: Derivation) -> str:
    """Return the formula with its numbers, "" where it is no more than the value."""
    return "" if one.value is None or one.numbers == exact(one.value) else one.numbers


def _value(one: Derivation) -> str:
    value = one.value or 0.0
    if one.unit == "share of time":
        return numbers.availability(value)
    return _digits(value, escape(one.unit))


def _digits(value: float, unit: str) -> str:
    """Return a figure with six digits, zeros at the end left out.

    >>> _digits(76.0, "h/month").replace(NB, " "), _digits(2117.945204, "USD/month").replace(NB, " ")
    ('76 h/month', '2 117.95 USD/month')
    """
    text = numbers.significant(value, DIGITS)
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text}{NB}{unit}".rstrip()
